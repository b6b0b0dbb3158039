//! Files of one run on one clock, against what the program wrote down of its own times.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use analysis::clock::{Method, SessionClock, SourceClock};
use analysis::formats::{go_trace, is_go_trace};
use analysis::handed::Handed;
use analysis::model::Symbols;
use analysis::model::pool::History;
use analysis::model::record::TraceDigest;
use analysis::session::Session;
use analysis::trace_digest::trace_digest;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go")
}

/// What a trace's own word on wall-clock time is worth here.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Kept,
    Forgotten,
}

type Digests = HashMap<PathBuf, Handed<(TraceDigest, Option<History>)>>;

/// Each trace is read once.
static DIGESTS: LazyLock<Mutex<Digests>> = LazyLock::new(Mutex::default);

fn open(session: &mut Session, path: &Path, told: Told) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let bytes = fs::read(path).unwrap();
    let go_on = &mut |_| ControlFlow::Continue(());
    if is_go_trace(&bytes) {
        let mut known = DIGESTS.lock().unwrap();
        let handed = known.entry(path.to_owned()).or_insert_with(|| {
            let mut symbols = Symbols::default();
            let (trace, lost) = go_trace::read(&bytes, &mut symbols, go_on).unwrap();
            Handed::pack((trace_digest(&trace, &mut symbols, &lost), None), &symbols)
        });
        let (mut digest, _) = handed.clone().unpack(&mut session.symbols);
        if told == Told::Forgotten {
            digest.wall = None;
        }
        session.add_trace(&name, bytes.len() as u64, digest, None);
    } else {
        session.open(&name, bytes, go_on).unwrap();
    }
}

fn session_of(run: &str, names: &[&str], told: Told) -> Session {
    let mut session = Session::default();
    for name in names {
        open(&mut session, &root().join(run).join(name), told);
    }
    session
}

fn row<'a>(session: &Session, clock: &'a SessionClock, name: &str) -> &'a SourceClock {
    let source = session.sources.iter().find(|source| source.name == name).unwrap();
    clock.get(source.id).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

const WITH_SNAPSHOTS: [&str; 7] = [
    "custom-pool-lock/go1.27.3",
    "healthy/go1.27.3-flight",
    "healthy/go1.27.3-gogc25",
    "leak-retained/go1.27.3",
    "leak-retained/go1.27.3-noannot",
    "leak-retained/go1.27.3-traceallocfree",
    "pool-miss-gc/go1.27.3",
];
const WITHOUT: [&str; 3] =
    ["leak-retained/go1.22.10", "leak-retained/go1.23.9", "leak-retained/go1.24.11-traceallocfree"];

/// When the program called `trace.Start` and `trace.Stop`, and when they returned.
fn window(run: &str) -> [i64; 4] {
    let window = json(&root().join(run).join("trace.window.json"));
    ["start_call", "start_return", "stop_call", "stop_return"]
        .map(|key| window[format!("{key}_unix_nano")].as_i64().unwrap())
}

/// The trace begins while `trace.Start` runs and ends while `trace.Stop` does.
fn assert_in_window(run: &str, row: &SourceClock) {
    let [start_call, start_return, stop_call, stop_return] = window(run);
    let off = row.placed.as_ref().unwrap().residual_nanos.unwrap();
    let (begin, end) = row.span().unwrap();
    let (begin, end) = (begin.unix_nanos(), end.unix_nanos());
    assert!(start_call - off <= begin && begin <= start_return + off, "{run}: begins {} ns after", begin - start_call);
    assert!(stop_call - off <= end && end <= stop_return + off, "{run}: ends {} ns before", stop_return - end);
}

#[test]
fn a_trace_with_snapshots_stands_where_the_program_made_it() {
    for run in WITH_SNAPSHOTS {
        let session = session_of(run, &["trace.out"], Told::Kept);
        let clock = SessionClock::of(&session, &[]);
        let row = row(&session, &clock, "trace.out");
        assert_eq!(row.placed.as_ref().unwrap().method, Method::Snapshots);
        assert!(row.placed.as_ref().unwrap().residual_nanos.unwrap() < 1_000);
        assert_in_window(run, row);
    }
}

/// Heap profiles of the run, whose moments the program wrote down, lie before, within and after the trace as it says.
#[test]
fn a_heap_profile_written_in_a_traced_window_lies_in_it() {
    let mut within = 0;
    for run in WITH_SNAPSHOTS {
        let truth = json(&root().join(run).join("truth.json"));
        let [start, _, _, stop] = window(run);
        for snapshot in truth["snapshots"].as_array().unwrap() {
            let name = format!("heap.{}.pb.gz", snapshot["snapshot"]);
            let session = session_of(run, &["trace.out", &name], Told::Kept);
            let clock = SessionClock::of(&session, &[]);
            let told = snapshot["unix_nano"].as_i64().unwrap();
            let (taken, _) = row(&session, &clock, &name).span().unwrap();
            let (begin, end) = row(&session, &clock, "trace.out").span().unwrap();
            // Snapshots of all kinds are written one after the other, from that moment on.
            assert!((0..400_000_000).contains(&(taken.unix_nanos() - told)), "{run} {name}");
            let is_within = begin <= taken && taken <= end;
            if (start..stop - 400_000_000).contains(&told) {
                assert!(is_within, "{run} {name}");
                within += 1;
            }
            assert!(!is_within || (start - 400_000_000..stop).contains(&told), "{run} {name}");
        }
    }
    assert!(within >= 3, "{within}");
}

/// What the trace tells itself is forgotten, and found again from memory statistics and the log.
#[test]
fn without_snapshots_pauses_and_stops_tell_the_same() {
    let mut errors = Vec::new();
    for run in WITH_SNAPSHOTS {
        let names = ["trace.out", "memstats.jsonl", "gctrace.txt"];
        let known = session_of(run, &names, Told::Kept);
        let known = row(&known, &SessionClock::of(&known, &[]), "trace.out").placed.clone().unwrap();
        let session = session_of(run, &names, Told::Forgotten);
        let clock = SessionClock::of(&session, &[]);
        let found = row(&session, &clock, "trace.out");
        let Some(placed) = &found.placed else {
            // Its one cycle and its five readings a fifth of a second apart fit at several places, and that is said.
            assert_eq!(run, "leak-retained/go1.27.3-traceallocfree");
            assert!(found.others.iter().all(|other| other.is_ambiguous));
            continue;
        };
        let error = (placed.offset_nanos - known.offset_nanos).abs();
        assert!(error <= placed.residual_nanos.unwrap(), "{run}: {error} ns, {placed:?}");
        assert!(!placed.with.is_empty() && placed.matched > 0);
        errors.push(error);
    }
    assert!(errors.len() == 6 && errors.iter().all(|&error| error < 150_000), "{errors:?}");
}

/// Traces of Go 1.22 to 1.24 tell no wall-clock time at all.
#[test]
fn older_traces_stand_where_the_program_made_them() {
    for run in WITHOUT {
        let session = session_of(run, &["trace.out", "memstats.jsonl", "gctrace.txt"], Told::Kept);
        let clock = SessionClock::of(&session, &[]);
        let row = row(&session, &clock, "trace.out");
        assert_eq!(row.placed.as_ref().map(|placed| placed.method), Some(Method::Pauses), "{run}");
        assert_in_window(run, row);
    }
}

/// A log beside a trace of the same run, against the same log beside memory statistics: the first by distances and sizes,
/// the second by numbers. And the log's zero is when the program began, milliseconds before it looked at its clock.
#[test]
fn a_log_is_placed_the_same_by_the_trace_and_by_numbers() {
    let mut both = 0;
    for run in WITH_SNAPSHOTS {
        let zero = |names: &[&str]| {
            let session = session_of(run, names, Told::Kept);
            let clock = SessionClock::of(&session, &[]);
            let row = row(&session, &clock, "gctrace.txt").clone();
            row.placed.as_ref().map(|placed| (placed.offset_nanos, placed.residual_nanos.unwrap()))
        };
        let (by_number, off) = zero(&["gctrace.txt", "memstats.jsonl"]).unwrap();
        let start = json(&root().join(run).join("truth.json"))["start_unix_nano"].as_i64().unwrap();
        assert!((-20_000_000..=0).contains(&(by_number - start)), "{run}: {}", by_number - start);
        if let Some((by_trace, other_off)) = zero(&["gctrace.txt", "trace.out"]) {
            assert!((by_trace - by_number).abs() <= off + other_off, "{run}: {}", by_trace - by_number);
            both += 1;
        }
    }
    assert!(both >= 4, "{both}");
}

/// Where no file tells wall-clock time, the log still stands beside the trace, on the trace's own clock.
#[test]
fn without_any_wall_clock_the_traces_clock_is_the_sessions() {
    let run = "pool-miss-gc/go1.27.3";
    let session = session_of(run, &["gctrace.txt", "trace.out"], Told::Forgotten);
    let clock = SessionClock::of(&session, &[]);
    assert!(!clock.is_wall);
    let placed = |name| row(&session, &clock, name).placed.clone().unwrap();
    assert_eq!((placed("trace.out").method, placed("trace.out").offset_nanos), (Method::Own, 0));
    let log = placed("gctrace.txt");
    assert_eq!((log.method, log.matched, log.of), (Method::Cycles, 12, 12));
}

/// Files of different runs have nothing in common, and are not put together.
#[test]
fn files_of_different_runs_are_not_aligned() {
    let mut aligned = Vec::new();
    for trace in WITH_SNAPSHOTS.into_iter().chain(WITHOUT) {
        let mut session = session_of(trace, &["trace.out"], Told::Forgotten);
        for other in WITH_SNAPSHOTS.into_iter().chain(WITHOUT).filter(|other| *other != trace) {
            let names = ["memstats.jsonl", "gctrace.txt"];
            names.iter().for_each(|name| open(&mut session, &root().join(other).join(name), Told::Kept));
            let clock = SessionClock::of(&session, &[]);
            let found = row(&session, &clock, "trace.out");
            aligned.extend(found.placed.clone().map(|placed| format!("{trace} beside {other}: {placed:?}")));
            let opened: Vec<_> = session.sources.iter().skip(1).map(|source| source.id).collect();
            opened.into_iter().for_each(|id| session.close(id));
        }
    }
    assert_eq!(aligned, Vec::<String>::new());
}

#[test]
fn by_hand_a_file_is_moved_from_where_it_was_found() {
    let run = "leak-retained/go1.22.10";
    let session = session_of(run, &["trace.out", "memstats.jsonl"], Told::Kept);
    let found = SessionClock::of(&session, &[]);
    let moved = SessionClock::of(&session, &[("trace.out".to_owned(), 250.5)]);
    let of = |clock: &SessionClock, name| row(&session, clock, name).clone();
    let (was, now) = (of(&found, "trace.out").placed.unwrap(), of(&moved, "trace.out"));
    assert_eq!(now.placed.as_ref().unwrap().method, Method::ByHand);
    assert_eq!(now.placed.as_ref().unwrap().offset_nanos, was.offset_nanos + 250_500_000);
    // How it was found before stays to be seen.
    assert_eq!(now.others.first(), Some(&was));
    assert_eq!(of(&moved, "memstats.jsonl"), of(&found, "memstats.jsonl"));
    // What nothing places is moved from the session's first moment.
    let session = session_of("leak-retained/go1.24.11-traceallocfree", &["trace.out", "heap.0.pb.gz"], Told::Kept);
    let alone = SessionClock::of(&session, &[]);
    assert_eq!(row(&session, &alone, "trace.out").placed, None);
    let clock = SessionClock::of(&session, &[("trace.out".to_owned(), -3.0)]);
    let first = row(&session, &clock, "heap.0.pb.gz").span().unwrap().0;
    let begin = row(&session, &clock, "trace.out").span().unwrap().0;
    assert_eq!((first - begin).nanos(), 3_000_000);
}
