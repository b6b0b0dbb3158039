//! What is drawn on lanes of goroutines and processors when one comes near.

use analysis::model::trace::{EventType, Transition};
use analysis::timeline::{LaneState, Spans, Window, role_of};

use super::pool::role_token;
use super::scene::Scene;
use crate::open::Open;

/// Events in a window, of everybody, below which regions of one goroutine are looked for.
const MOST_EVENTS: usize = 200_000;
/// Events of one goroutine that are drawn one by one.
const MOST_OWN: usize = 1_500;
/// How far back the beginning of a region is looked for.
const BACK: usize = 64;

/// Regions that tell of pools, and logs, inside the lane of a goroutine.
pub(crate) fn detail(scene: &mut Scene<'_>, open: &Open, row: u32, (top, bottom): (f64, f64)) {
    let events = &open.trace().events;
    let (first, last) = (events.first_at(scene.window.start), events.first_at(scene.window.end));
    let Some(goroutine) = open.goroutine(row) else { return };
    if last.saturating_sub(first) > MOST_EVENTS {
        return;
    }
    let mut own: Vec<usize> = open.survey.subjects.of(goroutine, first, last).take(MOST_OWN + 1).collect();
    if own.len() > MOST_OWN {
        return;
    }
    // A region may have begun before the window.
    let mut before = first;
    for _ in 0..BACK {
        match open.survey.subjects.last_before(goroutine, before) {
            Some(at) => {
                own.insert(0, at);
                before = at;
            }
            None => break,
        }
    }
    let mut begun = Vec::new();
    let edge = scene.window.end;
    let mut draw = |begin: i64, end: i64, name, depth: usize| {
        let role = role_of(open.symbols.strings.get(name));
        let inset = 3.0 + depth.min(3) as f64 * 1.5;
        let color = role.map_or(scene.faint("ink", 0.18), |role| scene.palette.get(role_token(role)));
        scene.stretch(Window::new(begin, end), (top + inset, bottom - inset), 1.0, color);
    };
    let mut found = Vec::new();
    for event in own.iter().filter_map(|&at| events.get(at)) {
        match (event.event_type, event.resource()) {
            (EventType::RegionBegin, Some(region)) => begun.push((event.time, region.name)),
            (EventType::RegionEnd, Some(region)) => {
                if let Some(at) = begun.iter().rposition(|&(_, name)| name == region.name) {
                    let (begin, name) = begun.remove(at);
                    found.push((begin, event.time, name, at));
                }
            }
            _ => {}
        }
    }
    found.extend(begun.iter().enumerate().map(|(depth, &(begin, name))| (begin, edge, name, depth)));
    // Outer ones first.
    found.sort_by_key(|&(begin, _, _, depth)| (depth, begin));
    for (begin, end, name, depth) in found {
        draw(begin, end, name, depth);
    }
    for event in own.iter().filter_map(|&at| events.get(at)).filter(|event| event.event_type == EventType::Log) {
        let x = scene.x(event.time);
        if x >= scene.left {
            scene.rect((x, top + 2.0), (x + 1.0, bottom - 2.0), "ink");
        }
    }
}

/// Who runs, where there is room to say it.
pub(crate) fn proc_words(scene: &mut Scene<'_>, open: &Open, lane: &Spans, (top, bottom): (f64, f64)) {
    let Some(spans) = lane.few_in(scene.window, 400) else { return };
    let events = &open.trace().events;
    for span in spans.iter().filter(|span| matches!(span.state, LaneState::Running | LaneState::Collecting)) {
        let left = scene.x(span.begin).max(scene.left);
        let right = scene.x(span.end).min(scene.right);
        if right - left < 34.0 {
            continue;
        }
        // The event at the span's beginning says who.
        let Some(event) = events.get(events.first_at(span.begin)).filter(|event| event.time == span.begin) else {
            continue;
        };
        let goroutine = match event.transition() {
            Some(Transition::Goroutine { goroutine, .. }) => goroutine,
            _ => event.context.goroutine,
        };
        if let Some(goroutine) = goroutine {
            let words = format!("{} {}", open.goroutine_words(goroutine), open.goroutine_name(goroutine));
            let words = scene.fitted(&words, right - left - 8.0);
            scene.words(&words, left + 4.0, (top + bottom) / 2.0, "ink-inv", "left");
        }
    }
}
