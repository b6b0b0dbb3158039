//! How much there is of everything in a trace.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::names::Names;
use super::occurrence::{Occurrence, OpenRanges};
use super::summarizer::slot;
use crate::model::StringId;
use crate::model::trace::{AllocFreeType, Event, EventKind, GoState, ProcState, RangeName, Series, Trace, Transition};

/// How many messages of a category are shown.
const MESSAGES: usize = 5;

/// Counts over the events of a trace.
#[derive(Default)]
pub struct Census {
    /// How many events there are of each kind, by its code.
    pub kinds: [usize; EventKind::ALL.len()],
    /// How many times a goroutine went from one state (the outer list) to another.
    pub goroutine_transitions: [[usize; GoState::ALL.len()]; GoState::ALL.len()],
    /// The same of processors.
    pub proc_transitions: [[usize; ProcState::ALL.len()]; ProcState::ALL.len()],
    /// Transitions for which the trace gives a reason.
    pub reasons: FxHashMap<(GoState, GoState, StringId), usize>,
    /// Ranges with both ends, by their end.
    pub ranges: Vec<Occurrence>,
    /// Logged messages by category: how many, and the first of them.
    pub logs: FxHashMap<StringId, (usize, Vec<StringId>)>,
    /// Labels that goroutines got.
    pub labels: FxHashMap<StringId, usize>,
    /// GOMAXPROCS.
    pub procs: Option<Metric>,
    /// Live heap in bytes.
    pub heap_live: Option<Metric>,
    /// Heap goal in bytes.
    pub heap_goal: Option<Metric>,
    /// Allocations and frees by what happened, by its code.
    pub alloc_free: [usize; AllocFreeType::ALL.len()],
    /// Allocated objects by the row of their type and one; 0 are those without a type.
    pub allocated: Vec<usize>,
    /// The innermost function of CPU samples.
    pub sample_leaves: FxHashMap<StringId, usize>,
    /// Events with a function of `sync.Pool` in their stack: the innermost such function, and what the event is.
    pub pool_events: FxHashMap<(StringId, PoolEvent), usize>,
    /// First and last time of an event other than a sync.
    pub span: Option<(i64, i64)>,
    /// Goroutines that exist, over the trace.
    pub alive: Alive,
    procs_seen: Vec<bool>,
    threads_seen: Vec<bool>,
    syncs: usize,
    open: OpenRanges,
}

/// A number over time; written out as Go's `metrics` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    /// How many times it was told.
    #[serde(rename = "count")]
    pub count: usize,
    /// First value.
    pub first: u64,
    /// Last value.
    pub last: u64,
    /// Lowest value.
    pub min: u64,
    /// Highest value.
    pub max: u64,
    /// Trace time of the first.
    pub first_time: i64,
    /// Trace time of the last.
    pub last_time: i64,
}

/// What an event with a stack in `sync.Pool` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolEvent {
    /// A goroutine changed its state, with a reason.
    Transition(GoState, GoState, StringId),
    /// A range begins or is there.
    Range(EventKind, RangeName),
    /// Anything else.
    Other(EventKind),
}

/// How many goroutines exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alive {
    /// At the end.
    pub end: usize,
    /// At most.
    pub max: usize,
    /// At least, once the second generation has begun: all that exist have been named by then.
    pub min_from_second_sync: Option<usize>,
    /// How many were created.
    pub created: usize,
    /// How many ended.
    pub ended: usize,
}

impl Metric {
    fn add(metric: &mut Option<Self>, time: i64, value: u64) {
        match metric {
            None => {
                *metric = Some(Self {
                    count: 1,
                    first: value,
                    last: value,
                    min: value,
                    max: value,
                    first_time: time,
                    last_time: time,
                });
            }
            Some(metric) => {
                metric.count += 1;
                (metric.last, metric.last_time) = (value, time);
                metric.min = metric.min.min(value);
                metric.max = metric.max.max(value);
            }
        }
    }
}

impl Census {
    /// How many events there are of a kind.
    pub fn of(&self, kind: EventKind) -> usize {
        self.kinds.get(kind as usize).copied().unwrap_or(0)
    }

    /// How many events there are.
    pub fn events(&self) -> usize {
        self.kinds.iter().sum()
    }

    /// Processors on which something ran.
    pub fn procs_seen(&self) -> usize {
        self.procs_seen.iter().filter(|&&seen| seen).count()
    }

    /// Threads on which something ran.
    pub fn threads_seen(&self) -> usize {
        self.threads_seen.iter().filter(|&&seen| seen).count()
    }

    /// Counts the next event, with its change of state.
    #[inline]
    pub(super) fn event(&mut self, event: &Event<'_>, transition: Option<Transition>, names: &Names) {
        let kind = event.kind();
        bump(self.kinds.get_mut(kind as usize));
        if let Some(proc) = event.context.proc {
            *slot(&mut self.procs_seen, proc.index()) = true;
        }
        if let Some(thread) = event.context.thread {
            *slot(&mut self.threads_seen, thread.index()) = true;
        }
        if kind == EventKind::Sync {
            self.syncs += 1;
        } else {
            self.pass(event.time, event.time);
        }
        match transition {
            Some(Transition::Goroutine { from, to, reason, .. }) => {
                bump(self.goroutine_transitions.get_mut(from as usize).and_then(|row| row.get_mut(to as usize)));
                if reason != StringId::default() {
                    *self.reasons.entry((from, to, reason)).or_default() += 1;
                }
                self.alive.count(from, to, self.syncs);
            }
            Some(Transition::Proc { from, to, .. }) => {
                bump(self.proc_transitions.get_mut(from as usize).and_then(|row| row.get_mut(to as usize)));
            }
            None => self.rest(event, names),
        }
        if let Some(frame) = event.stack().and_then(|stack| names.stack(stack).pool) {
            *self.pool_events.entry((frame, PoolEvent::of(event))).or_default() += 1;
        }
    }

    /// What is no change of state.
    fn rest(&mut self, event: &Event<'_>, names: &Names) {
        self.ranges.extend(self.open.event(event));
        if let Some(label) = event.label() {
            *self.labels.entry(label).or_default() += 1;
        }
        if let Some(procs) = event.procs() {
            Metric::add(&mut self.procs, event.time, u64::from(procs));
        }
        if let (Some(message), Some(log)) = (event.message(), event.resource()) {
            let (count, first) = self.logs.entry(log.name).or_default();
            *count += 1;
            if first.len() < MESSAGES {
                first.push(message);
            }
        }
        if event.kind() == EventKind::StackSample
            && let Some(leaf) = event.stack().and_then(|stack| names.stack(stack).leaf)
        {
            *self.sample_leaves.entry(leaf).or_default() += 1;
        }
    }

    /// Counts what `stretch` holds besides its events.
    pub(super) fn series(&mut self, stretch: &Trace) {
        let Trace { heap_live, heap_goal, alloc_free, .. } = stretch;
        for (series, metric) in [(heap_live, &mut self.heap_live), (heap_goal, &mut self.heap_goal)] {
            let Series { times, values } = series;
            times.iter().zip(values).for_each(|(&time, &value)| Metric::add(metric, time, value));
        }
        for event in alloc_free.iter() {
            bump(self.alloc_free.get_mut(event.kind as usize));
            if event.kind == AllocFreeType::ObjectAlloc {
                // A detail is a row of the types and one, and types are counted in 32 bits.
                *slot(&mut self.allocated, event.detail as u32 as usize) += 1;
            }
        }
        for (kind, count) in
            [(EventKind::Metric, heap_live.len() + heap_goal.len()), (EventKind::Experimental, alloc_free.len())]
        {
            if let Some(known) = self.kinds.get_mut(kind as usize) {
                *known += count;
            }
        }
        for times in [&heap_live.times, &heap_goal.times, alloc_free.times()] {
            if let (Some(&first), Some(&last)) = (times.first(), times.last()) {
                self.pass(first, last);
            }
        }
    }

    /// Something happened from `first` to `last`.
    #[inline]
    fn pass(&mut self, first: i64, last: i64) {
        let (start, end) = self.span.get_or_insert((first, last));
        *start = first.min(*start);
        *end = last.max(*end);
    }
}

impl PoolEvent {
    fn of(event: &Event<'_>) -> Self {
        match (event.transition(), event.range()) {
            (Some(Transition::Goroutine { from, to, reason, .. }), _) => Self::Transition(from, to, reason),
            (_, Some((_, name, _))) => Self::Range(event.kind(), name),
            _ => Self::Other(event.kind()),
        }
    }
}

impl Alive {
    fn count(&mut self, from: GoState, to: GoState, syncs: usize) {
        match (from, to) {
            (GoState::NotExist, GoState::NotExist) => {}
            (GoState::NotExist, _) => {
                self.created += 1;
                self.end += 1;
            }
            (GoState::Undetermined, to) if to != GoState::NotExist => self.end += 1,
            (_, GoState::NotExist) => {
                self.ended += 1;
                self.end = self.end.saturating_sub(1);
            }
            _ => {}
        }
        self.max = self.max.max(self.end);
        if syncs >= 2 {
            self.min_from_second_sync = Some(self.min_from_second_sync.map_or(self.end, |min| min.min(self.end)));
        }
    }
}

fn bump(count: Option<&mut usize>) {
    if let Some(count) = count {
        *count += 1;
    }
}
