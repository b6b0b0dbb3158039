//! Ranges as they happened: stop-the-world, marking, sweeping, assists.

use crate::model::trace::{Event, Goroutine, RangeName, RangePart, RangeScope, Trace};
use crate::model::{StackId, Symbols};

/// One range from its begin to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// What it was.
    pub name: RangeName,
    /// Whose it was.
    pub scope: RangeScope,
    /// Trace time. A range that was there when the trace began has the time at which the trace says so.
    pub start: i64,
    /// Trace time.
    pub end: i64,
    /// Who ran when it began.
    pub goroutine: Option<Goroutine>,
    /// Where that goroutine was.
    pub stack: Option<StackId>,
}

/// Finds where ranges begin and end. Few are open at once, so that a walk is faster than a map.
#[derive(Clone, Debug, Default)]
pub struct OpenRanges {
    open: Vec<Occurrence>,
}

impl OpenRanges {
    /// The next event; the range that it ends.
    #[inline]
    pub fn event(&mut self, event: &Event<'_>) -> Option<Occurrence> {
        let (part, name, scope) = event.range()?;
        let at = self.open.iter().position(|open| (open.name, open.scope) == (name, scope));
        match (part, at) {
            (RangePart::End, Some(at)) => {
                let mut ended = self.open.swap_remove(at);
                ended.end = event.time;
                return Some(ended);
            }
            // Each generation says again what goes on.
            (RangePart::Active, Some(_)) | (RangePart::End, None) => {}
            (RangePart::Begin | RangePart::Active, at) => {
                if let Some(at) = at {
                    self.open.swap_remove(at);
                }
                self.open.push(Occurrence {
                    name,
                    scope,
                    start: event.time,
                    end: event.time,
                    goroutine: event.context.goroutine,
                    stack: event.stack(),
                });
            }
        }
        None
    }
}

/// Every range of the trace that ended, by its end.
pub fn occurrences(trace: &Trace) -> Vec<Occurrence> {
    let mut open = OpenRanges::default();
    trace.events.iter().filter_map(|event| open.event(&event)).collect()
}

/// A range's name as Go has it.
pub fn range_text(symbols: &Symbols, name: RangeName) -> String {
    match name {
        RangeName::StopTheWorld(reason) => format!("stop-the-world ({})", symbols.strings.get(reason)),
        RangeName::Mark => "GC concurrent mark phase".to_owned(),
        RangeName::Sweep => "GC incremental sweep".to_owned(),
        RangeName::Assist => "GC mark assist".to_owned(),
    }
}
