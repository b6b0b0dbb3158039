//! What a trace says in sum, against what Go's own reader and summarizer say of the same trace.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::formats::go_trace::{self, read_followed};
use analysis::handed::Handed;
use analysis::lifecycle::from_trace;
use analysis::model::pool::History;
use analysis::model::record::TraceDigest;
use analysis::model::trace::Trace;
use analysis::model::{Symbols, TraceProfileKind};
use analysis::trace_digest::{Passing, survey_digest, trace_digest};
use serde_json::Value;

fn traces() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go");
    let scenarios = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let runs = scenarios.flat_map(|path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
    let found = runs.flat_map(|run| ["trace.out", "flight.trace.out"].map(|name| run.join(name)));
    let mut found: Vec<PathBuf> = found.filter(|path| path.exists()).collect();
    found.sort();
    assert!(found.len() >= 8, "{found:?}");
    found
}

fn read(path: &Path) -> (Trace, Symbols, Vec<String>) {
    let mut symbols = Symbols::default();
    let bytes = fs::read(path).unwrap();
    let (trace, lost) = go_trace::read(&bytes, &mut symbols, &mut |_| ControlFlow::Continue(())).unwrap();
    (trace, symbols, lost)
}

fn digest_of(path: &Path) -> (TraceDigest, Symbols) {
    let (trace, mut symbols, lost) = read(path);
    let digest = trace_digest(&trace, &mut symbols, &lost);
    (digest, symbols)
}

fn oracle_of(path: &Path) -> Option<Value> {
    let name = format!("{}.oracle.json", path.file_name()?.to_str()?);
    serde_json::from_slice(&fs::read(path.with_file_name(name)).ok()?).ok()
}

#[test]
fn numbers_are_those_of_gos_summarizer() {
    for path in traces() {
        let Some(oracle) = oracle_of(&path) else { continue };
        let (digest, symbols) = digest_of(&path);
        let text = |id| symbols.strings.get(id);
        let of = |range: &Value, key: &str| range[key].as_i64().unwrap();
        assert_eq!(digest.span.0, of(&oracle, "first_time"), "{path:?}");
        // Stops with both ends, by name and times.
        let stops: Vec<_> = oracle["stw_ranges"].as_array().unwrap().iter().collect();
        let ended: Vec<_> = digest.stops.iter().filter(|stop| stop.end.is_some()).collect();
        assert_eq!(ended.len(), stops.len(), "{path:?}");
        for (stop, range) in ended.iter().zip(stops) {
            assert_eq!((stop.begin, stop.end.unwrap()), (of(range, "start"), of(range, "end")));
            assert_eq!(format!("stop-the-world ({})", text(stop.reason)), range["name"].as_str().unwrap());
        }
        let cycles = oracle["gc_ranges"].as_array().unwrap();
        assert!(digest.cycles.len() >= cycles.len() && digest.cycles.len() <= cycles.len() + 1, "{path:?}");
        // Regions.
        for (name, told) in oracle["regions"].as_object().unwrap() {
            // What goroutines inherit of a region has no name of its own.
            if name.is_empty() {
                continue;
            }
            let region = digest.regions.iter().find(|region| text(region.name) == name).unwrap();
            let (count, p50, p99, max) =
                (of(told, "count"), of(told, "p50_ns"), of(told, "p99_ns"), of(told, "max_ns"));
            assert_eq!(region.count as i64, count, "{path:?} {name}");
            assert_eq!((region.p50_nanos, region.p99_nanos, region.max_nanos), (p50, p99, max), "{path:?} {name}");
            assert_eq!(region.incomplete as i64, told["incomplete"].as_i64().unwrap_or(0), "{path:?} {name}");
        }
        let assists = oracle["other_ranges"]["GC mark assist"]["total_ns"].as_i64().unwrap_or(0);
        assert!((digest.assist_nanos - assists).abs() <= assists / 50, "{path:?} {} {assists}", digest.assist_nanos);
        // Goroutines by name.
        let groups = oracle["goroutines_by_name"].as_object().unwrap();
        let started: usize = digest.goroutines.iter().map(|row| row.count).sum();
        assert_eq!(started as i64, of(&oracle, "goroutines_distinct"), "{path:?}");
        for row in digest.goroutines.iter().filter(|row| row.function.is_some()) {
            let name = text(row.function.unwrap());
            assert_eq!(row.count as i64, groups[name]["Count"].as_i64().unwrap(), "{path:?} {name}");
        }
        let alive: usize = digest.goroutines.iter().map(|row| row.alive).sum();
        assert_eq!(alive as i64, of(&oracle, "goroutines_end"), "{path:?}");
    }
}

/// Waits that ended on channels and locks, by stack, are those of `go tool trace -pprof=sync`, which
/// `trace_profile` is held against.
#[test]
fn waits_are_those_of_the_sync_profile() {
    for path in traces() {
        let (trace, mut symbols, lost) = read(&path);
        let summary = analysis::trace_summary::summarize(&trace, &symbols, analysis::trace_summary::EVERYTHING);
        let rows = summary.goroutines.iter().map(|known| known.as_ref().map_or((None, None), |g| (g.start, g.end)));
        let presence = analysis::trace_profile::Presence::new(&trace, rows);
        let range = analysis::trace_summary::EVERYTHING;
        let kind = TraceProfileKind::Sync;
        let profile = analysis::trace_profile::trace_profile(&trace, &mut symbols, &presence, kind, &range, None);
        let digest = trace_digest(&trace, &mut symbols, &lost);
        let about = |reason: &str| ["chan", "sync", "select"].iter().any(|part| reason.contains(part));
        let mut told: HashMap<_, (u64, i64, bool)> = HashMap::new();
        for wait in digest.blocked.iter().filter(|wait| about(symbols.strings.get(wait.reason))) {
            let row = told.entry(wait.stack).or_default();
            row.0 += wait.count - wait.still;
            row.1 += wait.total_nanos;
            row.2 |= wait.still > 0;
            assert!(wait.longest_nanos <= wait.total_nanos && wait.still <= wait.count);
        }
        let mut met = 0;
        for (at, stack) in profile.stacks.iter().enumerate() {
            let Some(&(count, nanos, is_still)) = told.get(stack) else { continue };
            // Goroutines that were only seen later are not in Go's profile before that.
            assert!(count >= profile.values[0][at] as u64, "{path:?}");
            assert!(nanos >= profile.values[1][at] || is_still, "{path:?}");
            if count == profile.values[0][at] as u64 && !is_still {
                met += usize::from(nanos == profile.values[1][at]);
            }
        }
        if profile.stacks.len() > 8 {
            assert!(met > 0, "{path:?}");
        }
    }
}

/// 15 goroutines of this program wait for ever for room in a full channel pool.
#[test]
fn who_still_waits_is_told() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go/custom-pool-lock/go1.27.3/trace.out");
    let (digest, symbols) = digest_of(&path);
    let in_put = |stack| {
        symbols.function_names(symbols.stacks.get(stack)).any(|n| symbols.strings.get(n) == "main.(*ChanPool).Put")
    };
    let stuck: u64 = digest.blocked.iter().filter(|wait| in_put(wait.stack)).map(|wait| wait.still).sum();
    // Those that waited when the trace began are among them.
    assert!(stuck >= 15, "{stuck}");
    let put = digest.blocked.iter().find(|wait| in_put(wait.stack)).unwrap();
    assert_eq!(symbols.strings.get(put.reason), "chan send");
}

/// Read in passing, where nothing is kept of its events but what tells of pools, a trace says the same.
#[test]
fn in_passing_it_is_the_same() {
    let of_pools = ["faults-go1.27.3", "go1.22.10", "go1.27.3"]
        .map(|run| Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go_pool").join(run).join("trace.out"));
    for path in traces().into_iter().chain(of_pools) {
        let (trace, mut symbols, lost) = read(&path);
        let pools = from_trace(&trace, &mut symbols);
        let digest = trace_digest(&trace, &mut symbols, &lost);
        let (mut others, mut passing) = (Symbols::default(), Passing::default());
        let bytes = fs::read(&path).unwrap();
        let go_on = &mut |_| ControlFlow::Continue(());
        let follow = &mut |trace: &mut Trace, symbols: &Symbols| passing.follow(trace, symbols);
        let (trace, lost) = read_followed(&bytes, &mut others, go_on, follow).unwrap();
        let (passed, passed_pools) = passing.finish(trace, &mut others, &lost);
        assert_eq!(passed, digest, "{}", path.display());
        assert_eq!(passed_pools, pools, "{}", path.display());
    }
}

#[test]
fn in_steps_and_handed_over_it_is_the_same() {
    for path in traces().into_iter().take(3) {
        let (digest, mut symbols) = digest_of(&path);
        let (trace, mut others, lost) = read(&path);
        let mut survey = analysis::timeline::Survey::default();
        while !survey.follow(&trace, &others, 1_000) {}
        let stepped = survey_digest(&survey, &trace, &mut others, &lost);
        assert_eq!(stepped, digest);
        let handed = Handed::pack((stepped, None::<History>), &others);
        let bytes = postcard::to_allocvec(&handed).unwrap();
        assert!(bytes.len() < 1 << 20, "{}", bytes.len());
        let handed: Handed<(TraceDigest, Option<History>)> = postcard::from_bytes(&bytes).unwrap();
        // The tables it came from know every row already, so that its ids are the same again.
        assert_eq!(handed.unpack(&mut symbols).0, digest);
    }
}
