//! Files that are moved by hand on the session's clock: what is judged is judged where they stand then.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::ops::ControlFlow;

use analysis::findings::{Diagnosis, Thresholds};
use analysis::lens::Lens;
use analysis::query::{Answer, Engine, Query, process};

/// Files of the fixtures, by their last names.
fn engine(folder: &str, names: &[&str]) -> Engine {
    let mut engine = Engine::default();
    for name in names {
        let bytes = fs::read(format!("{}/../fixtures/{folder}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        engine.session_mut().open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    }
    engine
}

fn judged(engine: &mut Engine, moved: &str) -> Diagnosis {
    engine.move_clocks(moved);
    engine.diagnose(&Thresholds::default()).clone()
}

fn rules(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

const HEAPS: [&str; 6] =
    ["heap.0.pb.gz", "heap.1.pb.gz", "heap.2.pb.gz", "heap.3.pb.gz", "heap.4.pb.gz", "heap.5.pb.gz"];

/// Seconds of the growth chart's snapshots.
fn seconds(engine: &mut Engine) -> Vec<f64> {
    let query = Query::Growth { lens: Lens::default(), lines: 3, node: String::new() };
    let Ok(Answer::Growth(growth)) = engine.answer(&query) else { panic!("no growth") };
    growth.snapshots.iter().map(|(_, seconds, _)| *seconds).collect()
}

#[test]
fn a_heap_that_is_moved_later_grew_more_slowly() {
    let mut engine = engine("go/leak-retained/go1.27.3", &HEAPS);
    let found = judged(&mut engine, "");
    let before = seconds(&mut engine);
    // An hour later than its own time.
    let moved = judged(&mut engine, "heap.5.pb.gz:3600000");
    let after = seconds(&mut engine);
    assert!((after[5] - before[5] - 3_600.0).abs() < 1e-6 && after[..5] == before[..5], "{after:?}");
    let (was, now) = (&found.findings[0], &moved.findings[0]);
    assert_eq!((was.rule.as_str(), was.headline.as_str()), ("heap-leak", now.headline.as_str()));
    let rate = |claim: &str| claim.split("allocated, ").nth(1).unwrap().split("/s").next().unwrap().to_owned();
    assert!(rate(&was.claim).ends_with("MB") && rate(&now.claim).ends_with("kB"), "{}\n{}", was.claim, now.claim);
    // Taken back, everything is as it was; and a name that no file has moves nothing.
    assert_eq!(judged(&mut engine, ""), found);
    assert_eq!(judged(&mut engine, "heap.9.pb.gz:3600000"), found);
}

#[test]
fn the_order_of_snapshots_is_that_of_the_clock() {
    let mut engine = engine("go/leak-retained/go1.27.3", &HEAPS);
    // The first becomes the last: then what is allocated in all falls, as it does where a process is started again.
    let moved = judged(&mut engine, "heap.0.pb.gz:3600000");
    assert!(!rules(&moved).contains(&"heap-leak"), "{:?}", rules(&moved));
    let told = moved.findings.iter().find(|finding| finding.rule == "snapshot-hygiene").unwrap();
    assert!(told.claim.contains("restarted") || told.detail.contains("restarted"), "{}\n{}", told.claim, told.detail);
}

#[test]
fn a_file_that_is_opened_later_is_moved_as_the_link_says() {
    let mut engine = engine("go/leak-retained/go1.27.3", &HEAPS[..5]);
    judged(&mut engine, "heap.5.pb.gz:3600000");
    let bytes = fs::read(format!("{}/../fixtures/go/leak-retained/go1.27.3/heap.5.pb.gz", env!("CARGO_MANIFEST_DIR")));
    engine.session_mut().open("heap.5.pb.gz", bytes.unwrap(), &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(seconds(&mut engine)[5] > 3_600.0);
}

/// Mappings tell no time; where someone says when they were read, they are held against the statistics of that moment.
#[test]
fn a_file_without_a_time_is_judged_at_the_moment_it_was_put_to() {
    let mut engine = engine("go/leak-retained/go1.27.3", &["memstats.jsonl", "smaps.txt"]);
    judged(&mut engine, "");
    assert!(!process(engine.session(), None).unwrap().is_same_moment);
    let of_times = |engine: &mut Engine| {
        let Ok(Answer::Files(answer)) = engine.answer(&Query::Files) else { panic!("no files") };
        let time = |name: &str| answer.files.iter().find(|file| file.name == name).unwrap().time_nanos;
        (time("memstats.jsonl"), time("smaps.txt"))
    };
    assert_eq!(of_times(&mut engine).1, None);
    // A second after the session's first moment, which is the first of the statistics.
    judged(&mut engine, "smaps.txt:1000");
    assert!(process(engine.session(), None).unwrap().is_same_moment);
    let (first, placed) = of_times(&mut engine);
    assert_eq!(placed, first.map(|first| first + 1_000_000_000));
    // Put where no statistics were read, it is of another moment again.
    judged(&mut engine, "smaps.txt:3600000");
    assert!(!process(engine.session(), None).unwrap().is_same_moment);
}
