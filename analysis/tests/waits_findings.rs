//! What is said of programs that wait: each rule by a file that fires it, and by one that is close and must not.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fmt::Write;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::findings::{Checked, Diagnosis, EvidenceView, Finding, Severity, Thresholds, diagnose};
use analysis::formats::go_trace;
use analysis::session::Session;
use analysis::trace_digest::trace_digest;

const OURS: [&str; 7] =
    ["put-blocked", "pool-contention", "lock-contention", "goroutine-leak", "data-race", "deadlock", "panic"];

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(folder)
}

fn of_texts(texts: &[(&str, &[u8])]) -> Diagnosis {
    let mut session = Session::default();
    for (name, bytes) in texts {
        session.open(name, *bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    }
    diagnose(&session, &Thresholds::default())
}

/// Files of a folder whose names begin with one of these.
fn of_folder(folder: &str, starts: &[&str]) -> Diagnosis {
    let mut files: Vec<PathBuf> = fs::read_dir(fixtures(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
    files.retain(|file| starts.iter().any(|start| name(file).starts_with(start)) && !name(file).contains("oracle"));
    assert!(!files.is_empty(), "{folder} {starts:?}");
    let read: Vec<(String, Vec<u8>)> = files.iter().map(|file| (name(file), fs::read(file).unwrap())).collect();
    let texts: Vec<(&str, &[u8])> = read.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    of_texts(&texts)
}

fn found<'a>(diagnosis: &'a Diagnosis, rule: &str) -> Vec<&'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.rule == rule).collect()
}

fn ours(diagnosis: &Diagnosis) -> Vec<(&str, &str)> {
    let of = diagnosis.findings.iter().filter(|finding| OURS.contains(&finding.rule.as_str()));
    of.map(|finding| (finding.rule.as_str(), finding.claim.as_str())).collect()
}

const WAITS: [&str; 3] = ["goroutine.", "mutex.", "block."];
const POOL_LOCK: &str = "go/custom-pool-lock/go1.27.3";

fn text_of(name: &str) -> String {
    fs::read_to_string(fixtures(POOL_LOCK).join(name)).unwrap()
}

#[test]
fn a_hand_made_pool_is_named_with_who_waits_and_who_holds() {
    let diagnosis = of_folder(POOL_LOCK, &["goroutine.", "mutex.", "block.", "heap."]);
    let blocked = found(&diagnosis, "put-blocked");
    let [blocked] = blocked.as_slice() else { panic!("{blocked:?}") };
    assert_eq!((blocked.site.function.as_str(), blocked.severity), ("main.(*ChanPool).Put", Severity::L3));
    assert_eq!(blocked.site.pool.as_deref(), Some("main.(*ChanPool)"));
    assert!(blocked.claim.contains("0 → 52 over 6 snapshots, 6.9 a second"), "{}", blocked.claim);
    assert!(blocked.detail.contains("main.main.func1.2 (main.go:108)"), "{}", blocked.detail);
    assert!(blocked.detail.contains("main.returnExtra"), "{}", blocked.detail);
    assert_eq!(blocked.evidence[0].view, EvidenceView::Contention);

    let contention = found(&diagnosis, "pool-contention");
    let [contention] = contention.as_slice() else { panic!("{contention:?}") };
    assert_eq!((contention.site.function.as_str(), contention.severity), ("main.(*LockedPool).Get", Severity::L2));
    // What others lost is counted twice, by those who wait and by those who hold; both are told.
    let words = &contention.detail;
    assert!(words.contains("Get (main.go:33) for whoever unlocks at main.(*LockedPool).Get (main.go:39)"), "{words}");
    assert!(words.contains("called by main.queryUser") && !words.contains("too far apart"), "{words}");
    assert!(words.contains("Releases stand behind the lock too"), "{words}");

    let leak = found(&diagnosis, "goroutine-leak");
    let [leak] = leak.as_slice() else { panic!("{leak:?}") };
    assert_eq!(leak.site.function, "main.(*ChanPool).Put");
    assert!(leak.detail.contains("in use under main.returnExtra"), "{}", leak.detail);
    assert!(found(&diagnosis, "lock-contention").is_empty());
}

#[test]
fn programs_without_that_fault_have_no_finding() {
    for scenario in ["healthy", "churn", "dirty-put", "pool-miss-gc"] {
        let diagnosis = of_folder(&format!("go/{scenario}/go1.27.3"), &["goroutine", "mutex.", "block.", "heap."]);
        assert_eq!(ours(&diagnosis), [], "{scenario}");
        // They looked: that is not the same as having nothing to look at.
        let clear = |rule: &str| diagnosis.clear.iter().find(|report| report.rule == rule).unwrap().checked.clone();
        for rule in ["put-blocked", "pool-contention", "lock-contention", "goroutine-leak"] {
            assert!(matches!(clear(rule), Checked::Clear(_)), "{scenario} {rule}");
        }
        assert_eq!(clear("data-race"), Checked::NotCovered);
    }
    for version in ["1.19.8", "1.21.13", "1.22.10", "1.24.11", "1.25.5", "1.26.6", "1.27.3"] {
        let diagnosis = of_folder(&format!("go/leak-retained/go{version}"), &WAITS);
        assert_eq!(ours(&diagnosis), [], "{version}");
    }
}

#[test]
fn one_side_alone_is_told_with_what_is_missing() {
    let mutex = of_folder(POOL_LOCK, &["mutex.5.pb"]);
    assert!(found(&mutex, "pool-contention")[0].detail.contains("Without a block profile nothing tells who waits"));
    let block = of_folder(POOL_LOCK, &["block.5.pb"]);
    let finding = found(&block, "pool-contention")[0];
    assert!(finding.detail.contains("Without a mutex profile nothing tells who holds it"));
    // It is not known since when it counts.
    assert_eq!(finding.severity, Severity::L1);
    let off = of_texts(&[
        ("block.txt", text_of("block.5.debug1.txt").as_bytes()),
        ("mutex.txt", b"--- mutex:\ncycles/second=2445430696\nsampling period=0\n"),
    ]);
    assert!(found(&off, "pool-contention")[0].detail.contains("sampling period 0"), "{off:?}");
}

/// Both profiles with names of another program in them.
fn renamed(names: &[(&str, &str)]) -> Diagnosis {
    let texts = ["mutex.5.debug1.txt", "block.5.debug1.txt"]
        .map(|name| names.iter().fold(text_of(name), |text, (from, to)| text.replace(from, to)));
    of_texts(&[("mutex.txt", texts[0].as_bytes()), ("block.txt", texts[1].as_bytes())])
}

#[test]
fn a_type_with_both_ends_is_a_pool_whatever_its_name() {
    let depot = renamed(&[
        ("(*LockedPool).Get", "(*Depot[...]).Borrow"),
        ("(*LockedPool).Put", "(*Depot[...]).Return"),
        ("(*ChanPool)", "(*Feed)"),
    ]);
    let finding = found(&depot, "pool-contention");
    assert_eq!(finding[0].site.pool.as_deref(), Some("main.(*Depot[...])"), "{depot:?}");
    // With one end, and as what is plainly no pool, it is a lock.
    for names in [
        [("(*LockedPool).Get", "(*Index).Find"), ("(*LockedPool).Put", "(*Index).Add"), ("(*ChanPool)", "(*Feed)")],
        [
            ("(*LockedPool).Get", "(*PageCache).Get"),
            ("(*LockedPool).Put", "(*PageCache).Put"),
            ("(*ChanPool)", "(*Feed)"),
        ],
    ] {
        let lock = renamed(&names);
        assert!(found(&lock, "pool-contention").is_empty(), "{lock:?}");
        assert_eq!(found(&lock, "lock-contention").len(), 1, "{lock:?}");
    }
}

/// Goroutines as debug=2 prints them.
fn dump(state: &str, frames: &[&str], count: usize) -> String {
    let mut out = String::new();
    for number in 0..count {
        writeln!(out, "goroutine {} [{state}]:", number + 10).unwrap();
        for frame in frames {
            writeln!(out, "{frame}(0xc000123400)\n\t/src/{}.go:12 +0x1d", frame.split('.').next().unwrap()).unwrap();
        }
        writeln!(out, "created by main.serve in goroutine 1\n\t/src/main.go:7 +0x1d\n").unwrap();
    }
    out
}

#[test]
fn sync_pool_waits_only_in_pin_slow() {
    let pinned = dump(
        "sync.Mutex.Lock, 2 minutes",
        &["sync.(*Mutex).lockSlow", "sync.(*Pool).pinSlow", "sync.(*Pool).pin", "sync.(*Pool).Get", "main.handle"],
        30,
    );
    let diagnosis = of_texts(&[("goroutines.txt", pinned.as_bytes())]);
    let finding = found(&diagnosis, "put-blocked");
    assert_eq!((finding[0].site.function.as_str(), finding[0].severity), ("sync.(*Pool).Get", Severity::L3));
    assert!(finding[0].detail.contains("2 min"), "{}", finding[0].detail);
    // Its New waits for something of its own.
    let made = dump(
        "sync.Mutex.Lock, 2 minutes",
        &["sync.(*Mutex).lockSlow", "main.dial", "sync.(*Pool).Get", "main.handle"],
        30,
    );
    assert_eq!(ours(&of_texts(&[("goroutines.txt", made.as_bytes())])), []);
}

#[test]
fn workers_at_rest_are_not_blocked_and_not_leaked() {
    let idle = dump("chan receive, 12 minutes", &["main.(*WorkerPool).run", "main.worker"], 200);
    assert_eq!(ours(&of_texts(&[("a.txt", idle.as_bytes()), ("b.txt", idle.as_bytes())])), []);
    // The same goroutines in another state are no more than before.
    let busy = dump("runnable", &["main.compute", "main.worker"], 60);
    let waiting = dump("select", &["main.worker"], 60);
    assert_eq!(ours(&of_texts(&[("a.txt", busy.as_bytes()), ("b.txt", waiting.as_bytes())])), []);
    let more = dump("select", &["main.worker"], 90);
    assert_eq!(
        found(&of_texts(&[("a.txt", waiting.as_bytes()), ("b.txt", more.as_bytes())]), "goroutine-leak").len(),
        1
    );
}

#[test]
fn goroutines_that_pile_up_are_named_and_what_the_runtime_proves_is_proven() {
    let folder = "go/goroutine-leak/go1.27.3";
    let growing = of_folder(folder, &["goroutine."]);
    let finding = found(&growing, "goroutine-leak")[0];
    assert_eq!((finding.site.function.as_str(), finding.severity), ("main.query", Severity::L3));
    assert!(finding.claim.contains("12 → 48 over 4 snapshots"), "{}", finding.claim);
    for proof in ["goroutineleak.3.pb", "goroutineleak.3.debug2"] {
        let proven = of_folder(folder, &[proof]);
        let finding = found(&proven, "goroutine-leak")[0];
        assert!(
            finding.claim.contains("48 goroutines in main.query [chan send] can never run again"),
            "{}",
            finding.claim
        );
    }
    // Both forms are of the same goroutines.
    let both = of_folder(folder, &["goroutine"]);
    assert!(found(&both, "goroutine-leak")[0].claim.starts_with("48 goroutines"), "{both:?}");
}

#[test]
fn races_name_both_places_once() {
    let diagnosis = of_folder("text/stacks", &["race-go1.27.3"]);
    let races = found(&diagnosis, "data-race");
    assert_eq!(races.len(), 3, "{races:?}");
    assert!(races.iter().all(|race| race.severity == Severity::L3 && race.evidence.len() == 2));
    assert!(
        races[0].claim.starts_with("main.keep (main.go:12) races with main.keep (main.go:12)"),
        "{}",
        races[0].claim
    );
}

#[test]
fn crashes_are_told_by_their_reason_and_sigquit_is_none() {
    for version in ["1.21.13", "1.22.10", "1.25.5", "1.27.3"] {
        let diagnosis = of_folder("text/stacks", &[&format!("deadlock-go{version}")]);
        let deadlock = found(&diagnosis, "deadlock");
        assert_eq!(deadlock[0].site.function, "main.(*Pool).Put", "{version}");
        // Who holds the lock stands at a channel.
        assert!(
            deadlock[0].detail.contains("1 at main.(*Pool).Put (main.go:12) [chan send]"),
            "{}",
            deadlock[0].detail
        );
        assert!(found(&diagnosis, "panic").is_empty());
        assert_eq!(ours(&of_folder("text/stacks", &[&format!("quit-go{version}")])), []);
    }
    let writes = of_folder("text/stacks", &["map-writes"]);
    assert_eq!(found(&writes, "panic")[0].site.function, "main.main.func1");
    let types = of_folder("text/stacks", &["wrong-type"]);
    let panic = found(&types, "panic")[0];
    assert!(panic.site.function == "main.handle" && panic.detail.contains("objects of two types"), "{panic:?}");
}

#[test]
fn threads_of_a_java_pool_are_told_too() {
    for version in ["jdk17", "jdk25"] {
        let diagnosis = of_folder("text/stacks", &[&format!("jstack-{version}")]);
        assert_eq!(found(&diagnosis, "put-blocked")[0].site.function, "PoolDemo$ConnectionPool.borrow", "{version}");
        assert!(found(&diagnosis, "deadlock")[0].claim.contains("left, right"), "{version}");
    }
}

/// A run's trace, in sum.
fn of_trace(run: &str, thresholds: &Thresholds) -> Diagnosis {
    let mut session = Session::default();
    let bytes = fs::read(fixtures(run).join("trace.out")).unwrap();
    let (trace, lost) = go_trace::read(&bytes, &mut session.symbols, &mut |_| ControlFlow::Continue(())).unwrap();
    let digest = trace_digest(&trace, &mut session.symbols, &lost);
    session.add_trace("trace.out", bytes.len() as u64, digest, None);
    diagnose(&session, thresholds)
}

#[test]
fn slow_puts_and_news_are_told_by_percentiles_of_their_regions() {
    let default = Thresholds::default();
    let slow = of_trace(POOL_LOCK, &default);
    let slow = found(&slow, "pool-latency");
    assert_eq!((slow.len(), slow[0].severity, slow[0].site.pool.as_deref()), (1, Severity::L2, Some("pool.Put")));
    // 8,107,776 ns and 40,896 ns by Go's own summarizer (trace.out.oracle.json).
    assert!(slow[0].claim.contains("8.1 ms") && slow[0].claim.contains("40.9 µs"), "{}", slow[0].claim);
    // Seldom slow is a hint; a line that is moved above it clears it.
    let misses = of_trace("go/pool-miss-gc/go1.27.3", &default);
    let new = found(&misses, "pool-latency");
    assert_eq!((new.len(), new[0].severity, new[0].site.pool.as_deref()), (1, Severity::L1, Some("pool.New")));
    let moved = Thresholds { alloc_p99_micros: 600.0, ..Thresholds::default() };
    assert!(found(&of_trace("go/pool-miss-gc/go1.27.3", &moved), "pool-latency").is_empty());
    for run in ["go/healthy/go1.27.3-flight", "go/healthy/go1.27.3-gogc25", "go/leak-retained/go1.27.3"] {
        assert!(found(&of_trace(run, &default), "pool-latency").is_empty(), "{run}");
    }
}

#[test]
fn those_that_can_never_go_on_are_the_root_of_the_crowd_and_of_what_it_holds() {
    let starts = ["goroutine", "heap"];
    let diagnosis = of_folder("text/stuck", &starts);
    let place = |link: &analysis::findings::Link| {
        let finding = &diagnosis.findings[link.finding as usize];
        (finding.rule.as_str(), finding.site.function.rsplit('/').next().unwrap().to_owned())
    };
    let chain: Vec<_> = diagnosis.verdict.chain.iter().take(3).map(place).collect();
    let expected = [
        ("goroutine-leak", "desk.(*Desk).exchange".to_owned()),
        ("goroutine-leak", "desk.(*Desk).acquire".to_owned()),
        ("heap-leak", "main.parse".to_owned()),
    ];
    assert_eq!(chain, expected);
    assert!(diagnosis.verdict.text.contains("root cause: 72 goroutines in"), "{}", diagnosis.verdict.text);
    // Without the runtime's search there is no proof, and the crowd is the root.
    let unproven = of_folder("text/stuck", &["goroutine.", "heap"]);
    assert!(!unproven.verdict.text.contains("never run again"), "{}", unproven.verdict.text);
}
