//! Pools that come and go: each allocates its per-processor table at first use.

use super::context::{Change, Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Rule, Severity};
use crate::words::{bytes, count};

/// `pool-per-request`
pub(super) struct PoolPerRequest;

/// The function that makes a pool's table (Go source: sync/pool.go).
const TABLE: &str = "sync.(*Pool).pinSlow";

impl Rule for PoolPerRequest {
    fn name(&self) -> &'static str {
        "pool-per-request"
    }

    fn title(&self) -> &'static str {
        "Pools that come and go"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles with their times"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(heap) = context.go_heap() else { return Checked::NotCovered };
        let Some(seconds) = heap.seconds.filter(|_| heap.has_change()) else { return Checked::NotCovered };
        let mut most = 0.0_f64;
        for site in &heap.sites.sites {
            let Some(pool) = site.pool.filter(|pool| pool.is_overhead && context.text(pool.new) == TABLE) else {
                continue;
            };
            let change = heap.site_change(site);
            let rate = change.alloc_objects_delta as f64 / seconds;
            most = most.max(rate);
            if change.allocated() && rate >= context.thresholds.per_request_min_per_second {
                let caller = context.text(pool.caller);
                into.push(finding(context, heap, caller, site, change, rate));
            }
        }
        Checked::Clear(format!("{} tables/s", count(most as i64)))
    }
}

fn finding(
    context: &Context<'_>,
    heap: &Heap,
    caller: &str,
    site: &crate::sites::Site,
    change: Change,
    rate: f64,
) -> Finding {
    Finding {
        rule: "pool-per-request".to_owned(),
        severity: Severity::L2,
        known: if change.alloc_error == 0.0 { Decidability::Proven } else { Decidability::Sampled },
        claim: format!(
            "{caller} uses {} new pools a second: each made its own table, {} in all.",
            count(rate as i64),
            bytes(change.alloc_delta)
        ),
        detail:
            "A pool makes its table once after each collection. So many tables mean that the pools themselves are made \
                 anew, per request or per object, and are thrown away before an object comes back."
                .to_owned(),
        weight: rate as i64,
        headline: format!("{}/s", count(rate as i64)),
        site: context.place(site.function, site.stack, Some(caller.to_owned())),
        evidence: vec![
            context.heap_evidence(
                heap,
                EvidenceView::HeapTable,
                "alloc_objects",
                TABLE,
                format!("{} tables made", count(change.alloc_objects_delta)),
            ),
            context.heap_evidence(heap, EvidenceView::HeapFlame, "alloc_objects", TABLE, "Who makes them".to_owned()),
        ],
        facts: vec![
            Fact { value: format!("{}/s", count(rate as i64)), label: "tables".to_owned() },
            Fact { value: bytes(change.alloc_delta), label: "allocated by them".to_owned() },
            Fact { value: count(change.alloc_objects_delta), label: "tables made".to_owned() },
            Fact { value: bytes(change.inuse_bytes), label: "in use now".to_owned() },
        ],
        disproof: "A collector that runs as often as tables are made (GODEBUG=gctrace=1).".to_owned(),
        fix: "Make the pool once, as a package variable, and share it.".to_owned(),
        next: "A trace shows how often collections run.".to_owned(),
        command: "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'".to_owned(),
    }
}
