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
mod difference;
mod estimate;
mod heap;
mod judge;
mod marks;
mod measure;
mod pools;
mod sizes;
mod verdict;
mod waits;

use serde::{Deserialize, Serialize};

pub use difference::{Difference, Outcome};
pub use estimate::Estimate;
pub use marks::{Marks, Proposal, Side, names, propose};
pub use measure::{Measure, Topic, Worse};
pub use verdict::{Conclusion, Verdict};

use crate::lens::SourceId;
use crate::model::{ProfileKind, StringId};
use crate::session::Session;
use collector::Collector;
use heap::Heap;
use judge::judge;
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
