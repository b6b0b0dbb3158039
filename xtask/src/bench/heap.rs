//! `cargo xtask bench heap`: big profiles, by the command beside `go tool pprof`, and in the page.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cost::{Contestant, in_turns};
use super::go::{Go, NO_GO};
use super::results::Row;
use super::scale::Scale;
use super::{generate, page, scale};
use crate::digits::thousands;

/// A profile and what it is called.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) file: PathBuf,
}

/// The two big profiles.
pub(super) struct Inputs {
    pub(super) heap: Input,
    pub(super) cpu: Input,
}

impl Inputs {
    /// Made if they are not there.
    pub(super) fn made(scale: &Scale) -> Result<Self, String> {
        let (stacks, samples) = (scale.of(generate::STACKS), scale.of(generate::CPU_SAMPLES));
        let heap = scale.made("heap-200k.pb.gz", || generate::snapshot(stacks, 0))?;
        let cpu = scale.made("cpu-300k.pb.gz", || generate::cpu(samples))?;
        Ok(Self {
            heap: Input { name: format!("{} stacks of depth 60", thousands(stacks)), file: heap },
            cpu: Input { name: format!("{} CPU samples", thousands(samples)), file: cpu },
        })
    }
}

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>, String> {
    let Inputs { heap, cpu } = Inputs::made(scale)?;
    let poolscope = &scale::poolscope()?;
    let pprof = Go::find().and_then(|go| go.tool("pprof"));
    let mut rows = Vec::new();
    for (input, target) in [(&heap, "pprof 40 and 6 times as much"), (&cpu, "")] {
        let ours = Contestant::command("`poolscope top`", move || with(poolscope, &["top"], &input.file));
        const PPROF: &str = "`go tool pprof -top -nodecount=0`";
        let theirs = match &pprof {
            Some(pprof) => Contestant::command(PPROF, move || with(pprof, &["-top", "-nodecount=0"], &input.file)),
            None => Contestant::missing(PPROF, NO_GO),
        };
        rows.extend(in_turns(&input.name, scale.rounds(5), &[ours.target(target), theirs])?);
    }
    let files = [("BENCH_HEAP", heap.file.as_os_str()), ("BENCH_CPU", cpu.file.as_os_str())];
    rows.extend(page::measure(scale, "bench.spec.ts", &files)?);
    Ok(rows)
}

fn with(program: &Path, args: &[&str], file: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(args).arg(file);
    command
}
