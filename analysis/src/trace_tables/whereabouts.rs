//! Where a goroutine was when it allocated. Events of allocation carry no stack: what is known is who ran, and in which
//! region that the program marked.

use crate::model::trace::{Event, EventType, Goroutine, Trace};
use crate::model::{StackId, StringId, Symbols};
use crate::timeline::Survey;

/// A place in the program, as near as the trace tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The function that the goroutine began with.
    pub group: Option<StringId>,
    /// The innermost region that it was in.
    pub region: Option<StringId>,
    /// The two innermost functions of the program where that region began, the inner first: often it is begun by a helper.
    pub functions: [Option<StringId>; 2],
}

/// A walk over the events, beside that over allocations.
pub(super) struct Whereabouts<'a> {
    trace: &'a Trace,
    symbols: &'a Symbols,
    survey: &'a Survey,
    seen: usize,
    /// By row of a goroutine: the regions that it is in, each with where it began.
    open: Vec<Vec<(StringId, Option<StackId>)>>,
    /// By row of the stack table, as far as it was asked for.
    functions: Vec<Option<[Option<StringId>; 2]>>,
}

impl<'a> Whereabouts<'a> {
    pub(super) fn new(trace: &'a Trace, symbols: &'a Symbols, survey: &'a Survey) -> Self {
        let open = vec![Vec::new(); trace.goroutines.len()];
        Self { trace, symbols, survey, seen: 0, open, functions: vec![None; symbols.stacks.len()] }
    }

    /// Where `goroutine` was at `time`, which only rises.
    pub(super) fn at(&mut self, time: i64, goroutine: Option<Goroutine>) -> Place {
        let events = &self.trace.events;
        for event in events.iter_from(self.seen).take_while(|event| event.time < time) {
            self.seen = event.index + 1;
            turn(&mut self.open, &event);
        }
        let Some(goroutine) = goroutine else { return Place::default() };
        let name = self.survey.roster.get(goroutine).map(|row| row.name);
        let region = self.open.get(goroutine.index()).and_then(|open| open.last()).copied();
        Place {
            group: name.filter(|&name| name != self.symbols.strings.empty()),
            region: region.map(|(name, _)| name),
            functions: region.and_then(|(_, stack)| self.functions(stack?)).unwrap_or_default(),
        }
    }

    fn functions(&mut self, stack: StackId) -> Option<[Option<StringId>; 2]> {
        let (symbols, known) = (self.symbols, self.functions.get_mut(stack.index())?);
        Some(*known.get_or_insert_with(|| {
            let names = symbols.function_names(symbols.stacks.get(stack));
            let mut names = names.filter(|&name| is_of_program(symbols.strings.get(name)));
            [names.next(), names.next()]
        }))
    }
}

fn is_of_program(name: &str) -> bool {
    !["runtime.", "runtime/", "sync.", "internal/"].iter().any(|prefix| name.starts_with(prefix))
}

fn turn(open: &mut [Vec<(StringId, Option<StackId>)>], event: &Event<'_>) {
    if !matches!(event.event_type, EventType::RegionBegin | EventType::RegionEnd) {
        return;
    }
    let (Some(region), Some(goroutine)) = (event.resource(), event.context.goroutine) else { return };
    let Some(open) = open.get_mut(goroutine.index()) else { return };
    if event.event_type == EventType::RegionBegin {
        open.push((region.name, event.stack()));
    } else if let Some(at) = open.iter().rposition(|&(name, _)| name == region.name) {
        open.truncate(at);
    }
}
