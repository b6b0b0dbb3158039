//! Searching through all events: between steps the worker hears hands and draws.

use trace_worker::{FromTrace, TableQuery};
use wasm_bindgen_futures::spawn_local;
use worker_io::say;

use crate::read::breathe;
use crate::stage::{Shared, Stage};

/// Events that are looked through between two messages: less than a frame.
const STEP_EVENTS: usize = 100_000;
/// How often it is told what was found.
const PAUSE_MILLIS: f64 = 250.0;

/// Answers, and goes on until all is found, or until something else is asked.
pub(crate) fn answer(shared: &Shared, seq: u32, query: TableQuery) {
    if tell(&mut shared.borrow_mut(), seq, &query) {
        return;
    }
    let shared = shared.clone();
    spawn_local(async move {
        let mut told = shared.borrow().now();
        loop {
            breathe().await;
            let stage = &mut *shared.borrow_mut();
            if stage.asked != seq {
                return;
            }
            let is_done = stage.search(STEP_EVENTS);
            if is_done || stage.now() - told > PAUSE_MILLIS {
                told = stage.now();
                if tell(stage, seq, &query) {
                    return;
                }
            }
        }
    });
}

/// Tells what was found; `true` when there is no more to be found.
fn tell(stage: &mut Stage, seq: u32, query: &TableQuery) -> bool {
    let (markup, is_done) = stage.table(query);
    say(&stage.scope, &FromTrace::Table { seq, markup });
    is_done
}
