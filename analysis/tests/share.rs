//! Analyses that travel: what comes out is what went in, with every total; hostile text is refused in words.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::ops::ControlFlow;

use analysis::lens::Lens;
use analysis::query::{Answer, Engine, Query, TableQuery};
use analysis::share::{Draft, RED_BYTES, decode};

const HEAPS: [&str; 3] = [
    "go/leak-retained/go1.27.3/heap.0.pb.gz",
    "go/leak-retained/go1.27.3/heap.1.pb.gz",
    "go/leak-retained/go1.27.3/heap.2.pb.gz",
];

fn engine(names: &[&str]) -> Engine {
    let mut engine = Engine::default();
    for name in names {
        let path = format!("{}/../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let name = name.rsplit('/').next().unwrap();
        engine.session_mut().open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    }
    engine
}

fn totals(engine: &mut Engine) -> Vec<i64> {
    let query = TableQuery { lens: Lens::default(), ..TableQuery::default() };
    let Ok(Answer::Table(table)) = engine.answer(&Query::Table(query)) else { panic!("no table") };
    table.totals
}

#[test]
fn an_analysis_comes_back_with_its_totals_and_findings() {
    let mut sender = engine(&HEAPS);
    let encoded = Draft::of(&mut sender, "").encode(RED_BYTES).unwrap();
    let mut receiver = Engine::default();
    receiver.session_mut().open_shared(&decode(&encoded.text).unwrap());
    assert_eq!(totals(&mut receiver), totals(&mut sender));
}
