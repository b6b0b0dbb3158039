//! One clock for all files of a session: wall-clock time, in nanoseconds since the Unix epoch. What tells that itself is
//! taken at its word; what does not is aligned with what does, by moments that both saw.
//!
//! ```text
//! Session ─ marks ─▶ moments of each source on its own clock ─ methods, evidence ─▶ candidates ─▶ placed
//!                                                             ▲                              │
//!                                                             └─ known: helps to place more ◀┘
//! ```
//!
//! Nothing is aligned silently: each source has its method, what it was matched with, the residual, and the candidates that
//! were not taken.

mod align;
mod evidence;
mod hand;
mod known;
mod marks;
mod methods;

use serde::{Deserialize, Serialize};

use crate::lens::SourceId;
use crate::model::Nanos;
use crate::session::Session;

pub use hand::ByHand;

use known::Known;
use marks::Marks;

/// How a source was put on the session's clock, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Method {
    /// The user said so.
    ByHand,
    /// It has the wall-clock time of its capture.
    Told,
    /// The trace holds pairs of its own clock and wall-clock time (Go 1.25 and later).
    Snapshots,
    /// The world stood still for dumps that tell their time: goroutine profiles, memory statistics.
    Stops,
    /// Pauses of the collector end when memory statistics say (`PauseEnd`).
    Pauses,
    /// Cycles of the collector are those of another source: by number, or by intervals and heap sizes.
    Cycles,
    /// Nothing in the session tells wall-clock time: the session's clock is this one's own.
    Own,
}

/// A way to place a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How.
    pub method: Method,
    /// Session time less the source's own time.
    pub offset_nanos: i64,
    /// How far off it may be, at most: the largest deviation of the moments that it was found from, and what the sources
    /// may be off that it was matched with. `None` where that is not known: at some time after.
    pub residual_nanos: Option<i64>,
    /// How many moments match.
    pub matched: usize,
    /// Of how many of its own that could.
    pub of: usize,
    /// How many moments of other sorts are in place too.
    pub beside: usize,
    /// What it was matched with.
    pub with: Vec<SourceId>,
    /// Another offset does as well, so that this one is not taken by itself.
    pub is_ambiguous: bool,
}

/// A source on the session's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceClock {
    /// It.
    pub source: SourceId,
    /// First and last moment on its own clock, if it has any.
    pub own: Option<(i64, i64)>,
    /// How it was placed; `None` where nothing tells.
    pub placed: Option<Candidate>,
    /// Other ways, that were not taken.
    pub others: Vec<Candidate>,
}

/// All sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionClock {
    /// In the order in which files were opened; what is made of a file is not there.
    pub rows: Vec<SourceClock>,
    /// The session's clock is wall-clock time.
    pub is_wall: bool,
}

impl SourceClock {
    /// Session time of a time on its own clock.
    pub fn time(&self, own: i64) -> Option<Nanos> {
        Some(Nanos::from_unix_nanos(own.saturating_add(self.placed.as_ref()?.offset_nanos)))
    }

    /// First and last moment on the session's clock.
    pub fn span(&self) -> Option<(Nanos, Nanos)> {
        let (begin, end) = self.own?;
        self.time(begin).zip(self.time(end))
    }
}

impl SessionClock {
    /// Places every source. `by_hand` are milliseconds by which a file of that name is moved: from where it was found to
    /// be, or if nothing tells, from the session's first moment.
    pub fn of(session: &Session, by_hand: &[(String, f64)]) -> Self {
        let opened = session.sources.iter().filter(|source| source.derived_from.is_none());
        let mut marks: Vec<Marks> = opened.map(|source| Marks::of(session, source)).collect();
        let mut placed: Vec<Vec<Candidate>> = marks.iter().map(|marks| marks.told.iter().cloned().collect()).collect();
        let is_wall = marks.iter().any(|marks| marks.told.is_some() || marks.as_of.is_some());
        if !is_wall {
            anchor(&marks, &mut placed);
        }
        // What was placed may place others; each round places one more, or is the last.
        for _ in 0..marks.len() {
            if !place_more(&mut marks, &mut placed) {
                break;
            }
        }
        let first = marks.iter().zip(&placed).filter_map(|(marks, placed)| {
            let best = placed.first().filter(|best| !best.is_ambiguous)?;
            Some(marks.own?.0.saturating_add(best.offset_nanos))
        });
        let first = first.min();
        let rows = marks.into_iter().zip(placed).map(|(marks, candidates)| {
            let moved = session
                .source(marks.source)
                .and_then(|source| by_hand.iter().find(|(name, _)| *name == source.name).map(|&(_, millis)| millis));
            row(marks, candidates, moved, first)
        });
        Self { rows: rows.collect(), is_wall }
    }

    /// A source's.
    pub fn get(&self, source: SourceId) -> Option<&SourceClock> {
        self.rows.iter().find(|row| row.source == source)
    }
}

/// Makes the clock of one source the session's: of one that others may be aligned with, traces first.
fn anchor(marks: &[Marks], placed: &mut [Vec<Candidate>]) {
    let able = marks.iter().enumerate().filter(|(_, marks)| marks.can_be_aligned());
    let Some((at, _)) = able.min_by_key(|(at, marks)| (!marks.is_trace, *at)) else { return };
    if let Some(slot) = placed.get_mut(at) {
        slot.push(marks::told(Method::Own, 0, 0, 0));
    }
}

/// Looks at what is not placed yet; `true` when something was placed.
fn place_more(marks: &mut [Marks], placed: &mut [Vec<Candidate>]) -> bool {
    let is_placed = |candidates: &[Candidate]| candidates.first().is_some_and(|best| !best.is_ambiguous);
    let known: Vec<(&Marks, &Candidate)> = marks
        .iter()
        .zip(placed.iter())
        .filter(|(_, candidates)| is_placed(candidates))
        .filter_map(|(marks, candidates)| Some((marks, candidates.first()?)))
        .collect();
    let known = Known::of(&known);
    let mut found = Vec::new();
    for (at, (marks, candidates)) in marks.iter().zip(placed.iter()).enumerate() {
        if !is_placed(candidates) && marks.can_be_aligned() {
            found.push((at, methods::candidates(marks, &known)));
        }
    }
    let mut is_any = false;
    for (at, candidates) in found {
        is_any |= is_placed(&candidates);
        if let Some(slot) = placed.get_mut(at) {
            *slot = candidates;
        }
    }
    is_any
}

fn row(marks: Marks, mut candidates: Vec<Candidate>, moved: Option<f64>, first: Option<i64>) -> SourceClock {
    let found = candidates.first().is_some_and(|best| !best.is_ambiguous).then(|| candidates.remove(0));
    let (mut placed, mut others) = (found, candidates);
    let mut own = marks.own;
    if let Some(millis) = moved.filter(|millis| millis.is_finite()) {
        // What has no time at all is a moment.
        let (begin, _) = *own.get_or_insert((0, 0));
        let from = placed.as_ref().map(|placed| placed.offset_nanos);
        let from = from.unwrap_or_else(|| first.unwrap_or(0).saturating_sub(begin));
        // A cast of a float saturates.
        let offset_nanos = from.saturating_add((millis * 1e6) as i64);
        others.splice(0..0, placed.take());
        placed = Some(Candidate {
            method: Method::ByHand,
            offset_nanos,
            residual_nanos: Some(0),
            matched: 0,
            of: 0,
            beside: 0,
            with: Vec::new(),
            is_ambiguous: false,
        });
    }
    SourceClock { source: marks.source, own, placed, others }
}
