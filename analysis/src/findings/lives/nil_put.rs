//! Nothing was put.

use super::Seen;
use super::breach::Breach;
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::Violation;
use crate::model::pool::Misuse;

/// `nil-put`
pub(super) struct NilPut;

impl Rule for NilPut {
    fn name(&self) -> &'static str {
        "nil-put"
    }

    fn title(&self) -> &'static str {
        "Put of nothing"
    }

    fn needs(&self) -> &'static str {
        "a record of pools: a native pool’s, or a trace with contrib/go/poolscope"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let breach = Breach {
            rule: self.name(),
            is_own,
            what: "puts were of nothing",
            danger: "The next get hands out nothing, and fails far from here; the object that should have been put is missing.",
            severity: Severity::L2,
            disproof: "Nothing: the event is the proof.",
            fix: "Look for a variable that is set to nothing before the put, or a get that failed and whose error was not looked at.",
            next: "A stack at each put (record stacks) shows the path.",
        };
        breach.check(context, into)
    }
}

fn is_own(violation: &Violation, _: &Seen<'_>) -> bool {
    violation.kind == Misuse::NilPut
}
