//! The life of one object: its events in words, with their stacks.

use serde::{Deserialize, Serialize};

use super::objects::{ObjectRow, object_row};
use super::states::{PoolKey, edge_name, life_of};
use crate::lifecycle::{Life, Lifecycle, State, Violation, site};
use crate::model::StackId;
use crate::model::pool::{DropReason, EventKind, Source, Tier};
use crate::session::Session;

/// One object's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeQuery {
    /// Its pool.
    pub key: PoolKey,
    /// The object's number.
    pub number: u64,
    /// First event wanted.
    pub offset: u32,
    /// How many are wanted.
    pub limit: u32,
}

/// One object's events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LifeAnswer {
    /// The object.
    pub object: ObjectRow,
    /// How many events there are in all.
    pub total: u64,
    /// In the order of its life.
    pub events: Vec<LifeEvent>,
    /// Sizes that were measured: time and bytes, thinned to a few hundred.
    pub sizes: Vec<(i64, u64)>,
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LifeEvent {
    /// Nanoseconds since the file's first event.
    pub time: i64,
    /// What happened, in words.
    pub what: String,
    /// Where the object was after it.
    pub state: State,
    /// How long it stays there; `None` for what moves nothing.
    pub stays_nanos: Option<u64>,
    /// The hand-out.
    pub generation: u32,
    /// Who, as `function:line`.
    pub at: String,
    /// The thread's name, or its number.
    pub thread: String,
    /// Size, where it was measured.
    pub bytes: Option<u64>,
    /// What the contract forbids, in words; empty when nothing.
    pub violation: String,
    /// Its stack, the innermost first, as `function file:line`.
    pub stack: Vec<String>,
}

/// Points of a size line at most.
const SIZES: usize = 400;

pub(super) fn life(session: &Session, query: &LifeQuery) -> Option<LifeAnswer> {
    let (lifecycle, pool) = life_of(session, query.key)?;
    // Lives of a pool lie in the order of their numbers.
    let number = |life: &Life| lifecycle.history.object(life.object).map_or(0, |object| object.number);
    let own = lifecycle.lives.get(pool.lives.clone())?;
    let at = pool.lives.start + own.binary_search_by_key(&query.number, number).ok()?;
    let object = object_row(session, lifecycle, pool, at, pool.end)?;
    let rows = lifecycle.rows_of(at);
    let total = rows.len() as u64;
    let broken: Vec<&Violation> = match lifecycle.lives.get(at) {
        Some(life) if life.violations > 0 => {
            lifecycle.violations.iter().filter(|violation| violation.object == Some(life.object)).collect()
        }
        _ => Vec::new(),
    };
    let from = rows.start.saturating_add(query.offset as usize).min(rows.end);
    let to = from.saturating_add(query.limit as usize).min(rows.end);
    let mut state = State::Outside;
    let mut events = Vec::new();
    let mut sizes = Vec::new();
    let every = rows.len().div_ceil(SIZES).max(1);
    for row in rows.clone() {
        let columns = &lifecycle.rows;
        let (Some(&time), Some(&step), Some(fact)) =
            (columns.times.get(row), columns.steps.get(row), columns.facts.get(row))
        else {
            continue;
        };
        state = if step.is_none() { state } else { step.to() };
        let measures = matches!(fact.kind, EventKind::New | EventKind::Attach | EventKind::Put);
        if measures && (row - rows.start).is_multiple_of(every) {
            sizes.push((time, fact.value));
        }
        if !(from..to).contains(&row) {
            continue;
        }
        let next = (row + 1..rows.end).find(|&next| columns.steps.get(next).is_some_and(|step| !step.is_none()));
        let until = next.and_then(|next| columns.times.get(next)).copied().unwrap_or(pool.end);
        let stays = (!step.is_none() && !state.is_end()).then(|| until.saturating_sub(time).max(0) as u64);
        let own = |violation: &&&Violation| violation.time == time && violation.generation == fact.generation;
        events.push(LifeEvent {
            time,
            what: words(
                lifecycle.history.source,
                fact.kind,
                fact.detail,
                fact.value,
                if step.is_none() { "" } else { edge_name(step) },
            ),
            state,
            stays_nanos: stays,
            generation: fact.generation,
            at: site(&session.symbols, fact.stack),
            thread: thread(session, lifecycle, fact.thread),
            bytes: measures.then_some(fact.value),
            violation: broken.iter().find(own).map_or(String::new(), |v| v.kind.words().to_owned()),
            stack: frames(session, fact.stack),
        });
    }
    Some(LifeAnswer { object, total, events, sizes })
}

fn words(source: Source, kind: EventKind, detail: u8, value: u64, edge: &str) -> String {
    match kind {
        EventKind::New if source == Source::AllocFree => "Allocated".to_owned(),
        EventKind::FoundIdle if source == Source::AllocFree => "Found, there already".to_owned(),
        EventKind::Drop if source == Source::AllocFree => "Freed".to_owned(),
        EventKind::New => "New".to_owned(),
        EventKind::Attach => "Attach".to_owned(),
        EventKind::FoundActive => "Found, out".to_owned(),
        EventKind::FoundIdle => "Found, idle".to_owned(),
        EventKind::FoundVictim => "Found, a victim".to_owned(),
        EventKind::Get => {
            let tier = Tier::from_code(detail).unwrap_or(Tier::Unknown);
            let what = if edge.is_empty() || edge == "new" || edge == "get" { "Get" } else { edge };
            if tier == Tier::Unknown { what.to_owned() } else { format!("{what} ({})", tier.words()) }
        }
        EventKind::Touch => "Touch".to_owned(),
        EventKind::Leak => format!("Reported as leaked after {}", crate::words::seconds(value as f64 / 1e9)),
        EventKind::Unleaked => format!("Came back after {}", crate::words::seconds(value as f64 / 1e9)),
        EventKind::Put => "Put".to_owned(),
        EventKind::Detach => "Detach".to_owned(),
        EventKind::Reset => "Reset".to_owned(),
        EventKind::Age => "First purge".to_owned(),
        EventKind::Drop => {
            format!("Dropped: {}", DropReason::from_code(detail).unwrap_or(DropReason::Unknown).words())
        }
    }
}

fn frames(session: &Session, stack: StackId) -> Vec<String> {
    let symbols = &session.symbols;
    let text = |id| symbols.strings.get(id);
    let lines = symbols.stacks.get(stack).iter().flat_map(|&location| symbols.locations.get(location).lines);
    let frame = |line: &crate::model::Line| {
        let function = symbols.functions.get(line.function?)?;
        Some(format!("{} {}:{}", text(function.name), text(function.file), line.line))
    };
    lines.filter_map(frame).collect()
}

fn thread(session: &Session, lifecycle: &Lifecycle, row: u16) -> String {
    let Some(thread) = lifecycle.history.threads.get(usize::from(row)).filter(|_| row != u16::MAX) else {
        return String::new();
    };
    match session.symbols.strings.get(thread.name) {
        "" => format!("thread {}", thread.number),
        name => name.to_owned(),
    }
}
