//! Every goroutine: its name, its life, how busy it was; and how many there were of each state.

use super::course::Course;
use crate::model::trace::{Event, EventType, GoState, Goroutine, Transition};
use crate::model::{StackId, StringId, Symbols};
use crate::trace_summary::start_function;

/// What is known of one goroutine.
#[derive(Clone, Copy, Debug)]
pub struct GoroutineRow {
    /// The function that it began with; empty when no stack tells.
    pub name: StringId,
    /// When it was created, if the trace saw that.
    pub created: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
    /// When it first ran, as Go's summarizer has it: since it was created or first seen.
    pub first_run: Option<i64>,
    /// When it ended or began to wait for ever.
    pub left: Option<i64>,
    /// Who created it.
    pub creator: Option<Goroutine>,
    /// Events about it.
    pub events: u32,
    /// It is one of the collector's own.
    pub is_collector: bool,
    /// How long it ran, without the stretch that it is in now.
    pub running_nanos: i64,
    state: GoState,
    since: i64,
}

impl Default for GoroutineRow {
    fn default() -> Self {
        Self {
            name: StringId::default(),
            created: None,
            ended: None,
            first_run: None,
            left: None,
            creator: None,
            events: 0,
            is_collector: false,
            running_nanos: 0,
            state: GoState::NotExist,
            since: 0,
        }
    }
}

/// All goroutines by row, and counts over time.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// By row.
    pub rows: Vec<GoroutineRow>,
    counts: [i64; 6],
    /// How many there are.
    pub alive: Course,
    /// How many could run and have no processor.
    pub runnable: Course,
    /// How many run: so many threads run Go code.
    pub running: Course,
    /// How many are in system calls: so many threads are there.
    pub syscalls: Course,
}

impl Roster {
    /// What is known of `goroutine`.
    pub fn get(&self, goroutine: Goroutine) -> Option<&GoroutineRow> {
        self.rows.get(goroutine.index())
    }

    /// Whether it is one of the collector's own.
    pub fn is_collector(&self, goroutine: Goroutine) -> bool {
        self.get(goroutine).is_some_and(|row| row.is_collector)
    }

    /// Takes the next event, which is about `subject`. What its goroutine was and what it is from now on, if that changes.
    pub fn see(
        &mut self,
        event: &Event<'_>,
        transition: Option<Transition>,
        subject: Option<Goroutine>,
        symbols: &Symbols,
    ) -> Option<(GoState, GoState)> {
        let subject = subject?;
        if subject.index() >= self.rows.len() {
            self.rows.resize_with(subject.index() + 1, GoroutineRow::default);
        }
        let row = self.rows.get_mut(subject.index())?;
        row.events = row.events.saturating_add(1);
        if let Some(Transition::Goroutine { from, to, stack, reason, .. }) = transition {
            if row.name == StringId::default() {
                name(row, symbols, stack);
            }
            match (from, to) {
                (GoState::NotExist, _) => (row.created, row.creator) = (Some(event.time), event.context.goroutine),
                (_, GoState::NotExist) => row.ended = Some(event.time),
                _ => {}
            }
            if from != to {
                if matches!(from, GoState::Undetermined | GoState::NotExist) {
                    (row.first_run, row.left) = (None, None);
                }
                match to {
                    GoState::Running => row.first_run = row.first_run.or(Some(event.time)),
                    GoState::NotExist => row.left = Some(event.time),
                    GoState::Waiting if symbols.strings.get(reason) == "forever" => row.left = Some(event.time),
                    _ => {}
                }
            }
            return self.turn(event.time, subject, to);
        }
        if event.event_type == EventType::GoLabel {
            row.is_collector |= event.label().is_some_and(|label| symbols.strings.get(label).starts_with("GC ("));
        } else if row.name == StringId::default() {
            name(row, symbols, event.stack());
        }
        None
    }

    fn turn(&mut self, time: i64, goroutine: Goroutine, to: GoState) -> Option<(GoState, GoState)> {
        let row = self.rows.get_mut(goroutine.index())?;
        let from = std::mem::replace(&mut row.state, to);
        if from == to {
            return None;
        }
        if from == GoState::Running {
            row.running_nanos += time - row.since;
        }
        row.since = time;
        for (state, by) in [(from, -1), (to, 1)] {
            if let Some(count) = self.counts.get_mut(state as usize) {
                *count += by;
            }
        }
        Some((from, to))
    }

    /// Takes what changed into the counts over time.
    pub(super) fn draw(&mut self, time: i64, from: GoState, to: GoState) {
        let is_there = |state| !matches!(state, GoState::NotExist | GoState::Undetermined);
        if is_there(from) != is_there(to) {
            let alive = self.count(GoState::Runnable)
                + self.count(GoState::Running)
                + self.count(GoState::Waiting)
                + self.count(GoState::Syscall);
            self.alive.push(time, alive);
        }
        for state in [from, to] {
            let count = self.count(state);
            match state {
                GoState::Runnable => self.runnable.push(time, count),
                GoState::Running => self.running.push(time, count),
                GoState::Syscall => self.syscalls.push(time, count),
                _ => {}
            }
        }
    }

    fn count(&self, state: GoState) -> u64 {
        self.counts.get(state as usize).map_or(0, |&count| count.max(0) as u64)
    }
}

fn name(row: &mut GoroutineRow, symbols: &Symbols, stack: Option<StackId>) {
    if let Some(name) = stack.and_then(|stack| start_function(symbols, stack)) {
        row.name = name;
    }
}
