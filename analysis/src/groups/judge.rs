//! Which differences count: the lines, with their reasons.

use rustc_hash::FxHashMap;

use super::difference::{Difference, Outcome};
use super::estimate::Estimate;
use super::measure::{Measure, Topic, Worse};

/// What is not counted as a difference though it is sure: less than this share of the larger of both. Two runs of one build
/// differ by some percent.
const MIN_SHARE: f64 = 0.1;

/// What is not counted of a function or pool: less than this share of what all allocate a second.
const MIN_OF_ALL: f64 = 0.01;

/// Chance of seeing any difference among all that are looked at where there is none.
const CHANCE: f64 = 0.05;

/// Fewer goroutines than this more or less are what a program has one time and not the other.
const MIN_GOROUTINES: f64 = 10.0;

/// Waiting below this, in seconds a second, costs a thousandth of one thread.
const MIN_DELAY: f64 = 1e-3;

/// What else was allocated tells the load where both its rates are known as well as this, as a share of each.
const KNOWN_WELL: f64 = 0.6;

/// By how many times a rate became more; `None` where one is not known well.
pub(super) fn load(before: Option<Estimate>, after: Option<Estimate>) -> Option<Estimate> {
    let well = |rate: Option<Estimate>| rate.filter(|rate| rate.is_within(KNOWN_WELL));
    well(after)?.per(well(before)?)
}

/// Decides what counts, and puts that first.
pub(super) fn judge(all: &mut Vec<Difference>, allocation: [Option<Estimate>; 2]) {
    // Measures of the collector are looked at together, all others by measure.
    let family = |difference: &Difference| match difference.topic {
        Topic::Collector => (Topic::Collector, None),
        topic => (topic, Some(difference.measure)),
    };
    let mut sizes: FxHashMap<(Topic, Option<Measure>), f64> = FxHashMap::default();
    for difference in all.iter().filter(|difference| difference.change.is_some()) {
        *sizes.entry(family(difference)).or_default() += 1.0;
    }
    let most = allocation.into_iter().flatten().map(|rate| rate.value).fold(0.0, f64::max);
    let [before, after] = allocation;
    let whole = load(before, after);
    for difference in all.iter_mut() {
        difference.load = difference.load.or(whole).filter(|_| difference.measure.goes_with_load());
        let looks = sizes.get(&family(difference)).copied().unwrap_or(1.0);
        let least = match difference.measure {
            Measure::Growth | Measure::AllocBytes => most * MIN_OF_ALL,
            Measure::Goroutines => MIN_GOROUTINES,
            Measure::MutexDelay | Measure::BlockDelay => MIN_DELAY,
            _ => 0.0,
        };
        difference.outcome = outcome(difference, looks, least);
    }
    crate::order::sort_by(all, |a, b| {
        let counts = |difference: &Difference| difference.outcome >= Outcome::Load;
        let by_size = |difference: &Difference| difference.change.map_or(0.0, |change| change.value.abs());
        (counts(a).cmp(&counts(b)))
            .then((a.topic, a.measure).cmp(&(b.topic, b.measure)))
            .then(by_size(b).total_cmp(&by_size(a)))
    });
}

fn outcome(difference: &Difference, looks: f64, least: f64) -> Outcome {
    let Some(change) = difference.change else { return Outcome::OneSided };
    let is_small = change.value.abs() < (difference.size() * MIN_SHARE).max(least);
    let is_sure = |change: Estimate| change.chance() * looks < CHANCE;
    if is_small || !is_sure(change) {
        return Outcome::Same;
    }
    if let Some(load) = difference.load {
        let agrees = |left: Estimate| is_sure(left) && (left.value > 0.0) == (change.value > 0.0);
        if !difference.change_by_load(load).is_some_and(agrees) {
            return Outcome::Load;
        }
    }
    match (difference.measure.worse(), change.value > 0.0) {
        (Worse::Neither, _) => Outcome::Differs,
        (Worse::Up, true) | (Worse::Down, false) => Outcome::Worse,
        (Worse::Up, false) | (Worse::Down, true) => Outcome::Better,
    }
}
