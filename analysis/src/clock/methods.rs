//! The ways to place a source: by stops of the world, by ends of pauses, by cycles.

use super::align::{Fit, Moment, align};
use super::marks::{CycleMark, Dump, Marks};
use super::{Candidate, Method};
use crate::lens::SourceId;

/// A dump tells the time up to so much after the world stood still for it: writing thousands of stacks takes that long.
const DUMP_NANOS: i64 = 50_000_000;
/// `PauseEnd` is read just before the world goes on (runtime/mgc.go, `gcMarkTermination`); a thread may lose its processor
/// between.
const PAUSE_NANOS: i64 = 1_000_000;
/// A log tells a cycle's beginning in whole milliseconds, rounded down.
const LOG_STEP_NANOS: i64 = 1_000_000;
/// And lengths of phases with two digits, so that its end is off by more.
const CYCLE_NANOS: i64 = 4_000_000;
/// Fewer moments prove nothing by their distances.
const LEAST_MATCHED: usize = 2;
/// Of cycles that fit by time, so many must fit by size.
const LEAST_AGREEING: f64 = 0.8;

/// A moment that is known on the session's clock, and from where.
type Known1<T> = Moment<(T, usize)>;

/// What is placed already.
pub(super) struct Known {
    dumps: Vec<Known1<Dump>>,
    ends: Vec<Known1<()>>,
    /// By their begin where it is known, else by their end.
    begins: Vec<Known1<CycleMark>>,
    numbered: Vec<(u64, i64, usize)>,
    /// Moments at which memory statistics were read, as traces saw them.
    stops: Vec<i64>,
    sources: Vec<(SourceId, i64)>,
}

impl Known {
    /// Of placed sources.
    pub(super) fn of(placed: &[(&Marks, &Candidate)]) -> Self {
        let mut known = Self {
            dumps: Vec::new(),
            ends: Vec::new(),
            begins: Vec::new(),
            numbered: Vec::new(),
            stops: Vec::new(),
            sources: Vec::new(),
        };
        for (at, (marks, place)) in placed.iter().enumerate() {
            let on_session = |time: i64| time.saturating_add(place.offset_nanos);
            known.sources.push((marks.source, place.residual_nanos.unwrap_or(0)));
            let dumps = marks.dumps.iter();
            known.dumps.extend(dumps.map(|&(time, what)| Moment { time: on_session(time), what: (what, at) }));
            let ends = marks.ends.iter();
            known.ends.extend(ends.map(|&time| Moment { time: on_session(time), what: ((), at) }));
            for cycle in &marks.cycles {
                if let Some(begin) = cycle.begin {
                    known.begins.push(Moment { time: on_session(begin), what: (*cycle, at) });
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

    /// Whose moments lie where a fit has those of `own`, and how far off they may be themselves.
    fn with<T, U>(&self, own: &[Moment<T>], known: &[Known1<U>], fit: &Fit) -> (Vec<SourceId>, i64) {
        let mut with = vec![false; self.sources.len()];
        for one in own {
            let wanted = one.time.saturating_add(fit.offset);
            let from = known.partition_point(|other| other.time < wanted.saturating_sub(fit.residual));
            let near = known.iter().skip(from).take_while(|o| o.time <= wanted.saturating_add(fit.residual));
            near.for_each(|other| {
                if let Some(slot) = with.get_mut(other.what.1) {
                    *slot = true;
                }
            });
        }
        self.named(&with)
    }

    fn named(&self, with: &[bool]) -> (Vec<SourceId>, i64) {
        let used = self.sources.iter().zip(with).filter(|(_, used)| **used).map(|(source, _)| source);
        let ids = used.clone().map(|source| source.0).collect();
        (ids, used.map(|source| source.1).max().unwrap_or(0))
    }
}

/// All that can be found for a source that is not placed.
pub(super) fn candidates(marks: &Marks, known: &Known) -> Vec<Candidate> {
    if let Some(as_of) = marks.as_of {
        return vec![after_collection(as_of, known)];
    }
    let moment = |(time, what)| Moment { time, what };
    let dumps: Vec<Moment<Dump>> = marks.dumps.iter().copied().map(moment).collect();
    let ends: Vec<Moment<()>> = marks.ends.iter().map(|&time| Moment { time, what: () }).collect();
    let mut found = Vec::new();
    let fits = align(&dumps, &known.dumps, DUMP_NANOS, |own, other| *own == other.0);
    found.extend(fits.iter().map(|fit| candidate(Method::Stops, fit, &dumps, &known.dumps, known)));
    let fits = align(&ends, &known.ends, PAUSE_NANOS, |(), _| true);
    found.extend(fits.iter().map(|fit| candidate(Method::Pauses, fit, &ends, &known.ends, known)));
    found.extend(by_number(marks, known));
    found.extend(by_pattern(marks, known));
    found
}

fn candidate<T, U>(method: Method, fit: &Fit, own: &[Moment<T>], others: &[Known1<U>], known: &Known) -> Candidate {
    let (with, off) = known.with(own, others, fit);
    Candidate {
        method,
        offset_nanos: fit.offset,
        residual_nanos: Some(fit.residual.saturating_add(off)),
        matched: fit.matched,
        of: own.len(),
        with,
        is_ambiguous: fit.is_ambiguous || fit.matched < LEAST_MATCHED,
    }
}

/// By numbers of cycles: a log counts as `NumGC` does, and that reading tells when the last cycle ended. Another process
/// counts too; there the distances do not fit.
fn by_number(marks: &Marks, known: &Known) -> Option<Candidate> {
    let mut with = vec![false; known.sources.len()];
    let mut deltas: Vec<i64> = Vec::new();
    for cycle in &marks.cycles {
        let (Some(number), Some(end)) = (cycle.number, cycle.end) else { continue };
        let from = known.numbered.partition_point(|&(other, ..)| other < number);
        for &(_, time, at) in known.numbered.iter().skip(from).take_while(|&&(other, ..)| other == number) {
            deltas.push(time.saturating_sub(end));
            if let Some(slot) = with.get_mut(at) {
                *slot = true;
            }
        }
    }
    deltas.sort_unstable();
    let all = deltas.len();
    let middle = *deltas.get(all / 2)?;
    deltas.retain(|delta| delta.saturating_sub(middle).saturating_abs() <= CYCLE_NANOS);
    let (first, last) = (*deltas.first()?, *deltas.last()?);
    let half = last.saturating_sub(first) / 2;
    let (with, off) = known.named(&with);
    Some(Candidate {
        method: Method::Cycles,
        offset_nanos: first.saturating_add(half),
        residual_nanos: Some(half.max(LOG_STEP_NANOS / 2).saturating_add(off)),
        matched: deltas.len(),
        of: all,
        with,
        is_ambiguous: deltas.len() * 2 < all || deltas.len() < LEAST_MATCHED,
    })
}

/// By distances of cycles and sizes of the heap: cycles of a log and those of a trace.
fn by_pattern(marks: &Marks, known: &Known) -> Vec<Candidate> {
    let own: Vec<Moment<CycleMark>> =
        marks.cycles.iter().filter_map(|cycle| Some(Moment { time: cycle.begin?, what: *cycle })).collect();
    if own.is_empty() || known.begins.is_empty() {
        return Vec::new();
    }
    // Each of a long log against each of a short trace would be much; `align` takes a sample of the former.
    let is_same = |own: &CycleMark, other: &(CycleMark, usize)| own.agrees(&other.0) == Some(true);
    let fits = align(&own, &known.begins, CYCLE_NANOS / 2, is_same);
    let candidate = |fit: &Fit| {
        let mut found = candidate(Method::Cycles, fit, &own, &known.begins, known);
        found.residual_nanos = found.residual_nanos.map(|residual| residual.max(LOG_STEP_NANOS / 2));
        found.of = possible(&own, &known.begins, fit.offset);
        let agreeing = found.matched as f64 / found.of.max(1) as f64;
        found.is_ambiguous |= agreeing < LEAST_AGREEING;
        found
    };
    fits.iter().map(candidate).collect()
}

/// How many of `own` fall between the first and the last of `known`, or the other way round: so many could match.
fn possible<T, U>(own: &[Moment<T>], known: &[Moment<U>], offset: i64) -> usize {
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return 0 };
    let placed = own.iter().map(|one| one.time.saturating_add(offset));
    let (low, high) = (first.time - CYCLE_NANOS, last.time + CYCLE_NANOS);
    let within = placed.clone().filter(|time| (low..=high).contains(time)).count();
    let (begin, end) = (placed.clone().min().unwrap_or(0), placed.max().unwrap_or(0));
    let others = known.iter().filter(|other| (begin - CYCLE_NANOS..=end + CYCLE_NANOS).contains(&other.time)).count();
    within.min(others)
}

/// A text heap profile shows the heap of its last collection, and was written before the next one ended. `debug=1` reads
/// memory statistics, for which the world stands still: a trace may have seen that.
fn after_collection(as_of: i64, known: &Known) -> Candidate {
    let next = known.ends.iter().map(|end| end.time).find(|&end| end > as_of.saturating_add(PAUSE_NANOS));
    let stop = {
        let mut within = known.stops.iter().filter(|&&stop| stop > as_of && next.is_some_and(|next| stop < next));
        within.next().filter(|_| within.next().is_none()).copied()
    };
    let (method, offset_nanos, residual_nanos) = match (stop, next) {
        (Some(stop), _) => (Method::Stops, stop - as_of, Some(PAUSE_NANOS)),
        (None, Some(next)) => (Method::Pauses, (next - as_of) / 2, Some((next - as_of) / 2)),
        (None, None) => (Method::Pauses, 0, None),
    };
    Candidate { method, offset_nanos, residual_nanos, matched: 1, of: 1, with: Vec::new(), is_ambiguous: false }
}
