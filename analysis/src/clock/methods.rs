//! The ways to place a source: by numbers of cycles, by the collection that it shows, else by all that speaks for an offset.

use super::evidence::{CYCLE_NANOS, LOG_STEP_NANOS, Own, PAUSE_NANOS, STATS_NANOS};
use super::known::Known;
use super::marks::Marks;
use super::{Candidate, Method};

/// Numbers that must be the same in both.
const LEAST_NUMBERED: usize = 2;

/// All that can be found for a source that is not placed, the best first.
pub(super) fn candidates(marks: &Marks, known: &Known) -> Vec<Candidate> {
    if let Some(as_of) = marks.as_of {
        return vec![after_collection(as_of, known)];
    }
    let by_number = by_number(marks, known);
    if let Some(found) = by_number.as_ref().filter(|found| !found.is_ambiguous) {
        return vec![found.clone()];
    }
    let mut found = Own::of(marks).candidates(known);
    found.extend(by_number);
    // At most one stands out against all others.
    found.sort_by_key(|candidate| candidate.is_ambiguous);
    found
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
        beside: 0,
        with,
        is_ambiguous: deltas.len() * 2 < all || deltas.len() < LEAST_NUMBERED,
    })
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
        (Some(stop), _) => (Method::Stops, stop - as_of, Some(STATS_NANOS)),
        (None, Some(next)) => (Method::Pauses, (next - as_of) / 2, Some((next - as_of) / 2)),
        (None, None) => (Method::Pauses, 0, None),
    };
    Candidate {
        method,
        offset_nanos,
        residual_nanos,
        matched: 1,
        of: 1,
        beside: 0,
        with: Vec::new(),
        is_ambiguous: false,
    }
}
