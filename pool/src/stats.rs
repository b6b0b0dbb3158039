//! What a pool has counted, by name.

use std::sync::atomic::Ordering;

use pool_dump::Counter;

use crate::core::{Core, lock};
use crate::slot::Place;

/// What a pool has counted since it was made, and what it has now. The counts are of many threads and not of one moment:
/// while the pool is in use they may miss each other by a few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Objects handed out.
    pub gets: u64,
    /// Objects given back.
    pub puts: u64,
    /// Objects made.
    pub news: u64,
    /// Objects brought in.
    pub attached: u64,
    /// Objects taken out.
    pub detached: u64,
    /// Gets that the thread's private slot served.
    pub hits_private: u64,
    /// Gets that the own shard's queue served.
    pub hits_shared: u64,
    /// Gets that another shard's queue or another thread's private slot served.
    pub hits_stolen: u64,
    /// Gets that the victim generation served.
    pub hits_victim: u64,
    /// Objects that purges dropped.
    pub dropped_purged: u64,
    /// Objects dropped because the queues were full.
    pub dropped_capacity: u64,
    /// Objects dropped because they had grown too large.
    pub dropped_oversize: u64,
    /// Objects dropped because their holder panicked.
    pub dropped_abandoned: u64,
    /// Objects that compaction dropped.
    pub dropped_compacted: u64,
    /// Purges.
    pub purges: u64,
    /// Gets that waited.
    pub waits: u64,
    /// Gets that waited in vain.
    pub timeouts: u64,
    /// Times a queue was locked by another thread.
    pub contended: u64,
    /// Time stood at locked queues, in nanoseconds.
    pub contended_nanos: u64,
    /// Misuses refused.
    pub misuses: u64,
    /// Objects reported as leaked.
    pub leaks: u64,
    /// Of those, objects that came back.
    pub unleaked: u64,
    /// Gets that a quota refused.
    pub quota_refused: u64,
    /// Allocations that failed.
    pub allocs_failed: u64,
    /// Half of the objects took no longer to make, in nanoseconds, right to a factor of two; `None` before the first.
    pub new_p50_nanos: Option<u64>,
    /// The same of 99 in 100.
    pub new_p99_nanos: Option<u64>,
    /// Objects out.
    pub active: u64,
    /// Idle objects of the primary generation.
    pub idle: u64,
    /// Idle objects of the victim generation.
    pub victims: u64,
    /// Bytes of all objects.
    pub allocated_bytes: u64,
    /// The most that was ever.
    pub peak_bytes: u64,
}

impl Stats {
    /// Objects that came in less objects that are accounted for: 0 whenever no get, put or purge is under way.
    pub fn unaccounted(&self) -> i64 {
        let came = self.news + self.attached;
        let dropped = self.dropped_purged
            + self.dropped_capacity
            + self.dropped_oversize
            + self.dropped_abandoned
            + self.dropped_compacted;
        let there = self.idle + self.victims + self.active + self.detached + dropped;
        came as i64 - there as i64
    }

    /// Share of gets that needed no new object, 0 to 1; `None` before the first.
    pub fn hit_ratio(&self) -> Option<f64> {
        let hits = self.hits_private + self.hits_shared + self.hits_stolen + self.hits_victim;
        (self.gets > 0).then(|| hits as f64 / self.gets as f64)
    }
}

impl<T: Send + 'static> Core<T> {
    pub(crate) fn stats(&self) -> Stats {
        let counts = &self.counts;
        let (mut gets, mut puts) = (counts.get(Counter::Gets), counts.get(Counter::Puts));
        for local in lock(&self.locals).iter() {
            gets += local.gets.load(Ordering::Relaxed);
            puts += local.puts.load(Ordering::Relaxed);
        }
        let (mut active, mut idle, mut victims) = (0, 0, 0);
        for slot in lock(&self.register).iter() {
            // SAFETY: what is in the register lives while that is locked.
            match unsafe { slot.head() }.state().place() {
                Place::Idle => idle += 1,
                Place::Victim => victims += 1,
                Place::Guarded | Place::Ticketed => active += 1,
            }
        }
        let (hits_shared, hits_stolen) = (counts.get(Counter::HitsShared), counts.get(Counter::HitsStolen));
        let hits_victim = counts.get(Counter::HitsVictim);
        // Objects made for the least number were not made for a get.
        let misses = counts.get(Counter::News).saturating_sub(counts.prefilled.get());
        Stats {
            gets,
            puts,
            news: counts.get(Counter::News),
            attached: counts.get(Counter::Attached),
            detached: counts.get(Counter::Detached),
            hits_private: gets.saturating_sub(hits_shared + hits_stolen + hits_victim + misses),
            hits_shared,
            hits_stolen,
            hits_victim,
            dropped_purged: counts.get(Counter::DroppedPurged),
            dropped_capacity: counts.get(Counter::DroppedCapacity),
            dropped_oversize: counts.get(Counter::DroppedOversize),
            dropped_abandoned: counts.get(Counter::DroppedAbandoned),
            dropped_compacted: counts.get(Counter::DroppedCompacted),
            purges: counts.get(Counter::Purges),
            waits: counts.get(Counter::Waits),
            timeouts: counts.get(Counter::Timeouts),
            contended: counts.get(Counter::Contended),
            contended_nanos: counts.get(Counter::ContendedNanos),
            misuses: counts.get(Counter::Misuses),
            leaks: counts.get(Counter::Leaks),
            unleaked: counts.get(Counter::Unleaked),
            quota_refused: counts.get(Counter::QuotaRefused),
            allocs_failed: counts.get(Counter::AllocsFailed),
            new_p50_nanos: counts.new_latency.quantile(0.50),
            new_p99_nanos: counts.new_latency.quantile(0.99),
            active,
            idle,
            victims,
            allocated_bytes: counts.get(Counter::AllocatedBytes),
            peak_bytes: counts.get(Counter::PeakBytes),
        }
    }
}
