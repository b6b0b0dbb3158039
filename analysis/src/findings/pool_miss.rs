//! A pool whose `Get` makes new objects again and again, and none of them stays: it pools nothing.

use super::context::{Change, Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Rule, Severity};
use crate::census::Pool;
use crate::words::{bytes, count, percent};

/// `pool-miss`
pub(super) struct PoolMiss;

impl Rule for PoolMiss {
    fn name(&self) -> &'static str {
        "pool-miss"
    }

    fn title(&self) -> &'static str {
        "Pool misses"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles with their times"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(heap) = context.go_heap() else { return Checked::NotCovered };
        let Some(seconds) = heap.seconds.filter(|_| heap.has_change()) else { return Checked::NotCovered };
        let t = context.thresholds;
        let total = heap.total_change().alloc_delta;
        let mut most = 0.0_f64;
        for pool in &heap.census.pools {
            let change = heap.pool_change(pool);
            let rate = change.alloc_objects_delta as f64 / seconds;
            most = most.max(rate);
            let share = change.alloc_delta as f64 / total.max(1) as f64;
            if change.allocated() && rate >= t.miss_min_per_second && change.survival() < t.miss_max_survival {
                into.push(finding(context, heap, pool, change, seconds, share));
            }
        }
        Checked::Clear(format!("{}/s", count(most as i64)))
    }
}

fn finding(context: &Context<'_>, heap: &Heap, pool: &Pool, change: Change, seconds: f64, share: f64) -> Finding {
    let (caller, maker) = (context.text(pool.caller), context.text(pool.function));
    let rate = change.alloc_objects_delta as f64 / seconds;
    let bytes_rate = change.alloc_delta as f64 / seconds;
    let is_warning = share >= context.thresholds.miss_warning_share;
    Finding {
        rule: "pool-miss".to_owned(),
        severity: if is_warning { Severity::L2 } else { Severity::L1 },
        known: if change.alloc_error == 0.0 { Decidability::Proven } else { Decidability::Sampled },
        claim: format!(
            "The pool that {caller} takes from misses {} times a second: {maker} made {} new objects, {}.",
            count(rate as i64),
            count(change.alloc_objects_delta),
            bytes(change.alloc_delta)
        ),
        detail: format!(
            "Every allocation below {}’s Get is a miss, and what was made did not stay: objects are not put back, or the \
             collector empties the pool before they are taken again. A cost, not a leak.",
            pool.family
        ),
        weight: rate as i64,
        headline: format!("{}/s", count(rate as i64)),
        site: context.place(pool.function, pool.stack, Some(caller.to_owned())),
        evidence: vec![
            context.heap_evidence(
                heap,
                EvidenceView::HeapTable,
                "alloc_objects",
                maker,
                format!("{} objects made by New", count(change.alloc_objects_delta)),
            ),
            context.heap_evidence(
                heap,
                EvidenceView::HeapTable,
                "inuse_objects",
                maker,
                format!("{} of them in use at the end", count(change.inuse_objects)),
            ),
            context.heap_evidence(
                heap,
                EvidenceView::HeapFlame,
                "alloc_space",
                caller,
                "Call paths into the pool".to_owned(),
            ),
        ],
        facts: vec![
            Fact { value: format!("{}/s", count(rate as i64)), label: "misses".to_owned() },
            Fact { value: format!("{}/s", bytes(bytes_rate as i64)), label: "made by New".to_owned() },
            Fact {
                value: bytes(change.alloc_delta / change.alloc_objects_delta.max(1)),
                label: "mean object".to_owned(),
            },
            Fact { value: percent(share), label: "of all allocation".to_owned() },
        ],
        disproof: "As many hits as misses or more: count Gets in the program, a heap profile cannot show hits."
            .to_owned(),
        fix: format!(
            "Put the object back on every path out of {caller}, errors and early returns included (defer). If every path \
             does, the pool is emptied between uses: collections come too often (GOGC, GOMEMLIMIT, runtime.GC calls)."
        ),
        next: "A trace shows how often the collector runs and purges the pool.".to_owned(),
        command: "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'".to_owned(),
    }
}
