//! Events, and the search over them: names, stacks, logs, goroutine numbers.

use analysis::model::StringId;
use analysis::model::trace::{Event, EventType, RangeName, Transition};
use analysis::timeline::{Window, subject};
use trace_worker::Go;

use super::{Rows, left, moment, right, text};
use crate::markup::Cell;
use crate::open::Open;

/// Rows that are shown, at most; all are counted.
const MOST_ROWS: usize = 2_000;
/// Events that are looked through before the first answer: less than a frame.
const FIRST_EVENTS: usize = 50_000;

/// What was found so far; [`Search::advance`] finds more.
pub(super) fn events(open: &mut Open, scope: Window, word: &str) -> Rows {
    let of = (scope, word.trim().to_lowercase(), open.trace().events.len());
    let search = match open.search.take().filter(|search| search.of == of) {
        Some(search) => search,
        None => {
            let mut search = Search::new(open, of);
            search.advance(open, FIRST_EVENTS);
            search
        }
    };
    let rows = search.answer();
    open.search = Some(search);
    rows
}

/// A search through events, which may be many millions: it goes on in steps, and can be stopped.
pub(crate) struct Search {
    /// Where, for what, and among how many events of the trace.
    of: (Window, String, usize),
    wanted: Wanted,
    first: usize,
    next: usize,
    last: usize,
    is_stopped: bool,
    found: usize,
    rows: Vec<(Vec<Cell>, Option<Go>)>,
}

impl Search {
    fn new(open: &Open, of: (Window, String, usize)) -> Self {
        let events = &open.trace().events;
        let (first, last) = (events.first_at(of.0.start), events.first_at(of.0.end));
        let wanted = Wanted::new(open, &of.1);
        Self { of, wanted, first, next: first, last, is_stopped: false, found: 0, rows: Vec::new() }
    }

    /// Looks through so many more events.
    pub(crate) fn advance(&mut self, open: &Open, most: usize) {
        let until = self.last.min(self.next + most);
        for event in open.trace().events.iter_from(self.next).take(until.saturating_sub(self.next)) {
            if self.wanted.holds(&event) {
                self.found += 1;
                if self.rows.len() < MOST_ROWS {
                    self.rows.push(row(open, &event));
                } else if self.wanted.word.is_empty() {
                    // All events are found: how many is known.
                    self.found = self.last - self.first;
                    self.next = self.last;
                    return;
                }
            }
        }
        self.next = until;
    }

    /// Gives up.
    pub(crate) fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// How much was looked through, while there is more to look at.
    pub(crate) fn share(&self) -> Option<f64> {
        let is_done = self.is_stopped || self.next >= self.last;
        (!is_done).then(|| (self.next - self.first) as f64 / (self.last - self.first) as f64)
    }

    fn answer(&self) -> Rows {
        let count = |count: usize| analysis::words::count(count as i64);
        let all = self.last.saturating_sub(self.first);
        let among = match self.next {
            next if next < self.last => format!("the first {} of {}", count(next - self.first), count(all)),
            _ => count(all),
        };
        let shown = if self.found > self.rows.len() {
            format!("the first of {} found", count(self.found))
        } else {
            "found".to_owned()
        };
        let columns = vec![right("At", "s"), left("Event"), left("What"), left("Goroutine"), left("P"), left("Where")];
        Rows { note: format!("{shown} among {among} events"), columns, rows: self.rows.clone() }
    }
}

fn row(open: &Open, event: &Event<'_>) -> (Vec<Cell>, Option<Go>) {
    let whose = subject(event, event.transition());
    let stack = event.stack();
    let place = stack.and_then(|stack| open.frames(stack).find(|name| !name.starts_with("runtime."))).unwrap_or("");
    let proc = event.context.proc.and_then(|row| open.trace().procs.id(row));
    let cells = vec![
        moment(event.time - open.bounds().start),
        text(format!("{:?}", event.event_type)),
        text(what(open, event)),
        text(whose.map_or(String::new(), |row| format!("{} {}", open.goroutine_words(row), open.goroutine_name(row)))),
        text(proc.map_or(String::new(), |id| format!("P {}", id.0))),
        text(place),
    ];
    let select = Some(Window::new(event.time, event.time + 1));
    (cells, Some(Go { select, goroutine: whose.map(|row| row.index() as u32) }))
}

/// What is searched, found among names once.
#[derive(Default)]
struct Wanted {
    /// Strings that hold it, by row.
    strings: Vec<bool>,
    /// Stacks with such a function.
    stacks: Vec<bool>,
    /// Goroutines of that number, or that began with such a function.
    goroutines: Vec<bool>,
    /// Types of that name.
    types: Vec<bool>,
    /// In lower case; empty when everything is wanted.
    word: String,
}

impl Wanted {
    fn new(open: &Open, word: &str) -> Self {
        let word = word.to_owned();
        if word.is_empty() {
            return Self::default();
        }
        let symbols = &open.symbols;
        let holds = |id: StringId| symbols.strings.get(id).to_lowercase().contains(&word);
        let mut functions = vec![false; symbols.functions.len()];
        let mut strings = Vec::new();
        for (at, (_, function)) in symbols.functions.iter().enumerate() {
            if let Some(slot) = functions.get_mut(at) {
                *slot = holds(function.name);
            }
        }
        let stacks = symbols.stacks.iter().map(|(_, locations)| {
            let lines = locations.iter().flat_map(|&location| symbols.locations.get(location).lines);
            lines
                .filter_map(|line| line.function)
                .any(|function| functions.get(function.index()).copied().unwrap_or(false))
        });
        let stacks = stacks.collect();
        let number = word.trim_start_matches("g ").trim_start_matches('g').parse::<u64>().ok();
        let goroutines =
            open.trace().goroutines.iter().map(|(row, id)| {
                Some(id.0) == number || open.survey.roster.get(row).is_some_and(|row| holds(row.name))
            });
        let goroutines = goroutines.collect();
        for id in symbols.strings.iter() {
            strings.push(holds(id));
        }
        let types = EventType::ALL.iter().map(|kind| format!("{kind:?}").to_lowercase().contains(&word)).collect();
        Self { strings, stacks, goroutines, types, word }
    }

    fn holds(&self, event: &Event<'_>) -> bool {
        if self.word.is_empty() {
            return true;
        }
        let string = |id: Option<StringId>| id.is_some_and(|id| self.strings.get(id.index()).copied().unwrap_or(false));
        let reason = match event.transition() {
            Some(Transition::Goroutine { reason, .. }) => Some(reason),
            _ => None,
        };
        event.stack().is_some_and(|stack| self.stacks.get(stack.index()).copied().unwrap_or(false))
            || subject(event, event.transition())
                .is_some_and(|row| self.goroutines.get(row.index()).copied().unwrap_or(false))
            || string(reason)
            || string(event.message())
            || string(event.label())
            || string(event.resource().map(|resource| resource.name))
            || string(stop(event))
            || self.types.get(event.event_type as usize).copied().unwrap_or(false)
    }
}

/// Why the world stops or goes on, if it does.
fn stop(event: &Event<'_>) -> Option<StringId> {
    match event.range() {
        Some((_, RangeName::StopTheWorld(reason), _)) => Some(reason),
        _ => None,
    }
}

/// What an event says beyond its type.
fn what(open: &Open, event: &Event<'_>) -> String {
    let string = |id: StringId| open.symbols.strings.get(id);
    if let Some(message) = event.message() {
        return format!("{}: {}", event.resource().map_or("", |resource| string(resource.name)), string(message));
    }
    if let Some(resource) = event.resource() {
        return string(resource.name).to_owned();
    }
    if let Some(reason) = stop(event) {
        return string(reason).to_owned();
    }
    if let Some(label) = event.label() {
        return string(label).to_owned();
    }
    match event.transition() {
        Some(Transition::Goroutine { from, to, reason, .. }) => {
            let reason = string(reason);
            let why = if reason.is_empty() { String::new() } else { format!(", {reason}") };
            format!("{} → {}{why}", from.name(), to.name())
        }
        Some(Transition::Proc { from, to, .. }) => format!("{} → {}", from.name(), to.name()),
        None => event.procs().map_or(String::new(), |procs| format!("GOMAXPROCS {procs}")),
    }
}
