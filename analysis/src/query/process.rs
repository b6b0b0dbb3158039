//! What a process holds: what the runtime accounts for beside what the kernel counts, over time and by range, and how near its
//! control group is to a limit.

use serde::{Deserialize, Serialize};

use crate::findings::{ProcessFacts, RuntimeMemory};
use crate::lens::SourceId;
use crate::memory_map::{RangeKind, kinds, sums};
use crate::model::Nanos;
use crate::model::record::{AddressSpace, Cgroup, Resident};
use crate::session::Session;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessAnswer {
    /// What the runtime accounts for, reading by reading.
    pub course: Vec<Moment>,
    /// Readings of the kernel's, in the order of time.
    pub dumps: Vec<Dump>,
    /// The one that is looked at, of [`dumps`](Self::dumps).
    pub shown: usize,
    /// Its kinds of ranges; none where only sums are known.
    pub kinds: Vec<KindRow>,
    /// Its ranges, in the order of addresses.
    pub ranges: Vec<RangeRow>,
    /// The program, as the dump names it.
    pub program: String,
    /// The reading of the runtime that goes with it.
    pub runtime: Option<Moment>,
    /// The two are known to be of one moment.
    pub is_same_moment: bool,
    /// Huge pages of the Go heap; `None` where no range of it is known.
    pub huge: Option<HugeRow>,
    /// Control groups, the last reading of each.
    pub groups: Vec<GroupRow>,
}

/// What the runtime accounts for at one moment, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// The file.
    pub source: SourceId,
    /// Seconds since the first reading; the position where times are not told.
    pub at_seconds: f64,
    /// By [`CLASSES`].
    pub classes: [u64; 5],
    /// Resident memory at the same moment, if it was read.
    pub rss: Option<u64>,
}

/// Classes of what the runtime accounts for, from the bottom up: names, and what they are.
pub const CLASSES: [(&str, &str); 5] = [
    ("objects", "HeapAlloc: bytes of objects, dead ones that are not swept yet included."),
    ("free in spans", "HeapInuse − HeapAlloc: free memory that some object in its span keeps."),
    ("idle", "HeapIdle − HeapReleased: empty spans that were not given back."),
    ("stacks", "StackInuse: stacks of goroutines."),
    ("tables", "Sys − HeapReleased − all of the above: the runtime’s own tables."),
];

/// One reading of the kernel's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dump {
    /// The file.
    pub source: SourceId,
    /// Unix time in nanoseconds, if it says so.
    pub time_nanos: Option<i64>,
    /// Resident bytes.
    pub rss: u64,
    /// Of them anonymous.
    pub anonymous: u64,
    /// Swapped out.
    pub swap: u64,
    /// The most that was ever resident, if it says so.
    pub peak: Option<u64>,
    /// It has ranges.
    pub has_ranges: bool,
}

/// Ranges of a kind together, in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindRow {
    /// The kind.
    pub kind: RangeKind,
    /// How many ranges.
    pub ranges: u64,
    /// Their addresses.
    pub size: u64,
    /// What of them is in memory.
    pub resident: ResidentRow,
    /// Resident bytes at the first reading that has ranges.
    pub first_rss: u64,
}

/// One range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeRow {
    /// First address.
    pub start: u64,
    /// Its addresses.
    pub size: u64,
    /// What it is for.
    pub kind: RangeKind,
    /// As the kernel prints them.
    pub permissions: String,
    /// What is mapped; empty for anonymous memory.
    pub path: String,
    /// What of it is in memory.
    pub resident: ResidentRow,
    /// Size of a page as the kernel counts it.
    pub kernel_page: u64,
    /// `VmFlags`.
    pub flags: String,
}

/// What is in memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentRow {
    /// In memory.
    pub rss: u64,
    /// Shared pages divided among those who map them.
    pub pss: u64,
    /// Not backed by a file.
    pub anonymous: u64,
    /// Of this process alone and written to.
    pub private_dirty: u64,
    /// In transparent huge pages.
    pub huge: u64,
    /// Given back lazily.
    pub lazy_free: u64,
    /// Swapped out.
    pub swap: u64,
}

/// Huge pages of the Go heap, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HugeRow {
    /// Resident.
    pub rss: u64,
    /// Of them in transparent huge pages.
    pub huge: u64,
    /// What the runtime holds there: spans and stacks.
    pub held: Option<u64>,
}

/// A control group, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// The file.
    pub source: SourceId,
    /// Its folder; empty when unknown.
    pub path: String,
    /// What is charged.
    pub current: Option<u64>,
    /// The most that was ever charged.
    pub peak: Option<u64>,
    /// Limits; `None` without one.
    pub high: Option<u64>,
    /// The same.
    pub max: Option<u64>,
    /// Swapped out.
    pub swap: u64,
    /// Anonymous, of files in use, of files not used of late, of the kernel; none where `memory.stat` is not here.
    pub parts: Option<[u64; 4]>,
    /// What happened since it was made, in words and how often.
    pub events: Vec<(String, u64)>,
}

/// What a process holds, at the reading of that position or at the last; `None` where no file tells of it.
pub fn process(session: &Session, shown: Option<usize>) -> Option<ProcessAnswer> {
    if let Some(shared) = session.shared().and_then(|shared| shared.analysis.process.as_ref()) {
        return Some(shared.clone());
    }
    let facts = ProcessFacts::new(session);
    if facts.spaces.is_empty() && facts.groups.is_empty() && facts.runtime.is_empty() {
        return None;
    }
    let last = facts.last_space();
    let is_last = |(_, space): &(SourceId, &AddressSpace)| last.is_some_and(|(_, last)| std::ptr::eq(last, *space));
    let at = shown.filter(|&at| at < facts.spaces.len());
    let at = at.or_else(|| facts.spaces.iter().position(is_last)).unwrap_or(0);
    let mut answer = ProcessAnswer {
        course: course(session, &facts),
        dumps: facts.spaces.iter().map(|&(source, space)| dump(session, source, space)).collect(),
        shown: at,
        groups: groups(&facts),
        ..ProcessAnswer::default()
    };
    let shown = facts.spaces.get(at);
    let space = shown.map(|&(_, space)| space);
    let runtime = facts.runtime_at(shown.and_then(|&(source, space)| session.time(source, space.time)));
    answer.runtime =
        runtime.map(|(reading, _)| Moment { rss: space.map(|space| space.total.rss), ..moment(&reading, 0.0) });
    answer.is_same_moment = runtime.is_some_and(|(_, is_same)| is_same);
    let Some(space) = space else { return Some(answer) };
    answer.program.clone_from(&space.program);
    let first = facts.spaces.iter().map(|(_, space)| *space).find(|space| !space.ranges.is_empty());
    let before = first.map(sums).unwrap_or_default();
    answer.kinds = sums(space)
        .iter()
        .map(|sum| KindRow {
            kind: sum.kind,
            ranges: sum.ranges,
            size: sum.size_bytes,
            resident: resident(&sum.resident),
            first_rss: before.iter().find(|known| known.kind == sum.kind).map_or(0, |known| known.resident.rss),
        })
        .collect();
    let heap = answer.kinds.iter().find(|row| row.kind == RangeKind::GoHeap);
    let held = runtime.map(|(reading, _)| reading.heap_resident());
    answer.huge = heap.map(|heap| HugeRow { rss: heap.resident.rss, huge: heap.resident.huge, held });
    let row = |(range, kind): (&crate::model::record::MappedRange, RangeKind)| RangeRow {
        start: range.start,
        size: range.size_bytes(),
        kind,
        permissions: range.permissions.clone(),
        path: range.path.clone(),
        resident: resident(&range.resident),
        kernel_page: range.kernel_page_bytes,
        flags: range.flags.clone(),
    };
    answer.ranges = space.ranges.iter().zip(kinds(space)).map(row).collect();
    Some(answer)
}

fn course(session: &Session, facts: &ProcessFacts<'_>) -> Vec<Moment> {
    let first = facts.runtime.first().and_then(|reading| reading.time);
    let all_timed = facts.runtime.iter().all(|reading| reading.time.is_some());
    let since = |at: usize, time: Option<Nanos>| match (time, first) {
        (Some(time), Some(first)) if all_timed => (time - first).nanos() as f64 / 1e9,
        _ => at as f64,
    };
    let mut course: Vec<Moment> =
        facts.runtime.iter().enumerate().map(|(at, reading)| moment(reading, since(at, reading.time))).collect();
    // Resident memory goes to the reading that it is nearest to.
    for &(source, space) in &facts.spaces {
        let Some((nearest, true)) = facts.runtime_at(session.time(source, space.time)) else { continue };
        if let Some(at) = facts.runtime.iter().position(|reading| *reading == nearest)
            && let Some(row) = course.get_mut(at)
        {
            row.rss = Some(space.total.rss);
        }
    }
    course
}

fn moment(reading: &RuntimeMemory, at_seconds: f64) -> Moment {
    let classes = [reading.heap_alloc, reading.span_waste(), reading.idle(), reading.stack_inuse, reading.tables()];
    Moment { source: reading.source, at_seconds, classes, rss: None }
}

fn dump(session: &Session, source: SourceId, space: &AddressSpace) -> Dump {
    Dump {
        source,
        time_nanos: session.time(source, space.time).map(Nanos::unix_nanos),
        rss: space.total.rss,
        anonymous: space.total.anonymous,
        swap: space.total.swap,
        peak: space.peak_rss_bytes,
        has_ranges: !space.ranges.is_empty(),
    }
}

fn resident(of: &Resident) -> ResidentRow {
    let Resident { rss, pss, anonymous, private_dirty, huge, lazy_free, swap, .. } = *of;
    ResidentRow { rss, pss, anonymous, private_dirty, huge, lazy_free, swap }
}

/// What is counted of a group, and what it is called.
const EVENTS: [(&str, &str); 5] = [
    ("events.high", "above memory.high"),
    ("events.max", "at memory.max"),
    ("events.oom", "out of memory"),
    ("events.oom_kill", "processes killed"),
    ("events.low", "below memory.low"),
];

fn groups(facts: &ProcessFacts<'_>) -> Vec<GroupRow> {
    let mut rows: Vec<GroupRow> = Vec::new();
    for &(source, group) in facts.groups.iter().rev() {
        if !rows.iter().any(|row| row.path == group.path) {
            rows.push(group_row(source, group));
        }
    }
    rows.reverse();
    rows
}

fn group_row(source: SourceId, group: &Cgroup) -> GroupRow {
    let parts = group.get("anon").or_else(|| group.get("rss")).map(|anon| {
        let file = group.get("file").or_else(|| group.get("cache")).unwrap_or(0);
        let inactive = group.get("inactive_file").unwrap_or(0).min(file);
        [anon, file - inactive, inactive, group.get("kernel").unwrap_or(0)]
    });
    let count = |(name, words): (&str, &str)| Some((words.to_owned(), group.get(name)?));
    GroupRow {
        source,
        path: group.path.clone(),
        current: group.get("memory.current"),
        peak: group.get("memory.peak"),
        high: group.limit("memory.high"),
        max: group.limit("memory.max"),
        swap: group.get("memory.swap.current").or_else(|| group.get("swap")).unwrap_or(0),
        parts,
        events: EVENTS.into_iter().filter_map(count).collect(),
    }
}
