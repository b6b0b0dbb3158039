//! Rules on heaps of every tool, on what the compiler says, and on pools used wrongly as far as plain dumps tell: each with
//! files that fire it and files that must not.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::findings::{Decidability, Diagnosis, Finding, Severity, Thresholds, diagnose};
use analysis::query::escape;
use analysis::session::Session;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn session(files: &[(&str, Vec<u8>)]) -> Session {
    let mut session = Session::default();
    for (name, bytes) in files {
        session.open(name, bytes.clone(), &mut |_| ControlFlow::Continue(())).unwrap();
    }
    session
}

/// Files of the fixtures, by their paths there.
fn of(paths: &[&str]) -> Session {
    let files: Vec<(&str, Vec<u8>)> =
        paths.iter().map(|path| (*path, fs::read(fixtures().join(path)).unwrap())).collect();
    session(&files)
}

fn judged(session: &Session) -> Diagnosis {
    diagnose(session, &Thresholds::default())
}

fn by<'a>(diagnosis: &'a Diagnosis, rule: &str) -> Vec<&'a Finding> {
    diagnosis.findings.iter().filter(|finding| finding.rule == rule).collect()
}

const HOARD: [&str; 6] = [
    "text/hoard/heap.0.pb.gz",
    "text/hoard/heap.1.pb.gz",
    "text/hoard/heap.2.pb.gz",
    "text/hoard/heap.gc0.txt",
    "text/hoard/heap.gc1.txt",
    "text/hoard/heap.gc2.txt",
];

const CHURN: [&str; 6] = [
    "go/churn/go1.27.3/heap.0.pb.gz",
    "go/churn/go1.27.3/heap.1.pb.gz",
    "go/churn/go1.27.3/heap.2.pb.gz",
    "go/churn/go1.27.3/heap.3.pb.gz",
    "go/churn/go1.27.3/heap.4.pb.gz",
    "go/churn/go1.27.3/heap.5.pb.gz",
];

fn healthy() -> Vec<&'static str> {
    vec![
        "go/healthy/go1.27.3/heap.0.pb.gz",
        "go/healthy/go1.27.3/heap.1.pb.gz",
        "go/healthy/go1.27.3/heap.2.pb.gz",
        "go/healthy/go1.27.3/heap.3.pb.gz",
        "go/healthy/go1.27.3/heap.4.pb.gz",
        "go/healthy/go1.27.3/heap.5.pb.gz",
    ]
}

#[test]
fn what_two_forced_collections_take_is_a_hoard_and_what_stays_is_a_leak() {
    let diagnosis = judged(&of(&HOARD));
    let hoard = by(&diagnosis, "heap-hoard");
    assert_eq!(hoard.len(), 1);
    assert_eq!((hoard[0].site.function.as_str(), hoard[0].known), ("main.newBuffer", Decidability::Proven));
    assert!(hoard[0].claim.contains("after 2 forced collections"), "{}", hoard[0].claim);
    assert!(hoard[0].detail.contains("as a leak does"), "{}", hoard[0].detail);
    let leak = by(&diagnosis, "heap-leak");
    assert_eq!((leak.len(), leak[0].site.function.as_str()), (1, "main.remember"));
    assert!(leak[0].detail.contains("stayed through 2 forced collections"), "{}", leak[0].detail);
    // Before the two captures, both look like leaks.
    let before = judged(&of(&HOARD[..3]));
    let mut leaks: Vec<&str> = by(&before, "heap-leak").iter().map(|f| f.site.function.as_str()).collect();
    leaks.sort_unstable();
    assert_eq!(leaks, ["main.newBuffer", "main.remember"]);
    assert!(by(&before, "heap-hoard").is_empty());
    assert!(by(&before, "heap-leak")[0].command.contains("heap?gc=1&debug=1"));
}

#[test]
fn comings_and_goings_under_load_are_no_hoard() {
    for files in [CHURN.to_vec(), healthy()] {
        let diagnosis = judged(&of(&files));
        assert!(by(&diagnosis, "heap-hoard").is_empty(), "{:?}", by(&diagnosis, "heap-hoard"));
    }
}

#[test]
fn text_beside_the_binary_profile_of_one_moment_changes_no_verdict() {
    let of_leak = |name: &str| format!("go/leak-retained/go1.26.6/{name}");
    let names: Vec<String> = (0..5).map(|at| of_leak(&format!("heap.{at}.pb.gz"))).collect();
    let paths: Vec<&str> = names.iter().map(String::as_str).collect();
    let plain = judged(&of(&paths));
    let with_text = judged(&of(&[&paths[..], &["text/heap/leak-retained-go1.26.6.debug1.txt"]].concat()));
    let said = |diagnosis: &Diagnosis| -> Vec<(String, String)> {
        diagnosis.findings.iter().map(|f| (f.rule.clone(), f.claim.clone())).collect()
    };
    assert_eq!(said(&plain)[0], said(&with_text)[0]);
    assert!(by(&with_text, "snapshot-hygiene").len() <= by(&plain, "snapshot-hygiene").len(), "{:?}", said(&with_text));
}

#[test]
fn a_line_is_one_in_text_and_binary_profiles() {
    let heaps: Vec<String> = (0..6).map(|at| format!("go/dirty-put/go1.27.3/heap.{at}.pb.gz")).collect();
    let mut files: Vec<(&str, Vec<u8>)> =
        heaps.iter().map(|path| (path.as_str(), fs::read(fixtures().join(path)).unwrap())).collect();
    let notes = "# poolcorpus/scen/dirty-put\nscen/dirty-put/main.go:37:9: &Attachment{...} escapes to heap\n";
    files.push(("escape.txt", notes.as_bytes().to_vec()));
    let claim = |session: &Session| by(&judged(session), "escape-site")[0].claim.clone();
    let plain = claim(&session(&files));
    // The text of the last moment, twice: as heap and as allocs, which are written alike.
    for name in ["heap.5.debug1.txt", "allocs.5.debug1.txt"] {
        files.push((name, fs::read(fixtures().join("text/heap/dirty-put-go1.27.3.debug1.txt")).unwrap()));
    }
    let with_texts = session(&files);
    let share = |claim: &str| claim.split(" of all").next().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(share(&claim(&with_texts)), share(&plain), "{}", claim(&with_texts));
    let hygiene = judged(&with_texts);
    let repeats: Vec<&str> = by(&hygiene, "snapshot-hygiene").iter().map(|f| f.claim.as_str()).collect();
    assert!(repeats.iter().all(|claim| !claim.contains("same numbers")), "{repeats:?}");
}

#[test]
fn native_and_java_heaps_that_grow_are_leaks() {
    let native = judged(&of(&[
        "text/heap/leak.0.jemalloc.heap",
        "text/heap/leak.1.jemalloc.heap",
        "text/heap/leak.2.jemalloc.heap",
    ]));
    let leaks = by(&native, "heap-leak");
    assert_eq!(leaks.len(), 2, "{leaks:?}");
    assert!(leaks.iter().all(|f| f.site.function.starts_with("leakje+0x") && f.fix.contains("addr2line")), "{leaks:?}");
    // What is allocated is not told: growth in use is all there is.
    let unknown = judged(&of(&[
        "text/heap/leak-noaccum.0.jemalloc.heap",
        "text/heap/leak-noaccum.1.jemalloc.heap",
        "text/heap/leak-noaccum.2.jemalloc.heap",
    ]));
    assert_eq!(by(&unknown, "heap-leak").len(), 2);
    let java = judged(&of(&["text/heap/leak.class_histogram.jdk17.txt"]));
    let leaks = by(&java, "heap-leak");
    assert_eq!(leaks[0].site.function, "byte[]");
    assert!(leaks[0].detail.contains("Leak$Session grew most: by 6,500 objects"), "{}", leaks[0].detail);
    for diagnosis in [&native, &java] {
        let words = format!("{:?}", by(diagnosis, "heap-leak"));
        assert!(!words.contains("localhost:6060"), "{words}");
    }
}

#[test]
fn native_and_java_heaps_that_stand_are_no_leaks() {
    let read = |name: &str| fs::read(fixtures().join("text/heap").join(name)).unwrap();
    let same = |name: &str| {
        let twice = [("a.1", read(name)), ("a.2", read(name)), ("a.3", read(name))];
        judged(&session(&twice))
    };
    for name in ["leak.2.jemalloc.heap", "leak.class_histogram.jdk25.txt"] {
        let diagnosis = same(name);
        assert!(by(&diagnosis, "heap-leak").is_empty(), "{name}: {:?}", diagnosis.findings);
    }
}

#[test]
fn dhat_tells_what_was_never_freed_and_its_runs_are_no_series() {
    let one = judged(&of(&["text/heap/leak.2.dhat.json"]));
    let leaks = by(&one, "heap-leak");
    assert_eq!((leaks[0].site.function.as_str(), leaks[0].known), ("new_session", Decidability::Proven));
    assert!(leaks[0].claim.contains("19.5 MB in 8,000 blocks"), "{}", leaks[0].claim);
    let several =
        judged(&of(&["text/heap/leak.1.dhat.json", "text/heap/leak.2.dhat.json", "text/heap/leak.3.dhat.json"]));
    assert_eq!(by(&several, "heap-leak").len(), 1);
    assert!(by(&several, "heap-churn").is_empty());
    let thresholds = Thresholds { leak_min_bytes: 64 << 20, ..Thresholds::default() };
    assert!(diagnose(&of(&["text/heap/leak.2.dhat.json"]), &thresholds).findings.is_empty());
}

#[test]
fn hot_lines_are_joined_to_what_the_compiler_says() {
    let session = of(&[&CHURN[..], &["text/escape/churn-go1.27.3.m.txt"]].concat());
    let diagnosis = judged(&session);
    let sites = by(&diagnosis, "escape-site");
    assert_eq!((sites[0].site.line, sites[0].site.function.as_str()), (27, "main.parseRecord"));
    assert!(sites[0].claim.contains("make(map[string]string, len(r.fields)) escapes to heap"), "{}", sites[0].claim);
    assert_eq!(sites[0].evidence[0].node, "/opt/builds/gen/scen/churn/main.go:27");
    // The page says of the line what the rule says.
    let answer = escape(&session, None, None).unwrap();
    let row = answer.rows.iter().find(|row| row.node == sites[0].evidence[0].node).unwrap();
    assert_eq!(row.reasons[0].text, "make(map[string]string, len(r.fields)) escapes to heap");
    assert_eq!(
        sites[0].facts[0].value,
        format!("{}/s", analysis::words::bytes((row.bytes as f64 / answer.heap.unwrap().seconds.unwrap()) as i64))
    );
    // Rows are of lines that the notes name, and no line is counted twice.
    let total: i64 = answer.rows.iter().map(|row| row.bytes).sum();
    assert!(total <= judged_alloc(&session), "{total}");
}

/// Bytes allocated between first and last heap of the session, counted by hand.
fn judged_alloc(session: &Session) -> i64 {
    let sum = |at: usize| -> i64 {
        let profile = session.profile(session.sources[at].id).unwrap();
        profile.values[1].iter().sum()
    };
    sum(5) - sum(0)
}

#[test]
fn notes_of_another_program_say_nothing() {
    let other = fs::read_to_string(fixtures().join("text/escape/churn-go1.27.3.m.txt")).unwrap();
    // The same names of files and the same lines, in another folder and package.
    let other = other.replace("scen/churn/", "cmd/other/");
    let mut files: Vec<(&str, Vec<u8>)> =
        CHURN.iter().map(|path| (*path, fs::read(fixtures().join(path)).unwrap())).collect();
    files.push(("escape.txt", other.into_bytes()));
    let session = session(&files);
    assert!(by(&judged(&session), "escape-site").is_empty());
    assert!(escape(&session, None, None).unwrap().rows.is_empty());
    // Without notes, the rule is not covered.
    let plain = judged(&of(&CHURN));
    let report = plain.clear.iter().find(|report| report.rule == "escape-site").unwrap();
    assert_eq!(report.checked, analysis::findings::Checked::NotCovered);
}

#[test]
fn what_stays_beside_a_pool_may_be_seen_by_the_next_holder() {
    let of_dirty: Vec<String> = (0..6).map(|at| format!("go/dirty-put/go1.27.3/heap.{at}.pb.gz")).collect();
    let diagnosis = judged(&of(&of_dirty.iter().map(String::as_str).collect::<Vec<_>>()));
    let dirty = by(&diagnosis, "dirty-reuse");
    assert_eq!(dirty.len(), 1, "{:?}", diagnosis.findings);
    assert_eq!((dirty[0].severity, dirty[0].known), (Severity::L1, Decidability::NeedsAnnotation));
    assert_eq!(dirty[0].site.function, "main.loadAttachment");
    assert!(dirty[0].next.contains("reflect.ValueOf"), "{}", dirty[0].next);
}

#[test]
fn a_panic_of_types_is_a_mismatch_and_proven_where_a_pool_is_known() {
    let panicked = judged(&of(&["text/stacks/wrong-type-go1.27.3.txt"]));
    let found = by(&panicked, "type-mismatch");
    assert_eq!(found.len(), 1);
    assert!(found[0].claim.contains("asked for *int and was given *main.T"), "{}", found[0].claim);
    assert_eq!((found[0].severity, found[0].known), (Severity::L1, Decidability::NeedsAnnotation));
    // Beside a heap in which the function takes from a pool, it is proven.
    let dump = fs::read_to_string(fixtures().join("text/stacks/wrong-type-go1.27.3.txt")).unwrap();
    let dump = dump.replace("main.handle()", "main.acquireSession()");
    let heap = "go/leak-retained/go1.27.3/heap.5.pb.gz";
    let files = [("heap.pb.gz", fs::read(fixtures().join(heap)).unwrap()), ("crash.txt", dump.into_bytes())];
    let both = judged(&session(&files));
    let found = by(&both, "type-mismatch");
    assert_eq!((found[0].severity, found[0].known), (Severity::L3, Decidability::Proven));
    // Other crashes are none of it.
    let other = judged(&of(&["text/stacks/map-writes-go1.22.10.txt"]));
    assert!(by(&other, "type-mismatch").is_empty());
}

#[test]
fn a_race_around_a_pool_is_use_by_two() {
    let race = fs::read_to_string(fixtures().join("text/stacks/race-go1.27.3.txt")).unwrap();
    let plain = judged(&session(&[("race.txt", race.clone().into_bytes())]));
    assert!(by(&plain, "cross-thread").is_empty(), "{:?}", by(&plain, "cross-thread"));
    let name =
        race.lines().find_map(|line| line.trim().strip_suffix("()").filter(|name| name.starts_with("main."))).unwrap();
    let of_pool = race.replace(&format!("{name}()"), "main.(*BufferPool).Get()");
    let found = judged(&session(&[("race.txt", of_pool.into_bytes())]));
    let shared = by(&found, "cross-thread");
    assert_eq!((shared.len(), shared[0].known), (1, Decidability::Proven));
    assert!(shared[0].claim.contains("main.(*BufferPool).Get"), "{}", shared[0].claim);
}

/// A heap profile as text of one pool whose `New` makes objects of these sizes at one line.
fn pool_of_sizes(sizes: &[i64]) -> Vec<u8> {
    let row = |size: &i64| {
        format!(
            "0: 0 [100: {}] @ 0x10 0x20 0x30\n#\t0x10\tmain.newBuffer+0x1\t/srv/main.go:12\n#\t0x20\tsync.(*Pool).Get+0x1\t/go/src/sync/pool.go:155\n#\t0x30\tmain.handle+0x1\t/srv/main.go:30\n\n",
            100 * size
        )
    };
    let rows: String = sizes.iter().map(row).collect();
    let bytes: i64 = sizes.iter().map(|size| 100 * size).sum();
    format!("heap profile: 0: 0 [{}: {bytes}] @ heap/2\n{rows}# runtime.MemStats\n# NumGC = 1\n", 100 * sizes.len())
        .into_bytes()
}

#[test]
fn mixed_sizes_under_one_new_are_a_hint() {
    let mixed = judged(&session(&[("heap.txt", pool_of_sizes(&[64, 4096]))]));
    let found = by(&mixed, "type-mismatch");
    assert_eq!((found.len(), found[0].severity, found[0].known), (1, Severity::L1, Decidability::NeedsAnnotation));
    assert!(
        found[0].claim.contains("main.newBuffer") && found[0].claim.contains("2 sizes at line 12"),
        "{}",
        found[0].claim
    );
    for sizes in [&[4096][..], &[4096, 4864]] {
        let same = judged(&session(&[("heap.txt", pool_of_sizes(sizes))]));
        assert!(by(&same, "type-mismatch").is_empty());
    }
}

#[test]
fn a_healthy_program_with_all_its_files_is_left_in_peace() {
    let with_notes = [&healthy()[..], &["text/escape/healthy-go1.27.3.m2.txt"]].concat();
    let diagnosis = judged(&of(&with_notes));
    assert!(diagnosis.findings.iter().all(|f| f.severity == Severity::L1), "{:?}", diagnosis.findings);
    for rule in ["dirty-reuse", "type-mismatch", "cross-thread", "heap-hoard"] {
        assert!(by(&diagnosis, rule).is_empty(), "{rule}");
    }
}

#[test]
fn every_finding_is_whole() {
    let sessions = [
        of(&HOARD),
        of(&[&CHURN[..], &["text/escape/churn-go1.27.3.m.txt"]].concat()),
        of(&["text/heap/leak.2.dhat.json"]),
        of(&["text/heap/leak.class_histogram.jdk17.txt"]),
        of(&["text/stacks/wrong-type-go1.27.3.txt"]),
        session(&[("heap.txt", pool_of_sizes(&[64, 4096]))]),
    ];
    for session in &sessions {
        for finding in judged(session).findings {
            for part in
                [&finding.claim, &finding.detail, &finding.headline, &finding.disproof, &finding.fix, &finding.next]
            {
                assert!(!part.is_empty(), "{}: {finding:?}", finding.rule);
            }
            let has_number = finding.claim.chars().any(|c| c.is_ascii_digit());
            assert!(finding.claim.ends_with('.') && has_number, "{}", finding.claim);
            assert!(!finding.evidence.is_empty() && !finding.facts.is_empty());
        }
    }
}

const CACHE: [&str; 7] = [
    "text/cache/heap.0.pb.gz",
    "text/cache/heap.1.pb.gz",
    "text/cache/heap.2.pb.gz",
    "text/cache/heap.3.pb.gz",
    "text/cache/heap.gc0.txt",
    "text/cache/heap.gc1.txt",
    "text/cache/heap.gc2.txt",
];

#[test]
fn a_cache_of_fixed_size_is_no_more_than_a_hint() {
    // By its age alone, and by what it outlives.
    for (files, why) in [(&CACHE[..4], "a use of a pooled object takes"), (&CACHE[..], "through 2 forced collections")]
    {
        let diagnosis = judged(&of(files));
        assert!(diagnosis.findings.iter().all(|finding| finding.severity == Severity::L1), "{:?}", diagnosis.findings);
        let held = by(&diagnosis, "pool-retained");
        assert_eq!((held.len(), held[0].site.function.as_str()), (1, "main.render"));
        assert!(held[0].detail.contains(why), "{}", held[0].detail);
        assert!(by(&diagnosis, "dirty-reuse").is_empty() && by(&diagnosis, "pool-oversize").is_empty());
    }
    // The line is what makes the difference.
    let thresholds = Thresholds { retained_lone_age_seconds: 1e9, ..Thresholds::default() };
    let diagnosis = diagnose(&of(&CACHE[..4]), &thresholds);
    assert_eq!(by(&diagnosis, "pool-retained")[0].severity, Severity::L2);
}

#[test]
fn what_a_pool_of_the_programs_own_made_and_did_not_get_back_is_told_with_who_takes_it() {
    let names = ["text/own-pool/heap.0.pb.gz", "text/own-pool/heap.2.pb.gz", "text/own-pool/heap.4.pb.gz"];
    let diagnosis = judged(&of(&names));
    let leak = by(&diagnosis, "heap-leak");
    assert_eq!((leak.len(), leak[0].site.function.as_str()), (1, "example.com/meterd/slab.(*Pool).fresh"));
    assert!(leak[0].detail.contains("main.(*server).receive takes them by example.com/meterd/slab.(*Pool).Take"));
    assert!(leak[0].fix.starts_with("Give back on every way out of main.(*server).receive"), "{}", leak[0].fix);
    // A leak that comes through no pool is told as before.
    let other = judged(&of(&HOARD));
    assert!(by(&other, "heap-leak")[0].fix.starts_with("Find who keeps"));
}
