//! Putting boxes on the canvas: by colour, so that a frame costs few calls.

use std::collections::BTreeMap;

use analysis::query::{FlameAnswer, FlameMode};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::super::hue_token;
use crate::canvas::{Surface, fitted, surface, token};
use analysis::words::without_path;

/// Height of a frame.
pub(super) const ROW_PX: f64 = 18.0;
/// Narrower boxes have no text.
const TEXT_PX: f64 = 28.0;
/// Width of a character of the fixed font at 11 px.
const CHAR_PX: f64 = 6.62;

/// Where one box is.
struct Place {
    at: usize,
    x: f64,
    y: f64,
    width: f64,
}

/// Draws everything that reaches into the window.
pub(super) fn draw(
    canvas: &HtmlCanvasElement,
    boxes: &FlameAnswer,
    window: [f64; 2],
    selected: &str,
    search: &str,
    hovered: Option<usize>,
    is_flame: bool,
) {
    let Some(Surface { context, width, height }) = surface(canvas) else { return };
    let places = places(boxes, window, width, height, is_flame);
    let found = |place: &Place| {
        search.is_empty() || name(boxes, place.at).is_some_and(|name| name.to_ascii_lowercase().contains(search))
    };
    // By colour: pale for the width, strong for the fill.
    let mut pale: BTreeMap<&'static str, Vec<(f64, f64, f64)>> = BTreeMap::new();
    let mut strong: BTreeMap<&'static str, Vec<(f64, f64, f64)>> = BTreeMap::new();
    let mut hatched = Vec::new();
    for place in &places {
        let package = boxes.name.get(place.at).and_then(|&name| boxes.packages.get(name as usize)).copied();
        let Some(package) = package else { continue };
        let strong_token = hue_token(package);
        let pale_token = strong_token.trim_end_matches("-f");
        let gap = (place.width - 1.0).max(0.6);
        if !found(place) {
            pale.entry("bg-2").or_default().push((place.x, place.y, gap));
            continue;
        }
        match boxes.mode {
            FlameMode::Kept => {
                let (value, fill) = (at(&boxes.value, place.at), at(&boxes.fill, place.at));
                let share = (fill as f64 / value.max(1) as f64).clamp(0.0, 1.0);
                pale.entry(pale_token).or_default().push((place.x, place.y, gap));
                if share * gap >= 0.5 {
                    strong.entry(strong_token).or_default().push((place.x, place.y, gap * share));
                }
            }
            FlameMode::Value => strong.entry(strong_token).or_default().push((place.x, place.y, gap)),
            FlameMode::Change => {
                let (value, base) = (at(&boxes.value, place.at), at(&boxes.base, place.at));
                let delta = value - base;
                let share = (delta.unsigned_abs() as f64 / value.max(base).max(1) as f64).clamp(0.0, 1.0);
                pale.entry("bg-3").or_default().push((place.x, place.y, gap));
                let colour = if delta > 0 { "plus-fill" } else { "minus-fill" };
                if share * gap >= 0.5 {
                    strong.entry(colour).or_default().push((place.x, place.y, gap * share));
                    if delta > 0 {
                        hatched.push((place.x, place.y, gap * share));
                    }
                }
            }
        }
    }
    fill_all(&context, &pale);
    fill_all(&context, &strong);
    hatch(&context, &hatched);
    inline_marks(&context, boxes, &places);
    texts(&context, boxes, &places, &found);
    outlines(&context, boxes, &places, selected, hovered);
}

fn at(values: &[i64], index: usize) -> i64 {
    values.get(index).copied().unwrap_or(0)
}

fn name(boxes: &FlameAnswer, at: usize) -> Option<&str> {
    boxes.names.get(*boxes.name.get(at)? as usize).map(String::as_str)
}

fn places(boxes: &FlameAnswer, window: [f64; 2], width: f64, height: f64, is_flame: bool) -> Vec<Place> {
    let scale = width / (window[1] - window[0]).max(1e-12);
    let place = |at: usize| {
        let left = ((boxes.left.get(at)? - window[0]) * scale).max(0.0);
        let right = ((boxes.right.get(at)? - window[0]) * scale).min(width);
        let depth = f64::from(*boxes.depth.get(at)?);
        let y = if is_flame { height - (depth + 1.0) * ROW_PX } else { depth * ROW_PX };
        (right - left > 0.3).then_some(Place { at, x: left, y, width: right - left })
    };
    (0..boxes.name.len()).filter_map(place).collect()
}

fn fill_all(context: &CanvasRenderingContext2d, by_colour: &BTreeMap<&'static str, Vec<(f64, f64, f64)>>) {
    for (colour, boxes) in by_colour {
        context.set_fill_style_str(&token(colour));
        context.begin_path();
        for &(x, y, width) in boxes {
            context.rect(x, y, width, ROW_PX - 1.0);
        }
        context.fill();
    }
}

/// Slanted lines, so that “more” is told without colour.
fn hatch(context: &CanvasRenderingContext2d, boxes: &[(f64, f64, f64)]) {
    context.set_stroke_style_str(&token("plus"));
    context.set_line_width(0.7);
    context.begin_path();
    for &(x, y, width) in boxes.iter().filter(|(.., width)| *width >= 6.0) {
        let mut from = x + 3.0;
        while from + 5.0 < x + width {
            context.move_to(from, y + ROW_PX - 2.0);
            context.line_to(from + 5.0, y + 1.0);
            from += 7.0;
        }
    }
    context.stroke();
}

fn inline_marks(context: &CanvasRenderingContext2d, boxes: &FlameAnswer, places: &[Place]) {
    context.set_fill_style_str(&token("ink-3"));
    context.begin_path();
    for place in places.iter().filter(|place| place.width >= 5.0 && boxes.inlined.get(place.at) == Some(&true)) {
        for dot in 0..4 {
            context.rect(place.x, place.y + 1.5 + f64::from(dot) * 4.0, 1.5, 2.0);
        }
    }
    context.fill();
}

fn texts(context: &CanvasRenderingContext2d, boxes: &FlameAnswer, places: &[Place], found: &dyn Fn(&Place) -> bool) {
    context.set_font("11px ui-monospace, SFMono-Regular, Menlo, Consolas, \"Liberation Mono\", monospace");
    context.set_text_baseline("middle");
    let (ink, pale) = (token("ink"), token("ink-3"));
    for strong in [true, false] {
        context.set_fill_style_str(if strong { &ink } else { &pale });
        for place in places.iter().filter(|place| place.width >= TEXT_PX && found(place) == strong) {
            let Some(name) = name(boxes, place.at) else { continue };
            let glyph = match (boxes.mode, at(&boxes.value, place.at) - at(&boxes.base, place.at)) {
                (FlameMode::Change, delta) if delta > 0 => "▲ ",
                (FlameMode::Change, delta) if delta < 0 => "▼ ",
                _ => "",
            };
            let text = fitted(&format!("{glyph}{}", without_path(name)), place.width - 8.0, CHAR_PX);
            // A text that cannot be drawn is in the tip and the table all the same.
            let _ = context.fill_text(&text, place.x + 4.0, place.y + ROW_PX / 2.0);
        }
    }
}

fn outlines(
    context: &CanvasRenderingContext2d,
    boxes: &FlameAnswer,
    places: &[Place],
    selected: &str,
    hovered: Option<usize>,
) {
    context.set_line_width(2.0);
    context.set_stroke_style_str(&token("accent"));
    for place in places.iter().filter(|place| !selected.is_empty() && name(boxes, place.at) == Some(selected)) {
        context.stroke_rect(place.x + 1.0, place.y + 1.0, (place.width - 3.0).max(1.0), ROW_PX - 3.0);
    }
    context.set_line_width(1.0);
    context.set_stroke_style_str(&token("ink"));
    for place in places.iter().filter(|place| Some(place.at) == hovered) {
        context.stroke_rect(place.x + 0.5, place.y + 0.5, (place.width - 2.0).max(1.0), ROW_PX - 2.0);
    }
}

/// The box under a point of the canvas.
pub(super) fn box_at(
    boxes: &FlameAnswer,
    canvas: &HtmlCanvasElement,
    window: [f64; 2],
    x: f64,
    y: f64,
    is_flame: bool,
) -> Option<usize> {
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    let depth = (if is_flame { height - y } else { y }) / ROW_PX;
    let at = window[0] + x / width.max(1.0) * (window[1] - window[0]);
    (0..boxes.name.len()).find(|&index| {
        boxes.depth.get(index).is_some_and(|&d| f64::from(d) == depth.floor())
            && boxes.left.get(index).zip(boxes.right.get(index)).is_some_and(|(&left, &right)| left <= at && at < right)
    })
}
