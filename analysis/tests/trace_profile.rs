//! Profiles out of a trace: parts add up, survive the way through pprof's format, and are judged by nobody.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;

use analysis::findings::{Thresholds, diagnose};
use analysis::formats::{encode_pprof, go_trace};
use analysis::model::trace::{Goroutine, Trace};
use analysis::model::{Profile, ProfileKind, Symbols, TraceProfileKind};
use analysis::session::Session;
use analysis::timeline::Survey;
use analysis::trace_profile::{Presence, trace_profile};
use analysis::trace_summary::{EVERYTHING, summarize};

const RUN: &str = "leak-retained/go1.27.3";

fn bytes(run: &str, file: &str) -> Vec<u8> {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/go");
    std::fs::read(format!("{fixtures}/{run}/{file}")).expect("the fixtures are there")
}

fn read(run: &str) -> (Trace, Symbols) {
    let mut symbols = Symbols::default();
    let bytes = bytes(run, "trace.out");
    let (trace, _) = go_trace::read(&bytes, &mut symbols, &mut |_| ControlFlow::Continue(())).unwrap();
    (trace, symbols)
}

/// As the timeline knows it.
fn presence(trace: &Trace, symbols: &Symbols) -> Presence {
    let mut survey = Survey::default();
    while !survey.follow(trace, symbols, 1_000_000) {}
    Presence::new(trace, survey.roster.rows.iter().map(|row| (row.first_run, row.left)))
}

fn totals(profile: &Profile) -> Vec<i64> {
    profile.values.iter().map(|column| column.iter().sum()).collect()
}

#[test]
fn the_time_in_two_halves_is_the_time_in_all() {
    let (trace, mut symbols) = read(RUN);
    let presence = presence(&trace, &symbols);
    let (first, last) = trace.span().unwrap();
    let middle = first + (last - first) / 3;
    for kind in TraceProfileKind::ALL {
        let mut total = |range| totals(&trace_profile(&trace, &mut symbols, &presence, kind, &range, None));
        let (whole, before, after) = (total(EVERYTHING), total(i64::MIN..middle), total(middle..i64::MAX));
        assert_eq!(whole[1], before[1] + after[1], "{kind:?}");
        // A stay that is cut counts on both sides.
        assert!(whole[0] <= before[0] + after[0], "{kind:?}");
        assert!(kind == TraceProfileKind::Network || (before[1] > 0 && after[1] > 0) || whole[1] == 0, "{kind:?}");
    }
}

#[test]
fn the_timeline_knows_when_goroutines_were_there_as_gos_summarizer_does() {
    let mut compared = [0; 2];
    for run in
        ["leak-retained/go1.22.10", "pool-miss-gc/go1.27.3", "custom-pool-lock/go1.27.3", "healthy/go1.27.3-flight"]
    {
        let (trace, symbols) = read(run);
        let mut survey = Survey::default();
        while !survey.follow(&trace, &symbols, 1_000_000) {}
        let summary = summarize(&trace, &symbols, EVERYTHING);
        for (row, known) in survey.roster.rows.iter().zip(&summary.goroutines) {
            let Some(known) = known else { continue };
            assert_eq!((row.first_run, row.left), (known.start, known.end), "{run}");
            compared[usize::from(row.left.is_some())] += 1;
        }
    }
    assert!(compared[0] > 10 && compared[1] >= 5, "{compared:?}");
}

#[test]
fn goroutines_share_the_time_of_all() {
    let (trace, mut symbols) = read(RUN);
    let presence = presence(&trace, &symbols);
    let kind = TraceProfileKind::Sync;
    let mut total = |is_wanted: Option<&dyn Fn(Goroutine) -> bool>| {
        totals(&trace_profile(&trace, &mut symbols, &presence, kind, &EVERYTHING, is_wanted))
    };
    let all = total(None);
    let is_even = |goroutine: Goroutine| goroutine.index().is_multiple_of(2);
    let (even, odd) = (total(Some(&is_even)), total(Some(&|goroutine| !is_even(goroutine))));
    assert!(even[1] > 0 && odd[1] > 0);
    assert_eq!(all, [even[0] + odd[0], even[1] + odd[1]]);
}

#[test]
fn in_a_session_it_is_a_kind_of_its_own_and_changes_no_finding() {
    let (trace, mut symbols) = read(RUN);
    let presence = presence(&trace, &symbols);
    let kind = TraceProfileKind::Sync;
    let profile = trace_profile(&trace, &mut symbols, &presence, kind, &EVERYTHING, None);
    let encoded = encode_pprof(&symbols, &profile);
    let mut session = Session::default();
    let open = |session: &mut Session, name: &str, bytes: Vec<u8>| {
        session.open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap()
    };
    for file in ["heap.0.pb.gz", "heap.5.pb.gz", "block.5.pb.gz"] {
        open(&mut session, file, bytes(RUN, file));
    }
    let before = diagnose(&session, &Thresholds::default());
    assert!(!before.findings.is_empty());
    let ids = ["one", "other"].map(|name| {
        let id = open(&mut session, name, encoded.clone());
        session.set_kind(id, ProfileKind::Trace(kind));
        id
    });
    for id in ids {
        let read = session.profile(id).unwrap();
        assert_eq!((read.kind, totals(read)), (ProfileKind::Trace(kind), totals(&profile)));
    }
    assert_eq!(diagnose(&session, &Thresholds::default()), before);
}
