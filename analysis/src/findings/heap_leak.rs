//! Bytes in use that rise with what is allocated, and go on rising: retained.

use super::context::{Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Rule, Severity};
use crate::sites::Site;
use crate::words::{bytes, count, percent, signed_bytes};

/// `heap-leak`
pub(super) struct HeapLeak;

impl Rule for HeapLeak {
    fn name(&self) -> &'static str {
        "heap-leak"
    }

    fn title(&self) -> &'static str {
        "Retained objects"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(heap) = &context.heap else { return Checked::NotCovered };
        if !heap.has_change() {
            return Checked::NotCovered;
        }
        let total = heap.inuse_growth();
        let t = context.thresholds;
        let mut largest = 0;
        for site in &heap.sites.sites {
            let change = heap.site_change(site);
            let rises = heap.points() < 3 || heap.trend(&site.values).is_some_and(|trend| trend.tau >= t.leak_min_tau);
            let stays = change.survival() >= t.leak_min_survival;
            largest = largest.max(change.inuse_delta);
            if change.grew() && change.inuse_delta >= t.leak_min_bytes && stays && rises {
                into.push(finding(context, heap, site, total));
            }
        }
        Checked::Clear(signed_bytes(largest))
    }
}

fn finding(context: &Context<'_>, heap: &Heap, site: &Site, total: i64) -> Finding {
    let change = heap.site_change(site);
    let t = context.thresholds;
    let share = if total > 0 { (change.inuse_delta as f64 / total as f64).min(1.0) } else { 1.0 };
    let name = context.text(site.function);
    let pool = site.pool.filter(|pool| !pool.is_overhead).map(|pool| context.text(pool.caller).to_owned());
    let is_exact = change.inuse_error == 0.0;
    let goes_on = heap.still_grows(&site.values);
    let severity = match heap.points() {
        // A cache that was filled looks like this too, and is none of anyone's business.
        _ if !goes_on => Severity::L1,
        0..=2 => Severity::L2,
        _ if share >= t.leak_critical_share => Severity::L3,
        _ => Severity::L2,
    };
    let rate = heap.seconds.map(|seconds| change.inuse_delta as f64 / seconds);
    let per_second = rate.map_or(String::new(), |rate| format!(", {}/s", bytes(rate as i64)));
    let interval = Heap::interval(change.inuse_delta, change.inuse_error);
    let through = pool.as_ref().map_or(String::new(), |caller| {
        format!(" The objects come from a pool that {caller} takes from: what is not put back is made again and kept.")
    });
    let trend = heap.trend(&site.values);
    let rising = match trend {
        Some(trend) if heap.points() >= 3 => format!(
            " It rises over {} snapshots by {}/s (Theil–Sen; Mann–Kendall p {:.3}).",
            heap.points(),
            bytes(trend.slope as i64),
            trend.p
        ),
        _ => String::new(),
    };
    let evidence = vec![
        context.heap_evidence(
            heap,
            EvidenceView::HeapTable,
            "inuse_space",
            name,
            format!(
                "{} in use now, {} since the first snapshot",
                bytes(change.inuse_bytes),
                signed_bytes(change.inuse_delta)
            ),
        ),
        context.heap_evidence(
            heap,
            EvidenceView::HeapTable,
            "alloc_space",
            name,
            format!(
                "{} allocated in the same time: {} of it stayed",
                bytes(change.alloc_delta),
                percent(change.survival().min(1.0))
            ),
        ),
        context.heap_evidence(
            heap,
            EvidenceView::HeapGrowth,
            "inuse_space",
            name,
            format!("Bytes in use over {} snapshots", heap.points()),
        ),
        context.heap_evidence(heap, EvidenceView::HeapFlame, "inuse_space", name, "Call paths to it".to_owned()),
    ];
    Finding {
        rule: "heap-leak".to_owned(),
        severity,
        known: if is_exact { Decidability::Proven } else { Decidability::Sampled },
        claim: format!(
            "{name} retains {} of the {} it allocated{per_second}: {} of the heap's growth.",
            bytes(change.inuse_delta),
            bytes(change.alloc_delta),
            percent(share)
        ),
        detail: if goes_on {
            format!(
                "In-use and allocated bytes rise together, and what is new stays: a leak, not a cost.{rising}{through}"
            )
        } else {
            format!(
                "What is new stays, but it hardly grew in the later half of the snapshots: a cache that has filled, or a \
                 leak that pauses.{rising}{through}"
            )
        },
        weight: change.inuse_delta,
        headline: signed_bytes(change.inuse_delta),
        site: context.place(site.function, site.stack, pool),
        evidence,
        facts: vec![
            Fact {
                value: signed_bytes(change.inuse_delta),
                label: if is_exact {
                    "first → last, exact".to_owned()
                } else {
                    format!("95%: {} – {}", bytes(interval.low.max(0.0) as i64), bytes(interval.high as i64))
                },
            },
            Fact {
                value: rate.map_or("–".to_owned(), |rate| format!("{}/s", bytes(rate as i64))),
                label: if rate.is_some() { "mean rate".to_owned() } else { "no capture times".to_owned() },
            },
            Fact { value: format!("{:.2}", change.survival().min(1.0)), label: "of new bytes survive".to_owned() },
            Fact { value: percent(share), label: "of all growth".to_owned() },
        ],
        disproof:
            "In-use bytes of this function falling back after two forced collections, or staying flat over a longer \
                   window with the same load."
                .to_owned(),
        fix: format!(
            "Find who keeps what {name} returns: a map, slice, channel, or global that is filled and never emptied on this \
             call path. Remove entries when their owner is done; {} objects are held now.",
            count(change.inuse_objects)
        ),
        next: "Two more heap profiles after a forced collection, minutes apart, show whether it goes on; a goroutine \
               profile shows whether blocked goroutines are the holders."
            .to_owned(),
        command: "curl -so heap.next.pb.gz 'localhost:6060/debug/pprof/heap?gc=1'".to_owned(),
    }
}
