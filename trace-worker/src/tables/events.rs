//! Events, and the search over them: names, stacks, logs, goroutine numbers.

use analysis::model::StringId;
use analysis::model::trace::{Event, RangeName, Transition};
use analysis::timeline::{Window, subject};
use trace_worker::Go;

use super::{Rows, left, moment, right, text};
use crate::open::Open;

/// Rows that are found, at most.
const MOST_FOUND: usize = 2_000;
/// Events that are looked through, at most: half a second's work.
const MOST_SEARCHED: usize = 5_000_000;

pub(super) fn events(open: &Open, scope: Window, search: &str) -> Rows {
    let events = &open.trace().events;
    let (first, last) = (events.first_at(scope.start), events.first_at(scope.end));
    let wanted = Wanted::new(open, search);
    let zero = open.bounds().start;
    let mut rows = Vec::new();
    let mut searched = 0;
    for event in events.iter_from(first).take(last.saturating_sub(first)).take(MOST_SEARCHED) {
        searched += 1;
        if !wanted.holds(&event) {
            continue;
        }
        let whose = subject(&event);
        let what = what(open, &event);
        let stack = event.stack();
        let place = stack.and_then(|stack| open.frames(stack).find(|name| !name.starts_with("runtime."))).unwrap_or("");
        let cells = vec![
            moment(event.time - zero),
            text(format!("{:?}", event.event_type)),
            text(what),
            text(
                whose
                    .map_or(String::new(), |row| format!("{} {}", open.goroutine_words(row), open.goroutine_name(row))),
            ),
            text(
                event
                    .context
                    .proc
                    .and_then(|row| open.trace().procs.id(row))
                    .map_or(String::new(), |id| format!("P {}", id.0)),
            ),
            text(place),
        ];
        rows.push((
            cells,
            Some(Go {
                select: Some(Window::new(event.time, event.time + 1)),
                goroutine: whose.map(|row| row.index() as u32),
            }),
        ));
        if rows.len() == MOST_FOUND {
            break;
        }
    }
    let all = last.saturating_sub(first);
    let note = match () {
        () if rows.len() == MOST_FOUND => {
            format!("the first {MOST_FOUND} events found among {}", analysis::words::count(all as i64))
        }
        () if searched < all => format!(
            "found among the first {} of {} events: select less",
            analysis::words::count(searched as i64),
            analysis::words::count(all as i64)
        ),
        () => format!("found among {} events", analysis::words::count(all as i64)),
    };
    let columns = vec![right("At", "s"), left("Event"), left("What"), left("Goroutine"), left("P"), left("Where")];
    Rows { note, columns, rows }
}

/// What is searched, found among names once.
struct Wanted {
    is_all: bool,
    /// Strings that hold it, by row.
    strings: Vec<bool>,
    /// Stacks with such a function.
    stacks: Vec<bool>,
    /// Goroutines of that number, or that began with such a function.
    goroutines: Vec<bool>,
    word: String,
}

impl Wanted {
    fn new(open: &Open, search: &str) -> Self {
        let word = search.trim().to_lowercase();
        if word.is_empty() {
            return Self { is_all: true, strings: Vec::new(), stacks: Vec::new(), goroutines: Vec::new(), word };
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
        Self { is_all: false, strings, stacks, goroutines, word }
    }

    fn holds(&self, event: &Event<'_>) -> bool {
        if self.is_all {
            return true;
        }
        let string = |id: Option<StringId>| id.is_some_and(|id| self.strings.get(id.index()).copied().unwrap_or(false));
        let reason = match event.transition() {
            Some(Transition::Goroutine { reason, .. }) => Some(reason),
            _ => None,
        };
        event.stack().is_some_and(|stack| self.stacks.get(stack.index()).copied().unwrap_or(false))
            || subject(event).is_some_and(|row| self.goroutines.get(row.index()).copied().unwrap_or(false))
            || string(reason)
            || string(event.message())
            || string(event.label())
            || string(event.resource().map(|resource| resource.name))
            || string(stop(event))
            || format!("{:?}", event.event_type).to_lowercase().contains(&self.word)
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
