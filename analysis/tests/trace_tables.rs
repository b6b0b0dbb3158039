//! What Go's own code and the traces' own truth say of the tables of a trace.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::formats::go_trace;
use analysis::model::Symbols;
use analysis::model::trace::{RangeName, Trace};
use analysis::timeline::{Survey, Window};
use analysis::trace_summary::{EVERYTHING, occurrences, summarize};
use analysis::trace_tables::{
    Activity, Basis, MmuCurve, Trigger, TypeLife, Utilization, UtilizationChange, blame, goroutine_groups, lifetimes,
    new_after_purge,
};
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

struct Read {
    trace: Trace,
    symbols: Symbols,
    survey: Survey,
    bounds: Window,
}

fn surveyed(path: &Path) -> Read {
    let (trace, symbols) = read(path);
    let mut survey = Survey::default();
    while !survey.follow(&trace, &symbols, usize::MAX) {}
    let bounds = survey.bounds(&trace).unwrap();
    Read { trace, symbols, survey, bounds }
}

/// Every trace with an oracle, and what it says.
fn oracles() -> Vec<(String, Read, Value)> {
    let ending = ".oracle.json";
    let mut paths = Vec::new();
    files(&fixture(""), &format!("trace.out{ending}"), &mut paths);
    paths.sort();
    assert!(paths.len() >= 11, "{} oracles", paths.len());
    let case = |path: PathBuf| {
        let said = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let name = path.to_string_lossy().strip_suffix(ending).unwrap().to_owned();
        (name.clone(), surveyed(Path::new(&name)), said)
    };
    paths.into_iter().map(case).collect()
}

fn sum(object: &Value) -> i64 {
    object.as_object().map_or(0, |object| object.values().map(|value| value.as_i64().unwrap()).sum())
}

#[test]
fn goroutines_by_start_function_are_go_s() {
    for (name, Read { trace, symbols, .. }, said) in oracles() {
        let summary = summarize(&trace, &symbols, EVERYTHING);
        let groups = goroutine_groups(&symbols, &summary);
        let said = said["goroutines_by_name"].as_object().unwrap();
        assert_eq!(groups.len(), said.len(), "{name}");
        for group in groups {
            let text = group.name.map_or("", |name| symbols.strings.get(name));
            let said = &said[text];
            assert_eq!(said["Count"], group.count, "{name} {text}");
            let total = |is_wanted: fn(Activity) -> bool| group.total_ns(is_wanted);
            assert_eq!(said["exec_ns"], total(|activity| activity == Activity::Execution), "{name} {text}");
            assert_eq!(said["sched_wait_ns"], total(|activity| activity == Activity::SchedWait), "{name} {text}");
            let syscall = said["syscall_ns"].as_i64().unwrap() + said["syscall_block_ns"].as_i64().unwrap();
            assert_eq!(syscall, total(|activity| activity == Activity::Syscall), "{name} {text}");
            let blocked = total(|activity| matches!(activity, Activity::Block(_)));
            assert_eq!(sum(&said["block_ns_by_reason"]), blocked, "{name} {text}");
            for used in &group.uses {
                if let Activity::Block(reason) = used.activity {
                    assert_eq!(said["block_ns_by_reason"][symbols.strings.get(reason)], used.spent.total_ns);
                }
                assert_eq!(used.spent.count, group.count);
                assert!(used.spent.p50_ns <= used.spent.p99_ns && used.spent.p99_ns <= used.spent.max_ns);
                // Who spent most spent the most.
                let spent = &summary.goroutines[used.most as usize].as_ref().unwrap().spent;
                if used.activity == Activity::Execution {
                    assert_eq!(spent.exec_ns, used.spent.max_ns);
                }
            }
            let assist = said["range_ns"]["GC mark assist"].as_i64().unwrap_or(0);
            assert_eq!(assist, total(|activity| activity == Activity::Assist), "{name} {text}");
        }
    }
}

#[test]
fn what_cycles_cost_is_what_go_says_of_ranges() {
    let mut forced = 0;
    for (name, Read { trace, symbols, survey, .. }, said) in oracles() {
        let cycles = blame(&trace, &symbols, &survey);
        let marks: Vec<_> = said["gc_ranges"].as_array().unwrap().iter().collect();
        // Go's list has only those that ended.
        let ended: Vec<_> = cycles.iter().filter(|cycle| marks.iter().any(|mark| mark["end"] == cycle.end)).collect();
        assert_eq!(ended.len(), marks.len(), "{name}");
        for (cycle, mark) in ended.iter().zip(&marks) {
            assert_eq!(mark["start"], cycle.begin, "{name}");
            let id = cycle.goroutine.and_then(|goroutine| trace.goroutines.id(goroutine));
            assert!(id.is_none_or(|id| mark["g"] == id.0), "{name}: {id:?}");
            forced += usize::from(cycle.trigger == Trigger::Forced);
        }
        let stopped: i64 = cycles.iter().map(|cycle| cycle.stopped_nanos).sum();
        let is_of_collector = |stop: &&Value| stop["name"].as_str().unwrap().contains("(GC ");
        let stops = said["stw_ranges"].as_array().unwrap().iter().filter(is_of_collector);
        let theirs: i64 = stops.map(|stop| stop["end"].as_i64().unwrap() - stop["start"].as_i64().unwrap()).sum();
        assert_eq!(theirs, stopped, "{name}");
        // Whose assists they were: sums over cycles are Go's sums by start function.
        for (group, said) in said["goroutines_by_name"].as_object().unwrap() {
            let costs = cycles.iter().flat_map(|cycle| &cycle.costs);
            let ours = costs.filter(|cost| cost.group.map_or("", |name| symbols.strings.get(name)) == group);
            let ours: i64 = ours.map(|cost| cost.assist_nanos).sum();
            assert_eq!(ours, said["range_ns"]["GC mark assist"].as_i64().unwrap_or(0), "{name} {group}");
        }
        for cycle in &cycles {
            let held = cycle.costs.iter().map(|cost| cost.stopped_nanos).max().unwrap_or(0);
            assert!(held <= cycle.stopped_nanos * survey.max_procs.last() as i64, "{name} {}", cycle.number);
        }
    }
    // pool-miss-gc calls runtime.GC every 50 ms.
    assert!(forced >= 12, "{forced}");
}

#[test]
fn news_are_folded_over_purges_without_loss() {
    let mut pools = 0;
    for (name, Read { trace, symbols, survey, bounds }, said) in oracles() {
        let found = new_after_purge(&trace, &symbols, &survey, bounds);
        let marked: usize = found.pools.iter().map(|pool| pool.marked).sum();
        let is_new = |(name, _): &(&String, &Value)| name.to_lowercase().contains("pool.new");
        let said_new: u64 = said["regions"]
            .as_object()
            .unwrap()
            .iter()
            .filter(is_new)
            .map(|(_, region)| region["count"].as_u64().unwrap())
            .sum();
        // Go counts those with both ends.
        assert!(marked as u64 >= said_new && marked as u64 <= said_new + 4, "{name}: {marked} {said_new}");
        for pool in &found.pools {
            pools += 1;
            assert_eq!(
                pool.delays.len() + pool.before,
                match pool.basis {
                    Basis::Marked => pool.marked,
                    Basis::Sampled => pool.sampled,
                    Basis::Seen => pool.sampled + pool.seen,
                }
            );
            assert!(pool.delays.iter().all(|&delay| 0 <= delay && delay <= found.periods.longest()));
            let bins = pool.bins(&found.periods, found.periods.longest() + 1, 50);
            assert_eq!(bins.iter().map(|(count, _)| count).sum::<usize>(), pool.delays.len());
            let expected: f64 = bins.iter().map(|(_, expected)| expected).sum();
            assert!((expected - pool.delays.len() as f64).abs() < 1e-6 * (1.0 + expected));
        }
    }
    assert!(pools > 5, "{pools}");
}

#[test]
fn lifetimes_account_for_every_object() {
    let mut traces = 0;
    for (name, Read { trace, symbols, survey, bounds }, said) in oracles() {
        let Some(said) = said.get("experimental").filter(|said| said.is_object()) else { continue };
        let found = lifetimes(&trace, &symbols, &survey, bounds);
        let events = &said["events"];
        if events["HeapObjectAlloc"].is_null() {
            continue;
        }
        traces += 1;
        let sum = |of: fn(&TypeLife) -> u64| -> u64 { found.types.iter().map(of).sum() };
        assert_eq!(events["HeapObjectAlloc"], sum(|life| life.allocated.objects), "{name}");
        let by_type = said["heap_object_allocs_by_type"].as_object().unwrap();
        for (text, count) in by_type {
            let is_it = |life: &&TypeLife| life.name.map_or("(no type)", |name| symbols.strings.get(name)) == text;
            let ours: u64 = found.types.iter().filter(is_it).map(|life| life.allocated.objects).sum();
            assert_eq!(*count, ours, "{name} {text}");
        }
        let freed = sum(|life| life.allocated.objects - life.outstanding.objects + life.before_freed);
        // Some ends are not in the trace: another object stood there later.
        assert!(freed >= events["HeapObjectFree"].as_u64().unwrap_or(0), "{name}");
        for life in &found.types {
            let swept: u64 = life.survived.values().sum();
            let goes_on: u64 = life.surviving.values().sum();
            assert_eq!(swept + goes_on, life.allocated.objects, "{name}");
            assert_eq!(goes_on, life.outstanding.objects, "{name}");
        }
        let made: u64 = found.makers.iter().map(|maker| maker.outstanding.bytes).sum();
        assert_eq!(made, sum(|life| life.outstanding.bytes), "{name}");
    }
    assert!(traces >= 2, "{traces}");
}

#[test]
fn worst_windows_are_the_worst_and_apart() {
    for (name, Read { trace, symbols, .. }, _) in oracles() {
        let utilization = Utilization::of(&trace, &symbols);
        let Some(curve) = MmuCurve::new(&utilization) else { continue };
        if let Some((begin, nanos)) = utilization.longest_stop() {
            assert_eq!(
                (curve.mmu(nanos).share, utilization.within(&(begin..begin + nanos)).changes[0].share),
                (0.0, 0.0)
            );
            assert!(curve.mmu(nanos + 1).share > 0.0, "{name}");
        }
        for window in [100_000, 1_000_000, 10_000_000] {
            let worst = utilization.worst(window, 10);
            let least = curve.mmu(window.min(curve.nanos()));
            if let Some(first) = worst.first() {
                assert_eq!(first.share, least.share, "{name} {window}");
            } else {
                assert!(least.share == 1.0 || window > curve.nanos(), "{name} {window}");
            }
            for two in worst.windows(2) {
                assert!(two[0].share <= two[1].share, "{name} {window}");
            }
            for (at, one) in worst.iter().enumerate() {
                let part = utilization.within(&(one.worst..one.worst + window));
                let mean = MmuCurve::new(&part).unwrap().mmu(window).share;
                assert!((mean - one.share).abs() < 1e-9, "{name} {window}: {mean} {}", one.share);
                let is_apart = |other: &&analysis::trace_tables::MmuPoint| (other.worst - one.worst).abs() >= window;
                assert!(worst[..at].iter().all(|other| is_apart(&other)), "{name} {window}");
            }
        }
    }
}
