//! What measures are called by those who write them.

use crate::model::record::MemoryMeasure::{self, *};

/// Fields of `runtime.MemStats`.
pub(super) fn mem_stats(name: &str) -> Option<MemoryMeasure> {
    Some(match name {
        "HeapAlloc" => HeapAlloc,
        "HeapSys" => HeapSys,
        "HeapIdle" => HeapIdle,
        "HeapInuse" => HeapInuse,
        "HeapReleased" => HeapReleased,
        "HeapObjects" => HeapObjects,
        "StackInuse" => StackInuse,
        "StackSys" => StackSys,
        "MSpanInuse" => MSpanInuse,
        "MSpanSys" => MSpanSys,
        "MCacheInuse" => MCacheInuse,
        "MCacheSys" => MCacheSys,
        "BuckHashSys" => BuckHashSys,
        "GCSys" => GcSys,
        "OtherSys" => OtherSys,
        "Sys" => Sys,
        "TotalAlloc" => TotalAlloc,
        "Mallocs" => Mallocs,
        "Frees" => Frees,
        "NextGC" => NextGc,
        "LastGC" => LastGc,
        "PauseTotalNs" => PauseTotal,
        "NumGC" => NumGc,
        "NumForcedGC" => NumForcedGc,
        "GCCPUFraction" => GcCpuFraction,
        "MaxRSS" => MaxRss,
        _ => return None,
    })
}

/// Metrics of `runtime/metrics` and the measures that each adds to (runtime/mstats.go, readMemStats_m, which says how
/// fields of `MemStats` are made of the same numbers).
pub(super) const METRICS: &[(&str, &[MemoryMeasure])] = &[
    ("/memory/classes/heap/objects:bytes", &[HeapAlloc, HeapInuse, HeapSys]),
    ("/memory/classes/heap/unused:bytes", &[HeapInuse, HeapSys]),
    ("/memory/classes/heap/free:bytes", &[HeapIdle, HeapSys]),
    ("/memory/classes/heap/released:bytes", &[HeapIdle, HeapReleased, HeapSys]),
    ("/memory/classes/heap/stacks:bytes", &[StackInuse, StackSys]),
    ("/memory/classes/os-stacks:bytes", &[StackSys]),
    ("/memory/classes/metadata/mspan/inuse:bytes", &[MSpanInuse, MSpanSys]),
    ("/memory/classes/metadata/mspan/free:bytes", &[MSpanSys]),
    ("/memory/classes/metadata/mcache/inuse:bytes", &[MCacheInuse, MCacheSys]),
    ("/memory/classes/metadata/mcache/free:bytes", &[MCacheSys]),
    ("/memory/classes/metadata/other:bytes", &[GcSys]),
    ("/memory/classes/profiling/buckets:bytes", &[BuckHashSys]),
    ("/memory/classes/other:bytes", &[OtherSys]),
    ("/memory/classes/total:bytes", &[Sys]),
    ("/gc/heap/allocs:bytes", &[TotalAlloc]),
    ("/gc/heap/allocs:objects", &[Mallocs]),
    ("/gc/heap/frees:objects", &[Frees]),
    // Objects so small that several share a slot: they are in neither of the two above, and in both of MemStats'.
    ("/gc/heap/tiny/allocs:objects", &[Mallocs, Frees]),
    ("/gc/heap/objects:objects", &[HeapObjects]),
    ("/gc/heap/goal:bytes", &[NextGc]),
    ("/gc/heap/live:bytes", &[HeapLive]),
    ("/gc/cycles/total:gc-cycles", &[NumGc]),
    ("/gc/cycles/forced:gc-cycles", &[NumForcedGc]),
    ("/gc/gogc:percent", &[GcPercent]),
    ("/gc/gomemlimit:bytes", &[MemoryLimit]),
    ("/sched/goroutines:goroutines", &[Goroutines]),
    ("/sched/gomaxprocs:threads", &[Procs]),
    ("/sched/threads/total:threads", &[Threads]),
    ("/cpu/classes/total:cpu-seconds", &[TotalCpuSeconds]),
    ("/cpu/classes/idle:cpu-seconds", &[IdleCpuSeconds]),
    ("/cpu/classes/user:cpu-seconds", &[UserCpuSeconds]),
    ("/cpu/classes/gc/total:cpu-seconds", &[GcCpuSeconds]),
    ("/cpu/classes/gc/mark/assist:cpu-seconds", &[AssistCpuSeconds]),
    ("/cpu/classes/gc/mark/dedicated:cpu-seconds", &[WorkerCpuSeconds]),
    ("/cpu/classes/gc/mark/idle:cpu-seconds", &[IdleGcCpuSeconds]),
    ("/cpu/classes/gc/pause:cpu-seconds", &[PauseCpuSeconds]),
    ("/cpu/classes/scavenge/total:cpu-seconds", &[ScavengeCpuSeconds]),
    ("/sync/mutex/wait/total:seconds", &[MutexWaitSeconds]),
];

/// Histograms of pauses of the collector, the better first (Go 1.22 and later have the first).
pub(super) const PAUSES: &[&str] = &["/sched/pauses/total/gc:seconds", "/gc/pauses:seconds"];

/// Names that a Go program gives to Prometheus (client_golang, prometheus/go_collector.go and process_collector.go).
pub(super) const PROMETHEUS: &[(&str, MemoryMeasure, f64)] = &[
    ("go_memstats_heap_alloc_bytes", HeapAlloc, 1.0),
    ("go_memstats_heap_sys_bytes", HeapSys, 1.0),
    ("go_memstats_heap_idle_bytes", HeapIdle, 1.0),
    ("go_memstats_heap_inuse_bytes", HeapInuse, 1.0),
    ("go_memstats_heap_released_bytes", HeapReleased, 1.0),
    // Older collectors.
    ("go_memstats_heap_released_bytes_total", HeapReleased, 1.0),
    ("go_memstats_heap_objects", HeapObjects, 1.0),
    ("go_memstats_stack_inuse_bytes", StackInuse, 1.0),
    ("go_memstats_stack_sys_bytes", StackSys, 1.0),
    ("go_memstats_mspan_inuse_bytes", MSpanInuse, 1.0),
    ("go_memstats_mspan_sys_bytes", MSpanSys, 1.0),
    ("go_memstats_mcache_inuse_bytes", MCacheInuse, 1.0),
    ("go_memstats_mcache_sys_bytes", MCacheSys, 1.0),
    ("go_memstats_buck_hash_sys_bytes", BuckHashSys, 1.0),
    ("go_memstats_gc_sys_bytes", GcSys, 1.0),
    ("go_memstats_other_sys_bytes", OtherSys, 1.0),
    ("go_memstats_sys_bytes", Sys, 1.0),
    ("go_memstats_alloc_bytes_total", TotalAlloc, 1.0),
    ("go_memstats_mallocs_total", Mallocs, 1.0),
    ("go_memstats_frees_total", Frees, 1.0),
    ("go_memstats_next_gc_bytes", NextGc, 1.0),
    ("go_memstats_last_gc_time_seconds", LastGc, 1e9),
    ("go_memstats_gc_cpu_fraction", GcCpuFraction, 1.0),
    ("go_gc_duration_seconds_sum", PauseTotal, 1e9),
    ("go_gc_duration_seconds_count", NumGc, 1.0),
    ("go_gc_gogc_percent", GcPercent, 1.0),
    ("go_gc_gomemlimit_bytes", MemoryLimit, 1.0),
    ("go_goroutines", Goroutines, 1.0),
    ("go_threads", Threads, 1.0),
    ("go_sched_gomaxprocs_threads", Procs, 1.0),
    ("process_resident_memory_bytes", Rss, 1.0),
    ("process_virtual_memory_bytes", VirtualBytes, 1.0),
    ("process_cpu_seconds_total", CpuSeconds, 1.0),
];

/// Whether a name of Prometheus is the one that client_golang makes of a name of `runtime/metrics`
/// (prometheus/internal/go_runtime_metrics.go): all that is no letter or digit becomes `_`, counters end with `_total`.
pub(super) fn is_exported(prometheus: &str, metric: &str) -> bool {
    let Some(plain) = prometheus.strip_prefix("go") else { return false };
    let is_same = |plain: &str| {
        plain.len() == metric.len()
            && plain.chars().zip(metric.chars()).all(|(a, b)| a == b || (a == '_' && !b.is_ascii_alphanumeric()))
    };
    is_same(plain) || plain.strip_suffix("_total").is_some_and(is_same)
}
