//! `cargo xtask fuzz`: every target under libFuzzer, for its share of the time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use crate::reliability;
use crate::run::{command, output, root, run, say};

/// What libFuzzer needs the compiler to put in: counters of edges and the operands of comparisons. All of it is LLVM's,
/// and so works with a stable compiler; cargo-fuzz and sanitizers ask for a nightly one.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Longest input if not said: larger ones cost speed and reach nothing new.
const MOST_BYTES: f64 = 16_384.0;

/// A target that is stopped so often is given up: what stops it may be one of its seeds.
const MOST_STOPS: u32 = 20;

/// What is asked for.
pub(crate) struct Asked<'a> {
    /// Minutes on the clock for all targets together.
    pub(crate) minutes: f64,
    /// Targets that run at once; `None` is one a core.
    pub(crate) jobs: Option<usize>,
    /// The longest input.
    bytes: u32,
    /// What was done is added to what stands in `docs/reliability.md`.
    is_recorded: bool,
    /// Only these; empty is all.
    pub(crate) targets: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    /// `[--minutes N] [--jobs N] [--bytes N] [--record] [TARGET…]`.
    pub(crate) fn of(args: &[&'a str]) -> Result<Self, String> {
        let mut asked =
            Self { minutes: 5.0, jobs: None, bytes: MOST_BYTES as u32, is_recorded: false, targets: Vec::new() };
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            let number = |value: Option<&&str>| {
                let value = value.and_then(|text| text.parse::<f64>().ok()).filter(|value| *value > 0.0);
                value.ok_or_else(|| format!("{arg} needs a number above 0."))
            };
            match arg {
                "--minutes" => asked.minutes = number(args.next())?,
                "--jobs" => asked.jobs = Some(number(args.next())?.ceil() as usize),
                "--bytes" => asked.bytes = number(args.next())?.ceil() as u32,
                "--record" => asked.is_recorded = true,
                _ if arg.starts_with('-') => return Err(format!("{arg} is no option of fuzz.")),
                name => asked.targets.push(name),
            }
        }
        Ok(asked)
    }
}

/// What one target did.
pub(crate) struct Done {
    pub(crate) target: String,
    pub(crate) executions: u64,
    pub(crate) edges: String,
    pub(crate) seconds: u64,
    crashes: Vec<PathBuf>,
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
                    let result =
                        one(&Run { binary: &binary, folder: &folder, target: &target, bytes: asked.bytes }, seconds);
                    if let Ok(mut done) = done.lock() {
                        done.push(result);
                    }
                }
            });
        }
    });
    let done = done.into_inner().map_err(|_| "A run went wrong.")?.into_iter().collect::<Result<Vec<_>, String>>()?;
    println!("{:<16} {:>14} {:>8} {:>8}", "target", "executions", "edges", "findings");
    for each in &done {
        println!("{:<16} {:>14} {:>8} {:>8}", each.target, each.executions, each.edges, each.crashes.len());
        for crash in &each.crashes {
            println!("  input: {}", crash.display());
        }
    }
    if asked.is_recorded {
        reliability::add(&done)?;
    }
    Ok(done.iter().all(|each| each.crashes.is_empty()))
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

/// One target, and where it runs.
struct Run<'a> {
    binary: &'a Path,
    folder: &'a Path,
    target: &'a str,
    bytes: u32,
}

/// Runs a target for its time; after an input that broke something it goes on from what it has learnt.
fn one(run: &Run<'_>, seconds: u64) -> Result<Done, String> {
    let Run { folder, target, .. } = *run;
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
        if left == 0 || run.once(left, &mut file).map_err(failed)? {
            break;
        }
        stops += 1;
    }
    let said = String::from_utf8_lossy(&fs::read(&log).map_err(failed)?).into_owned();
    let executions = said.lines().filter_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let executions = executions.filter_map(|number| number.trim().parse::<u64>().ok()).sum();
    let edges = said.lines().rev().find_map(|line| line.split_once(" cov: ")?.1.split_whitespace().next());
    let inputs = fs::read_dir(&crashes).map_err(failed)?.flatten().map(|entry| entry.path());
    // What was slow once is held against the clock again: the machine may have been busy.
    let crashes: Vec<PathBuf> = inputs.filter(|input| run.breaks(input)).collect();
    if stops > 0 && crashes.is_empty() && executions == 0 {
        return Err(format!("{target} did not run; what it said: {}", log.display()));
    }
    let edges = edges.unwrap_or("?").to_owned();
    Ok(Done { target: target.to_owned(), executions, edges, seconds: begun.elapsed().as_secs(), crashes })
}

impl Run<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new(self.binary);
        command.env("POOLSCOPE_FUZZ", self.target).args(["-timeout=1", "-rss_limit_mb=2048"]).stdin(Stdio::null());
        command
    }

    /// Runs until an input breaks something (`false`) or the time is over.
    fn once(&self, seconds: u64, log: &mut fs::File) -> std::io::Result<bool> {
        let seeds = self.folder.join("seeds").join(self.target);
        let status = self
            .command()
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={}", self.bytes))
            .arg(format!("-artifact_prefix={}/", self.folder.join("crashes").join(self.target).display()))
            .arg(format!("-dict={}", seeds.with_extension("words").display()))
            .arg("-print_final_stats=1")
            .args([&self.folder.join("corpus").join(self.target), &seeds])
            .stdout(Stdio::null())
            .stderr(log.try_clone()?)
            .status()?;
        Ok(status.success())
    }

    /// Whether an input breaks something when it is run alone.
    fn breaks(&self, input: &Path) -> bool {
        let status = self.command().arg(input).stdout(Stdio::null()).stderr(Stdio::null()).status();
        !status.is_ok_and(|status| status.success())
    }
}
