//! `cargo xtask bench profile`: where our own time goes. Linux's perf samples the command on each of its main paths; what it saw
//! becomes a profile that the page opens, and the command names the three functions that cost most.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::heap::Inputs;
use super::perf::{Stack, stacks};
use super::proto::{Strings, bytes, field, finish, sample_type, varint};
use super::results::Row;
use super::scale::Scale;
use super::{lifecycle, session, trace};
use crate::run::{command, output, run, say};

/// Samples a second: as many as perf takes without losing some.
const HERTZ: u64 = 4_999;
/// Functions that are named of each path.
const NAMED: usize = 3;
/// What is not ours to change counts for who called it.
const HIDDEN: &str = r"^<?\[?\(?&?(core|alloc|std|hashbrown|rustc_hash)::|^<.* as (core|alloc|std)::|^__rust|^_*(mem|int_|malloc|calloc|realloc|free|cfree)|^\[unknown\]";

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>, String> {
    if output("perf", &["--version"]).is_none() {
        return Err("perf is missing: install it, on Debian with: apt-get install linux-perf".to_owned());
    }
    let heap = Inputs::made(scale)?.heap;
    let (trace, session, pools) = (trace::annotated(scale)?, session::made(scale)?, lifecycle::record(scale)?);
    let program = program()?;
    let folder = scale.folder()?.join("profiles");
    fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}.", folder.display()))?;
    let paths: [(&str, &[&str], &Path); 4] = [
        ("top", &["--json"], &heap.file),
        ("trace", &["--json", "--no-goroutines"], &trace),
        ("check", &["--json"], &session),
        ("pool", &["--json"], &pools),
    ];
    let mut rows = Vec::new();
    for (name, args, input) in paths {
        say(&format!("Sampling poolscope {name} on {}", input.display()));
        let mut taken = Vec::new();
        for _ in 0..scale.rounds(5) {
            let mut measured = Command::new(&program);
            taken.extend(stacks(measured.arg(name).args(args).arg(input), &program, &folder, HERTZ)?);
        }
        let file = folder.join(format!("{name}.pb.gz"));
        fs::write(&file, profile(&taken)).map_err(|error| format!("{}: {error}.", file.display()))?;
        say(&format!("The profile is {}: drop it on the page", file.display()));
        let of = input.file_name().unwrap_or_default().to_string_lossy().into_owned();
        rows.extend(largest(&program, &file, &format!("`poolscope {name}` on {of}"))?);
    }
    Ok(rows)
}

/// The command as it is released, with names and frames to walk.
fn program() -> Result<PathBuf, String> {
    say("Building the command with frame pointers and lines");
    let args = ["build", "--quiet", "--locked", "--profile", "release-cli", "--package", "poolscope"];
    let folder = crate::run::root().join("target/profile");
    run(command("cargo")
        .args(args)
        .args([
            "--config",
            "profile.release-cli.debug=\"line-tables-only\"",
            "--config",
            "profile.release-cli.strip=false",
        ])
        .args(["--config", "build.rustflags=[\"-Cforce-frame-pointers=yes\"]", "--target-dir"])
        .arg(&folder)
        .env_remove("RUSTFLAGS"))?;
    Ok(folder.join("release-cli/poolscope"))
}

/// The functions that took most themselves, what is not ours being counted for its callers.
fn largest(poolscope: &Path, profile: &Path, input: &str) -> Result<Vec<Row>, String> {
    let mut top = Command::new(poolscope);
    top.args(["top", "--json", "--sample-index", "cpu", "--hide", HIDDEN]).arg(profile);
    let said = top.output().map_err(|error| format!("The profile could not be read: {error}."))?;
    let said: Value = serde_json::from_slice(&said.stdout).map_err(|error| format!("poolscope top: {error}."))?;
    let cpu = said.pointer("/types/cpu").ok_or("poolscope top found no CPU time in the profile.")?;
    let total = cpu.get("total").and_then(Value::as_f64).filter(|total| *total > 0.0).ok_or("Nothing was sampled.")?;
    let mut functions: Vec<(&str, f64)> = Vec::new();
    for row in cpu.get("rows").and_then(Value::as_array).into_iter().flatten() {
        functions.extend(row.get("name").and_then(Value::as_str).zip(row.get("flat").and_then(Value::as_f64)));
    }
    functions.sort_by(|a, b| b.1.total_cmp(&a.1));
    let rows = functions.iter().take(NAMED).enumerate();
    Ok(rows.map(|(place, (name, flat))| Row::share(input, &format!("{}. `{name}`", place + 1), flat / total)).collect())
}

/// A CPU profile of stacks, as pprof has it.
fn profile(stacks: &[Stack]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut strings = Strings::default();
    sample_type(&mut out, &mut strings, "samples", "count");
    sample_type(&mut out, &mut strings, "cpu", "nanoseconds");
    let mut counts: BTreeMap<&[Vec<String>], (u64, u64)> = BTreeMap::new();
    for stack in stacks {
        let (count, nanos) = counts.entry(&stack.frames).or_default();
        (*count, *nanos) = (*count + 1, *nanos + stack.nanos);
    }
    let places: BTreeSet<&Vec<String>> = stacks.iter().flat_map(|stack| &stack.frames).collect();
    let places: BTreeMap<&Vec<String>, u64> = places.into_iter().zip(1..).collect();
    let names: BTreeSet<&String> = places.keys().flat_map(|names| names.iter()).collect();
    let names: BTreeMap<&String, u64> = names.into_iter().zip(1..).collect();
    for (frames, (count, nanos)) in counts {
        let (mut sample, mut packed) = (Vec::new(), Vec::new());
        frames.iter().filter_map(|frame| places.get(frame)).for_each(|&id| varint(&mut packed, id));
        bytes(&mut sample, 1, &packed);
        packed.clear();
        [count, nanos].iter().for_each(|&value| varint(&mut packed, value));
        bytes(&mut sample, 2, &packed);
        bytes(&mut out, 2, &sample);
    }
    for (inlined, &id) in &places {
        let mut location = Vec::new();
        field(&mut location, 1, id);
        for function in inlined.iter().filter_map(|name| names.get(name)) {
            let mut line = Vec::new();
            field(&mut line, 1, *function);
            bytes(&mut location, 4, &line);
        }
        bytes(&mut out, 4, &location);
    }
    for (name, &id) in &names {
        let mut function = Vec::new();
        field(&mut function, 1, id);
        field(&mut function, 2, strings.index(name));
        bytes(&mut out, 5, &function);
    }
    finish(out, &strings)
}
