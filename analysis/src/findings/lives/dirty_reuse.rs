//! An object was handed out with what its last holder left in it.

use super::Seen;
use super::breach::Breach;
use crate::findings::{Checked, Context, Finding, Rule, Severity, misuse};
use crate::lifecycle::Violation;
use crate::model::pool::Misuse;

/// `dirty-reuse`
pub(super) struct DirtyReuse;

impl Rule for DirtyReuse {
    fn name(&self) -> &'static str {
        "dirty-reuse"
    }

    fn title(&self) -> &'static str {
        "Reuse without reset"
    }

    fn needs(&self) -> &'static str {
        "a record of pools, or two heap profiles under load"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let breach = Breach {
            rule: self.name(),
            is_own,
            what: "gets were of objects that had not been reset",
            danger: "What the last holder left in it is seen by the next: one customer’s data in another’s answer.",
            severity: Severity::L3,
            disproof: "The field that was left being overwritten by every holder before it is read.",
            fix: "Give the pool a reset, or reset at the get; do not leave it to each caller.",
            next: "The object’s life in the States view shows who left it so: the put before.",
        };
        let by_lives = breach.check(context, into);
        misuse::either(by_lives, misuse::dirty(context, into))
    }
}

fn is_own(violation: &Violation, _: &Seen<'_>) -> bool {
    violation.kind == Misuse::DirtyReuse
}
