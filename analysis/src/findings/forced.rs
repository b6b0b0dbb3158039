//! How many collections a program was made to do between snapshots of its heap, as statistics of the runtime beside them tell.

use crate::lens::SourceId;
use crate::model::Nanos;
use crate::model::record::{MemoryMeasure, Record};
use crate::series::{Series, same_numbers};
use crate::session::Session;

/// Counts of forced collections by snapshot, measured once.
pub struct Forced {
    /// No more than had been forced when a snapshot's state was first seen.
    first: Vec<Option<u64>>,
    /// No fewer than had been forced when it was last seen.
    last: Vec<Option<u64>>,
}

impl Forced {
    /// Statistics of the runtime tell it: at the foot of a heap as text, or read on their own while the snapshots were taken.
    pub(super) fn new(session: &Session, series: &Series, totals: &[[i64; 4]]) -> Self {
        let readings = readings(session);
        let snapshots = &series.snapshots;
        let profile = |at: usize| session.profile(snapshots.get(at)?.source);
        // One state may have been taken several times, and not every capture of it tells: it stood from the first that does
        // to the last. What differs in its totals need not be compared.
        let own = |at: usize| -> Vec<u64> {
            let same = |other: usize| {
                other == at
                    || totals.get(at) == totals.get(other)
                        && profile(at).zip(profile(other)).is_some_and(|(a, b)| same_numbers(a, b))
            };
            let told = |source: SourceId| readings.iter().filter(move |reading| reading.source == source);
            let alike = (0..snapshots.len()).filter(|&other| same(other)).filter_map(|at| snapshots.get(at));
            alike.flat_map(|snapshot| told(snapshot.source)).map(|reading| reading.forced).collect()
        };
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for at in 0..snapshots.len() {
            let time = snapshots.get(at).and_then(|snapshot| session.time_of(snapshot.source, profile(at)?));
            // A reading after the first snapshot and one before the last hold no fewer than what lies between them.
            let later = || readings.iter().find(|reading| reading.time.zip(time).is_some_and(|(at, time)| at >= time));
            let earlier =
                || readings.iter().rev().find(|reading| reading.time.zip(time).is_some_and(|(at, time)| at <= time));
            let own = own(at);
            first.push(own.iter().min().copied().or_else(|| later().map(|reading| reading.forced)));
            last.push(own.iter().max().copied().or_else(|| earlier().map(|reading| reading.forced)));
        }
        Self { first, last }
    }

    /// Between two snapshots, at least; `None` where nothing tells.
    pub(super) fn between(&self, from: usize, to: usize) -> Option<u64> {
        let count = |of: &[Option<u64>], at: usize| of.get(at).copied().flatten();
        if from >= to {
            return None;
        }
        count(&self.last, to)?.checked_sub(count(&self.first, from)?)
    }
}

/// One reading of how many were forced.
struct Reading {
    source: SourceId,
    time: Option<Nanos>,
    forced: u64,
}

/// All, in the order of time.
fn readings(session: &Session) -> Vec<Reading> {
    let mut readings = Vec::new();
    for (source, record) in session.records() {
        let Record::Memory(series) = record else { continue };
        for row in 0..series.len() {
            let Some(forced) = series.at(row, MemoryMeasure::NumForcedGc) else { continue };
            let of_heap = || session.time_of(source.id, session.profile(source.id)?);
            let time = session.time_of_row(source.id, series, row).or_else(of_heap);
            readings.push(Reading { source: source.id, time, forced: forced.max(0.0) as u64 });
        }
    }
    crate::order::sort_by_key(&mut readings, |reading| reading.time);
    readings
}
