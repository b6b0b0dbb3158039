//! What is said of real programs whose fault is known.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use analysis::findings::{Diagnosis, Severity, Thresholds, diagnose};
use analysis::session::Session;

fn runs(scenario: &str) -> Vec<PathBuf> {
    let folder = format!("{}/../fixtures/go/{scenario}", env!("CARGO_MANIFEST_DIR"));
    let mut runs: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    runs.sort();
    runs
}

fn diagnosed(run: &PathBuf) -> Diagnosis {
    let mut session = Session::default();
    let mut files: Vec<PathBuf> = fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("heap.") && name.ends_with(".pb.gz") {
            session.open(&name, fs::read(&file).unwrap(), &mut |_| ControlFlow::Continue(())).unwrap();
        }
    }
    diagnose(&session, &Thresholds::default())
}

fn said(diagnosis: &Diagnosis) -> Vec<(&str, Severity, &str)> {
    diagnosis.findings.iter().map(|f| (f.rule.as_str(), f.severity, f.site.function.as_str())).collect()
}

#[test]
fn a_leak_is_named_at_the_right_function_in_every_go_version() {
    for run in runs("leak-retained") {
        let diagnosis = diagnosed(&run);
        if run.ends_with("go1.23.9-traceallocfree") {
            // Two snapshots of one collection: the heap in them did not change, and nothing may be claimed.
            assert!(said(&diagnosis).iter().all(|(_, severity, _)| *severity == Severity::L1));
            continue;
        }
        let first = said(&diagnosis)[0];
        assert_eq!((first.0, first.2), ("heap-leak", "main.initSession"), "{}", run.display());
        assert_eq!(diagnosis.findings[0].site.pool.as_deref(), Some("main.acquireSession"), "{}", run.display());
    }
}

#[test]
fn churn_is_churn_and_no_leak() {
    let diagnosis = diagnosed(&runs("churn")[0]);
    let found = said(&diagnosis);
    assert_eq!((found[0].0, found[0].2), ("heap-churn", "main.parseRecord"));
    assert!(found.iter().any(|(rule, _, site)| (*rule, *site) == ("heap-churn", "main.buildLine")));
    assert!(found.iter().all(|(rule, ..)| *rule != "heap-leak"), "{found:?}");
}

#[test]
fn a_healthy_program_is_left_in_peace() {
    for run in runs("healthy") {
        let diagnosis = diagnosed(&run);
        assert!(said(&diagnosis).iter().all(|(_, severity, _)| *severity == Severity::L1), "{:?}", said(&diagnosis));
    }
}

#[test]
fn pools_are_judged() {
    let misses = diagnosed(&runs("pool-miss-gc")[0]);
    assert_eq!((said(&misses)[0].0, said(&misses)[0].2), ("pool-miss", "main.makeScratch"));
    let held = diagnosed(&runs("dirty-put")[0]);
    assert_eq!((said(&held)[0].0, said(&held)[0].2), ("pool-retained", "main.loadAttachment"));
    assert!(said(&held).iter().all(|(rule, ..)| *rule != "heap-leak"));
}

#[test]
fn every_finding_is_whole() {
    for scenario in ["leak-retained", "churn", "pool-miss-gc", "dirty-put"] {
        for finding in diagnosed(&runs(scenario)[0]).findings {
            for part in
                [&finding.claim, &finding.detail, &finding.headline, &finding.disproof, &finding.fix, &finding.next]
            {
                assert!(!part.is_empty(), "{}: {finding:?}", finding.rule);
            }
            assert!(
                finding.claim.ends_with('.') && finding.claim.chars().any(|c| c.is_ascii_digit()),
                "{}",
                finding.claim
            );
            assert!(!finding.evidence.is_empty() && !finding.facts.is_empty());
        }
    }
}
