//! Objects of a pool: where each is, for how long, and what is odd about it.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::states::{PoolKey, life_of, place};
use crate::lifecycle::{Life, Lifecycle, PoolLife, State, Step, Violation, Window, site};
use crate::model::pool::Source;
use crate::model::{ObjectId, StackId};
use crate::session::Session;

/// Which objects are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectsQuery {
    /// Their pool.
    pub key: PoolKey,
    /// What they are sorted by.
    pub sort: ObjectSort,
    /// Only those that are in this state at the window's end.
    pub state: Option<State>,
    /// Only those that took this edge in the window, or broke the contract there ([`super::ViolationCount::from`]).
    pub took: Option<(State, State)>,
    /// First row wanted.
    pub offset: u32,
    /// How many are wanted.
    pub limit: u32,
    /// Objects are told as of its end, and life lines show it, in nanoseconds since the file's first event; `None` is
    /// all of it.
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
    /// Its number, which [`LifeQuery`](super::LifeQuery) asks for it by.
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
    /// The question, whatever the page of it.
    asked: ObjectsQuery,
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
    let asked = ObjectsQuery { offset: 0, limit: 0, columns: 0, ..*query };
    let window = query.window.unwrap_or(lifecycle.history.span);
    let window = Window { from: window.0, to: window.1 };
    let order = kept.take().filter(|order| order.asked == asked);
    let order = order.unwrap_or_else(|| ObjectOrder { asked, lives: sorted(lifecycle, pool, query, window) });
    let page = order.lives.iter().skip(query.offset as usize).take(query.limit as usize);
    let columns = if query.columns == 0 { COLUMNS } else { query.columns.min(MAX_COLUMNS) };
    let row = |&life: &u32| {
        let mut row = object_row(session, lifecycle, pool, life as usize, window.to)?;
        row.line = line(lifecycle, pool, life as usize, window, columns as usize);
        Some(row)
    };
    let rows = page.filter_map(row).collect();
    let answer = ObjectsAnswer { total: order.lives.len() as u64, offset: query.offset, rows };
    *kept = Some(order);
    Some(answer)
}

fn sorted(lifecycle: &Lifecycle, pool: &PoolLife, query: &ObjectsQuery, window: Window) -> Vec<u32> {
    let broke: FxHashSet<ObjectId> = match query.took {
        Some(edge) => {
            let there = |violation: &&Violation| place(violation.kind) == edge && window.holds(violation.time);
            lifecycle.violations.iter().filter(there).filter_map(|violation| violation.object).collect()
        }
        None => FxHashSet::default(),
    };
    let took = |at: usize, (from, to): (State, State)| {
        let rows = lifecycle.rows_of(at);
        let (times, steps) = (lifecycle.rows.times.get(rows.clone()), lifecycle.rows.steps.get(rows));
        let mut rows = times.unwrap_or_default().iter().zip(steps.unwrap_or_default());
        rows.any(|(&time, &step)| step == Step::new(from, to) && !step.is_none() && window.holds(time))
    };
    // Keys beside numbers: where an object was at a moment is looked up once.
    let mut lives: Vec<((u64, u64, u64), u32)> = Vec::new();
    for at in pool.lives.clone() {
        let Some(life) = lifecycle.lives.get(at) else { continue };
        let (state, since) = place_at(lifecycle, pool, at, window.to);
        // An object that only misuses name has no life.
        let is_wanted = state != State::Outside
            && query.state.is_none_or(|wanted| state == wanted)
            && query.took.is_none_or(|edge| took(at, edge) || broke.contains(&life.object));
        if is_wanted {
            let age = age_of(since, pool, window.to).unwrap_or(0);
            // Largest first: all keys are turned round.
            let key = match query.sort {
                ObjectSort::Suspicion => {
                    (u64::MAX - u64::from(life.violations), u64::from(state != State::Active), u64::MAX - age)
                }
                ObjectSort::Age => (u64::MAX - age, 0, 0),
                ObjectSort::Uses => (u64::MAX - u64::from(life.uses), 0, 0),
                ObjectSort::Size => (u64::MAX - life.bytes, 0, 0),
                // As they lie.
                ObjectSort::Number => (0, 0, 0),
            };
            lives.push((key, at as u32));
        }
    }
    lives.sort_by_key(|(key, _)| *key);
    lives.into_iter().map(|(_, at)| at).collect()
}

/// Where an object was at a moment, and since when.
fn place_at(lifecycle: &Lifecycle, pool: &PoolLife, at: usize, time: i64) -> (State, Option<i64>) {
    if time >= pool.end {
        return lifecycle.lives.get(at).map_or((State::Outside, None), |life| (life.state, life.since));
    }
    let rows = lifecycle.rows_of(at);
    let (times, steps) = (lifecycle.rows.times.get(rows.clone()), lifecycle.rows.steps.get(rows));
    let rows = times.unwrap_or_default().iter().zip(steps.unwrap_or_default());
    let last = rows.rev().find(|(at, step)| **at <= time && !step.is_none());
    last.map_or((State::Outside, None), |(&since, step)| (step.to(), Some(since)))
}

fn age_of(since: Option<i64>, pool: &PoolLife, time: i64) -> Option<u64> {
    u64::try_from(pool.end.min(time).saturating_sub(since?)).ok()
}

pub(super) fn object_row(
    session: &Session,
    lifecycle: &Lifecycle,
    pool: &PoolLife,
    at: usize,
    time: i64,
) -> Option<ObjectRow> {
    let life = lifecycle.lives.get(at)?;
    let object = lifecycle.history.object(life.object)?;
    let (state, since) = place_at(lifecycle, pool, at, time);
    let age_nanos = age_of(since, pool, time);
    let rows = lifecycle.rows_of(at);
    let facts = lifecycle.rows.facts.get(rows.clone()).unwrap_or_default();
    let times = lifecycle.rows.times.get(rows).unwrap_or_default();
    let empty = |stack: StackId| session.symbols.stacks.get(stack).is_empty();
    let last = facts.iter().zip(times).rev().find(|(fact, at)| **at <= time && !empty(fact.stack));
    Some(ObjectRow {
        number: object.number,
        generation: life.generation,
        state,
        age_nanos,
        uses: life.uses,
        bytes: life.bytes,
        last_at: last.map_or(String::new(), |(fact, _)| site(&session.symbols, fact.stack)),
        note: note(lifecycle, pool, life, state, age_nanos),
        violations: life.violations,
        line: Vec::new(),
    })
}

fn note(lifecycle: &Lifecycle, pool: &PoolLife, life: &Life, state: State, age_nanos: Option<u64>) -> String {
    if life.violations > 0 {
        let own = |violation: &&Violation| violation.object == Some(life.object);
        return lifecycle.violations.iter().find(own).map_or(String::new(), |v| v.kind.words().to_owned());
    }
    let longest = pool.dwell_in(State::Active).and_then(|dwell| dwell.longest_ended());
    match state {
        State::Active if age_nanos > longest => "out longer than any that came back".to_owned(),
        State::Collected if lifecycle.history.source == Source::AllocFree => "freed".to_owned(),
        State::Collected => "dropped by a purge".to_owned(),
        State::Abandoned => "its holder went away".to_owned(),
        State::Unknown if lifecycle.history.source != Source::AllocFree => "not recorded".to_owned(),
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
