//! The tools that cargo does not bring, each at its pin. What is on PATH at that version is used; the rest goes where
//! cargo and npm put things, outside the checkout, so that a second clone installs nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{command, output, run, say};

const TRUNK: &str = "0.21.14";
/// Must equal the version of the crate in Cargo.lock.
const WASM_BINDGEN: &str = "0.2.130";
/// Only `cargo xtask deny` asks for it.
const CARGO_DENY: &str = "0.20.2";
/// The npm package that carries wasm-opt. Debian's own (108) exits 0 and breaks the page.
const BINARYEN: &str = "132.0.0";
const WASM_OPT: &str = "version 132";
/// The npm package; only benchmarks ask for it.
pub(crate) const SPEEDSCOPE: &str = "1.25.0";

/// Where tools were found: to be put first on PATH.
pub(crate) struct Tools {
    folders: Vec<PathBuf>,
}

impl Tools {
    /// PATH with the pinned tools first.
    pub(crate) fn path(&self) -> String {
        let old = std::env::var_os("PATH").unwrap_or_default();
        let all = self.folders.iter().cloned().chain(std::env::split_paths(&old));
        std::env::join_paths(all).map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// A command that finds the pinned tools.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut found = command(program);
        found.env("PATH", self.path());
        found
    }
}

/// Everything that building the site needs.
pub(crate) fn for_site() -> Result<Tools, String> {
    wasm_target()?;
    let folders = [
        cargo_tool("trunk", TRUNK, "trunk", &["--locked"], "builds the site")?,
        // Its own lock names a version of a certificate list that the registry no longer has.
        cargo_tool("wasm-bindgen", WASM_BINDGEN, "wasm-bindgen-cli", &[], "writes the glue between WASM and page")?,
        wasm_opt()?,
    ];
    Ok(Tools { folders: folders.into_iter().flatten().collect() })
}

/// What holds dependencies to `deny.toml`.
pub(crate) fn for_deny() -> Result<Tools, String> {
    let folder = cargo_tool("cargo-deny", CARGO_DENY, "cargo-deny", &["--locked"], "checks dependencies")?;
    Ok(Tools { folders: folder.into_iter().collect() })
}

/// Everything that the browser tests need. Gives the folder of Playwright's packages and the browser.
pub(crate) fn for_browser() -> Result<PathBuf, String> {
    npm()?;
    let browser = chromium()?;
    let e2e = crate::run::root().join("e2e");
    let lock = std::fs::read_to_string(e2e.join("package-lock.json")).unwrap_or_default();
    let stamp = e2e.join("node_modules/.installed-from");
    if std::fs::read_to_string(&stamp).ok().as_deref() != Some(lock.as_str()) {
        say("Installing Playwright for the browser tests (npm ci)");
        let mut npm = Command::new("npm");
        // The browser comes from the system; Playwright's own download is not needed.
        npm.args(["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").current_dir(&e2e);
        run(&mut npm)?;
        std::fs::write(&stamp, lock).map_err(|error| format!("{} cannot be written: {error}.", stamp.display()))?;
    }
    Ok(browser)
}

fn wasm_target() -> Result<(), String> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = output("rustc", &["--print", "sysroot"]).unwrap_or_default();
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).exists() {
        return Ok(());
    }
    say("Installing Rust's WASM target (rustup target add)");
    run(command("rustup").args(["target", "add", TARGET]))
}

/// The folder that a tool was installed into; `None` when PATH has it.
fn cargo_tool(tool: &str, version: &str, package: &str, flags: &[&str], why: &str) -> Result<Option<PathBuf>, String> {
    let bin = cargo_home().join("bin");
    if has_version(tool, &["--version"], version) {
        return Ok(None);
    }
    if has_version(&bin.join(tool).to_string_lossy(), &["--version"], version) {
        return Ok(Some(bin));
    }
    say(&format!("Installing {package} {version}, which {why} (cargo install; minutes, once)"));
    run(command("cargo").args(["install", package, "--version", version]).args(flags))?;
    Ok(Some(bin))
}

fn wasm_opt() -> Result<Option<PathBuf>, String> {
    if has_version("wasm-opt", &["--version"], WASM_OPT) {
        return Ok(None);
    }
    let bin = npm_package("binaryen", BINARYEN, "wasm-opt, which makes the site small")?.join("node_modules/.bin");
    match has_version(&bin.join("wasm-opt").to_string_lossy(), &["--version"], WASM_OPT) {
        true => Ok(Some(bin)),
        false => Err(format!("binaryen {BINARYEN} brought another wasm-opt.")),
    }
}

/// speedscope as a site, for the benchmarks: what the page is held against. Gives its folder.
pub(crate) fn speedscope() -> Result<PathBuf, String> {
    let prefix = npm_package("speedscope", SPEEDSCOPE, "speedscope, to compare with")?;
    Ok(prefix.join("node_modules/speedscope/dist/release"))
}

/// Where an npm package is, installed if it is not there.
fn npm_package(package: &str, version: &str, what: &str) -> Result<PathBuf, String> {
    let prefix = cargo_home().join("npm").join(format!("{package}-{version}"));
    if !prefix.join("node_modules").join(package).join("package.json").exists() {
        npm()?;
        say(&format!("Installing {what} (npm, {package} {version})"));
        let _ = std::fs::create_dir_all(&prefix);
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&prefix).arg(format!("{package}@{version}"));
        run(&mut npm)?;
    }
    Ok(prefix)
}

fn npm() -> Result<(), String> {
    if output("npm", &["--version"]).is_some() {
        return Ok(());
    }
    debian(&["nodejs", "npm"], "Node.js with npm")
}

fn chromium() -> Result<PathBuf, String> {
    let find = || ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| which(name));
    if let Some(found) = find() {
        return Ok(found);
    }
    debian(&["chromium"], "Chromium, for the browser tests")?;
    find().ok_or_else(|| "Chromium was installed and is not on PATH.".to_owned())
}

/// Installs Debian packages where that can be done without asking.
fn debian(packages: &[&str], what: &str) -> Result<(), String> {
    let by_hand = format!("{what} is missing: install it, on Debian with: apt-get install {}", packages.join(" "));
    if output("id", &["-u"]).is_none_or(|id| id.trim() != "0") || which("apt-get").is_none() {
        return Err(by_hand);
    }
    say(&format!("Installing {what} (apt-get)"));
    let apt = |args: &[&str]| {
        let mut apt = Command::new("apt-get");
        run(apt.env("DEBIAN_FRONTEND", "noninteractive").args(args))
    };
    apt(&["update", "-qq"])?;
    apt(&[["install", "-y", "-qq", "--no-install-recommends"].as_slice(), packages].concat()).map_err(|_| by_hand)
}

fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Where cargo keeps what it fetched and installed.
pub(crate) fn cargo_home() -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// Whether the program says exactly this version (`1.2.3` is not `1.2.30`).
fn has_version(program: &str, args: &[&str], version: &str) -> bool {
    output(program, args).is_some_and(|said| {
        said.match_indices(version).any(|(at, _)| {
            !said.get(at + version.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
    })
}
