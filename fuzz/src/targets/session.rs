//! Any bytes, dropped on the page, and then what every view asks.

use analysis::lens::Lens;
use analysis::query::{Answer, Engine, FlameMode, FlameQuery, ObjectsQuery, Query, StatesQuery, TableQuery};

use super::{Target, go_on};
use crate::mutate;

/// Larger fixtures say nothing that a small one does not.
const SMALL: usize = 64 << 10;

pub(super) const TARGET: Target = Target {
    name: "session",
    run,
    repair: |bytes| mutate::checksums(bytes),
    reshape: None,
    seed: |fixture| Some(fixture.bytes()).filter(|bytes| bytes.len() < SMALL),
    written: &[],
};

fn run(bytes: &[u8]) {
    let mut engine = Engine::default();
    engine.session_mut().open("dropped", bytes, &mut go_on);
    let lens = Lens::default;
    let flame =
        FlameQuery { lens: lens(), mode: FlameMode::Value, is_inverted: false, window: [0.0, 1.0], width_px: 800.0 };
    let table = TableQuery { limit: 50, ..TableQuery::default() };
    for query in [
        Query::Files,
        Query::Findings(String::new()),
        Query::Table(table),
        Query::Flame(flame),
        Query::CallGraph { lens: lens(), nodes: 30 },
        Query::Growth { lens: lens(), lines: 5, node: String::new() },
    ] {
        // A refusal in words is an answer.
        let _ = engine.answer(&query);
    }
    let Ok(Answer::Pools(pools)) = engine.answer(&Query::Pools) else { return };
    for row in pools.pools.iter().take(4) {
        let states = StatesQuery { key: row.key, window: None, columns: 50 };
        let objects = ObjectsQuery { key: row.key, limit: 20, columns: 50, ..ObjectsQuery::default() };
        let at = Query::PoolsAt { source: row.key.source, time: 1_000 };
        for query in [Query::States(states), Query::Objects(objects), at] {
            let _ = engine.answer(&query);
        }
    }
}
