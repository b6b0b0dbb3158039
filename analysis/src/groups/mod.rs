//! Before and after: files marked as two groups, the build before a fix and the one after, compared as rates, so that
//! neither how long each ran nor when matters.
//!
//! ```text
//! Session + Marks ─▶ a group each ─ heap, pools, collector, waits ─▶ Difference with its interval ─ judge ─▶ Outcome ─▶ verdict
//! ```
//!
//! A difference counts when sampling and the scatter of snapshots do not explain it, not even the largest of so many that are
//! looked at (Bonferroni); when it is not small; and where a measure rises with the load, when the load does not explain it
//! either. No file tells how many requests there were: the load is taken by what the rest of the program allocates.

mod collector;
mod course;
mod estimate;
mod heap;
mod marks;
mod measure;
mod pools;
mod sizes;
mod verdict;
mod waits;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

pub use estimate::Estimate;
pub use marks::{Marks, Proposal, Side, names, propose};
pub use measure::{Measure, Topic, Worse};
pub use verdict::{Conclusion, Verdict};

use crate::lens::SourceId;
use crate::model::{ProfileKind, StringId};
use crate::session::Session;
use collector::Collector;
use heap::Heap;
use waits::Counted;

/// Files of one side.
pub(crate) struct Group<'a> {
    pub(crate) session: &'a Session,
    marks: &'a Marks,
    side: Side,
}

impl Group<'_> {
    pub(crate) fn has(&self, id: SourceId) -> bool {
        self.marks.has(self.session, self.side, id)
    }
}

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
    fn new(
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
    fn change_by_load(&self, load: Estimate) -> Option<Estimate> {
        Some(self.after?.less(self.before?.scaled(load)))
    }

    /// The larger of both, without its sign.
    fn size(&self) -> f64 {
        [self.before, self.after].into_iter().flatten().map(|estimate| estimate.value.abs()).fold(0.0, f64::max)
    }
}

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
fn load(before: Option<Estimate>, after: Option<Estimate>) -> Option<Estimate> {
    let well = |rate: Option<Estimate>| rate.filter(|rate| rate.is_within(KNOWN_WELL));
    well(after)?.per(well(before)?)
}

/// What is known of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Heap snapshots that are measurements of their own.
    pub heaps: u32,
    /// Processes that they are of: counters that fell tell of a restart.
    pub processes: u32,
    /// Seconds that they are known for.
    pub seconds: f64,
    /// Bytes allocated a second.
    pub allocation: Option<Estimate>,
}

/// Two groups compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What is known of before and of after.
    pub told: [Told; 2],
    /// Those that count first, the largest first; then all others.
    pub differences: Vec<Difference>,
    /// Sizes of what functions allocated, of those whose differences count first, at most [`MOST_SIZES`].
    pub sizes: Vec<SizesOf>,
    /// Cycles by their number since the steady state began.
    pub cycles: Option<Aligned>,
    /// What limits the comparison, a sentence each.
    pub notes: Vec<String>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// Sizes of what a function allocated: the power of two that they reach, and the share of objects, before and after.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizesOf {
    /// The function.
    pub function: String,
    /// From this power of two to below the next, rising.
    pub bars: Vec<(u32, [f64; 2])>,
}

/// Functions whose sizes are told.
pub const MOST_SIZES: usize = 8;

/// Cycles of both groups, number by number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Aligned {
    /// The file of each.
    pub sources: [SourceId; 2],
    /// Cycles that came before the steady state.
    pub skipped: [u32; 2],
    /// Cycles since; the first [`MOST_CYCLES`].
    pub cycles: [Vec<AlignedCycle>; 2],
    /// How many both have: what is compared.
    pub compared: u32,
}

/// A cycle in the drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlignedCycle {
    /// Bytes found live.
    pub live: Option<f64>,
    /// Seconds that the program stood still.
    pub pause: f64,
    /// Seconds of processor time of marking for each MB live.
    pub mark_per_mb: Option<f64>,
}

/// Cycles that are drawn.
pub const MOST_CYCLES: usize = 400;

/// Compares.
pub fn compare(session: &Session, marks: &Marks) -> Comparison {
    let [before, after] = [Side::Before, Side::After].map(|side| Group { session, marks, side });
    let text = |id: StringId| session.symbols.strings.get(id).to_owned();
    let mut all = Vec::new();
    let mut notes = Vec::new();
    let heaps = [Heap::of(&before), Heap::of(&after)];
    let of_heaps = [0, 1].map(|at: usize| heaps.get(at).and_then(Option::as_ref).and_then(Heap::allocation));
    // Statistics count every byte.
    let counted = [&before, &after].map(collector::allocation);
    let allocation = if counted.iter().all(Option::is_some) { counted } else { of_heaps };
    let mut pools = 0;
    if let [Some(old), Some(new)] = &heaps {
        heap::sites(&text, old, new, &mut all);
        pools = heap::misses(&text, old, new, &mut all);
    }
    let has_hits = pools::differences(&before, &after, &mut all);
    if pools > 0 && !has_hits {
        notes.push(
            "Heap profiles show what pools had to make, not how often they were asked: hit rates need a trace with the pools’ \
             annotations, or a pool trace, in both groups."
                .to_owned(),
        );
    }
    let collectors = [Collector::of(&before), Collector::of(&after)];
    let mut cycles = None;
    if let [Some(old), Some(new)] = &collectors {
        collector::differences(old, new, &mut all);
        cycles = aligned(old, new);
    }
    if let (Some(old), Some(new)) = (Counted::goroutines(&before), Counted::goroutines(&after)) {
        waits::goroutines(&text, &old, &new, &mut all);
    }
    for (kind, measure) in [(ProfileKind::Mutex, Measure::MutexDelay), (ProfileKind::Block, Measure::BlockDelay)] {
        if let (Some(old), Some(new)) = (Counted::delays(&before, kind), Counted::delays(&after, kind)) {
            waits::delays(&text, measure, &old, &new, &mut all);
        }
    }
    let told =
        [0, 1].map(|at: usize| told(heaps.get(at).and_then(Option::as_ref), allocation.get(at).copied().flatten()));
    judge(&mut all, allocation);
    limits(&told, &mut notes);
    let verdict = verdict::verdict(&all, &told);
    let sizes = match &heaps {
        [Some(old), Some(new)] => sizes_of(session, old, new, &all),
        _ => Vec::new(),
    };
    Comparison { told, differences: all, sizes, cycles, notes, verdict }
}

fn told(heap: Option<&Heap>, allocation: Option<Estimate>) -> Told {
    let Some(heap) = heap else { return Told::default() };
    let course = &heap.course;
    Told {
        heaps: (course.runs.iter().map(Vec::len).sum::<usize>() + course.deltas.len()) as u32,
        processes: course.runs.len() as u32,
        seconds: course.seconds(),
        allocation,
    }
}

/// Decides what counts, and puts that first.
fn judge(all: &mut Vec<Difference>, allocation: [Option<Estimate>; 2]) {
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

fn aligned(old: &Collector, new: &Collector) -> Option<Aligned> {
    let drawn = |collector: &Collector| -> Vec<AlignedCycle> {
        let cycles = collector.cycles.iter().take(MOST_CYCLES);
        let cycle = |cycle: &collector::Cycle| AlignedCycle {
            live: cycle.live,
            pause: cycle.pause,
            mark_per_mb: cycle.mark_per_mb(),
        };
        cycles.map(cycle).collect()
    };
    let compared = old.cycles.len().min(new.cycles.len());
    (compared > 1).then(|| Aligned {
        sources: [old.source, new.source],
        skipped: [old.skipped as u32, new.skipped as u32],
        cycles: [drawn(old), drawn(new)],
        compared: compared as u32,
    })
}

fn sizes_of(session: &Session, old: &Heap, new: &Heap, all: &[Difference]) -> Vec<SizesOf> {
    let mut chosen: Vec<&str> = Vec::new();
    // What counts comes first.
    for difference in all.iter().filter(|difference| difference.topic == Topic::Sites) {
        if chosen.len() < MOST_SIZES && !chosen.contains(&difference.name.as_str()) {
            chosen.push(&difference.name);
        }
    }
    let of = |heap: &Heap, name: &str| {
        let own = heap.sizes.iter().find(|(function, _)| session.symbols.strings.get(**function) == name);
        own.map_or(Vec::new(), |(_, sizes)| sizes::histogram(sizes))
    };
    let told = |name: &&str| {
        let mut bars: std::collections::BTreeMap<u32, [f64; 2]> = std::collections::BTreeMap::new();
        of(old, name).into_iter().for_each(|(power, share)| bars.entry(power).or_default()[0] = share);
        of(new, name).into_iter().for_each(|(power, share)| bars.entry(power).or_default()[1] = share);
        SizesOf { function: (*name).to_owned(), bars: bars.into_iter().collect() }
    };
    chosen.iter().map(told).filter(|sizes| !sizes.bars.is_empty()).collect()
}

/// Says what limits the comparison.
fn limits(told: &[Told; 2], notes: &mut Vec<String>) {
    let [before, after] = told;
    for (name, told) in [("before", before), ("after", after)] {
        match (told.heaps, told.seconds > 0.0) {
            (0, _) => notes.push(format!("No heap profile is marked as {name}: functions and pools are not compared.")),
            (1, false) => notes.push(format!(
                "There is one heap snapshot of {name}: what is in use is compared, and nothing a second. A second one, some minutes \
                 later, gives rates."
            )),
            (_, false) => notes.push(format!("The heap snapshots of {name} give no times: nothing is compared a second.")),
            _ => {}
        }
        if told.processes > 1 {
            notes.push(format!(
                "The heap snapshots of {name} are of {} processes one after the other: each counts for itself, and what passed \
                 between them for none.",
                told.processes
            ));
        }
    }
    if let (Some(a), Some(b)) = (before.allocation, after.allocation) {
        let ratio = b.value / a.value;
        let words = Measure::AllocBytes;
        notes.push(format!(
            "No file tells how many requests there were. The load is taken by what is allocated: {} before, {} after{}. What rises \
             with the load counts only where that does not explain it.",
            words.words(a.value),
            words.words(b.value),
            if ratio.is_finite() && ratio > 0.0 { format!(" ({ratio:.2} times)") } else { String::new() }
        ));
    }
}
