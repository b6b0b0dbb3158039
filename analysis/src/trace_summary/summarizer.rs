//! The pass over the events: a port of Go's `Summarizer` (internal/trace, summary.go), its oddities included.

use super::fates::{Fates, Late, LateWhat};
use super::goroutine::{Tally, find};
use super::ledger::Mark;
use super::names::Names;
use super::region::{ActiveRegion, Regions};
use super::task::Tasks;
use super::{Range, Summary};
use crate::model::trace::{
    Event, EventKind, GoState, Goroutine, Proc, ProcState, RangePart, RangeScope, Trace, Transition,
};
use crate::model::{StackId, StringId};

/// Sums up events as they come, in order.
pub struct Summarizer {
    range: Range,
    goroutines: Vec<Tally>,
    /// By processor: who is in a system call on it.
    syscalling: Vec<Option<Goroutine>>,
    /// By processor: who sweeps on it, as far as one can tell.
    sweeping: Vec<Option<Goroutine>>,
    regions: Regions,
    tasks: Tasks,
    last: i64,
    sync: i64,
    fates: Fates,
}

impl Summarizer {
    /// Nothing is summed up yet.
    pub fn new(range: Range) -> Self {
        Self {
            regions: Regions::new(range.clone()),
            range,
            goroutines: Vec::new(),
            syscalling: Vec::new(),
            sweeping: Vec::new(),
            tasks: Tasks::default(),
            last: 0,
            sync: 0,
            fates: Fates::default(),
        }
    }

    /// Something happened at `time` that is not among the events.
    pub fn pass(&mut self, time: Option<i64>) {
        self.last = self.last.max(time.unwrap_or(0));
    }

    /// The next event, with its change of state.
    #[inline]
    pub fn event(&mut self, event: &Event<'_>, transition: Option<Transition>, names: &Names) {
        if self.sync == 0 {
            self.sync = event.time;
        }
        match event.kind() {
            EventKind::Sync => self.sync = event.time,
            EventKind::StateTransition => match transition {
                Some(Transition::Goroutine { goroutine: Some(goroutine), from, to, reason, stack }) if from != to => {
                    self.goroutine(event, goroutine, (from, to), reason, stack, names);
                }
                Some(Transition::Proc { proc: Some(proc), from, to: ProcState::Idle }) if from != ProcState::Idle => {
                    self.proc_idle(event, proc);
                }
                _ => {}
            },
            EventKind::RangeBegin | EventKind::RangeActive | EventKind::RangeEnd => self.range(event),
            EventKind::RegionBegin => self.region_begin(event),
            EventKind::RegionEnd => self.region_end(event),
            EventKind::TaskBegin | EventKind::TaskEnd | EventKind::Log => self.task(event),
            EventKind::Metric | EventKind::Label | EventKind::StackSample | EventKind::Experimental => {}
        }
        self.last = self.last.max(event.time);
    }

    /// The state before the event numbered `event`.
    pub(super) fn mark(&self, event: usize) -> Mark {
        let (syscalling, sweeping) = (self.syscalling.clone(), self.sweeping.clone());
        Mark { event, tallies: self.goroutines.clone(), syscalling, sweeping, sync: self.sync }
    }

    /// Goes on from a mark.
    pub(super) fn resume(&mut self, mark: Mark) {
        (self.goroutines, self.syscalling, self.sweeping) = (mark.tallies, mark.syscalling, mark.sweeping);
        self.sync = mark.sync;
    }

    pub(super) fn into_tallies(self) -> Vec<Tally> {
        self.goroutines
    }

    /// As [`finish`](Self::finish), with what turned out late, and the time of the last event.
    pub(super) fn finish_with_fates(mut self, trace: &Trace) -> (Summary, Fates, i64) {
        let hung = |tally: &Tally| if tally.syscall_blocked_since == 0 { 0 } else { tally.syscall_since };
        let hung = self.goroutines.iter().map(hung).collect();
        let fates = Fates { hung, ..std::mem::take(&mut self.fates) };
        let last = self.last;
        (self.finish(trace), fates, last)
    }

    /// All events of `trace` were given.
    pub fn finish(mut self, trace: &Trace) -> Summary {
        let now = self.clamp(self.last);
        for (goroutine, _) in trace.goroutines.iter() {
            self.finalize(goroutine, now, None);
        }
        self.goroutines.resize_with(trace.goroutines.len(), Tally::default);
        Summary {
            goroutines: self.goroutines.into_iter().map(Tally::into_summary).collect(),
            regions: self.regions.finish(),
            tasks: self.tasks,
        }
    }

    /// Time spent within the range is the difference of times that are held within it.
    #[inline]
    fn clamp(&self, time: i64) -> i64 {
        time.max(self.range.start).min(self.range.end)
    }

    #[inline]
    fn known(&mut self, goroutine: Option<Goroutine>) -> Option<&mut Tally> {
        self.goroutines.get_mut(goroutine?.index()).filter(|tally| tally.known)
    }

    #[inline]
    fn goroutine(
        &mut self,
        event: &Event<'_>,
        goroutine: Goroutine,
        (from, to): (GoState, GoState),
        reason: StringId,
        stack: Option<StackId>,
        names: &Names,
    ) {
        let now = self.clamp(event.time);
        match from {
            GoState::Undetermined => self.appear(event, goroutine, to, reason),
            GoState::NotExist => self.create(event, goroutine),
            _ => {}
        }
        let tally = slot(&mut self.goroutines, goroutine.index());
        match from {
            GoState::Running => {
                tally.spent.exec_ns += now - tally.running_since;
                tally.running_since = 0;
            }
            GoState::Waiting => tally.end_block(now),
            GoState::Runnable => {
                if tally.runnable_since != 0 {
                    tally.spent.sched_wait_ns += now - tally.runnable_since;
                    tally.runnable_since = 0;
                }
            }
            GoState::Syscall if tally.syscall_since != 0 => {
                if tally.syscall_blocked_since != 0 {
                    tally.spent.syscall_block_ns += now - tally.syscall_blocked_since;
                    tally.spent.syscall_ns += tally.syscall_blocked_since - tally.syscall_since;
                } else {
                    tally.spent.syscall_ns += now - tally.syscall_since;
                }
                tally.syscall_since = 0;
                tally.syscall_blocked_since = 0;
                // Whoever entered a system call on that processor since is forgotten too, as in Go.
                if let Some(slot) = tally.syscalling_on.take().and_then(|proc| self.syscalling.get_mut(proc.index())) {
                    *slot = None;
                }
            }
            GoState::Syscall | GoState::Undetermined | GoState::NotExist => {}
        }
        if let (None, Some(stack)) = (tally.name, stack) {
            let stack = names.stack(stack);
            (tally.name, tally.is_program) = (stack.start, stack.is_program);
        }
        match to {
            GoState::Running => {
                tally.running_since = now;
                if tally.start == 0 {
                    tally.start = event.time;
                }
            }
            GoState::Runnable => tally.runnable_since = now,
            GoState::Waiting if names.forever != Some(reason) => {
                tally.blocked_since = now;
                tally.block_reason = Some(reason);
            }
            // To wait for ever is like an end.
            GoState::Waiting | GoState::NotExist => self.finalize(goroutine, now, Some(event.time)),
            GoState::Syscall => {
                tally.syscall_since = now;
                tally.syscalling_on = event.context.proc;
                if let Some(proc) = event.context.proc {
                    *slot(&mut self.syscalling, proc.index()) = Some(goroutine);
                }
            }
            GoState::Undetermined => {}
        }
    }

    /// The trace names a goroutine that was there before: it was in `state` since the generation began.
    fn appear(&mut self, event: &Event<'_>, goroutine: Goroutine, state: GoState, reason: StringId) {
        let mut tally = Tally::new(self.sync);
        let nanos = self.clamp(event.time) - self.clamp(self.sync);
        let has_proc = event.context.proc.is_some();
        tally.spent.add_state(state, reason, has_proc, nanos);
        tally.blocked_ns += if state == GoState::Waiting { nanos } else { 0 };
        let what = LateWhat::State(state, reason, has_proc);
        self.fates.late.push(Late { goroutine, since: self.sync, told: event.time, what });
        self.put(goroutine, tally);
    }

    /// A new goroutine inherits the task of the region that its creator is in.
    fn create(&mut self, event: &Event<'_>, goroutine: Goroutine) {
        let mut tally = Tally::new(event.time);
        let inherited = self.known(event.context.goroutine).and_then(|creator| creator.active.last().copied());
        if let Some(region) = inherited {
            tally.active.push(ActiveRegion {
                name: None,
                task: region.task,
                start: event.time,
                before: Default::default(),
            });
        }
        self.put(goroutine, tally);
    }

    fn put(&mut self, goroutine: Goroutine, tally: Tally) {
        *slot(&mut self.goroutines, goroutine.index()) = tally;
    }

    fn finalize(&mut self, goroutine: Goroutine, now: i64, end: Option<i64>) {
        let Some(tally) = self.goroutines.get_mut(goroutine.index()).filter(|tally| tally.known) else { return };
        tally.end = end.unwrap_or(tally.end);
        let (spent, open) = tally.finalize(now);
        // Goroutines of the runtime can be created within a region and are never part of it.
        if open.is_empty() || !tally.is_program {
            return;
        }
        tally.regions += open.len() as u32;
        for region in &open {
            self.regions.add(goroutine, region, end, spent);
        }
    }

    /// A goroutine in a system call whose processor goes idle has lost it.
    fn proc_idle(&mut self, event: &Event<'_>, proc: Proc) {
        let now = self.clamp(event.time);
        if let Some(tally) = self
            .syscalling
            .get_mut(proc.index())
            .and_then(Option::take)
            .and_then(|goroutine| self.goroutines.get_mut(goroutine.index()))
        {
            tally.syscall_blocked_since = now;
        }
    }

    fn range(&mut self, event: &Event<'_>) {
        let Some((part, name, scope)) = event.range() else { return };
        let (now, sync) = (self.clamp(event.time), self.clamp(self.sync));
        // A processor's range counts for the goroutine that begins and ends it.
        let whose = match scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(goroutine) => Some(goroutine),
            RangeScope::Proc(proc) if part == RangePart::End => {
                let begun = self.sweeping.get_mut(proc.index()).and_then(Option::take);
                begun.filter(|_| begun == event.context.goroutine)
            }
            RangeScope::Proc(proc) => {
                let whose = event.context.goroutine;
                if self.known(whose).is_some() {
                    *slot(&mut self.sweeping, proc.index()) = whose;
                }
                whose
            }
        };
        let (told, raw_sync) = (event.time, self.sync);
        let Some(goroutine) = whose else { return };
        let Some(tally) = self.goroutines.get_mut(goroutine.index()).filter(|tally| tally.known) else { return };
        let since = find(&tally.ranges_since, name).copied();
        if let Some(at) = tally.ranges_since.iter().position(|(other, _)| *other == name) {
            tally.ranges_since.swap_remove(at);
        }
        match (part, since) {
            (RangePart::Begin, since) => {
                tally.ranges_since.push((name, now));
                self.fates.lost.extend(since.map(|since| (goroutine.index(), name, since)));
            }
            (RangePart::Active, since) => {
                match since {
                    Some(since) => tally.add_range(name, sync - since),
                    None => {
                        let what = LateWhat::Range(name);
                        self.fates.late.push(Late { goroutine, since: raw_sync, told, what });
                    }
                }
                tally.ranges_since.push((name, sync));
            }
            (RangePart::End, Some(since)) => tally.add_range(name, now - since),
            (RangePart::End, None) => {}
        }
    }

    fn region_begin(&mut self, event: &Event<'_>) {
        let Some(region) = event.resource() else { return };
        self.tasks.mention(region.task);
        let now = self.clamp(event.time);
        let Some(tally) = self.known(event.context.goroutine) else { return };
        let before = tally.spent_until(now);
        tally.active.push(ActiveRegion { name: Some(region.name), task: Some(region.task), start: event.time, before });
    }

    fn region_end(&mut self, event: &Event<'_>) {
        let (Some(region), Some(goroutine)) = (event.resource(), event.context.goroutine) else { return };
        let now = self.clamp(event.time);
        let Some(tally) = self.known(Some(goroutine)) else { return };
        let spent = tally.spent_until(now);
        tally.regions += 1;
        let begun = tally.active.pop().unwrap_or_else(|| ActiveRegion {
            name: Some(region.name),
            task: Some(region.task),
            start: 0,
            before: Default::default(),
        });
        if begun.start == 0 {
            self.tasks.mention(region.task);
        }
        self.regions.add(goroutine, &begun, Some(event.time), spent);
    }

    fn task(&mut self, event: &Event<'_>) {
        let Some(task) = event.resource() else { return };
        match event.kind() {
            EventKind::Log => self.tasks.log(task.task),
            kind => {
                self.tasks.describe(task.task, task.name, task.parent);
                if kind == EventKind::TaskBegin {
                    self.tasks.begin(task.task, event.time);
                } else {
                    self.tasks.end(task.task, event.time);
                }
            }
        }
    }
}

/// The row's place in a column, which grows to hold it.
#[inline]
pub(super) fn slot<T: Clone + Default>(column: &mut Vec<T>, row: usize) -> &mut T {
    if row >= column.len() {
        column.resize(row + 1, T::default());
    }
    &mut column[row] // ok: the line above makes room for it.
}
