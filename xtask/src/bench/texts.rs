//! Large texts as a program of Go and its machine write them, the same in every run.

use std::fmt::Write;

use super::generate::{BEGUN_NANOS, MINUTE_NANOS, Random};

/// A log with a cycle of the collector every 20 ms, between lines of the program's own.
pub(super) fn gctrace(cycles: u64, seed: u64) -> String {
    let mut random = Random(seed);
    let mut out = String::new();
    for cycle in 1..=cycles {
        let at = cycle * 20 + random.below(9);
        for line in 0..2 {
            let (order, took) = (random.below(1_000_000), random.below(400));
            let _ = writeln!(
                out,
                "2026/11/24 10:{:02}:{:02} INFO order {order} step {line} done in {took} ms",
                at / 60_000 % 60,
                at / 1000 % 60
            );
        }
        let (live, assist) = (40 + random.below(8), random.below(90));
        let (goal, begin, mark) = (live * 2, 30 + random.below(60), 2 + random.below(9));
        let _ = writeln!(
            out,
            "gc {cycle} @{}.{:03}s 4%: 0.0{begin}+{mark}.{assist:02}+0.0{begin} ms clock, 0.1{begin}+0.{assist:02}/{mark}.1/0.2+0.0{begin} ms cpu, {}->{}->{live} MB, {goal} MB goal, 0 MB stacks, 0 MB globals, 2 P",
            at / 1000,
            at % 1000,
            goal - 1,
            goal
        );
    }
    out
}

/// Stacks of so many goroutines, as `debug=2` writes them: most wait in one of a hundred places.
pub(super) fn goroutines(count: u64, seed: u64) -> String {
    const STATES: [&str; 5] = ["chan receive", "select", "sync.Mutex.Lock", "IO wait", "chan send"];
    let mut random = Random(seed);
    let mut out = String::new();
    for goroutine in 1..=count {
        let place = random.below(100);
        let state = STATES.get(place as usize % STATES.len()).unwrap_or(&"running");
        let minutes = random.below(40);
        let wait = if minutes > 1 { format!(", {minutes} minutes") } else { String::new() };
        let _ = writeln!(out, "goroutine {} [{state}{wait}]:", goroutine * 3);
        for frame in 0..6 + place % 5 {
            let (function, argument) = ((place * 7 + frame * 13) % 500, random.below(1 << 30));
            let _ = writeln!(
                out,
                "example.com/service/pkg{}.(*Type{}).Method{function}(0xc0{argument:08x}, {{0x{argument:x}, 0x5}})\n\t/src/service/pkg{}/file{}.go:{} +0x{argument:x}",
                function % 97,
                function % 13,
                function % 97,
                function % 29,
                10 + function
            );
        }
        let _ = writeln!(
            out,
            "created by example.com/service/pkg1.serve in goroutine 1\n\t/src/service/pkg1/serve.go:{} +0x8c\n",
            40 + place
        );
    }
    out
}

/// Readings of `runtime.MemStats` as JSON lines, ten a second.
pub(super) fn memstats(readings: u64, seed: u64) -> String {
    let mut random = Random(seed);
    let mut out = String::new();
    for reading in 1..=readings {
        let time = BEGUN_NANOS + reading * 100_000_000;
        let (heap, mallocs) = (60_000_000 + random.below(40_000_000), reading * 51_000 + random.below(9_000));
        let _ = writeln!(
            out,
            "{{\"unix_nano\":{time},\"HeapAlloc\":{heap},\"HeapInuse\":{},\"HeapIdle\":30000000,\"HeapReleased\":4000000,\"HeapSys\":160000000,\"Sys\":180000000,\"Mallocs\":{mallocs},\"Frees\":{},\"TotalAlloc\":{},\"NumGC\":{},\"NumForcedGC\":0,\"NextGC\":110000000,\"LastGC\":{},\"PauseTotalNs\":{},\"GCCPUFraction\":0.04}}",
            heap + 4_000_000,
            mallocs - 50_000,
            reading * 9_000_000,
            reading * 5,
            time - 7_000_000,
            reading * 260_000
        );
    }
    out
}

/// `/proc/PID/smaps` of so many mappings.
pub(super) fn smaps(mappings: u64, seed: u64) -> String {
    let mut random = Random(seed);
    let mut out = String::new();
    for mapping in 0..mappings {
        let begin = 0x7f00_0000_0000_u64 + mapping * 0x40_0000;
        let (rss, huge) = (random.below(4096), random.below(2) * 2048);
        let name = if mapping % 7 == 0 { format!("/usr/lib/libservice{mapping}.so") } else { String::new() };
        let _ = writeln!(out, "{begin:x}-{:x} rw-p 00000000 00:00 0                   {name}", begin + 0x40_0000);
        for (key, value) in [
            ("Size", 4096),
            ("KernelPageSize", 4),
            ("MMUPageSize", 4),
            ("Rss", rss),
            ("Pss", rss),
            ("Shared_Clean", 0),
            ("Shared_Dirty", 0),
            ("Private_Clean", 0),
            ("Private_Dirty", rss),
            ("Referenced", rss),
            ("Anonymous", rss),
            ("AnonHugePages", huge),
            ("Swap", 0),
        ] {
            let _ = writeln!(out, "{:<15} {value:>8} kB", format!("{key}:"));
        }
        out.push_str("VmFlags: rd wr mr mw me ac\n");
    }
    out
}

/// Prometheus scrapes, a minute apart.
pub(super) fn scrapes(count: u64) -> String {
    let mut out = String::new();
    for scrape in 0..count {
        let millis = (BEGUN_NANOS + scrape * MINUTE_NANOS) / 1_000_000;
        for (name, value) in [
            ("alloc_bytes", 60_000_000 + scrape % 17 * 1_000_000),
            ("sys_bytes", 180_000_000),
            ("mallocs_total", 90_000 + scrape * 4_000_000),
            ("frees_total", scrape * 4_000_000),
            ("heap_inuse_bytes", 70_000_000),
            ("heap_idle_bytes", 30_000_000),
            ("heap_released_bytes", 4_000_000),
        ] {
            let _ = writeln!(out, "go_memstats_{name}{{instance=\"a:9090\"}} {value} {millis}");
        }
    }
    out
}
