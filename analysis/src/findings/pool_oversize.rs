//! Objects that stay are much larger than those that are made: a pool collects the largest ever used.

use super::context::{Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Rule, Severity, pool_retained};
use crate::heap_rows::{INUSE_OBJECTS, INUSE_SPACE};
use crate::sites::Site;
use crate::words::{bytes, count};

/// `pool-oversize`
pub(super) struct PoolOversize;

impl Rule for PoolOversize {
    fn name(&self) -> &'static str {
        "pool-oversize"
    }

    fn title(&self) -> &'static str {
        "Oversized buffers"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles under load, or a record of pools"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let by_lives = super::lives::check_kept_oversize(context, into);
        let covered = context.go_heap().filter(|heap| heap.has_change() && !heap.is_delta);
        let Some(heap) = covered else {
            return by_lives.map_or(Checked::NotCovered, |most| Checked::Clear(format!("{most:.1}×")));
        };
        let t = context.thresholds;
        let mut most = by_lives.unwrap_or(0.0);
        for site in &heap.sites.sites {
            let change = heap.site_change(site);
            if change.inuse_bytes < t.retained_min_bytes / 2 || change.alloc_objects_delta <= 0 {
                continue;
            }
            let made = change.alloc_delta as f64 / change.alloc_objects_delta as f64;
            let held = change.inuse_bytes as f64 / change.inuse_objects.max(1) as f64;
            let ratio = held / made.max(1.0);
            most = most.max(ratio);
            let is_large = ratio >= t.oversize_ratio && change.survival() < t.leak_min_survival;
            if is_large && (site.pool.is_some() || pool_retained::may_be_pooled(context, heap, site)) {
                into.push(finding(context, heap, site, made, held));
            }
        }
        Checked::Clear(format!("{most:.1}×"))
    }
}

fn mean_size(site: &Site, at: usize) -> i64 {
    site.values.get(at).map_or(0, |values| values[INUSE_SPACE] / values[INUSE_OBJECTS].max(1))
}

fn finding(context: &Context<'_>, heap: &Heap, site: &Site, made: f64, held: f64) -> Finding {
    let change = heap.site_change(site);
    let name = context.text(site.function);
    let pool = site.pool.filter(|pool| !pool.is_overhead).map(|pool| context.text(pool.caller).to_owned());
    let known = if pool.is_some() { Decidability::Sampled } else { Decidability::NeedsAnnotation };
    Finding {
        rule: "pool-oversize".to_owned(),
        // Without a pool it may be a cache of large things beside small ones: look at it.
        severity: if pool.is_some() { Severity::L2 } else { Severity::L1 },
        known,
        claim: format!(
            "Objects kept at {name} are {:.1}× as large as those it makes: {} against {}, {} held.",
            held / made.max(1.0),
            bytes(held as i64),
            bytes(made as i64),
            bytes(change.inuse_bytes)
        ),
        detail: format!(
            "Large objects stay and small ones go: buffers grow in use and are kept at their largest. {} objects are held; \
             their mean size went from {} to {}.",
            count(change.inuse_objects),
            bytes(mean_size(site, heap.first)),
            bytes(mean_size(site, heap.last))
        ),
        weight: change.inuse_bytes,
        headline: format!("{:.1}×", held / made.max(1.0)),
        site: context.place(site.function, site.stack, pool),
        evidence: vec![
            context.heap_evidence(
                heap,
                EvidenceView::HeapTable,
                "inuse_space",
                name,
                format!("{} in use", bytes(change.inuse_bytes)),
            ),
            context.heap_evidence(heap, EvidenceView::HeapGrowth, "inuse_space", name, "Over the snapshots".to_owned()),
        ],
        facts: vec![
            Fact { value: bytes(held as i64), label: "mean object held".to_owned() },
            Fact { value: bytes(made as i64), label: "mean object made".to_owned() },
            Fact { value: bytes(change.inuse_bytes), label: "held".to_owned() },
            Fact { value: count(change.inuse_objects), label: "objects held".to_owned() },
        ],
        disproof: "Objects in use that are as large as those made, once the load is even.".to_owned(),
        fix: "Do not put objects back above a size (if cap(buf) > limit, drop it), or pool by size class.".to_owned(),
        next: "More snapshots under the same load show whether the mean size goes on rising.".to_owned(),
        command: "curl -so heap.next.pb.gz localhost:6060/debug/pprof/heap".to_owned(),
    }
}
