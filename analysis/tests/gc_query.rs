//! What the view of the collector is told, of real logs and statistics.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;
use std::path::Path;

use analysis::query::{GcAnswer, LineRole, gc};
use analysis::session::Session;

fn session(names: &[&str]) -> Session {
    let mut session = Session::default();
    for name in names {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name);
        let short = name.rsplit('/').next().unwrap();
        session.open(short, std::fs::read(path).unwrap(), &mut |_| ControlFlow::Continue(())).unwrap();
    }
    session
}

fn points(answer: &GcAnswer, role: LineRole) -> &[(f64, f64)] {
    answer.heap.iter().find(|line| line.role == role).map_or(&[], |line| &line.points)
}

#[test]
fn a_log_is_told_cycle_by_cycle() {
    let session = session(&["go/leak-retained/go1.24.11/gctrace.txt", "go/leak-retained/go1.24.11/memstats.jsonl"]);
    let answer = gc(&session, 0).unwrap();
    let run = &answer.runs[0];
    assert_eq!((run.collector.as_str(), run.cycles as usize), ("Go", answer.cycles.len()));
    assert!(run.stops as usize == 2 * answer.cycles.len() && run.is_exact);
    assert!(run.stop_nanos.is_sorted() && run.stop_nanos[3] == answer.stops.iter().map(|stop| stop.1).max().unwrap());
    // Each cycle is a peak and a fall; the statistics add objects, and what the log tells in MiB only.
    assert!(answer.is_each_cycle && points(&answer, LineRole::Heap).len() == 2 * answer.cycles.len());
    assert!(answer.objects.len() > 20 && run.alloc_rate.unwrap() > 1e6);
    assert_eq!(answer.lengths.iter().map(|bar| bar.count).sum::<u64>(), run.stops);
    assert!(answer.lengths.windows(2).all(|pair| pair[0].to_nanos == pair[1].from_nanos));
    for row in &answer.cycles {
        assert!(row.heap.iter().all(Option::is_some) && row.assist.is_none_or(|share| (0.0..=1.0).contains(&share)));
    }
}

#[test]
fn many_cycles_are_drawn_by_their_peaks() {
    let session = session(&["go/churn/go1.27.3/gctrace.txt"]);
    let answer = gc(&session, 0).unwrap();
    assert!(!answer.is_each_cycle && answer.cycles.len() > 600);
    let heap = points(&answer, LineRole::Heap);
    assert!((200..=400).contains(&heap.len()) && answer.stops.len() <= 400);
    // The highest of all and the longest of all are among what is drawn.
    let highest = answer.cycles.iter().filter_map(|row| row.heap[0].max(row.heap[1])).max().unwrap() as f64;
    assert_eq!(heap.iter().map(|point| point.1).fold(0.0, f64::max), highest);
    assert_eq!(answer.stops.iter().map(|stop| stop.1).max(), Some(answer.runs[0].stop_nanos[3]));
    assert_eq!(answer.runs[0].live.as_deref(), Some("1.0 MB"));
}

#[test]
fn statistics_alone_tell_the_heap_over_readings() {
    let session = session(&["go_gc/scrapes.prom.txt"]);
    let answer = gc(&session, 0).unwrap();
    assert!(answer.is_by_reading && answer.cycles.is_empty());
    assert_eq!(
        points(&answer, LineRole::Heap).iter().map(|point| point.0).collect::<Vec<_>>(),
        [0.0, 1.0, 2.0, 3.0, 4.0]
    );
    let jstat = self::session(&["jvm_gc/jstat-gc.jdk17.txt"]);
    let answer = gc(&jstat, 0).unwrap();
    assert_eq!((answer.runs[0].collector.as_str(), answer.runs[0].is_java), ("Java", true));
    assert_eq!(points(&answer, LineRole::Goal).len(), 28);
    assert!(gc(&Session::default(), 0).is_none());
}

#[test]
fn several_processes_are_shown_one_at_a_time() {
    let session = session(&["jvm_gc/g1.jdk17.txt", "jvm_gc/serial-full.jdk17.txt", "go_gc/noisy.gctrace.txt"]);
    let shown: Vec<(usize, usize, String)> = (0..4)
        .map(|at| {
            let answer = gc(&session, at).unwrap();
            (answer.shown, answer.cycles.len(), answer.runs[answer.shown].collector.clone())
        })
        .collect();
    let names: Vec<&str> = shown.iter().map(|(.., name)| name.as_str()).collect();
    // By the names of their files, in whatever order those were opened: links count them.
    assert_eq!(names, ["G1", "Go", "Serial", "G1"]);
    assert_eq!(shown[2].1, 417);
    let noisy = gc(&session, 1).unwrap();
    assert!(noisy.scheduler.len() > 10 && noisy.procs == 2 && noisy.scavenged.is_some());
}
