//! What a pool counts besides what each thread counts for itself.

use std::sync::atomic::{AtomicU64, Ordering};

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

/// All counts of a pool that are not of one thread.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Gets and puts of threads that were ending, which have no counts of their own.
    pub(crate) gets: Count,
    pub(crate) puts: Count,
    pub(crate) news: Count,
    /// Of those, objects of the least number.
    pub(crate) prefilled: Count,
    pub(crate) attached: Count,
    pub(crate) detached: Count,
    pub(crate) hits_shared: Count,
    pub(crate) hits_stolen: Count,
    pub(crate) hits_victim: Count,
    pub(crate) dropped_purged: Count,
    pub(crate) dropped_capacity: Count,
    pub(crate) dropped_oversize: Count,
    pub(crate) dropped_abandoned: Count,
    pub(crate) dropped_compacted: Count,
    pub(crate) dropped_closed: Count,
    pub(crate) purges: Count,
    pub(crate) waits: Count,
    pub(crate) timeouts: Count,
    pub(crate) contended: Count,
    pub(crate) contended_nanos: Count,
    pub(crate) misuses: Count,
    pub(crate) leaks: Count,
    pub(crate) unleaked: Count,
    pub(crate) quota_refused: Count,
    pub(crate) allocs_failed: Count,
    pub(crate) new_latency: Latency,
    allocated: AtomicU64,
    peak: AtomicU64,
}

impl Counts {
    pub(crate) fn grow(&self, bytes: u64) {
        let now = self.allocated.fetch_add(bytes, Ordering::Relaxed).wrapping_add(bytes);
        self.peak.fetch_max(now, Ordering::Relaxed);
    }

    pub(crate) fn shrink(&self, bytes: u64) {
        self.allocated.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn allocated(&self) -> u64 {
        self.allocated.load(Ordering::Relaxed)
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
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
