//! An object of one type was put into a pool of another.

use super::Seen;
use super::breach::{Breach, types_differ};
use crate::findings::{Checked, Context, Finding, Rule, Severity, misuse};
use crate::lifecycle::Violation;
use crate::model::pool::Misuse;

/// `type-mismatch`
pub(super) struct TypeMismatch;

impl Rule for TypeMismatch {
    fn name(&self) -> &'static str {
        "type-mismatch"
    }

    fn title(&self) -> &'static str {
        "Type mismatch"
    }

    fn needs(&self) -> &'static str {
        "a record of pools, a panic’s text, or two heap profiles"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let breach = Breach {
            rule: self.name(),
            is_own,
            what: "puts were of objects of another type than the pool’s",
            danger: "The next get hands out what its holder takes for another type: a panic where types are checked, wild writes where they are not.",
            severity: Severity::L3,
            disproof: "Both pools being of one type under two names.",
            fix: "Put each object into the pool it came from. In Go, check the type at Get and give each type a pool of its own.",
            next: "The record names the pool that made the object: look at that pool’s gets.",
        };
        let by_lives = breach.check(context, into);
        misuse::either(by_lives, misuse::wrong_type(context, into))
    }
}

fn is_own(violation: &Violation, seen: &Seen<'_>) -> bool {
    violation.kind == Misuse::WrongType || types_differ(violation, seen)
}
