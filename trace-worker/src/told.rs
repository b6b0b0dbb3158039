//! What a trace tells, in sum and of pools, for the worker of profiles, which judges all files together and shows pools.

use analysis::handed::Handed;
use analysis::lifecycle::TraceWalk;
use analysis::trace_digest::survey_digest;
use trace_worker::FromTrace;
use worker_io::{file_of, say_with};

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
    let Some(mut pools) = start(shared, key) else { return };
    loop {
        breathe().await;
        let mut stage = shared.borrow_mut();
        let Some(open) = stage.trace(key) else { return };
        let name = open.name.clone();
        let Some((trace, symbols, survey, lost)) = open.whole() else { return };
        let is_too_many = pools.events() > MOST_EVENTS;
        if !is_too_many && !pools.follow(trace, symbols, STEP_EVENTS) {
            continue;
        }
        let history = if is_too_many { None } else { pools.finish(trace) };
        let words = match &history {
            _ if is_too_many => format!(
                "This trace tells of pools in more than {} million events, which is more than a browser tab is given. The command \
                 has no such limit: poolscope pool {name}",
                MOST_EVENTS / 1_000_000
            ),
            Some(_) => String::new(),
            None => NONE.to_owned(),
        };
        let digest = survey_digest(survey, trace, symbols, lost);
        let file = file_of(&Handed::pack((digest, history), symbols));
        return say_with(&stage.scope, &FromTrace::Told { key, words }, file.as_ref().map(AsRef::as_ref));
    }
}

fn start(shared: &Shared, key: u32) -> Option<TraceWalk> {
    let mut stage = shared.borrow_mut();
    let (trace, symbols, ..) = stage.trace(key)?.whole()?;
    Some(TraceWalk::new(trace, symbols))
}
