//! What Go's own code and the traces' own truth say of the tables of a trace.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::formats::go_trace;
use analysis::model::Symbols;
use analysis::model::trace::{RangeName, Trace};
use analysis::trace_summary::occurrences;
use analysis::trace_tables::{MmuCurve, Utilization, UtilizationChange};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go").join(name)
}

fn read(path: &Path) -> (Trace, Symbols) {
    let mut symbols = Symbols::default();
    let read = go_trace::read(&fs::read(path).unwrap(), &mut symbols, &mut |_| ControlFlow::Continue(()));
    (read.unwrap().0, symbols)
}

fn files(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the fixtures are there") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, into);
        } else if path.to_string_lossy().ends_with(ending) {
            into.push(path);
        }
    }
}

/// The oracle has such numbers as text: serde_json may read a number one bit off.
fn number(text: &Value) -> f64 {
    text.as_str().unwrap().parse().unwrap()
}

#[test]
fn mutator_utilization_is_go_s_number_for_number() {
    let ending = ".mmu.oracle.json";
    let mut oracles = Vec::new();
    files(&fixture(""), ending, &mut oracles);
    oracles.sort();
    assert!(oracles.len() >= 11, "{} oracles", oracles.len());
    for oracle in oracles {
        let said: Value = serde_json::from_slice(&fs::read(&oracle).unwrap()).unwrap();
        let (trace, symbols) = read(Path::new(oracle.to_string_lossy().strip_suffix(ending).unwrap()));
        let utilization = Utilization::as_go(&trace, &symbols);
        let changes = &utilization.changes;
        assert_eq!(said["changes"], changes.len(), "{}", oracle.display());
        assert_eq!(said["first_time"], changes.first().unwrap().time, "{}", oracle.display());
        assert_eq!(said["last_time"], changes.last().unwrap().time, "{}", oracle.display());
        let ranked: f64 = changes.iter().zip(1..).map(|(change, rank)| change.share * f64::from(rank)).sum();
        assert_eq!(number(&said["utilization_times_rank"]), ranked, "{}", oracle.display());
        let points = MmuCurve::new(&utilization).unwrap().points();
        let ours: Vec<_> = points.iter().map(|point| (point.window_nanos, point.share)).collect();
        let theirs = said["mmu"].as_array().unwrap().iter();
        let theirs: Vec<_> = theirs.map(|point| (point[0].as_i64().unwrap(), number(&point[1]))).collect();
        assert_eq!(theirs, ours, "{}", oracle.display());
    }
}

#[test]
fn between_cycles_the_program_has_every_processor() {
    // A cycle each 50 ms: Go's own count takes both processors for busy from the second on.
    let (trace, symbols) = read(&fixture("pool-miss-gc/go1.27.3/trace.out"));
    let mut busy: Vec<_> = occurrences(&trace)
        .into_iter()
        .filter(|range| matches!(range.name, RangeName::Mark | RangeName::StopTheWorld(_)))
        .map(|range| (range.start, range.end))
        .collect();
    busy.sort_unstable();
    let changes = Utilization::of(&trace, &symbols).changes;
    // A stop of the world lies within the cycle.
    busy.dedup_by(|next, before| {
        let is_within = next.0 <= before.1;
        before.1 = if is_within { before.1.max(next.1) } else { before.1 };
        is_within
    });
    let share_at = |changes: &[UtilizationChange], time: i64| {
        changes.get(changes.partition_point(|change| change.time <= time).checked_sub(1)?).map(|change| change.share)
    };
    let gaps: Vec<_> = busy.windows(2).filter(|two| two[1].0 - two[0].1 > 1_000_000).collect();
    let free = |changes: &[UtilizationChange]| {
        gaps.iter().filter(|two| share_at(changes, (two[0].1 + two[1].0) / 2) == Some(1.0)).count()
    };
    // Once the worker that ends a cycle is held up on its processor for 30 ms, still running.
    assert_eq!((gaps.len(), free(&changes)), (13, 12));
    assert_eq!(free(&Utilization::as_go(&trace, &symbols).changes), 1);
    assert!(changes.iter().any(|change| change.share == 0.5), "one of two processors marks");
}
