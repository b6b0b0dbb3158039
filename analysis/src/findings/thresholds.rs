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
            pools: Vec::new(),
        }
    }
}
