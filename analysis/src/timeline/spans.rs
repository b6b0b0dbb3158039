//! What a lane is doing over time, at any level of detail.
//!
//! A lane is in one state at a time. Beside the spans stand running sums: how long it had been in each state before
//! every 32nd span. The share of each state in a pixel's column is then the difference of two sums, so a picture costs
//! by its pixels whatever it shows, and at one nanosecond a pixel the same arithmetic gives the spans themselves. (An
//! implicit forest of aggregates answers the same for things that cannot be subtracted; times can.)

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
        self.begins.len() * 9 + self.sums.len() * 8 * STATES
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
        let mut walk = Walk { spans: self, at: 0, sums: [0; STATES] };
        let before = walk.sums_at(window.start);
        let after = walk.sums_at(window.end);
        std::array::from_fn(|state| after[state] - before[state])
    }

    /// One column for each of `width` equal parts of `window`, into `columns`.
    pub fn columns(&self, window: Window, width: usize, columns: &mut Vec<Column>) {
        columns.clear();
        let mut walk = Walk { spans: self, at: 0, sums: [0; STATES] };
        let mut before = walk.sums_at(window.start);
        let mut from = window.start;
        for x in 1..=width {
            let to = window.time_at(x as f64 / width as f64);
            if to == from {
                // Less than a nanosecond a pixel.
                let mut column = [0; STATES];
                if let Some(filled) = walk.state().and_then(|state| column.get_mut(state as usize)) {
                    *filled = 255;
                }
                columns.push(column);
                continue;
            }
            let after = walk.sums_at(to);
            let nanos = (to - from) as f64;
            columns.push(std::array::from_fn(|state| match after[state] - before[state] {
                0 => 0,
                time => (time as f64 / nanos * 255.0).round().max(1.0) as u8,
            }));
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
}

impl Walk<'_> {
    fn state(&self) -> Option<LaneState> {
        self.spans.states.get(self.at).copied()
    }

    /// Time in each state before `time`, which is not before the one asked for last.
    fn sums_at(&mut self, time: i64) -> [i64; STATES] {
        let begins = &self.spans.begins;
        let is_near = begins.get(self.at + BLOCK).is_none_or(|&begin| begin > time);
        if !is_near {
            let ahead = begins.get(self.at..).unwrap_or(&[]);
            let to = self.at + gallop(ahead, time);
            self.at = to / BLOCK * BLOCK;
            self.sums = self.spans.sums.get(to / BLOCK).copied().unwrap_or(self.sums);
        }
        while let (Some(&begin), Some(&next)) = (begins.get(self.at), begins.get(self.at + 1)) {
            if next > time {
                break;
            }
            self.add(next - begin);
            self.at += 1;
        }
        let mut sums = self.sums;
        if let (Some(&begin), Some(state)) = (begins.get(self.at), self.state())
            && let Some(sum) = sums.get_mut(state as usize)
        {
            *sum += (time - begin).max(0);
        }
        sums
    }

    fn add(&mut self, nanos: i64) {
        if let Some(sum) = self.state().and_then(|state| self.sums.get_mut(state as usize)) {
            *sum += nanos;
        }
    }
}

/// The last place in `times` that is not after `time`; most often a near one.
fn gallop(times: &[i64], time: i64) -> usize {
    let mut step = BLOCK;
    while times.get(step).is_some_and(|&other| other <= time) {
        step *= 2;
    }
    let from = step / 2;
    let part = times.get(from..step.min(times.len())).unwrap_or(&[]);
    from + part.partition_point(|&other| other <= time).saturating_sub(1)
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
            spans.columns(window, width, &mut columns);
            assert_eq!(columns.len(), width);
            for (x, column) in columns.iter().enumerate() {
                let part = Window {
                    start: window.time_at(x as f64 / width as f64),
                    end: window.time_at((x + 1) as f64 / width as f64),
                };
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
        spans.columns(Window::new(0, 100), 1_000, &mut columns);
        assert_eq!((columns[100][LaneState::Waiting as usize], columns[900][LaneState::Running as usize]), (255, 255));
        assert_eq!(spans.few_in(Window::new(60, 70), 4).unwrap().len(), 1);
        assert_eq!(spans.at(49).unwrap(), Span { begin: 0, end: 50, state: LaneState::Waiting });
        assert!(Spans::default().at(3).is_none());
    }
}
