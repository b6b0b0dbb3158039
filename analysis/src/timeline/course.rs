//! A count that goes up and down too often to keep every step: lowest and highest of equal parts of time.

use super::window::Window;

/// Parts kept at most: twice what a wide screen has pixels, many times over, and half a megabyte.
const MOST_PARTS: usize = 1 << 15;

/// Lowest and highest of a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The lowest.
    pub low: u64,
    /// The highest.
    pub high: u64,
}

/// A count over time. When its parts become too many, two become one.
#[derive(Clone, Debug)]
pub struct Course {
    start: Option<i64>,
    /// A part is 2^shift nanoseconds.
    shift: u32,
    parts: Vec<Range>,
    last: u64,
}

impl Default for Course {
    fn default() -> Self {
        Self { start: None, shift: 10, parts: Vec::new(), last: 0 }
    }
}

impl Course {
    /// From `time` on it is `value`. Times rise.
    pub fn push(&mut self, time: i64, value: u64) {
        let start = *self.start.get_or_insert(time);
        let mut part = self.part_of(time - start);
        while part >= MOST_PARTS {
            self.parts = self
                .parts
                .chunks(2)
                .map(|two| Range {
                    low: two.iter().map(|range| range.low).min().unwrap_or(0),
                    high: two.iter().map(|range| range.high).max().unwrap_or(0),
                })
                .collect();
            self.shift += 1;
            part = self.part_of(time - start);
        }
        if part >= self.parts.len() {
            self.parts.resize(part + 1, Range { low: self.last, high: self.last });
        }
        if let Some(range) = self.parts.last_mut() {
            range.low = range.low.min(value);
            range.high = range.high.max(value);
        }
        self.last = value;
    }

    fn part_of(&self, offset: i64) -> usize {
        usize::try_from(offset.max(0) >> self.shift).unwrap_or(usize::MAX)
    }

    /// How fine it is.
    pub fn part_nanos(&self) -> i64 {
        1 << self.shift
    }

    /// What it is now.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Lowest and highest in `window`; `None` where it was not known.
    pub fn range_in(&self, window: Window) -> Option<Range> {
        let start = self.start?;
        if window.end <= start || self.parts.is_empty() {
            return None;
        }
        let first = self.part_of(window.start - start).min(self.parts.len() - 1);
        let last = self.part_of(window.end - 1 - start).min(self.parts.len() - 1);
        let parts = self.parts.get(first..=last)?;
        Some(Range {
            low: parts.iter().map(|range| range.low).min()?,
            high: parts.iter().map(|range| range.high).max()?,
        })
    }

    /// The highest of all.
    pub fn highest(&self) -> u64 {
        self.parts.iter().map(|range| range.high).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn peaks_survive_however_long_it_gets() {
        let mut course = Course::default();
        for at in 0..200_000_i64 {
            course.push(5_000 + at * 100_000, if at == 77_777 { 1_000 } else { at as u64 % 10 });
        }
        assert!(course.parts.len() <= MOST_PARTS);
        assert_eq!((course.highest(), course.last()), (1_000, 9));
        let peak = 5_000 + 77_777 * 100_000;
        assert_eq!(course.range_in(Window::new(peak, peak + 1)).unwrap().high, 1_000);
        assert_eq!(course.range_in(Window::new(0, 4_000)), None);
        assert_eq!(course.range_in(Window::new(i64::MAX - 5, i64::MAX)).unwrap().high, 9);
    }

    #[test]
    fn a_count_holds_until_it_changes() {
        let mut course = Course::default();
        course.push(0, 3);
        course.push(1_000_000, 5);
        assert_eq!(course.range_in(Window::new(400_000, 500_000)), Some(Range { low: 3, high: 3 }));
    }
}
