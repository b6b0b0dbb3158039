//! What is said of collectors: of real programs whose trouble is known, and of those that have none.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::findings::{Checked, Diagnosis, Finding, Severity, Thresholds, diagnose};
use analysis::session::Session;

const RULES: &[&str] =
    &["gc-pressure", "gc-assist", "gc-stw-long", "gc-thrash", "gc-forced", "pool-gc-mismatch", "pool-balance"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn of_files(files: &[PathBuf]) -> Diagnosis {
    let mut session = Session::default();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        session.open(&name, std::fs::read(file).unwrap(), &mut |_| ControlFlow::Continue(())).unwrap();
    }
    diagnose(&session, &Thresholds::default())
}

fn of(names: &[&str]) -> Diagnosis {
    of_files(&names.iter().map(|name| fixtures().join(name)).collect::<Vec<_>>())
}

/// Every file of a run of a Go program that tells something here.
fn of_run(run: &Path) -> Diagnosis {
    let mut files: Vec<PathBuf> = std::fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.retain(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        let is_told = ["gctrace", "memstats", "vars.", "metrics."].iter().any(|start| name.starts_with(start));
        is_told || (name.starts_with("heap.") && name.ends_with(".pb.gz"))
    });
    of_files(&files)
}

fn said<'a>(diagnosis: &'a Diagnosis, rule: &str) -> Vec<&'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.rule == rule).collect()
}

fn only<'a>(diagnosis: &'a Diagnosis, rule: &str) -> &'a Finding {
    let found = said(diagnosis, rule);
    assert_eq!(found.len(), 1, "{rule}: {:?}", diagnosis.findings.iter().map(|f| &f.claim).collect::<Vec<_>>());
    found[0]
}

#[test]
fn a_healthy_program_is_left_in_peace() {
    let mut seen = 0;
    for run in std::fs::read_dir(fixtures().join("go/healthy")).unwrap() {
        let run = run.unwrap().path();
        let diagnosis = of_run(&run);
        for finding in &diagnosis.findings {
            assert_eq!(finding.severity, Severity::L1, "{run:?}: {}", finding.claim);
            assert!(!RULES.contains(&finding.rule.as_str()), "{run:?}: {}", finding.claim);
        }
        // They did look, all but where a file is missing.
        let looked =
            |rule: &str| diagnosis.clear.iter().any(|r| r.rule == rule && matches!(r.checked, Checked::Clear(_)));
        for rule in ["gc-pressure", "gc-assist", "gc-stw-long", "gc-thrash", "gc-forced", "pool-gc-mismatch"] {
            assert!(looked(rule), "{run:?} {rule}: {:?}", diagnosis.clear);
        }
        seen += 1;
    }
    assert!(seen >= 4);
}

#[test]
fn churn_is_pressure() {
    let diagnosis = of_run(&fixtures().join("go/churn/go1.27.3"));
    let finding = only(&diagnosis, "gc-pressure");
    assert_eq!(finding.severity, Severity::L2);
    // 615 cycles in eight seconds, 1.44 GB allocated.
    assert!(
        finding.claim.contains("runs 77.1 times a second: 173 MB/s are allocated over 755 kB"),
        "{}",
        finding.claim
    );
    assert!(said(&diagnosis, "gc-forced").is_empty() && said(&diagnosis, "gc-thrash").is_empty());
    assert!(said(&diagnosis, "pool-balance").is_empty());
    // Each kind of file tells it alone.
    for name in ["gctrace.txt", "memstats.jsonl"] {
        let diagnosis = of(&[&format!("go/churn/go1.27.3/{name}")]);
        assert_eq!(only(&diagnosis, "gc-pressure").severity, Severity::L2, "{name}");
    }
    // Two readings without a time: by their last cycles.
    let diagnosis = of(&["go/churn/go1.27.3/vars.0.json", "go/churn/go1.27.3/vars.5.json"]);
    let claim = &only(&diagnosis, "gc-pressure").claim;
    assert!(claim.starts_with("The collector runs 78.4 times"), "{claim}");
}

#[test]
fn forced_collections_are_told_with_their_period() {
    let diagnosis = of_run(&fixtures().join("go/pool-miss-gc/go1.27.3"));
    let finding = only(&diagnosis, "gc-forced");
    assert_eq!(finding.severity, Severity::L2);
    assert!(finding.claim.contains("by the clock, one every 5"), "{}", finding.claim);
    let finding = only(&diagnosis, "pool-gc-mismatch");
    assert_eq!((finding.severity, finding.site.function.as_str()), (Severity::L2, "main.makeScratch"));
    assert!(finding.claim.contains("asked for by the program itself"), "{}", finding.claim);
    // What the program asks for itself is no pressure.
    assert!(said(&diagnosis, "gc-pressure").is_empty());
    // Stops of 83 and 14 ms were there.
    assert!(only(&diagnosis, "gc-stw-long").claim.contains("longest stop was 83.0 ms"));
    // Statistics alone know how many.
    let diagnosis = of(&["go/pool-miss-gc/go1.27.3/memstats.jsonl"]);
    assert!(only(&diagnosis, "gc-forced").claim.contains("about one every"));
    // Of a Java program too.
    let diagnosis = of(&["jvm_gc/g1-system-gc.jdk25.txt"]);
    assert!(only(&diagnosis, "gc-forced").claim.contains("System.gc"));
}

#[test]
fn assists_are_told_where_goroutines_pay() {
    for names in [&["go_gc/assist.gctrace.txt"][..], &["go_gc/assist.gctrace.txt", "go_gc/assist.memstats.jsonl"]] {
        let finding = only(&of(names), "gc-assist").clone();
        // Half of what the collector took: 1.08 of 1.89 s of processor time, 5.76 s in all.
        assert_eq!(finding.severity, Severity::L2);
        assert!(finding.headline.starts_with("18.") || finding.headline.starts_with("19."), "{}", finding.headline);
    }
    let diagnosis = of(&["go/leak-retained/go1.27.3/gctrace.txt"]);
    assert!(said(&diagnosis, "gc-assist").is_empty());
}

#[test]
fn a_heap_without_room_thrashes() {
    let limit = of(&["go_gc/limit.gctrace.txt", "go_gc/limit.memstats.jsonl"]);
    let finding = only(&limit, "gc-thrash");
    assert!(
        finding.claim.contains("GOMEMLIMIT is 28.0 MB") && finding.detail.contains("death spiral"),
        "{}",
        finding.claim
    );
    // Without the statistics the limit is not known, but that it is one.
    let limit = of(&["go_gc/limit.gctrace.txt"]);
    assert!(only(&limit, "gc-thrash").claim.contains("GOMEMLIMIT leaves no more"));
    let gogc = of(&["go_gc/gogc.gctrace.txt", "go_gc/gogc.memstats.jsonl"]);
    let finding = only(&gogc, "gc-thrash");
    assert!(finding.claim.contains("GOGC is 10") && finding.fix.starts_with("Raise GOGC"), "{}", finding.claim);
    assert!(said(&of(&["go_gc/assist.gctrace.txt"]), "gc-thrash").is_empty());
    // A Java heap that is full.
    let full = of(&["jvm_gc/serial-full.jdk17.txt"]);
    let finding = only(&full, "gc-thrash");
    assert_eq!(finding.severity, Severity::L3);
    assert!(finding.claim.starts_with("Serial (Java) made 383 full collections"), "{}", finding.claim);
    for name in ["g1-system-gc.jdk25", "parallel.jdk17", "z.jdk17", "shenandoah.jdk25"] {
        assert!(said(&of(&[&format!("jvm_gc/{name}.txt")]), "gc-thrash").is_empty(), "{name}");
    }
}

#[test]
fn long_stops_are_told_by_the_machine_s_own_measure() {
    let cms = of(&["jvm_gc/details-cms.jdk8.txt"]);
    let finding = only(&cms, "gc-stw-long");
    assert!(finding.claim.contains("once for longer than 200 ms; the longest stop was 3.1 s"), "{}", finding.claim);
    assert_eq!((finding.severity, finding.evidence[0].node.as_str()), (Severity::L1, "cycle-3"));
    assert!(said(&of(&["jvm_gc/serial-full.jdk17.txt"]), "gc-stw-long").is_empty());
}

#[test]
fn a_leak_shows_in_the_runtime_s_own_counters() {
    let mut told = 0;
    for run in std::fs::read_dir(fixtures().join("go/leak-retained")).unwrap() {
        let run = run.unwrap().path();
        let diagnosis = of_files(&[run.join("memstats.jsonl")]);
        if let [finding] = said(&diagnosis, "pool-balance").as_slice() {
            told += 1;
            // The program keeps some thousand objects a second (truth.json).
            assert!(finding.claim.contains("95 % interval"), "{}", finding.claim);
            assert!((1_000..100_000).contains(&finding.weight), "{run:?}: {}", finding.claim);
        }
    }
    assert!(told >= 8, "{told}");
    for run in ["churn/go1.27.3", "pool-miss-gc/go1.27.3", "dirty-put/go1.27.3", "custom-pool-lock/go1.27.3"] {
        let diagnosis = of(&[&format!("go/{run}/memstats.jsonl")]);
        assert!(said(&diagnosis, "pool-balance").is_empty(), "{run}: {:?}", said(&diagnosis, "pool-balance"));
    }
}

#[test]
fn every_finding_is_whole_and_leads_to_its_view() {
    let mut seen: Vec<String> = Vec::new();
    let runs = ["churn/go1.27.3", "pool-miss-gc/go1.27.3", "leak-retained/go1.24.11"];
    let mut all: Vec<Diagnosis> = runs.iter().map(|run| of_run(&fixtures().join("go").join(run))).collect();
    all.extend(
        ["assist", "limit", "gogc"]
            .map(|name| of(&[&format!("go_gc/{name}.gctrace.txt"), &format!("go_gc/{name}.memstats.jsonl")])),
    );
    all.push(of(&["jvm_gc/serial-full.jdk17.txt", "jvm_gc/g1-system-gc.jdk25.txt", "jvm_gc/jstat-gc.jdk17.txt"]));
    for finding in all.iter().flat_map(|diagnosis| &diagnosis.findings).filter(|f| RULES.contains(&f.rule.as_str())) {
        for words in [&finding.claim, &finding.detail, &finding.disproof, &finding.fix, &finding.next] {
            assert!(words.ends_with('.') && !words.contains("  ") && !words.contains("NaN"), "{words}");
        }
        assert!(!finding.headline.is_empty() && !finding.facts.is_empty() && !finding.evidence.is_empty());
        seen.push(finding.rule.clone());
    }
    assert!(RULES.iter().all(|rule| seen.iter().any(|known| known == rule)), "{seen:?}");
}
