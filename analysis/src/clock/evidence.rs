//! What speaks for an offset: stops of the world, ends of pauses and cycles that fall on moments that are known, less those
//! that should and do not.

use super::align::{Fit, Moment, align, fit};
use super::known::{Known, Placed, moment};
use super::marks::{CycleEnd, CycleMark, Dump, Marks};
use super::{Candidate, Method};
use crate::lens::SourceId;

/// A goroutine profile tells the time up to so much after the world stood still for it: writing thousands of stacks takes
/// that long.
const DUMP_NANOS: i64 = 50_000_000;
/// Memory statistics are read with the time beside them.
pub(super) const STATS_NANOS: i64 = 5_000_000;
/// `PauseEnd` is read just before the world goes on (runtime/mgc.go, `gcMarkTermination`): on real captures 6 to 90 µs
/// before, and so far off is every offset found by it.
pub(super) const PAUSE_NANOS: i64 = 200_000;
const PAUSE_STEP_NANOS: i64 = 50_000;
/// Fewer pauses do not show how far apart they may be.
const LEAST_PAUSES: usize = 3;
/// A log tells a cycle's beginning in whole milliseconds, rounded down.
pub(super) const LOG_STEP_NANOS: i64 = 1_000_000;
/// And lengths of phases with two digits, so that its end is off by more.
pub(super) const CYCLE_NANOS: i64 = 4_000_000;
/// What a moment in its place is worth: a pause's end within microseconds, or a cycle with three sizes of the heap, falls
/// there by chance much more seldom than a dump within milliseconds.
const WORTH: [usize; 3] = [1, 3, 3];
/// By method, what must speak for an offset at least: three dumps, a pause and two dumps, or a cycle with its sizes, which is
/// taken only where no other has them.
const LEAST_WORTH: [usize; 3] = [3, 5, 3];
/// Dumps in even steps fit any such steps. Their distances must differ by so many times what the offset is off.
const UNEVEN: i64 = 10;
/// What must speak for an offset more than for any other.
const LEAST_MORE: usize = 3;
/// Of moments that both must have seen, so many must be the same.
const LEAST_AGREEING: f64 = 0.8;

/// Moments of the source to be placed.
pub(super) struct Own {
    dumps: Vec<Moment<Dump>>,
    ends: Vec<Moment<CycleEnd>>,
    begins: Vec<Moment<CycleMark>>,
    span: Option<(i64, i64)>,
}

/// An offset and what speaks for it.
struct Found {
    offset: i64,
    /// By method, as [`METHODS`].
    fits: [Option<Fit>; 3],
    /// By method, how many must match.
    expected: [usize; 3],
    /// By method, the worth of what matches, less that of what should and does not.
    speaks: [usize; 3],
    /// All together.
    worth: usize,
}

const METHODS: [Method; 3] = [Method::Stops, Method::Pauses, Method::Cycles];

impl Own {
    /// Of a source.
    pub(super) fn of(marks: &Marks) -> Self {
        Self {
            dumps: marks.dumps.iter().map(|&(time, what)| moment(time, what)).collect(),
            ends: marks.ends.iter().map(|&(time, end)| moment(time, end)).collect(),
            begins: marks.cycles.iter().filter_map(|cycle| Some(moment(cycle.begin?, *cycle))).collect(),
            span: marks.own,
        }
    }

    /// All offsets for which something speaks, the best first.
    pub(super) fn candidates(&self, known: &Known) -> Vec<Candidate> {
        let fits = align(&self.dumps, &known.dumps, DUMP_NANOS, same_dump)
            .into_iter()
            .chain(align(&self.dumps, &known.dumps, STATS_NANOS, same_dump))
            .chain(align(&self.ends, &known.ends, PAUSE_NANOS, same_end))
            .chain(align(&self.begins, &known.begins, CYCLE_NANOS / 2, same_cycle));
        let mut found: Vec<Found> = Vec::new();
        for fit in fits {
            let next = self.at(fit.offset, fit.residual, known);
            let is_known = |other: &Found| other.offset.saturating_sub(next.offset).saturating_abs() <= CYCLE_NANOS / 2;
            match found.iter_mut().find(|other| is_known(other)) {
                Some(other) if other.worth >= next.worth => {}
                Some(other) => *other = next,
                None => found.push(next),
            }
        }
        found.sort_by_key(|found| (std::cmp::Reverse(found.worth), found.tightest().map(|(_, fit)| fit.residual)));
        let most = found.first().map_or(0, |best| best.worth);
        let mut out = Vec::new();
        let told = found.iter().enumerate().take(MOST_TOLD).filter(|(_, one)| one.worth * 2 >= most);
        for (at, one) in told {
            let Some((method, fit)) = one.tightest() else { continue };
            let rival = found.iter().enumerate().any(|(other, rival)| other != at && !one.is_clearly(rival));
            let least = METHODS.iter().zip(LEAST_WORTH).find(|(known, _)| **known == method).map_or(0, |least| least.1);
            let (with, off) = self.with(one, known);
            let step = match method {
                Method::Cycles => (LOG_STEP_NANOS / 2).saturating_sub(fit.residual).max(0),
                Method::Pauses if fit.matched < LEAST_PAUSES => PAUSE_NANOS,
                Method::Pauses => PAUSE_STEP_NANOS,
                _ => LOG_STEP_NANOS,
            };
            let expected = METHODS.iter().zip(one.expected).find(|(known, _)| **known == method).map_or(0, |e| e.1);
            let of = expected.max(fit.matched);
            let agrees = fit.matched as f64 >= LEAST_AGREEING * of as f64;
            out.push(Candidate {
                method,
                offset_nanos: one.offset,
                residual_nanos: Some(fit.residual.saturating_add(step).saturating_add(off)),
                matched: fit.matched,
                of,
                beside: one.fits.iter().flatten().map(|fit| fit.matched).sum::<usize>().saturating_sub(fit.matched),
                with,
                is_ambiguous: rival
                    || one.worth < least
                    || !agrees
                    || (method == Method::Stops && !self.is_uneven(fit.residual)),
            });
        }
        out
    }

    /// Whether distances between dumps differ enough to be told apart.
    fn is_uneven(&self, residual: i64) -> bool {
        let distances = || self.dumps.windows(2).filter_map(|pair| Some(pair.get(1)?.time - pair.first()?.time));
        let spread = distances().max().unwrap_or(0) - distances().min().unwrap_or(0);
        spread >= residual.max(STATS_NANOS / UNEVEN).saturating_mul(UNEVEN)
    }

    /// What speaks for an offset, which is known to `slack`; it becomes as exact as the tightest that does.
    fn at(&self, offset: i64, slack: i64, known: &Known) -> Found {
        let stops = |offset, slack: i64| self.dumps_at(offset, slack, known);
        let pauses = |offset, width| fit(&self.ends, &known.ends, offset, width, &same_end);
        let cycles = |offset, width| fit(&self.begins, &known.begins, offset, width, &same_cycle);
        let near = pauses(offset, slack.min(CYCLE_NANOS).saturating_add(PAUSE_NANOS));
        let near = near.and_then(|near| pauses(near.offset, PAUSE_NANOS));
        let roughly = near.or_else(|| cycles(offset, slack.min(CYCLE_NANOS).saturating_add(LOG_STEP_NANOS)));
        let offset = roughly.map_or(offset, |fit| fit.offset);
        let fits = [stops(offset, slack.min(STATS_NANOS)), near, cycles(offset, CYCLE_NANOS / 2)];
        let expected = self.expected(offset, known);
        let mut speaks = [0; 3];
        for (((speaks, fit), expected), worth) in speaks.iter_mut().zip(&fits).zip(expected).zip(WORTH) {
            let matched = fit.map_or(0, |fit| fit.matched);
            *speaks = (2 * matched).saturating_sub(expected.max(matched)) * worth;
        }
        Found { offset, fits, expected, worth: speaks.iter().sum(), speaks }
    }

    /// Dumps of each sort, within what is usual for it.
    fn dumps_at(&self, offset: i64, slack: i64, known: &Known) -> Option<Fit> {
        let of = |dump: Dump, width: i64| {
            let is_same = |own: &Dump, other: &(Dump, usize)| *own == dump && other.0 == dump;
            fit(&self.dumps, &known.dumps, offset, width.saturating_add(slack), &is_same)
        };
        match (of(Dump::Goroutines, DUMP_NANOS), of(Dump::MemStats, STATS_NANOS)) {
            (Some(a), Some(b)) => {
                let tighter = if a.residual < b.residual { a } else { b };
                Some(Fit { matched: a.matched + b.matched, ..tighter })
            }
            (a, b) => a.or(b),
        }
    }

    /// Sources whose moments are in place, and how far off those may be themselves that make it exact.
    fn with(&self, found: &Found, known: &Known) -> (Vec<SourceId>, i64) {
        let new = || vec![false; known.sources.len()];
        let [stops, pauses, cycles] = found.fits.map(|fit| fit.map(|fit| fit.residual.saturating_add(1)));
        let mut by = [new(), new(), new()];
        let [by_stops, by_pauses, by_cycles] = &mut by;
        if let Some(width) = stops {
            mark(&self.dumps, &known.dumps, found.offset, width.max(STATS_NANOS), same_dump, by_stops);
        }
        if let Some(width) = pauses {
            mark(&self.ends, &known.ends, found.offset, width, same_end, by_pauses);
        }
        if let Some(width) = cycles {
            mark(&self.begins, &known.begins, found.offset, width, same_cycle, by_cycles);
        }
        let [stops, pauses, cycles] = by.map(|with| known.named(&with));
        // The most exact of those that tell the moment: other sources may know it only roughly.
        let tightest = [&pauses, &cycles, &stops].into_iter().find(|(ids, _)| !ids.is_empty());
        let off = tightest.map_or(0, |(_, off)| *off);
        let mut ids = [stops.0, pauses.0, cycles.0].concat();
        ids.sort_unstable_by_key(|id| id.0);
        ids.dedup();
        (ids, off)
    }

    /// How many moments of each sort both must have seen at an offset, as both were there. A trace and a log miss none; other
    /// sources have some of them.
    fn expected(&self, offset: i64, known: &Known) -> [usize; 3] {
        let Some((begin, end)) = self.span else { return [0; 3] };
        // What lies at an edge may be on either side of it.
        let begin = begin.saturating_add(offset).saturating_add(CYCLE_NANOS);
        let end = end.saturating_add(offset).saturating_sub(CYCLE_NANOS);
        let own = |at: usize, placed: &Placed| {
            let has_cycles = known.begins.iter().any(|other| other.what.1 == at);
            let (from, to) = placed.span.filter(|_| has_cycles)?;
            let shared = begin.max(from.saturating_add(CYCLE_NANOS))..=end.min(to.saturating_sub(CYCLE_NANOS));
            Some(self.begins.iter().filter(|one| shared.contains(&one.time.saturating_add(offset))).count())
        };
        let own = known.sources.iter().enumerate().filter_map(|(at, placed)| own(at, placed)).max();
        let count = known.sources.len();
        [
            most_within(&known.dumps, begin..=end, count),
            most_within(&known.ends, begin..=end, count),
            most_within(&known.begins, begin..=end, count).max(own.unwrap_or(0)),
        ]
    }
}

/// How many moments of one source lie in a span, of the source that has most there.
fn most_within<U>(known: &[Moment<(U, usize)>], span: std::ops::RangeInclusive<i64>, sources: usize) -> usize {
    let mut counts = vec![0; sources];
    let from = known.partition_point(|other| other.time < *span.start());
    for other in known.iter().skip(from).take_while(|other| other.time <= *span.end()) {
        if let Some(count) = counts.get_mut(other.what.1) {
            *count += 1;
        }
    }
    counts.into_iter().max().unwrap_or(0)
}

/// Candidates that are told.
const MOST_TOLD: usize = 4;

impl Found {
    fn tightest(&self) -> Option<(Method, Fit)> {
        let [stops, pauses, cycles] = self.fits;
        let order = [(METHODS[1], pauses), (METHODS[2], cycles), (METHODS[0], stops)];
        order.into_iter().find_map(|(method, fit)| Some((method, fit?)))
    }

    /// Whether it stands out against another: by what speaks for it and not for the other, or by being much tighter.
    fn is_clearly(&self, rival: &Self) -> bool {
        let (mut own_more, mut rival_more) = (0, 0);
        for (own, rival) in self.speaks.iter().zip(rival.speaks) {
            own_more += own.saturating_sub(rival);
            rival_more += rival.saturating_sub(*own);
        }
        let more = own_more >= LEAST_MORE && own_more >= 2 * rival_more;
        let tighter = self.tightest().zip(rival.tightest()).is_some_and(|((method, fit), (other, rival))| {
            method == other && fit.matched >= 3 && fit.residual.saturating_mul(3) < rival.residual
        });
        more || (self.worth >= rival.worth && tighter)
    }
}

fn same_dump(own: &Dump, other: &(Dump, usize)) -> bool {
    *own == other.0
}

fn same_end(own: &CycleEnd, other: &(CycleEnd, usize)) -> bool {
    own.agrees(other.0)
}

fn same_cycle(own: &CycleMark, other: &(CycleMark, usize)) -> bool {
    own.agrees(&other.0) == Some(true)
}

fn mark<T, U>(
    own: &[Moment<T>],
    known: &[Moment<(U, usize)>],
    offset: i64,
    width: i64,
    is_same: impl Fn(&T, &(U, usize)) -> bool,
    with: &mut [bool],
) {
    for one in own {
        let wanted = one.time.saturating_add(offset);
        let from = known.partition_point(|other| other.time < wanted.saturating_sub(width));
        let near = known.iter().skip(from).take_while(|other| other.time <= wanted.saturating_add(width));
        for other in near.filter(|other| is_same(&one.what, &other.what)) {
            if let Some(slot) = with.get_mut(other.what.1) {
                *slot = true;
            }
        }
    }
}
