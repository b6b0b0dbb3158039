//! A count that goes up and down too often to keep every step: lowest and highest of equal parts of time.

use super::window::Window;

/// Parts kept at most: twice what a wide screen has pixels, many times over, and half a megabyte.
const MOST_PARTS: u32 = 1 << 15;

/// Lowest and highest of a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The lowest.
    pub low: u64,
    /// The highest.
    pub high: u64,
}

/// A count over time. Only parts in which it changed are kept; when they could become too many, two become one.
#[derive(Clone, Debug)]
pub struct Course {
    start: Option<i64>,
    /// A part is 2^shift nanoseconds.
    shift: u32,
    parts: Vec<Part>,
}

/// A part of time in which the count changed. Counts beyond four bytes are told as the most that they hold.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Its number, from the start.
    at: u32,
    low: u32,
    high: u32,
    /// What the count was at its end, and is until the next.
    last: u32,
}

impl Default for Course {
    fn default() -> Self {
        Self { start: None, shift: 10, parts: Vec::new() }
    }
}

impl Course {
    /// From `time` on it is `value`. Times rise.
    pub fn push(&mut self, time: i64, value: u64) {
        let start = *self.start.get_or_insert(time);
        while self.part_of(time.saturating_sub(start)) >= MOST_PARTS {
            self.halve();
        }
        let at = self.part_of(time.saturating_sub(start));
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        match self.parts.last_mut() {
            Some(part) if part.at == at => {
                *part = Part { at, low: part.low.min(value), high: part.high.max(value), last: value };
            }
            before => {
                let held = before.map_or(0, |part| part.last);
                self.parts.push(Part { at, low: held.min(value), high: held.max(value), last: value });
            }
        }
    }

    /// Makes parts twice as long.
    fn halve(&mut self) {
        self.shift += 1;
        self.parts.iter_mut().for_each(|part| part.at >>= 1);
        self.parts.dedup_by(|later, kept| {
            let is_same = later.at == kept.at;
            if is_same {
                let (low, high) = (kept.low.min(later.low), kept.high.max(later.high));
                *kept = Part { low, high, ..*later };
            }
            is_same
        });
    }

    fn part_of(&self, offset: i64) -> u32 {
        u32::try_from(offset.max(0) >> self.shift).unwrap_or(u32::MAX)
    }

    /// How fine it is.
    pub fn part_nanos(&self) -> i64 {
        1 << self.shift
    }

    /// What it is now.
    pub fn last(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.last.into())
    }

    /// Lowest and highest in `window`; `None` where it was not known.
    pub fn range_in(&self, window: Window) -> Option<Range> {
        let (start, end) = (self.start?, self.parts.last()?.at);
        if window.end <= start {
            return None;
        }
        let first = self.part_of(window.start.saturating_sub(start)).min(end);
        let last = self.part_of(window.end.saturating_sub(1).saturating_sub(start)).min(end);
        let from = self.parts.partition_point(|part| part.at < first);
        let changed = self.parts.get(from..)?.iter().take_while(|part| part.at <= last);
        // Where nothing changes in the first part, it is what it was before.
        let is_held = self.parts.get(from).is_none_or(|part| part.at != first);
        let held = from.checked_sub(1).and_then(|before| self.parts.get(before)).filter(|_| is_held);
        let held = held.map(|part| Part { low: part.last, high: part.last, ..*part });
        let all = held.iter().chain(changed);
        Some(Range {
            low: all.clone().map(|part| part.low).min()?.into(),
            high: all.map(|part| part.high).max()?.into(),
        })
    }

    /// The highest of all.
    pub fn highest(&self) -> u64 {
        self.parts.iter().map(|part| part.high.into()).max().unwrap_or(0)
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
        assert!(course.parts.len() <= MOST_PARTS as usize);
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

    #[test]
    fn long_silence_takes_no_room() {
        let mut course = Course::default();
        for (time, value) in [(0, 3), (7_000_000, 9), (7_000_001, 4), (60_000_000_000, 1)] {
            course.push(time, value);
        }
        assert_eq!(course.parts.len(), 3);
        let range = |start, end| course.range_in(Window::new(start, end)).map(|range| (range.low, range.high));
        assert_eq!(range(30_000_000_000, 31_000_000_000), Some((4, 4)));
        assert_eq!(range(0, 31_000_000_000), Some((0, 9)));
        assert_eq!(range(30_000_000_000, i64::MAX), Some((1, 4)));
        assert_eq!(range(i64::MIN, i64::MAX), Some((0, 9)));
    }
}
