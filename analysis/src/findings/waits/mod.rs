//! Rules on what waits: goroutines and threads, locks, races, crashes; and what they share.

mod data_race;
mod deadlock;
mod goroutine_leak;
mod lock_contention;
mod panic;
mod pool_contention;
mod pool_latency;
mod put_blocked;

use super::said::{evidence_in, fact};
use super::{Context, Evidence, EvidenceView, Rule, Site as Place, SiteFrame};
use crate::lens::{Lens, SourceId};
use crate::stats::{Trend, trend};
use crate::waits::{Frame, Group, Lock, Population};
use crate::words::{bytes, signed_bytes};

/// Every rule on what waits, in the order in which equals are shown.
pub(super) fn rules() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(deadlock::Deadlock),
        Box::new(put_blocked::PutBlocked),
        Box::new(pool_contention::PoolContention),
        Box::new(pool_latency::PoolLatency),
        Box::new(lock_contention::LockContention),
        Box::new(goroutine_leak::GoroutineLeak),
        Box::new(data_race::DataRace),
        Box::new(panic::Panic),
    ]
}

/// Evidence in the Contention view.
fn evidence(source: SourceId, text: String, pick: String) -> Evidence {
    evidence_in(EvidenceView::Contention, source, text, &pick)
}

/// The same stacks as a flame graph.
fn flame(source: SourceId, text: String, sample_type: &str, function: &str) -> Evidence {
    let lens = Lens { sample_type: Some(sample_type.to_owned()), current: Some(source), ..Lens::default() };
    Evidence { source, text, view: EvidenceView::HeapFlame, lens, node: function.to_owned() }
}

/// The place of a frame, with the stack it stands in.
fn place(context: &Context<'_>, own: Option<Frame>, all: &[Frame], pool: Option<String>) -> Place {
    let site = |frame: &Frame| SiteFrame {
        function: context.text(frame.function).to_owned(),
        file: context.text(frame.file).to_owned(),
        line: frame.line,
    };
    let own = own.as_ref().map(site).unwrap_or(SiteFrame { function: String::new(), file: String::new(), line: 0 });
    Place { function: own.function, file: own.file, line: own.line, pool, stack: all.iter().map(site).collect() }
}

/// `main.(*ChanPool).Put (main.go:73)`.
fn at(context: &Context<'_>, frame: &Frame) -> String {
    let file = context.text(frame.file);
    let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
    match (file, frame.line) {
        ("", _) | (_, 0) => context.text(frame.function).to_owned(),
        (file, line) => format!("{} ({file}:{line})", context.text(frame.function)),
    }
}

/// A state behind a place; nothing where it is not told.
fn in_brackets(state: &str) -> String {
    if state.is_empty() { String::new() } else { format!(" [{state}]") }
}

/// How a number went over the snapshots of a population.
struct Course {
    first: u64,
    last: u64,
    snapshots: usize,
    trend: Option<Trend>,
    per_second: Option<f64>,
    goes_on: bool,
}

impl Course {
    /// Of groups together.
    fn of(population: &Population, groups: &[&Group]) -> Self {
        let moments = population.moments();
        let mut sums = vec![0_u64; moments.len()];
        for group in groups {
            sums.iter_mut().zip(population.counts(group)).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
        }
        let times = moments.iter().enumerate().map(|(at, moment)| moment.at_seconds.unwrap_or(at as f64));
        let times: Vec<f64> = times.collect();
        let values: Vec<f64> = sums.iter().map(|&sum| sum as f64).collect();
        let (first, last) = (sums.first().copied().unwrap_or(0), sums.last().copied().unwrap_or(0));
        let middle = sums.get(sums.len() / 2).copied().unwrap_or(first);
        // As for heaps: half of an even rise is expected in the later half, and a third of that is enough.
        let goes_on = sums.len() < 3 || last.saturating_sub(middle) as f64 >= last.saturating_sub(first) as f64 / 6.0;
        let per_second = population.seconds().map(|seconds| (last as f64 - first as f64) / seconds);
        Self { first, last, snapshots: sums.len(), trend: trend(&times, &values), per_second, goes_on }
    }

    fn grown(&self) -> u64 {
        self.last.saturating_sub(self.first)
    }

    /// Whether it rises from snapshot to snapshot, and still does.
    fn rises(&self, min_tau: f64) -> bool {
        self.grown() > 0 && self.goes_on && (self.snapshots < 3 || self.trend.is_some_and(|trend| trend.tau >= min_tau))
    }

    fn words(&self) -> String {
        let rate = self.per_second.map_or(String::new(), |rate| format!(", {rate:.1} a second"));
        match self.snapshots {
            0 | 1 => "in the one snapshot that is here".to_owned(),
            snapshots => format!("{} → {} over {snapshots} snapshots{rate}", self.first, self.last),
        }
    }
}

/// What the heap holds under functions of a stack: a function, bytes in use, their change.
struct Retained {
    function: String,
    bytes: i64,
    /// Where there is more than one snapshot.
    change: Option<i64>,
}

impl Retained {
    fn words(&self) -> String {
        let change =
            self.change.map_or(String::new(), |change| format!(" ({} since the first snapshot)", signed_bytes(change)));
        format!("{} in use under {}{change}", bytes(self.bytes), self.function)
    }
}

/// The site of the heap that holds most among the functions of these stacks.
fn retained(context: &Context<'_>, groups: &[&Group]) -> Option<Retained> {
    let heap = context.heap.as_ref()?;
    let symbols = &context.session.symbols;
    let mut names: Vec<_> =
        groups.iter().flat_map(|group| group.frames.iter().chain(&group.created_at)).map(|f| f.function).collect();
    names.retain(|&name| {
        let text = context.text(name);
        // All goroutines pass through these.
        !crate::pools::is_standard(text) && text != "main.main"
    });
    let mut best: Option<Retained> = None;
    for site in &heap.sites.sites {
        let change = heap.site_change(site);
        if change.inuse_bytes <= best.as_ref().map_or(0, |best| best.bytes) {
            continue;
        }
        let mut way = symbols.function_names(symbols.stacks.get(site.stack)).take(8);
        if names.contains(&site.function) || way.any(|function| names.contains(&function)) {
            let function = context.text(site.function).to_owned();
            best = Some(Retained {
                function,
                bytes: change.inuse_bytes,
                change: heap.has_change().then_some(change.inuse_delta),
            });
        }
    }
    best
}

/// Seconds that passed between what `lock` was measured in; those of waiters first.
fn seconds(context: &Context<'_>, lock: &Lock) -> Option<f64> {
    let (block, mutex) = (context.waits.block.seconds, context.waits.mutex.seconds);
    if lock.waiters.is_empty() { mutex } else { block }
}
