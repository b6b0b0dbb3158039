//! Threads that wait for a pool: for an object of a bounded one, or at a locked queue.

use super::{Said, Seen, fact, number, pools, share, time};
use crate::findings::{Checked, Context, Finding, Severity};
use crate::lifecycle::State;
use crate::model::StackId;
use crate::model::pool::{Counter, Mark};
use crate::words::percent;

/// The part of `pool-contention` that histories of pools tell.
pub(in crate::findings) fn check(context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
    let Some(all) = pools(context) else { return Checked::NotCovered };
    let mut longest = 0;
    for seen in &all {
        let waited = Waited::of(seen);
        longest = longest.max(waited.all_nanos());
        // Time that all threads together lost, as a share of one thread's.
        let lost = waited.all_nanos() as f64 / 1e9 / seen.seconds();
        if lost >= context.thresholds.contention_min_threads || waited.timeouts > 0 {
            into.push(finding(seen, &waited, lost));
        }
    }
    Checked::Clear(time(longest))
}

#[derive(Default)]
struct Waited {
    waits: u64,
    timeouts: u64,
    nanos: u64,
    longest: u64,
    /// Times and time at locked queues.
    stood: u64,
    stood_nanos: u64,
    /// Where the longest wait was.
    stack: Option<StackId>,
    time: Option<i64>,
}

impl Waited {
    fn all_nanos(&self) -> u64 {
        self.nanos.saturating_add(self.stood_nanos)
    }

    fn of(seen: &Seen<'_>) -> Self {
        let mut sums = Self::default();
        for mark in seen.marks() {
            match mark.what {
                Mark::Wait { nanos, timed_out } => {
                    sums.waits += 1;
                    sums.timeouts += u64::from(timed_out);
                    sums.nanos = sums.nanos.saturating_add(nanos);
                    if nanos >= sums.longest {
                        (sums.longest, sums.stack, sums.time) = (nanos, Some(mark.stack), Some(mark.time));
                    }
                }
                Mark::Contended { nanos } => {
                    sums.stood += 1;
                    sums.stood_nanos = sums.stood_nanos.saturating_add(nanos);
                }
                _ => {}
            }
        }
        if let Some(counts) = seen.lifecycle.last_counts(seen.life.pool) {
            sums.stood = counts.get(Counter::Contended).unwrap_or(sums.stood).max(sums.stood);
            sums.stood_nanos = counts.get(Counter::ContendedNanos).unwrap_or(0).max(sums.stood_nanos);
        }
        sums
    }
}

fn finding(seen: &Seen<'_>, waited: &Waited, lost: f64) -> Finding {
    let t = seen.context.thresholds;
    let gets = seen.life.gets().max(waited.waits);
    let is_usual = waited.waits >= t.pool_min_events && share(waited.waits, gets) >= t.contention_warning_share;
    let severity = match waited.timeouts {
        1.. => Severity::L3,
        0 if is_usual || lost >= t.contention_warning_threads => Severity::L2,
        0 => Severity::L1,
    };
    let held = seen.life.dwell_in(State::Active).and_then(|dwell| dwell.quantile(0.5));
    let place = waited.stack.map_or("an unknown place".to_owned(), |stack| seen.at(stack));
    let in_vain = match waited.timeouts {
        0 => String::new(),
        timeouts => format!(", {} in vain", number(timeouts)),
    };
    let is_bounded = seen.setup.capacity_max > 0;
    let fix = if is_bounded {
        format!(
            "The pool has {} objects and each is held for {}: raise the bound, or hold objects for less long (no waiting for \
             others between get and put).",
            number(seen.setup.capacity_max),
            held.map_or("a time that is not known".to_owned(), time)
        )
    } else {
        "More shards, or larger private slots: threads stand at one queue.".to_owned()
    };
    let mut detail = format!("The longest wait was at {place}.");
    if waited.stood > 0 {
        let (times, length) = (number(waited.stood), time(waited.stood_nanos));
        detail.push_str(&format!(" Threads stood {times} times at a locked queue, {length} in all."));
    }
    seen.finding(Said {
        rule: "pool-contention",
        severity,
        claim: format!(
            "{}: {} of {} gets waited{in_vain}, {} in all, {} at most: as if {lost:.1} threads did nothing else.",
            seen.name,
            number(waited.waits),
            number(gets),
            time(waited.all_nanos()),
            time(waited.longest)
        ),
        detail,
        weight: waited.nanos.saturating_add(waited.stood_nanos),
        headline: time(waited.nanos.saturating_add(waited.stood_nanos)),
        site: waited.stack.map_or(seen.whole(), |stack| seen.place(stack)),
        evidence: vec![
            seen.evidence(format!("The longest wait, {}", time(waited.longest)), None, waited.time),
            seen.evidence(format!("Time in ACTIVE: {} in the median", held.map_or("–".to_owned(), time)), None, None),
        ],
        facts: vec![
            fact(percent(share(waited.waits, gets)), "of gets waited"),
            fact(time(waited.nanos.checked_div(waited.waits).unwrap_or(0)), "mean wait"),
            fact(held.map_or("–".to_owned(), time), "held, median"),
            fact(if is_bounded { number(seen.setup.capacity_max) } else { "none".to_owned() }, "bound"),
        ],
        disproof: "A bound that is meant to hold the load back: then the waiting is its purpose.",
        fix,
        next: "The same load with a larger bound: waits should go, or move to what the bound protects.",
        rests_on_all: false,
    })
}
