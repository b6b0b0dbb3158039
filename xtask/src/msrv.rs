//! `cargo xtask msrv`: whether the oldest compiler that the crates name builds everything that ships.

use crate::run::{command, output, root, run, say};

const WASM: &str = "wasm32-unknown-unknown";

/// Checks with that compiler, in a folder of its own.
pub(crate) fn msrv() -> Result<(), String> {
    let manifest =
        std::fs::read_to_string(root().join("Cargo.toml")).map_err(|error| format!("Cargo.toml: {error}."))?;
    let toolchain = toolchain(&manifest).ok_or("Cargo.toml names no rust-version.")?;
    let sysroot = output("rustup", &["run", &toolchain, "rustc", "--print", "sysroot"]).unwrap_or_default();
    if !std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).exists() {
        say(&format!("Installing Rust {toolchain} (rustup toolchain install)"));
        let install =
            ["toolchain", "install", &toolchain, "--profile", "minimal", "--no-self-update", "--target", WASM];
        run(command("rustup").args(install))?;
    }
    say(&format!("Everything that ships, with Rust {toolchain}"));
    let check = |args: &[&str]| {
        let mut cargo = command("rustup");
        cargo.args(["run", &toolchain, "cargo", "check", "--locked", "--quiet", "--target-dir", "target/msrv"]);
        // Its compiler would otherwise be the one that runs this.
        run(cargo.args(args).env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC"))
    };
    let packages = |names: &[&'static str]| names.iter().flat_map(|name| ["--package", *name]).collect::<Vec<_>>();
    check(&packages(&["poolscope", "poolscope-analysis", "poolscope-pool", "poolscope-pool-dump"]))?;
    check(&["--package", "poolscope-pool", "--all-features"])?;
    let page = packages(&["poolscope-app", "poolscope-heap-worker", "poolscope-trace-worker"]);
    check(&[page.as_slice(), &["--target", WASM]].concat())
}

/// `rust-version = "1.95"` as rustup calls it: `1.95.0`.
fn toolchain(manifest: &str) -> Option<String> {
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'))?;
    Some(if version.split('.').count() == 2 { format!("{version}.0") } else { version.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_compiler_is_the_one_that_the_crates_name() {
        assert_eq!(toolchain("[workspace.package]\nrust-version = \"1.95\"\n").as_deref(), Some("1.95.0"));
        assert_eq!(toolchain("rust-version = \"1.95.1\"\n").as_deref(), Some("1.95.1"));
        assert_eq!(toolchain("edition = \"2024\"\n"), None);
    }
}
