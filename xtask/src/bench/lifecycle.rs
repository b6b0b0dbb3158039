//! `cargo xtask bench lifecycle`: ten million events of pools, made in memory, read and replayed; and as many in the page.

use super::page;
use std::path::PathBuf;
use std::process::Command;

use super::results::{Row, said};
use super::scale::{Scale, engine_example};
use crate::run::watched;

const EVENTS: u64 = 10_000_000;

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>, String> {
    let mut rows = said(&watched(&mut example(scale))?)?;
    let file = record(scale)?;
    rows.extend(page::measure(scale, "bench-pools.spec.ts", &[("BENCH_POOLS", file.as_os_str())])?);
    Ok(rows)
}

/// The record that the page opens.
pub(super) fn record(scale: &Scale) -> Result<PathBuf, String> {
    let file = scale.folder()?.join("pools-10m.pooltrace");
    watched(example(scale).arg(&file))?;
    Ok(file)
}

fn example(scale: &Scale) -> Command {
    let mut example = engine_example("bench_lifecycle");
    example.arg(scale.of(EVENTS).to_string()).arg(scale.rounds(3).to_string());
    example
}
