//! Objects that were taken and not given back, by where they were taken.

use super::{Said, Seen, fact, number, pools, share, size, time};
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::{Site, State};
use crate::words::percent;

/// `never-returned`
pub(super) struct NeverReturned;

impl Rule for NeverReturned {
    fn name(&self) -> &'static str {
        "never-returned"
    }

    fn title(&self) -> &'static str {
        "Objects never given back"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(all) = pools(context) else { return Checked::NotCovered };
        let mut oldest = 0;
        for seen in &all {
            let threshold = threshold(seen);
            for site in &seen.life.sites {
                let stuck = Stuck::of(site, threshold);
                oldest = oldest.max(site.oldest_nanos);
                if stuck.count > 0 {
                    into.push(finding(seen, site, stuck, threshold));
                }
            }
        }
        Checked::Clear(if oldest == 0 { "none out".to_owned() } else { format!("out for {}", time(oldest)) })
    }
}

/// Objects of one site that have been out for too long.
#[derive(Clone, Copy)]
pub(super) struct Stuck {
    pub(super) count: u64,
    /// How long the youngest of them has been out.
    pub(super) youngest: u64,
}

impl Stuck {
    pub(super) fn of(site: &Site, threshold: u64) -> Self {
        let from = site.ages.partition_point(|&age| age <= threshold);
        let stuck = site.ages.get(from..).unwrap_or_default();
        Self { count: stuck.len() as u64, youngest: stuck.first().copied().unwrap_or(0) }
    }
}

/// A second: no shorter time out is called a leak where the pool names no threshold.
const SHORTEST_NANOS: u64 = 1_000_000_000;
/// How many times longer than 99 of 100 objects are out one counts as lost, where the pool names no threshold: a slow
/// request may take ten times as long as others, hardly a hundred times.
const TIMES_LONGER: u64 = 100;

/// After how long an object that is out counts: what the pool was told; else by how long others are out, at most the
/// rule's own time; and never sooner than objects come back that do.
pub(super) fn threshold(seen: &Seen<'_>) -> u64 {
    let dwell = seen.life.dwell_in(State::Active);
    let most = (seen.context.thresholds.leak_age_seconds * 1e9) as u64;
    let told = match seen.setup.leak_threshold_nanos {
        0 => usual_nanos(seen)
            .map_or(most, |usual| usual.saturating_mul(TIMES_LONGER).clamp(SHORTEST_NANOS, most.max(SHORTEST_NANOS))),
        own => own,
    };
    told.max(dwell.and_then(|dwell| dwell.longest_ended()).unwrap_or(0))
}

/// How long 99 of 100 objects that came back had been out.
fn usual_nanos(seen: &Seen<'_>) -> Option<u64> {
    let dwell = seen.life.dwell_in(State::Active)?;
    let ended = dwell.ended();
    let mut left = ended.div_ceil(100);
    let slow = |bucket: &&crate::lifecycle::Bucket| {
        left = left.saturating_sub(bucket.ended);
        left == 0
    };
    (ended > 0).then(|| dwell.buckets.iter().rev().find(slow).map(|bucket| bucket.nanos))?
}

/// How many were taken at a place and came back.
pub(super) fn returned(seen: &Seen<'_>, site: &Site) -> u64 {
    seen.life.handovers.iter().filter(|handover| handover.got_at == site.got_at).map(|handover| handover.count).sum()
}

fn finding(seen: &Seen<'_>, site: &Site, stuck: Stuck, threshold: u64) -> Finding {
    let t = seen.context.thresholds;
    let taken = returned(seen, site) + site.out;
    // In an even leak half of the objects are from the later half of the time in which one could be seen.
    let observed = ((seen.seconds() * 1e9) as u64).saturating_sub(threshold);
    let recent = Stuck::of(site, threshold).count - Stuck::of(site, threshold + observed / 2).count;
    let goes_on = recent * 4 >= stuck.count;
    let severity = match stuck.count {
        few if few < t.leak_min_objects / 3 => Severity::L1,
        many if many >= t.leak_min_objects && goes_on => Severity::L3,
        _ => Severity::L2,
    };
    let bytes = site.bytes / site.out.max(1) * stuck.count;
    let place = seen.at(site.got_at);
    let trend = if goes_on {
        "It goes on to the end of the record: a leak."
    } else {
        "They are of the beginning; no more came later: perhaps kept on purpose."
    };
    let per_second = stuck.count as f64 / (observed.max(1) as f64 / 1e9);
    seen.finding(Said {
        rule: "never-returned",
        severity,
        claim: format!(
            "{}: {} of {} objects taken at {place} were never given back; they have been out for {} to {}.",
            seen.name,
            number(stuck.count),
            number(taken),
            time(stuck.youngest),
            time(site.oldest_nanos)
        ),
        detail: format!(
            "{trend} Objects count from {} on: longer than the pool’s threshold, and longer than any that came back.",
            time(threshold)
        ),
        weight: stuck.count,
        headline: format!("{} out", number(stuck.count)),
        site: seen.place(site.got_at),
        evidence: vec![
            seen.evidence(format!("{} objects ACTIVE at the end", number(site.out)), None, None),
            seen.evidence(
                format!("{} of those taken here came back", percent(share(taken - site.out, taken))),
                None,
                None,
            ),
        ],
        facts: vec![
            fact(number(stuck.count), "never given back"),
            fact(percent(share(stuck.count, taken)), "of what is taken here"),
            fact(format!("{per_second:.1}/s"), "rate"),
            fact(size(bytes), "held"),
        ],
        disproof: "Puts of the same objects in a longer record: then they are slow, not lost.",
        fix: format!(
            "Give the object back on every path out of {place}, errors and early returns included; a guard that puts when \
             it is dropped cannot be forgotten. What is meant to be kept should be detached."
        ),
        next: "A longer record tells slow from lost; the heap profile of the pool at the end shows what holds memory.",
        rests_on_all: true,
    })
}
