//! What a pool counts itself, whether or not its events are recorded.

use serde::{Deserialize, Serialize};

use super::event::coded;

coded! {
    /// What is counted.
    Counter {
        /// Objects handed out.
        Gets "gets"
        /// Objects given back.
        Puts "puts"
        /// Objects made.
        News "made"
        /// Objects brought in.
        Attached "attached"
        /// Objects taken out.
        Detached "detached"
        /// Gets that the private slot served.
        HitsPrivate "hits in the private slot"
        /// Gets that the own shard served.
        HitsShared "hits in the own queue"
        /// Gets that another shard or thread served.
        HitsStolen "stolen"
        /// Gets that the victim generation served.
        HitsVictim "hits among victims"
        /// Objects dropped by purges.
        DroppedPurged "purged"
        /// Objects dropped because the pool was full.
        DroppedCapacity "dropped, the pool was full"
        /// Objects dropped because they had grown too large.
        DroppedOversize "dropped, too large"
        /// Objects dropped because their holder panicked.
        DroppedAbandoned "dropped, holder panicked"
        /// Objects dropped by compaction.
        DroppedCompacted "dropped by compaction"
        /// Objects dropped because the pool was.
        DroppedPoolClosed "dropped with the pool"
        /// Purges.
        Purges "purges"
        /// Gets that waited.
        Waits "waits"
        /// Gets that waited in vain.
        Timeouts "timeouts"
        /// Times a shared queue was locked by another thread.
        Contended "contended"
        /// Time stood at locked queues, in nanoseconds.
        ContendedNanos "time at locked queues"
        /// Misuses refused.
        Misuses "misuses"
        /// Objects reported as leaked.
        Leaks "leaks reported"
        /// Of those, objects that came back.
        Unleaked "came back after all"
        /// Gets that a quota refused.
        QuotaRefused "refused by quota"
        /// Objects out now.
        Active "out"
        /// Objects in the primary generation now.
        Idle "idle"
        /// Objects in the victim generation now.
        Victim "victims"
        /// Bytes of all objects now.
        AllocatedBytes "bytes"
        /// The most that was ever.
        PeakBytes "peak bytes"
        /// Bytes of all chunks now.
        ChunkBytes "chunk bytes"
        /// Free bytes of partly used chunks now.
        FreeInPartBytes "free bytes in used chunks"
        /// Chunks made before they were needed.
        Preallocated "chunks made ahead"
        /// Compactions.
        Compactions "compactions"
        /// Compactions that released nothing.
        CompactionsFailed "compactions in vain"
        /// Allocations that failed.
        AllocsFailed "failed allocations"
    }
}

/// Counts of one pool at one moment. A counter that the file does not have is `None`, which is not 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts(Vec<(Counter, u64)>);

impl Counts {
    /// In any order; of equal counters the first stands.
    pub fn new(counts: Vec<(Counter, u64)>) -> Self {
        Self(counts)
    }

    /// What was counted.
    pub fn get(&self, counter: Counter) -> Option<u64> {
        self.0.iter().find(|(known, _)| *known == counter).map(|(_, count)| *count)
    }

    /// The sum of several, as far as they are there.
    pub fn sum(&self, counters: &[Counter]) -> u64 {
        counters.iter().filter_map(|&counter| self.get(counter)).fold(0, u64::saturating_add)
    }
}
