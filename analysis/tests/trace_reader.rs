//! The reader of traces under everything that files do: coming in pieces, cut, flipped.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::ops::ControlFlow;

use analysis::formats::go_trace::{Reader, Scanner, read};
use analysis::model::Symbols;
use analysis::model::trace::{EventType, RangeName, RangePart, Trace};
use proptest::prelude::*;

const TRACE: &[u8] = include_bytes!("../../fixtures/go/healthy/go1.27.3-flight/trace.out");

fn whole(bytes: &[u8]) -> (Trace, Vec<String>, Symbols) {
    let mut symbols = Symbols::default();
    let (trace, warnings) = read(bytes, &mut symbols, &mut |_| ControlFlow::Continue(())).unwrap();
    (trace, warnings, symbols)
}

/// Everything that the events of a trace say.
fn dump(trace: &Trace) -> Vec<String> {
    let line = |event: analysis::model::trace::Event<'_>| {
        format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?}",
            event.time,
            event.event_type,
            event.context,
            event.transition(),
            event.range(),
            event.resource(),
            event.stack()
        )
    };
    trace.events.iter().map(line).collect()
}

#[test]
fn pieces_of_any_size_give_the_same_trace() {
    let (expected, warnings, _) = whole(TRACE);
    assert!(warnings.is_empty(), "{warnings:?}");
    for size in [1, 7, 1000, 65_536, 1 << 20] {
        let mut symbols = Symbols::default();
        let mut reader = Reader::new();
        for piece in TRACE.chunks(size) {
            reader.push(piece, &mut symbols).unwrap();
        }
        let (trace, warnings) = reader.finish(&mut symbols).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(dump(&trace), dump(&expected), "in pieces of {size} bytes");
        assert_eq!((trace.heap_live, trace.heap_goal), (expected.heap_live.clone(), expected.heap_goal.clone()));
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_compressed_trace_is_the_same_trace() {
    let (expected, ..) = whole(TRACE);
    // Two members, as when parts are compressed apart.
    let zipped = [gzip(&TRACE[..70_000]), gzip(&TRACE[70_000..])].concat();
    for size in [1, 1000, zipped.len()] {
        let (mut symbols, mut reader, mut scanner) = (Symbols::default(), Reader::new(), Scanner::new());
        for piece in zipped.chunks(size) {
            reader.push(piece, &mut symbols).unwrap();
            scanner.push(piece, &mut symbols).unwrap();
        }
        let (trace, warnings) = reader.finish(&mut symbols).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(dump(&trace), dump(&expected), "in pieces of {size} bytes");
        assert!(scanner.finish(&mut symbols).unwrap().span.is_some());
    }
    let all = dump(&expected);
    let nothing = read(&zipped[..30], &mut Symbols::default(), &mut |_| ControlFlow::Continue(())).err().unwrap();
    assert!(nothing.words.contains("cut short"), "{nothing}");
    for cut in (30_000..zipped.len() - 1).step_by(4999) {
        let (trace, warnings, _) = whole(&zipped[..cut]);
        let kept = dump(&trace);
        assert!(all.starts_with(&kept[..kept.len() - 1]), "cut at {cut}");
        assert!(warnings[0].contains("cut short"), "{warnings:?}");
    }
    let mut damaged = zipped.clone();
    damaged[60_000..60_100].fill(0xff);
    let words = whole(&damaged).1.join(" ");
    assert!(words.contains("The gzip data"), "{words}");
}

#[test]
fn what_inflates_without_end_is_not_read() {
    let mut bomb = TRACE[..16].to_vec();
    bomb.resize(100 << 20, 0);
    let bomb = gzip(&bomb);
    let mut symbols = Symbols::default();
    let refused = read(&bomb, &mut symbols, &mut |_| ControlFlow::Continue(())).err().unwrap();
    assert!(refused.words.contains("no trace shrinks that much"), "{refused}");
}

#[test]
fn every_event_has_a_time_of_its_own() {
    let (trace, ..) = whole(TRACE);
    let mut times: Vec<i64> = trace.events.iter().map(|event| event.time).collect();
    assert!(times.is_sorted());
    times.extend(trace.heap_live.times.iter().chain(&trace.heap_goal.times));
    times.sort_unstable();
    let count = times.len();
    times.dedup();
    assert_eq!((times.len(), trace.event_count()), (count, count));
}

#[test]
fn a_first_look_sees_what_reading_finds() {
    let (trace, _, symbols) = whole(TRACE);
    let mut scanned = Symbols::default();
    let mut scanner = Scanner::new();
    for piece in TRACE.chunks(10_000) {
        scanner.push(piece, &mut scanned).unwrap();
    }
    let overview = scanner.finish(&mut scanned).unwrap();
    let mut pauses = Vec::new();
    let (mut marks, mut begun) = (0, 0);
    for event in trace.events.iter() {
        match event.range() {
            Some((RangePart::Begin, RangeName::StopTheWorld(_), _)) => begun = event.time,
            Some((RangePart::End, RangeName::StopTheWorld(reason), _)) => {
                pauses.push((begun, event.time, symbols.strings.get(reason).to_owned()));
            }
            Some((RangePart::End, RangeName::Mark, _)) => marks += 1,
            _ => {}
        }
    }
    let seen: Vec<_> =
        overview.pauses.iter().map(|p| (p.start, p.end, scanned.strings.get(p.reason).to_owned())).collect();
    // A time that was not above the one before is raised by the reader, by a nanosecond each.
    let is_near = |a: &(i64, i64, String), b: &(i64, i64, String)| {
        (a.0 - b.0).abs() < 100 && (a.1 - b.1).abs() < 100 && a.2 == b.2
    };
    assert!(!pauses.is_empty() && pauses.len() == seen.len());
    assert!(pauses.iter().zip(&seen).all(|(a, b)| is_near(a, b)), "{pauses:?}\n{seen:?}");
    assert_eq!(overview.marks.len(), marks);
    let created = trace.events.iter().filter(|event| event.event_type == EventType::GoCreate).count() as u64;
    let most = overview.goroutines.values.iter().max().copied().unwrap();
    assert!(most >= overview.goroutines.values[0] && most <= overview.goroutines.values[0] + created);
}

#[test]
fn a_cut_file_keeps_whole_generations_and_says_so() {
    let (expected, ..) = whole(TRACE);
    let all = dump(&expected);
    for cut in (16..TRACE.len()).step_by(997) {
        let (trace, warnings, _) = whole(&TRACE[..cut]);
        let kept = dump(&trace);
        // All but the sync that ends every trace.
        assert!(all.starts_with(&kept[..kept.len() - 1]), "cut at {cut}");
        assert!(
            !warnings.is_empty() || cut + 1 == TRACE.len() || kept.len() == all.len(),
            "cut at {cut} without a word"
        );
    }
}

#[test]
fn a_damaged_generation_is_lost_alone() {
    let (expected, ..) = whole(TRACE);
    assert!(expected.syncs.len() > 2, "the fixture must have several generations");
    // A code that does not exist in the middle of the first generation's events.
    let mut damaged = TRACE.to_vec();
    for byte in &mut damaged[3000..3040] {
        *byte = 0xff;
    }
    let (trace, warnings, _) = whole(&damaged);
    assert!(!warnings.is_empty());
    let last = expected.syncs[expected.syncs.len() - 2].time;
    let after = |trace: &Trace| {
        trace.events.iter().filter(|event| event.time > last && event.event_type != EventType::GoStatus).count()
    };
    assert_eq!(after(&trace), after(&expected), "the last generation stands on its own: {warnings:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0..TRACE.len(), any::<u8>()), 1..20), cut in 0..TRACE.len()) {
        let mut bytes = TRACE.to_vec();
        for (at, value) in flips {
            bytes[at] = value;
        }
        bytes.truncate(cut.max(1));
        let mut symbols = Symbols::default();
        if let Ok((trace, _)) = read(&bytes, &mut symbols, &mut |_| ControlFlow::Continue(())) {
            prop_assert!(trace.events.iter().map(|event| event.time).is_sorted());
        }
        let mut scanner = Scanner::new();
        if scanner.push(&bytes, &mut symbols).is_ok() {
            let _ = scanner.finish(&mut symbols);
        }
    }
}
