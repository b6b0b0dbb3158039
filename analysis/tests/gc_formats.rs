//! Logs of collectors and memory statistics, of real programs: what they say is checked against each other and against
//! what the programs counted.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::model::record::{GcLog, GcMachine, GcScope, MemoryMeasure as M, MemoryOrigin, MemorySeries};
use analysis::session::{Content, Session};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn open_bytes(bytes: &[u8]) -> Session {
    let mut session = Session::default();
    session.open("file", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    session
}

fn open(path: impl AsRef<Path>) -> Session {
    open_bytes(&std::fs::read(fixtures().join(path.as_ref())).unwrap())
}

fn words(session: &Session) -> Vec<String> {
    match &session.sources[0].content {
        Content::Records { warnings } => warnings.clone(),
        Content::Refused { words } => vec![format!("refused: {words}")],
        _ => panic!("a profile"),
    }
}

fn logs(session: &Session) -> Vec<&GcLog> {
    session.records().filter_map(|(_, record)| record.gc_log()).collect()
}

fn log(session: &Session) -> &GcLog {
    let logs = logs(session);
    assert_eq!((logs.len(), words(session)), (1, Vec::<String>::new()));
    logs[0]
}

fn all_memory(session: &Session) -> Vec<&MemorySeries> {
    session.records().filter_map(|(_, record)| record.memory()).collect()
}

fn memory(session: &Session) -> &MemorySeries {
    assert_eq!(words(session), Vec::<String>::new());
    all_memory(session)[0]
}

fn text(session: &Session, id: analysis::model::StringId) -> String {
    session.symbols.strings.get(id).to_owned()
}

/// Every run of a Go program that has both a log of cycles and memory statistics.
fn go_runs() -> Vec<PathBuf> {
    let mut runs = Vec::new();
    for scenario in std::fs::read_dir(fixtures().join("go")).unwrap().flatten() {
        for run in std::fs::read_dir(scenario.path()).unwrap().flatten() {
            if run.path().join("gctrace.txt").exists() {
                runs.push(run.path());
            }
        }
    }
    runs.sort();
    assert!(runs.len() >= 15, "{runs:?}");
    runs
}

#[test]
fn cycles_of_the_log_are_those_that_memory_statistics_count() {
    for run in go_runs() {
        let (traced, counted) = (open(run.join("gctrace.txt")), open(run.join("memstats.jsonl")));
        let (log, series) = (log(&traced), memory(&counted));
        assert_eq!((log.machine, series.origin), (GcMachine::Go, MemoryOrigin::MemStats));
        // A program that ends prints no more: the log may have cycles after the last reading.
        let last = series.last(M::NumGc).unwrap() as usize;
        assert!((last..=last + 40).contains(&log.cycles.len()), "{run:?}: {last}, {}", log.cycles.len());
        let numbers: Vec<u64> = log.cycles.iter().map(|cycle| cycle.number).collect();
        assert_eq!(numbers, (1..=log.cycles.len() as u64).collect::<Vec<_>>(), "{run:?}");
        let forced = log.cycles.iter().take(last).filter(|cycle| cycle.is_forced).count();
        let counted_forced = series.last(M::NumForcedGc).unwrap() as usize;
        assert_eq!(forced, counted_forced, "{run:?}");
        // Pauses of the log are rounded to two digits, and measured a little inside of the statistics'.
        let paused: i64 = log.cycles.iter().take(last).map(|cycle| cycle.pause_nanos()).sum();
        let total = series.last(M::PauseTotal).unwrap();
        assert!((paused as f64 / total - 1.0).abs() < 0.06, "{run:?}: {paused} {total}");
        assert_eq!(log.pauses.len(), 2 * log.cycles.len());
        // Each cycle ends when the statistics say that it did.
        let start = series.times[0].unwrap().unix_nanos() - series.elapsed_nanos[0].unwrap();
        for (row, when) in series.times.iter().enumerate() {
            let number = series.at(row, M::NumGc).unwrap() as usize;
            let Some(cycle) = number.checked_sub(1).and_then(|at| log.cycles.get(at)) else { continue };
            let ended = series.at(row, M::LastGc).unwrap() as i64 - start;
            assert!((ended - cycle.end_nanos()).abs() < 30_000_000, "{run:?} {number}: {ended} {}", cycle.end_nanos());
            assert!(when.is_some());
        }
        let heap =
            |cycle: &analysis::model::record::GcCycle| cycle.heap_live <= cycle.heap_after && cycle.heap_goal > Some(0);
        assert!(log.cycles.iter().all(heap), "{run:?}");
    }
}

#[test]
fn all_sources_of_a_moment_say_the_same() {
    for run in go_runs() {
        for number in ["0", "4", "5"] {
            let names = [format!("vars.{number}.json"), format!("metrics.{number}.json")];
            if names.iter().any(|name| !run.join(name).exists()) {
                continue;
            }
            let (vars, metrics) = (open(run.join(&names[0])), open(run.join(&names[1])));
            let (vars, metrics) = (memory(&vars), memory(&metrics));
            assert_eq!((vars.origin, metrics.origin), (MemoryOrigin::Expvar, MemoryOrigin::RuntimeMetrics));
            assert!(vars.process.contains(run.parent().unwrap().file_name().unwrap().to_str().unwrap()));
            // They are read some milliseconds after each other, while the program runs.
            for measure in [M::HeapSys, M::MSpanSys, M::Sys, M::Mallocs, M::NumGc, M::TotalAlloc] {
                let (a, b) = (vars.at(0, measure).unwrap(), metrics.at(0, measure).unwrap());
                assert!((a - b).abs() <= 0.2 * a.max(b) + 2.0, "{run:?} {measure:?}: {a} {b}");
            }
            for series in [vars, metrics] {
                let at = |measure| series.at(0, measure).unwrap();
                assert_eq!(at(M::HeapSys), at(M::HeapInuse) + at(M::HeapIdle));
                let classes =
                    [M::HeapSys, M::StackSys, M::MSpanSys, M::MCacheSys, M::BuckHashSys, M::GcSys, M::OtherSys];
                assert_eq!(at(M::Sys), classes.into_iter().map(at).sum::<f64>(), "{run:?}");
            }
            // Go 1.22 counts each cycle's stops in one histogram, 1.21 and before count stops one by one.
            let counted: u64 = metrics.pause_buckets.iter().map(|bucket| bucket.count).sum();
            let cycles = metrics.at(0, M::NumGc).unwrap() as u64;
            assert!((cycles..=2 * cycles).contains(&counted), "{run:?}: {counted} {cycles}");
            let ended = vars.pauses.iter().filter(|pause| pause.nanos > 0).count() as f64;
            assert_eq!(ended, vars.at(0, M::NumGc).unwrap().min(256.0), "{run:?}");
            let last = vars.pauses.last().map_or(0, |pause| pause.end.unix_nanos());
            assert!((vars.at(0, M::LastGc).unwrap_or(0.0) as i64 - last).abs() <= 256, "{run:?}");
        }
    }
}

/// The foot of a heap profile as text: rings of pauses beside the fields, and the most that was resident.
#[test]
fn the_foot_of_a_heap_text_is_a_reading() {
    let foot = "heap profile: 1: 16 [2: 32] @ heap/1048576\n1: 16 [2: 32] @ 0x1 0x2\n#\t0x1\tmain.f+0x1\t/a.go:1\n\n\
        # runtime.MemStats\n# Alloc = 5\n# TotalAlloc = 1447076648\n# HeapSys = 12189696\n# HeapIdle = 8691712\n# Stack = 393216 / 393217\n\
        # LastGC = 1795474806743530337\n# PauseNs = [300 100 200 0 0]\n# PauseEnd = [1795474805000000300 1795474805000000100 1795474805000000200 0 0]\n\
        # NumGC = 3\n# GCCPUFraction = 0.0388\n# DebugGC = false\n# MaxRSS = 16535552\n";
    let session = open_bytes(foot.as_bytes());
    let series = all_memory(&session)[0];
    assert_eq!((series.origin, series.len()), (MemoryOrigin::HeapFooter, 1));
    let at = |measure| series.at(0, measure);
    assert_eq!(
        (at(M::TotalAlloc), at(M::StackInuse), at(M::StackSys)),
        (Some(1_447_076_648.0), Some(393_216.0), Some(393_217.0))
    );
    assert_eq!((at(M::NumGc), at(M::MaxRss), at(M::GcCpuFraction)), (Some(3.0), Some(16_535_552.0), Some(0.0388)));
    assert_eq!(series.pauses.iter().map(|pause| pause.nanos).collect::<Vec<_>>(), [100, 200, 300]);
    assert_eq!(session.sources[0].unread.lines, 0);
}

/// The program says `NumGC 272 NumForcedGC 1`; two goroutines wrote to the same file, a word a call.
#[test]
fn torn_cycles_are_put_together() {
    let session = open("go_gc/noisy.gctrace.txt");
    let logs = logs(&session);
    assert_eq!(logs.len(), 1);
    let log = logs[0];
    // Of six, a number of the program's stands within a number of theirs: they cannot be told.
    assert!(log.cycles.len() == 266, "{}: {:?}", log.cycles.len(), words(&session));
    let numbers: Vec<u64> = log.cycles.iter().map(|cycle| cycle.number).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b) && numbers.last() == Some(&272), "{numbers:?}");
    assert!(log.cycles.iter().all(|cycle| cycle.procs == Some(2) && cycle.heap_goal == Some(4 << 20)));
    assert!(log.cycles.iter().all(|cycle| cycle.pause_nanos() < 20_000_000 && cycle.cpu.is_some()));
    assert_eq!(log.cycles.iter().filter(|cycle| cycle.is_forced).count(), 1);
    assert!((log.schedules.len(), log.scavenges.len()) >= (10, 200), "{} {}", log.schedules.len(), log.scavenges.len());
    assert!(log.schedules.iter().all(|line| line.procs == 2 && line.proc_queues.len() <= 2));
    let missing = 272 - log.cycles.len();
    let said = words(&session).join(" ");
    assert!(missing == 0 || said.contains(&format!("{missing} cycles are missing")), "{said}");
    assert!(session.sources[0].unread.lines > 500);
}

#[test]
fn a_log_of_several_processes_is_taken_apart() {
    let cycle = |number: u32, at: &str, live: u32| {
        format!(
            "gc {number} @{at}s 0%: 0.1+1+0.1 ms clock, 0.2+0/0.1/0+0.2 ms cpu, 4->4->{live} MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P\r\n"
        )
    };
    // Two at once, and the first again.
    let text =
        [cycle(1, "0.010", 1), cycle(1, "0.012", 7), cycle(2, "0.100", 1), cycle(2, "0.050", 7), cycle(1, "0.010", 3)]
            .concat();
    let session = open_bytes(text.as_bytes());
    let counts: Vec<usize> = logs(&session).iter().map(|log| log.cycles.len()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 5);
    assert_eq!(counts.len(), 3);
    // What is coloured, prefixed and of another system's line ends is read too.
    let session = open_bytes(format!("\u{1b}[31mweb-1 |\u{1b}[0m {}", cycle(3, "1.5", 2)).as_bytes());
    assert_eq!(log(&session).cycles[0].number, 3);
}

#[test]
fn scrapes_are_readings_one_after_the_other() {
    let session = open("go_gc/scrapes.prom.txt");
    let series = memory(&session);
    assert_eq!((series.origin, series.len()), (MemoryOrigin::Prometheus, 5));
    // What the program printed of itself.
    let column = |measure| series.column(measure).iter().map(|value| value.unwrap()).collect::<Vec<_>>();
    assert_eq!(column(M::NumGc), [0.0, 1.0, 2.0, 3.0, 3.0]);
    assert!(column(M::TotalAlloc).is_sorted() && column(M::Rss).iter().all(|&rss| rss > 5e6));
    let at = |measure| series.at(4, measure).unwrap();
    assert_eq!(at(M::HeapSys), at(M::HeapInuse) + at(M::HeapIdle));
    assert_eq!(session.sources[0].unread.lines, 0);

    // All metrics of the runtime under their exported names: the same fields, and the histogram of pauses.
    let session = open("go_gc/scrapes-all.prom.txt");
    let series = memory(&session);
    assert_eq!(series.len(), 2);
    let at = |measure| series.at(1, measure).unwrap();
    for measure in [M::Goroutines, M::GcPercent, M::Procs, M::HeapLive, M::AssistCpuSeconds, M::TotalCpuSeconds] {
        assert!(series.at(1, measure).is_some(), "{measure:?}");
    }
    assert_eq!(
        at(M::Sys),
        [M::HeapSys, M::StackSys, M::MSpanSys, M::MCacheSys, M::BuckHashSys, M::GcSys, M::OtherSys]
            .into_iter()
            .map(at)
            .sum::<f64>()
    );
    assert_eq!(series.at(1, M::MemoryLimit), None);
    assert_eq!(at(M::NumForcedGc), 1.0);
    let counted: u64 = series.pause_buckets.iter().map(|bucket| bucket.count).sum();
    assert!((at(M::NumGc) as u64..=2 * at(M::NumGc) as u64).contains(&counted), "{:?}", series.pause_buckets);
}

#[test]
fn logs_of_java_machines_tell_cycles_pauses_and_heap() {
    // Collector, pauses by a count of their lines, cycles, forced.
    for (name, collector, pauses, cycles) in [
        ("g1.jdk17", "G1", None, None),
        ("g1-system-gc.jdk25", "G1", None, None),
        ("g1-decorated.jdk17", "G1", None, None),
        ("parallel.jdk17", "Parallel", None, None),
        ("serial-full.jdk17", "Serial", Some(417), Some(417)),
        ("serial.jdk25", "Serial", None, None),
        ("z.jdk17", "ZGC", None, None),
        ("z.jdk25", "ZGC", None, None),
        ("shenandoah.jdk17", "Shenandoah", None, None),
        ("shenandoah.jdk25", "Shenandoah", None, None),
    ] {
        let path = format!("jvm_gc/{name}.txt");
        let text = std::fs::read_to_string(fixtures().join(&path)).unwrap();
        let session = open(&path);
        let log = log(&session);
        assert_eq!((log.machine, log.collector.as_str()), (GcMachine::Java, collector), "{name}");
        let ends = |line: &&str| line.contains("Pause ") && line.ends_with("ms");
        let expected = pauses.unwrap_or_else(|| text.lines().filter(ends).count());
        assert_eq!(log.pauses.len(), expected, "{name}");
        let mut numbers: Vec<&str> =
            text.lines().filter_map(|line| line.split("GC(").nth(1)?.split(')').next()).collect();
        numbers.sort();
        numbers.dedup();
        assert_eq!(log.cycles.len(), cycles.unwrap_or(numbers.len()), "{name}");
        let total: i64 = log.cycles.iter().map(|cycle| cycle.pause_nanos()).sum();
        assert_eq!(total, log.pauses.iter().map(|pause| pause.nanos).sum::<i64>(), "{name}");
        // The last may be cut off by the end of the program.
        let whole = log.cycles.iter().rev().skip(1);
        let is_whole = |cycle: &analysis::model::record::GcCycle| {
            cycle.heap_before.is_some() && cycle.heap_after.is_some() && cycle.begin_nanos > 0
        };
        let bare: Vec<_> = whole.filter(|cycle| !is_whole(cycle)).collect();
        assert!(bare.len() * 20 <= log.cycles.len(), "{name}: {bare:?}");
        let begins: Vec<i64> = log.pauses.iter().map(|pause| pause.begin_nanos).collect();
        assert!(begins.last() < Some(&3_000_000_000), "{name}");
        assert_eq!(session.sources[0].unread.lines, 0, "{name}: {:?}", session.sources[0].unread.first);
    }
    let session = open("jvm_gc/g1-system-gc.jdk25.txt");
    let forced: Vec<_> = log(&session).cycles.iter().filter(|cycle| cycle.is_forced).collect();
    assert_eq!(forced.len(), 15);
    assert!(forced.iter().all(|cycle| cycle.scope == GcScope::Full));
    assert_eq!(text(&session, forced[0].cause), "Pause Full (System.gc())");
    let session = open("jvm_gc/serial-full.jdk17.txt");
    assert_eq!(log(&session).cycles.iter().filter(|cycle| cycle.scope == GcScope::Full).count(), 383);
    let session = open("jvm_gc/g1-decorated.jdk17.txt");
    assert!(
        log(&session)
            .zero_unix_nanos
            .is_some_and(|zero| (1_700_000_000..2_000_000_000).contains(&(zero / 1_000_000_000)))
    );
    let session = open("jvm_gc/z.jdk17.txt");
    assert!(log(&session).stalls.len() > 10);
    // A concurrent cycle of G1 has its own number, two stops, and runs between them.
    let session = open("jvm_gc/g1.jdk17.txt");
    let concurrent: Vec<_> = log(&session).cycles.iter().filter(|cycle| cycle.scope == GcScope::Concurrent).collect();
    assert!(concurrent.len() >= 2 && concurrent.iter().all(|cycle| cycle.concurrent_nanos > 0), "{concurrent:?}");
}

/// Written by the documentation of JDK 8, which is not here.
#[test]
fn older_logs_of_java_machines_are_read() {
    let session = open("jvm_gc/details-parallel.jdk8.txt");
    let log_8 = log(&session);
    let rows: Vec<_> = log_8
        .cycles
        .iter()
        .map(|cycle| {
            (
                cycle.begin_nanos / 1_000_000,
                cycle.begin_pause_nanos,
                cycle.heap_before,
                cycle.heap_after,
                cycle.scope,
                cycle.is_forced,
            )
        })
        .collect();
    let kib = |kib: u64| Some(kib << 10);
    assert_eq!(
        rows,
        [
            (510, 12_345_600, kib(33280), kib(9000), GcScope::Concurrent, false),
            (721, 10_100_000, kib(42280), kib(20010), GcScope::Concurrent, false),
            (933, 51_234_500, kib(20010), kib(13000), GcScope::Full, false),
            (1933, 41_234_500, kib(28104), kib(12000), GcScope::Full, true),
        ]
    );
    assert_eq!(log_8.cycles[2].cpu.map(|cpu| cpu.worker_nanos), Some(90_000_000));
    assert_eq!(log_8.zero_unix_nanos, Some(1_622_033_137_477_000_000));
    // The program's own line, and three of the machine's head.
    assert_eq!(session.sources[0].unread.lines, 4);

    let session = open("jvm_gc/details-g1.jdk8.txt");
    let cycles = &log(&session).cycles;
    assert_eq!(
        cycles.iter().map(|cycle| cycle.begin_pause_nanos).collect::<Vec<_>>(),
        [4_500_000, 3_000_000, 1_500_000, 200_000]
    );
    assert_eq!(cycles[0].heap_before.zip(cycles[0].heap_after), Some((24 << 20, 2800 << 10)));
    assert_eq!(cycles.iter().map(|cycle| cycle.is_forced).collect::<Vec<_>>(), [false, true, false, false]);

    let session = open("jvm_gc/details-cms.jdk8.txt");
    let cycles = &log(&session).cycles;
    assert_eq!(
        cycles.iter().map(|cycle| cycle.begin_pause_nanos).collect::<Vec<_>>(),
        [58_500_700, 999_700, 36_597_900, 3_100_100_000]
    );
    assert_eq!(cycles[3].scope, GcScope::Full);
}

#[test]
fn samples_of_jstat_are_readings() {
    let session = open("jvm_gc/jstat-gc.jdk17.txt");
    let series = memory(&session);
    assert_eq!((series.origin, series.len()), (MemoryOrigin::Jstat, 28));
    assert_eq!(series.elapsed_nanos[0], Some(1_200_000_000));
    assert_eq!(series.at(0, M::EdenCapacity), Some(20480.0 * 1024.0));
    assert_eq!((series.at(0, M::YoungCollections), series.at(0, M::YoungSeconds)), (Some(62.0), Some(0.103)));
    assert_eq!(series.at(0, M::ConcurrentCollections), None);
    // Commas of a locale, and a row that lacks a value.
    let session =
        open_bytes(b"  S0C    EU   YGC  YGCT  FGC FGCT GCT\n 512,0 64,5 7 0,103 0 0,000 0,103\n 512,0 64,5 7\n");
    assert_eq!(all_memory(&session)[0].at(0, M::EdenUsed), Some(64.5 * 1024.0));
    assert!(words(&session)[0].starts_with("1 samples"), "{:?}", words(&session));
}

#[test]
fn other_json_and_damaged_json_are_told_in_words() {
    let said = |bytes: &[u8]| words(&open_bytes(bytes)).join(" ");
    assert!(said(b"{\"a\": 1}").contains("JSON of a kind that is not known"), "{}", said(b"{\"a\": 1}"));
    let whole = std::fs::read(fixtures().join("go/churn/go1.27.3/vars.0.json")).unwrap();
    assert!(
        said(&whole[..whole.len() / 2]).contains("damaged") || said(&whole[..whole.len() / 2]).contains("breaks off")
    );
    // One line of a log may be torn.
    let lines = std::fs::read(fixtures().join("go/churn/go1.27.3/memstats.jsonl")).unwrap();
    let session = open_bytes(&lines[..lines.len() - 40]);
    assert_eq!(words(&session), ["1 lines of memory statistics are torn and were left out."]);
    // Statistics as a field of a log's line, beside cycles.
    let mixed = b"{\"level\":\"info\",\"ts\":1795474798.5,\"mem\":{\"HeapAlloc\":5,\"NumGC\":3}}\ngc 1 @0.01s 0%: 0.1+1+0.1 ms clock, 0.2+0/0.1/0+0.2 ms cpu, 4->4->1 MB, 5 MB goal, 2 P\n";
    let session = open_bytes(mixed);
    assert_eq!((all_memory(&session)[0].at(0, M::NumGc), logs(&session)[0].cycles.len()), (Some(3.0), 1));
    assert_eq!(all_memory(&session)[0].times[0].unwrap().unix_nanos(), 1_795_474_798_500_000_000);
}

/// Texts cut anywhere and with bytes flipped are read without a panic, and what was whole stays.
#[test]
fn cut_and_flipped_texts_are_no_trouble() {
    let mut names: Vec<PathBuf> = ["go_gc", "jvm_gc"]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(fixtures().join(folder)).unwrap().flatten())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .collect();
    names.extend(
        ["vars.5.json", "metrics.5.json", "memstats.jsonl", "gctrace.txt"]
            .map(|name| fixtures().join("go/healthy/go1.27.3").join(name)),
    );
    assert!(names.len() > 16);
    let mut seed = 7_u64;
    let mut next = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most.max(1)
    };
    for name in names {
        let whole = std::fs::read(&name).unwrap();
        let whole = &whole[..whole.len().min(20_000)];
        for _ in 0..12 {
            open_bytes(&whole[..next(whole.len()).max(1)]);
            let mut flipped = whole.to_vec();
            for _ in 0..1 + next(40) {
                let at = next(flipped.len());
                flipped[at] ^= 1 << next(8);
            }
            open_bytes(&flipped);
        }
    }
    // Numbers beyond any type, and lines beyond any end.
    let huge = "gc 99999999999999999999999 @99999999999999999999s 999999999999999%: 1e+9+1 ms clock";
    open_bytes(huge.as_bytes());
    let nines = "9".repeat(400);
    let line = format!(
        "gc {nines} @{nines}s 0%: {nines}+1+0.1 ms clock, 0.2+0/0.1/0+0.2 ms cpu, {nines}->4->1 MB, 5 MB goal, {nines} P"
    );
    let session = open_bytes(line.as_bytes());
    assert_eq!(logs(&session)[0].cycles[0].heap_before, Some(u64::MAX));
    assert!(logs(&session)[0].cycles[0].end_nanos() > 0);
    let mut long = b"gc 1 @0.01s 0%: ".to_vec();
    long.resize(300_000, b'1');
    open_bytes(&long);
}
