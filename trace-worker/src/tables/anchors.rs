//! The three anchors, surges, pins.

use analysis::model::StackId;
use analysis::model::trace::Goroutine;
use analysis::timeline::{EvidenceKind, OPEN, PinPlace, PoolRole, Stop, StopKind, Window, escape_windows, time_words};
use trace_worker::Go;

use super::{Rows, left, micros, moment, number, right, text};
use crate::markup::Cell;
use crate::open::Open;
use crate::pin;
use crate::tip::evidence_words;

/// A table of Gets shows the slowest of so many.
const MOST_ROWS: usize = 5_000;

pub(super) fn whose(open: &Open, goroutine: Option<Goroutine>) -> String {
    goroutine.map_or(String::new(), |row| format!("{} {}", open.goroutine_words(row), open.goroutine_name(row)))
}

pub(super) fn place(open: &Open, stack: Option<StackId>) -> String {
    let own = |name: &&str| !name.starts_with("runtime.") && !name.starts_with("sync.");
    stack.map_or(String::new(), |stack| {
        open.frames(stack).find(own).or_else(|| open.frames(stack).next()).unwrap_or("").to_owned()
    })
}

pub(super) fn go(begin: i64, end: i64, goroutine: Option<Goroutine>) -> Option<Go> {
    let end = if end == OPEN { begin + 1 } else { end };
    Some(Go { select: Some(Window::new(begin, end)), goroutine: goroutine.map(|row| row.index() as u32) })
}

/// Such as `GC sweep termination`.
pub(super) fn reason<'a>(open: &'a Open, stop: &Stop) -> &'a str {
    open.symbols.strings.get(stop.reason).trim_start_matches("stop-the-world (").trim_end_matches(')')
}

pub(super) fn stops(open: &Open, scope: Window) -> Rows {
    let (_, survey) = open.front();
    let zero = open.bounds().start;
    let rows = survey.collector.stops_in(scope).iter().map(|stop| {
        let length = if stop.end == OPEN { text("not ended") } else { micros(stop.end - stop.begin) };
        let purge = if stop.kind == StopKind::Purge { "purges every pool" } else { "" };
        let cells = vec![
            moment(stop.begin - zero),
            length,
            text(reason(open, stop)),
            text(purge),
            text(whose(open, stop.goroutine)),
            text(place(open, stop.stack)),
        ];
        (cells, go(stop.begin, stop.end, None))
    });
    let columns = vec![right("At", "s"), right("paused", "µs"), left("Why"), left(""), left("By"), left("Where")];
    Rows { note: "stops of the world".to_owned(), columns, rows: rows.collect() }
}

pub(super) fn gets(open: &Open, scope: Window) -> Rows {
    anchor(
        open,
        scope,
        &[PoolRole::Get, PoolRole::Put],
        &|kind| kind != EvidenceKind::NewUnderGet,
        "Gets and Puts, the slowest first",
    )
}

pub(super) fn inits(open: &Open, scope: Window) -> Rows {
    anchor(
        open,
        scope,
        &[PoolRole::New, PoolRole::Init],
        &|kind| kind == EvidenceKind::NewUnderGet,
        "initialisations, the slowest first",
    )
}

/// Regions of these roles, and what was seen inside Get.
fn anchor(
    open: &Open,
    scope: Window,
    roles: &[PoolRole],
    is_wanted: &dyn Fn(EvidenceKind) -> bool,
    note: &str,
) -> Rows {
    let zero = open.bounds().start;
    let events = &open.trace().events;
    let mut found = Vec::new();
    for kind in roles.iter().flat_map(|&role| open.survey.annotations.of_role(role)) {
        found.extend(
            kind.regions
                .in_window(scope)
                .filter(|region| region.end != OPEN)
                .map(|region| (region.end - region.begin, region.begin, kind.name)),
        );
    }
    let all = found.len();
    if found.len() > MOST_ROWS {
        found.select_nth_unstable_by_key(MOST_ROWS, |&(length, ..)| std::cmp::Reverse(length));
        found.truncate(MOST_ROWS);
    }
    let mut rows: Vec<(i64, Vec<Cell>, Option<Go>)> = found
        .into_iter()
        .map(|(length, begin, name)| {
            let event = events.get(events.first_at(begin));
            let goroutine = event.as_ref().and_then(|event| event.context.goroutine);
            let stack = event.and_then(|event| event.stack());
            let name = open.symbols.strings.get(name);
            let cells = vec![
                moment(begin - zero),
                micros(length),
                text(name),
                text("annotated"),
                text(whose(open, goroutine)),
                text(place(open, stack)),
            ];
            (length, cells, go(begin, begin + length, goroutine))
        })
        .collect();
    let seen = open
        .survey
        .evidence
        .all
        .iter()
        .filter(|evidence| scope.start <= evidence.begin && evidence.begin < scope.end && is_wanted(evidence.kind));
    rows.extend(seen.take(MOST_ROWS).map(|evidence| {
        let length = if evidence.end == OPEN { 0 } else { evidence.end - evidence.begin };
        let time = if length > 0 { micros(length) } else { text("–") };
        let mark = open.survey.marks.of(Some(evidence.stack));
        let maker = mark
            .maker
            .map_or_else(|| place(open, Some(evidence.stack)), |name| open.symbols.strings.get(name).to_owned());
        let cells = vec![
            moment(evidence.begin - zero),
            time,
            text(evidence_words(evidence.kind)),
            text("seen in a stack"),
            text(whose(open, Some(evidence.goroutine))),
            text(maker),
        ];
        (length, cells, go(evidence.begin, evidence.end.max(evidence.begin + 1), Some(evidence.goroutine)))
    }));
    rows.sort_by_key(|&(length, ..)| std::cmp::Reverse(length));
    let columns =
        vec![right("At", "s"), right("took", "µs"), left("What"), left("Known by"), left("Goroutine"), left("Where")];
    let note = if all > MOST_ROWS {
        format!("{note}; {} in all", analysis::words::count(all as i64))
    } else {
        note.to_owned()
    };
    Rows { note, columns, rows: rows.into_iter().map(|(_, cells, go)| (cells, go)).collect() }
}

pub(super) fn escapes(open: &Open, scope: Window) -> Rows {
    let zero = open.bounds().start;
    let found = escape_windows(open.trace(), &open.survey, scope);
    let rows = found.iter().map(|surge| {
        // Who helped most says whose allocations they were.
        let mut helpers: Vec<(String, i64)> = Vec::new();
        for (assist, _, stack) in open.survey.collector.assists_in(surge.window) {
            let name = place(open, stack);
            let nanos = (assist.end.min(surge.window.end) - assist.begin).max(0);
            match helpers.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += nanos,
                None => helpers.push((name, nanos)),
            }
        }
        let most = helpers.into_iter().max_by_key(|&(_, nanos)| nanos).map_or(String::new(), |(name, _)| name);
        let cells = vec![
            moment(surge.window.start - zero),
            micros(surge.window.nanos()),
            number(surge.cycle as u64),
            Cell::Number(surge.allocated_bytes as f64, format!("{:.2}", surge.allocated_bytes as f64 / 1_048_576.0)),
            Cell::Number(surge.times_usual, format!("{:.1}", surge.times_usual)),
            helping(surge.assist_nanos as f64 / surge.window.nanos() as f64),
            text(most),
        ];
        (cells, go(surge.window.start, surge.window.end, None))
    });
    let columns = vec![
        right("At", "s"),
        right("long", "µs"),
        right("GC", ""),
        right("allocated", "MB"),
        right("usual rate", "×"),
        right("helping at a time", "goroutines"),
        left("Who helped most"),
    ];
    let note = if found.is_empty() {
        "no surge: while marking, the program allocated below twice its usual rate and helped below 5 % of the time"
    } else {
        "escape windows: surges of allocation or of helping while the collector marks, the strongest first"
    };
    Rows { note: note.to_owned(), columns, rows: rows.collect() }
}

/// How many goroutines help at a time.
fn helping(mean: f64) -> Cell {
    Cell::Number(mean, format!("{mean:.1}"))
}

pub(super) fn pins(open: &Open) -> Rows {
    let bounds = open.bounds();
    let row = |place: &PinPlace| {
        let shows = place.describes.map_or(String::new(), |time| {
            format!("heap as of the mark termination at {}", time_words(time - bounds.start, 0))
        });
        let cells = vec![
            text(place.pin.name.clone()),
            text(place.pin.kind.clone()),
            moment(place.time - bounds.start),
            text(shows),
        ];
        (cells, Some(Go { select: Some(pin::around(place)), goroutine: None }))
    };
    let columns = vec![left("File"), left("Kind"), right("At", "s"), left("Shows")];
    let note = match open.clock {
        Some(clock) => format!("other files on this clock, ±{}", analysis::timeline::nanos_words(clock.residual_nanos)),
        None => {
            "nothing tells where other files stand on this trace's clock; pin ▶ over the timeline places them by hand"
                .to_owned()
        }
    };
    Rows { note, columns, rows: open.pins.iter().map(row).collect() }
}
