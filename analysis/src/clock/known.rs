//! What is placed already: its moments on the session's clock.

use super::Candidate;
use super::align::Moment;
use super::marks::{CycleEnd, CycleMark, Dump, Marks};
use crate::lens::SourceId;

/// Moments that are known on the session's clock, and from which source.
pub(super) type Shared<T> = Vec<Moment<(T, usize)>>;

/// What is placed already.
#[derive(Default)]
pub(super) struct Known {
    pub(super) dumps: Shared<Dump>,
    pub(super) ends: Shared<CycleEnd>,
    pub(super) begins: Shared<CycleMark>,
    /// Cycles by their numbers, with their ends.
    pub(super) numbered: Vec<(u64, i64, usize)>,
    /// Moments at which memory statistics were read, as traces saw them.
    pub(super) stops: Vec<i64>,
    pub(super) sources: Vec<Placed>,
}

/// A source that is placed.
pub(super) struct Placed {
    source: SourceId,
    residual_nanos: i64,
    /// From its first cycle's beginning to its end, with all that a trace saw.
    pub(super) span: Option<(i64, i64)>,
}

impl Known {
    /// Of placed sources.
    pub(super) fn of(placed: &[(&Marks, &Candidate)]) -> Self {
        let mut known = Self::default();
        for (at, (marks, place)) in placed.iter().enumerate() {
            // What shows a collection has its pauses in wall-clock time, and a place of its own.
            let offset = if marks.as_of.is_some() { 0 } else { place.offset_nanos };
            let on_session = |time: i64| time.saturating_add(offset);
            known.sources.push(Placed {
                source: marks.source,
                residual_nanos: if marks.as_of.is_some() { 0 } else { place.residual_nanos.unwrap_or(0) },
                span: marks.own.map(|(begin, end)| (on_session(begin), on_session(end))),
            });
            known.dumps.extend(marks.dumps.iter().map(|&(time, what)| moment(on_session(time), (what, at))));
            known.ends.extend(marks.ends.iter().map(|&(time, end)| moment(on_session(time), (end, at))));
            for cycle in &marks.cycles {
                if let Some(begin) = cycle.begin {
                    known.begins.push(moment(on_session(begin), (*cycle, at)));
                }
                if let (Some(number), Some(end)) = (cycle.number, cycle.end) {
                    known.numbered.push((number, on_session(end), at));
                }
            }
            if marks.is_trace {
                let stops = marks.dumps.iter().filter(|(_, dump)| *dump == Dump::MemStats);
                known.stops.extend(stops.map(|&(time, _)| on_session(time)));
            }
        }
        known.dumps.sort_by_key(|moment| moment.time);
        known.ends.sort_by_key(|moment| moment.time);
        known.begins.sort_by_key(|moment| moment.time);
        known.numbered.sort_unstable();
        known.stops.sort_unstable();
        known
    }

    /// Those that are marked, and how far off the most exact of them may be.
    pub(super) fn named(&self, with: &[bool]) -> (Vec<SourceId>, i64) {
        let used = self.sources.iter().zip(with).filter(|(_, used)| **used).map(|(source, _)| source);
        let ids = used.clone().map(|placed| placed.source).collect();
        (ids, used.map(|placed| placed.residual_nanos).min().unwrap_or(0))
    }
}

/// A moment.
pub(super) fn moment<T>(time: i64, what: T) -> Moment<T> {
    Moment { time, what }
}
