//! The state graph of one pool: how many objects are in each state, how often each edge was taken, how long objects stay.

use serde::{Deserialize, Serialize};

use super::dwell::{DwellCurve, curve};
use crate::lens::SourceId;
use crate::lifecycle::{
    Balance, Dwell, Lifecycle, PoolLife, State, Step, Window, courses, dwell_in, occupancy, steps_in,
};
use crate::model::PoolId;
use crate::model::pool::{Counter, Mark, Misuse, Pool, Source};
use crate::session::Session;

/// A pool of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PoolKey {
    /// The file.
    pub source: SourceId,
    /// The pool's row in it.
    pub pool: u32,
}

/// Which pool is looked at, when, and how finely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatesQuery {
    /// The pool.
    pub key: PoolKey,
    /// First and last moment in nanoseconds since the file's first event; `None` is all of it. States are counted as of
    /// the last moment, so a scrubber moves that.
    pub window: Option<(i64, i64)>,
    /// Columns of the occupancy: as many as pixels.
    pub columns: u32,
}

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatesAnswer {
    /// Its name.
    pub pool: String,
    /// The type of its objects.
    pub type_name: String,
    /// What a record of this kind shows and what it cannot; empty where it shows everything.
    pub about: String,
    /// The whole record in nanoseconds since the file's first event.
    pub span: (i64, i64),
    /// The window that is answered for.
    pub window: (i64, i64),
    /// Unix time in nanoseconds of moment 0, where it is known.
    pub wall_nanos: Option<i64>,
    /// States, in the order of the graph.
    pub nodes: Vec<StateNode>,
    /// Edges that were taken in the window, and the usual ones that were not; the most taken first.
    pub edges: Vec<StateEdge>,
    /// Objects by state over the window.
    pub bands: Vec<Band>,
    /// The bands are the pool's own counts: only a sample of its gets was recorded.
    pub is_counted: bool,
    /// Moments of purges within the window.
    pub purges: Vec<i64>,
    /// Time in state, of stays that began in the window.
    pub dwell: Vec<DwellCurve>,
    /// The conservation check.
    pub balance: BalanceAnswer,
    /// What makes this less sure, a sentence each.
    pub doubts: Vec<String>,
    /// One get in so many is recorded; 1 is all of them.
    pub record_every: u32,
    /// Breaches of the contract in the window, by kind, the most frequent first.
    pub violations: Vec<ViolationCount>,
    /// When breaches were, and how many: those of one column together, at its first.
    pub breaches: Vec<(i64, u64)>,
}

/// A state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StateNode {
    /// Which.
    pub state: State,
    /// As it is written.
    pub name: String,
    /// Objects in it at the end of the window; for NEW, all that came in so far. `None`: this record cannot tell.
    pub objects: Option<u64>,
}

/// An edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StateEdge {
    /// From.
    pub from: State,
    /// To; the same for a second holder.
    pub to: State,
    /// What it is called, such as `put`.
    pub name: String,
    /// How often it was taken in the window.
    pub count: u64,
    /// How often a second.
    pub per_second: f64,
    /// Half of the objects that came to `from` in the window stayed no longer, whichever way they left; nanoseconds.
    pub median_nanos: Option<u64>,
    /// The contract forbids it.
    pub is_violation: bool,
    /// How often it was taken from the window's start to the end of each column.
    pub course: Vec<u64>,
}

/// Objects in one state over the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Which.
    pub state: State,
    /// As of the end of each column.
    pub counts: Vec<u64>,
}

/// Objects made = objects accounted for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BalanceAnswer {
    /// Name and count of each way in.
    pub came: Vec<(String, u64)>,
    /// Name and count of each place.
    pub accounted: Vec<(String, u64)>,
    /// Came less accounted; 0 when the check holds.
    pub unaccounted: i64,
    /// The pool counted this itself; else the record was.
    pub is_counted: bool,
}

/// How often one kind of breach happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViolationCount {
    /// In words, such as `put twice`.
    pub name: String,
    /// How often.
    pub count: u64,
    /// Of those, refused by the pool.
    pub refused: u64,
    /// Where on the graph it is: from a state, or from [`State::Outside`] for what the pool does not know.
    pub from: State,
    /// And to which; the same for what moves nothing.
    pub to: State,
}

/// Edges that are drawn even when they were not taken.
const USUAL: [(State, State); 6] = [
    (State::Outside, State::Active),
    (State::Active, State::Returned),
    (State::Returned, State::Idle),
    (State::Idle, State::Active),
    (State::Idle, State::Victim),
    (State::Victim, State::Collected),
];
/// Columns when none are asked for.
const COLUMNS: u32 = 240;
/// Columns at most: more than any screen has.
const MAX_COLUMNS: u32 = 8_192;

pub(super) fn life_of(session: &Session, key: PoolKey) -> Option<(&Lifecycle, &PoolLife)> {
    let lifecycle = session.pools(key.source)?;
    Some((lifecycle, lifecycle.pools.get(key.pool as usize)?))
}

pub(super) fn states(session: &Session, query: &StatesQuery) -> Option<StatesAnswer> {
    // What was shared is of the whole record, whatever window is asked for.
    if session.is_shared(query.key.source) {
        return session.shared()?.states(query.key).cloned();
    }
    let (lifecycle, pool) = life_of(session, query.key)?;
    let history = &lifecycle.history;
    let setup = history.pool(pool.pool)?;
    let text = |id| session.symbols.strings.get(id).to_owned();
    let span = history.span;
    let (from, to) = query.window.unwrap_or(span);
    let window = Window { from: from.min(to), to: to.max(from) };
    let columns = if query.columns == 0 { COLUMNS } else { query.columns.min(MAX_COLUMNS) } as usize;
    let occupied = occupancy(lifecycle, pool, window, columns);
    let is_whole = window.from <= span.0 && window.to >= span.1;
    let dwell = if is_whole { pool.dwell.clone() } else { dwell_in(lifecycle, pool, window) };
    let shown = |state: &State| state.is_shown_by(history.source);
    let bands = State::ALL.iter().filter(|state| **state != State::Outside && shown(state)).map(|&state| Band {
        state,
        counts: occupied.columns.iter().map(|column| column.get(state.index()).copied().unwrap_or(0)).collect(),
    });
    let bands: Vec<Band> = bands.filter(|band| band.counts.iter().any(|&count| count > 0)).collect();
    Some(StatesAnswer {
        pool: text(setup.name),
        type_name: text(setup.type_name),
        about: about(history.source).to_owned(),
        span,
        window: (window.from, window.to),
        wall_nanos: history.wall.map(crate::model::Nanos::unix_nanos),
        nodes: nodes(lifecycle, pool, window, history.source),
        edges: edges(lifecycle, pool, window, setup, history.source, &dwell, columns),
        bands,
        is_counted: occupied.is_counted,
        purges: purges(lifecycle, pool.pool, window),
        dwell: State::TIMED.iter().zip(&dwell).map(|(&state, dwell)| curve(state, dwell)).collect(),
        balance: balance(pool, history.source),
        doubts: pool.doubts(),
        record_every: pool.certainty.every,
        violations: violations(lifecycle, pool.pool, window),
        breaches: breaches(lifecycle, pool.pool, window, columns),
    })
}

fn nodes(lifecycle: &Lifecycle, pool: &PoolLife, window: Window, source: Source) -> Vec<StateNode> {
    let now = occupancy(lifecycle, pool, window, 1).columns.last().copied().unwrap_or_default();
    // A sample of its gets does not tell where a pool's objects are; its own counts tell it of three states.
    let counts = lifecycle.counts_at(pool.pool, window.to);
    let objects_in = |state: State| match state {
        _ if pool.certainty.every <= 1 => now.get(state.index()).copied(),
        State::Active => counts?.get(Counter::Active),
        State::Idle => counts?.get(Counter::Idle),
        State::Victim => counts.map(|counts| counts.get(Counter::Victim).unwrap_or(0)),
        _ => None,
    };
    let until = Window { from: i64::MIN, to: window.to };
    let came = steps_in(lifecycle, pool, until);
    let came = came.iter().filter(|(step, _)| step.from() == State::Outside).map(|(_, count)| count).sum();
    let node = |&state: &State| {
        let objects = if state == State::Outside { Some(came) } else { objects_in(state) };
        StateNode { state, name: state.name().to_owned(), objects: objects.filter(|_| state.is_shown_by(source)) }
    };
    State::ALL.iter().map(node).collect()
}

fn edges(
    lifecycle: &Lifecycle,
    pool: &PoolLife,
    window: Window,
    setup: &Pool,
    source: Source,
    dwell: &[Dwell],
    columns: usize,
) -> Vec<StateEdge> {
    let mut taken = steps_in(lifecycle, pool, window);
    for (from, to) in USUAL {
        // Without a reset a put goes straight to idle.
        let to = if !setup.has_reset && from == State::Active { State::Idle } else { to };
        let step = Step::new(from, to);
        let is_shown = from.is_shown_by(source) && to.is_shown_by(source);
        let is_usual = is_shown && (setup.has_reset || from != State::Returned);
        if is_usual && !taken.iter().any(|(known, _)| *known == step) {
            taken.push((step, 0));
        }
    }
    crate::order::sort_by_key(&mut taken, |&(step, count)| (std::cmp::Reverse(count), step));
    let steps: Vec<Step> = taken.iter().map(|(step, _)| *step).collect();
    let courses = courses(lifecycle, pool, window, columns, &steps);
    let median = |state| {
        let timed = State::TIMED.iter().position(|timed| *timed == state)?;
        dwell.get(timed)?.quantile(0.5)
    };
    let edge = |((step, count), course): ((Step, u64), Vec<u64>)| StateEdge {
        from: step.from(),
        to: step.to(),
        name: edge_name(step).to_owned(),
        count,
        per_second: count as f64 / window.seconds(),
        median_nanos: median(step.from()),
        is_violation: !step.is_legal(),
        course,
    };
    taken.into_iter().zip(courses).map(edge).collect()
}

/// What an edge is called.
pub fn edge_name(step: Step) -> &'static str {
    use State as S;
    match (step.from(), step.to()) {
        (S::Outside, S::Active) => "new",
        (S::Outside, _) => "came in",
        (S::Active, S::Active) => "second holder",
        (S::Active, S::Returned | S::Idle) => "put",
        (S::Returned, S::Idle) => "reset",
        (S::Returned, S::Active) => "reuse without reset",
        (S::Idle, S::Active) => "get",
        (S::Victim, S::Active) => "get of a victim",
        (S::Idle, S::Victim) => "first purge",
        (S::Victim, S::Collected) => "second purge",
        (from, S::Collected) if from != S::Unknown => "purged",
        (_, S::Dropped) => "dropped",
        (_, S::Abandoned) => "dropped without put",
        (_, S::Detached) => "detach",
        (S::Unknown, S::Collected) => "freed",
        (S::Unknown, _) | (_, S::Unknown) => "not recorded",
        (from, S::Active) if from.is_end() => "get of what had left",
        _ => "not recorded between",
    }
}

fn purges(lifecycle: &Lifecycle, pool: PoolId, window: Window) -> Vec<i64> {
    let own = lifecycle.history.marks.iter().filter(|mark| mark.pool == pool && window.holds(mark.time));
    let mut times: Vec<i64> =
        own.filter(|mark| matches!(mark.what, Mark::Purge { .. })).map(|mark| mark.time).collect();
    times.sort_unstable();
    times
}

fn about(source: Source) -> &'static str {
    match source {
        Source::PoolTrace => "",
        Source::Annotations => {
            "From annotations of a Go trace. In which tier a Get found its object is not in it, nor whether an object that \
             is out has died."
        }
        Source::AnnotationsWithFrees => {
            "From annotations of a Go trace, deaths from Go’s allocation events. In which tier a Get found its object is \
             not in it."
        }
        Source::AllocFree => {
            "From Go’s allocation events: made and freed, and nothing between. What its pools do, a program tells with \
             contrib/go/poolscope."
        }
    }
}

/// The check, as rows.
fn balance(pool: &PoolLife, source: Source) -> BalanceAnswer {
    let balance: &Balance = pool.best_balance();
    let rows = |rows: &[(&str, u64)], always: usize| {
        let shown = rows.iter().enumerate().filter(|(at, (_, count))| *at < always || *count > 0);
        shown.map(|(_, (name, count))| ((*name).to_owned(), *count)).collect()
    };
    let accounted = if source == Source::AllocFree {
        rows(&[("There", balance.unknown), ("Freed", balance.purged)], 2)
    } else {
        rows(
            &[
                ("Active", balance.active),
                ("Idle", balance.idle),
                ("Victim", balance.victim),
                ("Purged", balance.purged),
                ("Returned", balance.returned),
                ("Dropped", balance.dropped),
                ("Destroyed", balance.destroyed),
                ("Detached", balance.detached),
                ("Not known where", balance.unknown),
            ],
            4,
        )
    };
    BalanceAnswer {
        came: rows(&[("New", balance.new), ("Attached", balance.attached), ("There before", balance.found)], 1),
        accounted,
        unaccounted: balance.unaccounted(),
        is_counted: pool.counted.is_some() && !pool.certainty.is_whole(),
    }
}

fn violations(lifecycle: &Lifecycle, pool: PoolId, window: Window) -> Vec<ViolationCount> {
    let mut kinds: Vec<ViolationCount> = Vec::new();
    for violation in &lifecycle.violations {
        if violation.pool != pool || !window.holds(violation.time) {
            continue;
        }
        let name = violation.kind.words();
        let refused = u64::from(violation.was_refused);
        match kinds.iter_mut().find(|kind| kind.name == name) {
            Some(kind) => {
                kind.count += 1;
                kind.refused += refused;
            }
            None => {
                let (from, to) = place(violation.kind);
                kinds.push(ViolationCount { name: name.to_owned(), count: 1, refused, from, to });
            }
        }
    }
    crate::order::sort_by_key(&mut kinds, |kind| std::cmp::Reverse(kind.count));
    kinds
}

/// Where on the graph a breach is drawn.
pub(super) fn place(kind: Misuse) -> (State, State) {
    use State as S;
    match kind {
        Misuse::DoublePut => (S::Idle, S::Returned),
        Misuse::ForeignPut | Misuse::WrongPool | Misuse::NilPut | Misuse::WrongType | Misuse::Unknown => {
            (S::Outside, S::Returned)
        }
        Misuse::StaleGeneration | Misuse::SecondHolder => (S::Active, S::Active),
        Misuse::UseAfterPut => (S::Idle, S::Idle),
        Misuse::DirtyReuse => (S::Returned, S::Active),
        Misuse::UseAfterDrop => (S::Collected, S::Active),
    }
}

fn breaches(lifecycle: &Lifecycle, pool: PoolId, window: Window, columns: usize) -> Vec<(i64, u64)> {
    let length = (i128::from(window.to) - i128::from(window.from)).max(1);
    let column = |time: i64| (i128::from(time) - i128::from(window.from)) * columns as i128 / length;
    let mut marks: Vec<(i64, u64)> = Vec::new();
    for violation in &lifecycle.violations {
        if violation.pool != pool || !window.holds(violation.time) {
            continue;
        }
        match marks.last_mut().filter(|(time, _)| column(*time) == column(violation.time)) {
            Some((_, count)) => *count += 1,
            None => marks.push((violation.time, 1)),
        }
    }
    marks
}
