//! What a trace says in sum, for rules that hold it against other files: put together from what the timeline's survey
//! found already.

use rustc_hash::FxHashMap;

use crate::lifecycle::{from_trace, is_walked};
use crate::model::pool::History;
use crate::model::record::{BlockedStack, RegionTimes, StartedAt, StopSpan, TraceDigest, TracedCycle};
use crate::model::trace::{EventTable, Trace};
use crate::model::{StackId, StringId, Symbols};
use crate::order::sort_by;
use crate::timeline::{Collector, OPEN, StopKind, Survey, Waits, Window, wall_clock};
use crate::trace_summary::{Durations, is_program, start_function};

/// Stacks that are kept: beyond the first some dozen a rule has nothing to say.
const MOST_STACKS: usize = 200;
/// Start functions that are kept.
const MOST_FUNCTIONS: usize = 500;
/// Names of regions that are kept.
const MOST_REGIONS: usize = 200;
/// Stops that are kept. Those that are left out are neither the collector's nor a dump's.
const MOST_STOPS: usize = 100_000;

/// What a trace says in sum. `lost` says what is missing of it.
pub fn trace_digest(trace: &Trace, symbols: &mut Symbols, lost: &[String]) -> TraceDigest {
    let mut survey = Survey::default();
    while !survey.follow(trace, symbols, usize::MAX) {}
    survey_digest(&survey, trace, symbols, lost)
}

/// What a trace tells, taken from it while it is read: nothing is kept of its events but what tells of pools.
#[derive(Default)]
pub struct Passing {
    survey: Survey,
    kept: EventTable,
}

impl Passing {
    /// Takes a stretch of events out of a trace: for [`Reader::push_followed`](crate::formats::go_trace::Reader).
    pub fn follow(&mut self, trace: &mut Trace, symbols: &Symbols) {
        self.survey.sum_up(&trace.events, symbols);
        let kept = trace.events.iter().filter(|event| is_walked(event.event_type));
        kept.for_each(|event| self.kept.push_event(&event));
        trace.events.clear();
    }

    /// Of the whole trace, out of which events were taken: what it says in sum, and of pools if it tells of some. `lost` says
    /// what is missing of it.
    pub fn finish(self, mut trace: Trace, symbols: &mut Symbols, lost: &[String]) -> (TraceDigest, Option<History>) {
        trace.events = self.kept;
        let pools = from_trace(&trace, symbols);
        (survey_digest(&self.survey, &trace, symbols, lost), pools)
    }
}

/// The same of a trace whose survey is there already, whole.
pub fn survey_digest(survey: &Survey, trace: &Trace, symbols: &mut Symbols, lost: &[String]) -> TraceDigest {
    let window = survey.bounds(trace).unwrap_or(Window::new(0, 0));
    let (blocked, blocked_seen) = blocked(survey, window.end, symbols);
    let collector = &survey.collector;
    let rows = survey.roster.rows.iter().filter(|row| row.events > 0 && !row.is_collector);
    TraceDigest {
        format_minor: trace.format_minor,
        span: (window.start, window.end),
        wall: wall_clock(trace),
        stops: stops(collector, symbols),
        stops_seen: collector.stops.len(),
        cycles: cycles(trace, collector),
        assist_nanos: collector.assist_nanos_in(window),
        running_nanos: rows.filter(|row| is_program(symbols.strings.get(row.name))).map(|row| row.running_nanos).sum(),
        blocked,
        blocked_seen,
        regions: regions(survey, symbols),
        goroutines: goroutines(survey, symbols),
        lost: lost.to_vec(),
    }
}

/// Waits of the program by stack and reason, and how many such there were before the rest was left out.
fn blocked(survey: &Survey, end: i64, symbols: &mut Symbols) -> (Vec<BlockedStack>, usize) {
    let none = symbols.stacks.intern(&[]);
    let row = |(stack, reason, waits): (Option<StackId>, StringId, Waits)| BlockedStack {
        stack: stack.unwrap_or(none),
        reason,
        count: waits.count,
        total_nanos: waits.total_nanos,
        longest_nanos: waits.longest_nanos,
        still: waits.still,
    };
    let mut blocked: Vec<BlockedStack> = survey.blocked.until(end).map(row).collect();
    blocked.retain(|wait| {
        let start = start_function(symbols, wait.stack);
        start.is_none_or(|name| is_program(symbols.strings.get(name)))
    });
    let seen = blocked.len();
    sort_by(&mut blocked, |a, b| {
        b.total_nanos.cmp(&a.total_nanos).then_with(|| (a.stack, a.reason).cmp(&(b.stack, b.reason)))
    });
    blocked.truncate(MOST_STACKS);
    (blocked, seen)
}

fn closed(end: i64) -> Option<i64> {
    (end != OPEN).then_some(end)
}

fn stops(collector: &Collector, symbols: &Symbols) -> Vec<StopSpan> {
    let few = collector.stops.len() <= MOST_STOPS;
    let is_kept = |reason: StringId| {
        let reason = symbols.strings.get(reason);
        ["GC", "profile", "mem stats", "heap dump", "trace"].iter().any(|part| reason.contains(part))
    };
    let kept = collector.stops.iter().filter(|stop| few || is_kept(stop.reason));
    kept.map(|stop| StopSpan { begin: stop.begin, end: closed(stop.end), reason: stop.reason }).collect()
}

/// Each cycle with its stops: a purge stands before marking or at its very beginning, a mark termination at its end; the
/// latter may be tried again within a cycle (runtime/mgc.go, `gcMarkDone`).
fn cycles(trace: &Trace, collector: &Collector) -> Vec<TracedCycle> {
    let mut stops = collector.stops.iter().filter(|stop| stop.kind != StopKind::Other).peekable();
    let mut out = Vec::with_capacity(collector.cycles.len());
    for (at, cycle) in collector.cycles.iter().enumerate() {
        let next = collector.cycles.get(at + 1).map_or(OPEN, |next| next.begin);
        let mut found = TracedCycle {
            begin: cycle.begin,
            heap_begin_bytes: trace.heap_live.at(cycle.begin),
            goal_bytes: trace.heap_goal.at(cycle.begin),
            ..TracedCycle::default()
        };
        // The purge of the next cycle may begin before its marking is told.
        while let Some(stop) = stops.next_if(|stop| match stop.kind {
            StopKind::Purge => stop.begin < cycle.end,
            _ => stop.begin < next,
        }) {
            found.pause_nanos += closed(stop.end).map_or(0, |end| end - stop.begin);
            if stop.kind == StopKind::MarkTermination {
                found.marked = closed(stop.end);
            }
        }
        found.live_bytes = found.marked.and_then(|end| trace.heap_live.at(end));
        found.next_goal_bytes = found.marked.and_then(|end| trace.heap_goal.at(end));
        out.push(found);
    }
    out
}

fn regions(survey: &Survey, symbols: &Symbols) -> Vec<RegionTimes> {
    let mut regions: Vec<RegionTimes> = survey
        .annotations
        .kinds
        .iter()
        .map(|kind| {
            let whole = kind.regions.iter().filter(|region| region.end != OPEN);
            let times = whole.map(|region| region.end - region.begin).collect::<Durations>().distribution();
            RegionTimes {
                name: kind.name,
                count: times.count,
                incomplete: kind.regions.len() - times.count,
                total_nanos: times.total_ns,
                p50_nanos: times.p50_ns,
                p99_nanos: times.p99_ns,
                max_nanos: times.max_ns,
            }
        })
        .collect();
    let text = |region: &RegionTimes| symbols.strings.get(region.name);
    sort_by(&mut regions, |a, b| b.total_nanos.cmp(&a.total_nanos).then_with(|| text(a).cmp(text(b))));
    regions.truncate(MOST_REGIONS);
    regions
}

fn goroutines(survey: &Survey, symbols: &Symbols) -> Vec<StartedAt> {
    let mut counts: FxHashMap<StringId, (usize, usize)> = FxHashMap::default();
    for row in survey.roster.rows.iter().filter(|row| row.events > 0) {
        let (count, alive) = counts.entry(row.name).or_default();
        *count += 1;
        *alive += usize::from(row.ended.is_none());
    }
    let started = |(name, (count, alive)): (StringId, (usize, usize))| StartedAt {
        function: (name != symbols.strings.empty()).then_some(name),
        count,
        alive,
    };
    let mut started: Vec<StartedAt> = counts.into_iter().map(started).collect();
    let text = |row: &StartedAt| row.function.map_or("", |name| symbols.strings.get(name));
    sort_by(&mut started, |a, b| b.count.cmp(&a.count).then_with(|| text(a).cmp(text(b))));
    started.truncate(MOST_FUNCTIONS);
    started
}
