//! An object was put that was in its pool already.

use super::Seen;
use super::breach::Breach;
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::Violation;
use crate::model::pool::Misuse;

/// `double-put`
pub(super) struct DoublePut;

impl Rule for DoublePut {
    fn name(&self) -> &'static str {
        "double-put"
    }

    fn title(&self) -> &'static str {
        "Double put"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let breach = Breach {
            rule: self.name(),
            is_own,
            what: "puts were of objects that had been put already",
            danger: "An object that is in its pool twice is handed to two holders at once, and each overwrites what the other wrote.",
            severity: Severity::L3,
            disproof: "A get of the same object between the two puts: then it was not the same hand-out.",
            fix: "Let one place own the object and put it: a guard that puts when it is dropped, or set the variable to nothing at the put. Look for a put in an error path beside one that is deferred.",
            next: "The object’s life in the States view shows both puts with their stacks.",
        };
        breach.check(context, into)
    }
}

fn is_own(violation: &Violation, _: &Seen<'_>) -> bool {
    violation.kind == Misuse::DoublePut
}
