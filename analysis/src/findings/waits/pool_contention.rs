//! Time lost at the locks of pools: who waits (block profile) and who holds (mutex profile), and native pools by their record.

use super::lock_contention::judge;
use crate::findings::{Checked, Context, Finding, Rule, lives};

/// `pool-contention`
pub(super) struct PoolContention;

impl Rule for PoolContention {
    fn name(&self) -> &'static str {
        "pool-contention"
    }

    fn title(&self) -> &'static str {
        "Waiting for pools"
    }

    fn needs(&self) -> &'static str {
        "a mutex and a block profile with their rates set, or a record of pools"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let recorded = lives::check_pool_contention(context, into);
        match judge(context, self.name(), true, into) {
            Checked::NotCovered => recorded,
            clear => clear,
        }
    }
}
