//! What goroutines, regions and tasks did in a trace, number for number as Go's own summarizer says
//! (internal/trace, summary.go). How it is shown is `trace_tables`' matter.

mod census;
mod durations;
mod fates;
mod goroutine;
mod ledger;
mod names;
mod occurrence;
mod region;
pub mod report;
mod summarizer;
mod task;
mod totals;

use crate::model::Symbols;
use crate::model::trace::Trace;

pub use census::{Alive, Census, Metric, PoolEvent};
pub use durations::{Distribution, Durations};
pub use goroutine::{GoroutineSummary, Spent};
pub use ledger::{Ledger, LedgerWalk};
pub use names::Names;
pub(crate) use names::{is_program, start_function};
pub use occurrence::{Occurrence, OpenRanges, occurrences, range_text};
pub use region::{RegionGroup, RegionSpent, SlowRegion};
pub use summarizer::Summarizer;
pub use task::{TaskGroup, TaskSummary, Tasks};
pub use totals::Totals;

/// Nanoseconds of trace time, from the first up to but without the last.
pub type Range = std::ops::Range<i64>;

/// All of a trace.
pub const EVERYTHING: Range = i64::MIN..i64::MAX;

/// What [`Summarizer`] found.
pub struct Summary {
    /// By row of [`Trace::goroutines`]; `None` for one that is only mentioned.
    pub goroutines: Vec<Option<GoroutineSummary>>,
    /// By name.
    pub regions: Vec<RegionGroup>,
    /// By row of [`Trace::tasks`].
    pub tasks: Tasks,
}

/// Sums up a trace. Goroutines get what they did within `range`; regions are those of which some part is in it, each
/// with all of its time.
///
/// ```
/// use analysis::model::{Symbols, trace::Trace};
/// use analysis::trace_summary::{EVERYTHING, summarize};
///
/// assert!(summarize(&Trace::default(), &Symbols::default(), EVERYTHING).goroutines.is_empty());
/// ```
pub fn summarize(trace: &Trace, symbols: &Symbols, range: Range) -> Summary {
    let names = Names::of(symbols);
    let mut summarizer = Summarizer::new(range);
    for event in trace.events.iter() {
        summarizer.event(&event, event.transition(), &names);
    }
    summarizer.pass(trace.last_of_series());
    summarizer.finish(trace)
}
