//! `cargo xtask test`: every check there is, and one line of counts.

use std::process::Command;

use crate::counts::Counts;
use crate::run::{command, root, say, watch};
use crate::{serve, site, tools};

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
    all +=
        rust("Tests and documentation examples, native", native.args(["test", "--workspace", "--locked", "--quiet"]))?;
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

/// Playwright on the built site, at the root and below a sub-folder.
pub(crate) fn playwright(specs: &[&str]) -> Result<Command, String> {
    let dist = site::build()?;
    let chromium = tools::for_browser()?;
    let site = serve::in_background(dist.clone(), "")?;
    let below = serve::in_background(dist, "some/folder/")?;
    let mut npx = Command::new("npx");
    npx.args(["playwright", "test"]).args(specs).current_dir(root().join("e2e"));
    npx.env("POOLSCOPE_SITE", site).env("POOLSCOPE_SITE_BELOW", below).env("CHROMIUM", chromium);
    Ok(npx)
}

fn browser() -> Result<Counts, String> {
    let mut playwright = playwright(&["--grep-invert", "@tool"])?;
    say("Browser tests: real files on the real page in Chromium");
    let (passed, output) = watch(&mut playwright)?;
    Ok(counted(passed, Counts::of_playwright(&output)))
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
