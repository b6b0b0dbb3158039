//! Where other dumps of the session stand on the trace's clock. Never silently: each place has its method and residual.

use serde::{Deserialize, Serialize};

use super::collector::Collector;
use super::window::Window;
use crate::model::Symbols;
use crate::model::record::WallClock;
use crate::model::trace::Trace;

/// How the clocks were brought together, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockMethod {
    /// The trace holds pairs of its own clock and wall time (Go 1.25 and later).
    Snapshots,
    /// Pauses of the trace are those that the other files' captures caused.
    Pauses,
    /// The session's clock has it: other files saw the same moments ([`crate::clock`]).
    Session,
    /// The user said so.
    ByHand,
}

/// Wall time of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockMap {
    /// Unix time less trace time.
    pub offset_nanos: i64,
    /// How it was found.
    pub method: ClockMethod,
    /// How far off it may be: the largest deviation of what it was found from.
    pub residual_nanos: i64,
}

/// A file of the session: another, or the trace itself as the session's clock has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pin {
    /// Its name.
    pub name: String,
    /// Its kind, as the list of files has it.
    pub kind: String,
    /// When it was captured, Unix time.
    pub time_nanos: i64,
}

impl Pin {
    /// Whether it is a trace: these have lanes, and are not pinned.
    pub fn is_trace(&self) -> bool {
        self.kind == "execution trace"
    }
}

/// A pause within this time before a goroutine profile was written may be the profile's own: writing thousands of
/// stacks takes that long.
const WRITING_NANOS: i64 = 50_000_000;

impl ClockMap {
    /// The map of `trace`; `None` when nothing tells.
    pub fn find(
        trace: &Trace,
        collector: &Collector,
        symbols: &Symbols,
        pins: &[Pin],
        by_hand: Option<i64>,
    ) -> Option<Self> {
        if let Some(offset_nanos) = by_hand {
            return Some(Self { offset_nanos, method: ClockMethod::ByHand, residual_nanos: 0 });
        }
        from_snapshots(trace).or_else(|| from_pauses(collector, symbols, pins))
    }

    /// Trace time of a moment.
    pub fn trace_time(self, unix_nanos: i64) -> i64 {
        unix_nanos.saturating_sub(self.offset_nanos)
    }
}

/// What the clock snapshots of a trace say of wall-clock time.
pub fn wall_clock(trace: &Trace) -> Option<WallClock> {
    let mut offsets: Vec<i64> = trace
        .syncs
        .iter()
        .filter_map(|sync| sync.clock)
        .map(|clock| clock.wall_unix_nanos.saturating_sub(clock.trace_nanos))
        .collect();
    offsets.sort_unstable();
    let offset_nanos = *offsets.get(offsets.len() / 2)?;
    let away = |offset: &i64| offset.saturating_sub(offset_nanos).saturating_abs();
    let residual_nanos = offsets.iter().map(away).max().unwrap_or(0);
    Some(WallClock { offset_nanos, residual_nanos, pairs: offsets.len() })
}

fn from_snapshots(trace: &Trace) -> Option<ClockMap> {
    let WallClock { offset_nanos, residual_nanos, .. } = wall_clock(trace)?;
    Some(ClockMap { offset_nanos, method: ClockMethod::Snapshots, residual_nanos })
}

/// Goroutine profiles stop the world and say so. The offset at which most profiles follow closely on such a pause is
/// taken, unless another one does as well.
fn from_pauses(collector: &Collector, symbols: &Symbols, pins: &[Pin]) -> Option<ClockMap> {
    let pauses: Vec<i64> = collector
        .stops
        .iter()
        .filter(|stop| {
            let reason = symbols.strings.get(stop.reason);
            reason.contains("goroutine profile") && !reason.contains("cleanup")
        })
        .map(|stop| stop.begin)
        .collect();
    let profiles: Vec<i64> =
        pins.iter().filter(|pin| pin.kind == "goroutine profile").map(|pin| pin.time_nanos).collect();
    let fit = |offset: i64| {
        let delays = profiles.iter().filter_map(|profile| {
            let after = pauses.partition_point(|&pause| pause + offset <= *profile);
            let delay = profile - (pauses.get(after.checked_sub(1)?)? + offset);
            (delay <= WRITING_NANOS).then_some(delay)
        });
        let delays: Vec<i64> = delays.collect();
        (delays.len(), delays.iter().copied().max().unwrap_or(0))
    };
    let mut offsets: Vec<(usize, i64, i64)> = profiles
        .iter()
        .flat_map(|profile| pauses.iter().map(move |pause| profile - pause))
        .map(|offset| {
            let (count, residual) = fit(offset);
            (count, residual, offset)
        })
        .collect();
    offsets.sort_unstable_by_key(|&(count, residual, offset)| (std::cmp::Reverse(count), residual, offset));
    let &(count, residual, offset) = offsets.first()?;
    let is_alone =
        offsets.iter().skip(1).all(|&(other, _, place)| other < count || (place - offset).abs() <= WRITING_NANOS);
    let residual_nanos = residual.max(WRITING_NANOS / 10);
    is_alone.then_some(ClockMap { offset_nanos: offset, method: ClockMethod::Pauses, residual_nanos })
}

/// Where a pin stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PinPlace {
    /// The file.
    pub pin: Pin,
    /// Trace time.
    pub time: i64,
    /// For a heap profile: the mark termination whose heap it shows. A heap profile holds what the last finished cycle
    /// found.
    pub describes: Option<i64>,
}

/// Pins that fall into `bounds`, or near it, by time.
pub fn places(map: ClockMap, pins: &[Pin], collector: &Collector, bounds: Window) -> Vec<PinPlace> {
    let near = bounds.nanos();
    let near = Window { start: bounds.start.saturating_sub(near), end: bounds.end.saturating_add(near) };
    let mut places: Vec<PinPlace> = pins
        .iter()
        .filter(|pin| !pin.is_trace())
        .map(|pin| {
            let time = map.trace_time(pin.time_nanos);
            let is_heap = pin.kind == "heap profile" || pin.kind == "allocs profile";
            let describes = if is_heap { collector.finished_before(time).map(|stop| stop.end) } else { None };
            PinPlace { pin: pin.clone(), time, describes }
        })
        .filter(|place| near.start <= place.time && place.time <= near.end)
        .collect();
    places.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| a.pin.name.cmp(&b.pin.name)));
    places
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::StringId;
    use crate::model::trace::{ClockSnapshot, Sync};
    use crate::timeline::collector::{Stop, StopKind};

    fn goroutine_profile(time_nanos: i64) -> Pin {
        Pin { name: format!("goroutine.{time_nanos}"), kind: "goroutine profile".to_owned(), time_nanos }
    }

    fn stop(begin: i64, reason: StringId, kind: StopKind) -> Stop {
        Stop { begin, end: begin + 10, reason, kind, goroutine: None, stack: None }
    }

    #[test]
    fn snapshots_give_the_offset_and_their_spread() {
        let sync = |trace_nanos, wall_unix_nanos| Sync {
            time: trace_nanos,
            clock: Some(ClockSnapshot { trace_nanos, mono_nanos: 0, wall_unix_nanos }),
        };
        let trace = Trace { syncs: vec![sync(100, 5_100), sync(200, 5_207), sync(300, 5_299)], ..Trace::default() };
        let map = ClockMap::find(&trace, &Collector::default(), &Symbols::default(), &[], None).unwrap();
        assert_eq!((map.offset_nanos, map.method, map.residual_nanos), (5_000, ClockMethod::Snapshots, 7));
        assert_eq!(map.trace_time(5_250), 250);
    }

    #[test]
    fn pauses_of_goroutine_profiles_are_a_fingerprint() {
        let mut symbols = Symbols::default();
        let reason = symbols.strings.intern("stop-the-world (goroutine profile)");
        let stops = [1_000_000_000, 1_700_000_000, 3_900_000_000].map(|time| stop(time, reason, StopKind::Other));
        let collector = Collector::of_stops(stops.to_vec());
        let pins = [50_002_000_000, 50_702_500_000, 52_901_000_000].map(goroutine_profile);
        let find = |pins: &[Pin]| ClockMap::find(&Trace::default(), &collector, &symbols, pins, None);
        let map = find(&pins).unwrap();
        assert_eq!((map.method, map.offset_nanos), (ClockMethod::Pauses, 49_001_000_000));
        // One profile could be any of the three pauses: nothing is said.
        assert_eq!(find(&pins[..1]), None);
    }

    #[test]
    fn a_heap_profile_shows_the_last_finished_cycle() {
        let none = StringId::default();
        let stops = vec![
            stop(100, none, StopKind::Purge),
            stop(200, none, StopKind::MarkTermination),
            stop(900, none, StopKind::MarkTermination),
        ];
        let collector = Collector::of_stops(stops);
        let map = ClockMap { offset_nanos: 1_000, method: ClockMethod::ByHand, residual_nanos: 0 };
        let pin = Pin { name: "heap.2".to_owned(), kind: "heap profile".to_owned(), time_nanos: 1_500 };
        let found = places(map, &[pin], &collector, Window::new(0, 1_000));
        assert_eq!((found[0].time, found[0].describes), (500, Some(210)));
    }
}
