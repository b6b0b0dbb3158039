//! `cargo xtask deny`: licences, sources and versions of all dependencies, held to `deny.toml`.

use crate::run::{run, say};
use crate::tools;

/// Checks what can be checked without a network; with `with_advisories` also what is known against the versions in the lock.
pub(crate) fn deny(with_advisories: bool) -> Result<(), String> {
    let tools = tools::for_deny()?;
    let check = |what: &[&str]| run(tools.command("cargo").args(["deny", "--locked", "check"]).args(what));
    say("Licences, versions and sources of dependencies (cargo deny)");
    check(&["licenses", "bans", "sources"])?;
    if with_advisories {
        say("Advisories (cargo deny; fetches RustSec's database from github.com)");
        check(&["advisories"])
    } else {
        say("Advisories were not checked: their database is fetched from github.com, by cargo xtask deny --advisories");
        Ok(())
    }
}
