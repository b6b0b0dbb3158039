//! What the view knows: the pools, the one looked at, its graph, and the moment. Shared by page and inspector.

use std::sync::Arc;

use analysis::lifecycle::State;
use analysis::query::{Answer, PoolRow, Query, StatesAnswer, StatesQuery};
use leptos::prelude::*;

use super::look::{ALL, Look};
use crate::client::{Client, use_answer};
use crate::live::effect;
use crate::state::{Looking, View};

/// Frames of the scrubber and columns of the occupancy: about as many as there are pixels.
pub(super) const FRAMES: u32 = 600;
/// Rows of the table of pools, and choices, at most: a trace of allocations names thousands of types.
pub(super) const MOST_POOLS: usize = 200;
/// The moment goes into the address when it has rested so long.
const REST_MILLIS: u32 = 200;

/// Lives in the context.
#[derive(Clone, Copy)]
pub(crate) struct States {
    /// All pools, those with breaches first, then the busiest.
    pub(crate) pools: Memo<Vec<PoolRow>>,
    /// The pool that is looked at; `None` for all of them.
    pub(super) shown: Memo<Option<PoolRow>>,
    /// Its graph. The one before stays until the next is there.
    pub(super) graph: Memo<Option<Arc<StatesAnswer>>>,
    /// The moment while it moves; at rest it is the look's.
    pub(super) moment: RwSignal<Option<i64>>,
    /// The scrubber plays.
    pub(super) is_playing: RwSignal<bool>,
    looking: Looking,
}

/// The name of a pool in links.
pub(super) fn pool_key(row: &PoolRow) -> String {
    format!("{}/{}", row.file, row.name)
}

/// The pool that a look names: the busiest where it names none or one that is not there.
fn shown<'a>(pools: &'a [PoolRow], look: &Look) -> Option<&'a PoolRow> {
    if look.pool == ALL {
        return None;
    }
    // A link may name a pool without its file.
    let named = |row: &&PoolRow| !look.pool.is_empty() && (pool_key(row) == look.pool || row.name == look.pool);
    pools.iter().find(named).or_else(|| {
        // Blocks of bytes are many and dull, and so are objects whose type nobody knows: a pool of objects says more.
        let is_object_pool = |row: &&PoolRow| !row.name.contains('/') && !row.name.starts_with('(');
        pools.iter().find(|row| row.violations > 0).or_else(|| pools.iter().find(is_object_pool)).or(pools.first())
    })
}

impl States {
    /// Follows the session and the address.
    pub(crate) fn start(client: Client, looking: Looking) -> Self {
        let has_pools = Memo::new(move |_| client.files.with(|files| files.iter().any(|file| file.pools.is_some())));
        let asked = use_answer(move || has_pools.get().then_some(Query::Pools));
        let pools = Memo::new(move |_| match asked.get() {
            Some(Ok(Answer::Pools(found))) => found.pools,
            _ => Vec::new(),
        });
        let look = Memo::new(move |_| looking.state.with(|state| state.states.clone()));
        let is_seen = Memo::new(move |_| looking.state.with(|state| state.view == View::States));
        let row = Memo::new(move |_| pools.with(|pools| shown(pools, &look.get()).cloned()));
        let answer = use_answer(move || {
            let key = row.get()?.key;
            let window = look.with(|look| look.window);
            is_seen.get().then_some(Query::States(StatesQuery { key, window, columns: FRAMES }))
        });
        let graph = Memo::new(move |before: Option<&Option<Arc<StatesAnswer>>>| match answer.get() {
            Some(Ok(Answer::States(found))) => found.map(|found| Arc::new(*found)),
            _ => before.cloned().flatten().filter(|_| row.get().is_some()),
        });
        let states =
            Self { pools, shown: row, graph, moment: RwSignal::new(None), is_playing: RwSignal::new(false), looking };
        effect(move || {
            let kept = look.with(|look| look.moment);
            if !states.is_playing.get_untracked() && states.moment.get_untracked() != kept {
                states.moment.set(kept);
            }
        });
        effect(move || {
            if !is_seen.get() {
                states.is_playing.set(false);
            }
        });
        super::moments::follow(client, looking);
        states
    }

    /// How many breaches of contracts there are, for the head of the view; empty for none.
    pub(crate) fn breaches(self) -> String {
        let breaches = self.pools.with(|pools| pools.iter().map(|row| row.violations).sum::<u64>());
        if breaches == 0 { String::new() } else { analysis::words::number(breaches) }
    }

    /// What is looked at is a type of objects, and no pool.
    pub(super) fn is_type(self) -> bool {
        self.shown.with(|row| row.as_ref().is_some_and(|row| row.gets.is_none()))
    }

    pub(super) fn look(self) -> Look {
        self.looking.state.with(|state| state.states.clone())
    }

    /// Changes how states are looked at.
    pub(super) fn set(self, change: impl FnOnce(&mut Look)) {
        self.looking.set(|state| change(&mut state.states));
    }

    /// Moves to a moment, and keeps it in the address once it rests.
    pub(super) fn move_to(self, moment: Option<i64>) {
        self.moment.set(moment);
        let keep = move || {
            let is_at_rest = !self.is_playing.try_get_untracked().unwrap_or(true);
            if is_at_rest && self.moment.try_get_untracked() == Some(moment) {
                self.set(|look| look.moment = moment);
            }
        };
        gloo::timers::callback::Timeout::new(REST_MILLIS, keep).forget();
    }

    /// The frame of the moment: the last where none is chosen.
    pub(super) fn frame(self, graph: &StatesAnswer) -> u32 {
        frame_of(graph.window, self.moment.get())
    }
}

/// The column that ends at a moment, or the last.
pub(super) fn frame_of((from, to): (i64, i64), moment: Option<i64>) -> u32 {
    let last = FRAMES - 1;
    let Some(moment) = moment else { return last };
    let length = to.saturating_sub(from).max(1) as f64;
    let column = (moment.saturating_sub(from) as f64 / length * f64::from(FRAMES)).round() as i64 - 1;
    column.clamp(0, i64::from(last)) as u32
}

/// When a column ends; `None` for the last, which is the window's end.
pub(super) fn moment_of((from, to): (i64, i64), frame: u32) -> Option<i64> {
    let share = f64::from(frame + 1) / f64::from(FRAMES);
    (frame + 1 < FRAMES).then(|| from + (to.saturating_sub(from) as f64 * share).round() as i64)
}

/// Objects in a state at the end of a column; for NEW all that came so far. `None`: the record cannot tell.
pub(super) fn objects_at(graph: &StatesAnswer, state: State, frame: u32) -> Option<u64> {
    let known = graph.nodes.iter().find(|node| node.state == state)?.objects?;
    if frame + 1 >= FRAMES {
        return Some(known);
    }
    let at = |band: &analysis::query::Band| band.counts.get(frame as usize).copied().unwrap_or(0);
    if state == State::Outside {
        // What came is somewhere.
        return Some(graph.bands.iter().map(at).sum());
    }
    Some(graph.bands.iter().find(|band| band.state == state).map_or(0, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_and_its_moment_are_the_same() {
        let window = (1_000, 2_000_000_000);
        for frame in [0, 1, 299, FRAMES - 2, FRAMES - 1] {
            assert_eq!(frame_of(window, moment_of(window, frame)), frame);
        }
        assert_eq!(moment_of(window, FRAMES - 1), None);
        assert_eq!((frame_of(window, Some(i64::MIN / 2)), frame_of((5, 5), Some(9))), (0, FRAMES - 1));
    }
}
