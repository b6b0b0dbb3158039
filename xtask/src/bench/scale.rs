//! How large the inputs are and how often each is run, where they lie, and what of ours runs on them.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{command, root, run, say};

/// What the whole measurement is divided by, to see that it works.
const SMALL: u64 = 100;

/// As large as the figures are about, or small and quick.
pub(super) struct Scale {
    pub(super) is_small: bool,
}

impl Scale {
    /// So many of something.
    pub(super) fn of(&self, whole: u64) -> u64 {
        if self.is_small { whole / SMALL } else { whole }
    }

    /// Runs of each; the median counts.
    pub(super) fn rounds(&self, whole: usize) -> usize {
        if self.is_small { 1 } else { whole }
    }

    /// Where inputs are kept.
    pub(super) fn folder(&self) -> Result<PathBuf, String> {
        made(root().join(if self.is_small { "target/bench/small" } else { "target/bench" }))
    }

    /// Where results are kept.
    pub(super) fn results(&self) -> Result<PathBuf, String> {
        made(self.folder()?.join("results"))
    }

    /// The file of inputs, made if it is not there.
    pub(super) fn made(&self, name: &str, make: impl Fn() -> Vec<u8>) -> Result<PathBuf, String> {
        let file = self.folder()?.join(name);
        if !file.exists() {
            say(&format!("Making {}", file.display()));
            std::fs::write(&file, make()).map_err(|error| format!("{} cannot be written: {error}.", file.display()))?;
        }
        Ok(file)
    }
}

fn made(folder: PathBuf) -> Result<PathBuf, String> {
    std::fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}.", folder.display()))?;
    Ok(folder)
}

/// The command, built for speed.
pub(super) fn poolscope() -> Result<PathBuf, String> {
    say("Building the command");
    run(command("cargo").args(["build", "--quiet", "--locked", "--profile", "release-cli", "--package", "poolscope"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release-cli/poolscope"))
}

/// An example of the engine, which sees of itself what others cannot; its arguments come next.
pub(super) fn engine_example(name: &str) -> Command {
    let mut example = command("cargo");
    example.args(["run", "--quiet", "--locked", "--profile", "release-cli", "--package", "poolscope-analysis"]);
    example.args(["--example", name, "--"]);
    example
}
