//! One measure of one thing in both groups.

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use super::measure::{Measure, Topic};

/// What came of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It got worse.
    Worse,
    /// It got better.
    Better,
    /// It differs, and neither way is worse by itself.
    Differs,
    /// It differs a second, and not by what is allocated: the load may be another.
    Load,
    /// It did not change beyond what sampling and scatter explain, or by little.
    Same,
    /// One of the groups does not tell.
    OneSided,
}

/// One measure of one thing, in both groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Which part of the comparison.
    pub topic: Topic,
    /// What is measured.
    pub measure: Measure,
    /// Of what: a function, a pool; empty for the collector.
    pub name: String,
    /// Before, if it is told.
    pub before: Option<Estimate>,
    /// After, if it is told.
    pub after: Option<Estimate>,
    /// After less before.
    pub change: Option<Estimate>,
    /// By how many times what else was allocated became more, if that is known well: the load, as far as files tell.
    pub load: Option<Estimate>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Difference {
    pub(super) fn new(
        topic: Topic,
        measure: Measure,
        name: String,
        before: Option<Estimate>,
        after: Option<Estimate>,
        load: Option<Estimate>,
    ) -> Self {
        let change = before.zip(after).map(|(before, after)| after.less(before));
        // What an error takes below nothing is shown as nothing, and counts as it is.
        let shown = |estimate: Option<Estimate>| match measure.has_sign() {
            true => estimate,
            false => estimate.map(Estimate::above_zero),
        };
        let (before, after) = (shown(before), shown(after));
        Self { topic, measure, name, before, after, change, load, outcome: Outcome::OneSided }
    }

    /// What is left of the change if all rose with the load.
    pub(super) fn change_by_load(&self, load: Estimate) -> Option<Estimate> {
        Some(self.after?.less(self.before?.scaled(load)))
    }

    /// The larger of both, without its sign.
    pub(super) fn size(&self) -> f64 {
        [self.before, self.after].into_iter().flatten().map(|estimate| estimate.value.abs()).fold(0.0, f64::max)
    }
}
