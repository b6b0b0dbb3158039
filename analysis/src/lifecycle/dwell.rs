//! How long objects stay in a state. Those that are still in it when the record ends are right-censored: they stayed at
//! least so long.

use crate::stats::{Lasted, kaplan_meier};

use super::{Lifecycle, PoolLife, State, Window};

/// Buckets to a doubling: a bucket is 1.6 % wide, so a length is right to 0.8 %. Below 64 ns it is exact.
const PER_DOUBLING: u64 = 64;
const BITS: u32 = PER_DOUBLING.trailing_zeros();
const BUCKETS: usize = (64 - BITS as usize + 1) * PER_DOUBLING as usize;

#[inline]
fn bucket_of(nanos: u64) -> usize {
    if nanos < PER_DOUBLING {
        return nanos as usize;
    }
    let shift = u64::BITS - 1 - nanos.leading_zeros() - BITS;
    ((u64::from(shift) << BITS) + (nanos >> shift)) as usize
}

/// The middle of a bucket, in nanoseconds.
fn nanos_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * PER_DOUBLING {
        return bucket;
    }
    let shift = (bucket >> BITS) - 1;
    let low = (bucket - (shift << BITS)) << shift;
    low.saturating_add((1 << shift) / 2)
}

/// Lengths as they come: every bucket, and which of them are used.
pub(super) struct Lengths {
    counts: Vec<[u64; 2]>,
    used: Vec<u16>,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { counts: vec![[0; 2]; BUCKETS], used: Vec::new() }
    }
}

impl Lengths {
    /// It ended after so long.
    #[inline]
    pub(super) fn ended(&mut self, nanos: u64) {
        self.add(nanos, 0);
    }

    /// It had lasted so long when the record ended.
    pub(super) fn censored(&mut self, nanos: u64) {
        self.add(nanos, 1);
    }

    #[inline]
    fn add(&mut self, nanos: u64, which: usize) {
        let bucket = bucket_of(nanos);
        let Some(counts) = self.counts.get_mut(bucket) else { return };
        if *counts == [0; 2] {
            self.used.push(bucket as u16);
        }
        counts[which] += 1;
    }

    /// The distribution; this is empty again.
    pub(super) fn take(&mut self) -> Dwell {
        self.used.sort_unstable();
        let counts = &mut self.counts;
        let bucket = |at: u16| {
            let [ended, censored] = counts.get_mut(usize::from(at)).map(std::mem::take).unwrap_or_default();
            Bucket { nanos: nanos_of(usize::from(at)), ended, censored }
        };
        Dwell { buckets: self.used.drain(..).map(bucket).collect() }
    }
}

/// Lengths of time in one state, by length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dwell {
    /// Ascending; only those with something in them.
    pub buckets: Vec<Bucket>,
}

/// Lengths that are equal to 1.6 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The length.
    pub nanos: u64,
    /// How many ended then.
    pub ended: u64,
    /// How many had lasted so long when the record ended.
    pub censored: u64,
}

/// A point of the curve: the share that stays longer than `nanos`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Survival {
    /// The length.
    pub nanos: u64,
    /// From 0 to 1.
    pub share: f64,
    /// Its standard error.
    pub error: f64,
    /// How many were censored here.
    pub censored: u64,
}

impl Dwell {
    /// How many ended.
    pub fn ended(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.ended).sum()
    }

    /// How many had not ended.
    pub fn censored(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.censored).sum()
    }

    /// The curve, a point a bucket, ascending.
    pub fn survival(&self) -> Vec<Survival> {
        let lasted = |bucket: &Bucket| Lasted { ended: bucket.ended, censored: bucket.censored };
        let lasted: Vec<Lasted> = self.buckets.iter().map(lasted).collect();
        let points = self.buckets.iter().zip(kaplan_meier(&lasted));
        let point = |(bucket, (share, error)): (&Bucket, _)| Survival {
            nanos: bucket.nanos,
            share,
            error,
            censored: bucket.censored,
        };
        points.map(point).collect()
    }

    /// The length that a share of all do not exceed, censored ones reckoned with; `None` when the record ends before.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let left = 1.0 - share;
        // As counts, 99 of 100 must not fail by the last bit of a float.
        self.survival().iter().find(|point| point.share <= left + 1e-9).map(|point| point.nanos)
    }

    /// The share that had not ended at the longest length seen.
    pub fn still_there(&self) -> f64 {
        self.survival().last().map_or(0.0, |point| point.share)
    }

    /// The longest that ended.
    pub fn longest_ended(&self) -> Option<u64> {
        self.buckets.iter().rev().find(|bucket| bucket.ended > 0).map(|bucket| bucket.nanos)
    }

    /// How many ended after longer than this.
    pub fn ended_after(&self, nanos: u64) -> u64 {
        self.buckets.iter().filter(|bucket| bucket.nanos > nanos).map(|bucket| bucket.ended).sum()
    }
}

/// Stays of a pool's objects that began in a window, by [`State::TIMED`]. What had not ended with the window is censored
/// there; what had begun before is left out, since only long stays would be met of it.
pub fn dwell_in(lifecycle: &Lifecycle, pool: &PoolLife, window: Window) -> [Dwell; 5] {
    let mut lengths: [Lengths; 5] = Default::default();
    let rows = &lifecycle.rows;
    let end = window.to.min(pool.end);
    for life in pool.lives.clone() {
        let range = lifecycle.rows_of(life);
        let times = rows.times.get(range.clone()).unwrap_or_default();
        let steps = rows.steps.get(range).unwrap_or_default();
        let moves = times.iter().zip(steps).filter(|(_, step)| !step.is_none());
        let mut stay: Option<(State, i64)> = None;
        for (&time, &step) in moves {
            // What happened between is not recorded: that the stay ended is known, when is not.
            let is_gap = !step.is_legal() && step.to() != State::Active;
            if let Some(stay) = stay.filter(|_| !is_gap) {
                add(&mut lengths, stay, time, window, end);
            }
            stay = Some((step.to(), time));
        }
        // What is idle may have gone out unseen where not everything is recorded.
        if let Some(stay) = stay.filter(|(state, _)| *state == State::Active || pool.certainty.is_whole()) {
            add(&mut lengths, stay, i64::MAX, window, end);
        }
    }
    lengths.each_mut().map(Lengths::take)
}

/// A stay that began at one moment and ended at another, as far as the window shows it.
fn add(lengths: &mut [Lengths; 5], (state, since): (State, i64), until: i64, window: Window, end: i64) {
    let timed = State::TIMED.iter().position(|timed| *timed == state);
    let Some(lengths) = timed.and_then(|at| lengths.get_mut(at)).filter(|_| window.holds(since)) else { return };
    let nanos = |until: i64| until.saturating_sub(since).max(0) as u64;
    if until <= end { lengths.ended(nanos(until)) } else { lengths.censored(nanos(end)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(ended: &[u64], censored: &[u64]) -> Dwell {
        let mut lengths = Lengths::default();
        ended.iter().for_each(|&nanos| lengths.ended(nanos));
        censored.iter().for_each(|&nanos| lengths.censored(nanos));
        lengths.take()
    }

    #[test]
    fn lengths_are_right_to_a_percent() {
        for nanos in [0, 1, 63, 64, 127, 128, 129, 1_000, 123_456_789, u64::MAX / 3, u64::MAX] {
            let bucket = bucket_of(nanos);
            assert!(bucket < BUCKETS, "{nanos}");
            let error = nanos_of(bucket).abs_diff(nanos) as f64;
            assert!(error <= nanos as f64 * 0.008, "{nanos} became {}", nanos_of(bucket));
        }
    }

    /// The remission times of the 6-MP group of Freireich et al. (Blood 1963), the textbook's example.
    #[test]
    fn the_curve_is_kaplan_and_meiers() {
        let dwell = of(&[6, 6, 6, 7, 10, 13, 16, 22, 23], &[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]);
        let points = dwell.survival();
        let at = |nanos| *points.iter().rfind(|point| point.nanos <= nanos).unwrap();
        for (nanos, share) in [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)]
        {
            assert!((at(nanos).share - share).abs() < 0.001, "{nanos}: {}", at(nanos).share);
        }
        assert!((at(6).error - 0.0764).abs() < 0.0005 && (at(23).error - 0.1346).abs() < 0.0005);
        assert_eq!((dwell.quantile(0.25), dwell.quantile(0.5), dwell.quantile(0.9)), (Some(13), Some(23), None));
        assert_eq!(dwell.longest_ended(), Some(23));
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!((of(&[], &[]).quantile(0.5), of(&[], &[5]).quantile(0.5)), (None, None));
        assert_eq!(of(&[5], &[]).quantile(0.99), Some(5));
    }
}
