//! The timeline on a real trace: what its program was built to show is found, and every level of detail adds up.
//!
//! The numbers are those of Go's own reader and summarizer for this file.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use analysis::formats::go_trace::read;
use analysis::model::Symbols;
use analysis::model::trace::{EventType, Trace};
use analysis::timeline::{
    ClockMap, ClockMethod, EvidenceKind, Grid, LaneState, OPEN, Pin, PoolRole, StopKind, Survey, Window,
    escape_windows, goroutine_lane, places, within,
};

const TRACE: &[u8] = include_bytes!("../../fixtures/go/leak-retained/go1.27.3/trace.out");

fn surveyed(step: usize) -> (Trace, Survey, Symbols) {
    surveyed_of(TRACE, step)
}

fn surveyed_of(bytes: &[u8], step: usize) -> (Trace, Survey, Symbols) {
    let mut symbols = Symbols::default();
    let (trace, _) = read(bytes, &mut symbols, &mut |_| ControlFlow::Continue(())).unwrap();
    let mut survey = Survey::default();
    while !survey.follow(&trace, &symbols, step) {}
    (trace, survey, symbols)
}

#[test]
fn anchors_are_those_of_gos_own_summary() {
    let (trace, survey, symbols) = surveyed(usize::MAX);
    let bounds = survey.bounds(&trace).unwrap();
    let collector = &survey.collector;
    assert_eq!(collector.cycles.len(), 1);
    let purges: Vec<_> = collector.purges().collect();
    assert_eq!(purges.len(), 1);
    assert_eq!((purges[0].begin, purges[0].end), (2_360_533_402_624, 2_360_533_732_352));
    let ends = collector.stops.iter().filter(|stop| stop.kind == StopKind::MarkTermination);
    assert_eq!(ends.map(|stop| (stop.begin, stop.end)).collect::<Vec<_>>(), [(2_360_535_262_656, 2_360_535_275_456)]);
    let all = within(&survey, bounds);
    let [get, new, put, init] = all.pools;
    let told = |spread: analysis::timeline::Spread| (spread.count, spread.total_nanos, spread.max_nanos);
    assert_eq!(told(get), (10_986, 10_468_343, 108_928));
    assert_eq!((get.p50_nanos, get.p99_nanos), (256, 7_872));
    assert_eq!(told(new), (2_748, 6_485_634, 108_480));
    assert_eq!(told(put), (8_239, 1_932_849, 65_088));
    assert_eq!(told(init), (2_748, 5_030_080, 108_160));
    assert_eq!(all.purges, 1);
    let tasks: u64 = survey.annotations.tasks.iter().count() as u64;
    assert_eq!(tasks, 10_990);
    let main = survey.roster.rows.iter().find(|row| symbols.strings.get(row.name) == "main.main").unwrap();
    assert_eq!(main.running_nanos, 2_926_784);
}

#[test]
fn steps_of_any_size_find_the_same() {
    let (trace, whole, _) = surveyed(usize::MAX);
    let (_, stepped, _) = surveyed(1_777);
    let bounds = whole.bounds(&trace).unwrap();
    assert_eq!(within(&whole, bounds), within(&stepped, bounds));
    assert_eq!(format!("{:?}", whole.collector), format!("{:?}", stepped.collector));
    for (one, other) in whole.procs.lanes().iter().zip(stepped.procs.lanes()) {
        assert_eq!(one.times_in(bounds), other.times_in(bounds));
    }
}

#[test]
fn a_goroutine_and_a_processor_fill_their_time() {
    let (trace, survey, symbols) = surveyed(usize::MAX);
    let bounds = survey.bounds(&trace).unwrap();
    let (row, _) = trace
        .goroutines
        .iter()
        .find(|(row, _)| survey.roster.get(*row).is_some_and(|found| symbols.strings.get(found.name) == "main.main"))
        .unwrap();
    let lane = goroutine_lane(&trace.events, &survey.subjects, row, false, survey.seen());
    let times = lane.times_in(bounds);
    assert_eq!(times[LaneState::Running as usize], 2_926_784);
    assert_eq!(times[LaneState::Runnable as usize], 154_112);
    assert_eq!(times[LaneState::Syscall as usize], 3_061_952);
    // All processors together run for as long as all goroutines.
    let run: i64 = survey.roster.rows.iter().map(|row| row.running_nanos).sum();
    let procs: i64 = survey
        .procs
        .lanes()
        .iter()
        .map(|lane| {
            let times = lane.times_in(bounds);
            [LaneState::Running, LaneState::Collecting, LaneState::Assisting, LaneState::Sweeping]
                .iter()
                .map(|&state| times[state as usize])
                .sum::<i64>()
        })
        .sum();
    assert!((procs - run).abs() < run / 100, "processors ran {procs} ns, goroutines {run} ns");
    let mut columns = Vec::new();
    lane.columns(&Grid::new(bounds, bounds.start, 1_000), 0..1_000, &mut columns);
    assert!(columns.iter().any(|column| column[LaneState::Running as usize] > 0));
    assert!(survey.annotations.of_role(PoolRole::Get).count() == 1);
}

#[test]
fn other_files_stand_on_the_traces_clock() {
    let (trace, survey, symbols) = surveyed(usize::MAX);
    // heap.2 was written 1.7 ms before the goroutine profile of the same moment stopped the world.
    let map = ClockMap::find(&trace, &survey.collector, &symbols, &[], None).unwrap();
    assert_eq!(map.method, ClockMethod::Snapshots);
    assert!(map.residual_nanos < 100, "{map:?}");
    let pin = Pin {
        name: "heap.2.pb.gz".to_owned(),
        kind: "heap profile".to_owned(),
        time_nanos: map.offset_nanos + 2_360_986_999_609,
    };
    let found = places(map, &[pin], &survey.collector, survey.bounds(&trace).unwrap());
    assert_eq!((found[0].time, found[0].describes), (2_360_986_999_609, Some(2_360_535_275_456)));
    let pauses = survey.collector.stops_in(Window::new(found[0].time, found[0].time + 2_000_000));
    assert!(pauses.iter().any(|stop| symbols.strings.get(stop.reason).contains("goroutine profile")));
}

#[test]
fn surges_lie_within_marking() {
    let (trace, survey, _) = surveyed(usize::MAX);
    let bounds = survey.bounds(&trace).unwrap();
    for surge in escape_windows(&trace, &survey, bounds) {
        let cycle = &survey.collector.cycles[surge.cycle - 1];
        assert!(cycle.begin <= surge.window.start && surge.window.end <= cycle.end);
        assert!(surge.times_usual >= 2.0 || surge.assist_share >= 0.05, "{surge:?}");
    }
}

/// That program's pools are a slice under a mutex and a channel, main.(*LockedPool) and main.(*ChanPool).
#[test]
fn a_pool_of_the_programs_own_is_seen_where_it_blocks() {
    let bytes = include_bytes!("../../fixtures/go/custom-pool-lock/go1.27.3/trace.out");
    let (trace, survey, symbols) = surveyed_of(bytes, usize::MAX);
    let found = within(&survey, survey.bounds(&trace).unwrap());
    let of = |kind: EvidenceKind| found.evidence[kind as usize];
    assert_eq!((of(EvidenceKind::BlockedInGet).count, of(EvidenceKind::BlockedInPut).count), (2_784, 1_145));
    assert_eq!(of(EvidenceKind::PinSlow).count, 0);
    // Where the program tells of its Gets, they are those that it tells.
    assert_eq!(survey.gets().len(), 7_021);
    // Every wait lies in the pool, and ends when its goroutine runs again; 15 wait on a full channel for ever.
    let frames = |stack| symbols.function_names(symbols.stacks.get(stack)).map(|name| symbols.strings.get(name));
    for wait in survey.evidence.all.iter().filter(|evidence| evidence.kind == EvidenceKind::BlockedInGet) {
        assert!(frames(wait.stack).any(|name| name == "main.(*LockedPool).Get"));
        assert!(wait.begin < wait.end && wait.end != OPEN);
    }
    let waiting = survey.evidence.all.iter().filter(|evidence| evidence.end == OPEN);
    assert_eq!(waiting.filter(|e| frames(e.stack).any(|name| name == "main.(*ChanPool).Put")).count(), 15);
    // Nearly all of the time that the annotated Gets took is that of these waits.
    let annotated = found.pools[0].total_nanos as f64;
    let share = of(EvidenceKind::BlockedInGet).total_nanos as f64 / annotated;
    assert!((0.85..=1.0).contains(&share), "{share}");
}

#[test]
fn sweeping_is_told_while_anybody_sweeps() {
    let bytes = include_bytes!("../../fixtures/go/pool-miss-gc/go1.27.3/trace.out");
    let (trace, survey, _) = surveyed_of(bytes, usize::MAX);
    let mut sweepers = 0;
    let (mut since, mut swept) = (0, 0);
    for event in trace.events.iter() {
        match event.event_type {
            EventType::SweepBegin => {
                since = if sweepers == 0 { event.time } else { since };
                sweepers += 1;
            }
            EventType::SweepEnd => {
                sweepers -= 1;
                swept += if sweepers == 0 { event.time - since } else { 0 };
            }
            _ => {}
        }
    }
    let told = survey.collector.sweeping.times_in(survey.bounds(&trace).unwrap());
    assert_eq!(told[LaneState::Sweeping as usize], swept);
    assert!(swept > 0);
}

/// What contrib/go/poolscope says: regions with a log in each. The numbers are what the program counted itself.
#[test]
fn a_wrapped_pool_is_counted_once() {
    let bytes = include_bytes!("../../fixtures/go_pool/go1.27.3/trace.out");
    let (trace, survey, _) = surveyed_of(bytes, usize::MAX);
    let found = within(&survey, survey.bounds(&trace).unwrap());
    assert_eq!(found.pools.map(|spread| spread.count), [400, 36, 380, 0]);
    assert_eq!(found.logged, [0; 4]);
}
