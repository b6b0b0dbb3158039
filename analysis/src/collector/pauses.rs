//! Lengths of pauses: how many, how long, by quantiles.

use crate::model::record::PauseBucket;

/// Pauses of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pauses {
    /// Each by its length in nanoseconds, shortest first; empty where only ranges are known.
    lengths: Vec<i64>,
    /// Ranges of lengths and how many are in each, shortest first.
    buckets: Vec<PauseBucket>,
}

impl Pauses {
    /// Of single pauses.
    pub fn of(mut lengths: Vec<i64>) -> Self {
        crate::order::sort_by(&mut lengths, Ord::cmp);
        Self { lengths, buckets: Vec::new() }
    }

    /// Of ranges.
    pub fn of_buckets(buckets: &[PauseBucket]) -> Self {
        Self { lengths: Vec::new(), buckets: buckets.to_vec() }
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.lengths.len() as u64 + self.buckets.iter().map(|bucket| bucket.count).fold(0, u64::saturating_add)
    }

    /// Whether lengths are known one by one, and not as ranges.
    pub fn is_exact(&self) -> bool {
        self.buckets.is_empty()
    }

    /// How many are longer than so many nanoseconds; of ranges those that lie wholly above.
    pub fn longer_than(&self, nanos: i64) -> u64 {
        let above = self.buckets.iter().filter(|bucket| bucket.from_nanos >= nanos as f64);
        let listed = self.lengths.len() - self.lengths.partition_point(|&length| length <= nanos);
        listed as u64 + above.map(|bucket| bucket.count).fold(0, u64::saturating_add)
    }

    /// The length that this share of them does not exceed (nearest rank; of a range its upper end).
    pub fn quantile(&self, share: f64) -> Option<i64> {
        let count = self.count();
        let rank = ((share * count as f64).ceil() as u64).clamp(1, count.max(1));
        if let Some(&length) = self.lengths.get(usize::try_from(rank - 1).unwrap_or(usize::MAX)) {
            return Some(length);
        }
        let mut seen = 0_u64;
        let bucket = self.buckets.iter().find(|bucket| {
            seen = seen.saturating_add(bucket.count);
            seen >= rank
        })?;
        // The last range may have no end.
        Some(if bucket.to_nanos.is_finite() { bucket.to_nanos } else { bucket.from_nanos } as i64)
    }

    /// The longest.
    pub fn longest(&self) -> Option<i64> {
        self.quantile(1.0)
    }

    /// All together, in nanoseconds; of ranges by their middles.
    pub fn total(&self) -> i64 {
        let middle = |bucket: &PauseBucket| {
            let to = if bucket.to_nanos.is_finite() { bucket.to_nanos } else { bucket.from_nanos };
            (bucket.from_nanos + to) / 2.0 * bucket.count as f64
        };
        let listed = self.lengths.iter().fold(0_i64, |sum, &length| sum.saturating_add(length));
        listed.saturating_add(self.buckets.iter().map(middle).sum::<f64>() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_nearest_rank() {
        let pauses = Pauses::of((1..=100).rev().collect());
        assert_eq!((pauses.quantile(0.5), pauses.quantile(0.99), pauses.longest()), (Some(50), Some(99), Some(100)));
        assert_eq!((pauses.count(), pauses.longer_than(90), pauses.total()), (100, 10, 5050));
        assert_eq!(Pauses::default().longest(), None);
        let bucket = |from_nanos, to_nanos, count| PauseBucket { from_nanos, to_nanos, count };
        let pauses =
            Pauses::of_buckets(&[bucket(0.0, 10.0, 98), bucket(10.0, 20.0, 1), bucket(20.0, f64::INFINITY, 1)]);
        assert_eq!((pauses.quantile(0.5), pauses.quantile(0.99), pauses.longest()), (Some(10), Some(20), Some(20)));
        assert_eq!((pauses.longer_than(10), pauses.is_exact()), (2, false));
    }
}
