//! A pool whose gets hardly ever find an object.

use super::{Said, Seen, fact, number, pools, share, time};
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::model::pool::{Counter, Tier};
use crate::words::percent;

/// `useless-pool`
pub(super) struct UselessPool;

impl Rule for UselessPool {
    fn name(&self) -> &'static str {
        "useless-pool"
    }

    fn title(&self) -> &'static str {
        "Pools without hits"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(all) = pools(context) else { return Checked::NotCovered };
        let t = context.thresholds;
        let mut lowest = 1.0_f64;
        for seen in &all {
            let gets = seen.gets();
            let hits = seen.counted(Counter::HitsPrivate, seen.life.gets_of(Tier::Private))
                + seen.counted(Counter::HitsShared, seen.life.gets_of(Tier::Shared))
                + seen.counted(Counter::HitsStolen, seen.life.gets_of(Tier::Stolen))
                + seen.counted(Counter::HitsVictim, seen.life.gets_of(Tier::Victim))
                + seen.life.gets_of(Tier::Unknown);
            if gets < t.useless_min_gets {
                continue;
            }
            lowest = lowest.min(share(hits, gets));
            if share(hits, gets) < t.useless_max_hits {
                into.push(finding(seen, hits, gets));
            }
        }
        Checked::Clear(format!("{} missed", percent(1.0 - lowest)))
    }
}

fn finding(seen: &Seen<'_>, hits: u64, gets: u64) -> Finding {
    let making = seen.setup.making;
    let mean = making.nanos.checked_div(making.count).unwrap_or(0);
    let rate = gets as f64 / seen.seconds();
    let is_busy = rate >= seen.context.thresholds.miss_min_per_second;
    seen.finding(Said {
        rule: "useless-pool",
        severity: if is_busy { Severity::L2 } else { Severity::L1 },
        claim: format!(
            "{}: only {} of {} gets found an object; the pool pools nothing.",
            seen.name,
            number(hits),
            number(gets)
        ),
        detail:
            "Objects are not given back, or are gone before the next get: every get pays for the pool and for a new \
                 object."
                .to_owned(),
        weight: gets - hits,
        headline: percent(share(hits, gets)),
        site: seen.whole(),
        evidence: vec![seen.evidence(format!("{} of {} gets hit", number(hits), number(gets)), None, None)],
        facts: vec![
            fact(percent(share(hits, gets)), "of gets hit"),
            fact(number(seen.life.puts), "puts"),
            fact(time(mean), "to make one"),
        ],
        disproof: "Hits later in the day: this record may be of the time when the pool was filled.",
        fix: "Find out where objects go (the States view shows it), or leave the pool out.".to_owned(),
        next: "A record of a busier time.",
        rests_on_all: true,
    })
}
