//! The engine inside WASM: the same bytes give the same answers as natively.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod numbers;

use std::ops::ControlFlow;

use analysis::lens::Lens;
use analysis::query::{Answer, Engine, FlameMode, FlameQuery, Query, TableQuery};
use wasm_bindgen_test::wasm_bindgen_test;

const HEAPS: [(&str, &[u8]); 6] = [
    ("heap.0.pb.gz", include_bytes!("../../fixtures/go/leak-retained/go1.27.3/heap.0.pb.gz")),
    ("heap.1.pb.gz", include_bytes!("../../fixtures/go/leak-retained/go1.27.3/heap.1.pb.gz")),
    ("heap.2.pb.gz", include_bytes!("../../fixtures/go/leak-retained/go1.27.3/heap.2.pb.gz")),
    ("heap.3.pb.gz", include_bytes!("../../fixtures/go/leak-retained/go1.27.3/heap.3.pb.gz")),
    ("heap.4.pb.gz", include_bytes!("../../fixtures/go/leak-retained/go1.27.3/heap.4.pb.gz")),
    ("heap.5.pb.gz", include_bytes!("../../fixtures/go/leak-retained/go1.27.3/heap.5.pb.gz")),
];

fn engine() -> Engine {
    let mut engine = Engine::default();
    for (name, bytes) in HEAPS {
        engine.session_mut().open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    }
    engine
}

#[wasm_bindgen_test]
fn the_table_holds_pprofs_numbers() {
    let query = Query::Table(TableQuery { limit: 10, ..TableQuery::default() });
    let Ok(Answer::Table(table)) = engine().answer(&query) else { panic!("a table") };
    // As heap.5.pb.gz.oracle.json says.
    assert_eq!(table.totals[table.column as usize], 36_562_752);
    assert_eq!((table.rows[0].name.as_str(), table.rows[0].flat), ("main.initSession", 34_212_013));
}

#[wasm_bindgen_test]
fn the_leak_is_named() {
    let Ok(Answer::Findings(found)) = engine().answer(&Query::Findings(String::new())) else { panic!("findings") };
    assert_eq!(
        (found.findings[0].rule.as_str(), found.findings[0].site.function.as_str()),
        ("heap-leak", "main.initSession")
    );
}

#[wasm_bindgen_test]
fn every_number_of_every_rule_is_the_native_one() {
    let mut engine = engine();
    let pools = include_bytes!("../../fixtures/pool/leak/orders.pooltrace").as_slice();
    engine.session_mut().open("orders.pooltrace", pools, &mut |_| ControlFlow::Continue(())).unwrap();
    let found = numbers::numbers(engine.diagnose(&Default::default()));
    assert_eq!(found, include_str!("../../fixtures/oracle/leak-retained.numbers.txt"));
}

#[wasm_bindgen_test]
fn the_flame_graph_is_as_wide_as_the_total() {
    let query = FlameQuery {
        lens: Lens::default(),
        mode: FlameMode::Value,
        is_inverted: false,
        window: [0.0, 1.0],
        width_px: 1000.0,
    };
    let Ok(Answer::Flame(flame)) = engine().answer(&Query::Flame(query)) else { panic!("a flame graph") };
    let roots: i64 =
        flame.depth.iter().zip(&flame.value).filter(|(depth, _)| **depth == 0).map(|(_, value)| value).sum();
    assert_eq!(roots, 36_562_752);
}

#[wasm_bindgen_test]
fn a_trace_reads_as_it_does_natively() {
    let bytes = include_bytes!("../../fixtures/go/healthy/go1.27.3-flight/trace.out");
    let mut symbols = analysis::model::Symbols::default();
    let read = analysis::formats::go_trace::read(bytes, &mut symbols, &mut |_| ControlFlow::Continue(()));
    let (trace, warnings) = read.unwrap();
    // As trace.out.oracle.json says.
    assert_eq!((trace.event_count(), warnings.len()), (18_520, 0));
}

#[wasm_bindgen_test]
fn a_pool_trace_is_replayed_and_judged_as_natively() {
    let mut engine = Engine::default();
    let bytes = include_bytes!("../../fixtures/pool/leak/orders.pooltrace").as_slice();
    let id = engine.session_mut().open("orders.pooltrace", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    let lives = engine.session().pools(id).unwrap();
    assert!(lives.pools.iter().all(|pool| pool.is_sure()));
    let Ok(Answer::Findings(found)) = engine.answer(&Query::Findings(String::new())) else { panic!("findings") };
    let rules: Vec<&str> = found.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["never-returned", "put-missing-on-error-path"]);
}
