//! What the inspector says: what falls within the selection, what is picked, the clock.

use analysis::timeline::{
    ClockMethod, EscapeWindow, EvidenceKind, LaneState, OPEN, Spread, StopKind, Window, escape_windows, nanos_words,
    time_words, within,
};
use trace_worker::Go;

use crate::markup::{Row, Section};
use crate::open::Open;
use crate::pin;
use crate::tip::state_words;
use crate::view::View;

fn row(name: &str, value: String) -> Row {
    Row { name: name.to_owned(), values: vec![value], go: None }
}

fn link(name: String, value: String, go: Go) -> Row {
    Row { name, values: vec![value], go: Some(go) }
}

/// A pause that is selected.
pub(crate) fn pause(open: &Open, view: &View) -> Option<Section> {
    let selection = view.selection?;
    let (_, survey) = open.front();
    let stop = survey.collector.stops_in(selection).iter().find(|stop| stop.begin == selection.start)?;
    let bounds = open.bounds();
    let reason = open.symbols.strings.get(stop.reason);
    let mut rows =
        vec![row("Paused", if stop.end == OPEN { "not ended".to_owned() } else { nanos_words(stop.end - stop.begin) })];
    rows.push(row("Why", reason.trim_start_matches("stop-the-world (").trim_end_matches(')').to_owned()));
    if let Some(goroutine) = stop.goroutine {
        let go = Go { select: None, goroutine: Some(goroutine.index() as u32) };
        rows.push(link(
            format!("By {}", open.goroutine_words(goroutine)),
            open.goroutine_name(goroutine).to_owned(),
            go,
        ));
    }
    let cycle = survey.collector.cycles.iter().find(|cycle| cycle.begin <= stop.end && stop.begin <= cycle.end);
    if let Some(cycle) = cycle.filter(|_| stop.kind != StopKind::Other) {
        rows.push(row("Concurrent mark", nanos_words(cycle.end.min(bounds.end) - cycle.begin)));
        let (trace, _) = open.front();
        let mb = |time: i64| {
            trace.heap_live.at(time).map_or("–".to_owned(), |bytes| format!("{:.1}", bytes as f64 / 1_048_576.0))
        };
        rows.push(row("Heap at start → end", format!("{} → {} MB", mb(cycle.begin), mb(cycle.end.min(bounds.end)))));
    }
    Some(Section {
        title: "Stop the world".to_owned(),
        note: time_words(stop.begin - bounds.start, 0),
        heads: &[],
        rows,
    })
}

pub(crate) fn goroutine(open: &Open, at: u32, scope: Window, view: &View) -> Option<Section> {
    let goroutine = open.goroutine(at)?;
    let found = open.survey.roster.get(goroutine)?;
    let bounds = open.bounds();
    let mut rows = Vec::new();
    if let Some(lane) = open.lane(at) {
        let times = lane.times_in(scope);
        for state in [
            LaneState::Running,
            LaneState::Runnable,
            LaneState::Syscall,
            LaneState::Waiting,
            LaneState::Assisting,
            LaneState::Sweeping,
            LaneState::Collecting,
        ] {
            let nanos = times.get(state as usize).copied().unwrap_or(0);
            if nanos > 0 {
                rows.push(row(state_words(state), nanos_words(nanos)));
            }
        }
    }
    if let Some(created) = found.created {
        rows.push(row("Created at", time_words(created - bounds.start, 0)));
    }
    if let Some(creator) = found.creator {
        let go = Go { select: None, goroutine: Some(creator.index() as u32) };
        rows.push(link(
            format!("Created by {}", open.goroutine_words(creator)),
            open.goroutine_name(creator).to_owned(),
            go,
        ));
    }
    let time = view.selection.map_or(view.window.time_at(0.5), |selection| selection.end);
    if let Some((waker, woken, ran)) = open.waker(goroutine, time) {
        let go = Go { select: Window::new(woken, woken + 1).shared(bounds), goroutine: Some(waker.index() as u32) };
        rows.push(link(
            format!("Woken by {}", open.goroutine_words(waker)),
            format!("ran {} later", nanos_words(ran - woken)),
            go,
        ));
    }
    rows.push(row("Events", found.events.to_string()));
    let title = format!("{} {}", open.goroutine_words(goroutine), open.goroutine_name(goroutine));
    Some(Section { title, note: "in the scope".to_owned(), heads: &[], rows })
}

/// Counts of every anchor.
pub(crate) fn anchors(open: &Open, view: &View, scope: Window) -> Section {
    // Until all is decoded the pauses are those of the first look.
    let found = within(open.front().1, scope);
    let local = within(&open.survey, scope);
    let mut rows = Vec::new();
    let count = |count: u64| analysis::words::count(count as i64);
    let mut add = |name: &str, spread: Spread, has_lengths: bool| {
        if spread.count > 0 {
            let lengths = [spread.p50_nanos, spread.p99_nanos, spread.max_nanos];
            let lengths = lengths.iter().take(if has_lengths { 3 } else { 0 }).map(|&nanos| nanos_words(nanos));
            let values = std::iter::once(count(spread.count)).chain(lengths).collect();
            rows.push(Row { name: name.to_owned(), values, go: None });
        }
    };
    add("Stop the world", found.stops, true);
    for (name, spread) in ["Pool Get", "Pool New", "Pool Put", "Init"].iter().zip(local.pools) {
        add(name, spread, true);
    }
    for (role, told) in ["Get", "New", "Put", "Init"].iter().zip(local.logged) {
        add(&format!("{role}, logged"), Spread { count: told, ..Spread::default() }, false);
    }
    for (kind, spread) in EvidenceKind::ALL.into_iter().zip(local.evidence) {
        add(evidence_name(kind), spread, kind.lasts());
    }
    add("GC assist", local.assists, true);
    if found.purges > 0 {
        rows.push(row("Purges", count(found.purges)));
    }
    let events = &open.trace().events;
    let inside = events.first_at(scope.end).saturating_sub(events.first_at(scope.start));
    rows.push(row("Events", count(inside as u64)));
    let what = match (view.selection, view.ranges.len()) {
        (Some(_), _) => "In the selection",
        (None, 0) => "In the trace",
        _ => "In the range",
    };
    Section { title: what.to_owned(), note: nanos_words(scope.nanos()), heads: &["count", "p50", "p99", "max"], rows }
}

/// What evidence is called where there is little room.
fn evidence_name(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::PinSlow => "Seen in pinSlow",
        EvidenceKind::BlockedInGet => "Blocked in Get",
        EvidenceKind::BlockedInPut => "Blocked in Put",
        EvidenceKind::AssistInGet => "Assist in Get",
        EvidenceKind::NewUnderGet => "Seen in New",
        EvidenceKind::InGet => "Seen in Get",
    }
}

pub(crate) fn surges(open: &Open, scope: Window) -> Option<Section> {
    if !open.is_done() {
        return None;
    }
    let found = escape_windows(open.trace(), &open.survey, scope);
    if found.is_empty() {
        return None;
    }
    let bounds = open.bounds();
    let rows = found.iter().take(5).map(|surge| {
        let go = Go { select: Some(surge.window), goroutine: None };
        link(
            format!(
                "{}, {}",
                time_words(surge.window.start - bounds.start, 10_000_000),
                nanos_words(surge.window.nanos())
            ),
            surge_words(surge),
            go,
        )
    });
    Some(Section {
        title: "Escape windows".to_owned(),
        note: "surges while marking".to_owned(),
        heads: &[],
        rows: rows.collect(),
    })
}

/// How strong a surge is.
pub(crate) fn surge_words(surge: &EscapeWindow) -> String {
    let mut words = Vec::new();
    if surge.times_usual > 0.0 {
        words.push(format!("{:.1}× the usual rate", surge.times_usual));
    }
    // Of all goroutines together: who waits for credit helps too, so there can be more of them than processors.
    let helping = surge.assist_nanos as f64 / surge.window.nanos() as f64;
    if helping >= 0.05 {
        words.push(format!("{helping:.1} goroutines helping"));
    }
    words.join(", ")
}

pub(crate) fn clock(open: &Open) -> Section {
    let mut rows = Vec::new();
    match open.clock {
        Some(clock) => {
            let method = match clock.method {
                ClockMethod::Snapshots => "clock snapshots",
                ClockMethod::Pauses => "pauses of goroutine profiles",
                ClockMethod::Session => "moments that other files saw (Files → Clock)",
                ClockMethod::ByHand => "set by hand",
            };
            let off = match clock.method {
                ClockMethod::Session => String::new(),
                _ => format!(", ±{}", nanos_words(clock.residual_nanos)),
            };
            rows.push(row(&open.name, format!("{method}{off}")));
        }
        None => rows.push(row(
            &open.name,
            "no wall clock: Go 1.25 and later write one, a goroutine profile of the same time would tell too, and N sets it by hand"
                .to_owned(),
        )),
    }
    let bounds = open.bounds();
    for place in &open.pins {
        let go = Go { select: Some(pin::around(place)), goroutine: None };
        let words = place.describes.map_or(String::new(), |time| {
            format!(", shows the heap of {}", time_words(time - bounds.start, 10_000_000_000))
        });
        rows.push(link(
            place.pin.name.clone(),
            format!("{}{words}", time_words(place.time - bounds.start, 10_000_000)),
            go,
        ));
    }
    Section { title: "Clock".to_owned(), note: String::new(), heads: &[], rows }
}
