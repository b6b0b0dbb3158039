//! Cycles of the collector with what each cost: one walk over the events.

use super::cycle_blame::{Cost, CycleBlame, MarkWorkers, Trigger};
use crate::model::trace::{Event, EventType, GoState, Goroutine, RangeName, RangePart, RangeScope, Trace, Transition};
use crate::model::{StringId, Symbols};
use crate::order::sort_by;
use crate::timeline::Survey;

/// Every cycle of the trace, by number.
///
/// ```
/// use analysis::model::{Symbols, trace::Trace};
/// use analysis::timeline::Survey;
/// use analysis::trace_tables::blame;
///
/// assert!(blame(&Trace::default(), &Symbols::default(), &Survey::default()).is_empty());
/// ```
pub fn blame(trace: &Trace, symbols: &Symbols, survey: &Survey) -> Vec<CycleBlame> {
    let mut pass = Pass {
        symbols,
        survey,
        cycles: Vec::new(),
        is_marking: false,
        stop: None,
        early: Vec::new(),
        running: Vec::new(),
        busy: Vec::new(),
    };
    for event in trace.events.iter() {
        pass.event(&event);
    }
    pass.finish(trace.span().map_or(i64::MIN, |(_, last)| last))
}

/// A goroutine that helps, or a worker that runs.
struct Busy {
    goroutine: Goroutine,
    since: i64,
    kind: BusyKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BusyKind {
    Assist,
    Dedicated,
    Fractional,
    Idle,
}

/// The world stands still for the collector.
struct Stop {
    since: i64,
    /// Who ran when it was stopped.
    held: Vec<Goroutine>,
}

struct Pass<'a> {
    symbols: &'a Symbols,
    survey: &'a Survey,
    cycles: Vec<CycleBlame>,
    is_marking: bool,
    stop: Option<Stop>,
    /// A stop that came before its cycle: its length and whom it held.
    early: Vec<(i64, Vec<Goroutine>)>,
    /// As many as there are processors.
    running: Vec<Goroutine>,
    busy: Vec<Busy>,
}

impl Pass<'_> {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        use EventType as T;
        if let Some(Transition::Goroutine { goroutine: Some(goroutine), from, to, .. }) = event.transition() {
            self.turn(event.time, goroutine, from, to);
        }
        match event.event_type {
            T::StwBegin => self.stop_begins(event),
            T::StwEnd => self.stop_ends(event.time),
            T::GcBegin | T::GcActive => self.begin(event),
            T::GcEnd => self.end(event.time),
            T::AssistBegin | T::AssistActive | T::AssistEnd => self.assist(event),
            T::GoLabel => self.label(event),
            _ => {}
        }
    }

    #[inline]
    fn turn(&mut self, time: i64, goroutine: Goroutine, from: GoState, to: GoState) {
        match (from == GoState::Running, to == GoState::Running) {
            (false, true) if !self.running.contains(&goroutine) => self.running.push(goroutine),
            (_, false) => {
                if let Some(at) = self.running.iter().position(|&other| other == goroutine) {
                    self.running.swap_remove(at);
                }
                let is_worker = |busy: &Busy| busy.goroutine == goroutine && busy.kind != BusyKind::Assist;
                if let Some(at) = self.busy.iter().position(is_worker) {
                    self.done(at, time);
                }
            }
            _ => {}
        }
    }

    fn group(&self, goroutine: Goroutine) -> Option<StringId> {
        let name = self.survey.roster.get(goroutine)?.name;
        (name != self.symbols.strings.empty()).then_some(name)
    }

    fn begin(&mut self, event: &Event<'_>) {
        // Each generation says again what goes on.
        if self.is_marking && event.event_type == EventType::GcActive {
            return;
        }
        let is_seen = event.event_type == EventType::GcBegin;
        let goroutine = event.context.goroutine.filter(|_| is_seen);
        let stack = event.stack().filter(|_| is_seen);
        self.is_marking = true;
        self.cycles.push(CycleBlame {
            number: self.cycles.len() + 1,
            begin: event.time,
            end: event.time,
            trigger: Trigger::of(self.symbols, stack),
            goroutine,
            group: goroutine.and_then(|goroutine| self.group(goroutine)),
            stack,
            stopped_nanos: 0,
            workers: MarkWorkers::default(),
            costs: Vec::new(),
        });
        for (nanos, held) in std::mem::take(&mut self.early) {
            self.charge_stop(nanos, &held);
        }
    }

    fn end(&mut self, time: i64) {
        if let Some(cycle) = self.cycles.last_mut().filter(|_| self.is_marking) {
            cycle.end = time;
        }
        self.is_marking = false;
    }

    fn stop_begins(&mut self, event: &Event<'_>) {
        let Some((_, RangeName::StopTheWorld(reason), _)) = event.range() else { return };
        if self.symbols.strings.get(reason).starts_with("GC ") {
            // What the collector's own workers lose is no loss.
            let held = self.running.iter().copied().filter(|&other| !self.survey.roster.is_collector(other));
            self.stop = Some(Stop { since: event.time, held: held.collect() });
        }
    }

    fn stop_ends(&mut self, time: i64) {
        let Some(stop) = self.stop.take() else { return };
        let nanos = time.saturating_sub(stop.since);
        let is_of_last = self.cycles.last().is_some_and(|cycle| self.is_marking || cycle.end >= stop.since);
        if is_of_last {
            self.charge_stop(nanos, &stop.held);
        } else {
            self.early.push((nanos, stop.held));
        }
    }

    fn charge_stop(&mut self, nanos: i64, held: &[Goroutine]) {
        for &goroutine in held {
            self.charge(goroutine, |cost| cost.stopped_nanos += nanos);
        }
        if let Some(cycle) = self.cycles.last_mut() {
            cycle.stopped_nanos += nanos;
        }
    }

    fn charge(&mut self, goroutine: Goroutine, charge: impl FnOnce(&mut Cost)) {
        let group = self.group(goroutine);
        let Some(cycle) = self.cycles.last_mut() else { return };
        let at = cycle.costs.iter().position(|cost| cost.group == group).unwrap_or_else(|| {
            cycle.costs.push(Cost { group, ..Cost::default() });
            cycle.costs.len() - 1
        });
        if let Some(cost) = cycle.costs.get_mut(at) {
            charge(cost);
        }
    }

    fn assist(&mut self, event: &Event<'_>) {
        let Some((part, _, RangeScope::Goroutine(goroutine))) = event.range() else { return };
        let is_it = |busy: &Busy| busy.goroutine == goroutine && busy.kind == BusyKind::Assist;
        match (part, self.busy.iter().position(is_it)) {
            (RangePart::End, Some(at)) => self.done(at, event.time),
            (RangePart::Begin | RangePart::Active, None) => {
                self.busy.push(Busy { goroutine, since: event.time, kind: BusyKind::Assist });
            }
            _ => {}
        }
    }

    fn label(&mut self, event: &Event<'_>) {
        let (Some(label), Some(goroutine)) = (event.label(), event.context.goroutine) else { return };
        let kind = match self.symbols.strings.get(label) {
            "GC (dedicated)" => BusyKind::Dedicated,
            "GC (fractional)" => BusyKind::Fractional,
            "GC (idle)" => BusyKind::Idle,
            _ => return,
        };
        self.busy.push(Busy { goroutine, since: event.time, kind });
    }

    fn done(&mut self, at: usize, time: i64) {
        let busy = self.busy.swap_remove(at);
        let nanos = time.saturating_sub(busy.since);
        if busy.kind == BusyKind::Assist {
            self.charge(busy.goroutine, |cost| {
                cost.assists += 1;
                cost.assist_nanos += nanos;
            });
            return;
        }
        let Some(cycle) = self.cycles.last_mut() else { return };
        match busy.kind {
            BusyKind::Dedicated => cycle.workers.dedicated_nanos += nanos,
            BusyKind::Fractional => cycle.workers.fractional_nanos += nanos,
            _ => cycle.workers.idle_nanos += nanos,
        }
    }

    fn finish(mut self, last: i64) -> Vec<CycleBlame> {
        while let Some(at) = self.busy.len().checked_sub(1) {
            self.done(at, last);
        }
        self.end(last);
        let text = |cost: &Cost| cost.group.map(|name| self.symbols.strings.get(name));
        for cycle in &mut self.cycles {
            sort_by(&mut cycle.costs, |a, b| {
                let paid = |cost: &Cost| cost.assist_nanos + cost.stopped_nanos;
                paid(b).cmp(&paid(a)).then_with(|| text(a).cmp(&text(b)))
            });
        }
        self.cycles
    }
}
