//! A pool that drops objects because it keeps too few, and makes others in their stead.

use super::remade::remade;
use super::{Said, Seen, fact, number, pools, share, time};
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::model::pool::{DropReason, EventKind};
use crate::words::percent;

/// `new-storm`
pub(super) struct NewStorm;

/// Why a pool drops what it could have kept.
const DROPS: [DropReason; 3] = [DropReason::Capacity, DropReason::Oversize, DropReason::Compacted];

impl Rule for NewStorm {
    fn name(&self) -> &'static str {
        "new-storm"
    }

    fn title(&self) -> &'static str {
        "Storm of New"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(all) = pools(context) else { return Checked::NotCovered };
        let t = context.thresholds;
        let mut fastest = 0.0_f64;
        for seen in &all {
            let gets = seen.gets();
            let dropped = DROPS.iter().map(|&reason| seen.life.dropped(reason)).sum();
            let again = remade(seen, &DROPS);
            let rate = again as f64 / seen.seconds();
            fastest = fastest.max(rate);
            if again >= t.pool_min_events && rate >= t.storm_min_per_second && share(again, gets) >= t.storm_min_share {
                into.push(finding(seen, again, gets, dropped));
            }
        }
        Checked::Clear(format!("{fastest:.0}/s"))
    }
}

fn finding(seen: &Seen<'_>, again: u64, gets: u64, dropped: u64) -> Finding {
    let making = seen.setup.making;
    let mean = making.nanos.checked_div(making.count).unwrap_or(0);
    let rate = again as f64 / seen.seconds();
    // Who asked most often.
    let rows = seen.lifecycle.rows.facts.get(seen.life.rows.clone()).unwrap_or_default();
    let mut by_site: Vec<(crate::model::StackId, u64)> = Vec::new();
    for fact in rows.iter().filter(|fact| fact.kind == EventKind::New) {
        match by_site.iter_mut().find(|(stack, _)| *stack == fact.stack) {
            Some((_, count)) => *count += 1,
            None => by_site.push((fact.stack, 1)),
        }
    }
    let site = by_site.iter().max_by_key(|(_, count)| *count).map(|(stack, _)| *stack);
    let oversize = seen.life.dropped(DropReason::Oversize);
    let why = if oversize * 2 > dropped {
        "What comes back is larger than the pool keeps"
    } else {
        "More come back at once than the pool keeps"
    };
    seen.finding(Said {
        rule: "new-storm",
        severity: Severity::L2,
        claim: format!(
            "{}: {} of {} gets made an object although {} had been dropped before: {rate:.0} a second, {} each.",
            seen.name,
            number(again),
            number(gets),
            number(dropped),
            time(mean)
        ),
        detail: format!("{why}, so it drops them, and the next burst makes them anew."),
        weight: again,
        headline: format!("{rate:.0}/s"),
        site: site.map_or(seen.whole(), |stack| seen.place(stack)),
        evidence: vec![
            seen.evidence(format!("{} DROPPED", number(dropped)), None, None),
            seen.evidence(format!("{} NEW", number(making.count)), None, None),
        ],
        facts: vec![
            fact(percent(share(again, gets)), "of gets made one"),
            fact(time(mean), "to make one"),
            fact(time(making.max_nanos), "the longest"),
            fact(time(making.nanos), "in all"),
        ],
        disproof: "Making an object being as cheap as a get: then the pool may be left out.",
        fix: "Let the pool keep as many idle objects as a burst needs (capacity_per_shard), or take fewer at once."
            .to_owned(),
        next: "The same load with more capacity: objects made should fall to the number that is out at once.",
        rests_on_all: true,
    })
}
