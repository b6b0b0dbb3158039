//! How long a pool's own calls take, where the program names them in its trace (docs/annotations.md).

use super::{evidence_in, fact};
use crate::findings::said::Said;
use crate::findings::{Checked, Context, Decidability, EvidenceView, Finding, Rule, Severity, Site};
use crate::lens::SourceId;
use crate::model::record::{Record, RegionTimes};
use crate::timeline::{PoolRole, role_of};
use crate::words::{count, time};

/// `pool-latency`
pub(super) struct PoolLatency;

impl Rule for PoolLatency {
    fn name(&self) -> &'static str {
        "pool-latency"
    }

    fn title(&self) -> &'static str {
        "Slow Put or New"
    }

    fn needs(&self) -> &'static str {
        "an execution trace with regions around Put and New"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let t = context.thresholds;
        let mut longest = None;
        for (source, record) in context.session.records() {
            let Record::Trace(digest) = record else { continue };
            for region in &digest.regions {
                let name = context.text(region.name);
                let (line, what) = match role_of(name) {
                    Some(PoolRole::Put) => (t.put_p99_micros, Call::Put),
                    Some(PoolRole::New) => (t.alloc_p99_micros, Call::New),
                    _ => continue,
                };
                if (region.count as u64) < t.pool_min_events {
                    continue;
                }
                longest = longest.max(Some(region.p99_nanos));
                let line = (line * 1e3) as i64;
                if region.p99_nanos > line {
                    into.push(finding(source.id, name, region, line, what));
                }
            }
        }
        longest
            .map_or(Checked::NotCovered, |longest| Checked::Clear(format!("{} at the 99th percentile", time(longest))))
    }
}

#[derive(Clone, Copy)]
enum Call {
    Put,
    New,
}

fn finding(source: SourceId, name: &str, region: &RegionTimes, line: i64, call: Call) -> Finding {
    let (detail, fix) = match call {
        Call::Put => (
            "Giving back is a store into a slot of one's own processor. What takes longer cleans the object first, waits \
             for a lock or a full channel, or was taken off the processor within.",
            "Let Put do nothing but give back: reset what is small, drop what is large, and hold no lock over it. A pool \
             under one lock or behind one channel is better a sync.Pool, or one for each processor.",
        ),
        Call::New => (
            "Making one costs this much each time the pool has none: memory is asked for and cleared, and while a cycle of \
             the collector marks, its help is asked for within.",
            "Miss less often: give back on every path, and keep the pool through collections. Make what is small in New, \
             and let buffers grow in use.",
        ),
    };
    // Where half of all calls are over the line it is the way itself that is slow, not its tail.
    let is_usual = region.p50_nanos > line;
    Said {
        rule: "pool-latency",
        severity: if is_usual { Severity::L2 } else { Severity::L1 },
        known: Decidability::Proven,
        claim: format!(
            "One call in a hundred of {name} takes longer than {}, half of all longer than {}.",
            time(region.p99_nanos),
            time(region.p50_nanos)
        ),
        detail: detail.to_owned(),
        weight: region.total_nanos,
        headline: time(region.p99_nanos),
        site: Site { pool: Some(name.to_owned()), ..Site::default() },
        evidence: vec![evidence_in(
            EvidenceView::Timeline,
            source,
            format!(
                "{} regions {name}, {} in all, the longest {}",
                count(region.count as i64),
                time(region.total_nanos),
                time(region.max_nanos)
            ),
            "",
        )],
        facts: vec![
            fact(time(region.p50_nanos), "half are not longer"),
            fact(time(region.p99_nanos), "99 of 100 are not longer"),
            fact(time(region.max_nanos), "the longest"),
            fact(time(region.total_nanos), "all together"),
        ],
        disproof: "The same percentiles of an unloaded machine being as long: then it is the call's own work, such as clearing.",
        fix: fix.to_owned(),
        next: "The trace shows what the longest ones did: running, waiting, or waiting for a processor.",
        command: "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'",
    }
    .finding()
}
