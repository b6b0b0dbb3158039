//! One place takes objects that come back soon, and others that never do: a path on which the put is missing.

use super::never_returned::{Stuck, returned, threshold};
use super::{Said, Seen, fact, number, pools, share, time};
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::Site;
use crate::words::percent;

/// `put-missing-on-error-path`
pub(super) struct PutMissing;

impl Rule for PutMissing {
    fn name(&self) -> &'static str {
        "put-missing-on-error-path"
    }

    fn title(&self) -> &'static str {
        "Put missing on a path"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(all) = pools(context) else { return Checked::NotCovered };
        let mut sites = 0;
        for seen in &all {
            let threshold = threshold(seen);
            for site in &seen.life.sites {
                sites += 1;
                let (stuck, returned) = (Stuck::of(site, threshold), returned(seen, site));
                // Fewer may be what is under way; and where most do not come back, no path has a put.
                if stuck.count >= context.thresholds.leak_min_objects / 3 && returned > stuck.count {
                    into.push(finding(seen, site, stuck, returned));
                }
            }
        }
        Checked::Clear(format!("{} sites", number(sites)))
    }
}

fn finding(seen: &Seen<'_>, site: &Site, stuck: Stuck, returned: u64) -> Finding {
    let own = || seen.life.handovers.iter().filter(|handover| handover.got_at == site.got_at);
    let longest = own().map(|handover| handover.max_nanos).max().unwrap_or(0);
    let place = seen.at(site.got_at);
    let mut evidence: Vec<_> = own()
        .take(3)
        .map(|handover| {
            let text = format!("{} put at {}", number(handover.count), seen.at(handover.put_at));
            seen.evidence(text, None, None)
        })
        .collect();
    evidence.push(seen.evidence(format!("{} put nowhere", number(stuck.count)), None, None));
    seen.finding(Said {
        rule: "put-missing-on-error-path",
        severity: Severity::L2,
        claim: format!(
            "{}: of what is taken at {place}, {} came back within {} and {} never did: some path out of it has no put.",
            seen.name,
            number(returned),
            time(longest),
            number(stuck.count)
        ),
        detail: format!(
            "Two populations of one call site: those that come back do so {}× sooner than the youngest of those that do \
             not. An early return, an error, a panic, or a list that keeps them.",
            number(stuck.youngest / longest.max(1))
        ),
        weight: stuck.count,
        headline: percent(share(stuck.count, returned + stuck.count)),
        site: seen.place(site.got_at),
        evidence,
        facts: vec![
            fact(number(returned), "came back"),
            fact(time(longest), "the slowest of them"),
            fact(number(stuck.count), "never did"),
            fact(time(stuck.youngest), "the youngest of those"),
        ],
        disproof: "The objects that are out being meant to stay out: in a cache, a queue, a session.",
        fix: format!(
            "Follow every path from {place} to its end and put on each; a guard, or a deferred put right after the get, \
             covers them all."
        ),
        next: "Record touches (up to four a hand-out): the last touch of an object that is out is on the path without a put.",
        rests_on_all: true,
    })
}
