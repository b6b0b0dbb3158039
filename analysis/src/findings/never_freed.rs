//! What was never freed when the program ended, as DHAT tells for every block: the leak of one run.

use super::context::{Context, Heap};
use super::{Checked, Decidability, EvidenceView, Fact, Finding, Severity};
use crate::heap_rows::ALLOC_SPACE;
use crate::words::{bytes, count, percent};

/// Looks at every site.
pub(super) fn check(context: &Context<'_>, heap: &Heap, into: &mut Vec<Finding>) -> Checked {
    let mut largest = 0;
    for site in &heap.sites.sites {
        let change = heap.site_change(site);
        let (left, objects) = (change.inuse_bytes, change.inuse_objects);
        largest = largest.max(left);
        if left < context.thresholds.leak_min_bytes {
            continue;
        }
        let of = |column: usize| site.values.get(heap.last).map_or(0, |values| values[column]);
        let name = context.text(site.function);
        let share = left as f64 / of(ALLOC_SPACE).max(1) as f64;
        into.push(Finding {
            rule: "heap-leak".to_owned(),
            severity: Severity::L2,
            known: Decidability::Proven,
            claim: format!(
                "{} in {} blocks of {name} were never freed, {} of what it allocated.",
                bytes(left),
                count(objects),
                percent(share)
            ),
            detail: "They were there when the program ended. What lives as long as the program does ends so too; a number that \
                     grows with the work is a leak."
                .to_owned(),
            weight: left,
            headline: bytes(left),
            site: context.place(site.function, site.stack, None),
            evidence: vec![
                context.heap_evidence(heap, EvidenceView::HeapTable, "inuse_space", name, "Left at the end".to_owned()),
                context.heap_evidence(heap, EvidenceView::HeapFlame, "inuse_space", name, "Call paths to it".to_owned()),
            ],
            facts: vec![
                Fact { value: bytes(left), label: "never freed".to_owned() },
                Fact { value: count(objects), label: "blocks".to_owned() },
                Fact { value: percent(share), label: "of what it allocated".to_owned() },
            ],
            disproof: "The same number after a run with twice the work: then it does not grow.".to_owned(),
            fix: format!("Free what {name} returns where its owner ends."),
            next: "A run with twice the work shows whether it grows.".to_owned(),
            command: heap.next_command().to_owned(),
        });
    }
    Checked::Clear(bytes(largest))
}
