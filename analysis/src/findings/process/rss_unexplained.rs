//! Resident memory that Go's runtime knows nothing of: malloc of native code, mappings of the program's own, files.

use super::{
    Context, Finding, Rule, RuntimeMemory, Said, Severity, Site, evidence, fact, known, moment_words, share, weight_of,
};
use crate::findings::{Checked, Decidability};
use crate::lens::SourceId;
use crate::memory_map::{RangeKind, kinds, sums};
use crate::model::record::{AddressSpace, MappedRange};
use crate::words::{percent, size};

/// `rss-unexplained`
pub(super) struct RssUnexplained;

impl Rule for RssUnexplained {
    fn name(&self) -> &'static str {
        "rss-unexplained"
    }

    fn title(&self) -> &'static str {
        "Memory outside the runtime"
    }

    fn needs(&self) -> &'static str {
        "/proc/PID/smaps, and memory statistics of the same moment"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let facts = &context.process;
        let Some((source, space)) = facts.last_space() else { return Checked::NotCovered };
        let Some((runtime, is_same)) = facts.runtime_at(context.session.time(source, space.time)) else {
            return Checked::NotCovered;
        };
        let t = context.thresholds;
        let (rss, native) = (space.total.rss, native(space, &runtime));
        let is_worth = |bytes: u64| bytes >= t.held_min_bytes && share(bytes, rss) >= t.unexplained_min_share;
        if is_worth(native) {
            into.push(outside(context, source, space, (runtime, is_same)));
        }
        let files = sums(space).iter().filter(|sum| sum.kind == RangeKind::File).map(|sum| sum.resident.file()).sum();
        if is_worth(files) {
            into.push(mapped(source, space, files));
        }
        Checked::Clear(format!("{} of {}", size(native), size(rss)))
    }
}

/// Anonymous memory in place that the runtime does not account for, at least: all of it against all that it holds, and, where
/// ranges are known, what lies outside the heap against its tables. What huge pages add to the heap is not of it.
fn native(space: &AddressSpace, runtime: &RuntimeMemory) -> u64 {
    let by_sum = space.total.anonymous.saturating_sub(runtime.committed);
    if space.ranges.is_empty() {
        return by_sum;
    }
    let outside =
        sums(space).iter().filter(|sum| sum.kind != RangeKind::GoHeap).map(|sum| sum.resident.anonymous).sum::<u64>();
    by_sum.min(outside.saturating_sub(runtime.tables()))
}

/// The largest ranges of kinds that are wanted, in words.
fn largest(space: &AddressSpace, is_wanted: impl Fn(RangeKind) -> bool) -> String {
    let kinds = kinds(space);
    let wanted = space.ranges.iter().zip(&kinds).filter(|(_, kind)| is_wanted(**kind));
    let mut ranges: Vec<&MappedRange> = wanted.map(|(range, _)| range).collect();
    crate::order::sort_by_key(&mut ranges, |range| std::cmp::Reverse(range.resident.rss));
    let words = |range: &&MappedRange| match range.path.as_str() {
        "" => format!("{} at {:x}", size(range.resident.rss), range.start),
        path => format!("{} at {:x} ({path})", size(range.resident.rss), range.start),
    };
    ranges.iter().take(3).map(words).collect::<Vec<_>>().join(", ")
}

fn outside(
    context: &Context<'_>,
    source: SourceId,
    space: &AddressSpace,
    (runtime, is_same): (RuntimeMemory, bool),
) -> Finding {
    let (rss, anonymous, bytes) = (space.total.rss, space.total.anonymous, native(space, &runtime));
    let rises = growth(context, space).filter(|growth| growth.native >= context.thresholds.held_min_bytes);
    let is_leak = rises.is_some_and(|growth| growth.native.saturating_mul(2) >= growth.rss);
    let over_time = rises.map_or(String::new(), |growth| {
        let (native, rss) = (size(growth.native), size(growth.rss));
        format!(" Over {} readings it rose by {native}, of {rss} that the process grew.", growth.readings)
    });
    let named = match largest(space, RangeKind::is_native) {
        none if none.is_empty() => " smaps would name the ranges.".to_owned(),
        ranges => format!(" The largest ranges outside the Go heap: {ranges}."),
    };
    let counted = format!("Rss {}, anonymous {}, of files {}", size(rss), size(anonymous), size(space.total.file()));
    let held = size(runtime.committed);
    Said {
        rule: "rss-unexplained",
        severity: if is_leak { Severity::L3 } else { Severity::L2 },
        known: known(is_same),
        claim: format!(
            "{} of {} resident memory ({}) is none of Go’s: native allocations, or mappings of the program’s own.",
            size(bytes),
            size(rss),
            percent(share(bytes, rss))
        ),
        detail: format!(
            "The runtime accounts for {held} (Sys − HeapReleased), and {} are anonymous and in memory. No heap profile of Go shows \
             the difference, which is at least that: not all that the runtime holds is in memory.{over_time}{named}{}",
            size(anonymous),
            moment_words(is_same)
        ),
        weight: weight_of(bytes),
        headline: rises.map_or_else(|| size(bytes), |growth| format!("+{}", size(growth.native))),
        site: Site::default(),
        evidence: vec![
            evidence(source, counted, RangeKind::Anonymous.words()),
            evidence(runtime.source, format!("Sys − HeapReleased {held}"), "runtime"),
        ],
        facts: vec![
            fact(size(bytes), "outside the runtime"),
            fact(size(rss), "resident"),
            fact(held, "accounted for"),
            fact(size(space.total.file()), "of files"),
        ],
        disproof: "Memory of cgo or of a mapped arena that is meant to be there, and does not grow.",
        fix: "Find who allocates: a heap profile of the native allocator (jemalloc’s prof, heaptrack), and calls of C.malloc, \
              C.CString and syscall.Mmap without their free.".to_owned(),
        next: "smaps and memory statistics at more moments show whether it grows, and which range.",
        command: "for i in 1 2 3; do date -Ins; cat /proc/PID/smaps; sleep 60; done > smaps.txt",
    }
    .finding()
}

/// Files without code: memory that the kernel can take back, and that a leak is sought in by mistake.
fn mapped(source: SourceId, space: &AddressSpace, bytes: u64) -> Finding {
    let rss = space.total.rss;
    let files = largest(space, |kind| kind == RangeKind::File);
    Said {
        rule: "rss-unexplained",
        severity: Severity::L1,
        known: Decidability::Proven,
        claim: format!(
            "{} of {} resident memory ({}) are mapped files, which the kernel can take back.",
            size(bytes),
            size(rss),
            percent(share(bytes, rss))
        ),
        detail: format!("RSS counts pages of files that are mapped and were read: {files}."),
        weight: weight_of(bytes),
        headline: size(bytes),
        site: Site::default(),
        evidence: vec![evidence(source, format!("{} of mapped files in memory", size(bytes)), RangeKind::File.words())],
        facts: vec![
            fact(size(bytes), "of mapped files"),
            fact(size(rss), "resident"),
            fact(size(space.total.anonymous), "anonymous"),
        ],
        disproof: "Pages that are dirty or locked, which cannot be taken back.",
        fix: "Nothing, if the file is wanted. Watch RssAnon, or the group’s `anon`, instead of RSS.".to_owned(),
        next: "RssAnon over time tells what the process itself holds.",
        command: "grep Rss /proc/PID/status",
    }
    .finding()
}

/// How native memory rose over the readings that go with one of the runtime.
#[derive(Clone, Copy)]
struct Growth {
    readings: usize,
    native: u64,
    rss: u64,
}

/// `None` where there are too few readings, or it fell in between.
fn growth(context: &Context<'_>, last: &AddressSpace) -> Option<Growth> {
    let facts = &context.process;
    // Readings of one kind: sums and ranges differ in what they can tell.
    let alike = facts.spaces.iter().filter(|(_, space)| space.origin == last.origin);
    let values: Vec<(u64, u64)> = alike
        .filter_map(|&(source, space)| {
            let (runtime, is_same) = facts.runtime_at(Some(context.session.time(source, space.time)?))?;
            is_same.then(|| (native(space, &runtime), space.total.rss))
        })
        .collect();
    let (first, last) = (values.first()?, values.last()?);
    let rises = values.iter().zip(values.iter().skip(1)).all(|(before, after)| after.0 >= before.0);
    (values.len() >= 3 && rises).then(|| Growth {
        readings: values.len(),
        native: last.0.saturating_sub(first.0),
        rss: last.1.saturating_sub(first.1),
    })
}
