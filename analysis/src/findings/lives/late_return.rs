//! Objects that came back after they had counted as leaked.

use super::{Said, Seen, fact, number, pools, share, time};
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::State;
use crate::words::percent;

/// `late-return`
pub(super) struct LateReturn;

impl Rule for LateReturn {
    fn name(&self) -> &'static str {
        "late-return"
    }

    fn title(&self) -> &'static str {
        "Objects given back late"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(all) = pools(context) else { return Checked::NotCovered };
        let mut longest = 0;
        for seen in &all {
            let Some(dwell) = seen.life.dwell_in(State::Active) else { continue };
            longest = longest.max(dwell.longest_ended().unwrap_or(0));
            let threshold = seen.setup.leak_threshold_nanos;
            let late = dwell.ended_after(threshold);
            if threshold > 0 && late > 0 {
                into.push(finding(seen, late, dwell.ended(), threshold));
            }
        }
        Checked::Clear(time(longest))
    }
}

fn finding(seen: &Seen<'_>, late: u64, all: u64, threshold: u64) -> Finding {
    let t = seen.context.thresholds;
    let is_common = late >= t.leak_min_objects && share(late, all) >= t.late_min_share;
    let slowest = seen.life.handovers.iter().max_by_key(|handover| handover.max_nanos);
    let (site, place) = slowest.map_or((seen.whole(), "an unknown place".to_owned()), |handover| {
        (seen.place(handover.got_at), seen.at(handover.got_at))
    });
    let longest = slowest.map_or(0, |handover| handover.max_nanos);
    seen.finding(Said {
        rule: "late-return",
        severity: if is_common { Severity::L2 } else { Severity::L1 },
        claim: format!(
            "{}: {} of {} objects came back later than {}, the slowest after {}, taken at {place}.",
            seen.name,
            number(late),
            number(all),
            time(threshold),
            time(longest)
        ),
        detail: "No leak: they came back. While they are out the pool makes others, so it grows to the slowest holder."
            .to_owned(),
        weight: late,
        headline: format!("{} late", number(late)),
        site,
        evidence: vec![seen.evidence("Time in ACTIVE".to_owned(), None, None)],
        facts: vec![
            fact(number(late), "late"),
            fact(percent(share(late, all)), "of all"),
            fact(time(longest), "the slowest"),
            fact(time(threshold), "the pool’s threshold"),
        ],
        disproof: "A threshold that is shorter than the work: then raise it.",
        fix: format!(
            "Give the object back before waiting for something slow, or raise the threshold. Look at {place}."
        ),
        next: "A record with touches shows what the slow holders did last.",
        rests_on_all: false,
    })
}
