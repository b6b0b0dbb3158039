//! Files that contradict each other: each kind of contradiction with files that have it, and with such that must not.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fmt::Write;
use std::fs;
use std::ops::ControlFlow;

use analysis::findings::{Conflict, Diagnosis, Finding, Severity, Thresholds, diagnose};
use analysis::session::Session;

#[derive(Default)]
struct Files(Session);

impl Files {
    fn fixture(self, path: &str) -> Self {
        let bytes = fs::read(format!("{}/../fixtures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        self.bytes(path, bytes)
    }

    fn heaps(self, run: &str) -> Self {
        (0..6).fold(self, |files, at| files.fixture(&format!("{run}/heap.{at}.pb.gz")))
    }

    fn text(self, name: &str, text: &str) -> Self {
        self.bytes(name, text.as_bytes().to_vec())
    }

    fn bytes(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.0.open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap();
        self
    }

    fn judged(self) -> Diagnosis {
        diagnose(&self.0, &Thresholds::default())
    }
}

/// The contradiction in which `loses` does.
fn lost<'a>(diagnosis: &'a Diagnosis, holds: &str, loses: &str) -> Option<&'a Conflict> {
    diagnosis.conflicts.iter().find(|conflict| conflict.holds == holds && conflict.loses == loses)
}

/// What was found, for a test that fails.
fn told(diagnosis: &Diagnosis) -> String {
    let row = |f: &Finding| format!("{:?} {}: {} {}", f.severity, f.rule, f.claim, f.detail);
    let rows: Vec<String> = diagnosis.findings.iter().map(row).collect();
    format!("{:#?}\n{:#?}", diagnosis.conflicts, rows)
}

fn severity(diagnosis: &Diagnosis, rule: &str) -> Option<Severity> {
    diagnosis.findings.iter().find(|finding| finding.rule == rule).map(|finding| finding.severity)
}

const BEGIN_SECONDS: u64 = 1_700_000_000;
const OBJECT_BYTES: u64 = 1_000;

/// A heap whose every object is told, as text: so many thousand objects in use at a place, and so many allocated there.
/// Shows the state of the collection that ended `at` seconds after the beginning.
fn heap(at: u64, place: &str, [inuse, allocated]: [u64; 2], forced: u64) -> String {
    let numbers = |thousands: u64| format!("{}: {}", thousands * 1_000, thousands * 1_000 * OBJECT_BYTES);
    let row = format!("{} [{}]", numbers(inuse), numbers(allocated));
    format!(
        "heap profile: {row} @ heap/2\n{row} @ 0x4de7e5 0x44aa27\n#\t0x4de7e4\t{place}+0x44\t/src/main.go:22\n\
         #\t0x44aa26\tmain.main+0x26\t/src/main.go:46\n\n# runtime.MemStats\n# LastGC = {}\n# NumGC = {}\n# NumForcedGC = {forced}\n",
        (BEGIN_SECONDS + at) * 1_000_000_000,
        at + 1
    )
}

/// Text heaps of one place, ten seconds apart.
fn heaps(files: Files, place: &str, inuse_thousands: &[u64]) -> Files {
    let mut allocated = 0;
    inuse_thousands.iter().enumerate().fold(files, |files, (at, &inuse)| {
        // What comes is counted, and nothing else.
        allocated = allocated.max(inuse) + 1;
        files.text(&format!("heap.{at}.txt"), &heap(10 * at as u64, place, [inuse, allocated], 0))
    })
}

/// Memory statistics, one reading a second for a minute, of so many live objects.
fn statistics(live: impl Fn(u64) -> u64) -> String {
    (0..60).fold(String::new(), |mut text, at| {
        let frees = 50_000 * at;
        let _ = writeln!(
            text,
            "{{\"unix_nano\":{},\"Mallocs\":{},\"Frees\":{frees},\"NumGC\":{at},\"HeapAlloc\":{},\"TotalAlloc\":{}}}",
            (BEGIN_SECONDS + at) * 1_000_000_000,
            frees + live(at),
            live(at) * OBJECT_BYTES,
            (frees + live(at)) * OBJECT_BYTES,
        );
        text
    })
}

/// Mappings of a process read at two times, with so many megabytes resident.
fn mappings(resident: [u64; 2]) -> String {
    let one = |(at, megabytes): (u64, u64)| {
        let kilobytes = megabytes << 10;
        format!(
            "# time: {}.5\nc000000000-c010000000 rw-p 00000000 00:00 0 \nSize: 262144 kB\nRss: {kilobytes} kB\nAnonymous: {kilobytes} kB\n",
            BEGIN_SECONDS + at
        )
    };
    resident.into_iter().zip([0, 50]).map(|(megabytes, at)| one((at, megabytes))).collect()
}

const GROWING: [u64; 6] = [1, 10, 20, 30, 40, 50];
const EVEN: [u64; 6] = [50, 49, 51, 50, 49, 50];

#[test]
fn a_heap_that_grew_and_fell_when_nothing_was_allocated() {
    // It rises slowly, then fast; what is left at the end is more than there was in the middle. With the lines as they are, half
    // stays of what leaks and half is left of what was hoarded: only where one was moved, both can say so of one place.
    let moved = Thresholds::changed("hoard_max_left:0.7");
    let rises: Vec<u64> = (0..10).map(|at| 1 + at / 2).chain([20, 24, 28, 32, 36, 40, 44, 48, 52, 56]).collect();
    let fell = [&rises[..], &[34]].concat();
    let found = diagnose(&heaps(Files::default(), "main.newBuffer", &fell).0, &moved);
    let conflict = lost(&found, "heap-hoard", "heap-leak").unwrap_or_else(|| panic!("{}", told(&found)));
    assert!(conflict.words.contains("main.newBuffer") && conflict.words.contains("idle hoard"), "{}", conflict.words);
    assert_eq!(severity(&found, "heap-leak"), Some(Severity::L1));
    // Before it falls there is nothing to contradict.
    let grows = diagnose(&heaps(Files::default(), "main.newBuffer", &rises).0, &moved);
    assert!(grows.conflicts.is_empty() && severity(&grows, "heap-leak") > Some(Severity::L1), "{:?}", grows.conflicts);
}

#[test]
fn a_heap_that_grows_by_objects_which_the_runtime_does_not_count() {
    let found = heaps(Files::default(), "main.keep", &GROWING).text("stats.jsonl", &statistics(|_| 70_000)).judged();
    let conflict = lost(&found, "pool-balance", "heap-leak").unwrap_or_else(|| panic!("{}", told(&found)));
    assert!(conflict.words.contains("heap-leak at main.keep says "), "{}", conflict.words);
    assert_eq!(severity(&found, "heap-leak"), Some(Severity::L1));
    // Counters that rise as fast say the same, and so do such that cannot tell.
    for live in [(|at| 70_000 + 1_000 * at) as fn(u64) -> u64, |at| 900_000 + (at * 7_919) % 500_000] {
        let agrees = heaps(Files::default(), "main.keep", &GROWING).text("stats.jsonl", &statistics(live)).judged();
        assert_eq!(lost(&agrees, "pool-balance", "heap-leak"), None);
        assert!(severity(&agrees, "heap-leak") > Some(Severity::L1), "{:?}", agrees.findings);
    }
}

#[test]
fn objects_are_counted_to_grow_in_a_heap_that_does_not() {
    let rising = statistics(|at| 70_000 + 1_000 * at);
    let found = heaps(Files::default(), "main.keep", &EVEN).text("stats.jsonl", &rising).judged();
    let conflict = lost(&found, "heap", "pool-balance").unwrap_or_else(|| panic!("{}", told(&found)));
    assert!(conflict.words.contains("over 6 snapshots"), "{}", conflict.words);
    assert_eq!(severity(&found, "pool-balance"), Some(Severity::L1));
    // Where the heap grows too, both say the same.
    let agrees = heaps(Files::default(), "main.keep", &GROWING).text("stats.jsonl", &rising).judged();
    assert_eq!(lost(&agrees, "heap", "pool-balance"), None);
    assert_eq!(severity(&agrees, "pool-balance"), Some(Severity::L2));
}

#[test]
fn objects_that_are_not_put_back_and_are_collected() {
    let record = || Files::default().fixture("pool/leak/orders.pooltrace");
    let alone = record().judged();
    let found = record().heaps("go/healthy/go1.27.3").judged();
    let rules: Vec<&str> = found.conflicts.iter().map(|conflict| conflict.loses.as_str()).collect();
    assert_eq!(rules, ["put-missing-on-error-path", "never-returned"]);
    for rule in rules {
        let conflict = lost(&found, "heap", rule).unwrap();
        assert!(conflict.words.contains("Both hold"), "{}", conflict.words);
        let (was, now) = (severity(&alone, rule), severity(&found, rule));
        assert!(was > Some(Severity::L1) && now <= Some(Severity::L2), "{was:?} {now:?}");
    }
    // In a heap that grows they are kept, and nothing is lowered.
    let kept = record().heaps("go/leak-retained/go1.27.3").judged();
    assert!(kept.conflicts.is_empty(), "{:?}", kept.conflicts);
    assert_eq!(severity(&kept, "never-returned"), severity(&alone, "never-returned"));
    assert!(alone.conflicts.is_empty());
}

#[test]
fn a_heap_that_grows_in_a_process_that_does_not() {
    let leak = || Files::default().heaps("go/leak-retained/go1.27.3");
    let found = leak().text("smaps.txt", &mappings([120, 118])).judged();
    let conflict = lost(&found, "heap-leak", "memory map").unwrap_or_else(|| panic!("{}", told(&found)));
    assert!(
        conflict.words.contains("main.initSession") && conflict.words.contains("120 MB → 118 MB"),
        "{}",
        conflict.words
    );
    // The leak holds.
    assert_eq!(severity(&found, "heap-leak"), severity(&leak().judged(), "heap-leak"));
    let grows = leak().text("smaps.txt", &mappings([90, 120])).judged();
    assert!(grows.conflicts.is_empty(), "{:?}", grows.conflicts);
    // Two that tell no times are in no order.
    let timeless: String =
        mappings([120, 118]).lines().filter(|line| !line.starts_with('#')).fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        });
    assert!(leak().text("smaps.txt", &timeless).judged().conflicts.is_empty());
}

#[test]
fn a_lock_that_only_one_of_two_profiles_knows() {
    let of = |run: &str, kind: &str, files: Files| {
        [0, 5].into_iter().fold(files, |files, at| files.fixture(&format!("go/{run}/go1.27.3/{kind}.{at}.pb.gz")))
    };
    let waiters = of("custom-pool-lock", "block", of("dirty-put", "mutex", Files::default())).judged();
    let conflict = lost(&waiters, "block profile", "mutex profile").unwrap_or_else(|| panic!("{}", told(&waiters)));
    assert!(conflict.words.contains("LockedPool") && conflict.words.contains("names no holder"), "{}", conflict.words);
    let holders = of("custom-pool-lock", "mutex", of("dirty-put", "block", Files::default())).judged();
    let conflict = lost(&holders, "mutex profile", "block profile").unwrap_or_else(|| panic!("{}", told(&holders)));
    assert!(conflict.words.contains("LockedPool") && conflict.words.contains("has no wait"), "{}", conflict.words);
    // Both of one run name it; and one profile alone contradicts nothing.
    let both = of("custom-pool-lock", "block", of("custom-pool-lock", "mutex", Files::default())).judged();
    assert!(
        severity(&both, "pool-contention") > Some(Severity::L1) && both.conflicts.is_empty(),
        "{:?}",
        both.conflicts
    );
    assert!(of("custom-pool-lock", "block", Files::default()).judged().conflicts.is_empty());
}

#[test]
fn a_leak_that_damaged_files_alone_tell_of() {
    let run = "go/leak-retained/go1.27.3";
    let cut = |files: Files, at: usize| {
        let bytes = fs::read(format!("{}/../fixtures/{run}/heap.{at}.pb.gz", env!("CARGO_MANIFEST_DIR"))).unwrap();
        // Without its checksum.
        files.bytes(&format!("heap.{at}.pb.gz"), bytes[..bytes.len() - 6].to_vec())
    };
    let found = (0..6).fold(Files::default(), cut).judged();
    let conflict = lost(&found, "evidence-quality", "heap-leak").unwrap_or_else(|| panic!("{}", told(&found)));
    assert!(conflict.words.contains("one level lower"), "{}", conflict.words);
    let whole = Files::default().heaps(run).judged();
    assert!(severity(&found, "heap-leak") < severity(&whole, "heap-leak"));
    assert!(whole.conflicts.is_empty(), "{:?}", whole.conflicts);
    // One whole file among them bears it out.
    let most = (0..5).fold(Files::default(), cut).fixture(&format!("{run}/heap.5.pb.gz")).judged();
    assert_eq!(lost(&most, "evidence-quality", "heap-leak"), None);
}
