//! Rules on what a process holds: real captures that fire each, and such that must not.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;

use analysis::findings::{Checked, Decidability, Diagnosis, Finding, Severity, Thresholds, diagnose};
use analysis::session::Session;

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn session(paths: &[&str]) -> Session {
    let mut session = Session::default();
    for path in paths {
        session.open(path, fixture(path), &mut |_| ControlFlow::Continue(())).unwrap();
    }
    session
}

fn check(paths: &[&str]) -> Diagnosis {
    diagnose(&session(paths), &Thresholds::default())
}

fn of<'a>(diagnosis: &'a Diagnosis, rule: &str) -> Vec<&'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.rule == rule).collect()
}

fn clear<'a>(diagnosis: &'a Diagnosis, rule: &str) -> Option<&'a Checked> {
    diagnosis.clear.iter().find(|report| report.rule == rule).map(|report| &report.checked)
}

fn capture(mode: &str) -> [String; 3] {
    ["memstats.jsonl", "smaps.txt", "heap.pb.gz"].map(|file| format!("process/{mode}/{file}"))
}

fn check_capture(mode: &str) -> Diagnosis {
    check(&capture(mode).each_ref().map(String::as_str))
}

#[test]
fn a_heap_that_few_objects_keep_is_fragmented() {
    let found = check_capture("fragmented");
    let [finding] = of(&found, "fragmentation")[..] else { panic!("{:?}", found.findings) };
    assert_eq!((finding.severity, finding.known), (Severity::L2, Decidability::Proven));
    // 64 MB were made in pieces of 512 bytes, one in sixteen is kept.
    assert!(
        finding.claim.starts_with("The Go heap holds 70.") && finding.claim.contains("is neither used nor given back"),
        "{}",
        finding.claim
    );
    assert!(finding.detail.contains("in objects of 512 B"), "{}", finding.detail);
    assert!(of(&found, "thp-bloat").is_empty() && of(&found, "rss-unexplained").is_empty(), "{:?}", found.findings);
    for mode in ["healthy", "native", "huge"] {
        let found = check_capture(mode);
        assert!(of(&found, "fragmentation").is_empty(), "{mode}");
        assert!(matches!(clear(&found, "fragmentation"), Some(Checked::Clear(_))), "{mode}");
    }
    assert_eq!(clear(&check(&["process/native/smaps.txt"]), "fragmentation"), Some(&Checked::NotCovered));
}

#[test]
fn huge_pages_that_keep_what_was_given_back() {
    let found = check_capture("huge");
    let [finding] = of(&found, "thp-bloat")[..] else { panic!("{:?}", found.findings) };
    assert_eq!((finding.severity, finding.known), (Severity::L2, Decidability::Proven));
    assert!(finding.claim.starts_with("Huge pages keep 68.0 MB of Go heap in memory"), "{}", finding.claim);
    // What huge pages add is not taken for native memory.
    assert!(of(&found, "rss-unexplained").is_empty(), "{:?}", found.findings);
    for mode in ["healthy", "native", "fragmented"] {
        assert!(of(&check_capture(mode), "thp-bloat").is_empty(), "{mode}");
    }
    assert_eq!(clear(&check(&["process/huge/smaps.txt"]), "thp-bloat"), Some(&Checked::NotCovered));
}

#[test]
fn memory_that_the_runtime_does_not_know() {
    let found = check_capture("native");
    let [finding] = of(&found, "rss-unexplained")[..] else { panic!("{:?}", found.findings) };
    // Four times 24 MB were mapped, and nothing given back.
    assert_eq!((finding.severity, finding.known), (Severity::L3, Decidability::Proven));
    assert!(finding.detail.contains("Over 4 readings it rose by 71."), "{}", finding.detail);
    let megabytes: f64 = finding.claim.split(' ').next().unwrap().parse().unwrap();
    assert!((80.0..=96.0).contains(&megabytes), "{}", finding.claim);
    assert!(finding.detail.contains("The largest ranges outside the Go heap: "), "{}", finding.detail);
    // The status alone has sums, and the same to say without ranges.
    let by_status = check(&["process/native/memstats.jsonl", "process/native/status.txt"]);
    let [finding] = of(&by_status, "rss-unexplained")[..] else { panic!("{:?}", by_status.findings) };
    assert!(finding.detail.contains("smaps would name the ranges"), "{}", finding.detail);
    for mode in ["healthy", "fragmented"] {
        assert!(of(&check_capture(mode), "rss-unexplained").is_empty(), "{mode}");
    }
}

#[test]
fn mapped_files_are_no_leak() {
    let smaps = "00400000-00500000 r-xp 00000000 fe:00 1 /opt/p\nRss: 1024 kB\nAnonymous: 0 kB\n\
                 7f0000000000-7f0004000000 r--s 00000000 fe:00 2 /var/lib/index\nRss: 65536 kB\nAnonymous: 0 kB\n\
                 7ff000000000-7ff000100000 r-xp 00000000 fe:00 3 /lib/libc.so.6\nRss: 512 kB\nAnonymous: 0 kB\n";
    let mut session = session(&["process/healthy/memstats.jsonl"]);
    session.open("smaps", smaps.as_bytes(), &mut |_| ControlFlow::Continue(())).unwrap();
    let found = diagnose(&session, &Thresholds::default());
    let [finding] = of(&found, "rss-unexplained")[..] else { panic!("{:?}", found.findings) };
    assert_eq!(finding.severity, Severity::L1);
    assert!(
        finding.claim.contains("64.0 MB of 65.5 MB") && finding.detail.contains("/var/lib/index"),
        "{}",
        finding.claim
    );
}

#[test]
fn a_group_at_its_limit() {
    let found = check(&["process/cgroup/near.txt"]);
    let [finding] = of(&found, "quota-near")[..] else { panic!("{:?}", found.findings) };
    assert_eq!((finding.severity, finding.known), (Severity::L3, Decidability::Proven));
    assert!(
        finding
            .claim
            .starts_with("orders.service: the kernel killed 2 processes for memory; the group holds 478 MB of 512 MB"),
        "{}",
        finding.claim
    );
    let roomy = check(&["process/cgroup/roomy.txt"]);
    assert!(roomy.findings.is_empty(), "{:?}", roomy.findings);
    assert_eq!(clear(&roomy, "quota-near"), Some(&Checked::Clear("20.0% of the limit".to_owned())));
    // Without a limit there is nothing to be near to.
    assert_eq!(clear(&check(&["process/cgroup/v1.txt"]), "quota-near"), Some(&Checked::NotCovered));

    let said = |text: &str| {
        let mut session = Session::default();
        session.open("t", text.as_bytes(), &mut |_| ControlFlow::Continue(())).unwrap();
        let found = diagnose(&session, &Thresholds::default());
        of(&found, "quota-near").first().map(|finding| (finding.severity, finding.claim.clone()))
    };
    assert_eq!(said("memory.current: 95\nmemory.max: 100\n").unwrap().0, Severity::L2);
    assert_eq!(said("memory.current: 85\nmemory.max: 100\n").unwrap().0, Severity::L1);
    assert_eq!(said("memory.current: 50\nmemory.max: 100\nmemory.events:max 7\n").unwrap().0, Severity::L1);
    assert_eq!(said("memory.current: 95\nmemory.max: 100\nmemory.stat:inactive_file 60\n"), None);
    let by_rss = said("VmRSS: 95 kB\nmemory.max: 102400\n").unwrap();
    assert_eq!(by_rss.0, Severity::L2);
}

#[test]
fn kernel_memory_that_a_site_keeps() {
    let found = check(&["process/kernel/before.perf.txt.gz", "process/kernel/after.perf.txt.gz"]);
    // The profile's names sort after before: captures without times are taken in the order of their names.
    let renamed = |first: &str, second: &str| {
        let mut session = Session::default();
        for (name, path) in [("kmem.1", first), ("kmem.2", second)] {
            let bytes = fixture(&format!("process/kernel/{path}.perf.txt.gz"));
            session.open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap();
        }
        diagnose(&session, &Thresholds::default())
    };
    drop(found);
    let found = renamed("before", "after");
    let all = of(&found, "kernel-growth");
    let finding = all[0];
    assert_eq!((finding.severity, finding.known), (Severity::L2, Decidability::Proven));
    assert_eq!(finding.site.function, "alloc_pipe_info");
    assert!(
        finding.claim.starts_with("alloc_pipe_info keeps 473.8 kB of the 473.8 kB")
            || finding.claim.starts_with("alloc_pipe_info keeps 474"),
        "{}",
        finding.claim
    );
    assert!(finding.site.stack.iter().any(|frame| frame.function == "entry_SYSCALL_64_after_hwframe"));
    // What is freed, and what one record alone holds.
    assert!(of(&renamed("after", "closed"), "kernel-growth").is_empty());
    let single = check(&["process/kernel/after.perf.txt.gz"]);
    let finding = of(&single, "kernel-growth")[0];
    assert_eq!((finding.severity, finding.known), (Severity::L1, Decidability::NeedsAnnotation));

    let maps = check(&["process/bpftrace/outstanding.txt"]);
    let all = of(&maps, "kernel-growth");
    assert_eq!((all.len(), all[0].severity, all[0].site.function.as_str()), (2, Severity::L1, "alloc_empty_file"));
    assert!(all[0].claim.contains("has 12.0 MB in @outstanding_bytes, +11.7 MB since"), "{}", all[0].claim);
}

#[test]
fn healthy_processes_of_every_version_give_nothing() {
    for run in ["go1.25.5-flight", "go1.27.3-flight"] {
        let smaps = format!("go/healthy/{run}/smaps.txt");
        let heap = format!("go/healthy/{run}/heap.4.pb.gz");
        let found = check(&[&smaps, &heap]);
        assert!(found.findings.iter().all(|finding| finding.severity == Severity::L1), "{run}: {:?}", found.findings);
    }
    let found = check_capture("healthy");
    assert!(found.findings.iter().all(|finding| finding.severity == Severity::L1), "{:?}", found.findings);
}
