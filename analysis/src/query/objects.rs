//! Objects of a pool: where each is, for how long, and what is odd about it.

use serde::{Deserialize, Serialize};

use super::states::{PoolKey, life_of};
use crate::lifecycle::{Life, Lifecycle, PoolLife, State, Violation, Window, site};
use crate::model::StackId;
use crate::session::Session;

/// Which objects are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectsQuery {
    /// Their pool.
    pub key: PoolKey,
    /// What they are sorted by.
    pub sort: ObjectSort,
    /// Only those that are in this state at the end.
    pub state: Option<State>,
    /// First row wanted.
    pub offset: u32,
    /// How many are wanted.
    pub limit: u32,
    /// The time that life lines show, in nanoseconds since the file's first event; `None` is all of it.
    pub window: Option<(i64, i64)>,
    /// Pixels of a life line.
    pub columns: u32,
}

/// What objects are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectSort {
    /// Those with violations, then those that have been out longest.
    #[default]
    Suspicion,
    /// The longest in its state first.
    Age,
    /// The most used first.
    Uses,
    /// The largest first.
    Size,
    /// By number.
    Number,
}

/// The objects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectsAnswer {
    /// How many there are in all.
    pub total: u64,
    /// Number of the first row here.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<ObjectRow>,
}

/// One object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectRow {
    /// What [`LifeQuery`](super::LifeQuery) asks for it by.
    pub life: u32,
    /// Its number.
    pub number: u64,
    /// How often it was handed out.
    pub generation: u32,
    /// Where it is at the end.
    pub state: State,
    /// How long it has been there; `None` where that is not known.
    pub age_nanos: Option<u64>,
    /// Recorded gets.
    pub uses: u32,
    /// Its size when it was last measured.
    pub bytes: u64,
    /// Who did the last thing with it, as `function:line`.
    pub last_at: String,
    /// What is odd about it; empty when nothing is.
    pub note: String,
    /// Breaches of the contract.
    pub violations: u32,
    /// Its states over the window: what it was most of the time in each pixel, equal neighbours together.
    pub line: Vec<LifeSpan>,
}

/// A stay in a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeSpan {
    /// Which.
    pub state: State,
    /// Nanoseconds since the file's first event.
    pub from: i64,
    /// Nanoseconds since the file's first event.
    pub to: i64,
}

/// Lives of a pool in the order of the table, kept while it is scrolled.
pub(super) struct ObjectOrder {
    key: PoolKey,
    sort: ObjectSort,
    state: Option<State>,
    lives: Vec<u32>,
}

/// Pixels of a life line when none are asked for.
const COLUMNS: u32 = 120;
const MAX_COLUMNS: u32 = 4_096;

pub(super) fn objects(
    session: &Session,
    kept: &mut Option<ObjectOrder>,
    query: &ObjectsQuery,
) -> Option<ObjectsAnswer> {
    let (lifecycle, pool) = life_of(session, query.key)?;
    let order = match kept.take() {
        Some(order) if (order.key, order.sort, order.state) == (query.key, query.sort, query.state) => order,
        _ => ObjectOrder {
            key: query.key,
            sort: query.sort,
            state: query.state,
            lives: sorted(lifecycle, pool, query.sort, query.state),
        },
    };
    let page = order.lives.iter().skip(query.offset as usize).take(query.limit as usize);
    let window = query.window.unwrap_or(lifecycle.history.span);
    let window = Window { from: window.0, to: window.1 };
    let columns = if query.columns == 0 { COLUMNS } else { query.columns.min(MAX_COLUMNS) };
    let row = |&life: &u32| {
        let mut row = object_row(session, lifecycle, pool, life as usize)?;
        row.line = line(lifecycle, pool, life as usize, window, columns as usize);
        Some(row)
    };
    let rows = page.filter_map(row).collect();
    let answer = ObjectsAnswer { total: order.lives.len() as u64, offset: query.offset, rows };
    *kept = Some(order);
    Some(answer)
}

fn sorted(lifecycle: &Lifecycle, pool: &PoolLife, sort: ObjectSort, state: Option<State>) -> Vec<u32> {
    let life_at = |at: u32| lifecycle.lives.get(at as usize);
    // An object that only misuses name has no life.
    let lived = |life: &Life| life.state != State::Outside && state.is_none_or(|state| life.state == state);
    let mut lives: Vec<u32> =
        pool.lives.clone().map(|at| at as u32).filter(|&at| life_at(at).is_some_and(lived)).collect();
    let age = |life: &Life| age_of(life, pool).unwrap_or(0);
    // Largest first: all keys are turned round.
    let key = |at: u32| {
        life_at(at).map_or((0, 0, 0), |life| match sort {
            ObjectSort::Suspicion => {
                (u64::MAX - u64::from(life.violations), u64::from(life.state != State::Active), u64::MAX - age(life))
            }
            ObjectSort::Age => (u64::MAX - age(life), 0, 0),
            ObjectSort::Uses => (u64::MAX - u64::from(life.uses), 0, 0),
            ObjectSort::Size => (u64::MAX - life.bytes, 0, 0),
            // As they lie.
            ObjectSort::Number => (0, 0, 0),
        })
    };
    lives.sort_by_cached_key(|&at| key(at));
    lives
}

fn age_of(life: &Life, pool: &PoolLife) -> Option<u64> {
    let since = life.since?;
    u64::try_from(pool.end.saturating_sub(since)).ok()
}

pub(super) fn object_row(session: &Session, lifecycle: &Lifecycle, pool: &PoolLife, at: usize) -> Option<ObjectRow> {
    let life = lifecycle.lives.get(at)?;
    let object = lifecycle.history.object(life.object)?;
    let facts = lifecycle.rows.facts.get(lifecycle.rows_of(at)).unwrap_or_default();
    let empty = |stack: StackId| session.symbols.stacks.get(stack).is_empty();
    let last = facts.iter().rev().find(|fact| !empty(fact.stack));
    Some(ObjectRow {
        life: at as u32,
        number: object.number,
        generation: life.generation,
        state: life.state,
        age_nanos: age_of(life, pool),
        uses: life.uses,
        bytes: life.bytes,
        last_at: last.map_or(String::new(), |fact| site(&session.symbols, fact.stack)),
        note: note(lifecycle, pool, life),
        violations: life.violations,
        line: Vec::new(),
    })
}

fn note(lifecycle: &Lifecycle, pool: &PoolLife, life: &Life) -> String {
    if life.violations > 0 {
        let own = |violation: &&Violation| violation.object == Some(life.object);
        return lifecycle.violations.iter().find(own).map_or(String::new(), |v| v.kind.words().to_owned());
    }
    let longest = pool.dwell_in(State::Active).and_then(|dwell| dwell.longest_ended());
    match life.state {
        State::Active if age_of(life, pool) > longest => "out longer than any that came back".to_owned(),
        State::Collected => "dropped by a purge".to_owned(),
        State::Abandoned => "its holder went away".to_owned(),
        State::Unknown => "not recorded".to_owned(),
        _ => String::new(),
    }
}

/// What the object was most of the time in each pixel.
fn line(lifecycle: &Lifecycle, pool: &PoolLife, at: usize, window: Window, columns: usize) -> Vec<LifeSpan> {
    let rows = lifecycle.rows_of(at);
    let (times, steps) = (lifecycle.rows.times.get(rows.clone()), lifecycle.rows.steps.get(rows));
    let (Some(times), Some(steps)) = (times, steps) else { return Vec::new() };
    let moves = times.iter().zip(steps).filter(|(_, step)| !step.is_none()).map(|(&time, step)| (time, step.to()));
    let mut stays: Vec<LifeSpan> = Vec::new();
    let end = pool.end.min(window.to);
    for (time, state) in moves {
        let from = time.clamp(window.from, end.max(window.from));
        if let Some(last) = stays.last_mut() {
            last.to = from.max(last.from);
            if last.to == last.from {
                stays.pop();
            }
        }
        // What has left is gone: its line ends.
        stays.push(LifeSpan { state, from, to: end.max(from) });
    }
    stays.retain(|stay| !stay.state.is_end() && stay.to > stay.from);
    if stays.len() <= columns {
        return stays;
    }
    thinned(&stays, window, columns)
}

fn thinned(stays: &[LifeSpan], window: Window, columns: usize) -> Vec<LifeSpan> {
    let length = i128::from(window.to) - i128::from(window.from);
    let edge = |column: usize| (i128::from(window.from) + length * column as i128 / columns as i128) as i64;
    let mut out: Vec<LifeSpan> = Vec::new();
    let mut first = 0;
    for column in 0..columns {
        let (from, to) = (edge(column), edge(column + 1));
        let mut shares = [0_i64; crate::lifecycle::STATES];
        while stays.get(first).is_some_and(|stay| stay.to <= from) {
            first += 1;
        }
        for stay in stays.get(first..).unwrap_or_default().iter().take_while(|stay| stay.from < to) {
            if let Some(share) = shares.get_mut(stay.state.index()) {
                *share += stay.to.min(to) - stay.from.max(from);
            }
        }
        let Some((state, share)) = State::ALL.iter().zip(shares).max_by_key(|(_, share)| *share) else { continue };
        if share <= 0 {
            continue;
        }
        match out.last_mut().filter(|last| last.state == *state && last.to == from) {
            Some(last) => last.to = to,
            None => out.push(LifeSpan { state: *state, from, to }),
        }
    }
    out
}
