//! Before and after, of real runs: a leak that is gone is told as fixed, the other way round as worse, and two runs of a
//! healthy program as nothing.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::ops::ControlFlow;

use analysis::groups::{Comparison, Conclusion, Difference, Marks, Measure, Outcome, Topic, compare, propose};
use analysis::lens::SourceId;
use analysis::query::groups;
use analysis::session::Session;

/// Opens the profiles and texts of a run under a folder's name.
fn open(session: &mut Session, run: &str, folder: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<SourceId> {
    let path = format!("{}/../fixtures/go/{run}", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| wanted(name) && !name.contains("oracle") && !name.ends_with(".json") && !name.ends_with(".out"))
        .collect();
    names.sort();
    let open = |name: &String| {
        let bytes = fs::read(format!("{path}/{name}")).unwrap();
        session.open(&format!("{folder}/{name}"), bytes, &mut |_| ControlFlow::Continue(())).unwrap()
    };
    names.iter().map(open).collect()
}

fn two(before: &str, after: &str) -> Comparison {
    let mut session = Session::default();
    let before = open(&mut session, before, "one", &|_| true);
    let after = open(&mut session, after, "two", &|_| true);
    compare(&session, &Marks { before, after })
}

fn find<'a>(all: &'a Comparison, name: &str, measure: Measure) -> &'a Difference {
    let is = |difference: &&Difference| difference.name == name && difference.measure == measure;
    all.differences.iter().find(is).unwrap_or_else(|| panic!("{name} {measure:?}"))
}

/// A session whose files are opened under these names.
fn session(files: &[(&str, &str)]) -> Session {
    let mut session = Session::default();
    for (file, name) in files {
        let bytes = fs::read(format!("{}/../fixtures/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        session.open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    }
    session
}

fn counted(all: &Comparison, outcome: Outcome, topic: Topic) -> Vec<&str> {
    let of = |difference: &&Difference| difference.outcome == outcome && difference.topic == topic;
    all.differences.iter().filter(of).map(|difference| difference.name.as_str()).collect()
}

#[test]
fn a_leak_that_is_gone_is_told_as_fixed() {
    let all = two("leak-retained/go1.27.3", "healthy/go1.27.3");
    assert_eq!(all.verdict.conclusion, Conclusion::Worked);
    let text = &all.verdict.text;
    assert!(
        text.starts_with("The fix worked: main.initSession’s growth fell from 3.8 MB/s (2.0–5.6) to 0 B/s (0–"),
        "{text}"
    );
    let growth = find(&all, "main.initSession", Measure::Growth);
    assert_eq!(growth.outcome, Outcome::Better);
    let change = growth.change.unwrap();
    assert!(change.high < 0.0 && change.low < change.value && change.value < change.high, "{change:?}");
    // What counts comes first.
    let first_same = all.differences.iter().position(|d| d.outcome >= Outcome::Load).unwrap();
    assert!(all.differences[first_same..].iter().all(|d| d.outcome >= Outcome::Load));
    // The heap is compared by cycle: the leak's ten with as many of the other's thirty.
    let cycles = all.cycles.as_ref().unwrap();
    assert!(cycles.compared < 12 && cycles.cycles[1].len() > 20, "{cycles:?}");
    assert_eq!(find(&all, "", Measure::LiveGrowth).outcome, Outcome::Better);
    let sizes = all.sizes.iter().find(|sizes| sizes.function == "main.initSession").unwrap();
    let shares: f64 = sizes.bars.iter().map(|(_, shares)| shares[0]).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{sizes:?}");
    assert!(all.notes.iter().any(|note| note.starts_with("No file tells how many requests")), "{:?}", all.notes);
}

#[test]
fn the_other_way_round_it_is_worse() {
    let all = two("healthy/go1.27.3", "leak-retained/go1.27.3");
    assert_eq!(all.verdict.conclusion, Conclusion::Worse);
    assert!(
        all.verdict.text.starts_with("It got worse: main.initSession’s growth rose from 0 B/s"),
        "{}",
        all.verdict.text
    );
    assert_eq!(counted(&all, Outcome::Better, Topic::Sites), ["main.renderResponse"]);
}

#[test]
fn two_runs_of_one_program_differ_in_nothing_that_decides() {
    for (before, after) in [
        ("healthy/go1.25.5-flight", "healthy/go1.27.3"),
        ("healthy/go1.27.3-flight", "healthy/go1.27.3"),
        ("healthy/go1.27.3", "healthy/go1.27.3-gogc25"),
        ("leak-retained/go1.26.6", "leak-retained/go1.27.3"),
        ("leak-retained/go1.25.5", "leak-retained/go1.26.6"),
    ] {
        let all = two(before, after);
        assert_eq!(all.verdict.conclusion, Conclusion::NotShown, "{before} {after}: {}", all.verdict.text);
        assert!(
            all.verdict.next.contains("heap snapshots") && all.verdict.next.contains("could hide"),
            "{}",
            all.verdict.next
        );
        for topic in [Topic::Sites, Topic::Pools, Topic::Goroutines, Topic::Waits] {
            let found = [Outcome::Better, Outcome::Worse].map(|outcome| counted(&all, outcome, topic));
            assert_eq!(found, [Vec::<&str>::new(), Vec::new()], "{before} {after}");
        }
        assert!(all.differences.iter().filter(|d| d.outcome == Outcome::Same).count() > 15);
    }
}

#[test]
fn what_the_collector_does_differently_is_told_and_decides_nothing() {
    let all = two("healthy/go1.27.3-gogc25", "healthy/go1.27.3-flight");
    assert_eq!(find(&all, "", Measure::CyclesPerGb).outcome, Outcome::Differs);
    assert!(all.verdict.text.contains("Only the collector differs: cycles fell from 16.7/s"), "{}", all.verdict.text);
}

#[test]
fn pools_goroutines_and_churn_that_got_better() {
    let text = |before| {
        let all = two(before, "healthy/go1.27.3");
        assert_eq!(all.verdict.conclusion, Conclusion::Worked, "{}", all.verdict.text);
        all.verdict.text
    };
    let misses = text("pool-miss-gc/go1.27.3");
    assert!(misses.starts_with("The fix worked: misses of the pool of main.compress fell from 2,196/s"), "{misses}");
    let goroutines = text("custom-pool-lock/go1.27.3");
    assert!(
        goroutines.starts_with("The fix worked: main.returnExtra’s goroutine growth fell from 7.10/s"),
        "{goroutines}"
    );
    // Allocation alone: two functions better, one worse; nothing that is a fault by itself.
    let churn = two("churn/go1.27.3", "healthy/go1.27.3");
    assert_eq!(churn.verdict.conclusion, Conclusion::Mixed, "{}", churn.verdict.text);
    assert!(
        churn.verdict.text.starts_with("Better and worse: main.parseRecord’s allocation fell from 104 MB/s"),
        "{}",
        churn.verdict.text
    );
    // Cycles fell with what is allocated, and count for nothing by themselves.
    assert_eq!(find(&churn, "", Measure::Cycles).outcome, Outcome::Load);
}

#[test]
fn hit_rates_are_told_where_gets_are() {
    let session = session(&[
        ("pool/purge-thrash/orders.pooltrace", "before/orders.pooltrace"),
        ("pool/healthy/orders.pooltrace", "after/orders.pooltrace"),
    ]);
    let all = compare(&session, &propose(&session).unwrap().marks);
    let rates: Vec<&Difference> = all.differences.iter().filter(|d| d.measure == Measure::HitRate).collect();
    assert!(rates.iter().any(|d| d.outcome == Outcome::Better), "{rates:?}");
    assert_eq!(all.verdict.conclusion, Conclusion::Worked, "{}", all.verdict.text);
    assert!(all.verdict.text.contains("hit rate"), "{}", all.verdict.text);
}

#[test]
fn one_snapshot_of_each_gives_no_rates_and_says_so() {
    let session =
        session(&[("go/leak-retained/go1.27.3/heap.5.pb.gz", "a"), ("go/healthy/go1.27.3/heap.5.pb.gz", "b")]);
    let marks = Marks::of_link(&session, "a:before;b:after");
    let all = compare(&session, &marks);
    assert!(all.differences.iter().all(|d| ![Measure::Growth, Measure::AllocBytes].contains(&d.measure)));
    assert_eq!(find(&all, "main.initSession", Measure::InUse).outcome, Outcome::Better);
    assert_eq!(all.notes.iter().filter(|note| note.contains("one heap snapshot")).count(), 2, "{:?}", all.notes);
}

#[test]
fn processes_of_a_group_count_each_for_itself() {
    let mut session = Session::default();
    let heaps = |name: &str| name.starts_with("heap.");
    let mut before = open(&mut session, "leak-retained/go1.26.6", "a", &heaps);
    before.extend(open(&mut session, "leak-retained/go1.27.3", "b", &heaps));
    let after = open(&mut session, "healthy/go1.27.3", "c", &heaps);
    let all = compare(&session, &Marks { before, after });
    assert_eq!((all.told[0].processes, all.told[1].processes), (2, 1));
    // 5.5 s and 7.5 s, and not the hours between them.
    assert!((12.9..13.1).contains(&all.told[0].seconds), "{:?}", all.told);
    let growth = find(&all, "main.initSession", Measure::Growth);
    assert!((3e6..5e6).contains(&growth.before.unwrap().value), "{growth:?}");
    assert_eq!((all.verdict.conclusion, growth.outcome), (Conclusion::Worked, Outcome::Better));
}

#[test]
fn marks_are_guessed_by_words_builds_folders_and_time() {
    let (leak, healthy) = ("go/leak-retained/go1.27.3", "go/healthy/go1.27.3");
    let of = |names: [&str; 4]| {
        let files: Vec<String> =
            [leak, healthy].iter().flat_map(|run| [0, 5].map(|n| format!("{run}/heap.{n}.pb.gz"))).collect();
        let files: Vec<(&str, &str)> = files.iter().map(String::as_str).zip(names).collect();
        session(&files)
    };
    let ids = |session: &Session, range: std::ops::Range<usize>| -> Vec<SourceId> {
        session.sources[range].iter().map(|source| source.id).collect()
    };
    let session = of(["canary.0", "canary.5", "control.0", "control.5"]);
    let words = propose(&session).unwrap();
    assert_eq!((words.marks.before, words.marks.after), (ids(&session, 2..4), ids(&session, 0..2)));
    assert!(words.why.contains("words"), "{}", words.why);
    // Both runs have files of the same names: the later captures have a number.
    let session = of(["heap.0", "heap.5", "heap.0", "heap.5"]);
    let build = propose(&session).unwrap();
    assert!(build.why.starts_with("by build"), "{}", build.why);
    let link = build.marks.to_link(&session);
    assert!(link.contains("heap.0%20(2):"), "{link}");
    assert_eq!(Marks::of_link(&session, &link), build.marks);
    // Nothing is marked: the page proposes; once both are marked, it compares.
    let answer = groups(&session, "");
    assert_eq!((answer.files.len(), answer.comparison.is_some()), (4, false));
    let row = answer.proposal.unwrap();
    assert_eq!((row.counts, &row.link), ([2, 2], &link));
    let answer = groups(&session, &link);
    assert!(answer.proposal.is_none() && answer.comparison.is_some());
    // One mark of a file that is not here, and one of no group.
    assert_eq!(Marks::of_link(&session, "nope:before;heap.0:x"), Marks::default());
    // Logs tell no build.
    let logs = [format!("{leak}/memstats.jsonl"), format!("{healthy}/memstats.jsonl")];
    let session = self::session(&[(&logs[0], "x/memstats"), (&logs[1], "y/memstats")]);
    assert!(propose(&session).unwrap().why.starts_with("by folder: “"));
    let session = self::session(&[(&logs[0], "memstats.1"), (&logs[1], "memstats.2")]);
    assert!(propose(&session).unwrap().why.starts_with("by the longest time between two captures"));
    assert_eq!(propose(&Session::default()), None);
}
