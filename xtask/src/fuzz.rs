//! `cargo xtask fuzz`: every target under libFuzzer, for its share of the time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use crate::run::{command, output, root, run, say};

/// What libFuzzer needs the compiler to put in: counters of edges and the operands of comparisons. All of it is LLVM's,
/// and so works with a stable compiler; cargo-fuzz and sanitizers ask for a nightly one.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Longest input: larger ones cost speed and reach nothing new.
const MOST_BYTES: u32 = 16 << 10;

/// A target that is stopped so often is given up: what stops it may be one of its seeds.
const MOST_STOPS: u32 = 20;

/// What is asked for.
pub(crate) struct Asked<'a> {
    /// Minutes on the clock for all targets together.
    pub(crate) minutes: f64,
    /// Targets that run at once; `None` is one a core.
    pub(crate) jobs: Option<usize>,
    /// Only these; empty is all.
    pub(crate) targets: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    /// `[--minutes N] [--jobs N] [TARGET…]`.
    pub(crate) fn of(args: &[&'a str]) -> Result<Self, String> {
        let mut asked = Self { minutes: 5.0, jobs: None, targets: Vec::new() };
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            let number = |value: Option<&&str>| {
                let value = value.and_then(|text| text.parse::<f64>().ok()).filter(|value| *value > 0.0);
                value.ok_or_else(|| format!("{arg} needs a number above 0."))
            };
            match arg {
                "--minutes" => asked.minutes = number(args.next())?,
                "--jobs" => asked.jobs = Some(number(args.next())?.ceil() as usize),
                _ if arg.starts_with('-') => return Err(format!("{arg} is no option of fuzz.")),
                name => asked.targets.push(name),
            }
        }
        Ok(asked)
    }
}

/// What one target did.
struct Done {
    target: String,
    executions: u64,
    edges: String,
    crashes: Vec<PathBuf>,
    is_sound: bool,
}

/// Builds, seeds and runs; `false` when an input broke something.
pub(crate) fn fuzz(asked: &Asked<'_>) -> Result<bool, String> {
    let folder = root().join("target/fuzz");
    let binary = build(&folder)?;
    let seeds = folder.join("seeds");
    // Of another day, if they are there.
    let _ = fs::remove_dir_all(&seeds);
    run(command("cargo")
        .args(["run", "--package", "poolscope-fuzz", "--bin", "seeds", "--locked", "--quiet", "--"])
        .arg(&seeds))?;
    let targets = chosen(&seeds, &asked.targets)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = asked.jobs.unwrap_or(cores).clamp(1, targets.len());
    let seconds = (asked.minutes * 60.0 * jobs as f64 / targets.len() as f64).ceil().max(1.0) as u64;
    say(&format!(
        "{} targets, {seconds} s each, {jobs} at once: an input may take 1 s, and 20 times its size in memory",
        targets.len()
    ));
    let (waiting, done) = (Mutex::new(targets.into_iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
                    let Some(target) = next else { return };
                    let result = one(&binary, &folder, &target, seconds);
                    if let Ok(mut done) = done.lock() {
                        done.push(result);
                    }
                }
            });
        }
    });
    let done = done.into_inner().map_err(|_| "A run went wrong.")?.into_iter().collect::<Result<Vec<_>, String>>()?;
    println!("{:<12} {:>14} {:>8} {:>8}", "target", "executions", "edges", "crashes");
    for each in &done {
        println!("{:<12} {:>14} {:>8} {:>8}", each.target, each.executions, each.edges, each.crashes.len());
    }
    for each in done.iter().filter(|each| !each.is_sound) {
        println!("{} stopped; what it said: {}", each.target, folder.join(format!("{}.log", each.target)).display());
        for crash in &each.crashes {
            println!("  input: {}", crash.display());
        }
    }
    Ok(done.iter().all(|each| each.is_sound))
}

fn build(folder: &Path) -> Result<PathBuf, String> {
    say("Building the targets, instrumented");
    let about = output("rustc", &["-vV"]).unwrap_or_default();
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not say its host.")?;
    // With a target named, the flags stay away from build scripts and macros.
    run(command("cargo")
        .args(["build", "--package", "poolscope-fuzz", "--bin", "poolscope-fuzz", "--features", "engine", "--locked"])
        .args(["--profile", "fuzz", "--target", host, "--target-dir"])
        .arg(folder)
        .env("RUSTFLAGS", INSTRUMENTED))?;
    Ok(folder.join(host).join("fuzz/poolscope-fuzz"))
}

fn chosen(seeds: &Path, wanted: &[&str]) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(seeds).map_err(|error| format!("{}: {error}.", seeds.display()))?;
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut all: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    if let Some(unknown) = wanted.iter().find(|name| !all.iter().any(|known| known == *name)) {
        return Err(format!("{unknown} is no target; there are: {}.", all.join(", ")));
    }
    all.retain(|name| wanted.is_empty() || wanted.contains(&name.as_str()));
    Ok(all)
}

/// Runs a target for its time; after an input that broke something it goes on from what it has learnt.
fn one(binary: &Path, folder: &Path, target: &str, seconds: u64) -> Result<Done, String> {
    let failed = |error: std::io::Error| format!("{target}: {error}.");
    let crashes = folder.join("crashes").join(target);
    // Inputs of an earlier run are not of this one.
    let _ = fs::remove_dir_all(&crashes);
    fs::create_dir_all(&crashes).map_err(failed)?;
    fs::create_dir_all(folder.join("corpus").join(target)).map_err(failed)?;
    let log = folder.join(format!("{target}.log"));
    let mut file = fs::File::create(&log).map_err(failed)?;
    let (begun, mut stops) = (Instant::now(), 0);
    while stops < MOST_STOPS {
        let left = seconds.saturating_sub(begun.elapsed().as_secs());
        if left == 0 || run_once(binary, folder, target, left, &mut file).map_err(failed)? {
            break;
        }
        stops += 1;
    }
    let said = String::from_utf8_lossy(&fs::read(&log).map_err(failed)?).into_owned();
    let executions = said.lines().filter_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let executions = executions.filter_map(|number| number.trim().parse::<u64>().ok()).sum();
    let edges = said.lines().rev().find_map(|line| line.split_once(" cov: ")?.1.split_whitespace().next());
    let inputs = fs::read_dir(&crashes).map_err(failed)?.flatten().map(|entry| entry.path());
    // An input that was only slow is kept for a look, and breaks nothing.
    let crashes = inputs
        .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("slow-")))
        .collect();
    let edges = edges.unwrap_or("?").to_owned();
    Ok(Done { target: target.to_owned(), executions, edges, crashes, is_sound: stops == 0 })
}

/// Runs until an input breaks something (`false`) or the time is over.
fn run_once(binary: &Path, folder: &Path, target: &str, seconds: u64, log: &mut fs::File) -> std::io::Result<bool> {
    let seeds = folder.join("seeds").join(target);
    let status = Command::new(binary)
        .env("POOLSCOPE_FUZZ", target)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MOST_BYTES}"))
        .arg(format!("-artifact_prefix={}/", folder.join("crashes").join(target).display()))
        .arg(format!("-dict={}", seeds.with_extension("words").display()))
        .args(["-timeout=1", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .args([&folder.join("corpus").join(target), &seeds])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.try_clone()?)
        .status()?;
    Ok(status.success())
}
