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
        assert!(of_rule(&held(mode), "pool-retained").is_empty(), "{mode}");
    }
    for mode in ["lru", "ttl", "intern", "conns"] {
        assert!(held(mode).findings.iter().all(|finding| finding.severity == Severity::L1), "{mode}");
    }
}

#[test]
fn what_outlives_forced_collections_is_kept_on_purpose() {
    let diagnosis = diagnosed("go_held", |name| name.starts_with("ttl."));
    let found = of_rule(&diagnosis, "pool-retained");
    assert_eq!(found[0].severity, Severity::L1);
    assert!(found[0].detail.contains("through 2 forced collections"), "{}", found[0].detail);
}
