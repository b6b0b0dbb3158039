//! An object was used when its holder had given it back.

use super::Seen;
use super::breach::Breach;
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::Violation;
use crate::model::pool::Misuse;

/// `use-after-put`
pub(super) struct UseAfterPut;

impl Rule for UseAfterPut {
    fn name(&self) -> &'static str {
        "use-after-put"
    }

    fn title(&self) -> &'static str {
        "Use after put"
    }

    fn needs(&self) -> &'static str {
        "a record of pools, or what the race detector said"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let breach = Breach {
            rule: self.name(),
            is_own,
            what: "uses were of objects that had been put already",
            danger: "The object may be another holder’s by then: reads see foreign data, writes spoil it.",
            severity: Severity::L3,
            disproof: "The use and the put being in one critical section, with the clock of the put’s thread behind.",
            fix: "End every use before the put: no reference to the object may outlive it, in closures, goroutines and deferred work.",
            next: "The object’s life in the States view shows the put before, and by whom.",
        };
        breach.check(context, into)
    }
}

fn is_own(violation: &Violation, _: &Seen<'_>) -> bool {
    matches!(violation.kind, Misuse::UseAfterPut | Misuse::UseAfterDrop)
}
