//! Regions that the program marked (`trace.StartRegion`), summed up by name.

use super::Range;
use super::durations::{Distribution, Durations};
use crate::model::StringId;
use crate::model::trace::{Goroutine, Task};

/// How many of the longest regions of a name are kept, to go and look at.
const SLOWEST: usize = 10;

/// What a goroutine spent during regions, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegionSpent {
    /// Running.
    pub exec_ns: i64,
    /// Runnable, without a processor.
    pub sched_wait_ns: i64,
    /// Waiting, for whatever reason.
    pub block_ns: i64,
    /// In system calls, with a processor.
    pub syscall_ns: i64,
    /// In system calls, without.
    pub syscall_block_ns: i64,
    /// Helping the collector; overlaps with the rest.
    pub assist_ns: i64,
}

/// A region that has begun.
#[derive(Clone, Copy)]
pub(super) struct ActiveRegion {
    /// `None` where a goroutine inherits the task of the region that it was created in.
    pub(super) name: Option<StringId>,
    pub(super) task: Option<Task>,
    pub(super) start: i64,
    /// What the goroutine had spent before.
    pub(super) before: RegionSpent,
}

/// All regions of one name.
#[derive(Clone, Debug)]
pub struct RegionGroup {
    /// `None` stands for the time of goroutines that were created in a region: Go counts each as a region of its task.
    pub name: Option<StringId>,
    /// Those with both ends.
    pub durations: Distribution,
    /// Those without a begin or an end.
    pub incomplete: usize,
    /// What was spent in those with both ends.
    pub spent: RegionSpent,
    /// The longest, longest first.
    pub slowest: Vec<SlowRegion>,
}

/// One region that took long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowRegion {
    /// Trace time.
    pub start: i64,
    /// Trace time.
    pub end: i64,
    /// Whose it was.
    pub goroutine: Goroutine,
    /// The task that it belongs to.
    pub task: Option<Task>,
}

/// Regions as they end.
pub(super) struct Regions {
    range: Range,
    /// By row of the string table: place in `groups` and one, or 0.
    places: Vec<u32>,
    groups: Vec<Pending>,
}

struct Pending {
    name: Option<StringId>,
    durations: Durations,
    incomplete: usize,
    spent: RegionSpent,
    slowest: Vec<SlowRegion>,
}

impl Regions {
    pub(super) fn new(range: Range) -> Self {
        Self { range, places: Vec::new(), groups: Vec::new() }
    }

    /// A region is over. Times are `None` where the trace doesn't hold that end.
    pub(super) fn add(&mut self, goroutine: Goroutine, region: &ActiveRegion, end: Option<i64>, after: RegionSpent) {
        let start = (region.start != 0).then_some(region.start);
        if start.is_some_and(|start| start >= self.range.end) || end.is_some_and(|end| end < self.range.start) {
            return;
        }
        let group = self.group(region.name);
        let (Some(start), Some(end)) = (start, end) else {
            group.incomplete += 1;
            return;
        };
        group.durations.push(end - start);
        group.spent += after - region.before;
        group.keep_if_slow(SlowRegion { start, end, goroutine, task: region.task });
    }

    fn group(&mut self, name: Option<StringId>) -> &mut Pending {
        let row = name.map_or(0, |name| name.index() + 1);
        if self.places.len() <= row {
            self.places.resize(row + 1, 0);
        }
        let place = &mut self.places[row];
        if *place == 0 {
            self.groups.push(Pending {
                name,
                durations: Durations::default(),
                incomplete: 0,
                spent: RegionSpent::default(),
                slowest: Vec::new(),
            });
            *place = self.groups.len() as u32;
        }
        &mut self.groups[*place as usize - 1]
    }

    pub(super) fn finish(self) -> Vec<RegionGroup> {
        let finished = |group: Pending| RegionGroup {
            name: group.name,
            durations: group.durations.distribution(),
            incomplete: group.incomplete,
            spent: group.spent,
            slowest: group.slowest,
        };
        self.groups.into_iter().map(finished).collect()
    }
}

impl Pending {
    fn keep_if_slow(&mut self, region: SlowRegion) {
        let length = region.end - region.start;
        if self.slowest.len() == SLOWEST {
            if self.slowest.last().is_some_and(|last| last.end - last.start >= length) {
                return;
            }
            self.slowest.pop();
        }
        let at = self.slowest.partition_point(|other| other.end - other.start >= length);
        self.slowest.insert(at, region);
    }
}

impl std::ops::Sub for RegionSpent {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            exec_ns: self.exec_ns - before.exec_ns,
            sched_wait_ns: self.sched_wait_ns - before.sched_wait_ns,
            block_ns: self.block_ns - before.block_ns,
            syscall_ns: self.syscall_ns - before.syscall_ns,
            syscall_block_ns: self.syscall_block_ns - before.syscall_block_ns,
            assist_ns: self.assist_ns - before.assist_ns,
        }
    }
}

impl std::ops::AddAssign for RegionSpent {
    fn add_assign(&mut self, other: Self) {
        self.exec_ns += other.exec_ns;
        self.sched_wait_ns += other.sched_wait_ns;
        self.block_ns += other.block_ns;
        self.syscall_ns += other.syscall_ns;
        self.syscall_block_ns += other.syscall_block_ns;
        self.assist_ns += other.assist_ns;
    }
}
