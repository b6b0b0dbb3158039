//! What is said of memory on a plateau, of who keeps what leaks, of findings that contradict each other, and of what to
//! capture next.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use analysis::findings::{Diagnosis, Finding, Severity, Thresholds, diagnose};
use analysis::session::Session;

/// A session of files in a folder of the fixtures whose names pass.
fn session(folder: &str, is_in: impl Fn(&str) -> bool) -> Session {
    let folder = format!("{}/../fixtures/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut session = Session::default();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if is_in(&name) {
            session.open(&name, fs::read(&file).unwrap(), &mut |_| ControlFlow::Continue(())).unwrap();
        }
    }
    session
}

fn diagnosed(folder: &str, is_in: impl Fn(&str) -> bool) -> Diagnosis {
    diagnose(&session(folder, is_in), &Thresholds::default())
}

fn of_rule<'a>(diagnosis: &'a Diagnosis, rule: &str) -> Vec<&'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.rule == rule).collect()
}

/// What a program of `go_held` held.
fn held(mode: &str) -> Diagnosis {
    diagnosed("go_held", |name| name.starts_with(&format!("{mode}.")) && name.ends_with(".pb.gz"))
}

#[test]
fn a_pool_that_keeps_what_its_objects_hold_is_a_warning() {
    let diagnosis = held("pool");
    let found = of_rule(&diagnosis, "pool-retained");
    assert_eq!((found[0].severity, found[0].site.function.as_str()), (Severity::L2, "main.load"));
    assert!(found[0].detail.contains("too fast for a cache"), "{}", found[0].detail);
    assert_eq!(diagnosis.findings[0].rule, "pool-retained");
}

#[test]
fn caches_with_a_bound_and_requests_in_flight_are_a_hint_at_most() {
    for (mode, words) in
        [("lru", "a cache or a queue of fixed size"), ("ttl", "longer than a use"), ("flight", "in hand")]
    {
        let diagnosis = held(mode);
        let found = of_rule(&diagnosis, "pool-retained");
        assert_eq!(found.len(), 1, "{mode}");
        assert_eq!(found[0].severity, Severity::L1, "{mode}: {}", found[0].detail);
        assert!(found[0].detail.contains(words), "{mode}: {}", found[0].detail);
    }
    for mode in ["intern", "conns"] {
        let diagnosis = held(mode);
        assert!(of_rule(&diagnosis, "pool-retained").is_empty(), "{mode}");
        // Their five profiles repeat one: who dropped five must not read of one file.
        let said = &diagnosis.verdict.text;
        assert!(said.starts_with("5 heap profiles, of which one counts"), "{mode}: {said}");
    }
    for mode in ["lru", "ttl", "intern", "conns"] {
        assert!(held(mode).findings.iter().all(|finding| finding.severity == Severity::L1), "{mode}");
    }
}

/// What is said of the leak of a program of `go_kept`, and the verdict.
fn kept(mode: &str) -> (Finding, String) {
    let diagnosis = diagnosed("go_kept", |name| name.starts_with(&format!("{mode}.")));
    let leak = of_rule(&diagnosis, "heap-leak")[0].clone();
    assert_eq!(leak.site.function, "main.newSheet", "{mode}");
    (leak, diagnosis.verdict.text)
}

#[test]
fn who_keeps_what_leaks_is_named_with_its_numbers() {
    for (mode, keeper, cure) in [
        ("context", "contexts, and functions that wait for their end, that main.byContext makes", "defer its cancel"),
        (
            "timer",
            "timers that have not fired that main.byTimer makes (time.AfterFunc)",
            "Stop the timer of main.byTimer",
        ),
        (
            "ticker",
            "tickers that nobody stops that main.byTicker makes (time.NewTicker)",
            "Stop the ticker of main.byTicker",
        ),
        ("ticker-go1.21", "tickers that nobody stops that main.byTicker makes", "Stop the ticker of main.byTicker"),
        ("list", "a list that main.byList makes", "Take entries out"),
        ("syncmap", "a sync.Map that main.bySyncMap makes", "Delete entries of the sync.Map that main.bySyncMap fills"),
        (
            "syncmap-go1.21",
            "a sync.Map that main.bySyncMap makes (sync.(*Map).Store)",
            "Delete entries of the sync.Map",
        ),
        ("map", "what main.(*registry).remember fills", "Take entries out of what main.(*registry).remember fills"),
        ("goroutine", "goroutines that stand in main.wait", "Give the goroutines in main.wait an end"),
    ] {
        let (leak, verdict) = kept(mode);
        let words = format!("Probably kept by {keeper}");
        assert!(leak.detail.contains(&words), "{mode}: {}", leak.detail);
        assert!(verdict.contains(&words), "{mode}: {verdict}");
        assert!(leak.fix.contains(cure), "{mode}: {}", leak.fix);
        let numbers = &leak.evidence.last().unwrap().text;
        assert!(numbers.contains(|c: char| c.is_ascii_digit()), "{mode}: {numbers}");
    }
}

/// Up to Go 1.22 the runtime keeps a ticker that nobody stops, whoever forgot it.
#[test]
fn tickers_that_are_the_leak_themselves_are_named() {
    let diagnosis = diagnosed("go_kept", |name| name.starts_with("forgotten-go1.21."));
    let leak = of_rule(&diagnosis, "heap-leak")[0];
    assert_eq!(leak.site.function, "main.forgotten");
    assert!(
        leak.detail.contains("It is mostly tickers that nobody stops that main.forgotten makes"),
        "{}",
        leak.detail
    );
    assert!(leak.fix.contains("Stop the ticker of main.forgotten"), "{}", leak.fix);
}

#[test]
fn what_ends_or_grows_elsewhere_is_no_keeper() {
    for mode in ["ended", "stopped", "deleted", "elsewhere"] {
        let (leak, verdict) = kept(mode);
        assert!(
            !leak.detail.contains("Probably kept") && !verdict.contains("Probably kept"),
            "{mode}: {}",
            leak.detail
        );
        assert!(leak.fix.contains("Find who keeps"), "{mode}: {}", leak.fix);
    }
    // Of one snapshot nothing is told.
    let diagnosis = diagnosed("go_kept", |name| name == "context.heap.0.pb.gz");
    assert!(of_rule(&diagnosis, "heap-leak").is_empty());
}

#[test]
fn growth_of_goroutines_that_the_runtime_finds_reachable_is_a_conflict_in_words() {
    let run = "go/custom-pool-lock/go1.27.3";
    let with = diagnosed(run, |name| name.starts_with("goroutine") && name.ends_with(".pb.gz"));
    let conflict = with.conflicts.iter().find(|conflict| conflict.loses == "goroutineleak profile").unwrap();
    assert!(
        conflict.holds == "goroutine-leak" && conflict.words.contains("main.(*ChanPool).Put"),
        "{}",
        conflict.words
    );
    let without = diagnosed(run, |name| name.starts_with("goroutine.") && name.ends_with(".pb.gz"));
    assert!(without.conflicts.is_empty(), "{:?}", without.conflicts);
}

#[test]
fn files_that_agree_have_no_conflicts() {
    for run in ["healthy", "leak-retained", "churn", "pool-miss-gc", "dirty-put"] {
        let diagnosis =
            diagnosed(&format!("go/{run}/go1.27.3"), |name| !name.ends_with("json") && !name.contains("trace"));
        assert!(diagnosis.conflicts.is_empty(), "{run}: {:?}", diagnosis.conflicts);
    }
}

#[test]
fn the_next_capture_is_the_one_that_is_not_here() {
    let leak = |is_in: fn(&str) -> bool| diagnosed("text/hoard", is_in).verdict.next;
    let sampled = leak(|name| name.starts_with("heap.") && name.ends_with(".pb.gz")).unwrap();
    assert!(sampled.command.contains("gc=1") && sampled.why.contains("hoard"), "{sampled:?}");
    let forced = leak(|name| name.starts_with("heap.")).unwrap();
    assert!(forced.command.contains("goroutine"), "{forced:?}");
    let one = leak(|name| name == "heap.0.pb.gz").unwrap();
    assert!(one.why.contains("a leak from a large heap"), "{one:?}");
    // Nothing is wrong, and there are snapshots enough.
    let healthy = diagnosed("go/healthy/go1.27.3", |name| name.starts_with("heap.") && name.ends_with(".pb.gz"));
    assert_eq!(healthy.verdict.next, None);
}

#[test]
fn each_rule_says_what_it_needs() {
    let one = diagnosed("text/hoard", |name| name == "heap.0.pb.gz");
    let needs = |rule: &str| &one.clear.iter().find(|report| report.rule == rule).unwrap().needs;
    assert_eq!(needs("heap-leak"), "two heap profiles, minutes apart");
    assert!(needs("data-race").contains("race detector") && needs("goroutine-leak").contains("goroutine"));
    let more = diagnosed("text/hoard", |name| name.starts_with("heap.") && name.ends_with(".pb.gz"));
    assert!(more.clear.iter().filter(|report| report.rule.starts_with("heap-")).all(|report| report.needs.is_empty()));
}
