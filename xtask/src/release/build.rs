//! A clone of what is committed, in a folder of its own, and what is built there: nothing of the folder or of the machine goes into
//! it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::linked::{Linked, linked, merge, packages};
use super::{archive, licences, sbom};
use crate::dist::Files;
use crate::run::{root, run, say};
use crate::site;
use crate::tools::cargo_home;

/// What is published: the command, and libraries that others can use.
const CRATES: [&str; 4] = ["poolscope-pool-dump", "poolscope-pool", "poolscope-analysis", "poolscope"];
/// What the page is linked from.
const PAGE: [&str; 3] = ["poolscope-app", "poolscope-heap-worker", "poolscope-trace-worker"];
const WASM: &str = "wasm32-unknown-unknown";
const COMMAND: &str = "poolscope";
/// What of the surroundings would change what is built.
const LEFT_OUT: [&str; 7] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "RUSTC_WRAPPER",
    "POOLSCOPE_SITE",
];

/// A clone of HEAD; it is gone when this is.
pub(super) struct Clone {
    folder: PathBuf,
    /// When the commit was made: seconds since 1970, and as RFC 3339 has it.
    seconds: u64,
    time: String,
    /// The machine that the command is for.
    host: String,
    rustc: String,
}

/// A release, and what went into its archives.
pub(super) struct Built {
    pub(super) version: String,
    pub(super) files: Files,
    pub(super) contents: Files,
}

impl Clone {
    /// Into `name` below the system's folder for temporary files.
    pub(super) fn of_head(name: &str) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("poolscope-{}", std::process::id())).join(name);
        let path = folder.to_string_lossy().into_owned();
        if path.contains(char::is_whitespace) {
            return Err(format!("{path} has a space in it, which flags of the compiler cannot have: set TMPDIR."));
        }
        say(&format!("Cloning what is committed into {path}"));
        let head = said("git", &["rev-parse", "HEAD"])?;
        run(Command::new("git").args(["clone", "--quiet", "--no-checkout"]).arg(root()).arg(&folder))?;
        run(Command::new("git").args(["checkout", "--quiet", "--detach", &head]).current_dir(&folder))?;
        let seconds = said("git", &["log", "-1", "--format=%ct", &head])?;
        let about = said("rustc", &["-vV"])?;
        let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let mut clone = Self {
            folder,
            seconds: seconds.parse().map_err(|_| format!("{seconds} is no time of a commit."))?,
            time: String::new(),
            host: field("host: ").ok_or("rustc does not say its host.")?,
            rustc: field("release: ").ok_or("rustc does not say its version.")?,
        };
        let format = ["log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%cd"];
        clone.time = printed(clone.command("git").args(format))?.trim().to_owned();
        Ok(clone)
    }

    /// A command in the clone that builds the same everywhere.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        for name in LEFT_OUT {
            command.env_remove(name);
        }
        command.env("SOURCE_DATE_EPOCH", self.seconds.to_string()).env("TZ", "UTC").env("LC_ALL", "C");
        command.env("CARGO_INCREMENTAL", "0");
        // Flags of a target that come so are put to those of `.cargo/config.toml`; RUSTFLAGS would take their place.
        for target in [self.host.as_str(), WASM] {
            let name = target.to_ascii_uppercase().replace('-', "_");
            command.env(format!("CARGO_TARGET_{name}_RUSTFLAGS"), self.remapped());
        }
        command
    }

    /// What stands in programs where they say where their source is.
    fn remapped(&self) -> String {
        let places = [(self.folder.clone(), "/poolscope"), (cargo_home(), "/cargo")];
        let flags = places.map(|(place, name)| format!("--remap-path-prefix={}={name}", place.display()));
        flags.join(" ")
    }

    pub(super) fn read_text(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(self.folder.join(path)).map_err(|error| format!("{path}: {error}."))
    }

    /// Builds everything.
    pub(super) fn build(&self) -> Result<Built, String> {
        say("Building the site, and the command with it");
        run(self.command("cargo").args(["xtask", "command"]))?;
        say("Packing the crates, each built from its package (cargo package)");
        let of = CRATES.iter().flat_map(|name| ["--package", name]);
        run(self.command("cargo").args(["package", "--locked", "--quiet"]).args(of))?;

        let packages = packages(self)?;
        let version = packages.keys().find(|(name, _)| name == COMMAND).map(|(_, version)| version.clone());
        let version = version.ok_or("There is no package of the command.")?;
        let mut page = Linked::new();
        for package in PAGE {
            merge(&mut page, linked(self, package, WASM)?);
        }
        // The site is in the command.
        let mut command = page.clone();
        merge(&mut command, linked(self, COMMAND, &self.host)?);
        let ids: BTreeSet<_> = command.keys().cloned().collect();
        let licences = licences::licences(&ids, &packages, &[("Rust's standard library", standard_library()?)])?;

        let mut contents = Files::new();
        let program = format!("{COMMAND}{}", std::env::consts::EXE_SUFFIX);
        let (site_name, command_name) =
            (format!("poolscope-{version}-site"), format!("poolscope-{version}-{}", self.host));
        for (path, bytes) in site::read(&self.folder.join("dist"))? {
            contents.insert(format!("{site_name}/{path}"), bytes);
        }
        contents.insert(format!("{command_name}/{program}"), self.read(&format!("target/release-cli/{program}"))?);
        for name in [&site_name, &command_name] {
            for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
                contents.insert(format!("{name}/{file}"), self.read(file)?);
            }
            contents.insert(format!("{name}/LICENCES.txt"), licences.clone().into_bytes());
        }
        self.is_nowhere_in(&contents)?;

        let mut files = Files::new();
        for (name, linked) in [(&site_name, page), (&command_name, command)] {
            let list = sbom::sbom(name, &version, &self.time, &self.rustc, &linked, &packages)?;
            files.insert(format!("{name}.cdx.json"), list.into_bytes());
            let inside = |(path, bytes): (&String, &Vec<u8>)| {
                Some((path.strip_prefix(name)?.strip_prefix('/')?.to_owned(), bytes.clone()))
            };
            let inside: Files = contents.iter().filter_map(inside).collect();
            files.insert(format!("{name}.tar.gz"), archive::tar_gz(name, &inside, &[&program], self.seconds)?);
        }
        files.insert("LICENCES.txt".to_owned(), licences.into_bytes());
        for name in CRATES {
            let file = format!("{name}-{version}.crate");
            let bytes = self.read(&format!("target/package/{file}"))?;
            files.insert(file, bytes);
        }
        Ok(Built { version, files, contents })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.folder.join(path)).map_err(|error| format!("{path}: {error}."))
    }

    /// Refuses what says where it was built: that would be another elsewhere.
    fn is_nowhere_in(&self, contents: &Files) -> Result<(), String> {
        for place in [self.folder.clone(), cargo_home()] {
            let place = place.to_string_lossy().into_owned();
            let says = |bytes: &[u8]| bytes.windows(place.len()).any(|window| window == place.as_bytes());
            if let Some((path, _)) = contents.iter().find(|(_, bytes)| says(bytes)) {
                return Err(format!("{path} says where it was built: {place}."));
            }
        }
        Ok(())
    }
}

impl Drop for Clone {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        // And what was made around it, unless another clone is there.
        let temporary = std::env::temp_dir();
        for around in self.folder.ancestors().skip(1).take_while(|folder| **folder != temporary) {
            let _ = fs::remove_dir(around);
        }
    }
}

/// What a command prints, which must succeed.
pub(super) fn printed(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |words: String| format!("{name} failed: {words}.");
    let output = command.stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn said(program: &str, args: &[&str]) -> Result<String, String> {
    Ok(printed(crate::run::command(program).args(args))?.trim().to_owned())
}

/// What Rust says of the licences of its standard library, which is linked into everything.
fn standard_library() -> Result<String, String> {
    let sysroot = said("rustc", &["--print", "sysroot"])?;
    let path = Path::new(&sysroot).join("share/doc/rust/COPYRIGHT-library.html");
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}.", path.display()))
}
