//! A race on what a pool hands out: two goroutines use one object. The race detector proves it.

use super::{fact, in_stacks, taker};
use crate::findings::{Checked, Context, Decidability, Finding, Severity};
use crate::lens::SourceId;
use crate::model::record::{Race, Record};
use crate::waits::{frames, own_frame};

/// Looks through race reports; `None` where there is none.
pub(in crate::findings) fn check(context: &Context<'_>, into: &mut Vec<Finding>) -> Option<Checked> {
    let mut is_covered = false;
    let mut said: Vec<String> = Vec::new();
    for (source, record) in context.session.records() {
        let Record::Races(races) = record else { continue };
        is_covered = true;
        for race in &races.races {
            let stacks = [race.now.stack, race.before.stack];
            let Some(pool) = stacks.iter().find_map(|&stack| taker(context, stack)) else { continue };
            // The same pool once, however often it was seen.
            if !said.contains(&pool) {
                into.extend(finding(context, source.id, race, &pool));
                said.push(pool);
            }
        }
    }
    is_covered.then(|| Checked::Clear("0 races".to_owned()))
}

fn finding(context: &Context<'_>, source: SourceId, race: &Race, pool: &str) -> Option<Finding> {
    let symbols = &context.session.symbols;
    let own = |stack| {
        let all = frames(symbols, stack);
        own_frame(symbols, &all).or(all.first().copied())
    };
    let (now, before) = (own(race.now.stack)?, own(race.before.stack)?);
    let name = |frame: crate::waits::Frame| context.text(frame.function);
    Some(Finding {
        rule: "cross-thread".to_owned(),
        severity: Severity::L2,
        known: Decidability::Proven,
        claim: format!(
            "2 goroutines use one object around {pool}, which takes from a pool or gives back: {} in {} and {} in {}.",
            race.now.what,
            name(now),
            race.before.what,
            name(before)
        ),
        detail: "Nothing orders the two: one of them goes on with the object after it was given back, or hands it to another \
                 goroutine while it still holds it."
            .to_owned(),
        weight: 1,
        headline: "2 holders".to_owned(),
        site: context.place(now.function, race.now.stack, Some(pool.to_owned())),
        evidence: vec![in_stacks(source, format!("Address {:#x}", race.address), name(now))],
        facts: vec![fact(race.now.what.clone(), "now"), fact(race.before.what.clone(), "before")],
        disproof: "The address being of no pooled object: a counter that all share, say.".to_owned(),
        fix: "Put in the goroutine that took, when all others are done with it: wait for them, or hand on a copy.".to_owned(),
        next: "contrib/go/poolscope in place of the sync.Pool says in a trace which goroutine took and which gave back."
            .to_owned(),
        command: "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'".to_owned(),
    })
}
