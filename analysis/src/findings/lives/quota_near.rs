//! A tenant near the limit of what its pools may hold, or refused at it. A control group that is so is told of under the same
//! name.

use super::{Said, Seen, fact, number, pools, size};
use crate::findings::process::check_quota;
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::model::pool::{Mark, PoolMark};
use crate::words::percent;

/// `quota-near`
pub(super) struct QuotaNear;

impl Rule for QuotaNear {
    fn name(&self) -> &'static str {
        "quota-near"
    }

    fn title(&self) -> &'static str {
        "Quotas"
    }

    fn needs(&self) -> &'static str {
        "a control group’s memory.max, or a record of a pool with a quota"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let of_groups = check_quota(context, into);
        let Some(all) = pools(context) else { return of_groups };
        for seen in &all {
            let quota = |mark: &Mark| match *mark {
                Mark::Quota { used, limit, refused } => Some(Use { used, limit, refused }),
                _ => None,
            };
            let told = seen.marked(quota);
            if !told.is_empty() {
                into.push(finding(seen, &told));
            }
        }
        match of_groups {
            Checked::NotCovered => Checked::Clear("none told".to_owned()),
            told => told,
        }
    }
}

#[derive(Clone, Copy)]
struct Use {
    used: u64,
    limit: u64,
    refused: bool,
}

impl Use {
    fn share(self) -> f64 {
        self.used as f64 / self.limit.max(1) as f64
    }
}

fn finding(seen: &Seen<'_>, told: &[(&PoolMark, Use)]) -> Finding {
    let refused = told.iter().filter(|(_, quota)| quota.refused).count() as u64;
    let highest = told.iter().max_by(|(_, a), (_, b)| a.share().total_cmp(&b.share()));
    let (used, limit, at) = highest.map_or((0, 0, None), |(mark, quota)| (quota.used, quota.limit, Some(*mark)));
    let tenant = match seen.context.text(seen.setup.tenant) {
        "" => "its tenant".to_owned(),
        tenant => format!("tenant {tenant}"),
    };
    let shown = percent(used as f64 / limit.max(1) as f64);
    let claim = match refused {
        0 => format!("{}: {tenant} came to {shown} of its limit, {} of {}.", seen.name, size(used), size(limit)),
        refused => format!(
            "{}: {} gets were refused because {tenant} was at its limit of {}.",
            seen.name,
            number(refused),
            size(limit)
        ),
    };
    seen.finding(Said {
        rule: "quota-near",
        severity: if refused > 0 { Severity::L3 } else { Severity::L2 },
        claim,
        detail: "At four fifths of its limit a pool calls back and purges early; at the limit a get fails.".to_owned(),
        weight: refused.max(1),
        headline: shown.clone(),
        site: at.map_or(seen.whole(), |mark| seen.place(mark.stack)),
        evidence: vec![seen.evidence(format!("{shown} of the limit"), None, at.map(|mark| mark.time))],
        facts: vec![
            fact(size(used), "used"),
            fact(size(limit), "limit"),
            fact(number(refused), "gets refused"),
            fact(number(told.len() as u64), "times told"),
        ],
        disproof: "A limit that was set for a smaller load.",
        fix: "Find what the tenant holds (objects out, and what idle ones retain), or raise its limit.".to_owned(),
        next: "The pool’s heap profile at that moment shows who holds it.",
        rests_on_all: false,
    })
}
