//! A census and a summary at once, stretch by stretch: what was counted need not be kept.

use super::census::Census;
use super::names::Names;
use super::report::{Report, report};
use super::{EVERYTHING, Summarizer};
use crate::model::Symbols;
use crate::model::trace::Trace;

/// Counts and sums of what was given so far.
pub struct Totals {
    census: Census,
    summarizer: Summarizer,
}

impl Default for Totals {
    fn default() -> Self {
        Self { census: Census::default(), summarizer: Summarizer::new(EVERYTHING) }
    }
}

impl Totals {
    /// Adds the events and series of `stretch`, which come after those before; `names` knows its stacks.
    pub fn add(&mut self, stretch: &Trace, names: &Names) {
        for event in stretch.events.iter() {
            let transition = event.transition();
            self.census.event(&event, transition, names);
            self.summarizer.event(&event, transition, names);
        }
        self.census.series(stretch);
        self.summarizer.pass(stretch.last_of_series());
    }

    /// Everything that can be said of `trace`, of which all events were given.
    pub fn report(self, trace: &Trace, symbols: &Symbols) -> Report {
        report(trace, symbols, &self.census, &self.summarizer.finish(trace))
    }
}
