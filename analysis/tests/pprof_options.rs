//! pprof's options, number for number: every case of fixtures/oracle/options.json, which Go's own pprof answered.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use analysis::filter::CompiledFilter;
use analysis::lens::{Filter, Granularity, SourceId};
use analysis::model::Profile;
use analysis::projection::Projection;
use analysis::selection::{Inputs, select};
use analysis::session::Session;
use analysis::top::{Order, Top, sorted};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    args: Vec<String>,
    files: Vec<String>,
    types: BTreeMap<String, Wanted>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wanted {
    Report {
        total: i64,
        rows: Vec<(String, i64, i64)>,
    },
    /// pprof refused.
    #[allow(dead_code)]
    Error {
        error: bool,
    },
}

#[derive(Default)]
struct Options {
    filter: Filter,
    granularity: Granularity,
    no_inlines: bool,
    normalize: bool,
    relative: bool,
    drop_negative: bool,
    order: Order,
    base: Option<String>,
    diff_base: bool,
}

fn options(args: &[String]) -> Options {
    let mut options = Options::default();
    for arg in args {
        let (name, value) = arg.trim_start_matches('-').split_once('=').unwrap_or((arg.trim_start_matches('-'), ""));
        let value = value.to_owned();
        match name {
            "focus" => options.filter.focus = value,
            "ignore" => options.filter.ignore = value,
            "hide" => options.filter.hide = value,
            "show" => options.filter.show = value,
            "show_from" => options.filter.show_from = value,
            "tagfocus" => options.filter.tagfocus = value,
            "tagignore" => options.filter.tagignore = value,
            "functions" => options.granularity = Granularity::Functions,
            "filefunctions" => options.granularity = Granularity::FileFunctions,
            "files" => options.granularity = Granularity::Files,
            "lines" => options.granularity = Granularity::Lines,
            "addresses" => options.granularity = Granularity::Addresses,
            "noinlines" => options.no_inlines = true,
            "normalize" => options.normalize = true,
            "relative_percentages" => options.relative = true,
            "drop_negative" => options.drop_negative = true,
            "cum" => options.order = Order::Cum,
            "base" | "diff_base" => (options.base, options.diff_base) = (Some(value), name == "diff_base"),
            name => panic!("an option the test does not know: {name}"),
        }
    }
    options
}

fn open(session: &mut Session, name: &str) -> SourceId {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/oracle").join(name);
    session.open(name, fs::read(path).unwrap(), &mut |_| ControlFlow::Continue(())).unwrap()
}

/// pprof puts rows of equal value and equal name in any order; we compare them as a set.
fn untied(mut rows: Vec<(String, i64, i64)>, order: Order) -> Vec<(String, i64, i64)> {
    let key = |row: &(String, i64, i64)| (if order == Order::Cum { row.2 } else { row.1 }, row.0.clone());
    let mut start = 0;
    while start < rows.len() {
        let end = start + rows[start..].iter().take_while(|row| key(row) == key(&rows[start])).count();
        rows[start..end].sort();
        start = end;
    }
    rows
}

#[test]
fn every_option_gives_pprofs_numbers() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/oracle/options.json");
    let cases: Vec<Case> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() > 150, "{}", cases.len());
    for case in cases {
        let options = options(&case.args);
        let mut session = Session::default();
        let profiles: Vec<SourceId> = case.files.iter().map(|file| open(&mut session, file)).collect();
        let bases: Vec<SourceId> = options.base.iter().map(|file| open(&mut session, file)).collect();
        let of = |ids: &[SourceId]| -> Vec<&Profile> { ids.iter().map(|&id| session.profile(id).unwrap()).collect() };
        let (profiles, bases) = (of(&profiles), of(&bases));
        let filter = CompiledFilter::new(&options.filter).unwrap();
        let symbols = &session.symbols;
        let projection = Projection::new(symbols, &filter, options.granularity, options.no_inlines);
        let inputs = Inputs {
            profiles: &profiles,
            bases: &bases,
            diff_base: options.diff_base,
            normalize: options.normalize,
            relative_percentages: options.relative,
        };
        let selection = select(symbols, inputs, &filter, &projection).unwrap();
        let top = Top::new(symbols, &projection, &selection);
        for (name, wanted) in &case.types {
            let Wanted::Report { total, rows } = wanted else { panic!("pprof refused {:?}", case.args) };
            let column = selection.type_named(symbols, name).unwrap();
            let found = sorted(symbols, &projection, top.rows(column, options.drop_negative), options.order);
            let found: Vec<_> = found.into_iter().map(|named| (named.name, named.row.flat, named.row.cum)).collect();
            assert_eq!(
                untied(found, options.order),
                untied(rows.clone(), options.order),
                "{:?} {:?} {name}",
                case.args,
                case.files
            );
            // pprof prints no total over an empty table.
            if !rows.is_empty() {
                assert_eq!(selection.totals[column], *total, "total: {:?} {:?} {name}", case.args, case.files);
            }
        }
    }
}
