//! Pins: other files on the trace's clock. Each has a label in the ruler, and a card that says how it came there.

use analysis::timeline::{ClockMethod, PinPlace, Window, nanos_words, time_words};
use trace_worker::PinCard;

use crate::draw::{HEAD_PX, MINI_PX, Scene, plot_px};
use crate::markup;
use crate::open::Open;
use crate::view::View;

/// The pointer catches a pin without a label that is so near.
const NEAR_PX: f64 = 4.0;
/// A pin's row in a table leads to a window of this length on both sides of it.
const AROUND_NANOS: i64 = 1_000;

/// A pin in sight.
pub(crate) struct Label<'a> {
    pub(crate) place: &'a PinPlace,
    pub(crate) x: f64,
    /// Its words and from where to where they stand, if there is room for them.
    pub(crate) words: Option<(&'a str, f64, f64)>,
}

/// Pins in sight, in time order.
pub(crate) fn labels(open: &Open, window: Window, (left, right): (f64, f64)) -> Vec<Label<'_>> {
    let mut free_from = f64::MIN;
    let in_sight = open.pins.iter().filter(|place| window.start <= place.time && place.time < window.end);
    in_sight
        .map(|place| {
            let x = left + (right - left) * window.share_of(place.time);
            let name = place.pin.name.trim_end_matches(".gz").trim_end_matches(".pb");
            let wide = Scene::width_of(name) + 12.0;
            let from = x.clamp(left, (right - wide).max(left));
            let words = (x >= free_from).then_some((name, from, from + wide));
            if words.is_some() {
                free_from = from + wide + 4.0;
            }
            Label { place, x, words }
        })
        .collect()
}

/// The pin under the pointer.
pub(crate) fn hit<'a>(open: &'a Open, view: &View, width: f64, (x, y): (f64, f64)) -> Option<&'a PinPlace> {
    if !(MINI_PX..HEAD_PX).contains(&y) {
        return None;
    }
    let labels = labels(open, view.window, plot_px(width));
    let named = labels.iter().find(|label| label.words.is_some_and(|(_, from, to)| from <= x && x <= to));
    let near = || labels.iter().find(|label| (label.x - x).abs() <= NEAR_PX);
    named.or_else(near).map(|label| label.place)
}

/// The window that a pin's row leads to.
pub(crate) fn around(place: &PinPlace) -> Window {
    Window::new(place.time.saturating_sub(AROUND_NANOS), place.time.saturating_add(AROUND_NANOS))
}

/// Pins within the trace: others cannot be looked at.
fn within(open: &Open) -> Vec<&PinPlace> {
    let bounds = open.bounds();
    open.pins.iter().filter(|place| bounds.start <= place.time && place.time < bounds.end).collect()
}

/// The next pin after the one of that name, or before it; without one, from the middle of the window.
pub(crate) fn next<'a>(open: &'a Open, view: &View, from: Option<&str>, is_forward: bool) -> Option<&'a PinPlace> {
    let pins = within(open);
    let at = from.and_then(|name| pins.iter().position(|place| place.pin.name == name));
    let middle = view.window.time_at(0.5);
    let found = match (at, is_forward) {
        (Some(at), true) => at.checked_add(1),
        (Some(at), false) => at.checked_sub(1),
        (None, true) => Some(pins.partition_point(|place| place.time < middle)),
        (None, false) => pins.partition_point(|place| place.time < middle).checked_sub(1),
    };
    found.and_then(|at| pins.get(at)).or(if is_forward { pins.first() } else { pins.last() }).copied()
}

/// What the card of a pin says, if the pin is in sight.
pub(crate) fn card(open: &Open, view: &View, width: f64, name: &str) -> Option<PinCard> {
    let bounds = open.bounds();
    let (left, right) = plot_px(width);
    let labels = labels(open, view.window, (left, right));
    let label = labels.iter().find(|label| label.place.pin.name == name)?;
    let (place, clock) = (label.place, open.clock?);
    let residual = nanos_words(clock.residual_nanos);
    let how = match clock.method {
        ClockMethod::Snapshots => format!("by clock snapshots in the trace, ±{residual}"),
        ClockMethod::Pauses => format!("by the pauses that goroutine profiles made, ±{residual}"),
        ClockMethod::Session => "by moments that other files saw: Files → Clock says how".to_owned(),
        ClockMethod::ByHand if open.found.is_some() => "shifted by hand".to_owned(),
        ClockMethod::ByHand => "by hand: the files do not tell, so the first stood at the trace's beginning".to_owned(),
    };
    let mut lines = vec![
        place.pin.name.clone(),
        format!("{}, at {}", place.pin.kind, time_words(place.time - bounds.start, 10_000_000)),
        format!("placed {how}"),
    ];
    let (_, survey) = open.front();
    let stops = survey.collector.stops.iter();
    let describes = place.describes.and_then(|end| stops.rev().find(|stop| stop.end == end));
    if let Some(stop) = describes {
        let time = time_words(stop.end - bounds.start, 10_000_000);
        lines.push(format!("heap as of the mark termination at {time}"));
    }
    let shift = open.shift_base().map_or(0, |base| base.saturating_sub(clock.offset_nanos));
    Some(PinCard {
        name: name.to_owned(),
        x: label.x,
        y: HEAD_PX,
        markup: markup::tip(&lines),
        describes: describes.and_then(|stop| Window::new(stop.begin, stop.end).shared(bounds)),
        shift_millis: shift as f64 / 1e6,
        is_by_hand: clock.method == ClockMethod::ByHand,
    })
}
