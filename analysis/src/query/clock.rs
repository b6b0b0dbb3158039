//! How each file was put on the session's clock, in words: the workbench of clocks.

use serde::{Deserialize, Serialize};

use super::files::files;
use crate::clock::{Candidate, Method, SessionClock, SourceClock};
use crate::lens::SourceId;
use crate::link::entries;
use crate::session::Session;
use crate::timeline::nanos_words;

/// All files on the session's clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClockAnswer {
    /// In the order of time; what is not placed comes last.
    pub rows: Vec<ClockRow>,
    /// First and last moment of all that is placed, in nanoseconds of the session's clock.
    pub span: Option<(i64, i64)>,
    /// The session's clock is wall-clock time, in nanoseconds since the Unix epoch; else a trace's own.
    pub is_wall: bool,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClockRow {
    /// Its number.
    pub id: SourceId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// A short mark for the kind.
    pub badge: String,
    /// First and last moment in nanoseconds of the session's clock.
    pub span: Option<(i64, i64)>,
    /// How it was placed.
    pub place: Option<PlaceRow>,
    /// Other ways, that were not taken.
    pub others: Vec<PlaceRow>,
    /// Milliseconds by which it is moved by hand, as they were entered; empty for none.
    pub by_hand: String,
}

/// A way to place a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// How, in a few words.
    pub method: String,
    /// How, in a sentence.
    pub how: String,
    /// Session time less the file's own, in nanoseconds.
    pub offset_nanos: i64,
    /// How far off it may be at most, in nanoseconds, if that is known.
    pub residual_nanos: Option<i64>,
    /// What matched, such as `7 of 7 pauses`; empty where nothing was matched.
    pub matched: String,
    /// Files that it was matched with.
    pub with: Vec<String>,
    /// How sure it is, in a word.
    pub confidence: String,
    /// Milliseconds by which the file would have to be moved by hand to stand there.
    pub move_millis: f64,
}

/// Nobody moves a file by more than some decades.
const MOST_MILLIS: f64 = 1e12;

/// Milliseconds by which files are moved, from the link's pair `off`.
fn by_hand(moved: &str) -> Vec<(String, f64)> {
    let millis =
        |text: &str| text.trim().replace(',', ".").parse().ok().filter(|&millis: &f64| millis.abs() <= MOST_MILLIS);
    entries(moved).filter_map(|(name, value)| Some((name, millis(&value)?))).collect()
}

/// The session's clock, with files moved by hand as a link says.
pub(super) fn session_clock(session: &Session, moved: &str) -> SessionClock {
    SessionClock::of(session, &by_hand(moved))
}

pub(super) fn clock(session: &Session, clock: &SessionClock, moved: &str) -> ClockAnswer {
    let moved: Vec<(String, String)> = entries(moved).collect();
    let files = files(session, clock).files;
    let row = |file: super::FileRow| {
        let found = clock.get(file.id)?;
        // What a shift by hand counts from.
        let own = found.placed.iter().chain(&found.others).find(|candidate| candidate.method != Method::ByHand);
        let base = own.filter(|own| !own.is_ambiguous).map_or(0, |own| own.offset_nanos);
        let place = |candidate: &Candidate| place(session, candidate, base);
        Some(ClockRow {
            id: file.id,
            span: found.span().map(|(begin, end)| (begin.unix_nanos(), end.unix_nanos())),
            place: found.placed.as_ref().map(place),
            others: found.others.iter().map(place).collect(),
            by_hand: moved
                .iter()
                .find(|(name, _)| *name == file.name)
                .map_or(String::new(), |(_, value)| value.clone()),
            name: file.name,
            kind: file.kind,
            badge: file.badge,
        })
    };
    let mut rows: Vec<ClockRow> = files.into_iter().filter_map(row).collect();
    crate::order::sort_by_key(&mut rows, |row| (row.span.is_none(), row.span.map(|span| span.0)));
    let spans = || rows.iter().filter_map(|row| row.span);
    let first = spans().map(|span| span.0).min();
    let span = first.zip(spans().map(|span| span.1).max());
    ClockAnswer { rows, span, is_wall: clock.is_wall }
}

/// Whether a file stands where it was put by hand, whatever it says itself.
pub(super) fn is_moved(clock: &SessionClock, id: SourceId) -> bool {
    let placed = clock.get(id).and_then(|row| row.placed.as_ref());
    clock.is_wall && placed.is_some_and(|placed| placed.method == Method::ByHand)
}

/// When a file begins on the session's clock, where that is wall-clock time.
pub(super) fn begin(clock: &SessionClock, id: SourceId) -> Option<i64> {
    let span = clock.get(id).and_then(SourceClock::span).filter(|_| clock.is_wall)?;
    Some(span.0.unix_nanos())
}

fn place(session: &Session, candidate: &Candidate, base: i64) -> PlaceRow {
    let name = |id: &SourceId| session.source(*id).map(|source| source.name.clone());
    let with: Vec<String> = candidate.with.iter().filter_map(name).collect();
    let (method, how) = words(candidate);
    PlaceRow {
        method: method.to_owned(),
        how: how.to_owned(),
        offset_nanos: candidate.offset_nanos,
        residual_nanos: candidate.residual_nanos,
        matched: matched(candidate),
        with,
        confidence: confidence(candidate).to_owned(),
        move_millis: candidate.offset_nanos.saturating_sub(base) as f64 / 1e6,
    }
}

fn words(candidate: &Candidate) -> (&'static str, &'static str) {
    let has_bound = candidate.residual_nanos.is_some();
    match candidate.method {
        Method::ByHand => ("set by hand", "Someone entered by how much it is moved; the link keeps it."),
        Method::Told => ("its own time", "The file holds wall-clock time, as exact as the machine's clock."),
        Method::Snapshots => {
            ("clock snapshots", "The trace holds pairs of its own clock and wall-clock time (Go 1.25 and later).")
        }
        Method::Stops => (
            "stops of the world",
            "A trace saw the world stand still for what the other files are: goroutine profiles, memory statistics.",
        ),
        Method::Pauses if candidate.with.is_empty() && !has_bound => (
            "last collection",
            "It tells no time but that of the last collection that it shows: it was written some time after.",
        ),
        Method::Pauses if candidate.with.is_empty() => (
            "between collections",
            "It shows one collection and not the next, which another file tells: it was written between them.",
        ),
        Method::Pauses => (
            "ends of GC pauses",
            "Pauses end in the trace when memory statistics say that they did (PauseEnd, LastGC).",
        ),
        Method::Cycles => (
            "GC cycles",
            "Cycles are those of another file: by their numbers (NumGC), or by their distances and the sizes of the heap.",
        ),
        Method::Own => {
            ("the session’s clock", "No file tells wall-clock time, so that the others are placed on this one’s.")
        }
    }
}

fn matched(candidate: &Candidate) -> String {
    let what = match candidate.method {
        Method::Snapshots => return format!("{} clock pairs", candidate.matched),
        Method::Stops if !candidate.with.is_empty() => "stops",
        Method::Pauses if !candidate.with.is_empty() => "pauses",
        Method::Cycles => "cycles",
        _ => return String::new(),
    };
    let beside = match candidate.beside {
        0 => String::new(),
        count => format!(", {count} more moments"),
    };
    format!("{} of {} {what}{beside}", candidate.matched, candidate.of)
}

/// A word for how sure a place is.
fn confidence(candidate: &Candidate) -> &'static str {
    const TIGHT_NANOS: i64 = 1_000_000;
    match (candidate.method, candidate.residual_nanos) {
        _ if candidate.is_ambiguous => "not sure: fits elsewhere too",
        (Method::ByHand, _) => "as entered",
        (Method::Told | Method::Snapshots | Method::Own, _) => "exact",
        (_, None) => "at or after this",
        (Method::Cycles, Some(_)) if candidate.matched + candidate.beside < 2 => "weak: one cycle, by its sizes",
        (_, Some(residual)) if candidate.matched + candidate.beside >= 3 && residual <= TIGHT_NANOS => "good",
        (_, Some(residual)) if residual <= TIGHT_NANOS => "fair: few moments",
        _ => "rough",
    }
}

impl PlaceRow {
    /// Such as `± 0.5 ms`.
    pub fn residual_words(&self) -> String {
        match self.residual_nanos {
            Some(0) => "0".to_owned(),
            Some(nanos) => format!("± {}", nanos_words(nanos)),
            None => "not known".to_owned(),
        }
    }
}
