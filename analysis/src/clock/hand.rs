//! Files that were moved by hand, as everything that asks for times of the session sees them.

use super::{Method, SessionClock};
use crate::lens::SourceId;
use crate::model::record::MemorySeries;
use crate::model::{Nanos, Profile};
use crate::session::Session;

/// Where files stand that were moved by hand; all others stand where they say themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByHand {
    moves: Vec<Move>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Move {
    source: SourceId,
    /// Its first moment on its own clock: when it was taken, if it tells no other time.
    begin: i64,
    offset_nanos: i64,
}

impl ByHand {
    /// Those of a clock.
    pub fn of(clock: &SessionClock) -> Self {
        let moves = clock.rows.iter().filter_map(|row| {
            let placed = row.placed.as_ref().filter(|placed| placed.method == Method::ByHand)?;
            Some(Move { source: row.source, begin: row.own?.0, offset_nanos: placed.offset_nanos })
        });
        Self { moves: moves.collect() }
    }
}

impl Session {
    /// A moment that a file tells, or when it was taken, if it tells none and was put somewhere by hand.
    pub fn time(&self, source: SourceId, told: Option<Nanos>) -> Option<Nanos> {
        match self.moved(source) {
            Some(moved) => Some(moved.time(told.map_or(moved.begin, Nanos::unix_nanos))),
            None => told,
        }
    }

    /// When a profile was taken, or else whose collection's state it shows.
    pub fn time_of(&self, source: SourceId, profile: &Profile) -> Option<Nanos> {
        self.time(source, profile.time.or(profile.as_of))
    }

    /// When a row of a series was read.
    pub fn time_of_row(&self, source: SourceId, series: &MemorySeries, row: usize) -> Option<Nanos> {
        let told = series.times.get(row).copied().flatten();
        let Some(moved) = self.moved(source) else { return told };
        let elapsed = || series.elapsed_nanos.get(row).copied().flatten();
        let alone = || (series.len() == 1).then_some(moved.begin);
        told.map(Nanos::unix_nanos).or_else(elapsed).or_else(alone).map(|own| moved.time(own))
    }

    fn moved(&self, source: SourceId) -> Option<Move> {
        if self.by_hand.moves.is_empty() {
            return None;
        }
        let of = self.source(source).and_then(|source| source.derived_from).unwrap_or(source);
        self.by_hand.moves.iter().find(|moved| moved.source == of).copied()
    }
}

impl Move {
    fn time(&self, own: i64) -> Nanos {
        Nanos::from_unix_nanos(own.saturating_add(self.offset_nanos))
    }
}
