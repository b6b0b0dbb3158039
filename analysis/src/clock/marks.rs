//! What a source knows of moments that another may know too, on its own clock.

use super::{Candidate, Method};
use crate::lens::SourceId;
use crate::model::record::{GcLog, GcMachine, MemoryMeasure, MemoryOrigin, MemorySeries, Record, TraceDigest};
use crate::model::{Nanos, ProfileKind, Symbols};
use crate::session::{Content, Session, Source};

/// Of a source.
pub(super) struct Marks {
    pub(super) source: SourceId,
    /// It saw the world stand still, where others only tell that they were taken.
    pub(super) is_trace: bool,
    /// First and last moment.
    pub(super) own: Option<(i64, i64)>,
    /// What it says itself of wall-clock time.
    pub(super) told: Option<Candidate>,
    /// When dumps were taken: of a trace, when the world stood still for them.
    pub(super) dumps: Vec<(i64, Dump)>,
    /// When cycles of the collector ended, in time order.
    pub(super) ends: Vec<(i64, CycleEnd)>,
    /// Cycles of the collector.
    pub(super) cycles: Vec<CycleMark>,
    /// The collection whose state it shows, where that is all that it tells.
    pub(super) as_of: Option<i64>,
}

/// A dump for which the world stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dump {
    /// A goroutine profile.
    Goroutines,
    /// `runtime.ReadMemStats`.
    MemStats,
}

/// What a cycle set as the goal of the next, in bytes, where the source tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CycleEnd(Option<u64>);

impl CycleEnd {
    /// Whether both may be the same.
    pub(super) fn agrees(self, other: Self) -> bool {
        self.0.zip(other.0).is_none_or(|(a, b)| a.abs_diff(b) <= a / 100)
    }
}

/// A cycle, as far as the source tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct CycleMark {
    /// When it began.
    pub(super) begin: Option<i64>,
    /// When it ended.
    pub(super) end: Option<i64>,
    /// Its number, counted by the runtime.
    pub(super) number: Option<u64>,
    /// Heap at the beginning, live heap and goal.
    pub(super) sizes: [Option<u64>; 3],
    /// Sizes are multiples of this, rounded down.
    pub(super) step_bytes: u64,
}

impl CycleMark {
    /// Whether both may be the same cycle, by what both tell of sizes. `None` where they have nothing in common.
    pub(super) fn agrees(&self, other: &Self) -> Option<bool> {
        let step = self.step_bytes.max(other.step_bytes).max(1);
        let both = self.sizes.iter().zip(&other.sizes).filter_map(|(a, b)| Some((a.as_ref()?, b.as_ref()?)));
        let mut known = both.map(|(a, b)| a / step == b / step).peekable();
        known.peek()?;
        Some(known.all(|same| same))
    }
}

/// A program's own word, to the clock's step.
pub(super) fn told(method: Method, offset_nanos: i64, residual_nanos: i64, matched: usize) -> Candidate {
    Candidate {
        method,
        offset_nanos,
        residual_nanos: Some(residual_nanos),
        matched,
        of: matched,
        beside: 0,
        with: Vec::new(),
        is_ambiguous: false,
    }
}

impl Marks {
    /// What `source` tells.
    pub(super) fn of(session: &Session, source: &Source) -> Self {
        let mut marks = Self {
            source: source.id,
            is_trace: false,
            own: None,
            told: None,
            dumps: Vec::new(),
            ends: Vec::new(),
            cycles: Vec::new(),
            as_of: None,
        };
        for record in &source.records {
            match record {
                Record::Trace(digest) => marks.trace(digest, &session.symbols),
                Record::GcLog(log) => marks.gc_log(log),
                Record::Memory(series) => marks.memory(series),
                Record::Stacks(dump) => marks.at(dump.time),
                Record::AddressSpace(space) => marks.at(space.time),
                Record::Cgroup(group) => marks.at(group.time),
                Record::Escape(_) | Record::Races(_) => {}
            }
        }
        match &source.content {
            Content::Profile { profile, .. } => {
                let begin = profile.time.map(Nanos::unix_nanos);
                if let Some(begin) = begin {
                    let length = profile.duration.map_or(0, crate::model::NanosDelta::nanos).max(0);
                    marks.see((begin, begin.saturating_add(length)));
                    marks.told = Some(told(Method::Told, 0, 0, 1));
                    if profile.kind == ProfileKind::Goroutine {
                        marks.dumps.push((begin, Dump::Goroutines));
                    }
                } else if let Some(as_of) = profile.as_of.map(Nanos::unix_nanos) {
                    (marks.own, marks.as_of, marks.told) = (Some((as_of, as_of)), Some(as_of), None);
                }
            }
            Content::Pools { lifecycle, .. } if source.records.is_empty() => {
                let history = &lifecycle.history;
                marks.see(history.span);
                let wall = history.wall.map(Nanos::unix_nanos);
                marks.told = wall.map(|wall| told(Method::Told, wall.saturating_sub(history.span.0), 0, 1));
            }
            _ => {}
        }
        marks.ends.sort_unstable_by_key(|end| end.0);
        marks.dumps.sort_unstable_by_key(|dump| dump.0);
        marks
    }

    /// Whether there is anything that another source may know too.
    pub(super) fn can_be_aligned(&self) -> bool {
        self.as_of.is_some() || !(self.dumps.is_empty() && self.ends.is_empty() && self.cycles.is_empty())
    }

    fn see(&mut self, span: (i64, i64)) {
        let (begin, end) = self.own.unwrap_or(span);
        self.own = Some((begin.min(span.0), end.max(span.1)));
    }

    fn at(&mut self, time: Option<Nanos>) {
        if let Some(time) = time.map(Nanos::unix_nanos) {
            self.see((time, time));
            self.told = Some(told(Method::Told, 0, 0, 1));
        }
    }

    fn trace(&mut self, digest: &TraceDigest, symbols: &Symbols) {
        self.is_trace = true;
        self.see(digest.span);
        self.told = digest.wall.map(|wall| told(Method::Snapshots, wall.offset_nanos, wall.residual_nanos, wall.pairs));
        for stop in &digest.stops {
            let reason = symbols.strings.get(stop.reason);
            let dump = match () {
                () if reason.contains("cleanup") => continue,
                () if reason.contains("goroutine profile") => Dump::Goroutines,
                () if reason.contains("read mem stats") => Dump::MemStats,
                () => continue,
            };
            self.dumps.push((stop.begin, dump));
        }
        for cycle in &digest.cycles {
            self.ends.extend(cycle.marked.map(|end| (end, CycleEnd(cycle.next_goal_bytes))));
            self.cycles.push(CycleMark {
                begin: Some(cycle.begin),
                end: cycle.marked,
                number: None,
                sizes: [cycle.heap_begin_bytes, cycle.live_bytes, cycle.goal_bytes],
                step_bytes: 1,
            });
        }
    }

    fn gc_log(&mut self, log: &GcLog) {
        let times = log.cycles.iter().map(|cycle| (cycle.begin_nanos, cycle.end_nanos()));
        times.for_each(|span| self.see(span));
        log.schedules.iter().for_each(|schedule| self.see((schedule.at_nanos, schedule.at_nanos)));
        self.told = log.zero_unix_nanos.map(|zero| told(Method::Told, zero, 0, 1));
        if log.machine != GcMachine::Go {
            return;
        }
        self.cycles.extend(log.cycles.iter().map(|cycle| CycleMark {
            begin: Some(cycle.begin_nanos),
            end: Some(cycle.end_nanos()),
            number: Some(cycle.number),
            sizes: [cycle.heap_before, cycle.heap_live, cycle.heap_goal],
            step_bytes: log.size_step_bytes,
        }));
    }

    fn memory(&mut self, series: &MemorySeries) {
        let times = || series.times.iter().flatten().map(|time| time.unix_nanos());
        // Ends of pauses are wall-clock times even where a reading itself has none.
        let is_told = times().next().is_some() || !series.pauses.is_empty();
        if !is_told {
            series.elapsed_nanos.iter().flatten().for_each(|&elapsed| self.see((elapsed, elapsed)));
            return;
        }
        times().for_each(|time| self.see((time, time)));
        if self.own.is_none() {
            series
                .pauses
                .last()
                .into_iter()
                .for_each(|pause| self.see((pause.end.unix_nanos(), pause.end.unix_nanos())));
        }
        self.told = Some(told(Method::Told, 0, 0, 1));
        let mut ends: Vec<(i64, CycleEnd)> =
            series.pauses.iter().map(|pause| (pause.end.unix_nanos(), CycleEnd::default())).collect();
        if matches!(series.origin, MemoryOrigin::MemStats | MemoryOrigin::Expvar) {
            self.dumps.extend(times().map(|time| (time, Dump::MemStats)));
        }
        for row in 0..series.len() {
            let value = |measure| series.at(row, measure).filter(|&value| value > 0.0);
            if let (Some(number), Some(end)) = (value(MemoryMeasure::NumGc), value(MemoryMeasure::LastGc)) {
                let cycle = CycleMark { end: Some(end as i64), number: Some(number as u64), ..CycleMark::default() };
                if self.cycles.last() != Some(&cycle) {
                    self.cycles.push(cycle);
                    let goal = value(MemoryMeasure::NextGc).map(|goal| goal as u64);
                    ends.push((end as i64, CycleEnd(goal)));
                }
            }
        }
        self.number_ring(series);
        // `LastGC` as a float is off by a quarter of a microsecond. Of one pause told twice, that with its goal is kept.
        ends.sort_unstable_by_key(|&(end, goal)| (end / 1_000, std::cmp::Reverse(goal)));
        ends.dedup_by_key(|end| end.0 / 1_000);
        self.ends.extend(ends);
    }

    /// Of a single reading the pauses are the last ones, one a cycle, so that each has its number.
    fn number_ring(&mut self, series: &MemorySeries) {
        let [CycleMark { number: Some(number), end: Some(last), .. }] = self.cycles[..] else { return };
        let is_ring = series.len() == 1
            && series.pauses.last().is_some_and(|pause| (pause.end.unix_nanos() - last).abs() < 1_000);
        for (back, pause) in series.pauses.iter().rev().enumerate().skip(1).filter(|_| is_ring) {
            let Some(number) = number.checked_sub(back as u64) else { return };
            let end = Some(pause.end.unix_nanos());
            self.cycles.push(CycleMark { end, number: Some(number), ..CycleMark::default() });
        }
    }
}
