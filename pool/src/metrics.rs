//! What a pool says through the `metrics` facade, once a second. Names start with `pool_`; the
//! label `pool` is the pool's name.

use crate::bytes::ByteStats;
use crate::counts::Latency;
use crate::stats::Stats;

/// Sets all gauges and counters of a pool.
pub(crate) fn publish(pool: &str, stats: &Stats, latency: &Latency) {
    let label = || pool.to_owned();
    for (tier, hits) in [
        ("private", stats.hits_private),
        ("shared", stats.hits_shared),
        ("stolen", stats.hits_stolen),
        ("victim", stats.hits_victim),
    ] {
        let ratio = if stats.gets == 0 { 0.0 } else { hits as f64 / stats.gets as f64 };
        metrics::gauge!("pool_hit_ratio", "pool" => label(), "tier" => tier).set(ratio);
    }
    metrics::gauge!("pool_in_use", "pool" => label()).set(stats.active as f64);
    metrics::gauge!("pool_idle", "pool" => label()).set((stats.idle + stats.victims) as f64);
    metrics::gauge!("pool_allocated_bytes", "pool" => label()).set(stats.allocated_bytes as f64);
    metrics::counter!("pool_purged", "pool" => label()).absolute(stats.dropped_purged);
    metrics::counter!("pool_leaks", "pool" => label()).absolute(stats.leaks);
    metrics::counter!("pool_misuses", "pool" => label()).absolute(stats.misuses);
    for (quantile, share) in [("0.5", 0.5), ("0.9", 0.9), ("0.99", 0.99)] {
        if let Some(nanos) = latency.quantile(share) {
            let seconds = nanos as f64 / 1e9;
            metrics::gauge!("pool_new_seconds", "pool" => label(), "quantile" => quantile).set(seconds);
        }
    }
}

/// The same of a byte pool, whose classes are pools too, each under its own name.
pub(crate) fn publish_bytes(pool: &str, stats: &ByteStats) {
    let label = || pool.to_owned();
    metrics::gauge!("pool_fragmentation", "pool" => label()).set(stats.fragmentation());
    metrics::gauge!("pool_chunk_bytes", "pool" => label()).set(stats.chunk_bytes as f64);
    metrics::counter!("pool_compactions", "pool" => label()).absolute(stats.compactions);
    metrics::counter!("pool_compactions_failed", "pool" => label()).absolute(stats.compactions_failed);
    metrics::counter!("pool_chunks_failed", "pool" => label()).absolute(stats.allocs_failed);
}
