//! The same files give the same words, in whatever order they are opened.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;
mod numbers;

use std::path::Path;

use analysis::export::Report;
use analysis::findings::{Thresholds, diagnose};
use analysis::session::Session;
use common::{Read, fixtures, left, open, read};
use serde_json::Value;

/// All that is said of files, in an order of theirs.
fn said(files: &[(String, Read)], order: &[usize]) -> String {
    let mut session = Session::default();
    order.iter().for_each(|&at| open(&mut session, &files[at].0, &files[at].1));
    let diagnosis = diagnose(&session, &Thresholds::default());
    let report = Report { session: &session, diagnosis: &diagnosis, suppressed: 0 };
    let mut json = report.json();
    // The list of files is in the order in which they were opened; what is said of each is not.
    json["files"].as_array_mut().unwrap().sort_by_key(|file: &Value| file["name"].to_string());
    let stacks: Vec<_> = diagnosis.findings.iter().map(|finding| &finding.site.stack).collect();
    let chain = &diagnosis.verdict.chain;
    format!("{json:#}\n{stacks:#?}\n{chain:#?}\n{:#?}", diagnosis.clear)
}

/// A run of numbers that is the same each time (SplitMix64).
fn shuffled(count: usize, mut seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        order.swap(at, ((z ^ (z >> 31)) % (at as u64 + 1)) as usize);
    }
    order
}

fn assert_same(what: &str, files: &[(String, Read)]) {
    let count = files.len();
    let plain = said(files, &(0..count).collect::<Vec<_>>());
    assert!(plain.contains("\"rule\""), "{what}: nothing is found, so that nothing can differ");
    let backwards: Vec<usize> = (0..count).rev().collect();
    for (number, order) in std::iter::once(backwards).chain((0..4).map(|seed| shuffled(count, seed))).enumerate() {
        let other = said(files, &order);
        if let Some((a, b)) = plain.lines().zip(other.lines()).find(|(a, b)| a != b) {
            panic!("{what}, order {number}:\n{a}\n{b}");
        }
        assert_eq!(plain.len(), other.len(), "{what}, order {number}");
    }
}

#[test]
fn a_whole_run_in_any_order() {
    for run in ["leak-retained/go1.27.3", "custom-pool-lock/go1.27.3", "pool-miss-gc/go1.27.3", "churn/go1.27.3"] {
        assert_same(run, &left(&fixtures().join("go").join(run)));
    }
}

/// The lines that the test in WASM must find too; where they change on purpose, this test says what they are now.
#[test]
fn numbers_are_those_that_wasm_is_held_against() {
    let known = include_str!("../../fixtures/oracle/leak-retained.numbers.txt");
    let mut session = Session::default();
    for at in 0..6 {
        let name = format!("heap.{at}.pb.gz");
        open(&mut session, &name, &read(&fixtures().join("go/leak-retained/go1.27.3").join(&name)));
    }
    let pool = "orders.pooltrace";
    open(&mut session, pool, &read(&fixtures().join("pool/leak").join(pool)));
    let found = numbers::numbers(&diagnose(&session, &Thresholds::default()));
    assert_eq!(found, known, "now:\n{found}");
}

/// One file of every kind, of many runs: nothing is found by the order in which it comes.
#[test]
fn files_of_many_kinds_in_any_order() {
    let paths = [
        "go/healthy/go1.27.3/heap.0.pb.gz",
        "go/healthy/go1.27.3/heap.5.pb.gz",
        "go/healthy/go1.27.3/vars.0.json",
        "go/healthy/go1.27.3/metrics.5.json",
        "go/custom-pool-lock/go1.27.3/goroutine.5.debug2.txt",
        "go/custom-pool-lock/go1.27.3/mutex.5.debug1.txt",
        "go/custom-pool-lock/go1.27.3/block.5.debug1.txt",
        "go/leak-retained/go1.27.3/trace.out",
        "go/leak-retained/go1.27.3/gctrace.txt",
        "go_gc/noisy.gctrace.txt",
        "go_gc/scrapes.prom.txt",
        "jvm_gc/g1.jdk17.txt",
        "jvm_gc/jstat-gc.jdk17.txt",
        "pool/leak/orders.pooltrace",
        "process/native/smaps.txt",
        "process/native/memstats.jsonl",
        "process/cgroup/near.txt",
        "process/kernel/before.perf.txt.gz",
        "process/kernel/after.perf.txt.gz",
        "process/bpftrace/outstanding.txt",
        "text/escape/churn-go1.27.3.m.txt",
        "text/escape/leak-retained-go1.19.8.m.txt",
        "text/heap/leak.1.dhat.json",
        "text/heap/leak.0.jemalloc.heap",
        "text/heap/leak.1.jemalloc.heap",
        "text/heap/leak.class_histogram.jdk17.txt",
        "text/heap/allocfreetrace-go1.19.8.txt",
        "text/stacks/race-go1.27.3.txt",
        "text/stacks/deadlock-go1.27.3.txt",
        "text/stacks/wrong-type-go1.27.3.txt",
        "text/stacks/gdb-order-service.txt",
        "text/stacks/jstack-jdk17.txt",
    ];
    let file = |path: &&str| ((*path).to_owned(), read(&fixtures().join(Path::new(path))));
    assert_same("many kinds", &paths.iter().map(file).collect::<Vec<_>>());
}
