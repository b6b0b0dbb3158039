//! Things that begin and end, and may overlap: regions of a name, pauses, assists.

use super::search::count_until;
use super::window::Window;

/// Ends are looked through by the highest of every so many.
const BLOCK: usize = 64;
/// The end of what has not ended.
pub const OPEN: i64 = i64::MAX;

/// Intervals in the order in which they begin.
#[derive(Clone, Debug, Default)]
pub struct Intervals {
    begins: Vec<i64>,
    ends: Vec<i64>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Its number.
    pub at: usize,
    /// When it begins.
    pub begin: i64,
    /// When it ends; [`OPEN`] for one that has not.
    pub end: i64,
}

impl Intervals {
    /// Adds one that begins, not before the last; gives its number, to end it by.
    pub fn begin(&mut self, time: i64) -> usize {
        self.begins.push(time);
        self.ends.push(OPEN);
        self.begins.len() - 1
    }

    /// Ends one.
    pub fn end(&mut self, at: usize, time: i64) {
        if let Some(end) = self.ends.get_mut(at) {
            *end = time;
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.begins.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.begins.is_empty()
    }

    /// The one of that number.
    pub fn get(&self, at: usize) -> Option<Interval> {
        Some(Interval { at, begin: *self.begins.get(at)?, end: *self.ends.get(at)? })
    }

    /// All, by their beginning.
    pub fn iter(&self) -> impl Iterator<Item = Interval> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// How many begin in `window`.
    pub fn count_in(&self, window: Window) -> usize {
        let (first, last) = self.beginning_in(window);
        last - first
    }

    /// Those that begin in `window`.
    pub fn in_window(&self, window: Window) -> impl Iterator<Item = Interval> {
        let (first, last) = self.beginning_in(window);
        (first..last).filter_map(|at| self.get(at))
    }

    /// Those that meet `window`, if at most `most` begin in it; of those that began before, the last `most`.
    pub fn few_in(&self, window: Window, most: usize) -> Option<Vec<Interval>> {
        let (first, last) = self.beginning_in(window);
        if last - first > most {
            return None;
        }
        let mut before = Vec::new();
        for at in (first.saturating_sub(most.max(BLOCK))..first).rev() {
            before.extend(self.get(at).filter(|interval| interval.end > window.start));
        }
        before.reverse();
        before.extend((first..last).filter_map(|at| self.get(at)));
        Some(before)
    }

    /// How many begin in each of `width` equal parts of `window`.
    pub fn columns(&self, window: Window, width: usize) -> Vec<u32> {
        let mut at = self.begins.partition_point(|&begin| begin < window.start);
        let mut count = 0;
        (1..=width)
            .map(|x| {
                let to = window.time_at(x as f64 / width as f64);
                count = count_until(self.begins.get(at..).unwrap_or(&[]), to - 1, count);
                at += count;
                count as u32
            })
            .collect()
    }

    /// The last that begins before `time`.
    pub fn before(&self, time: i64) -> Option<Interval> {
        self.get(self.begins.partition_point(|&begin| begin < time).checked_sub(1)?)
    }

    /// The first that begins after `time`.
    pub fn after(&self, time: i64) -> Option<Interval> {
        self.get(self.begins.partition_point(|&begin| begin <= time))
    }

    fn beginning_in(&self, window: Window) -> (usize, usize) {
        let first = self.begins.partition_point(|&begin| begin < window.start);
        (first, self.begins.partition_point(|&begin| begin < window.end).max(first))
    }
}

/// Count and lengths of what falls into a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// Of all together.
    pub total_nanos: i64,
    /// Half of them are not longer.
    pub p50_nanos: i64,
    /// 99 of 100 are not longer.
    pub p99_nanos: i64,
    /// The longest.
    pub max_nanos: i64,
}

impl Spread {
    /// Of lengths in any order. Quantiles are those of Go's trace summaries here: the element at `count * q`, rounded down.
    pub fn of(mut nanos: Vec<i64>) -> Self {
        let count = nanos.len();
        let (total_nanos, max_nanos) = (nanos.iter().sum(), nanos.iter().copied().max().unwrap_or(0));
        let mut at = |share: usize| {
            let place = (count * share / 100).min(count.saturating_sub(1));
            if place >= count { 0 } else { *nanos.select_nth_unstable(place).1 }
        };
        Self { count: count as u64, total_nanos, p50_nanos: at(50), p99_nanos: at(99), max_nanos }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn intervals(count: i64) -> Intervals {
        let mut intervals = Intervals::default();
        for at in 0..count {
            let number = intervals.begin(at * 10);
            intervals.end(number, at * 10 + at % 7 + 1);
        }
        intervals
    }

    #[test]
    fn columns_count_each_once() {
        let intervals = intervals(1_000);
        for width in [1, 7, 333, 4_000] {
            let columns = intervals.columns(Window::new(0, 10_000), width);
            assert_eq!(columns.iter().sum::<u32>(), 1_000);
            for (x, &count) in columns.iter().enumerate() {
                let edge = |x: usize| Window::new(0, 10_000).time_at(x as f64 / width as f64);
                let inside = (edge(x)..edge(x + 1)).filter(|time| time % 10 == 0).count();
                assert_eq!(count as usize, inside, "column {x} of {width}");
            }
        }
        assert_eq!(intervals.count_in(Window::new(15, 41)), 3);
    }

    #[test]
    fn what_began_before_the_window_is_found() {
        let mut intervals = intervals(10);
        intervals.end(2, 1_000);
        let found = intervals.few_in(Window::new(51, 70), 10).unwrap();
        assert_eq!(found.iter().map(|interval| interval.at).collect::<Vec<_>>(), [2, 5, 6]);
        assert!(intervals.few_in(Window::new(0, 100), 3).is_none());
        assert_eq!((intervals.before(50).unwrap().at, intervals.after(50).unwrap().at), (4, 6));
        assert_eq!(intervals.begin(2_000), 10);
        assert_eq!(intervals.get(10).unwrap().end, OPEN);
    }

    #[test]
    fn spreads() {
        let spread = Spread::of((1..=100).rev().collect());
        assert_eq!((spread.count, spread.p50_nanos, spread.p99_nanos, spread.max_nanos), (100, 51, 100, 100));
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
