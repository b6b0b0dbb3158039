//! What a trace says in sum, for rules that hold it against other files: put together from what the timeline's survey
//! found already, with one more walk for where goroutines waited.

use rustc_hash::FxHashMap;

use crate::model::record::{BlockedStack, RegionTimes, StartedAt, StopSpan, TraceDigest, TracedCycle};
use crate::model::trace::{EventType, GoState, Trace, Transition};
use crate::model::{StackId, StringId, Symbols};
use crate::order::sort_by;
use crate::timeline::{Collector, OPEN, StopKind, Survey, Window, wall_clock};
use crate::trace_summary::{Durations, is_program, start_function};

/// Stacks that are kept: beyond the first some dozen a rule has nothing to say.
const MOST_STACKS: usize = 200;
/// Start functions that are kept.
const MOST_FUNCTIONS: usize = 500;
/// Names of regions that are kept.
const MOST_REGIONS: usize = 200;
/// Stops that are kept. Those that are left out are neither the collector's nor a dump's.
const MOST_STOPS: usize = 100_000;

/// A goroutine that waits.
#[derive(Clone, Copy)]
struct Wait {
    since: i64,
    reason: StringId,
    stack: Option<StackId>,
}

/// Where goroutines wait: one walk over a trace, in steps.
#[derive(Default)]
pub struct DigestWalk {
    next: usize,
    /// By row of a goroutine.
    waiting: Vec<Option<Wait>>,
    sums: FxHashMap<(Option<StackId>, StringId), Waits>,
}

#[derive(Clone, Copy, Default)]
struct Waits {
    count: u64,
    total: i64,
    longest: i64,
    still: u64,
}

/// What a trace says in sum. `lost` says what is missing of it.
pub fn trace_digest(trace: &Trace, symbols: &mut Symbols, lost: &[String]) -> TraceDigest {
    let mut survey = Survey::default();
    while !survey.follow(trace, symbols, usize::MAX) {}
    let mut walk = DigestWalk::default();
    while !walk.follow(trace, usize::MAX) {}
    walk.finish(trace, symbols, &survey, lost)
}

impl DigestWalk {
    /// Walks over at most `most` further events; `true` when there are none left.
    pub fn follow(&mut self, trace: &Trace, most: usize) -> bool {
        self.waiting.resize(trace.goroutines.len(), None);
        for event in trace.events.iter_from(self.next).take(most) {
            self.next = event.index + 1;
            let Some(Transition::Goroutine { goroutine: Some(goroutine), to, reason, stack, .. }) = event.transition()
            else {
                continue;
            };
            let Some(slot) = self.waiting.get_mut(goroutine.index()) else { continue };
            match (*slot, to) {
                (None, GoState::Waiting) => {
                    // One that waited when the trace began says nowhere why.
                    let is_status = event.event_type == EventType::GoStatus;
                    let stack = if is_status { stack } else { event.stack().or(stack) };
                    *slot = Some(Wait { since: event.time, reason, stack });
                }
                (Some(_), GoState::Waiting) | (None, _) => {}
                (Some(wait), _) => {
                    *slot = None;
                    self.add(wait, event.time, false);
                }
            }
        }
        self.next >= trace.events.len()
    }

    fn add(&mut self, wait: Wait, end: i64, is_still: bool) {
        let nanos = end.saturating_sub(wait.since);
        let waits = self.sums.entry((wait.stack, wait.reason)).or_default();
        waits.count += 1;
        waits.total = waits.total.saturating_add(nanos);
        waits.longest = waits.longest.max(nanos);
        waits.still += u64::from(is_still);
    }

    /// Puts everything together; `survey` is of the whole trace.
    pub fn finish(mut self, trace: &Trace, symbols: &mut Symbols, survey: &Survey, lost: &[String]) -> TraceDigest {
        let window = survey.bounds(trace).unwrap_or(Window::new(0, 0));
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().flatten().for_each(|wait| self.add(wait, window.end, true));
        let (blocked, blocked_seen) = self.blocked(symbols);
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
            running_nanos: rows
                .filter(|row| is_program(symbols.strings.get(row.name)))
                .map(|row| row.running_nanos)
                .sum(),
            blocked,
            blocked_seen,
            regions: regions(survey, symbols),
            goroutines: goroutines(survey, symbols),
            lost: lost.to_vec(),
        }
    }

    /// Waits of the program by stack and reason, and how many such there were before the rest was left out.
    fn blocked(self, symbols: &mut Symbols) -> (Vec<BlockedStack>, usize) {
        let none = symbols.stacks.intern(&[]);
        let row = |((stack, reason), waits): ((Option<StackId>, StringId), Waits)| BlockedStack {
            stack: stack.unwrap_or(none),
            reason,
            count: waits.count,
            total_nanos: waits.total,
            longest_nanos: waits.longest,
            still: waits.still,
        };
        let mut blocked: Vec<BlockedStack> = self.sums.into_iter().map(row).collect();
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
