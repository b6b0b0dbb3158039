//! Where rules draw their lines, each with its reason. The user can change any of them.

use serde::{Deserialize, Serialize};

use crate::pools::PoolPattern;

/// All lines in one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Growth below this is not called a leak: two samples at Go's default rate of 512 kB could be chance.
    pub leak_min_bytes: i64,
    /// Share of newly allocated bytes that must stay for growth to be “retained” rather than “busy”.
    pub leak_min_survival: f64,
    /// Share of all growth from which a leak is critical: fixing this one site is then most of the cure.
    pub leak_critical_share: f64,
    /// Kendall's tau from which a series of snapshots counts as rising steadily.
    pub leak_min_tau: f64,
    /// Churn below this rate costs a collector little: at 8 MB/s and the smallest heap of 4 MB it runs twice a second.
    pub churn_min_bytes_per_second: f64,
    /// Churn above this rate makes the collector run more than ten times a second on a heap of 4 MB.
    pub churn_warning_bytes_per_second: f64,
    /// Share of new bytes that may survive for allocation to count as churn.
    pub churn_max_survival: f64,
    /// Share of all allocation below which a site is not worth a word.
    pub churn_min_share: f64,
    /// Misses of a pool per second that are worth a word: below, its `New` costs nothing that can be felt.
    pub miss_min_per_second: f64,
    /// Share of all allocated bytes from which a pool's misses are a warning.
    pub miss_warning_share: f64,
    /// Objects made by `New` of a pool that may stay in use before it reads as “never put back”.
    pub miss_max_survival: f64,
    /// How much larger than made are the objects that stay, for a pool to be called oversized: one doubling is what
    /// `append` does by itself.
    pub oversize_ratio: f64,
    /// Bytes held below which an oversized or retained plateau is not worth a word.
    pub retained_min_bytes: i64,
    /// Share of the heap that a plateau must hold to be worth a warning.
    pub retained_min_share: f64,
    /// Pool bookkeeping allocations per second: a pool allocates its table once a collection, so more than a few
    /// hundred a second means that pools themselves come and go.
    pub per_request_min_per_second: f64,
    /// Seconds after which an object that is out counts as never given back, where its pool names no threshold: as long
    /// as a pool of ours waits by itself, longer than requests take.
    pub leak_age_seconds: f64,
    /// Objects never given back from which it is critical if it goes on; a third of it is worth a warning. Fewer may be
    /// what some threads still work on.
    pub leak_min_objects: u64,
    /// Share of objects that come back late from which that is a warning: below, it is the tail that every load has.
    pub late_min_share: f64,
    /// Events below which shares of them say nothing: at 100, a share is known to ten points (95 %).
    pub pool_min_events: u64,
    /// Share of hand-outs that end in another thread from which that is worth a word.
    pub cross_thread_min_share: f64,
    /// Share of gets that steal from which handing across threads costs: a steal locks another thread's queue.
    pub cross_thread_min_stolen: f64,
    /// Bytes kept beyond what objects had when they were made, below which that is not worth a word.
    pub kept_min_bytes: u64,
    /// Share of gets that make what a purge had dropped from which the pool thrashes.
    pub thrash_min_share: f64,
    /// Objects a second made in the stead of dropped ones from which it is a storm.
    pub storm_min_per_second: f64,
    /// Share of gets that do so from which it is a storm.
    pub storm_min_share: f64,
    /// Gets below which a pool without hits may just be new.
    pub useless_min_gets: u64,
    /// Share of hits below which a pool is of no use: a get that misses pays for both.
    pub useless_max_hits: f64,
    /// Share of victims taken again below which the victim generation is of no use.
    pub useless_max_victims: f64,
    /// Time lost waiting for a pool, as threads that do nothing else, from which it is worth a word.
    pub contention_min_threads: f64,
    /// The same for a warning: half a thread.
    pub contention_warning_threads: f64,
    /// The same for a warning, as a share of gets that wait: then the bound, not the work, sets the pace.
    pub contention_warning_share: f64,
    /// Bytes of a byte pool's chunks below which there is nothing to gain: some chunks are always held.
    pub fragmentation_min_bytes: u64,
    /// Free share of chunks from which a byte pool steers gets: the pool's lower watermark.
    pub fragmentation_watch_share: f64,
    /// Free share of chunks above which it compacts: the pool's upper watermark.
    pub fragmentation_compact_share: f64,
    /// Pools of the user's own, beside those that are known.
    pub pools: Vec<PoolPattern>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            leak_min_bytes: 2 << 20,
            leak_min_survival: 0.5,
            leak_critical_share: 0.5,
            leak_min_tau: 0.6,
            churn_min_bytes_per_second: 8.0 * 1_048_576.0,
            churn_warning_bytes_per_second: 40.0 * 1_048_576.0,
            churn_max_survival: 0.1,
            churn_min_share: 0.1,
            miss_min_per_second: 500.0,
            miss_warning_share: 0.1,
            miss_max_survival: 0.5,
            oversize_ratio: 2.0,
            retained_min_bytes: 8 << 20,
            retained_min_share: 0.3,
            per_request_min_per_second: 300.0,
            leak_age_seconds: 30.0,
            leak_min_objects: 10,
            late_min_share: 0.01,
            pool_min_events: 100,
            cross_thread_min_share: 0.1,
            cross_thread_min_stolen: 0.25,
            kept_min_bytes: 512 << 10,
            thrash_min_share: 0.25,
            storm_min_per_second: 100.0,
            storm_min_share: 0.25,
            useless_min_gets: 1_000,
            useless_max_hits: 0.1,
            useless_max_victims: 0.01,
            contention_min_threads: 0.05,
            contention_warning_threads: 0.5,
            contention_warning_share: 0.25,
            fragmentation_min_bytes: 512 << 10,
            fragmentation_watch_share: 0.15,
            fragmentation_compact_share: 0.35,
            pools: Vec::new(),
        }
    }
}
