//! Traces of Go 1.11 to 1.21: event for event what Go's own reader says, and what is left of damaged ones.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[allow(dead_code)]
mod conformance;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use analysis::model::trace::{RangeName, RangePart, Transition};
use conformance::{Reading, assert_same_lines, files, folder};
use proptest::prelude::*;

fn gunzip(path: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(&*std::fs::read(path).unwrap()).read_to_end(&mut out).unwrap();
    out
}

fn fixture(name: &str) -> Vec<u8> {
    gunzip(&folder("old").join(format!("{name}.trace.gz")))
}

#[test]
fn events_are_those_of_gos_reader() {
    let listings = files("old", ".events.gz");
    assert_eq!(listings.len(), 10);
    for path in listings {
        let name = path.file_name().unwrap().to_string_lossy().replace(".events.gz", "");
        let reading = Reading::of(&fixture(&name)).unwrap();
        assert!(reading.warnings.is_empty(), "{name}: {:?}", reading.warnings);
        assert_same_lines(&name, &reading.events(), &String::from_utf8(gunzip(&path)).unwrap());
    }
}

/// The oracle was written by another program than the listings: Go's reader and its summarizer.
#[test]
fn counts_and_ranges_are_those_of_the_oracle() {
    let oracles = files("old", ".oracle.json");
    assert_eq!(oracles.len(), 2);
    let mut compared = 0;
    for path in oracles {
        let oracle: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().replace(".oracle.json", "");
        let reading = Reading::of(&fixture(&name)).unwrap();
        let trace = &reading.trace;
        assert!(reading.warnings.is_empty());
        assert_eq!(trace.event_count() as u64, oracle["events"].as_u64().unwrap());
        assert_eq!(trace.goroutines.len() as u64, oracle["goroutines_distinct"].as_u64().unwrap());
        let (first, last) = trace.span().unwrap();
        assert_eq!((Some(first), Some(last)), (oracle["first_time"].as_i64(), oracle["last_time"].as_i64()));

        let mut counts: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
        let mut count = |what, name: String| *counts.entry(what).or_default().entry(name).or_default() += 1;
        for _ in 0..trace.heap_live.len() + trace.heap_goal.len() {
            count("events_by_kind", "Metric".to_owned());
        }
        let (mut gc, mut stw) = (Vec::new(), Vec::new());
        for event in trace.events.iter() {
            count("events_by_kind", event.kind().name().to_owned());
            match event.transition() {
                Some(Transition::Goroutine { from, to, reason, .. }) => {
                    let change = format!("{}->{}", from.name(), to.name());
                    let reason = reading.symbols.strings.get(reason);
                    if !reason.is_empty() {
                        count("reasons", format!("{change}: {reason}"));
                    }
                    count("transitions", format!("goroutine {change}"));
                }
                Some(Transition::Proc { from, to, .. }) => {
                    count("transitions", format!("proc {}->{}", from.name(), to.name()));
                }
                None => {}
            }
            let ranges = match event.range() {
                Some((_, RangeName::Mark, _)) => &mut gc,
                Some((_, RangeName::StopTheWorld(_), _)) => &mut stw,
                _ => continue,
            };
            match event.range() {
                Some((RangePart::Begin, ..)) => ranges.push((event.time, 0)),
                _ => ranges.last_mut().unwrap().1 = event.time,
            }
        }
        for (what, counts) in counts {
            assert_eq!(serde_json::to_value(&counts).unwrap(), oracle[what], "{name}: {what}");
        }
        for (what, ranges) in [("gc_ranges", gc), ("stw_ranges", stw)] {
            let theirs = oracle[what].as_array().unwrap().iter();
            let theirs: Vec<_> = theirs.map(|r| (r["start"].as_i64().unwrap(), r["end"].as_i64().unwrap())).collect();
            compared += theirs.len();
            assert_eq!(ranges, theirs, "{name}: {what}");
        }
    }
    assert!(compared > 5, "{compared} ranges");
}

/// Whole to the last byte, the events are the same at any cut behind the speed of the clock, and fewer before.
#[test]
fn a_cut_file_keeps_its_events_and_says_what_is_lost() {
    let bytes = fixture("http_1_21");
    let whole = Reading::of(&bytes).unwrap();
    let all = whole.trace.event_count();
    let stacks = |reading: &Reading| reading.trace.events.iter().filter(|event| event.stack().is_some()).count();
    let mut kept = 0;
    for cut in 17..bytes.len() {
        let Ok(reading) = Reading::of(&bytes[..cut]) else {
            assert!(kept == 0, "nothing at {cut}, and {kept} events before");
            continue;
        };
        let words = reading.warnings.join(" ");
        let count = reading.trace.event_count();
        assert!(count <= all && count + 3 >= kept, "{count} events at {cut}, {kept} before");
        assert!(reading.trace.events.iter().map(|event| event.time).is_sorted());
        assert!(stacks(&reading) == stacks(&whole) || words.contains("call stacks"), "cut at {cut}: {words}");
        let is_timed = reading.trace.span().unwrap().1 == whole.trace.span().unwrap().1;
        assert!(is_timed || words.contains("speed of the clock"), "cut at {cut}: {words}");
        kept = count;
    }
    assert_eq!(kept, all);
}

#[test]
fn damage_is_said_in_words_and_what_stands_before_is_kept() {
    let good = fixture("http_1_21");
    let two = [&*good, &*fixture("http_1_19")].concat();
    let reading = Reading::of(&two).unwrap();
    assert!(reading.warnings[0].contains("another trace begins there"), "{:?}", reading.warnings);
    assert_same_lines("the first of two", &reading.events(), &Reading::of(&good).unwrap().events());

    let mut unknown = good.clone();
    let at = unknown.len() / 2;
    unknown.truncate(at);
    unknown.push(60);
    let words = Reading::of(&unknown).unwrap().warnings.join(" ");
    assert!(words.contains("byte") && words.contains(&format!("of {}", at + 1)), "{words}");

    let refused = Reading::of(&good[..16]).err().unwrap();
    assert!(refused.words.contains("holds no event"), "{refused}");
}

/// Batches of one processor, with the order that the wire has: the arguments are counted by hand.
#[derive(Default)]
struct File(Vec<u8>);

impl File {
    fn new() -> Self {
        Self(b"go 1.21 trace\0\0\0".to_vec())
    }

    /// An event of up to three arguments.
    fn event(mut self, code: u8, args: &[u8]) -> Self {
        self.0.push(code | (args.len() as u8 - 1) << 6);
        self.0.extend_from_slice(args);
        self
    }

    /// One with its length in front.
    fn long(mut self, code: u8, args: &[u8]) -> Self {
        self.0.extend([code | 3 << 6, args.len() as u8]);
        self.0.extend_from_slice(args);
        self
    }

    fn batch(self, proc: u8, ticks: u8) -> Self {
        self.event(1, &[proc, ticks])
    }

    /// A processor starts, and goroutine 1 is there and runs on it.
    fn running(self, proc: u8) -> Self {
        let file = self.batch(proc, 10).event(5, &[1, 7]).long(13, &[1, proc + 1, 0, 0]);
        file.event(4, &[1, 2, 0]).event(14, &[1, proc + 1, 1])
    }

    /// 1000 ticks a second.
    fn end(self) -> Self {
        self.event(2, &[100])
    }

    fn read(&self) -> Reading {
        Reading::of(&self.0).unwrap()
    }
}

#[test]
fn a_clock_that_goes_back_keeps_the_order_and_is_said() {
    // Processor 1 wakes goroutine 1 when its clock says 2; it went to sleep at 15 on the clock of processor 0.
    let file = File::new().running(0).event(19, &[1, 0]).batch(1, 1).event(5, &[1, 8]);
    let reading = file.long(21, &[1, 1, 2, 0]).end().read();
    let words = reading.warnings.join(" ");
    assert!(words.contains("The clock goes back 1 times, by 12 ticks at most"), "{words}\n{}", reading.events());
    let events = reading.events();
    let sleep = events.find("Running->Waiting \"sleep\"").unwrap();
    assert!(events.find("g1 Waiting->Runnable").unwrap() > sleep, "{events}");
}

#[test]
fn what_a_lost_batch_said_is_named() {
    // Goroutine 9 starts with its fourth word, and the three before it are nowhere.
    let file = File::new().running(0).event(19, &[1, 0]).event(14, &[1, 9, 4]).event(15, &[1]).end();
    let reading = file.read();
    let words = reading.warnings.join(" ");
    assert!(words.contains("GoStart at byte") && words.contains("needs goroutine 9 to be runnable"), "{words}");
    assert!(reading.events().contains("g9 Running->NotExist"), "{}", reading.events());
}

#[test]
fn contradictions_are_counted() {
    // The world goes on without having stopped; a goroutine is created twice.
    let file = File::new().running(0).event(10, &[1]).event(7, &[1, 0, 0]).event(7, &[1, 1, 0]).end();
    let words = file.read().warnings.join(" ");
    assert!(words.contains("2 events contradict") && words.contains("the world goes on"), "{words}");
}

#[test]
fn names_that_are_not_there_are_empty_and_counted() {
    let words = File::new().running(0).long(45, &[1, 5, 0, 77, 0]).end().read().warnings.join(" ");
    assert!(words.contains("1 names point at strings that are not there") && words.contains("string 77"), "{words}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((16..3000_usize, any::<u8>()), 1..20)) {
        for name in ["user_task_region_1_21", "stress_start_stop_1_11", "http_1_19"] {
            let mut bytes = fixture(name);
            for &(at, value) in &flips {
                let at = 16 + at % (bytes.len() - 16);
                bytes[at] = value;
            }
            if let Ok(reading) = Reading::of(&bytes) {
                prop_assert!(reading.trace.events.iter().map(|event| event.time).is_sorted());
                prop_assert!(reading.trace.event_count() <= bytes.len() * 2);
            }
        }
    }

    #[test]
    fn noise_never_panics(minor in prop::sample::select(vec![11, 19, 21]), noise in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = format!("go 1.{minor} trace\0\0\0").into_bytes();
        // A batch first, so that events are reached.
        bytes.extend([1 | 1 << 6, 0, 1]);
        bytes.extend(noise);
        let _ = Reading::of(&bytes);
    }
}
