//! What Go's own reader, summarizer and `go tool trace -pprof=` say of the traces among the fixtures, field by field.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::filter::CompiledFilter;
use analysis::formats::go_trace::{self, Reader};
use analysis::lens::Granularity;
use analysis::model::trace::Trace;
use analysis::model::{Profile, Symbols, TraceProfileKind};
use analysis::projection::Projection;
use analysis::selection::{Inputs, select};
use analysis::top::{Order, Top, sorted};
use analysis::trace_profile::{Presence, trace_profile};
use analysis::trace_summary::{EVERYTHING, Names, Totals, summarize};
use serde_json::{Value, json};

/// About the file and the oracle itself.
const FREE: [&str; 6] = ["file", "bytes", "ok", "error", "oracle_read_ms", "note"];
/// What the model doesn't keep of the type table: where a type stood, and its number in one generation.
const NOT_KEPT: [&str; 3] = ["address", "id_last", "experimental_batches"];

fn oracles(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the fixtures are there") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            oracles(&path, ending, into);
        } else if path.to_string_lossy().ends_with(ending) {
            into.push(path);
        }
    }
}

/// Every trace that has an oracle of that ending, with what the oracle says.
fn cases(ending: &str) -> Vec<(PathBuf, Value)> {
    let mut paths = Vec::new();
    oracles(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go"), &format!("trace.out{ending}"), &mut paths);
    paths.sort();
    let case = |path: PathBuf| {
        let oracle = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let name = path.to_string_lossy();
        (PathBuf::from(name.strip_suffix(ending).unwrap()), oracle)
    };
    paths.into_iter().map(case).collect()
}

fn read(path: &Path) -> (Trace, Symbols, Vec<String>) {
    let mut symbols = Symbols::default();
    let bytes = fs::read(path).unwrap();
    let read = go_trace::read(&bytes, &mut symbols, &mut |_| ControlFlow::Continue(()));
    let (trace, warnings) = read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (trace, symbols, warnings)
}

/// Where two answers differ, as paths into them.
fn differences(at: &str, theirs: &Value, ours: &Value, into: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (key, value) in theirs {
                let ours = ours.get(key).unwrap_or(&Value::Null);
                differences(&format!("{at}/{key}"), value, ours, into);
            }
            let added = ours.keys().filter(|key| !theirs.contains_key(*key));
            into.extend(added.map(|key| format!("{at}/{key} is only ours")));
        }
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
            for (row, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                differences(&format!("{at}/{row}"), theirs, ours, into);
            }
        }
        (theirs, ours) if theirs != ours => into.push(format!("{at}: Go says {theirs}, we say {ours}")),
        _ => {}
    }
}

fn without(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !keys.contains(&key.as_str()));
            map.values_mut().for_each(|value| without(value, keys));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| without(value, keys)),
        _ => {}
    }
}

/// As the command does it: stretches are summed up and let go while the rest is read.
fn summed_up(path: &Path, stretches: &mut usize) -> (Value, Vec<String>) {
    let (mut totals, mut names) = (Totals::default(), Names::default());
    let mut follow = |trace: &mut Trace, symbols: &Symbols| {
        names.extend(Names::since(symbols, names.stacks()));
        totals.add(&trace.take_stretch(), &names);
        *stretches += 1;
    };
    let (mut symbols, mut reader) = (Symbols::default(), Reader::new());
    for piece in fs::read(path).unwrap().chunks(100_000) {
        reader.push_followed(piece, &mut symbols, &mut follow).unwrap();
    }
    let (trace, warnings) = reader.finish_followed(&mut symbols, &mut follow).unwrap();
    assert!(trace.events.is_empty() && trace.alloc_free.is_empty());
    (serde_json::to_value(totals.report(&trace, &symbols)).unwrap(), warnings)
}

#[test]
fn every_number_of_the_summary_is_gos() {
    let cases = cases(".oracle.json");
    assert!(cases.len() >= 10);
    let mut stretches = 0;
    let count = cases.len();
    for (path, mut oracle) in cases {
        let (ours, warnings) = summed_up(&path, &mut stretches);
        assert_eq!(warnings.is_empty(), oracle["ok"] == json!(true), "{}: {warnings:?}", path.display());
        without(&mut oracle, &NOT_KEPT);
        oracle.as_object_mut().unwrap().retain(|key, _| !FREE.contains(&key.as_str()));
        let mut found = Vec::new();
        differences("", &oracle, &ours, &mut found);
        assert!(found.is_empty(), "{}:\n{}", path.display(), found.join("\n"));
    }
    assert!(stretches > count, "no trace came in more than one stretch");
}

#[test]
fn every_number_of_the_blocking_profiles_is_gos() {
    let kinds = [
        (".net.oracle.json", TraceProfileKind::Network),
        (".sync.oracle.json", TraceProfileKind::Sync),
        (".syscall.oracle.json", TraceProfileKind::Syscall),
        (".sched.oracle.json", TraceProfileKind::Sched),
    ];
    for (ending, kind) in kinds {
        let cases = cases(ending);
        assert!(cases.len() >= 9, "{ending}");
        for (path, oracle) in cases {
            let (trace, mut symbols, _) = read(&path);
            let summary = summarize(&trace, &symbols, EVERYTHING);
            let times =
                summary.goroutines.iter().map(|known| known.as_ref().map_or((None, None), |k| (k.start, k.end)));
            let presence = Presence::new(&trace, times);
            let profile = trace_profile(&trace, &mut symbols, &presence, kind, &EVERYTHING, None);
            let mut found = Vec::new();
            differences("", &oracle["types"], &top(&symbols, &profile), &mut found);
            assert!(found.is_empty(), "{}{ending}:\n{}", path.display(), found.join("\n"));
        }
    }
}

fn top(symbols: &Symbols, profile: &Profile) -> Value {
    let inputs =
        Inputs { profiles: &[profile], bases: &[], diff_base: false, normalize: false, relative_percentages: false };
    let filter = CompiledFilter::default();
    let projection = Projection::new(symbols, &filter, Granularity::Functions, false);
    let selection = select(symbols, inputs, &filter, &projection).unwrap();
    let top = Top::new(symbols, &projection, &selection);
    let report = |(at, t): (usize, &analysis::model::SampleType)| {
        let rows = sorted(symbols, &projection, top.rows(at, false), Order::Flat);
        let row =
            |named: analysis::top::NamedRow| json!({"name": named.name, "flat": named.row.flat, "cum": named.row.cum});
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        (symbols.strings.get(t.name).to_owned(), json!({"total": selection.totals[at], "rows": rows}))
    };
    selection.sample_types.iter().enumerate().map(report).collect::<serde_json::Map<_, _>>().into()
}
