//! What a lane is doing over time, at any level of detail.
//!
//! A lane is in one state at a time. Beside the spans stand running sums: how long it had been in each state before
//! every 32nd span. The share of each state in a pixel's column is then the difference of two sums, so a picture costs
//! by its pixels whatever it shows, and at one nanosecond a pixel the same arithmetic gives the spans themselves. (An
//! implicit forest of aggregates answers the same for things that cannot be subtracted; times can.)

use std::ops::Range;

use super::grid::Grid;
use super::search::count_until;
use super::window::Window;

/// What a lane is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LaneState {
    /// It is not there, or nothing is known.
    #[default]
    Absent,
    /// A goroutine waits; a processor has no goroutine.
    Waiting,
    /// A goroutine could run and has no processor.
    Runnable,
    /// It runs the program.
    Running,
    /// It is in a system call.
    Syscall,
    /// It runs the collector.
    Collecting,
    /// It helps the collector before it may allocate.
    Assisting,
    /// It sweeps.
    Sweeping,
}

/// How many states there are.
pub const STATES: usize = 8;
/// Sums stand before every so many spans.
const BLOCK: usize = 32;

/// How much of a column each state fills, in 255ths; a state that is there at all fills at least one.
pub type Column = [u8; STATES];

/// Spans without gaps, by time.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    begins: Vec<i64>,
    states: Vec<LaneState>,
    /// Where every [`BLOCK`]th span begins: what is searched, so that it stays in the processor's cache.
    marks: Vec<i64>,
    sums: Vec<[i64; STATES]>,
    /// Up to the beginning of the last span.
    total: [i64; STATES],
}

/// A span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it begins.
    pub begin: i64,
    /// When the next begins; for the last, the end of what is asked about.
    pub end: i64,
    /// What is done in it.
    pub state: LaneState,
}

impl Spans {
    /// From `time` on it is in `state`. Times rise.
    pub fn push(&mut self, time: i64, state: LaneState) {
        if let (Some(&begin), Some(&before)) = (self.begins.last(), self.states.last())
            && let Some(sum) = self.total.get_mut(before as usize)
        {
            *sum += time.saturating_sub(begin);
        }
        if self.begins.len().is_multiple_of(BLOCK) {
            self.marks.push(time);
            self.sums.push(self.total);
        }
        self.begins.push(time);
        self.states.push(state);
    }

    /// What it is in now.
    pub fn state(&self) -> LaneState {
        self.states.last().copied().unwrap_or_default()
    }

    /// How many spans there are.
    pub fn len(&self) -> usize {
        self.begins.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.begins.is_empty()
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.begins.len() * 9 + self.sums.len() * 8 * (STATES + 1)
    }

    /// The span at `time`; `None` before the first.
    pub fn at(&self, time: i64) -> Option<Span> {
        let at = self.begins.partition_point(|&begin| begin <= time).checked_sub(1)?;
        self.span(at, i64::MAX)
    }

    /// Spans that meet `window`, if there are at most `most`.
    pub fn few_in(&self, window: Window, most: usize) -> Option<Vec<Span>> {
        let first = self.begins.partition_point(|&begin| begin <= window.start).saturating_sub(1);
        let last = self.begins.partition_point(|&begin| begin < window.end);
        (last.saturating_sub(first) <= most).then(|| (first..last).filter_map(|at| self.span(at, window.end)).collect())
    }

    /// How many spans begin in `window`.
    pub fn count_in(&self, window: Window) -> usize {
        let first = self.begins.partition_point(|&begin| begin < window.start);
        self.begins.partition_point(|&begin| begin < window.end).saturating_sub(first)
    }

    fn span(&self, at: usize, end: i64) -> Option<Span> {
        Some(Span {
            begin: *self.begins.get(at)?,
            end: self.begins.get(at + 1).copied().unwrap_or(end),
            state: *self.states.get(at)?,
        })
    }

    /// How long it is in each state within `window`, in nanoseconds.
    pub fn times_in(&self, window: Window) -> [i64; STATES] {
        let mut walk = Walk::new(self);
        let before = walk.sums_at(window.start);
        let after = walk.sums_at(window.end);
        std::array::from_fn(|state| after[state] - before[state])
    }

    /// Appends one column for each of the columns `part` of `grid`.
    pub fn columns(&self, grid: &Grid, part: Range<usize>, columns: &mut Vec<Column>) {
        let mut walk = Walk::new(self);
        let mut from = grid.edge(part.start);
        let mut before = walk.sums_at(from);
        for x in part {
            let to = grid.edge(x + 1);
            let mut column = [0; STATES];
            if to <= from {
                // Less than a nanosecond a pixel.
                if let Some(filled) = walk.state().and_then(|state| column.get_mut(state as usize)) {
                    *filled = 255;
                }
                columns.push(column);
                continue;
            }
            let after = walk.sums_at(to);
            let scale = 255.0 / (to - from) as f64;
            for (filled, (after, before)) in column.iter_mut().zip(after.iter().zip(&before)) {
                if after != before {
                    *filled = ((after - before) as f64 * scale + 0.5).max(1.0) as u8;
                }
            }
            columns.push(column);
            (before, from) = (after, to);
        }
    }
}

/// A walk from left to right over the sums.
struct Walk<'a> {
    spans: &'a Spans,
    /// The span that was reached.
    at: usize,
    /// Up to its beginning.
    sums: [i64; STATES],
    /// How many blocks the last long step went: columns are equal, and what they hold is often alike.
    stride: usize,
}

impl<'a> Walk<'a> {
    fn new(spans: &'a Spans) -> Self {
        Self { spans, at: 0, sums: [0; STATES], stride: 1 }
    }

    fn state(&self) -> Option<LaneState> {
        self.spans.states.get(self.at).copied()
    }

    /// Time in each state before `time`, which is not before the one asked for last.
    fn sums_at(&mut self, time: i64) -> [i64; STATES] {
        let block = self.at / BLOCK;
        let ahead = self.spans.marks.get(block + 1..).unwrap_or(&[]);
        let blocks = count_until(ahead, time, self.stride);
        if blocks > 0 {
            self.stride = blocks;
            self.at = (block + blocks) * BLOCK;
            self.sums = self.spans.sums.get(block + blocks).copied().unwrap_or(self.sums);
        }
        let end = (self.at / BLOCK + 1) * BLOCK;
        let begins = self.spans.begins.get(self.at..end.min(self.spans.begins.len())).unwrap_or(&[]);
        let past = begins.partition_point(|&begin| begin <= time).saturating_sub(1);
        match self.spans.sums.get(end / BLOCK).zip(self.spans.marks.get(end / BLOCK)) {
            // The end of the block is nearer.
            Some((&sums, &mark)) if past > begins.len() / 2 => {
                self.sums = sums;
                self.add(self.at + past..end, mark, -1);
            }
            _ => {
                let until = begins.get(past).copied().unwrap_or(time);
                self.add(self.at..self.at + past, until, 1);
            }
        }
        self.at += past;
        let mut sums = self.sums;
        if let (Some(&begin), Some(state)) = (begins.get(past), self.state())
            && let Some(sum) = sums.get_mut(state as usize)
        {
            *sum += (time - begin).max(0);
        }
        sums
    }

    /// Adds the spans of that numbers, the last of which ends at `until`, `sign` times.
    fn add(&mut self, spans: Range<usize>, until: i64, sign: i64) {
        let begins = self.spans.begins.get(spans.clone()).unwrap_or(&[]);
        let states = self.spans.states.get(spans).unwrap_or(&[]);
        let ends = begins.iter().skip(1).chain(std::iter::once(&until));
        for ((&begin, &end), &state) in begins.iter().zip(ends).zip(states) {
            if let Some(sum) = self.sums.get_mut(state as usize) {
                *sum += sign * (end - begin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Spans of pseudo-random length, and the same spans as a list.
    fn lane(count: usize) -> (Spans, Vec<(i64, LaneState)>) {
        const ALL: [LaneState; 4] = [LaneState::Absent, LaneState::Waiting, LaneState::Running, LaneState::Sweeping];
        let (mut spans, mut list) = (Spans::default(), Vec::new());
        let (mut time, mut seed) = (1_000_i64, 7_u64);
        for _ in 0..count {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let state = ALL[(seed >> 40) as usize % ALL.len()];
            spans.push(time, state);
            list.push((time, state));
            time += 1 + (seed >> 50) as i64 % 500;
        }
        (spans, list)
    }

    fn slow_times(list: &[(i64, LaneState)], window: Window) -> [i64; STATES] {
        let mut times = [0; STATES];
        for (at, &(begin, state)) in list.iter().enumerate() {
            let end = list.get(at + 1).map_or(i64::MAX, |next| next.0);
            times[state as usize] += (end.min(window.end) - begin.max(window.start)).max(0);
        }
        times
    }

    #[test]
    fn sums_equal_what_counting_gives() {
        let (spans, list) = lane(3_000);
        let end = list.last().unwrap().0;
        for window in
            [Window::new(0, end + 500), Window::new(5_000, 5_001), Window::new(777, 90_000), Window::new(end, end + 9)]
        {
            assert_eq!(spans.times_in(window), slow_times(&list, window));
        }
    }

    #[test]
    fn columns_show_every_state_that_is_there() {
        let (spans, list) = lane(3_000);
        let window = Window::new(900, list.last().unwrap().0);
        let mut columns = Vec::new();
        for width in [1, 3, 640, 5_000] {
            let grid = Grid::new(window, 0, width);
            columns.clear();
            spans.columns(&grid, 0..width / 3, &mut columns);
            spans.columns(&grid, width / 3..width, &mut columns);
            assert_eq!(columns.len(), width);
            for (x, column) in columns.iter().enumerate() {
                let part = Window { start: grid.edge(x), end: grid.edge(x + 1) };
                let times = slow_times(&list, part);
                for state in 0..STATES {
                    assert_eq!(column[state] > 0, times[state] > 0, "column {x} of {width}, state {state}");
                    assert!(
                        (f64::from(column[state]) / 255.0 - times[state] as f64 / part.nanos() as f64).abs() < 0.01
                    );
                }
            }
        }
    }

    #[test]
    fn below_a_nanosecond_a_pixel_the_span_itself_is_shown() {
        let mut spans = Spans::default();
        spans.push(0, LaneState::Waiting);
        spans.push(50, LaneState::Running);
        let mut columns = Vec::new();
        spans.columns(&Grid::new(Window::new(0, 100), 0, 1_000), 0..1_000, &mut columns);
        assert_eq!((columns[100][LaneState::Waiting as usize], columns[900][LaneState::Running as usize]), (255, 255));
        assert_eq!(spans.few_in(Window::new(60, 70), 4).unwrap().len(), 1);
        assert_eq!(spans.at(49).unwrap(), Span { begin: 0, end: 50, state: LaneState::Waiting });
        assert!(Spans::default().at(3).is_none());
    }
}
