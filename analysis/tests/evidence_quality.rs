//! What is wrong with the files themselves is told, and what rests on them alone weighs less.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::ops::ControlFlow;

use analysis::findings::{Diagnosis, Finding, Severity, Thresholds, diagnose};
use analysis::session::Session;

const RUN: &str = "leak-retained/go1.27.3";

fn bytes(name: &str) -> Vec<u8> {
    fs::read(format!("{}/../fixtures/go/{RUN}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn diagnosed(files: &[(&str, Vec<u8>)]) -> Diagnosis {
    let mut session = Session::default();
    for (name, bytes) in files {
        session.open(name, bytes.as_slice(), &mut |_| ControlFlow::Continue(())).unwrap();
    }
    diagnose(&session, &Thresholds::default())
}

fn of<'a>(diagnosis: &'a Diagnosis, rule: &str) -> Vec<&'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.rule == rule).collect()
}

/// A compressed profile without its last bytes: what comes before them is read.
fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 6);
    bytes
}

#[test]
fn whole_files_are_no_news_and_damaged_ones_weigh_less() {
    let names = ["heap.0.pb.gz", "heap.2.pb.gz", "heap.4.pb.gz"];
    let whole = diagnosed(&names.map(|name| (name, bytes(name))));
    assert!(of(&whole, "evidence-quality").is_empty());
    assert_eq!(of(&whole, "heap-leak")[0].severity, Severity::L3);

    let damaged = diagnosed(&names.map(|name| (name, cut(bytes(name)))));
    let told = of(&damaged, "evidence-quality");
    assert_eq!((told.len(), told[0].severity, told[0].evidence.len()), (1, Severity::L1, 3));
    let leak = of(&damaged, "heap-leak")[0];
    assert_eq!(leak.severity, Severity::L2);
    assert!(leak.detail.contains("could not be read"), "{}", leak.detail);

    // One whole file among its evidence, and the verdict stands.
    let last = diagnosed(&[names[0], names[1], names[2]].map(|name| match name {
        "heap.4.pb.gz" => (name, bytes(name)),
        other => (other, cut(bytes(other))),
    }));
    assert_eq!(of(&last, "heap-leak")[0].severity, Severity::L3);
}

#[test]
fn an_empty_profile_of_waiting_proves_nothing() {
    let empty: Vec<u8> = b"--- mutex:\ncycles/second=2445000000\nsampling period=0\n".to_vec();
    let told = diagnosed(&[("mutex.txt", empty)]);
    assert!(of(&told, "evidence-quality")[0].claim.contains("holds no sample"), "{:?}", told.findings);
    assert!(of(&diagnosed(&[("mutex.5.pb.gz", bytes("mutex.5.pb.gz"))]), "evidence-quality").is_empty());
}
