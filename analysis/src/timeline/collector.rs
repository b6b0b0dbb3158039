//! The collector's cycles: pauses, marking, assists, sweeping.

use super::intervals::{Interval, Intervals, OPEN};
use super::spans::{LaneState, Spans};
use super::window::Window;
use crate::model::trace::{Event, EventType, Goroutine, Overview, Pause, RangeName};
use crate::model::{StackId, StringId, Symbols};

/// The world stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// When it stopped.
    pub begin: i64,
    /// When it went on; [`OPEN`] if the trace does not say.
    pub end: i64,
    /// Why, such as `stop-the-world (GC sweep termination)`.
    pub reason: StringId,
    /// What for.
    pub kind: StopKind,
    /// Who stopped it.
    pub goroutine: Option<Goroutine>,
    /// Where.
    pub stack: Option<StackId>,
}

/// What the world stood still for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopKind {
    /// A cycle begins. Every `sync.Pool` is purged here (sync/pool.go, `poolCleanup`).
    Purge,
    /// Marking ends.
    MarkTermination,
    /// Something else: statistics, a profile, GOMAXPROCS.
    Other,
}

/// One cycle of the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// When marking began.
    pub begin: i64,
    /// When it ended; [`OPEN`] if the trace does not say.
    pub end: i64,
    /// Who began it.
    pub goroutine: Option<Goroutine>,
    /// Where.
    pub stack: Option<StackId>,
}

/// From a time on.
#[derive(Clone, Copy, Debug)]
struct Helping {
    time: i64,
    /// Goroutines that help.
    count: i64,
    /// How long all helped before, together.
    nanos: i64,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    /// By their beginning.
    pub stops: Vec<Stop>,
    /// By their beginning.
    pub cycles: Vec<Cycle>,
    /// Goroutines that help.
    pub assists: Intervals,
    /// How many help, and for how long all together: after each beginning and end of an assist.
    helping: Vec<Helping>,
    /// Sweeping while anybody sweeps, else nothing.
    pub sweeping: Spans,
    sweepers: u32,
    /// Whose each assist is, and from where.
    pub assist_places: Vec<(Option<Goroutine>, Option<StackId>)>,
    open_assists: Vec<(Option<Goroutine>, usize)>,
}

impl Collector {
    #[cfg(test)]
    pub(super) fn of_stops(stops: Vec<Stop>) -> Self {
        Self { stops, ..Self::default() }
    }

    /// What a first look at the file found.
    pub fn of_overview(overview: &Overview, symbols: &Symbols) -> Self {
        let stop = |pause: &Pause| Stop {
            begin: pause.start,
            end: pause.end,
            reason: pause.reason,
            kind: kind_of(symbols.strings.get(pause.reason)),
            goroutine: None,
            stack: None,
        };
        let cycle = |&(begin, end): &(i64, i64)| Cycle { begin, end, goroutine: None, stack: None };
        Self {
            stops: overview.pauses.iter().map(stop).collect(),
            cycles: overview.marks.iter().map(cycle).collect(),
            ..Self::default()
        }
    }

    /// Takes the next event.
    pub fn see(&mut self, event: &Event<'_>, symbols: &Symbols) {
        use EventType as T;
        match event.event_type {
            T::StwBegin => {
                let Some((_, RangeName::StopTheWorld(reason), _)) = event.range() else { return };
                let kind = kind_of(symbols.strings.get(reason));
                let (goroutine, stack) = (event.context.goroutine, event.stack());
                self.stops.push(Stop { begin: event.time, end: OPEN, reason, kind, goroutine, stack });
            }
            T::StwEnd => {
                if let Some(stop) = self.stops.last_mut().filter(|stop| stop.end == OPEN) {
                    stop.end = event.time;
                }
            }
            // A generation that begins within a cycle says so; only the first such word is news.
            T::GcActive if self.cycles.last().is_some_and(|cycle| cycle.end == OPEN) => {}
            T::GcBegin | T::GcActive => self.cycles.push(Cycle {
                begin: event.time,
                end: OPEN,
                goroutine: event.context.goroutine,
                stack: event.stack(),
            }),
            T::GcEnd => {
                if let Some(cycle) = self.cycles.last_mut().filter(|cycle| cycle.end == OPEN) {
                    cycle.end = event.time;
                }
            }
            T::AssistBegin => {
                self.help(event.time, 1);
                let at = self.assists.begin(event.time);
                self.assist_places.push((event.context.goroutine, event.stack()));
                self.open_assists.push((event.context.goroutine, at));
            }
            T::AssistEnd => {
                let whose = event.context.goroutine;
                if let Some(place) = self.open_assists.iter().rposition(|&(goroutine, _)| goroutine == whose) {
                    self.help(event.time, -1);
                    self.assists.end(self.open_assists.swap_remove(place).1, event.time);
                }
            }
            T::SweepBegin => {
                self.sweepers += 1;
                if self.sweepers == 1 {
                    self.sweeping.push(event.time, LaneState::Sweeping);
                }
            }
            // Who swept when the trace began only ends it.
            T::SweepEnd if self.sweepers > 0 => {
                self.sweepers -= 1;
                if self.sweepers == 0 {
                    self.sweeping.push(event.time, LaneState::Absent);
                }
            }
            _ => {}
        }
    }

    fn help(&mut self, time: i64, by: i64) {
        let nanos = self.helped_until(time);
        let count = self.helping.last().map_or(0, |helping| helping.count) + by;
        self.helping.push(Helping { time, count, nanos });
    }

    /// Time that all goroutines together helped before `time`.
    fn helped_until(&self, time: i64) -> i64 {
        let place = self.helping.partition_point(|helping| helping.time <= time).checked_sub(1);
        let last = place.and_then(|place| self.helping.get(place));
        last.map_or(0, |last| last.nanos.saturating_add(last.count.saturating_mul(time.saturating_sub(last.time))))
    }

    /// How long goroutines helped in `window`, all together.
    pub fn assist_nanos_in(&self, window: Window) -> i64 {
        self.helped_until(window.end) - self.helped_until(window.start)
    }

    /// When pools were purged: one tick a cycle.
    pub fn purges(&self) -> impl DoubleEndedIterator<Item = &Stop> {
        self.stops.iter().filter(|stop| stop.kind == StopKind::Purge)
    }

    /// Pauses that meet `window`.
    pub fn stops_in(&self, window: Window) -> &[Stop] {
        // Two pauses never overlap, so one step back is enough.
        let first = self.stops.partition_point(|stop| stop.begin < window.start);
        let first = first
            - usize::from(
                first.checked_sub(1).and_then(|at| self.stops.get(at)).is_some_and(|stop| stop.end > window.start),
            );
        let last = self.stops.partition_point(|stop| stop.begin < window.end);
        self.stops.get(first..last.max(first)).unwrap_or(&[])
    }

    /// The cycle that marks at `time`, with its number counted from 1.
    pub fn cycle_at(&self, time: i64) -> Option<(usize, &Cycle)> {
        let at = self.cycles.partition_point(|cycle| cycle.begin <= time).checked_sub(1)?;
        self.cycles.get(at).filter(|cycle| cycle.end > time).map(|cycle| (at + 1, cycle))
    }

    /// The last mark termination that ended before `time`: what a heap profile of that moment shows.
    pub fn finished_before(&self, time: i64) -> Option<&Stop> {
        let is_it = |stop: &&Stop| stop.kind == StopKind::MarkTermination && stop.end <= time;
        self.stops.iter().rev().find(is_it)
    }

    /// Assists that begin in `window`.
    pub fn assists_in(&self, window: Window) -> impl Iterator<Item = (Interval, Option<Goroutine>, Option<StackId>)> {
        self.assists.in_window(window).map(|interval| {
            let (goroutine, stack) = self.assist_places.get(interval.at).copied().unwrap_or_default();
            (interval, goroutine, stack)
        })
    }
}

fn kind_of(reason: &str) -> StopKind {
    match () {
        () if reason.contains("sweep termination") => StopKind::Purge,
        () if reason.contains("mark termination") => StopKind::MarkTermination,
        () => StopKind::Other,
    }
}
