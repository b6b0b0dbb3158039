//! What stood for long and fell when it was not needed: objects that lay idle in a pool, which two collections empty. It
//! looks like a leak until then.

use super::context::{Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Rule, Severity};
use crate::heap_rows::{ALLOC_SPACE, INUSE_OBJECTS, INUSE_SPACE};
use crate::sites::Site;
use crate::stats::Z95;
use crate::words::{bytes, count, percent};

/// The captures that decide: one as it is, and two after a forced collection each. As text, which tells how many were
/// forced.
pub(super) const CAPTURES: &str = "curl -so heap.gc0.txt 'localhost:6060/debug/pprof/heap?debug=1'; for i in 1 2; do curl -so heap.gc$i.txt 'localhost:6060/debug/pprof/heap?gc=1&debug=1'; done";

/// Collections that empty a pool: the first makes its objects victims, the second drops them (sync/pool.go, poolCleanup).
pub(super) const EMPTIES: u64 = 2;

/// `heap-hoard`
pub(super) struct HeapHoard;

impl Rule for HeapHoard {
    fn name(&self) -> &'static str {
        "heap-hoard"
    }

    fn title(&self) -> &'static str {
        "Idle until collected"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles, the later after forced collections"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(heap) = context.go_heap().filter(|heap| heap.points() >= 2 && !heap.is_delta) else {
            return Checked::NotCovered;
        };
        let t = context.thresholds;
        let mut largest = 0;
        for site in &heap.sites.sites {
            let Some(fall) = Fall::of(heap, site) else { continue };
            largest = largest.max(fall.bytes());
            let is_large = fall.bytes() >= t.hoard_min_bytes && fall.bytes() as f64 > Z95 * fall.error;
            let is_gone = fall.left as f64 <= t.hoard_max_left * fall.stood as f64;
            let forced = heap.forced.between(fall.at, heap.last).filter(|&forced| forced >= EMPTIES);
            // Under load, what is in flight comes and goes by itself: then more is allocated than falls.
            let is_idle = fall.allocated < fall.bytes();
            if is_large && is_gone && (forced.is_some() || is_idle) {
                into.push(finding(context, heap, site, &fall, forced));
            }
        }
        Checked::Clear(bytes(largest))
    }
}

/// From the highest snapshot to the last.
struct Fall {
    /// The highest.
    at: usize,
    stood: i64,
    left: i64,
    /// Standard error of the difference.
    error: f64,
    /// Bytes allocated between.
    allocated: i64,
}

impl Fall {
    fn of(heap: &Heap, site: &Site) -> Option<Self> {
        let inuse = |at: usize| site.values.get(at).map_or(0, |values| values[INUSE_SPACE]);
        let before = heap.series.distinct().filter(|at| (heap.first..heap.last).contains(at));
        // Of equals the last: what fell later is told.
        let at = before.max_by_key(|&at| inuse(at))?;
        let of = |at: usize, column: usize| site.values.get(at).map_or(0, |values| values[column]);
        let variance = |at: usize| site.variances.get(at).map_or(0.0, |variances| variances[INUSE_SPACE]);
        Some(Self {
            at,
            stood: inuse(at),
            left: inuse(heap.last),
            error: (variance(at) + variance(heap.last)).sqrt(),
            allocated: of(heap.last, ALLOC_SPACE).saturating_sub(of(at, ALLOC_SPACE)),
        })
    }

    fn bytes(&self) -> i64 {
        self.stood.saturating_sub(self.left)
    }
}

fn finding(context: &Context<'_>, heap: &Heap, site: &Site, fall: &Fall, forced: Option<u64>) -> Finding {
    let name = context.text(site.function);
    let pool = site.pool.filter(|pool| !pool.is_overhead).map(|pool| context.text(pool.caller).to_owned());
    let objects = site.values.get(fall.at).map_or(0, |values| values[INUSE_OBJECTS]);
    let first = site.values.get(heap.first).map_or(0, |values| values[INUSE_SPACE]);
    let (after, why) = match forced {
        Some(forced) => (
            format!("after {forced} forced collections"),
            "Two collections empty every sync.Pool; what is kept on purpose stays.",
        ),
        None => (
            match fall.allocated {
                ..=0 => "while none were allocated".to_owned(),
                some => format!("while {} were allocated", bytes(some)),
            },
            "A collection between took it, and nothing like it came in its place.",
        ),
    };
    let grew = if fall.at > heap.first && fall.stood > first {
        format!(" Before, it grew from {} as a leak does; this says that it is none.", bytes(first))
    } else {
        String::new()
    };
    Finding {
        rule: "heap-hoard".to_owned(),
        severity: Severity::L1,
        known: if forced.is_some() { Decidability::Proven } else { Decidability::Sampled },
        claim: format!(
            "{} stood at {name} and {} are left {after}: an idle hoard, no leak.",
            bytes(fall.stood),
            bytes(fall.left)
        ),
        detail: format!("{why}{grew}"),
        weight: fall.bytes(),
        headline: bytes(fall.bytes()),
        site: context.place(site.function, site.stack, pool.clone()),
        evidence: vec![
            context.heap_evidence(heap, EvidenceView::HeapGrowth, "inuse_space", name, "Over the snapshots".to_owned()),
            context.heap_evidence(
                heap,
                EvidenceView::HeapTable,
                "inuse_space",
                name,
                format!("{} in use at the end", bytes(fall.left)),
            ),
        ],
        facts: vec![
            Fact { value: bytes(fall.stood), label: "stood".to_owned() },
            Fact { value: bytes(fall.left), label: "left".to_owned() },
            Fact { value: percent(fall.left as f64 / fall.stood.max(1) as f64), label: "of it left".to_owned() },
            Fact { value: count(objects), label: "objects stood".to_owned() },
        ],
        disproof: "In-use bytes that rise again with the first requests: then they were in flight and are needed."
            .to_owned(),
        fix: match pool {
            Some(caller) => format!(
                "Nothing leaks. If the room is dear, pool fewer or smaller objects at {caller}: drop those above a size \
                 instead of putting them back."
            ),
            None => format!(
                "Nothing leaks. If the room is dear, let pooled objects go of what {name} makes before they are put back, \
                 or keep it only up to a size."
            ),
        },
        next: "The same under load again shows whether it comes back.".to_owned(),
        command: heap.next_command().to_owned(),
    }
}
