//! Snapshots of one kind in time order, and whether they may be compared at all.

use crate::lens::SourceId;
use crate::model::{Nanos, Profile, ProfileKind, StringId, Symbols};
use crate::order;
use crate::session::Session;

/// Snapshots of one kind of profile, in time order.
pub struct Series {
    /// The snapshots.
    pub snapshots: Vec<Snapshot>,
    /// What speaks against comparing them.
    pub notes: Vec<Note>,
    is_timed: bool,
}

/// One profile of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The file.
    pub source: SourceId,
    /// When it was taken, if the file says.
    pub time: Option<Nanos>,
    /// Seconds since the first of the series; the position where the files give no times.
    pub at_seconds: f64,
    /// It is no measurement of its own: it holds the same numbers as the one before, as no collection ended in between,
    /// or it alone does not tell its time.
    pub repeats: bool,
}

/// Something that speaks against comparing snapshots, or limits what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Another binary than the first snapshot's.
    OtherBuild(SourceId),
    /// Another sampling rate than the first snapshot's.
    OtherRate(SourceId),
    /// Other sample types than the first snapshot's.
    OtherTypes(SourceId),
    /// Counters that only rise are lower than before: the process was restarted in between.
    Restarted(SourceId),
    /// The same numbers as the snapshot before: no collection ended in between.
    Repeats(SourceId),
    /// The file has no capture time, so that order and rates are unknown.
    NoTime(SourceId),
    /// It was taken with `?seconds=`: a difference already.
    IsDelta(SourceId),
}

impl Series {
    /// All readable profiles of `kind`, ordered by time, then name.
    pub fn of_kind(session: &Session, kind: ProfileKind) -> Self {
        Self::of_some(session, kind, &|_| true)
    }

    /// Those of them that are wanted.
    pub fn of_some(session: &Session, kind: ProfileKind, is_wanted: &dyn Fn(SourceId) -> bool) -> Self {
        let mut found: Vec<(SourceId, &str, &Profile)> = session
            .sources
            .iter()
            .filter_map(|source| Some((source.id, source.name.as_str(), session.profile(source.id)?)))
            .filter(|&(id, _, profile)| profile.kind == kind && is_wanted(id))
            .collect();
        // What does not tell its time comes last, where others do.
        let key = |&(id, name, profile): &(SourceId, &str, &Profile)| {
            let time = session.time_of(id, profile);
            (time.is_none(), time, natural_key(name), id)
        };
        order::sort_by_key(&mut found, key);
        let first_time = found.first().and_then(|&(id, _, profile)| session.time_of(id, profile));
        let mut snapshots: Vec<Snapshot> = Vec::with_capacity(found.len());
        let mut before: Option<&Profile> = None;
        for (at, &(source, _, profile)) in found.iter().enumerate() {
            let time = session.time_of(source, profile);
            let at_seconds = match (time, first_time) {
                (Some(time), Some(first)) => (time - first).nanos() as f64 / 1e9,
                (None, Some(_)) => snapshots.last().map_or(0.0, |last| last.at_seconds),
                _ => at as f64,
            };
            let is_lost = first_time.is_some() && time.is_none();
            let mut repeats = before.is_some_and(|before| same_numbers(before, profile));
            // Of one state in several forms, the one that tells its time is the measurement.
            if repeats
                && profile.time.is_some()
                && let Some(first) = snapshots.iter_mut().rev().find(|snapshot| !snapshot.repeats)
                && first.time.is_none()
            {
                (first.repeats, repeats) = (true, false);
            }
            snapshots.push(Snapshot {
                source,
                time: session.time(source, profile.time),
                at_seconds,
                repeats: repeats || is_lost,
            });
            before = Some(profile);
        }
        let notes = notes(session, &found, &snapshots);
        Self { snapshots, notes, is_timed: first_time.is_some() }
    }

    /// Whether rates can be given: the files have times, and time passed.
    pub fn has_times(&self) -> bool {
        self.is_timed && self.snapshots.last().is_some_and(|last| last.at_seconds > 0.0)
    }

    /// Seconds between two snapshots; `None` where the files give no times.
    pub fn seconds(&self, base: usize, current: usize) -> Option<f64> {
        let at = |at: usize| Some(self.snapshots.get(at)?.at_seconds);
        let seconds = at(current)? - at(base)?;
        (self.has_times() && seconds > 0.0).then_some(seconds)
    }

    /// Positions of snapshots that are measurements of their own.
    pub fn distinct(&self) -> impl Iterator<Item = usize> {
        self.snapshots.iter().enumerate().filter(|(_, snapshot)| !snapshot.repeats).map(|(at, _)| at)
    }

    /// Where a file is in the series.
    pub fn position(&self, source: SourceId) -> Option<usize> {
        self.snapshots.iter().position(|snapshot| snapshot.source == source)
    }

    /// Whether base and current may be subtracted at all.
    pub fn is_comparable(&self) -> bool {
        !self.notes.iter().any(|note| matches!(note, Note::OtherTypes(_) | Note::Restarted(_) | Note::IsDelta(_)))
    }
}

/// Digits compare as numbers, so that `heap.10` comes after `heap.9`.
pub fn natural_key(name: &str) -> Vec<(u8, u128, String)> {
    let mut parts = Vec::new();
    for chunk in name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let text = String::from_utf8_lossy(chunk).into_owned();
        match text.parse::<u128>() {
            Ok(number) => parts.push((0, number, String::new())),
            Err(_) => parts.push((1, 0, text)),
        }
    }
    parts
}

/// Sums of a column, by its name.
fn sum(symbols: &Symbols, profile: &Profile, name: &str) -> Option<i64> {
    let at = profile.sample_types.iter().position(|t| symbols.strings.get(t.name) == name)?;
    Some(profile.values.get(at)?.iter().fold(0_i64, |sum, &value| sum.wrapping_add(value)))
}

/// Whether two heaps show the state after the same collection.
pub(crate) fn same_numbers(before: &Profile, after: &Profile) -> bool {
    let sums = |profile: &Profile| -> Vec<i64> {
        profile.values.iter().map(|column| column.iter().fold(0_i64, |sum, &v| sum.wrapping_add(v))).collect()
    };
    // Only heaps lag behind collections; two equal goroutine counts are two measurements.
    matches!(after.kind, ProfileKind::Heap | ProfileKind::Allocs) && !after.is_empty() && sums(before) == sums(after)
}

pub(crate) fn build_of(symbols: &Symbols, profile: &Profile) -> Option<StringId> {
    let mapping = symbols.mappings.get(*profile.mappings.first()?)?;
    (mapping.build_id != symbols.strings.empty()).then_some(mapping.build_id)
}

/// Whether a heap profile is a difference already: it lasted some time, which plain heap profiles do not say.
pub(crate) fn is_delta(profile: &Profile) -> bool {
    matches!(profile.kind, ProfileKind::Heap | ProfileKind::Allocs)
        && profile.duration.is_some_and(|duration| duration.nanos() > 0)
}

fn notes(session: &Session, found: &[(SourceId, &str, &Profile)], snapshots: &[Snapshot]) -> Vec<Note> {
    let symbols = &session.symbols;
    let Some(&(first_id, _, first)) = found.first() else { return Vec::new() };
    let is_timed = session.time_of(first_id, first).is_some();
    let type_names = |profile: &Profile| -> Vec<StringId> { profile.sample_types.iter().map(|t| t.name).collect() };
    let mut notes = Vec::new();
    let mut before: Option<&Profile> = None;
    for (&(id, _, profile), snapshot) in found.iter().zip(snapshots) {
        if let (Some(build), Some(other)) = (build_of(symbols, first), build_of(symbols, profile))
            && build != other
        {
            notes.push(Note::OtherBuild(id));
        }
        if profile.period != first.period {
            notes.push(Note::OtherRate(id));
        }
        if type_names(profile) != type_names(first) {
            notes.push(Note::OtherTypes(id));
        }
        let fell = |name| {
            let before = before.and_then(|before| sum(symbols, before, name));
            before.zip(sum(symbols, profile, name)).is_some_and(|(before, now)| now < before)
        };
        let has_time = session.time_of(id, profile).is_some();
        let is_placed = has_time || !is_timed;
        // A record of the kernel's events counts from its own beginning.
        let is_counter = !is_delta(profile) && profile.kind != ProfileKind::Kernel;
        if is_placed && is_counter && fell("alloc_objects") && fell("alloc_space") {
            notes.push(Note::Restarted(id));
        }
        // Two forms of one capture are no fault of it.
        if snapshot.repeats && profile.time.is_some() {
            notes.push(Note::Repeats(id));
        }
        // Histograms of one text are in its order.
        if found.len() > 1 && !has_time && profile.kind != ProfileKind::ClassHistogram {
            notes.push(Note::NoTime(id));
        }
        if is_delta(profile) {
            notes.push(Note::IsDelta(id));
        }
        before = Some(profile);
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_count() {
        assert!(natural_key("heap.9.pb.gz") < natural_key("heap.10.pb.gz"));
        assert!(natural_key("a2") < natural_key("b1"));
    }
}
