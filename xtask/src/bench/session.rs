//! `cargo xtask bench session`: sixty files of one investigation, from the command's start and from the drop to the verdict, and
//! how long the findings take when a line is moved.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cost::{Contestant, in_turns};
use super::results::{Row, said};
use super::scale::{self, Scale, engine_example};
use super::{generate, page, texts, trace};
use crate::run::{say, watched};

/// Execution traces: file, size, and what the program that makes them is told besides.
const TRACES: [(&str, u64, &[&str]); 4] = [
    ("annotated-50.trace", 50_000_000, &["annotated"]),
    ("scheduling-50.trace", 50_000_000, &[]),
    ("annotated-20.trace", 20_000_000, &["annotated"]),
    ("scheduling-10.trace", 10_000_000, &[]),
];
/// Stacks of heap profiles, and how many profiles have so many.
const HEAPS: [(u64, u64); 3] = [(20_000, 24), (100_000, 4), (200_000, 2)];

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>, String> {
    let session = made(scale)?;
    let (files, bytes) = size(&session)?;
    let input = format!("{files} files, {} MB", bytes / 1_000_000);
    let poolscope = scale::poolscope()?;
    let ours = Contestant::command("`poolscope check`", || {
        let mut check = Command::new(&poolscope);
        check.args(["check", "--json"]).arg(&session);
        check
    });
    let mut rows = in_turns(&input, scale.rounds(5), &[ours.target("3 s")])?;
    rows.extend(said(&watched(engine_example("session_costs").arg(&session))?)?);
    rows.extend(page::measure(scale, "bench-session.spec.ts", &[("BENCH_SESSION", session.as_os_str())])?);
    Ok(rows)
}

/// The folder of the session; made once.
pub(super) fn made(scale: &Scale) -> Result<PathBuf, String> {
    let folder = scale.folder()?;
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
            write(&format!("heap.{number:02}.pb.gz"), &generate::snapshot(scale.of(stacks), number))?;
        }
    }
    for (name, bytes, more) in TRACES {
        let file = trace::made(scale, name, bytes, more)?;
        fs::copy(&file, part.join(name)).map_err(|error| format!("{name} cannot be copied: {error}."))?;
    }
    for number in 1..=4 {
        write(&format!("gctrace.{number}.log"), texts::gctrace(scale.of(20_000), number).as_bytes())?;
        write(&format!("smaps.{number}.txt"), texts::smaps(scale.of(2_000), number).as_bytes())?;
    }
    for number in 1..=10 {
        write(
            &format!("goroutine.{number:02}.txt"),
            texts::goroutines(scale.of(6_000 + number * 100), number).as_bytes(),
        )?;
    }
    for number in 1..=3 {
        write(&format!("memstats.{number}.jsonl"), texts::memstats(scale.of(5_000), number).as_bytes())?;
    }
    write("metrics.prom", texts::scrapes(scale.of(2_000)).as_bytes())?;
    for number in 1..=2 {
        write(&format!("mutex.{number}.pb.gz"), &generate::delays(scale.of(5_000 * number)))?;
        write(&format!("block.{number}.pb.gz"), &generate::delays(scale.of(6_000 * number)))?;
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
