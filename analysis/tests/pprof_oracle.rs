//! Flat, cum and order of every function of every sample type must equal what Go's own pprof says of the fixtures.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::filter::CompiledFilter;
use analysis::lens::Granularity;
use analysis::model::Profile;
use analysis::projection::Projection;
use analysis::selection::{Inputs, select};
use analysis::session::Session;
use analysis::top::{Order, Top, sorted};
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    #[serde(default)]
    base: Option<String>,
    file: String,
    types: BTreeMap<String, Report>,
}

#[derive(Deserialize, PartialEq, Debug, Default)]
struct Report {
    total: i64,
    rows: Vec<Row>,
}

#[derive(Deserialize, PartialEq, Debug)]
struct Row {
    name: String,
    flat: i64,
    cum: i64,
}

fn oracles(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the fixtures are there") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            oracles(&path, into);
        } else if path.to_string_lossy().ends_with(".oracle.json") && !path.to_string_lossy().contains("trace.out") {
            into.push(path);
        }
    }
}

fn open(session: &mut Session, path: &Path) -> analysis::lens::SourceId {
    let bytes = fs::read(path).unwrap_or_else(|_| panic!("{} is there", path.display()));
    let id = session.open(&path.to_string_lossy(), &bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(session.profile(id).is_some(), "{} opens", path.display());
    id
}

fn ours(oracle: &Oracle, folder: &Path) -> BTreeMap<String, Report> {
    let mut session = Session::default();
    let current = open(&mut session, &folder.join(&oracle.file));
    let base = oracle.base.as_ref().map(|base| open(&mut session, &folder.join(base)));
    let bases: Vec<&Profile> = base.iter().map(|&id| session.profile(id).unwrap()).collect();
    let inputs = Inputs {
        profiles: &[session.profile(current).unwrap()],
        bases: &bases,
        diff_base: true,
        normalize: false,
        relative_percentages: false,
    };
    let (symbols, filter) = (&session.symbols, CompiledFilter::default());
    let projection = Projection::new(symbols, &filter, Granularity::Functions, false);
    let selection = select(symbols, inputs, &filter, &projection).unwrap();
    let top = Top::new(symbols, &projection, &selection);
    let report = |(at, t): (usize, &analysis::model::SampleType)| {
        let rows = sorted(symbols, &projection, top.rows(at, false), Order::Flat);
        let rows = rows.into_iter().map(|named| Row { name: named.name, flat: named.row.flat, cum: named.row.cum });
        (symbols.strings.get(t.name).to_owned(), Report { total: selection.totals[at], rows: rows.collect() })
    };
    selection.sample_types.iter().enumerate().map(report).collect()
}

#[test]
fn every_number_is_pprofs() {
    let mut paths = Vec::new();
    oracles(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go"), &mut paths);
    paths.sort();
    assert!(paths.len() > 50, "{} oracles", paths.len());
    for path in paths {
        let oracle: Oracle = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let found = ours(&oracle, path.parent().unwrap());
        assert_eq!(found.keys().collect::<Vec<_>>(), oracle.types.keys().collect::<Vec<_>>(), "{}", path.display());
        for (name, report) in &oracle.types {
            let found = &found[name];
            assert_eq!(found.total, report.total, "{}: total of {name}", path.display());
            for (found, wanted) in found.rows.iter().zip(&report.rows) {
                assert_eq!(found, wanted, "{}: {name}", path.display());
            }
            assert_eq!(found.rows.len(), report.rows.len(), "{}: rows of {name}", path.display());
        }
    }
}
