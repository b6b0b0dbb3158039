//! Something was put that this pool did not make.

use super::Seen;
use super::breach::{Breach, types_differ};
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::Violation;
use crate::model::pool::Misuse;

/// `foreign-put`
pub(super) struct ForeignPut;

impl Rule for ForeignPut {
    fn name(&self) -> &'static str {
        "foreign-put"
    }

    fn title(&self) -> &'static str {
        "Foreign put"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let breach = Breach {
            rule: self.name(),
            is_own,
            what: "puts were of objects that this pool did not make",
            danger: "What a pool did not make has not its size, its set-up or its owner: a pool that takes it hands it on as its own, and the pool that made it has lost it.",
            severity: Severity::L3,
            disproof: "The object having been detached from its pool and attached to this one.",
            fix: "Put each object into the pool it came from: keep the pool beside the object, or use the guard, which knows it.",
            next: "The record names the pool that made the object: look at that pool’s gets.",
        };
        breach.check(context, into)
    }
}

fn is_own(violation: &Violation, seen: &Seen<'_>) -> bool {
    matches!(violation.kind, Misuse::ForeignPut | Misuse::WrongPool) && !types_differ(violation, seen)
}
