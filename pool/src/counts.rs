//! What a pool counts besides what each thread counts for itself.

use std::sync::atomic::{AtomicU64, Ordering};

use pool_dump::Counter;

/// A count that many threads add to, off the fast path.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters have numbers from 1 on.
const COUNTERS: usize = Counter::ALL.len() + 1;

/// All counts of a pool that are not of one thread. Of gets and puts it has those of threads that were ending, which have
/// none of their own.
#[derive(Debug)]
pub(crate) struct Counts {
    counts: [Count; COUNTERS],
    /// Of the objects made, those of the least number.
    pub(crate) prefilled: Count,
    pub(crate) new_latency: Latency,
}

impl Default for Counts {
    fn default() -> Self {
        let counts = [const { Count(AtomicU64::new(0)) }; COUNTERS];
        Counts { counts, prefilled: Count::default(), new_latency: Latency::default() }
    }
}

impl Counts {
    fn count(&self, counter: Counter) -> Option<&Count> {
        self.counts.get(counter.code() as usize)
    }

    pub(crate) fn add(&self, counter: Counter, more: u64) {
        if let Some(count) = self.count(counter) {
            count.add(more);
        }
    }

    pub(crate) fn set(&self, counter: Counter, now: u64) {
        if let Some(count) = self.count(counter) {
            count.0.store(now, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self, counter: Counter) -> u64 {
        self.count(counter).map_or(0, Count::get)
    }

    /// More bytes.
    pub(crate) fn grow(&self, bytes: u64) {
        if let (Some(now), Some(peak)) = (self.count(Counter::AllocatedBytes), self.count(Counter::PeakBytes)) {
            let now = now.0.fetch_add(bytes, Ordering::Relaxed).wrapping_add(bytes);
            peak.0.fetch_max(now, Ordering::Relaxed);
        }
    }

    /// Fewer bytes.
    pub(crate) fn shrink(&self, bytes: u64) {
        if let Some(now) = self.count(Counter::AllocatedBytes) {
            now.0.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// Buckets of times that double: 1 ns to 2⁴⁰ ns, some 18 minutes.
const BUCKETS: usize = 41;

/// How long making objects took, in buckets: a quantile is right to a factor of two, which tells a cheap `new` from a
/// dear one.
#[derive(Debug)]
pub(crate) struct Latency([AtomicU64; BUCKETS]);

impl Default for Latency {
    fn default() -> Self {
        Latency([const { AtomicU64::new(0) }; BUCKETS])
    }
}

impl Latency {
    pub(crate) fn add(&self, nanos: u64) {
        let bucket = (u64::BITS - nanos.leading_zeros()) as usize;
        if let Some(count) = self.0.get(bucket.min(BUCKETS - 1)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The upper edge of the bucket in which the quantile lies, in nanoseconds; `None` before the first.
    pub(crate) fn quantile(&self, share: f64) -> Option<u64> {
        let counts: Vec<u64> = self.0.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        let wanted = (total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        Some(1 << bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_upper_edges() {
        let latency = Latency::default();
        assert_eq!(latency.quantile(0.5), None);
        (0..99).for_each(|_| latency.add(100));
        latency.add(1_000_000);
        assert_eq!((latency.quantile(0.5), latency.quantile(0.99)), (Some(128), Some(128)));
        assert_eq!(latency.quantile(1.0), Some(1 << 20));
    }
}
