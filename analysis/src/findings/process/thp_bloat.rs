//! Huge pages that keep a Go heap in memory where the runtime has given it back, or holds it for a few objects.

use super::{Context, Finding, Rule, Said, Severity, Site, evidence, fact, known, moment_words, share, weight_of};
use crate::findings::Checked;
use crate::memory_map::{RangeKind, sums};
use crate::words::{percent, size};

/// `thp-bloat`
pub(super) struct ThpBloat;

impl Rule for ThpBloat {
    fn name(&self) -> &'static str {
        "thp-bloat"
    }

    fn title(&self) -> &'static str {
        "Huge pages"
    }

    fn needs(&self) -> &'static str {
        "/proc/PID/smaps, and memory statistics of the same moment"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some((source, space)) = context.process.last_space() else { return Checked::NotCovered };
        let Some(heap) = sums(space).into_iter().find(|sum| sum.kind == RangeKind::GoHeap) else {
            return Checked::NotCovered;
        };
        let (rss, huge) = (heap.resident.rss, heap.resident.huge);
        let huge_share = share(huge, rss);
        let clear = Checked::Clear(format!("{} of the Go heap in huge pages", percent(huge_share)));
        let Some((runtime, is_same)) = context.process.runtime_at(context.session.time(source, space.time)) else {
            return if huge == 0 { clear } else { Checked::NotCovered };
        };
        let t = context.thresholds;
        let bloat = rss.saturating_sub(runtime.heap_resident());
        if huge_share < t.huge_min_share || bloat < t.held_min_bytes || share(bloat, rss) < t.huge_bloat_share {
            return clear;
        }
        let holds = format!(
            "The runtime holds {} of heap and {} of stacks; it gave {} back",
            size(runtime.held()),
            size(runtime.stack_inuse),
            size(runtime.heap_released)
        );
        let said = Said {
            rule: "thp-bloat",
            severity: Severity::L2,
            known: known(is_same),
            claim: format!(
                "Huge pages keep {} of Go heap in memory where the runtime holds {}: {} ({}) for nothing.",
                size(rss),
                size(runtime.heap_resident()),
                size(bloat),
                percent(share(bloat, rss))
            ),
            detail: format!(
                "{} of {} resident heap lie in transparent huge pages. What the runtime gives back page by page, and what a few \
                 scattered objects keep, the kernel gathers into pages of 2 MB again, and all of each is in memory.{}",
                size(huge),
                size(rss),
                moment_words(is_same)
            ),
            weight: weight_of(bloat),
            headline: format!("+{}", size(bloat)),
            site: Site::default(),
            evidence: vec![
                evidence(
                    source,
                    format!("AnonHugePages {} of Rss {} in the Go heap’s ranges", size(huge), size(rss)),
                    RangeKind::GoHeap.words(),
                ),
                evidence(runtime.source, holds, "runtime"),
            ],
            facts: vec![
                fact(size(huge), "in huge pages"),
                fact(size(rss), "of Go heap in memory"),
                fact(size(runtime.heap_alloc), "of objects"),
                fact(size(runtime.heap_released), "given back by the runtime"),
            ],
            disproof: "Resident heap staying as it is after huge pages are forbidden and the program is restarted.",
            fix: "Give huge pages only to who asks (`echo madvise > /sys/kernel/mm/transparent_hugepage/enabled`), or lower \
                  khugepaged/max_ptes_none from 511 to 0, so that pieces which are mostly empty are not gathered.".to_owned(),
            next: "How the kernel is set, and the same two readings after a change.",
            command: "tail -n +1 /sys/kernel/mm/transparent_hugepage/{enabled,khugepaged/max_ptes_none}",
        };
        into.push(said.finding());
        clear
    }
}
