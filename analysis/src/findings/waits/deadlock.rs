//! Programs that stand still for good, by what the runtime or the Java machine says.

use super::panic::crash;
use crate::findings::{Checked, Context, Finding, Rule};

/// `deadlock`
pub(super) struct Deadlock;

impl Rule for Deadlock {
    fn name(&self) -> &'static str {
        "deadlock"
    }

    fn title(&self) -> &'static str {
        "Deadlocks"
    }

    fn needs(&self) -> &'static str {
        "what the program wrote when it ended, or all its stacks"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        crash(context, self.name(), is_deadlock, into)
    }
}

/// Whether a dump's reason is one.
pub(super) fn is_deadlock(reason: &str) -> bool {
    reason.contains("deadlock")
}
