//! The inspector: which of its sections are made anew, and when.

use trace_worker::Go;

use crate::inspect::{anchors, clock, goroutine, pause, surges};
use crate::markup::{self, Section};
use crate::open::Open;
use crate::view::View;

/// While a selection is drawn, what takes longer than this is counted anew only so often: frames come first.
const SLOW_MILLIS: f64 = 3.0;
const PAUSE_MILLIS: f64 = 100.0;

/// The inspector, which is made anew only where what it tells of changed.
#[derive(Default)]
pub(crate) struct Inspector {
    /// What falls within the scope, with what that was counted for, how long it took and when.
    within: (String, Vec<Section>),
    took: (f64, f64),
    sections: Vec<Section>,
}

impl Inspector {
    /// Its markup, if it changed. `version` goes up with what is decoded; `now` is in milliseconds.
    pub(crate) fn look(
        &mut self,
        open: &Open,
        view: &View,
        version: u32,
        is_selecting: bool,
        now: impl Fn() -> f64,
    ) -> Option<String> {
        let scope = view.scope(open.bounds());
        let kind = (view.selection.is_some(), view.ranges.len());
        let stamp = format!("{} {version} {} {scope:?} {kind:?} {:?}", open.key, open.pins.len(), open.clock);
        let (cost, last) = self.took;
        let is_held_back = is_selecting && cost > SLOW_MILLIS && now() - last < PAUSE_MILLIS;
        if self.within.0 != stamp && !is_held_back {
            let start = now();
            let mut within = vec![anchors(open, view, scope)];
            within.extend(surges(open, scope));
            within.push(clock(open));
            self.within = (stamp, within);
            self.took = (now() - start, now());
        }
        let mut sections: Vec<Section> = pause(open, view).into_iter().collect();
        sections.extend(view.picked.and_then(|at| goroutine(open, at, scope, view)));
        sections.extend(self.within.1.iter().cloned());
        (sections != self.sections).then(|| {
            self.sections = sections;
            markup::sections(&self.sections)
        })
    }

    /// Where a link leads.
    pub(crate) fn link(&self, at: usize) -> Option<Go> {
        markup::link(&self.sections, at)
    }
}
