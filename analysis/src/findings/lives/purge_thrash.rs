//! A pool that is purged before its objects are wanted again: each purge is paid for by making them anew.

use super::remade::remade;
use super::{Said, Seen, fact, number, pools, share, time};
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::State;
use crate::model::pool::{Counter, DropReason, Mark};
use crate::words::percent;

/// `purge-thrash`
pub(super) struct PurgeThrash;

impl Rule for PurgeThrash {
    fn name(&self) -> &'static str {
        "purge-thrash"
    }

    fn title(&self) -> &'static str {
        "Purge thrash"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(all) = pools(context) else { return Checked::NotCovered };
        let t = context.thresholds;
        let mut most = 0;
        for seen in &all {
            let counts = Counts::of(seen);
            most = most.max(counts.purged);
            let thrashed = remade(seen, &[DropReason::Purged]);
            if thrashed >= t.pool_min_events && share(thrashed, counts.gets) >= t.thrash_min_share {
                into.push(finding(seen, &counts, thrashed));
            }
        }
        Checked::Clear(number(most))
    }
}

struct Counts {
    purged: u64,
    made: u64,
    gets: u64,
    purges: u64,
}

impl Counts {
    fn of(seen: &Seen<'_>) -> Self {
        let purges = seen.marks().filter(|mark| matches!(mark.what, Mark::Purge { .. })).count() as u64;
        Self {
            purged: seen.counted(Counter::DroppedPurged, seen.life.dropped(DropReason::Purged)),
            made: seen.counted(Counter::News, seen.life.balance.new),
            gets: seen.gets(),
            purges: seen.counted(Counter::Purges, purges),
        }
    }
}

fn finding(seen: &Seen<'_>, counts: &Counts, thrashed: u64) -> Finding {
    let between = (seen.seconds() * 1e9) as u64 / counts.purges.max(1);
    let idle = seen.life.dwell_in(State::Idle).and_then(|dwell| dwell.quantile(0.5));
    let first = seen.marks().find(|mark| matches!(mark.what, Mark::Purge { dropped: 1.., .. }));
    let making = seen.setup.making;
    seen.finding(Said {
        rule: "purge-thrash",
        severity: Severity::L2,
        claim: format!(
            "{}: {} purges, one every {}, dropped {} objects, and {} of {} gets had to make one anew.",
            seen.name,
            number(counts.purges),
            time(between),
            number(counts.purged),
            number(thrashed),
            number(counts.gets)
        ),
        detail: "An idle object lives at most two purges, and it is wanted again later than that: the pool keeps nothing \
                 long enough to be of use."
            .to_owned(),
        weight: thrashed,
        headline: format!("{} of gets", percent(share(thrashed, counts.gets))),
        site: seen.whole(),
        evidence: vec![
            seen.evidence(format!("{} COLLECTED", number(counts.purged)), None, first.map(|mark| mark.time)),
            seen.evidence(format!("{} made", number(counts.made)), None, None),
        ],
        facts: vec![
            fact(number(counts.purged), "purged"),
            fact(time(between), "between purges"),
            fact(idle.map_or("–".to_owned(), time), "idle before a get or a purge, median"),
            fact(time(making.nanos.checked_div(making.count).unwrap_or(0)), "to make one"),
        ],
        disproof: "Memory that the program needs elsewhere at those moments: then the purges do what they should.",
        fix: match seen.setup.purge_interval_nanos {
            0 => "Purge less often, or keep a least number of idle objects through purges (capacity_min).".to_owned(),
            interval => format!(
                "The pool is purged every {}: make that longer than the time between two uses, or keep a least number of \
                 idle objects through purges (capacity_min).",
                time(interval)
            ),
        },
        next: "The same load with a longer interval: objects made should fall to the number that is out at once.",
        rests_on_all: true,
    })
}
