//! A victim generation that keeps objects through one purge more, and from which hardly one is taken.

use super::{Said, Seen, fact, number, pools, share, time};
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::State;
use crate::words::percent;

/// `useless-victim`
pub(super) struct UselessVictim;

impl Rule for UselessVictim {
    fn name(&self) -> &'static str {
        "useless-victim"
    }

    fn title(&self) -> &'static str {
        "Victims never taken"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(all) = pools(context) else { return Checked::NotCovered };
        let t = context.thresholds;
        let mut aged_in_all = 0;
        for seen in &all {
            let aged: u64 = seen.life.steps.iter().filter(|(step, _)| step.to() == State::Victim).map(|(_, n)| n).sum();
            let taken = seen.life.count(State::Victim, State::Active);
            aged_in_all += aged;
            if aged >= t.pool_min_events && share(taken, aged) < t.useless_max_victims {
                into.push(finding(seen, aged, taken));
            }
        }
        Checked::Clear(format!("{} victims", number(aged_in_all)))
    }
}

fn finding(seen: &Seen<'_>, aged: u64, taken: u64) -> Finding {
    let stay = seen.life.dwell_in(State::Victim).and_then(|dwell| dwell.quantile(0.5));
    seen.finding(Said {
        rule: "useless-victim",
        severity: Severity::L1,
        claim: format!(
            "{}: of {} objects that became victims, {} were taken again.",
            seen.name,
            number(aged),
            number(taken)
        ),
        detail:
            "Victims hold memory for one purge more, in the hope that they are wanted; here they are not. The pool \
                 shrinks a purge later than it could."
                .to_owned(),
        weight: aged,
        headline: percent(share(taken, aged)),
        site: seen.whole(),
        evidence: vec![seen.evidence(format!("{} IDLE → VICTIM", number(aged)), None, None)],
        facts: vec![
            fact(number(aged), "became victims"),
            fact(number(taken), "taken again"),
            fact(stay.map_or("–".to_owned(), time), "time as a victim, median"),
        ],
        disproof: "A load that comes in waves longer than this record.",
        fix: "Purge more often, or twice in a row when memory is short.".to_owned(),
        next: "A record over several waves of the load.",
        rests_on_all: true,
    })
}
