//! `cargo xtask bench session`: sixty files of one investigation, from the command's start and from the drop to the verdict, and
//! how long the findings take when a line is moved.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::trace::Go;
use super::{Cost, cost, folder, generate, middle, page, poolscope, texts};
use crate::run::{command, say};

/// Runs of the command; the median counts.
const RUNS: usize = 5;
/// Execution traces: file, size, and what the program that makes them is told besides.
const TRACES: [(&str, u64, &[&str]); 4] = [
    ("annotated-50.trace", 50_000_000, &["annotated"]),
    ("scheduling-50.trace", 50_000_000, &[]),
    ("annotated-20.trace", 20_000_000, &["annotated"]),
    ("scheduling-10.trace", 10_000_000, &[]),
];
/// Stacks of heap profiles, and how many profiles have so many.
const HEAPS: [(u64, u64); 3] = [(20_000, 24), (100_000, 4), (200_000, 2)];

/// Makes the session, runs everything, prints tables in Markdown.
pub(crate) fn session() -> Result<(), String> {
    let session = made()?;
    let (files, bytes) = size(&session)?;
    let what = format!("{files} files, {} MB", bytes / 1_000_000);
    let poolscope = poolscope()?;
    println!("\n| input | figure | seen | target |\n|---|---|---|---|");
    let mut costs = Vec::new();
    for _ in 0..RUNS {
        costs.push(cost(Command::new(&poolscope).args(["check", "--json"]).arg(&session))?);
    }
    let Cost { seconds, peak_mb } = middle(costs)?;
    println!("| {what} | `poolscope check` | {seconds:.2} s, {peak_mb:.0} MB | 3 s |");
    let example = ["run", "--quiet", "--locked", "--profile", "release-cli", "--package", "poolscope-analysis"];
    let mut cargo = command("cargo");
    let said = cargo.args(example).args(["--example", "session_costs", "--"]).arg(&session).output();
    let said =
        said.ok().filter(|output| output.status.success()).ok_or("The example session_costs could not be run.")?;
    print!("{}", String::from_utf8_lossy(&said.stdout));
    page::measure("bench-session.spec.ts", &[("BENCH_SESSION", session.as_os_str())])
}

/// The folder of the session; made once.
fn made() -> Result<PathBuf, String> {
    let folder = folder()?;
    let session = folder.join("session");
    if session.exists() {
        return Ok(session);
    }
    let part = folder.join("session.part");
    let _ = fs::remove_dir_all(&part);
    fs::create_dir_all(&part).map_err(|error| format!("{} cannot be made: {error}.", part.display()))?;
    say(&format!("Making {}", session.display()));
    let write = |name: &str, bytes: &[u8]| {
        let file = part.join(name);
        fs::write(&file, bytes).map_err(|error| format!("{} cannot be written: {error}.", file.display()))
    };
    let mut number = 0;
    for (stacks, count) in HEAPS {
        for _ in 0..count {
            number += 1;
            write(&format!("heap.{number:02}.pb.gz"), &generate::snapshot(stacks, number))?;
        }
    }
    for (name, bytes, more) in TRACES {
        let file = folder.join(name);
        if !file.exists() {
            let go = Go::find().ok_or("There are no traces yet, and no Go toolchain to make them: set GO.")?;
            go.make(&file, bytes, more)?;
        }
        fs::copy(&file, part.join(name)).map_err(|error| format!("{name} cannot be copied: {error}."))?;
    }
    for number in 1..=4 {
        write(&format!("gctrace.{number}.log"), texts::gctrace(20_000, number).as_bytes())?;
        write(&format!("smaps.{number}.txt"), texts::smaps(2_000, number).as_bytes())?;
    }
    for number in 1..=10 {
        write(&format!("goroutine.{number:02}.txt"), texts::goroutines(6_000 + number * 100, number).as_bytes())?;
    }
    for number in 1..=3 {
        write(&format!("memstats.{number}.jsonl"), texts::memstats(5_000, number).as_bytes())?;
    }
    write("metrics.prom", texts::scrapes(2_000).as_bytes())?;
    for number in 1..=2 {
        write(&format!("mutex.{number}.pb.gz"), &generate::delays(5_000 * number))?;
        write(&format!("block.{number}.pb.gz"), &generate::delays(6_000 * number))?;
    }
    fs::rename(&part, &session).map_err(|error| format!("{} cannot be written: {error}.", session.display()))?;
    Ok(session)
}

/// How many files, and their bytes.
fn size(folder: &Path) -> Result<(usize, u64), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}.", folder.display()))?;
    let sizes: Vec<u64> = entries.flatten().filter_map(|entry| Some(entry.metadata().ok()?.len())).collect();
    Ok((sizes.len(), sizes.iter().sum()))
}
