//! Pools that a trace tells of, for the worker of profiles, which replays and shows records of pools.

use analysis::lifecycle::{Handed, TraceWalk};
use trace_worker::FromTrace;
use worker_io::{file_of, say, say_with};

use crate::read::{STEP_EVENTS, breathe};
use crate::stage::Shared;

/// Events of objects that are handed over: some 70 MB packed, and 200 MB in the other worker.
const MOST_EVENTS: usize = 4_000_000;

/// What is said of a trace without pools.
const NONE: &str = "The trace tells nothing of pools. A Go program tells of its pools with contrib/go/poolscope in place of \
    sync.Pool, and of all its objects when it runs with GODEBUG=traceallocfree=1 (Go 1.24 and later). Pools in Go heap \
    profiles are judged in Findings.";

/// Looks through a trace that was read, in steps, and tells the page what it found.
pub(crate) async fn hand_over(shared: &Shared, key: u32) {
    let Some(mut walk) = start(shared, key) else { return };
    loop {
        breathe().await;
        let mut stage = shared.borrow_mut();
        let Some(open) = stage.trace(key) else { return };
        let Some((trace, symbols)) = open.whole() else { return };
        let is_done = walk.follow(trace, symbols, STEP_EVENTS);
        if walk.events() > MOST_EVENTS {
            let words = format!(
                "This trace tells of pools in more than {} million events, which is more than a browser tab is given. The command \
                 has no such limit: poolscope pool {}",
                MOST_EVENTS / 1_000_000,
                open.name
            );
            return say(&stage.scope, &FromTrace::Pools { key, words });
        }
        if !is_done {
            continue;
        }
        let found = walk.finish(trace).map(|history| Handed::pack(history, symbols));
        let file = found.and_then(|found| file_of(&found));
        let words = if file.is_some() { String::new() } else { NONE.to_owned() };
        return say_with(&stage.scope, &FromTrace::Pools { key, words }, file.as_ref().map(AsRef::as_ref));
    }
}

fn start(shared: &Shared, key: u32) -> Option<TraceWalk> {
    let mut stage = shared.borrow_mut();
    let (trace, symbols) = stage.trace(key)?.whole()?;
    Some(TraceWalk::new(trace, symbols))
}
