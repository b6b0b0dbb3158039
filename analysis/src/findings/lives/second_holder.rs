//! An object had two holders at once.

use super::Seen;
use super::breach::Breach;
use crate::findings::{Checked, Context, Finding, Rule, Severity};
use crate::lifecycle::Violation;
use crate::model::pool::Misuse;

/// `second-holder`
pub(super) struct SecondHolder;

impl Rule for SecondHolder {
    fn name(&self) -> &'static str {
        "second-holder"
    }

    fn title(&self) -> &'static str {
        "Second holder"
    }

    fn needs(&self) -> &'static str {
        "a record of pools, or what the race detector said"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let breach = Breach {
            rule: self.name(),
            is_own,
            what: "uses or gets were of objects that another holder had by then",
            danger: "Two holders write to one object at once.",
            severity: Severity::L3,
            disproof: "The first holder’s put missing from the record.",
            fix: "Nobody may keep a ticket or a pointer past the put. Look for objects that are put twice: the second put is what hands them to two.",
            next: "The object’s life in the States view shows both holders.",
        };
        breach.check(context, into)
    }
}

fn is_own(violation: &Violation, _: &Seen<'_>) -> bool {
    matches!(violation.kind, Misuse::SecondHolder | Misuse::StaleGeneration)
}
