//! An analysis out of a link: whatever its columns, nothing panics or grows; what opens answers every question, and what was opened
//! is shared again with the same totals.

use analysis::findings::Thresholds;
use analysis::lens::Lens;
use analysis::query::{Answer, Engine, Query, StatesQuery, TableQuery};
use analysis::share::{AMBER_BYTES, Draft, decode, seal, unseal};

use super::Target;
use crate::mutate;

pub(super) const TARGET: Target = Target {
    name: "analysis_link",
    run,
    repair: mutate::nothing,
    reshape: None,
    // What is behind compression and checksum is what breaks.
    seed: |fixture| fixture.is(".analysis.txt").then(|| unseal(&fixture.text()?).ok()).flatten(),
    written: &["", "AQ", "AgAAAAA"],
};

fn run(bytes: &[u8]) {
    assert!(decode(&String::from_utf8_lossy(bytes)).is_err(), "columns are no text");
    let Ok(analysis) = decode(&seal(bytes).expect("memory takes all")) else { return };
    let mut engine = Engine::default();
    engine.session_mut().open_shared(&analysis);
    engine.diagnose(&Thresholds::default());
    let totals = totals(&mut engine);
    if let Ok(Answer::Pools(pools)) = engine.answer(&Query::Pools) {
        for pool in &pools.pools {
            let query = StatesQuery { key: pool.key, ..StatesQuery::default() };
            engine.answer(&Query::States(query)).expect("states are answered");
        }
    }
    engine.contention("");
    engine.clock();
    // What is not in a budget is told.
    let Ok(again) = Draft::of(&mut engine, "").encode(AMBER_BYTES) else { return };
    let mut next = Engine::default();
    next.session_mut().open_shared(&decode(&again.text).expect("what was encoded is read"));
    assert_eq!(self::totals(&mut next), totals, "shared again");
}

fn totals(engine: &mut Engine) -> Vec<i64> {
    match engine.answer(&Query::Table(TableQuery { lens: Lens::default(), ..TableQuery::default() })) {
        Ok(Answer::Table(table)) => table.totals,
        _ => Vec::new(),
    }
}
