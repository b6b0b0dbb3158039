//! One walk over the events, in steps as they are decoded, that finds everything a first picture needs.

use super::annotations::{Annotations, PoolRole};
use super::blocked::Blocked;
use super::collector::Collector;
use super::course::Course;
use super::evidence::{EvidenceKind, PoolEvidence};
use super::executors::{Executors, proc_of};
use super::extremes::Extremes;
use super::intervals::OPEN;
use super::roster::Roster;
use super::stack_marks::StackMarks;
use super::subjects::{Subjects, subject};
use super::window::Window;
use crate::model::Symbols;
use crate::model::trace::{Event, EventTable, EventType, Goroutine, Overview, Sync, Trace, Transition};

/// What was found in the events so far.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Pauses, cycles, assists.
    pub collector: Collector,
    /// Goroutines.
    pub roster: Roster,
    /// Where goroutines waited.
    pub blocked: Blocked,
    /// What each processor did.
    pub procs: Executors,
    /// Regions, tasks, logs.
    pub annotations: Annotations,
    /// Events inside Get.
    pub evidence: PoolEvidence,
    /// Which stacks are inside Get.
    pub marks: StackMarks,
    /// Which events are about whom.
    pub subjects: Subjects,
    /// GOMAXPROCS.
    pub max_procs: Course,
    /// Of [`Trace::heap_live`].
    pub live: Extremes,
    /// Of [`Trace::heap_goal`].
    pub goal: Extremes,
    seen: usize,
    last: i64,
}

impl Survey {
    /// Takes in at most `most` further events; `true` when there are none left.
    pub fn follow(&mut self, trace: &Trace, symbols: &Symbols, most: usize) -> bool {
        self.marks.follow(symbols);
        self.live.follow(&trace.heap_live);
        self.goal.follow(&trace.heap_goal);
        for event in trace.events.iter_from(self.seen).take(most) {
            self.seen = event.index + 1;
            self.see::<true>(&event, symbols);
        }
        self.seen >= trace.events.len()
    }

    /// Takes in a stretch of events that nobody keeps. What only pictures need, what each processor did and how many
    /// goroutines there were, is left out.
    pub fn sum_up(&mut self, events: &EventTable, symbols: &Symbols) {
        events.iter().for_each(|event| self.see::<false>(&event, symbols));
    }

    #[inline]
    fn see<const DRAWN: bool>(&mut self, event: &Event<'_>, symbols: &Symbols) {
        self.last = event.time;
        let transition = event.transition();
        let about = subject(event, transition);
        let turned = self.roster.see(event, transition, about, symbols);
        self.blocked.see(event, transition);
        match event.event_type {
            EventType::StwBegin
            | EventType::StwEnd
            | EventType::GcBegin
            | EventType::GcActive
            | EventType::GcEnd
            | EventType::AssistBegin
            | EventType::AssistEnd
            | EventType::SweepBegin
            | EventType::SweepEnd => self.collector.see(event, symbols),
            EventType::RegionBegin
            | EventType::RegionEnd
            | EventType::Log
            | EventType::TaskBegin
            | EventType::TaskEnd => self.annotations.see(event, symbols),
            _ => {}
        }
        if DRAWN {
            if let Some((from, to)) = turned {
                self.roster.draw(event.time, from, to);
            }
            self.draw(event, transition, about);
        }
    }

    fn draw(&mut self, event: &Event<'_>, transition: Option<Transition>, about: Option<Goroutine>) {
        self.subjects.push(about);
        self.evidence.see(event, transition, &self.marks);
        match event.event_type {
            EventType::ProcsChange => self.max_procs.push(event.time, event.procs().unwrap_or(0).into()),
            EventType::ProcSteal | EventType::ProcStatus => self.procs.taken(event, transition),
            EventType::StwBegin
            | EventType::StwEnd
            | EventType::GcBegin
            | EventType::GcActive
            | EventType::GcEnd
            | EventType::RegionBegin
            | EventType::RegionEnd
            | EventType::Log
            | EventType::TaskBegin
            | EventType::TaskEnd => {}
            _ => {
                let (roster, at) = (&self.roster, proc_of(event, transition));
                self.procs.see(event, transition, at, |goroutine| roster.is_collector(goroutine));
            }
        }
    }

    /// What a first look at the file found, before its events are decoded: the trace and the survey of it hold pauses,
    /// cycles, the heap and the number of goroutines, and nothing else.
    pub fn of_overview(overview: &Overview, symbols: &Symbols) -> (Trace, Self) {
        let mut survey = Self { collector: Collector::of_overview(overview, symbols), ..Self::default() };
        for (&time, &count) in overview.goroutines.times.iter().zip(&overview.goroutines.values) {
            survey.roster.alive.push(time, count);
        }
        survey.live.follow(&overview.heap_live);
        survey.goal.follow(&overview.heap_goal);
        let (start, end) = overview.span.unwrap_or((0, 1));
        survey.last = end;
        let trace = Trace {
            heap_live: overview.heap_live.clone(),
            heap_goal: overview.heap_goal.clone(),
            syncs: [start, end].map(|time| Sync { time, clock: None }).to_vec(),
            ..Trace::default()
        };
        (trace, survey)
    }

    /// When Gets that have ended began and ended: those that the program told; where it told none, waits and assists that
    /// were seen inside Get.
    pub fn gets(&self) -> Vec<(i64, i64)> {
        let told = self.annotations.of_role(PoolRole::Get).flat_map(|kind| kind.regions.iter());
        let mut gets: Vec<(i64, i64)> = told.map(|get| (get.begin, get.end)).collect();
        if gets.is_empty() {
            let seen = self.evidence.all.iter();
            let seen = seen.filter(|seen| seen.kind.lasts() && seen.kind != EvidenceKind::BlockedInPut);
            gets.extend(seen.map(|seen| (seen.begin, seen.end)));
        }
        gets.retain(|get| get.1 != OPEN);
        gets
    }

    /// How many events were looked at.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// From the first event to the last that was looked at.
    pub fn bounds(&self, trace: &Trace) -> Option<Window> {
        let start = trace.syncs.first().map(|sync| sync.time).or_else(|| Some(trace.events.get(0)?.time))?;
        let end = self.last.max(trace.syncs.last().map_or(i64::MIN, |sync| sync.time));
        let end = end.max(trace.heap_live.times.last().copied().unwrap_or(i64::MIN));
        Some(Window::new(start, end))
    }

    /// Bytes held beside the events.
    pub fn held_bytes(&self) -> usize {
        let regions: usize = self.annotations.kinds.iter().map(|kind| kind.regions.len() * 16).sum();
        self.subjects.held_bytes() + self.blocked.held_bytes() + self.procs.held_bytes() + regions
    }
}
