//! What each processor, or each thread, did.

use super::spans::{LaneState, Spans};
use crate::model::trace::{Context, Event, EventType, Goroutine, ProcState, Transition};

/// Lanes of processors or of threads. Grows with the table of events.
#[derive(Clone, Debug, Default)]
pub struct Executors {
    lanes: Vec<Spans>,
    running: Vec<Option<Goroutine>>,
    /// What it goes back to after helping or sweeping.
    before: Vec<LaneState>,
}

impl Executors {
    /// One lane for each processor that has done something, by its row.
    pub fn lanes(&self) -> &[Spans] {
        &self.lanes
    }

    /// Takes the next event, which happened on executor `at`; `is_collector` tells the collector's own goroutines.
    pub fn see(
        &mut self,
        event: &Event<'_>,
        transition: Option<Transition>,
        at: Option<usize>,
        is_collector: impl Fn(Goroutine) -> bool + Copy,
    ) {
        use EventType as T;
        let Some(at) = at else { return };
        if at >= self.lanes.len() {
            self.lanes.resize_with(at + 1, Spans::default);
            self.running.resize(at + 1, None);
            self.before.resize(at + 1, LaneState::Absent);
        }
        let runs = |goroutine| if is_collector(goroutine) { LaneState::Collecting } else { LaneState::Running };
        // What ran before the trace began is known from the first event that it causes.
        if let Some(goroutine) = event.context.goroutine
            && self.running.get(at).copied().flatten().is_none()
        {
            self.run(at, event.time, goroutine, runs(goroutine));
            // The same moment may bring the next state, which takes the place of this one.
        }
        match event.event_type {
            T::GoStart => {
                if let Some(Transition::Goroutine { goroutine: Some(goroutine), .. }) = transition {
                    self.run(at, event.time, goroutine, runs(goroutine));
                }
            }
            T::GoLabel if event.context.goroutine.is_some_and(is_collector) => {
                self.push(at, event.time, LaneState::Collecting);
            }
            T::GoStop | T::GoBlock | T::GoDestroy | T::GoDestroySyscall | T::ProcStart => {
                self.rest(at, event.time, LaneState::Waiting);
            }
            T::ProcStop => self.rest(at, event.time, LaneState::Absent),
            T::GoSyscallBegin => self.push(at, event.time, LaneState::Syscall),
            T::GoSyscallEnd => {
                if let Some(goroutine) = event.context.goroutine {
                    self.push(at, event.time, runs(goroutine));
                }
            }
            T::GoSyscallEndBlocked => self.rest(at, event.time, LaneState::Waiting),
            T::AssistBegin => self.over(at, event.time, LaneState::Assisting),
            T::SweepBegin => self.over(at, event.time, LaneState::Sweeping),
            T::AssistEnd | T::SweepEnd => {
                let before = self.before.get(at).copied().unwrap_or_default();
                self.push(at, event.time, before);
            }
            _ => {}
        }
    }

    /// A processor was taken from its thread; `at` is its row.
    pub fn taken(&mut self, event: &Event<'_>, transition: Option<Transition>) {
        if let Some(Transition::Proc { proc: Some(proc), to, .. }) = transition
            && proc.index() < self.lanes.len()
            && matches!(to, ProcState::Idle | ProcState::NotExist)
        {
            self.rest(proc.index(), event.time, LaneState::Absent);
        }
    }

    fn run(&mut self, at: usize, time: i64, goroutine: Goroutine, state: LaneState) {
        if let Some(running) = self.running.get_mut(at) {
            *running = Some(goroutine);
        }
        self.push(at, time, state);
    }

    fn rest(&mut self, at: usize, time: i64, state: LaneState) {
        if let Some(running) = self.running.get_mut(at) {
            *running = None;
        }
        self.push(at, time, state);
    }

    /// Something that ends by going back to what was before.
    fn over(&mut self, at: usize, time: i64, state: LaneState) {
        let now = self.lanes.get(at).map_or(LaneState::Absent, Spans::state);
        if let Some(before) = self.before.get_mut(at) {
            *before = now;
        }
        self.push(at, time, state);
    }

    fn push(&mut self, at: usize, time: i64, state: LaneState) {
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.push(time, state);
        }
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.lanes.iter().map(Spans::held_bytes).sum()
    }
}

/// The row of the processor that an event happened on.
pub fn proc_of(event: &Event<'_>, transition: Option<Transition>) -> Option<usize> {
    let proc = match (event.event_type, transition) {
        (EventType::ProcStart, Some(Transition::Proc { proc, .. })) => proc,
        _ => event.context.proc,
    };
    proc.map(|proc| proc.index())
}

/// The row of the thread that an event happened on.
pub fn thread_of(context: &Context) -> Option<usize> {
    context.thread.map(|thread| thread.index())
}
