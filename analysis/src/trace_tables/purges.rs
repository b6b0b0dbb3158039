//! When pools make new objects: by the time since every pool was last purged, folded over all cycles.
//!
//! A `sync.Pool` keeps an object that nobody takes over one purge and loses it at the next (sync/pool.go, `poolCleanup`).
//! A pool whose objects lie idle so long is empty right after a purge, and calls New for the next Gets. So if News crowd
//! after purges, the collector empties the pool; if they come evenly, it misses for another reason.

use std::collections::BTreeMap;

use crate::model::trace::{EventKind, Trace};
use crate::model::{StringId, Symbols};
use crate::order::sort_by;
use crate::timeline::{OPEN, PoolRole, Survey, Window};

/// Fewer News say nothing of when they come: at 20, half of them in one quarter of the time is chance once in 70.
pub const LEAST_NEWS: usize = 20;

/// All pools of a trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewAfterPurge {
    /// Those with the most News first.
    pub pools: Vec<PoolNews>,
    /// The time between purges.
    pub periods: Periods,
}

/// One pool: objects that are made by the same function, called by Get.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolNews {
    /// The function that Get called, such as `main.newSession`; the region's name where no Get is in its stack.
    pub name: StringId,
    /// News that the program marked, as regions or by logs.
    pub marked: usize,
    /// CPU samples taken while Get was making an object.
    pub sampled: usize,
    /// Other events seen meanwhile. A bound: one New may give several, and most give none.
    pub seen: usize,
    /// What is counted from purges: the best of these that there is.
    pub basis: Basis,
    /// Of the basis, those before the first purge in the window.
    pub before: usize,
    /// Of the basis, the time since the last purge of each, rising.
    pub delays: Vec<i64>,
    /// When the first one after a purge came, in trace time.
    pub first: Option<i64>,
}

/// How News are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Every one, marked by the program.
    Marked,
    /// By samples, as many as their time.
    Sampled,
    /// By whatever happened meanwhile. That is mostly the collector's doing (a goroutine made to help, or to stop), and
    /// so comes after purges whenever the News come.
    Seen,
}

/// Time by its distance from the last purge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Periods {
    /// From and to which distance each period is in the window.
    parts: Vec<(i64, i64)>,
}

/// How the News of a pool lie to purges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowding {
    /// Most come right after purges: the collector empties the pool.
    AfterPurges,
    /// More than by chance come right after purges.
    Leaning,
    /// They don't follow purges.
    Even,
    /// There are fewer than [`LEAST_NEWS`].
    TooFew,
    /// What was seen tells of the collector more than of the News ([`Basis::Seen`]).
    NotTold,
}

impl Periods {
    fn new(survey: &Survey, window: Window) -> (Self, Vec<i64>) {
        let purges: Vec<i64> = survey.collector.purges().map(|stop| stop.end).filter(|&end| end != OPEN).collect();
        let nexts = purges.iter().skip(1).copied().chain(std::iter::once(i64::MAX));
        let parts = purges.iter().zip(nexts).filter_map(|(&purge, next)| {
            let (from, to) = (window.start.max(purge), window.end.min(next));
            (from < to).then(|| (from - purge, to - purge))
        });
        (Self { parts: parts.collect() }, purges)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.parts.len()
    }

    /// How much of the time is at most so far from the last purge.
    pub fn nanos_within(&self, nanos: i64) -> i64 {
        self.parts.iter().map(|&(from, to)| (to.min(nanos) - from).max(0)).sum()
    }

    /// All of it.
    pub fn nanos(&self) -> i64 {
        self.nanos_within(i64::MAX)
    }

    /// The longest time since a purge.
    pub fn longest(&self) -> i64 {
        self.parts.iter().map(|&(_, to)| to).max().unwrap_or(0)
    }

    /// So far from the last purge is that share of the time, to the nanosecond.
    pub fn quantile(&self, share: f64) -> i64 {
        let wanted = (self.nanos() as f64 * share) as i64;
        let (mut low, mut high) = (0, self.longest());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.nanos_within(middle) < wanted { low = middle + 1 } else { high = middle }
        }
        low
    }
}

impl PoolNews {
    /// Within that time after a purge came half of the News.
    pub fn half_within(&self) -> Option<i64> {
        self.delays.get(self.delays.len().div_ceil(2).checked_sub(1)?).copied()
    }

    /// The share of News that came at most so long after a purge.
    pub fn share_within(&self, nanos: i64) -> f64 {
        self.delays.partition_point(|&delay| delay <= nanos) as f64 / self.delays.len().max(1) as f64
    }

    /// How they lie: if they came evenly, a quarter would come in the quarter of the time that is nearest to purges.
    pub fn crowding(&self, periods: &Periods) -> Crowding {
        let share = self.share_within(periods.quantile(0.25));
        match () {
            () if self.delays.len() < LEAST_NEWS => Crowding::TooFew,
            () if self.basis == Basis::Seen => Crowding::NotTold,
            () if share >= 0.5 => Crowding::AfterPurges,
            () if share >= 0.375 => Crowding::Leaning,
            () => Crowding::Even,
        }
    }

    /// News in each of `count` equal parts of the time up to `last` after a purge, and how many would be there if they
    /// came evenly.
    pub fn bins(&self, periods: &Periods, last: i64, count: usize) -> Vec<(usize, f64)> {
        let edge = |at: usize| (last as f64 * at as f64 / count as f64).round() as i64;
        let rate = self.delays.len() as f64 / periods.nanos().max(1) as f64;
        let before = |at: usize| self.delays.partition_point(|&delay| delay < edge(at));
        let time = |at: usize| periods.nanos_within(edge(at)) as f64;
        (0..count).map(|at| (before(at + 1) - before(at), (time(at + 1) - time(at)) * rate)).collect()
    }
}

/// Folds the News of `window`.
///
/// ```
/// use analysis::model::{Symbols, trace::Trace};
/// use analysis::timeline::{Survey, Window};
/// use analysis::trace_tables::new_after_purge;
///
/// let found = new_after_purge(&Trace::default(), &Symbols::default(), &Survey::default(), Window::new(0, 1));
/// assert!(found.pools.is_empty());
/// ```
pub fn new_after_purge(trace: &Trace, symbols: &Symbols, survey: &Survey, window: Window) -> NewAfterPurge {
    let (periods, purges) = Periods::new(survey, window);
    // By pool: times of News that are marked, of samples, of other events.
    let mut pools: BTreeMap<StringId, [Vec<i64>; 3]> = BTreeMap::new();
    let event_at = |time: i64| trace.events.get(trace.events.first_at(time));
    let mut mark = |time: i64, name: Option<StringId>| {
        let event = event_at(time);
        let maker = survey.marks.of(event.as_ref().and_then(|event| event.stack())).maker;
        let name = maker.or(name).or_else(|| Some(event?.resource()?.name)).unwrap_or_default();
        pools.entry(name).or_default()[0].push(time);
    };
    for kind in survey.annotations.of_role(PoolRole::New) {
        kind.regions.in_window(window).for_each(|region| mark(region.begin, Some(kind.name)));
    }
    survey.annotations.logged_in(PoolRole::New, window).iter().for_each(|&time| mark(time, None));
    let is_in = |time: i64| window.start <= time && time < window.end;
    for evidence in survey.evidence.all.iter().filter(|evidence| is_in(evidence.begin)) {
        if let Some(maker) = survey.marks.of(Some(evidence.stack)).maker {
            let is_sample = event_at(evidence.begin).is_some_and(|event| event.kind() == EventKind::StackSample);
            pools.entry(maker).or_default()[if is_sample { 1 } else { 2 }].push(evidence.begin);
        }
    }
    let fold = |(name, kinds): (StringId, [Vec<i64>; 3])| {
        let [marked, sampled, seen] = &kinds;
        let (basis, news) = match () {
            () if !marked.is_empty() => (Basis::Marked, marked.clone()),
            () if sampled.len() >= LEAST_NEWS => (Basis::Sampled, sampled.clone()),
            () => (Basis::Seen, sampled.iter().chain(seen).copied().collect()),
        };
        let last_purge = |time: i64| purges.get(purges.partition_point(|&purge| purge <= time).checked_sub(1)?);
        let mut delays: Vec<i64> = news.iter().filter_map(|&time| Some(time - last_purge(time)?)).collect();
        delays.sort_unstable();
        let first = news.iter().copied().filter(|&time| last_purge(time).is_some()).min();
        let (marked, sampled, seen) = (marked.len(), sampled.len(), seen.len());
        PoolNews { name, marked, sampled, seen, basis, before: news.len() - delays.len(), delays, first }
    };
    let mut pools: Vec<PoolNews> = pools.into_iter().map(fold).collect();
    let text = |pool: &PoolNews| symbols.strings.get(pool.name);
    let news = |pool: &PoolNews| pool.delays.len() + pool.before;
    sort_by(&mut pools, |a, b| news(b).cmp(&news(a)).then_with(|| text(a).cmp(text(b))));
    NewAfterPurge { pools, periods }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(delays: Vec<i64>) -> PoolNews {
        let (marked, basis) = (delays.len(), Basis::Marked);
        PoolNews { name: StringId::default(), marked, sampled: 0, seen: 0, basis, before: 0, delays, first: None }
    }

    #[test]
    fn news_are_weighed_by_the_time_that_there_was() {
        // Three periods of 100, one of 1,000: most of the time near a purge is in the short ones.
        let periods = Periods { parts: vec![(0, 100), (0, 100), (0, 100), (0, 1_000)] };
        assert_eq!((periods.nanos(), periods.longest(), periods.nanos_within(50)), (1_300, 1_000, 200));
        assert_eq!(periods.quantile(0.25), 82);
        let even = pool((0..1_300).map(|at| if at < 400 { at / 4 } else { at - 300 }).collect());
        assert_eq!(even.crowding(&periods), Crowding::Even);
        for (count, expected) in even.bins(&periods, 1_000, 10) {
            assert!((count as f64 - expected).abs() < 1.5, "{count} {expected}");
        }
        let crowded = pool((0..40).map(|at| if at < 25 { 3 } else { at * 20 }).collect());
        assert_eq!((crowded.crowding(&periods), crowded.half_within()), (Crowding::AfterPurges, Some(3)));
        let seen = PoolNews { basis: Basis::Seen, ..crowded };
        assert_eq!(seen.crowding(&periods), Crowding::NotTold);
        assert_eq!(pool(vec![1; 19]).crowding(&periods), Crowding::TooFew);
        assert_eq!(pool(Vec::new()).half_within(), None);
    }
}
