//! Before and after, of real runs: a leak that is gone is told as fixed, the other way round as worse, and two runs of a
//! healthy program as nothing.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

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

#[test]
fn show() {
    for (a, b) in [
        ("leak-retained/go1.27.3", "healthy/go1.27.3"),
        ("healthy/go1.27.3", "leak-retained/go1.27.3"),
        ("healthy/go1.25.5-flight", "healthy/go1.27.3"),
        ("healthy/go1.27.3", "healthy/go1.27.3-flight"),
        ("leak-retained/go1.26.6", "leak-retained/go1.27.3"),
        ("healthy/go1.27.3-gogc25", "healthy/go1.27.3-flight"),
        ("pool-miss-gc/go1.27.3", "healthy/go1.27.3"),
        ("churn/go1.27.3", "healthy/go1.27.3"),
        ("custom-pool-lock/go1.27.3", "healthy/go1.27.3"),
    ] {
        let c = two(a, b);
        println!("== {a} → {b}\n{:?}\n{:?}", c.verdict, c.told);
        for d in &c.differences {
            if d.outcome <= Outcome::Load || d.topic == Topic::Collector {
                let w = |e: Option<analysis::groups::Estimate>| e.map_or("–".into(), |e| d.measure.estimate_words(e));
                println!("  {:?} {:?} {:?} {}: {} → {}  chance {:.4}", d.outcome, d.topic, d.measure, d.name, w(d.before), w(d.after), d.change.map_or(1.0, |c| c.chance()));
            }
        }
        println!("  same {}", c.differences.iter().filter(|d| d.outcome == Outcome::Same).count());
        println!("  {:?}", c.notes);
    }
}
