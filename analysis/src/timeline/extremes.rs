//! Lowest and highest of a long series over any stretch of it, and how much it rose.

use super::course::Range;
use super::window::Window;
use crate::model::trace::Series;

/// Values that stand behind one entry.
const BLOCK: usize = 64;

/// Lowest and highest of every 64 values of a series; grows with it.
#[derive(Clone, Debug, Default)]
pub struct Extremes {
    blocks: Vec<Range>,
    /// How much it rose, step by step, up to the first value of each block and of the one to come.
    risen: Vec<u64>,
}

impl Extremes {
    /// Takes in what was added to `series`.
    pub fn follow(&mut self, series: &Series) {
        for block in series.values.chunks_exact(BLOCK).skip(self.blocks.len()) {
            self.blocks.extend(range(block));
        }
        while self.risen.len() * BLOCK < series.values.len() {
            let at = self.risen.len();
            let before = self.risen.last().copied().unwrap_or(0);
            self.risen.push(before + rise(series, at.saturating_sub(1) * BLOCK, at * BLOCK));
        }
    }

    /// Lowest and highest in `window`, with what it was when the window began.
    pub fn range_in(&self, series: &Series, window: Window) -> Option<Range> {
        let first = series.times.partition_point(|&time| time <= window.start).saturating_sub(1);
        let last = series.times.partition_point(|&time| time < window.end);
        self.range_of(series, first, last)
    }

    /// The sum of the steps up within `window`, with the one into its first value.
    pub fn rise_in(&self, series: &Series, window: Window) -> u64 {
        let first = series.times.partition_point(|&time| time < window.start).saturating_sub(1);
        let last = series.times.partition_point(|&time| time < window.end).saturating_sub(1);
        let until = |at: usize| {
            let block = (at / BLOCK).min(self.risen.len().saturating_sub(1));
            self.risen.get(block).copied().unwrap_or(0) + rise(series, block * BLOCK, at)
        };
        until(last.max(first)) - until(first)
    }

    /// Lowest and highest of the values from `first` up to `last`.
    fn range_of(&self, series: &Series, first: usize, last: usize) -> Option<Range> {
        let (from, to) = (first.div_ceil(BLOCK), (last / BLOCK).min(self.blocks.len()));
        let whole = self.blocks.get(from..to).unwrap_or(&[]);
        let values = |first: usize, last: usize| series.values.get(first..last).unwrap_or(&[]);
        if whole.is_empty() {
            return range(values(first, last));
        }
        let ends = [range(values(first, from * BLOCK)), range(values(to * BLOCK, last))];
        whole
            .iter()
            .copied()
            .chain(ends.into_iter().flatten())
            .reduce(|a, b| Range { low: a.low.min(b.low), high: a.high.max(b.high) })
    }

    /// One range for each of `width` equal parts of `window`.
    pub fn columns(&self, series: &Series, window: Window, width: usize) -> Vec<Option<Range>> {
        let mut first = series.times.partition_point(|&time| time <= window.start).saturating_sub(1);
        let mut out = Vec::with_capacity(width);
        for x in 1..=width {
            let to = window.time_at(x as f64 / width as f64);
            let ahead = series.times.get(first..).unwrap_or(&[]);
            let last = first + ahead.partition_point(|&time| time < to);
            let is_known = series.times.first().is_some_and(|&time| time < to);
            out.push(if is_known { self.range_of(series, first, last.max(first + 1)) } else { None });
            // What it was at the end of this part is what it is at the beginning of the next.
            let is_at_end = series.times.get(last) == Some(&to);
            first = if is_at_end { last } else { last.saturating_sub(1).max(first) };
        }
        out
    }
}

/// The sum of the steps up from one value of a series to a later one.
fn rise(series: &Series, from: usize, to: usize) -> u64 {
    let values = series.values.get(from..=to).unwrap_or(&[]);
    values.windows(2).map(|two| two[1].saturating_sub(two[0])).sum()
}

fn range(values: &[u64]) -> Option<Range> {
    Some(Range { low: values.iter().copied().min()?, high: values.iter().copied().max()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ranges_are_those_of_a_plain_search() {
        let mut series = Series::default();
        let mut extremes = Extremes::default();
        for at in 0..5_000_i64 {
            series.push(100 + at * 10, (at * 7_919 % 1_000) as u64);
            if at % 777 == 0 {
                extremes.follow(&series);
            }
        }
        extremes.follow(&series);
        for part in [Window::new(0, 90), Window::new(0, 50_100), Window::new(655, 40_001), Window::new(740, 741)] {
            let first = series.times.partition_point(|&time| time < part.start).saturating_sub(1);
            let last = series.times.partition_point(|&time| time < part.end);
            let slow: u64 = series.values[first..last].windows(2).map(|two| two[1].saturating_sub(two[0])).sum();
            assert_eq!(extremes.rise_in(&series, part), slow, "{part:?}");
        }
        let window = Window::new(0, 50_100);
        for width in [1, 10, 100, 30_000] {
            for (x, found) in extremes.columns(&series, window, width).into_iter().enumerate() {
                let part = Window {
                    start: window.time_at(x as f64 / width as f64),
                    end: window.time_at((x + 1) as f64 / width as f64),
                };
                let first = series.times.partition_point(|&time| time <= part.start).saturating_sub(1);
                let last = series.times.partition_point(|&time| time < part.end);
                let slow = if part.end <= 100 { None } else { range(&series.values[first..last.max(first + 1)]) };
                assert_eq!(found, slow, "part {x} of {width}");
            }
        }
    }
}
