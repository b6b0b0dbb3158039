//! How much of the processors the collector leaves to the program, over time: a port of `MutatorUtilizationV2`
//! (internal/trace, gc.go) with what the page of `go tool trace` counts by default: stops of the world for the collector,
//! background mark workers and mark assists.
//!
//! Go counts a mark worker twice each time it starts but the first: once because it is known for a worker, and once more
//! because the runtime labels it again at every start (runtime/traceruntime.go, `GoStart`); it takes one off when the
//! worker stops. From the second cycle on it takes processors for busy that are not, and soon all of them. Here a worker
//! counts from its label to its stop; [`Utilization::as_go`] is for comparing.

use crate::model::trace::{
    Event, EventKind, GoState, Goroutine, Proc, RangeName, RangePart, RangeScope, Trace, Transition,
};
use crate::model::{StringId, Symbols};
use crate::trace_summary::Range;

/// From this time on, up to the next change, the program had this share of the processors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UtilizationChange {
    /// Trace time in nanoseconds.
    pub time: i64,
    /// From 0 to 1.
    pub share: f64,
}

/// Mutator utilization over time. The last change is to 0 and ends it, as in Go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Utilization {
    /// By time. Empty where the trace doesn't say how many processors there are.
    pub changes: Vec<UtilizationChange>,
}

impl Utilization {
    /// Of the whole trace, each mark worker counted while it runs.
    ///
    /// ```
    /// use analysis::model::{Symbols, trace::Trace};
    /// use analysis::trace_tables::Utilization;
    ///
    /// assert!(Utilization::of(&Trace::default(), &Symbols::default()).changes.is_empty());
    /// ```
    pub fn of(trace: &Trace, symbols: &Symbols) -> Self {
        Pass::new(trace, symbols, Workers::Once).run(trace)
    }

    /// What `go tool trace` shows, number for number.
    pub fn as_go(trace: &Trace, symbols: &Symbols) -> Self {
        Pass::new(trace, symbols, Workers::AsGo).run(trace)
    }

    /// The part of it in `range`.
    pub fn within(&self, range: &Range) -> Self {
        let Some((first, last)) = self.changes.first().zip(self.changes.last()) else { return Self::default() };
        let (start, end) = (range.start.max(first.time), range.end.min(last.time));
        if start >= end {
            return Self::default();
        }
        let from = self.changes.partition_point(|change| change.time <= start);
        let to = self.changes.partition_point(|change| change.time < end);
        let at_start =
            from.checked_sub(1).and_then(|before| self.changes.get(before)).map_or(1.0, |before| before.share);
        let mut changes = vec![UtilizationChange { time: start, share: at_start }];
        changes.extend_from_slice(self.changes.get(from..to).unwrap_or(&[]));
        changes.push(UtilizationChange { time: end, share: 0.0 });
        Self { changes }
    }

    fn add(&mut self, change: UtilizationChange) {
        match self.changes.last_mut() {
            Some(last) if change.share == last.share => {}
            Some(last) if change.time == last.time => last.share = last.share.min(change.share),
            _ => self.changes.push(change),
        }
    }
}

/// How mark workers are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Workers {
    /// From the label that comes with every start to the stop.
    Once,
    /// From the first label on for ever, and again with every label.
    AsGo,
}

/// What the pass knows of a goroutine.
#[derive(Clone, Copy, Default)]
struct Known {
    is_executing: bool,
    is_assisting: bool,
    is_mark_worker: bool,
}

struct Pass<'a> {
    symbols: &'a Symbols,
    workers: Workers,
    /// By the program's number of a processor: how many things of the collector go on there.
    collecting: Vec<i32>,
    /// By row of the trace's processors.
    numbers: Vec<usize>,
    /// By row of the trace's goroutines.
    goroutines: Vec<Known>,
    stopped: i32,
    syncs: usize,
    /// Since when there were so many processors.
    counts: Vec<(i64, usize)>,
    found: Utilization,
}

impl<'a> Pass<'a> {
    fn new(trace: &Trace, symbols: &'a Symbols, workers: Workers) -> Self {
        Self {
            symbols,
            workers,
            collecting: Vec::new(),
            numbers: trace.procs.iter().map(|(_, id)| usize::try_from(id.0).unwrap_or(usize::MAX)).collect(),
            goroutines: vec![Known::default(); trace.goroutines.len()],
            stopped: 0,
            syncs: 0,
            counts: Vec::new(),
            found: Utilization::default(),
        }
    }

    fn run(mut self, trace: &Trace) -> Utilization {
        for event in trace.events.iter() {
            self.event(&event);
        }
        self.finish(trace)
    }

    fn event(&mut self, event: &Event<'_>) {
        match event.kind() {
            EventKind::Sync => self.syncs += 1,
            EventKind::Metric => self.processors(event),
            _ => {}
        }
        // Nothing can be said before the number of processors is known.
        if self.collecting.is_empty() {
            return;
        }
        match event.kind() {
            EventKind::RangeBegin | EventKind::RangeActive | EventKind::RangeEnd => self.range(event),
            EventKind::StateTransition => self.transition(event),
            EventKind::Label => self.label(event),
            EventKind::Metric => self.record(event.time),
            _ => {}
        }
    }

    fn processors(&mut self, event: &Event<'_>) {
        // A number that no machine has would only cost memory.
        let Some(count) = event.procs().map(|count| count.min(1 << 16) as usize) else { return };
        self.collecting.resize(count, 0);
        if self.found.changes.is_empty() && count > 0 {
            self.found.changes.push(UtilizationChange { time: event.time, share: 1.0 });
        }
        if self.counts.last().is_none_or(|&(_, last)| last != count) {
            self.counts.push((event.time, count));
        }
    }

    fn range(&mut self, event: &Event<'_>) {
        let Some((part, name, scope)) = event.range() else { return };
        let step = if part == RangePart::End { -1 } else { 1 };
        match name {
            RangeName::StopTheWorld(reason) if is_of_collector(self.symbols, reason) => self.stopped += step,
            RangeName::Assist => {
                if part == RangePart::Active && !self.is_late(event) {
                    return;
                }
                self.collect(event.context.proc, step);
                if let RangeScope::Goroutine(goroutine) = scope
                    && let Some(known) = self.goroutines.get_mut(goroutine.index())
                {
                    known.is_assisting = part != RangePart::End;
                }
            }
            _ => return,
        }
        self.record(event.time);
    }

    /// Whether an assist that goes on is news. One that goes on when the trace begins has gone on unseen up to now, and
    /// what was recorded is mended; later generations only say again what is known.
    fn is_late(&mut self, event: &Event<'_>) -> bool {
        if self.syncs > 1 {
            return false;
        }
        if self.known(event.context.goroutine).is_some_and(|known| known.is_executing) {
            let mut at = 0;
            for change in &mut self.found.changes {
                while self.counts.get(at + 1).is_some_and(|&(since, _)| since < change.time) {
                    at += 1;
                }
                let count = self.counts.get(at).map_or(1, |&(_, count)| count);
                change.share = (change.share - 1.0 / count as f64).max(0.0);
            }
        }
        true
    }

    #[inline]
    fn transition(&mut self, event: &Event<'_>) {
        let Some(Transition::Goroutine { goroutine: Some(goroutine), from, to, .. }) = event.transition() else {
            return;
        };
        let Some(known) = self.goroutines.get_mut(goroutine.index()) else { return };
        known.is_executing = is_executing(to);
        if !(known.is_assisting || known.is_mark_worker) || is_executing(from) == is_executing(to) {
            return;
        }
        if self.workers == Workers::Once && !is_executing(to) {
            // The label at its next start says whether it then works for the program or for nobody.
            known.is_mark_worker = false;
        }
        self.collect(event.context.proc, if is_executing(to) { 1 } else { -1 });
        self.record(event.time);
    }

    fn label(&mut self, event: &Event<'_>) {
        let Some(label) = event.label().map(|label| self.symbols.strings.get(label)) else { return };
        // An idle worker takes what nobody else wants.
        if !label.starts_with("GC ") || label == "GC (idle)" {
            return;
        }
        let workers = self.workers;
        if let Some(known) = self.known(event.context.goroutine) {
            if known.is_mark_worker && workers == Workers::Once {
                return;
            }
            known.is_mark_worker = true;
        }
        self.collect(event.context.proc, 1);
        self.record(event.time);
    }

    fn known(&mut self, goroutine: Option<Goroutine>) -> Option<&mut Known> {
        self.goroutines.get_mut(goroutine?.index())
    }

    fn collect(&mut self, proc: Option<Proc>, step: i32) {
        let number = proc.and_then(|proc| self.numbers.get(proc.index()));
        if let Some(things) = number.and_then(|&number| self.collecting.get_mut(number)) {
            *things += step;
        }
    }

    fn record(&mut self, time: i64) {
        let all = self.collecting.len();
        if all == 0 {
            return;
        }
        let taken = if self.stopped > 0 { all } else { self.collecting.iter().filter(|&&things| things > 0).count() };
        self.found.add(UtilizationChange { time, share: 1.0 - taken as f64 / all as f64 });
    }

    fn finish(mut self, trace: &Trace) -> Utilization {
        // Numbers over time and allocations stand in other tables, and the last event may be one of them.
        let in_table = |table: &[i64]| table.last().copied();
        let event = trace.events.len().checked_sub(1).and_then(|last| trace.events.get(last)).map(|event| event.time);
        let object = trace.alloc_free.len().checked_sub(1).and_then(|last| trace.alloc_free.get(last));
        let last = event
            .max(in_table(&trace.heap_live.times))
            .max(in_table(&trace.heap_goal.times))
            .max(object.map(|object| object.time));
        if let (Some(time), false) = (last, self.collecting.is_empty()) {
            self.found.add(UtilizationChange { time, share: 0.0 });
        }
        self.found
    }
}

fn is_executing(state: GoState) -> bool {
    matches!(state, GoState::Running | GoState::Syscall)
}

/// gc.go, `isGCSTW`.
fn is_of_collector(symbols: &Symbols, reason: StringId) -> bool {
    symbols.strings.get(reason).contains("GC")
}
