//! What is said of the example service in each of its fault modes, and of records that are not whole.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod pool_writer;

use std::ops::ControlFlow;

use analysis::findings::{Decidability, Diagnosis, EvidenceView, Severity, StatesPlace, Thresholds, diagnose};
use analysis::session::Session;
use pool_dump::*;
use pool_writer::{Record, opened};

fn fixture(mode: &str) -> Diagnosis {
    let path = format!("{}/../fixtures/pool/{mode}/orders.pooltrace", env!("CARGO_MANIFEST_DIR"));
    let mut session = Session::default();
    session.open("orders.pooltrace", std::fs::read(path).unwrap(), &mut |_| ControlFlow::Continue(())).unwrap();
    diagnose(&session, &Thresholds::default())
}

fn of(record: &Record, end: u64) -> Diagnosis {
    diagnose(&opened(&record.end(end)).session, &Thresholds::default())
}

fn warned(diagnosis: &Diagnosis) -> Vec<&str> {
    let bad = diagnosis.findings.iter().filter(|finding| finding.severity > Severity::L1);
    let mut rules: Vec<&str> = bad.map(|finding| finding.rule.as_str()).collect();
    rules.dedup();
    rules
}

#[test]
fn each_fault_of_the_service_is_named_and_nothing_else() {
    for (mode, rules) in [
        ("healthy", vec![]),
        ("leak", vec!["never-returned", "put-missing-on-error-path"]),
        ("double-put", vec!["double-put"]),
        ("dirty-reuse", vec!["dirty-reuse"]),
        ("cross-thread", vec!["cross-thread"]),
        ("oversize", vec!["pool-oversize"]),
        ("purge-thrash", vec!["purge-thrash"]),
        ("new-storm", vec!["new-storm"]),
        ("contention", vec!["pool-contention"]),
        ("fragmentation", vec!["fragmentation"]),
        ("wrong-pool", vec!["foreign-put"]),
    ] {
        let diagnosis = fixture(mode);
        assert_eq!(warned(&diagnosis), rules, "{mode}: {:#?}", diagnosis.findings);
    }
}

#[test]
fn every_finding_is_whole() {
    for mode in ["leak", "double-put", "dirty-reuse", "cross-thread", "oversize", "purge-thrash", "new-storm"]
        .into_iter()
        .chain(["contention", "fragmentation", "wrong-pool"])
    {
        for finding in fixture(mode).findings {
            for part in
                [&finding.claim, &finding.detail, &finding.headline, &finding.disproof, &finding.fix, &finding.next]
            {
                assert!(!part.is_empty() && !part.contains("  "), "{mode}: {finding:?}");
            }
            assert!(finding.claim.ends_with('.') && finding.claim.chars().any(|c| c.is_ascii_digit()));
            assert_eq!(finding.known, Decidability::Proven);
            assert!(!finding.facts.is_empty() && !finding.evidence.is_empty());
            for evidence in &finding.evidence {
                let place = StatesPlace::parse(&evidence.node);
                assert_eq!(evidence.view, EvidenceView::States);
                assert!(["orders", "refunds", "replies/256", "replies/4096"].contains(&place.pool.as_str()));
            }
        }
    }
}

/// Twenty objects made, one given back at once, the others kept for a minute.
fn leak() -> Record {
    let mut record = Record::new();
    record.thread(1);
    for object in 1..=20 {
        record.at(object * 3_000_000_000).made(object, 64).get(object, 1, Tier::New);
    }
    record.at(61_000_000_000).put(20, 1, 64).reset(20, 1);
    record
}

#[test]
fn a_verdict_that_rests_on_lost_events_is_a_level_lower_and_says_so() {
    let sure = of(&leak(), 100_000_000_000);
    let never = |diagnosis: &Diagnosis| diagnosis.findings.iter().find(|f| f.rule == "never-returned").unwrap().clone();
    assert_eq!(never(&sure).severity, Severity::L3);
    assert_eq!(never(&sure).site.function, "get_site");
    let mut record = leak();
    record.lose(5);
    let unsure = of(&record, 100_000_000_000);
    assert_eq!(never(&unsure).severity, Severity::L2);
    assert!(never(&unsure).detail.contains("The recorder lost 5 events."), "{}", never(&unsure).detail);
    // An object from nowhere: what came in is not what is there.
    let mut record = leak();
    record.at(62_000_000_000).get(99, 1, Tier::Private).at(62_000_000_100).put(99, 1, 64).reset(99, 1);
    let unsure = of(&record, 100_000_000_000);
    assert_eq!(never(&unsure).severity, Severity::L2);
    assert!(never(&unsure).detail.contains("Objects do not add up: 1 there and never made."));
}

#[test]
fn a_breach_does_not_rest_on_all_events() {
    let mut record = Record::new();
    record.thread(1);
    record.at(100).made(1, 8).get(1, 1, Tier::New).at(200).put(1, 1, 8).reset(1, 1);
    record.misuse(1, 1, Misuse::DoublePut).misuse(1, 1, Misuse::UseAfterPut).misuse(0, 0, Misuse::NilPut);
    record.misuse(1, 1, Misuse::StaleGeneration).misuse(0, 0, Misuse::ForeignPut).lose(9);
    let diagnosis = of(&record, 1_000);
    let mut rules = warned(&diagnosis);
    rules.sort_unstable();
    assert_eq!(rules, ["double-put", "foreign-put", "nil-put", "second-holder", "use-after-put"]);
    let double = diagnosis.findings.iter().find(|finding| finding.rule == "double-put").unwrap();
    assert_eq!(StatesPlace::parse(&double.evidence[0].node).object, Some(1));
}

#[test]
fn what_was_kept_from_the_beginning_on_is_no_leak_that_goes_on() {
    let mut record = Record::new();
    record.thread(1);
    for object in 1..=20 {
        record.at(object * 1_000).made(object, 64).get(object, 1, Tier::New);
    }
    let diagnosis = of(&record, 100_000_000_000);
    let never = diagnosis.findings.iter().find(|finding| finding.rule == "never-returned").unwrap();
    assert_eq!(never.severity, Severity::L2);
    assert!(never.detail.contains("kept on purpose"));
}

#[test]
fn objects_by_type_are_no_pools() {
    let path =
        format!("{}/../fixtures/go/leak-retained/go1.24.11-traceallocfree/trace.out", env!("CARGO_MANIFEST_DIR"));
    let mut session = Session::default();
    let bytes = std::fs::read(path).unwrap();
    let go_on = &mut |_| ControlFlow::Continue(());
    let (trace, warnings) = analysis::formats::go_trace::read(&bytes, &mut session.symbols, go_on).unwrap();
    let history = analysis::lifecycle::from_alloc_free(&trace, &mut session.symbols).unwrap();
    session.add_pools("trace.out", bytes.len() as u64, history, warnings);
    assert_eq!(diagnose(&session, &Thresholds::default()).findings, []);
}

#[test]
fn a_record_without_a_fault_is_clear() {
    let diagnosis = fixture("healthy");
    assert!(diagnosis.clear.iter().any(|rule| rule.rule == "never-returned"));
    assert!(diagnosis.verdict.text.ends_with("Nothing here reads as a fault."), "{}", diagnosis.verdict.text);
}
