//! One goroutine: what it spent its time on, and what is pending while the events go by.

use super::region::{ActiveRegion, RegionSpent};
use crate::model::StringId;
use crate::model::trace::{GoState, Proc, RangeName};

/// What is known of a goroutine in the end (summary.go, `GoroutineSummary`).
#[derive(Clone, Debug, Default)]
pub struct GoroutineSummary {
    /// Its start function; `None` when no stack was seen.
    pub name: Option<StringId>,
    /// When it was created or first seen, in trace time.
    pub creation: i64,
    /// When it first ran; `None` when it never did.
    pub start: Option<i64>,
    /// When it ended, or began to wait for ever; `None` when it was there to the end.
    pub end: Option<i64>,
    /// How it spent its time.
    pub spent: Spent,
    /// How many regions it had, those that were inherited and those without an end included.
    pub regions: u32,
}

/// Time of a goroutine in nanoseconds (summary.go, `GoroutineExecStats`). All but the last two do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Running.
    pub exec_ns: i64,
    /// Runnable, without a processor.
    pub sched_wait_ns: i64,
    /// In system calls, with a processor.
    pub syscall_ns: i64,
    /// In system calls, without.
    pub syscall_block_ns: i64,
    /// Waiting, by reason.
    pub block_ns: Vec<(StringId, i64)>,
    /// In ranges that are its own, or that its processor was in all the while.
    pub range_ns: Vec<(RangeName, i64)>,
    /// From creation to end.
    pub total_ns: i64,
}

impl Spent {
    /// Adds time in a state.
    pub(super) fn add_state(&mut self, state: GoState, reason: StringId, has_proc: bool, nanos: i64) {
        match state {
            GoState::Running => self.exec_ns += nanos,
            GoState::Waiting => add(&mut self.block_ns, reason, nanos),
            GoState::Runnable => self.sched_wait_ns += nanos,
            GoState::Syscall if has_proc => self.syscall_ns += nanos,
            GoState::Syscall => self.syscall_block_ns += nanos,
            GoState::Undetermined | GoState::NotExist => {}
        }
    }
}

/// A goroutine while the events go by. A time of 0 is none, as in Go.
#[derive(Clone, Default)]
pub(super) struct Tally {
    pub(super) known: bool,
    pub(super) name: Option<StringId>,
    /// Whether its name is one of the program's, not of the runtime's own goroutines.
    pub(super) is_program: bool,
    pub(super) creation: i64,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) spent: Spent,
    /// Sum of `spent.block_ns`, so that a region costs no walk over reasons.
    pub(super) blocked_ns: i64,
    pub(super) running_since: i64,
    pub(super) runnable_since: i64,
    pub(super) blocked_since: i64,
    pub(super) block_reason: Option<StringId>,
    pub(super) syscall_since: i64,
    pub(super) syscall_blocked_since: i64,
    pub(super) ranges_since: Vec<(RangeName, i64)>,
    pub(super) active: Vec<ActiveRegion>,
    /// The processor it entered its system call on.
    pub(super) syscalling_on: Option<Proc>,
    pub(super) regions: u32,
}

impl Tally {
    pub(super) fn new(creation: i64) -> Self {
        Self { known: true, creation, ..Self::default() }
    }

    pub(super) fn add_block(&mut self, reason: StringId, nanos: i64) {
        add(&mut self.spent.block_ns, reason, nanos);
        self.blocked_ns += nanos;
    }

    /// It waits no longer.
    #[inline]
    pub(super) fn end_block(&mut self, now: i64) {
        if let (true, Some(reason)) = (self.blocked_since != 0, self.block_reason) {
            self.add_block(reason, now - self.blocked_since);
        }
        self.blocked_since = 0;
    }

    pub(super) fn add_range(&mut self, name: RangeName, nanos: i64) {
        add(&mut self.spent.range_ns, name, nanos);
    }

    /// What it spent up to `now` (summary.go, `snapshotStat`), as far as regions are concerned.
    #[inline]
    pub(super) fn spent_until(&self, now: i64) -> RegionSpent {
        let since = |since: i64| if since == 0 { 0 } else { now - since };
        let assist = |ranges: &[(RangeName, i64)]| find(ranges, RangeName::Assist).copied();
        RegionSpent {
            exec_ns: self.spent.exec_ns + since(self.running_since),
            // Go counts the pending part of a blocked system call as waiting for the scheduler.
            sched_wait_ns: self.spent.sched_wait_ns + since(self.runnable_since) + since(self.syscall_blocked_since),
            block_ns: self.blocked_ns + since(self.blocked_since),
            syscall_ns: self.spent.syscall_ns + since(self.syscall_since),
            syscall_block_ns: self.spent.syscall_block_ns,
            assist_ns: assist(&self.spent.range_ns).unwrap_or(0) + assist(&self.ranges_since).map_or(0, since),
        }
    }

    /// Puts what is pending at `now` to what it spent (summary.go, `finalize`), and gives the regions left open.
    pub(super) fn finalize(&mut self, now: i64) -> (RegionSpent, Vec<ActiveRegion>) {
        let region_spent = self.spent_until(now);
        if self.spent.total_ns == 0 {
            self.spent.total_ns = now - self.creation;
        }
        self.spent.exec_ns = region_spent.exec_ns;
        self.spent.sched_wait_ns = region_spent.sched_wait_ns;
        self.spent.syscall_ns = region_spent.syscall_ns;
        self.end_block(now);
        for (name, since) in std::mem::take(&mut self.ranges_since) {
            self.add_range(name, now - since);
        }
        self.running_since = 0;
        self.runnable_since = 0;
        self.syscall_since = 0;
        self.syscall_blocked_since = 0;
        (region_spent, std::mem::take(&mut self.active))
    }

    pub(super) fn into_summary(self) -> Option<GoroutineSummary> {
        self.known.then_some(GoroutineSummary {
            name: self.name,
            creation: self.creation,
            start: (self.start != 0).then_some(self.start),
            end: (self.end != 0).then_some(self.end),
            spent: self.spent,
            regions: self.regions,
        })
    }
}

/// Reasons and ranges of one goroutine are few: a walk is faster than a map.
pub(super) fn add<K: PartialEq>(list: &mut Vec<(K, i64)>, key: K, nanos: i64) {
    match list.iter_mut().find(|(other, _)| *other == key) {
        Some((_, sum)) => *sum += nanos,
        None => list.push((key, nanos)),
    }
}

pub(super) fn find<K: PartialEq>(list: &[(K, i64)], key: K) -> Option<&i64> {
    list.iter().find(|(other, _)| *other == key).map(|(_, value)| value)
}
