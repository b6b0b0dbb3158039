//! One sentence on whether the fix worked.

use serde::{Deserialize, Serialize};

use super::measure::{Measure, Topic};
use super::{Difference, Outcome, Told};

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Something got better, and nothing got worse.
    Worked,
    /// Something got better, and something worse.
    Mixed,
    /// Something got worse.
    Worse,
    /// Nothing changed that could be told from chance.
    #[default]
    NotShown,
}

/// It, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What it comes to.
    pub conclusion: Conclusion,
    /// One sentence with numbers.
    pub text: String,
    /// What would decide it, where it is not shown.
    pub next: String,
}

/// How many are named of those that got better, or worse.
const NAMED: usize = 2;

/// Of differences that have been judged.
pub(super) fn verdict(all: &[Difference], told: &[Told; 2]) -> Verdict {
    let of = |outcome| ranked(all, outcome);
    let (better, worse) = (of(Outcome::Better), of(Outcome::Worse));
    // What the program does wrong decides; what it costs follows from it, and decides where nothing else does.
    let faults = |list: &[&Difference]| list.iter().any(|difference| rank(difference) <= LAST_FAULT);
    let costs = |list: &[&Difference]| list.iter().any(|difference| difference.topic != Topic::Collector);
    let conclusion = match (faults(&better), faults(&worse), costs(&better), costs(&worse)) {
        (true, true, ..) => Conclusion::Mixed,
        (true, false, ..) => Conclusion::Worked,
        (false, true, ..) => Conclusion::Worse,
        (.., true, true) => Conclusion::Mixed,
        (.., true, false) => Conclusion::Worked,
        (.., false, true) => Conclusion::Worse,
        (.., false, false) => Conclusion::NotShown,
    };
    let same = all.iter().filter(|difference| difference.outcome == Outcome::Same).count();
    let beside = |list: &[&Difference], way: &str| match list {
        [] => format!("nothing else got {way}"),
        list => format!("beside it got {way}: {}", said(list)),
    };
    let text = match conclusion {
        Conclusion::Worked => format!("The fix worked: {}; {}.", said(&better), beside(&worse, "worse")),
        Conclusion::Mixed => format!("Better and worse: {}; but {}.", said(&better), said(&worse)),
        Conclusion::Worse => format!("It got worse: {}; {}.", said(&worse), beside(&better, "better")),
        Conclusion::NotShown if all.iter().all(|difference| difference.change.is_none()) => {
            "Not shown: the two groups have no kind of file in common that could be compared.".to_owned()
        }
        Conclusion::NotShown => {
            let differs = of(Outcome::Differs);
            let all_of_it = differs.iter().chain(&worse).chain(&better).copied();
            let collector: Vec<&Difference> =
                all_of_it.filter(|difference| difference.topic == Topic::Collector).collect();
            let but = match collector.as_slice() {
                [] => String::new(),
                list => format!(" Only the collector differs: {}.", said(list)),
            };
            format!(
                "Not shown: {} comparisons, and no function, pool, lock or goroutine changed beyond what sampling and scatter explain.{but}",
                crate::words::count(same as i64)
            )
        }
    };
    let next = if conclusion == Conclusion::NotShown { what_decides(all, told) } else { String::new() };
    Verdict { conclusion, text, next }
}

/// Ranks up to this are faults, those beyond are costs.
const LAST_FAULT: u32 = 4;

/// What leaks, then what is made in vain, then what waits, then what it costs.
fn rank(difference: &Difference) -> u32 {
    match difference.measure {
        Measure::Growth => 0,
        Measure::GoroutineGrowth => 1,
        Measure::HitRate => 2,
        Measure::Misses => 3,
        Measure::MutexDelay | Measure::BlockDelay => 4,
        Measure::AllocBytes => 5,
        Measure::InUse | Measure::Goroutines => 6,
        Measure::AllocObjects => 7,
        _ => 8,
    }
}

/// The most telling first, within each the largest.
fn ranked(all: &[Difference], outcome: Outcome) -> Vec<&Difference> {
    let mut own: Vec<&Difference> = all.iter().filter(|difference| difference.outcome == outcome).collect();
    let size = |difference: &Difference| difference.change.map_or(0.0, |change| change.value.abs());
    let key = |difference: &Difference| (rank(difference), difference.measure);
    crate::order::sort_by(&mut own, |a, b| key(a).cmp(&key(b)).then(size(b).total_cmp(&size(a))));
    own
}

fn said(list: &[&Difference]) -> String {
    // A function whose growth is told need not be told again by its objects; all measures of the collector have no name.
    let mut things: Vec<&Difference> = Vec::new();
    for difference in list {
        let mut told = things.iter().map(|known| (known.topic, &known.name));
        if difference.name.is_empty() || !told.any(|known| known == (difference.topic, &difference.name)) {
            things.push(difference);
        }
    }
    let mut words: Vec<String> = things.iter().take(NAMED).filter_map(|difference| sentence(difference)).collect();
    if let Some(others) = things.len().checked_sub(NAMED).filter(|&others| others > 0) {
        words.push(format!("{others} more"));
    }
    words.join(", ")
}

/// `main.f’s growth fell from 3.9 MB/s (3.5 MB/s to 4.3 MB/s) to 0 B/s`.
fn sentence(difference: &Difference) -> Option<String> {
    let (before, after) = difference.before.zip(difference.after)?;
    let measure = difference.measure;
    let of = match (difference.topic, difference.name.as_str()) {
        (Topic::Collector, _) => measure.name().to_owned(),
        (Topic::Pools, name) => format!("{} of the pool of {name}", measure.name()),
        (_, name) => format!("{name}’s {}", measure.name()),
    };
    let way = if after.value < before.value { "fell" } else { "rose" };
    Some(format!("{of} {way} from {} to {}", measure.estimate_words(before), measure.estimate_words(after)))
}

/// What would show a difference that could be hidden still.
fn what_decides(all: &[Difference], told: &[Told; 2]) -> String {
    let few = told.iter().map(|told| told.heaps).min().unwrap_or(0);
    let widest = all
        .iter()
        .filter(|difference| difference.measure == Measure::Growth)
        .filter_map(|difference| Some((difference, difference.change?)))
        .max_by(|a, b| (a.1.high - a.1.low).total_cmp(&(b.1.high - b.1.low)));
    let hidden = widest.map_or(String::new(), |(difference, change)| {
        let most = change.high.abs().max(change.low.abs());
        format!(
            " As it is, a change of {}’s growth of up to {} could hide.",
            difference.name,
            Measure::Growth.words(most)
        )
    });
    let minutes = told.iter().map(|told| told.seconds).fold(f64::INFINITY, f64::min);
    let wanted = crate::words::seconds((minutes.clamp(30.0, 1800.0)) * 4.0);
    if few < 2 {
        format!("Take two heap snapshots or more of each group, some minutes apart, at the same load.{hidden}")
    } else {
        format!(
            "Five heap snapshots or more of each group over {wanted}, at the same load, would show smaller ones.{hidden}"
        )
    }
}
