//! Comparing with a base: scaled to the current total, and without what fell.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;
use std::path::Path;

use analysis::lens::{Base, Lens, SourceId};
use analysis::query::{Answer, Engine, FlameMode, FlameQuery, Query, TableAnswer, TableQuery};

/// Two heaps of a leak; the lens compares the second with the first.
fn two() -> (Engine, Lens) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/go/leak-retained/go1.27.3");
    let mut engine = Engine::default();
    let ids: Vec<SourceId> = ["heap.0.pb.gz", "heap.5.pb.gz"]
        .into_iter()
        .map(|name| {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            engine.session_mut().open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap()
        })
        .collect();
    let lens = Lens { current: Some(ids[1]), base: Base::Base(ids[0]), ..Lens::default() };
    (engine, lens)
}

fn table(engine: &mut Engine, lens: &Lens) -> TableAnswer {
    let query = TableQuery { lens: lens.clone(), limit: 10_000, ..TableQuery::default() };
    let Ok(Answer::Table(table)) = engine.answer(&Query::Table(query)) else { panic!("a table") };
    table
}

#[test]
fn a_normalized_base_has_the_current_total() {
    let (mut engine, lens) = two();
    let flame = |engine: &mut Engine, normalize: bool| {
        let lens = Lens { normalize, ..lens.clone() };
        let query = FlameQuery { lens, mode: FlameMode::Change, is_inverted: false, window: [0.0, 1.0], width_px: 1e6 };
        let Ok(Answer::Flame(flame)) = engine.answer(&Query::Flame(query)) else { panic!("a flame graph") };
        flame
    };
    let [now, _, before] = flame(&mut engine, false).totals;
    assert!(before < now / 2, "{before} of {now}");
    let normalized = flame(&mut engine, true);
    assert_eq!(normalized.totals[2], normalized.totals[0]);
    // What grew with the whole has not grown in share.
    let delta = |engine: &mut Engine, normalize: bool| {
        let table = table(engine, &Lens { normalize, ..lens.clone() });
        table.rows.iter().find(|row| row.name == "main.initSession").unwrap().delta.unwrap()
    };
    let (plain, scaled) = (delta(&mut engine, false), delta(&mut engine, true));
    assert!(scaled < plain, "{scaled} of {plain}");
}

#[test]
fn what_fell_is_left_out() {
    let (mut engine, mut lens) = two();
    lens.normalize = true;
    let fell = |table: &TableAnswer| table.rows.iter().filter(|row| row.delta.unwrap() < 0).count();
    assert!(fell(&table(&mut engine, &lens)) > 0);
    lens.drop_negative = true;
    assert_eq!(fell(&table(&mut engine, &lens)), 0);
}
