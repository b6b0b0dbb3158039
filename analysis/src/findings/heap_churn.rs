//! Much is allocated and nothing of it stays: the collector's work, not a leak.

use super::context::{Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Rule, Severity};
use crate::sites::Site;
use crate::words::{bytes, count, percent};

/// `heap-churn`
pub(super) struct HeapChurn;

impl Rule for HeapChurn {
    fn name(&self) -> &'static str {
        "heap-churn"
    }

    fn title(&self) -> &'static str {
        "Short-lived objects"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles with their times"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(heap) = &context.heap else { return Checked::NotCovered };
        let Some(seconds) = heap.seconds.filter(|_| heap.has_change()) else { return Checked::NotCovered };
        let total = heap.total_change().alloc_delta;
        let t = context.thresholds;
        let mut fastest = 0.0_f64;
        for site in &heap.sites.sites {
            let change = heap.site_change(site);
            let rate = change.alloc_delta as f64 / seconds;
            fastest = fastest.max(rate);
            let share = change.alloc_delta as f64 / total.max(1) as f64;
            // Below a pool's Get, allocation is a miss, which is a rule of its own.
            let is_pooled = site.pool.is_some();
            if !is_pooled
                && change.allocated()
                && rate >= t.churn_min_bytes_per_second
                && share >= t.churn_min_share
                && change.survival() <= t.churn_max_survival
            {
                into.push(finding(context, heap, site, rate, share));
            }
        }
        Checked::Clear(format!("{}/s", bytes(fastest as i64)))
    }
}

fn finding(context: &Context<'_>, heap: &Heap, site: &Site, rate: f64, share: f64) -> Finding {
    let change = heap.site_change(site);
    let name = context.text(site.function);
    let is_warning = rate >= context.thresholds.churn_warning_bytes_per_second;
    let seconds = heap.seconds.unwrap_or(1.0);
    let objects = change.alloc_objects_delta as f64 / seconds;
    let size = change.alloc_delta / change.alloc_objects_delta.max(1);
    Finding {
        rule: "heap-churn".to_owned(),
        severity: if is_warning { Severity::L2 } else { Severity::L1 },
        known: if change.alloc_error == 0.0 { Decidability::Proven } else { Decidability::Sampled },
        claim: format!(
            "{name} allocates {}/s and keeps {}: {} of all allocation.",
            bytes(rate as i64),
            bytes(change.inuse_delta.max(0)),
            percent(share)
        ),
        detail: if heap.is_go() {
            "Allocated bytes rise and in-use bytes do not: a cost in collector time, not a leak."
        } else {
            "Allocated bytes rise and in-use bytes do not: a cost in the allocator’s time, not a leak."
        }
        .to_owned(),
        weight: rate as i64,
        headline: format!("{}/s", bytes(rate as i64)),
        site: context.place(site.function, site.stack, None),
        evidence: vec![
            context.heap_evidence(
                heap,
                EvidenceView::HeapTable,
                "alloc_space",
                name,
                format!("{} allocated between the snapshots", bytes(change.alloc_delta)),
            ),
            context.heap_evidence(
                heap,
                EvidenceView::HeapTable,
                "inuse_space",
                name,
                format!("{} in use at the end", bytes(change.inuse_bytes)),
            ),
            context.heap_evidence(heap, EvidenceView::HeapFlame, "alloc_space", name, "Call paths to it".to_owned()),
        ],
        facts: vec![
            Fact { value: format!("{}/s", bytes(rate as i64)), label: "allocated".to_owned() },
            Fact {
                value: format!("{}/s", count(objects as i64)),
                label: format!("objects of {} on average", bytes(size)),
            },
            Fact { value: format!("{:.2}", change.survival().max(0.0)), label: "of new bytes survive".to_owned() },
            Fact { value: percent(share), label: "of all allocation".to_owned() },
        ],
        disproof: if heap.is_go() {
            "A collector that takes little time all the same: with GODEBUG=gctrace=1, a total below 5% in each line."
        } else {
            "A CPU profile in which the allocator takes little time all the same."
        }
        .to_owned(),
        fix: if heap.is_go() {
            format!(
                "Reuse what {name} makes: a buffer passed in by the caller, a size given to make, or a sync.Pool whose objects \
                 are put back on every path. A larger GOGC or a GOMEMLIMIT buys time."
            )
        } else {
            format!("Reuse what {name} makes: a buffer that the caller passes in, or a pool.")
        },
        next: if heap.is_go() {
            "The collector's own log tells what this costs; a CPU profile shows the share of runtime.gcBgMarkWorker."
        } else {
            "A CPU profile shows what the allocator costs."
        }
        .to_owned(),
        command: if heap.is_go() {
            "curl -so cpu.pb.gz 'localhost:6060/debug/pprof/profile?seconds=10'"
        } else {
            "perf record -g -p PID -- sleep 10; perf report"
        }
        .to_owned(),
    }
}
