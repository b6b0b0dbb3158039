//! The release site, in `dist/`.

use std::path::{Path, PathBuf};

use crate::book::book;
use crate::dist::{Files, put_together};
use crate::run::{command, root, run, say};
use crate::tools;

/// Builds it; gives its folder.
pub(crate) fn dist() -> Result<PathBuf, String> {
    let tools = tools::for_site()?;
    // Trunk is told to work offline, lest it download tools; so what cargo needs must be here first.
    say("Fetching crates (cargo fetch)");
    run(command("cargo").args(["fetch", "--locked", "--quiet"]))?;
    say("Building the release site into dist/ (trunk)");
    let built = root().join("target/site");
    let trunk = || {
        let mut trunk = tools.command("trunk");
        run(trunk.args(["build", "--release", "--offline", "--dist"]).arg(&built).env("NO_COLOR", "true"))
    };
    // Trunk builds page and trace worker side by side, and was once seen to lose a file of one while it copied the other.
    if let Err(words) = trunk() {
        say(&format!("{words} Once more"));
        trunk()?;
    }
    let dist = root().join("dist");
    let mut files = read(&built)?;
    files.extend(book(&root())?);
    write(&dist, &put_together(files)?)?;
    Ok(dist)
}

/// Writes the book alone into a folder, in a moment: for who writes on it.
pub(crate) fn book_into(folder: &Path) -> Result<(), String> {
    write(folder, &book(&root())?)
}

/// Builds the command with the site in it; gives the program.
pub(crate) fn command_with_site() -> Result<PathBuf, String> {
    let dist = dist()?;
    say("Building the command with the site in it (cargo build)");
    let args = ["build", "--package", "poolscope", "--profile", "release-cli", "--locked"];
    run(command("cargo").args(args).env("POOLSCOPE_SITE", dist))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let program = target.join("release-cli").join(format!("poolscope{}", std::env::consts::EXE_SUFFIX));
    say(&format!("The command is {}", program.display()));
    Ok(program)
}

/// Every file in a folder and those in it.
pub(crate) fn read(folder: &Path) -> Result<Files, String> {
    let (mut files, mut folders) = (Files::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).map_err(failed(&next))? {
            let path = entry.map_err(failed(&next))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.insert(name, std::fs::read(&path).map_err(failed(&path))?);
        }
    }
    Ok(files)
}

/// Writes them, and nothing else is left there.
pub(crate) fn write(folder: &Path, files: &Files) -> Result<(), String> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(failed(folder))?;
    }
    for (name, bytes) in files {
        let path = folder.join(name);
        let place = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(place).map_err(failed(place))?;
        std::fs::write(&path, bytes).map_err(failed(&path))?;
    }
    Ok(())
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> String {
    let path = path.display().to_string();
    move |error| format!("{path}: {error}.")
}
