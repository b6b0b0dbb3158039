//! What the collector did: runs with their numbers, the heap over time, every cycle, how long the program stood still, what the
//! scheduler was at.

use serde::{Deserialize, Serialize};

use crate::collector::{Pauses, Readings, Run, readings, runs};
use crate::lens::SourceId;
use crate::model::record::{GcCycle, GcLog, GcMachine, GcScope, MemoryMeasure as M, MemoryOrigin, Schedule};
use crate::session::Session;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GcAnswer {
    /// Runs, in the order of files.
    pub runs: Vec<GcRun>,
    /// The one that is shown, of [`runs`](Self::runs).
    pub shown: usize,
    /// The heap over the time of the run.
    pub heap: Vec<GcLine>,
    /// Falls of the heap are in its course, cycle by cycle.
    pub is_each_cycle: bool,
    /// Places in time are positions of readings, which tell no times.
    pub is_by_reading: bool,
    /// Stops of the program: seconds, nanoseconds, what for. The longest of each stretch where there are very many.
    pub stops: Vec<(f64, i64, String)>,
    /// Cycles, in the order of the log; none where only statistics are here.
    pub cycles: Vec<GcRow>,
    /// Sizes of cycles are whole multiples of this, rounded down.
    pub size_step: u64,
    /// Stops by their length.
    pub lengths: Vec<StopBar>,
    /// Objects allocated and not freed, over time.
    pub objects: Vec<(f64, f64)>,
    /// The scheduler over time: goroutines that wait for a processor, idle processors, threads.
    pub scheduler: Vec<SchedulerPoint>,
    /// Processors that the scheduler has.
    pub procs: u32,
    /// What the scavenger gave back, in bytes: in the background, by those who allocate, and what is given back now.
    pub scavenged: Option<(u64, u64, u64)>,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GcRun {
    /// The file that tells most of it.
    pub source: SourceId,
    /// `Go`, or the name of Java's collector.
    pub collector: String,
    /// It is a Java machine's.
    pub is_java: bool,
    /// Seconds that it is known for.
    pub seconds: f64,
    /// Cycles.
    pub cycles: u64,
    /// Cycles a second.
    pub rate: f64,
    /// Asked for by the program.
    pub forced: Option<u64>,
    /// Share of all processors’ time.
    pub cpu_share: Option<f64>,
    /// Share of the time that processors were busy.
    pub busy_share: Option<f64>,
    /// Share of all processors’ time that goroutines helped.
    pub assist_share: Option<f64>,
    /// The same of what the collector took.
    pub assist_of_gc: Option<f64>,
    /// Bytes allocated a second.
    pub alloc_rate: Option<f64>,
    /// What stays in use, in words.
    pub live: Option<String>,
    /// Bytes at which the next cycle is to end.
    pub goal: Option<f64>,
    /// `GOGC`.
    pub gogc: Option<f64>,
    /// `GOMEMLIMIT`.
    pub limit: Option<f64>,
    /// Full collections and seconds of them (Java).
    pub full: Option<(u64, f64)>,
    /// Threads that waited for memory, and seconds of them (Java).
    pub stalls: Option<(u64, f64)>,
    /// How many stops.
    pub stops: u64,
    /// Half, nine of ten, 99 of 100 are not longer, and the longest, in nanoseconds.
    pub stop_nanos: [i64; 4],
    /// All together, in nanoseconds.
    pub stopped_nanos: i64,
    /// Lengths are known one by one, and not as ranges.
    pub is_exact: bool,
}

/// A course of bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GcLine {
    /// What it is called.
    pub title: String,
    /// What it is.
    pub role: LineRole,
    /// Seconds and bytes, by time.
    pub points: Vec<(f64, f64)>,
}

/// What a course is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineRole {
    /// What is on the heap.
    #[default]
    Heap,
    /// What a cycle left.
    Live,
    /// Where the next cycle is to end, or the heap's capacity.
    Goal,
    /// A generation beside (Java).
    Other,
}

/// One cycle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GcRow {
    /// Its number.
    pub number: u64,
    /// Seconds of the log.
    pub at: f64,
    /// What it is called; empty for Go's.
    pub cause: String,
    /// Asked for by the program; not by who looked for leaked goroutines.
    pub is_forced: bool,
    /// It looked for leaked goroutines.
    pub checks_leaks: bool,
    /// It stopped the program to look at all of the heap.
    pub is_full: bool,
    /// Bytes before, after, in use, goal.
    pub heap: [Option<u64>; 4],
    /// First stop, beside the program, later stops, in nanoseconds.
    pub nanos: [i64; 3],
    /// Share of its processor time that goroutines paid by helping.
    pub assist: Option<f64>,
    /// Processor time that it took, in nanoseconds.
    pub cpu_nanos: Option<i64>,
    /// Share of the processors’ time since the program began, as the log has it.
    pub cpu_share: Option<f64>,
}

/// Stops of one range of lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StopBar {
    /// From this on, in nanoseconds.
    pub from_nanos: i64,
    /// Below this.
    pub to_nanos: i64,
    /// How many.
    pub count: u64,
}

/// The scheduler at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SchedulerPoint {
    /// Seconds.
    pub at: f64,
    /// Goroutines that wait for a processor: for any, and for each.
    pub waiting: u64,
    /// Processors without work.
    pub idle: u32,
    /// Threads.
    pub threads: u32,
}

/// Points of a course: more than pixels show nothing more.
const MOST_POINTS: usize = 400;
/// Cycles whose falls are drawn one by one.
const MOST_FALLS: usize = 120;

/// What the collector did in the run of that position, or the first; `None` where no file tells. [`super::Engine::gc`] knows it
/// without measuring anew.
pub fn gc(session: &Session, shown: usize) -> Option<GcAnswer> {
    let shared = session.shared().and_then(|shared| shared.collector(shown));
    shared.cloned().or_else(|| gc_measured(session, &runs(session), &readings(session), shown))
}

/// The same, of what was measured.
pub(super) fn gc_measured(session: &Session, all: &[Run], told: &[Readings], shown: usize) -> Option<GcAnswer> {
    let shown = if shown < all.len() { shown } else { 0 };
    let run = all.get(shown)?;
    // The log of the run, if it has one: runs of logs come in the order of logs.
    let mut logs = session.records().filter_map(|(source, record)| Some((source.id, record.gc_log()?)));
    let before = all.get(..shown).unwrap_or(&[]).iter().filter(|other| other.source == run.source).count();
    let of_source: Vec<&GcLog> = logs
        .by_ref()
        .filter(|(source, log)| *source == run.source && !log.cycles.is_empty())
        .map(|(_, log)| log)
        .collect();
    let log = of_source.get(before).copied();
    let is_java = run.machine == GcMachine::Java;
    let own = told.iter().filter(|readings| (readings.series.origin == MemoryOrigin::Jstat) == is_java);
    let longest = own.max_by_key(|readings| readings.seconds.iter().flatten().count());
    let mut answer = GcAnswer {
        runs: all.iter().map(gc_run).collect(),
        shown,
        lengths: lengths(&run.pauses),
        objects: longest.map(objects).unwrap_or_default(),
        ..GcAnswer::default()
    };
    answer.is_by_reading = longest.is_some_and(|readings| readings.is_by_last_cycle);
    match log {
        Some(log) => of_log(session, log, &mut answer),
        None => {
            answer.heap = longest.map(heap_of_readings).unwrap_or_default();
            if let Some(readings) = longest {
                answer.stops = stops_of_readings(readings);
            }
        }
    }
    Some(answer)
}

fn gc_run(run: &Run) -> GcRun {
    let quantile = |share| run.pauses.quantile(share).unwrap_or(0);
    let is_java = run.machine == GcMachine::Java;
    GcRun {
        source: run.source,
        collector: match run.collector.as_str() {
            "" if is_java => "Java".to_owned(),
            "" => "Go".to_owned(),
            name => name.to_owned(),
        },
        is_java,
        seconds: run.seconds,
        cycles: run.cycles,
        rate: run.rate,
        forced: run.forced.map(|forced| forced.count),
        cpu_share: run.cpu_share,
        busy_share: run.busy_share,
        assist_share: run.assist_share,
        assist_of_gc: run.assist_of_gc,
        alloc_rate: run.alloc_rate,
        live: run.live_words(),
        goal: run.goal,
        gogc: run.gogc,
        limit: run.limit,
        full: run.full,
        stalls: run.stalls,
        stops: run.pauses.count(),
        stop_nanos: [0.5, 0.9, 0.99, 1.0].map(quantile),
        stopped_nanos: run.pauses.total(),
        is_exact: run.pauses.is_exact(),
    }
}

fn of_log(session: &Session, log: &GcLog, answer: &mut GcAnswer) {
    let text = |id| session.symbols.strings.get(id).to_owned();
    let seconds = |nanos: i64| nanos as f64 / 1e9;
    answer.cycles = log.cycles.iter().map(|cycle| row(cycle, text(cycle.cause))).collect();
    // Few cycles are drawn as they are, up to the next and down to what lives. Of many, falls would fill the chart: their
    // peaks are drawn, of each stretch the highest, and what lived, the least.
    let is_each = log.cycles.len() <= MOST_FALLS;
    let step = log.cycles.len().div_ceil(MOST_POINTS).max(1);
    let (mut heap, mut live, mut goal) = (Vec::new(), Vec::new(), Vec::new());
    for cycles in log.cycles.chunks(step) {
        let Some(first) = cycles.first() else { continue };
        let begin = seconds(first.begin_nanos);
        let end = seconds(cycles.last().map_or(first.begin_nanos, GcCycle::end_nanos));
        let high = cycles.iter().filter_map(|cycle| cycle.heap_before.max(cycle.heap_after)).max();
        let low = cycles.iter().filter_map(|cycle| cycle.heap_live.or(cycle.heap_after)).min();
        heap.extend(high.map(|bytes| (begin, bytes as f64)));
        heap.extend(low.filter(|_| is_each).map(|bytes| (end, bytes as f64)));
        live.extend(low.map(|bytes| (end, bytes as f64)));
        goal.extend(cycles.iter().filter_map(|cycle| cycle.heap_goal).max().map(|bytes| (begin, bytes as f64)));
    }
    let (live_title, goal_title) = match log.machine {
        GcMachine::Go => ("live", "goal"),
        GcMachine::Java => ("after", "capacity"),
    };
    let heap_title = if is_each { "heap, from cycle to cycle" } else { "heap at its highest" };
    answer.heap = vec![
        GcLine { title: heap_title.to_owned(), role: LineRole::Heap, points: heap },
        GcLine { title: live_title.to_owned(), role: LineRole::Live, points: live },
        GcLine { title: goal_title.to_owned(), role: LineRole::Goal, points: goal },
    ];
    answer.is_each_cycle = is_each;
    answer.size_step = log.size_step_bytes;
    answer.heap.retain(|line| !line.points.is_empty());
    let step = log.pauses.len().div_ceil(MOST_POINTS).max(1);
    let longest = log.pauses.chunks(step).filter_map(|pauses| pauses.iter().max_by_key(|pause| pause.nanos));
    answer.stops = longest.map(|pause| (seconds(pause.begin_nanos), pause.nanos, text(pause.what))).collect();
    answer.scheduler = scheduler(&log.schedules);
    answer.procs = log.schedules.iter().map(|line| line.procs).max().unwrap_or(0);
    answer.scavenged = log.scavenges.last().map(|last| {
        let sum =
            |of: fn(&crate::model::record::Scavenge) -> u64| log.scavenges.iter().map(of).fold(0, u64::saturating_add);
        (sum(|line| line.background_bytes), sum(|line| line.eager_bytes), last.released_bytes)
    });
}

fn row(cycle: &GcCycle, cause: String) -> GcRow {
    let taken = cycle.cpu.map(|cpu| cpu.taken_nanos());
    GcRow {
        number: cycle.number,
        at: cycle.begin_nanos as f64 / 1e9,
        cause,
        is_forced: cycle.is_asked_for(),
        checks_leaks: cycle.checks_leaks,
        is_full: cycle.scope == GcScope::Full,
        heap: [cycle.heap_before, cycle.heap_after, cycle.heap_live, cycle.heap_goal],
        nanos: [cycle.begin_pause_nanos, cycle.concurrent_nanos, cycle.end_pause_nanos],
        assist: cycle
            .cpu
            .zip(taken)
            .filter(|(_, taken)| *taken > 0)
            .map(|(cpu, taken)| cpu.assist_nanos as f64 / taken as f64),
        cpu_nanos: taken,
        cpu_share: cycle.cpu_share,
    }
}

/// Stops by length: a bar for each doubling, from a microsecond on.
fn lengths(pauses: &Pauses) -> Vec<StopBar> {
    let Some(longest) = pauses.longest() else { return Vec::new() };
    let mut bars = Vec::new();
    let (mut from, mut to, mut above) = (0, 1000, pauses.count());
    while above > 0 {
        let longer = if to > longest { 0 } else { pauses.longer_than(to - 1) };
        bars.push(StopBar { from_nanos: from, to_nanos: to, count: above.saturating_sub(longer) });
        (from, to, above) = (to, to.saturating_mul(2), longer);
        if to == i64::MAX {
            break;
        }
    }
    let first = bars.iter().position(|bar| bar.count > 0).unwrap_or(0);
    bars.split_off(first)
}

fn heap_of_readings(readings: &Readings) -> Vec<GcLine> {
    let line =
        |measure: M, title: &str, role| GcLine { title: title.to_owned(), role, points: course(readings, measure) };
    let mut lines = vec![
        line(M::HeapAlloc, "heap (HeapAlloc)", LineRole::Heap),
        line(M::HeapLive, "live", LineRole::Live),
        line(M::NextGc, "goal (NextGC)", LineRole::Goal),
        line(M::EdenUsed, "eden", LineRole::Heap),
        line(M::OldUsed, "old generation", LineRole::Live),
        line(M::OldCapacity, "capacity of the old generation", LineRole::Goal),
        line(M::SurvivorUsed, "survivors", LineRole::Other),
    ];
    lines.retain(|line| line.points.len() > 1);
    lines
}

fn course(readings: &Readings, measure: M) -> Vec<(f64, f64)> {
    let column = readings.series.column(measure);
    let points = places(readings).into_iter().zip(column).filter_map(|(at, value)| Some((at?, (*value)?)));
    thinned(points.collect())
}

/// Seconds of readings; their positions where none are told.
fn places(readings: &Readings) -> Vec<Option<f64>> {
    match readings.is_by_last_cycle {
        true => (0..readings.series.len()).map(|at| Some(at as f64)).collect(),
        false => readings.seconds.clone(),
    }
}

fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    points.into_iter().step_by(step).collect()
}

fn objects(readings: &Readings) -> Vec<(f64, f64)> {
    let (made, freed) = (readings.series.column(M::Mallocs), readings.series.column(M::Frees));
    let points = places(readings).into_iter().zip(made.iter().zip(freed));
    let points: Vec<(f64, f64)> = points.filter_map(|(at, (made, freed))| Some((at?, (*made)? - (*freed)?))).collect();
    if points.len() < 3 { Vec::new() } else { thinned(points) }
}

/// Stops that statistics tell by their ends, where readings tell wall-clock times.
fn stops_of_readings(readings: &Readings) -> Vec<(f64, i64, String)> {
    let first = readings.series.times.iter().zip(&readings.seconds).find_map(|(time, at)| Some(((*time)?, (*at)?)));
    let Some((time, at)) = first else { return Vec::new() };
    let seconds = |pause: &crate::model::record::EndedPause| at + (pause.end - time).nanos() as f64 / 1e9;
    let stops =
        readings.series.pauses.iter().map(|pause| (seconds(pause), pause.nanos, "both stops of a cycle".to_owned()));
    stops.filter(|(at, ..)| *at >= 0.0).collect()
}

fn scheduler(lines: &[Schedule]) -> Vec<SchedulerPoint> {
    let step = lines.len().div_ceil(MOST_POINTS).max(1);
    let point = |line: &Schedule| SchedulerPoint {
        at: line.at_nanos as f64 / 1e9,
        waiting: line.proc_queues.iter().map(|&queue| u64::from(queue)).sum::<u64>() + u64::from(line.queue),
        idle: line.idle_procs,
        threads: line.threads,
    };
    lines.chunks(step).filter_map(|lines| lines.iter().map(point).max_by_key(|point| point.waiting)).collect()
}
