//! How much there is of everything in a trace.

use rustc_hash::FxHashMap;

use super::occurrence::{Occurrence, OpenRanges};
use super::pool_frames::PoolFrames;
use crate::model::trace::{Event, EventKind, GoState, ProcState, RangeName, Trace, Transition};
use crate::model::{StringId, Symbols};

/// How many messages of a category are shown.
const MESSAGES: usize = 5;

/// Counts over the events of a trace, in one pass.
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
    /// GOMAXPROCS over time.
    pub procs: crate::model::trace::Series,
    /// The innermost function of CPU samples.
    pub sample_leaves: FxHashMap<StringId, usize>,
    /// Events with a function of `sync.Pool` in their stack: the innermost such function, and what the event is.
    pub pool_events: FxHashMap<(StringId, PoolEvent), usize>,
    /// First and last time of an event other than a sync.
    pub span: Option<(i64, i64)>,
    /// Goroutines that exist, over the trace.
    pub alive: Alive,
    /// Processors on which something ran.
    pub procs_seen: usize,
    /// Threads on which something ran.
    pub threads_seen: usize,
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

impl Census {
    /// Counts everything, and hands each event on, so that one pass serves both.
    pub fn new(trace: &Trace, symbols: &Symbols, mut each: impl FnMut(&Event<'_>)) -> Self {
        let mut census = Self::default();
        let mut open = OpenRanges::default();
        let mut pool_frames = PoolFrames::new(symbols);
        let (mut procs, mut threads) = (vec![false; trace.procs.len()], vec![false; trace.threads.len()]);
        let mut syncs = 0;
        for event in trace.events.iter() {
            each(&event);
            bump(census.kinds.get_mut(event.kind() as usize));
            if let Some(seen) = event.context.proc.and_then(|proc| procs.get_mut(proc.index())) {
                *seen = true;
            }
            if let Some(seen) = event.context.thread.and_then(|thread| threads.get_mut(thread.index())) {
                *seen = true;
            }
            if event.kind() == EventKind::Sync {
                syncs += 1;
            } else {
                census.span = Some((census.span.map_or(event.time, |(first, _)| first), event.time));
            }
            census.count(&event, syncs, symbols);
            census.ranges.extend(open.event(&event));
            if let Some(frame) = event.stack().and_then(|stack| pool_frames.innermost(stack)) {
                *census.pool_events.entry((frame, PoolEvent::of(&event))).or_default() += 1;
            }
        }
        census.procs_seen = procs.iter().filter(|&&seen| seen).count();
        census.threads_seen = threads.iter().filter(|&&seen| seen).count();
        census.with_series(trace)
    }

    /// How many events there are of a kind.
    pub fn of(&self, kind: EventKind) -> usize {
        self.kinds.get(kind as usize).copied().unwrap_or(0)
    }

    fn count(&mut self, event: &Event<'_>, syncs: usize, symbols: &Symbols) {
        match event.transition() {
            Some(Transition::Goroutine { from, to, reason, .. }) => {
                bump(self.goroutine_transitions.get_mut(from as usize).and_then(|row| row.get_mut(to as usize)));
                if reason != symbols.strings.empty() {
                    *self.reasons.entry((from, to, reason)).or_default() += 1;
                }
                self.alive.count(from, to, syncs);
            }
            Some(Transition::Proc { from, to, .. }) => {
                bump(self.proc_transitions.get_mut(from as usize).and_then(|row| row.get_mut(to as usize)));
            }
            None => {}
        }
        if let Some(label) = event.label() {
            *self.labels.entry(label).or_default() += 1;
        }
        if let Some(procs) = event.procs() {
            self.procs.push(event.time, u64::from(procs));
        }
        if let (Some(message), Some(log)) = (event.message(), event.resource()) {
            let (count, first) = self.logs.entry(log.name).or_default();
            *count += 1;
            if first.len() < MESSAGES {
                first.push(message);
            }
        }
        if event.kind() == EventKind::StackSample
            && let Some(leaf) = event.stack().and_then(|stack| leaf_function(symbols, stack))
        {
            *self.sample_leaves.entry(leaf).or_default() += 1;
        }
    }

    fn with_series(mut self, trace: &Trace) -> Self {
        let metrics = trace.heap_live.len() + trace.heap_goal.len();
        for (kind, count) in [(EventKind::Metric, metrics), (EventKind::Experimental, trace.alloc_free.len())] {
            if let Some(known) = self.kinds.get_mut(kind as usize) {
                *known += count;
            }
        }
        let ends = |times: &[i64]| Some((*times.first()?, *times.last()?));
        let alloc_free = trace.alloc_free.get(0).zip(trace.alloc_free.len().checked_sub(1));
        let alloc_free = alloc_free.and_then(|(first, last)| Some((first.time, trace.alloc_free.get(last)?.time)));
        let spans = [self.span, ends(&trace.heap_live.times), ends(&trace.heap_goal.times), alloc_free];
        let (first, last) = spans
            .iter()
            .flatten()
            .fold((i64::MAX, i64::MIN), |(first, last), span| (first.min(span.0), last.max(span.1)));
        self.span = (first <= last).then_some((first, last));
        self
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

fn leaf_function(symbols: &Symbols, stack: crate::model::StackId) -> Option<StringId> {
    let location = *symbols.stacks.get(stack).first()?;
    let function = symbols.locations.get(location).lines.first()?.function?;
    Some(symbols.functions.get(function)?.name)
}
