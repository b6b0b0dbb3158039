//! The release site, in `dist/`.

use std::path::PathBuf;

use crate::run::{command, root, run, say};
use crate::tools;

/// Builds it; gives its folder.
pub(crate) fn build() -> Result<PathBuf, String> {
    let tools = tools::for_site()?;
    // Trunk is told to work offline, lest it download tools; so what cargo needs must be here first.
    say("Fetching crates (cargo fetch)");
    run(command("cargo").args(["fetch", "--locked", "--quiet"]))?;
    say("Building the release site into dist/ (trunk)");
    let trunk = || run(tools.command("trunk").args(["build", "--release", "--offline"]).env("NO_COLOR", "true"));
    // Trunk builds page and trace worker side by side, and was once seen to lose a file of one while it copied the other.
    if let Err(words) = trunk() {
        say(&format!("{words} Once more"));
        trunk()?;
    }
    Ok(root().join("dist"))
}
