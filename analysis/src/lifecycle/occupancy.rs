//! How many objects were in each state over time, and how often each step was made: scans of two columns.

use super::state::{STATES, State, Step};
use super::{Lifecycle, PoolLife};
use crate::model::pool::{Counted, Counter};

/// A stretch of time, nanoseconds on the history's clock, its end included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First moment.
    pub from: i64,
    /// Last moment.
    pub to: i64,
}

impl Window {
    /// Its length in seconds, never 0.
    pub fn seconds(&self) -> f64 {
        (self.to.saturating_sub(self.from).max(1)) as f64 / 1e9
    }

    /// Whether a moment lies in it.
    pub fn holds(&self, time: i64) -> bool {
        (self.from..=self.to).contains(&time)
    }
}

/// Objects by state at equally spaced moments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Occupancy {
    /// For each state, its count at the end of each column.
    pub columns: Vec<[u64; STATES]>,
    /// The pool's own counts stand behind it; else the replay.
    pub is_counted: bool,
}

/// Objects in each state at the end of each of `columns` equal parts of the window.
pub fn occupancy(lifecycle: &Lifecycle, pool: &PoolLife, window: Window, columns: usize) -> Occupancy {
    let columns = columns.max(1);
    if pool.certainty.every > 1 {
        let own = || lifecycle.history.counted.iter().filter(|counted| counted.pool == pool.pool);
        if own().next().is_some() {
            return Occupancy { columns: by_counts(own(), window, columns), is_counted: true };
        }
    }
    Occupancy { columns: by_steps(lifecycle, pool, window, columns), is_counted: false }
}

fn by_steps(lifecycle: &Lifecycle, pool: &PoolLife, window: Window, columns: usize) -> Vec<[u64; STATES]> {
    // Changes in each column; the first also holds all that was before.
    let mut changes = vec![[0_i64; STATES]; columns];
    let length = i128::from(window.to) - i128::from(window.from);
    // A multiplication instead of a division for each of millions of rows; at an edge it may choose the column beside.
    let scale = columns as f64 / (length.max(1) as f64);
    let rows = &lifecycle.rows;
    let times = rows.times.get(pool.rows.clone()).unwrap_or_default();
    let steps = rows.steps.get(pool.rows.clone()).unwrap_or_default();
    for (&time, &step) in times.iter().zip(steps) {
        if step.is_none() || time > window.to {
            continue;
        }
        let since = time.saturating_sub(window.from).max(0);
        let column = ((since as f64 * scale) as usize).min(columns - 1);
        if let Some(change) = changes.get_mut(column) {
            change[step.from().index()] -= 1;
            change[step.to().index()] += 1;
        }
    }
    let mut now = [0_i64; STATES];
    let add = |change: &[i64; STATES]| {
        now.iter_mut().zip(change).for_each(|(now, change)| *now += change);
        // Clocks that disagree may let a step come before the one it follows.
        now.map(|count| u64::try_from(count).unwrap_or(0))
    };
    let mut sums: Vec<[u64; STATES]> = changes.iter().map(add).collect();
    sums.iter_mut().for_each(|sums| sums[State::Outside.index()] = 0);
    sums
}

/// As last counted; before the first count, as that one says.
fn by_counts<'a>(counted: impl Iterator<Item = &'a Counted>, window: Window, columns: usize) -> Vec<[u64; STATES]> {
    let mut samples: Vec<&Counted> = counted.collect();
    samples.sort_by_key(|sample| sample.time);
    let length = i128::from(window.to) - i128::from(window.from);
    let states = |sample: &&Counted| {
        let mut states = [0; STATES];
        for (state, counter) in
            [(State::Active, Counter::Active), (State::Idle, Counter::Idle), (State::Victim, Counter::Victim)]
        {
            states[state.index()] = sample.counts.get(counter).unwrap_or(0);
        }
        states
    };
    let mut now = samples.first().map_or([0; STATES], states);
    let mut next = samples.iter().peekable();
    let column = |at: usize| {
        let end = i128::from(window.from) + length * (at as i128 + 1) / columns as i128;
        while let Some(sample) = next.next_if(|sample| i128::from(sample.time) <= end) {
            now = states(sample);
        }
        now
    };
    (0..columns).map(column).collect()
}

/// How often each of `steps` was made from the window's start to the end of each of `columns` equal parts of it.
pub fn courses(
    lifecycle: &Lifecycle,
    pool: &PoolLife,
    window: Window,
    columns: usize,
    steps: &[Step],
) -> Vec<Vec<u64>> {
    let columns = columns.max(1);
    let mut courses = vec![vec![0_u64; columns]; steps.len()];
    let mut places = [usize::MAX; 256];
    for (at, step) in steps.iter().enumerate() {
        if let Some(place) = places.get_mut(step.index()) {
            *place = at;
        }
    }
    let length = i128::from(window.to) - i128::from(window.from);
    let scale = columns as f64 / (length.max(1) as f64);
    let rows = &lifecycle.rows;
    let times = rows.times.get(pool.rows.clone()).unwrap_or_default();
    let made = rows.steps.get(pool.rows.clone()).unwrap_or_default();
    for (&time, step) in times.iter().zip(made) {
        let place = places.get(step.index()).copied().unwrap_or(usize::MAX);
        if let Some(course) = courses.get_mut(place).filter(|_| window.holds(time)) {
            let column = (time.saturating_sub(window.from) as f64 * scale) as usize;
            if let Some(count) = course.get_mut(column.min(columns - 1)) {
                *count += 1;
            }
        }
    }
    for course in &mut courses {
        let mut sum = 0;
        for count in course.iter_mut() {
            sum += *count;
            *count = sum;
        }
    }
    courses
}

/// How often each step was made in a window, in the order of steps.
pub fn steps_in(lifecycle: &Lifecycle, pool: &PoolLife, window: Window) -> Vec<(Step, u64)> {
    let mut counts = [0_u64; 256];
    let rows = &lifecycle.rows;
    let times = rows.times.get(pool.rows.clone()).unwrap_or_default();
    let steps = rows.steps.get(pool.rows.clone()).unwrap_or_default();
    for (&time, &step) in times.iter().zip(steps) {
        if let Some(count) = counts.get_mut(step.index()) {
            *count += u64::from(window.holds(time));
        }
    }
    let made = counts.iter().enumerate().filter(|(at, count)| **count > 0 && !Step::from_index(*at).is_none());
    made.map(|(at, &count)| (Step::from_index(at), count)).collect()
}
