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

fn only(diagnosis: &Diagnosis) -> (&str, Severity, &str) {
    // A record whose clock goes back says so; that is no fault of the pool.
    let of_pools: Vec<_> = diagnosis.findings.iter().filter(|finding| finding.rule != "evidence-quality").collect();
    assert_eq!(of_pools.len(), 1, "{:#?}", diagnosis.findings);
    let finding = of_pools[0];
    (finding.rule.as_str(), finding.severity, finding.claim.as_str())
}

#[test]
fn late_returns_are_told_and_are_no_leak() {
    let mut record = Record::new();
    record.info.leak_threshold_nanos = 1_000_000;
    record.thread(1);
    record.at(1_000).made(1, 64).get(1, 1, Tier::New).at(3_001_000).put(1, 1, 64).reset(1, 1);
    for generation in 2..300 {
        record.at(4_000_000 + u64::from(generation) * 100).get(1, generation, Tier::Private);
        record.at(4_000_050 + u64::from(generation) * 100).put(1, generation, 64).reset(1, generation);
    }
    let diagnosis = of(&record, 9_000_000);
    let (rule, severity, claim) = only(&diagnosis);
    assert_eq!((rule, severity), ("late-return", Severity::L1));
    assert!(claim.starts_with("buffers: 1 of 299 objects came back later than 1 ms, the slowest after 3"), "{claim}");
}

#[test]
fn quotas_are_told_by_what_was_refused() {
    let mut record = Record::new();
    record.thread(1);
    record.at(1_000).event(0, 0, Action::Quota { used: 81, limit: 100, refused: false });
    assert_eq!(only(&of(&record, 9_000)).1, Severity::L2);
    record.at(2_000).event(0, 0, Action::Quota { used: 100, limit: 100, refused: true });
    let diagnosis = of(&record, 9_000);
    assert_eq!((only(&diagnosis).0, only(&diagnosis).1), ("quota-near", Severity::L3));
    assert_eq!(StatesPlace::parse(&diagnosis.findings[0].evidence[0].node).time, Some(1_000));
}

#[test]
fn a_pool_that_never_hits_is_useless() {
    let mut record = Record::new();
    record.thread(1);
    for object in 1..=2_000 {
        record.at(object * 1_000_000).made(object, 64).get(object, 1, Tier::New);
        record.at(object * 1_000_000 + 500).event(object, 1, Action::Detach { stack: StackId(1) });
    }
    let diagnosis = of(&record, 3_000_000_000);
    let (rule, severity, claim) = only(&diagnosis);
    assert_eq!((rule, severity), ("useless-pool", Severity::L2));
    assert!(claim.contains("only 0 of 2,000 gets found an object"), "{claim}");
}

#[test]
fn victims_that_nobody_takes_are_useless() {
    let mut record = Record::new();
    record.thread(1);
    for object in 1..=150 {
        record.at(object * 10).made(object, 64).get(object, 1, Tier::New).put(object, 1, 64).reset(object, 1);
        record.at(5_000 + object).age(object, 1).at(8_000 + object).drop(object, 1, DropReason::Purged);
    }
    let diagnosis = of(&record, 10_000);
    assert_eq!((only(&diagnosis).0, only(&diagnosis).1), ("useless-victim", Severity::L1));
}

#[test]
fn the_wrong_pool_is_a_foreign_put_or_a_type_mismatch_by_its_type() {
    let wrong = |has_other| {
        let mut record = Record::new();
        record.has_other = has_other;
        record.thread(1);
        record.at(100).made(1, 8).get(1, 1, Tier::New).at(200).put(1, 1, 8).reset(1, 1);
        let owner = PoolId(if has_other { 2 } else { 1 });
        record.event(1, 1, Action::Misuse { kind: Misuse::WrongPool, owner, stack: StackId(2) });
        of(&record, 1_000)
    };
    assert_eq!(only(&wrong(true)).0, "type-mismatch");
    assert_eq!(only(&wrong(false)).0, "foreign-put");
}

#[test]
fn lines_are_the_users() {
    let bytes = leak().end(100_000_000_000);
    let warned = |lines: &Thresholds| warned(&diagnose(&opened(&bytes).session, lines)).len();
    assert!(warned(&Thresholds::default()) > 0);
    assert_eq!(warned(&Thresholds { leak_age_seconds: 1_000.0, ..Thresholds::default() }), 0);
    assert_eq!(warned(&Thresholds { leak_min_objects: 1_000, ..Thresholds::default() }), 0);
}

/// A session with the trace of a folder, which tells of pools or of objects.
fn go_trace(folder: &str) -> Session {
    let path = format!("{}/../fixtures/{folder}/trace.out", env!("CARGO_MANIFEST_DIR"));
    let mut session = Session::default();
    let bytes = std::fs::read(path).unwrap();
    let go_on = &mut |_| ControlFlow::Continue(());
    let (trace, warnings) = analysis::formats::go_trace::read(&bytes, &mut session.symbols, go_on).unwrap();
    let history = analysis::lifecycle::from_trace(&trace, &mut session.symbols);
    assert!(history.is_some());
    let digest = analysis::trace_digest::trace_digest(&trace, &mut session.symbols, &warnings);
    session.add_trace("trace.out", bytes.len() as u64, digest, history);
    session
}

#[test]
fn faults_of_a_go_program_are_named_from_its_trace() {
    let diagnosis = diagnose(&go_trace("go_pool/faults-go1.27.3"), &Thresholds::default());
    let found: Vec<&str> = diagnosis.findings.iter().map(|finding| finding.rule.as_str()).collect();
    // An object that is in the pool twice is got twice, once it is not put between.
    for rule in ["double-put", "second-holder", "never-returned", "put-missing-on-error-path"] {
        assert!(found.contains(&rule), "{rule}: {found:?}");
    }
    let double = diagnosis.findings.iter().find(|finding| finding.rule == "double-put").unwrap();
    assert!(double.claim.contains("sessions: 5 puts"), "{}", double.claim);
    for version in ["go1.22.10", "go1.27.3"] {
        let diagnosis = diagnose(&go_trace(&format!("go_pool/{version}")), &Thresholds::default());
        assert!(warned(&diagnosis).is_empty(), "{version}");
    }
}

#[test]
fn objects_by_type_are_no_pools() {
    let session = go_trace("go/leak-retained/go1.24.11-traceallocfree");
    let diagnosis = diagnose(&session, &Thresholds::default());
    // What the program's own regions tell is not about lives of objects.
    let rules: Vec<&str> = diagnosis.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["pool-latency"]);
}

#[test]
fn a_record_without_a_fault_is_clear() {
    let diagnosis = fixture("healthy");
    assert!(diagnosis.clear.iter().any(|rule| rule.rule == "never-returned"));
    assert!(diagnosis.verdict.text.ends_with("Nothing here reads as a fault."), "{}", diagnosis.verdict.text);
}
