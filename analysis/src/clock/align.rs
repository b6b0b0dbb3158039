//! Finds by how much one list of moments is to be moved so that most of them fall on moments of another.

use rustc_hash::FxHashSet;

/// Pairs that are looked at: beyond that, of the shorter list a sample.
const MOST_PAIRS: usize = 100_000;
/// Of the shorter list never fewer than this.
const LEAST_OWN: usize = 6;
/// Offsets that are looked at closely.
const MOST_FITS: usize = 12;

/// A moment, and what it must share with another to be the same.
pub(super) struct Moment<T> {
    pub(super) time: i64,
    pub(super) what: T,
}

/// An offset, and how well it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// Known time less own time: the middle of all that match.
    pub(super) offset: i64,
    pub(super) matched: usize,
    /// The largest deviation from it.
    pub(super) residual: i64,
}

/// Offsets at which most of `own` fall on `known` within `width`, the best first. `known` is in time order.
pub(super) fn align<T, U>(
    own: &[Moment<T>],
    known: &[Moment<U>],
    width: i64,
    is_same: impl Fn(&T, &U) -> bool,
) -> Vec<Fit> {
    let most = (MOST_PAIRS / known.len().max(1)).max(LEAST_OWN);
    let step = own.len().div_ceil(most).max(1);
    let mut pairs: Vec<(i64, u32)> = Vec::new();
    for (at, one) in own.iter().enumerate().step_by(step) {
        let same = known.iter().filter(|other| is_same(&one.what, &other.what));
        pairs.extend(same.map(|other| (other.time.saturating_sub(one.time), at as u32)));
        if pairs.len() > 8 * MOST_PAIRS {
            break;
        }
    }
    pairs.sort_unstable();
    let mut fits: Vec<Fit> = Vec::new();
    for offset in peaks(&pairs, width) {
        if let Some(fit) = fit(own, known, offset, width, &is_same)
            && !fits.iter().any(|other| other.offset.saturating_sub(fit.offset).saturating_abs() <= width)
        {
            fits.push(fit);
        }
    }
    fits.sort_by_key(|fit| (std::cmp::Reverse(fit.matched), fit.residual));
    fits
}

/// Offsets around which most different moments lie, found by a window that slides over all pairs.
fn peaks(pairs: &[(i64, u32)], width: i64) -> Vec<i64> {
    let mut windows: Vec<(usize, usize, usize)> = Vec::new();
    let mut counts: rustc_hash::FxHashMap<u32, u32> = rustc_hash::FxHashMap::default();
    let mut end = 0;
    for (start, &(first, whose)) in pairs.iter().enumerate() {
        while let Some(&(time, other)) = pairs.get(end).filter(|pair| pair.0.saturating_sub(first) <= width) {
            debug_assert!(time >= first);
            *counts.entry(other).or_default() += 1;
            end += 1;
        }
        windows.push((counts.len(), start, end));
        if let Some(count) = counts.get_mut(&whose) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&whose);
            }
        }
    }
    windows.sort_by_key(|&(count, start, _)| (std::cmp::Reverse(count), start));
    let mut taken: Vec<i64> = Vec::new();
    for (_, start, end) in windows {
        let Some(&(offset, _)) = pairs.get(start + (end - start) / 2) else { continue };
        if taken.iter().all(|other| other.saturating_sub(offset).saturating_abs() > width) {
            taken.push(offset);
            if taken.len() == MOST_FITS {
                break;
            }
        }
    }
    taken
}

/// Matches each of `own` with the nearest of `known` at about `offset`.
pub(super) fn fit<T, U>(
    own: &[Moment<T>],
    known: &[Moment<U>],
    offset: i64,
    width: i64,
    is_same: &impl Fn(&T, &U) -> bool,
) -> Option<Fit> {
    let mut deltas: Vec<i64> = Vec::new();
    let mut taken = FxHashSet::default();
    for one in own {
        let wanted = one.time.saturating_add(offset);
        let from = known.partition_point(|other| other.time < wanted.saturating_sub(width));
        let near =
            known.iter().enumerate().skip(from).take_while(|(_, other)| other.time <= wanted.saturating_add(width));
        let near = near.filter(|(at, other)| is_same(&one.what, &other.what) && !taken.contains(at));
        if let Some((at, other)) = near.min_by_key(|(_, other)| (other.time - wanted).abs()) {
            taken.insert(at);
            deltas.push(other.time - one.time);
        }
    }
    deltas.sort_unstable();
    let (first, last) = (*deltas.first()?, *deltas.last()?);
    let middle = first.saturating_add((last.saturating_sub(first)) / 2);
    Some(Fit { offset: middle, matched: deltas.len(), residual: last - middle })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(times: &[i64]) -> Vec<Moment<()>> {
        times.iter().map(|&time| Moment { time, what: () }).collect()
    }

    #[test]
    fn an_irregular_pattern_is_found_and_a_regular_one_is_not() {
        let known = moments(&[100, 230, 290, 520, 610, 900, 1_000]);
        let own: Vec<i64> = [292, 519, 612].map(|time| time - 40_000).to_vec();
        let fits = align(&moments(&own), &known, 20, |(), ()| true);
        assert_eq!(fits.first().copied(), Some(Fit { offset: 39_999, matched: 3, residual: 2 }));
        let even: Vec<i64> = (0..20).map(|at| at * 100).collect();
        let fits = align(&moments(&[5, 105, 205]), &moments(&even), 20, |(), ()| true);
        assert!(fits.len() > 3 && fits.iter().all(|fit| fit.matched == 3 && fit.residual == 0), "{fits:?}");
        assert_eq!(align(&moments(&[]), &known, 20, |(), ()| true), []);
    }

    #[test]
    fn the_tighter_of_even_offsets_is_taken() {
        let known = moments(&[0, 1_000_010, 2_000_500, 3_000_020, 4_000_900, 5_000_000]);
        let own = moments(&[1_010, 1_001_500, 2_001_020]);
        let fits = align(&own, &known, 5_000, |(), ()| true);
        assert_eq!(fits.first().map(|fit| fit.offset), Some(999_000), "{fits:?}");
    }
}
