//! The chart itself, by plotters on the canvas.

use analysis::order::sort_by_key;
use analysis::query::GrowthAnswer;
use analysis::words::without_path;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_canvas::CanvasBackend;
use web_sys::HtmlCanvasElement;

use crate::canvas::{fitted, token};
use crate::format::Scale;

/// Room around the plot: left for values, below for times.
const LEFT: u32 = 64;
const BELOW: u32 = 30;
/// Room at the right for values with names; of a single line only its value; on a narrow screen none, the table names
/// the lines.
const RIGHT: [u32; 3] = [230, 76, 16];
const NARROW_PX: f64 = 520.0;
/// Lines by rank; told apart by their labels at the end as well.
const LINES: [&str; 6] = ["plus", "heap-line", "st-idle-t", "st-returned-t", "st-victim-t", "ink-3"];

/// The token of a line's colour.
pub(super) fn ink_of(rank: usize) -> &'static str {
    LINES.get(rank).copied().unwrap_or("ink-3")
}

fn right_of(growth: &GrowthAnswer, width: f64) -> u32 {
    match growth.lines.len() {
        1 => RIGHT[1],
        _ if width < NARROW_PX => RIGHT[2],
        _ => RIGHT[0],
    }
}

/// The snapshot nearest to `x` on the canvas.
pub(super) fn snapshot_at(growth: &GrowthAnswer, canvas: &HtmlCanvasElement, x: f64) -> Option<usize> {
    let width = f64::from(canvas.client_width());
    let room = (width - f64::from(LEFT + right_of(growth, width))).max(1.0);
    let end = end_of(growth);
    let at = (x - f64::from(LEFT)) / room * end;
    let distance = |seconds: f64| (seconds - at).abs();
    growth
        .snapshots
        .iter()
        .enumerate()
        .min_by(|a, b| distance(a.1.1).total_cmp(&distance(b.1.1)))
        .map(|(index, _)| index)
}

fn end_of(growth: &GrowthAnswer) -> f64 {
    growth.snapshots.iter().map(|snapshot| snapshot.1).fold(1e-9, f64::max)
}

fn colour(name: &str) -> RGBColor {
    let text = token(name);
    let hex = text.trim_start_matches('#');
    let part = |at: usize| hex.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(128);
    RGBColor(part(0), part(2), part(4))
}

/// Draws; a chart that cannot be drawn leaves the table below it.
pub(super) fn draw(canvas: &HtmlCanvasElement, growth: &GrowthAnswer, hovered: Option<usize>, selected: &str) {
    // plotters draws in the canvas's own pixels; text and lines grow with the screen's.
    let ratio = leptos::prelude::window().device_pixel_ratio().max(1.0);
    let (width, height) = (f64::from(canvas.client_width()) * ratio, f64::from(canvas.client_height()) * ratio);
    canvas.set_width(width.round() as u32);
    canvas.set_height(height.round() as u32);
    let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) else { return };
    let _ = plot(&backend.into_drawing_area(), growth, hovered, selected, ratio);
}

fn plot(
    area: &DrawingArea<CanvasBackend, plotters::coord::Shift>,
    growth: &GrowthAnswer,
    hovered: Option<usize>,
    selected: &str,
    ratio: f64,
) -> Option<()> {
    let px = |size: u32| (f64::from(size) * ratio).round() as u32;
    let width = f64::from(area.dim_in_pixel().0) / ratio;
    let right = right_of(growth, width);
    let top = growth.lines.iter().flat_map(|line| &line.points).map(|point| point.high).fold(1.0, f64::max) * 1.06;
    let end = end_of(growth);
    let scale = Scale::for_values(&growth.unit, top as i64);
    // In units of the axis, so that its ticks are round numbers.
    let (top, units) = (top / scale.factor, |value: f64| value / scale.factor);
    let mut chart = ChartBuilder::on(area)
        .margin_top(px(12))
        .margin_right(px(right))
        .set_label_area_size(LabelAreaPosition::Left, px(LEFT))
        .set_label_area_size(LabelAreaPosition::Bottom, px(BELOW))
        .build_cartesian_2d(0.0..end, 0.0..top)
        .ok()?;
    let pale = colour("ink-3");
    let text = TextStyle::from(("sans-serif", px(11)).into_font()).color(&pale);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(colour("grid"))
        .axis_style(colour("line-2"))
        .y_labels(6)
        .x_labels(if width < NARROW_PX { 4 } else { 8 })
        .label_style(text)
        .y_label_formatter(&|value| format!("{value} {}", scale.unit))
        .x_label_formatter(&|value| if growth.has_times { format!("{value:.0} s") } else { format!("{value:.0}") })
        .draw()
        .ok()?;
    let at = |index: usize| growth.snapshots.get(index).map_or(0.0, |snapshot| snapshot.1);
    if let Some(hovered) = hovered {
        chart
            .draw_series(std::iter::once(PathElement::new([(at(hovered), 0.0), (at(hovered), top)], colour("line-2"))))
            .ok()?;
    }
    let mut labels = Vec::new();
    for (rank, line) in growth.lines.iter().enumerate() {
        let ink = colour(ink_of(rank));
        let is_strong = line.name == selected || (selected.is_empty() && rank == 0);
        let points = || line.points.iter().enumerate();
        let mut band: Vec<(f64, f64)> = points().map(|(index, point)| (at(index), units(point.high))).collect();
        band.extend(points().rev().map(|(index, point)| (at(index), units(point.low.max(0.0)))));
        chart.draw_series(std::iter::once(Polygon::new(band, ink.mix(if is_strong { 0.16 } else { 0.06 })))).ok()?;
        let stroke = ink.stroke_width(px(if is_strong { 2 } else { 1 }));
        chart
            .draw_series(LineSeries::new(points().map(|(index, point)| (at(index), units(point.value as f64))), stroke))
            .ok()?;
        let repeats = |index: usize| growth.snapshots.get(index).is_some_and(|snapshot| snapshot.2);
        // A snapshot that repeats the one before is hollow: it is no measurement of its own.
        chart
            .draw_series(points().map(|(index, point)| {
                let style = if repeats(index) { ink.stroke_width(px(1)) } else { ink.filled() };
                Circle::new((at(index), units(point.value as f64)), px(3), style)
            }))
            .ok()?;
        if let Some(last) = line.points.last() {
            labels.push((chart.backend_coord(&(end, units(last.value as f64))), ink, line, *last));
        }
    }
    if right != RIGHT[2] {
        place_labels(area, labels, scale, ratio, right == RIGHT[0])?;
    }
    Some(())
}

/// Names at the ends of the lines, moved apart where they would meet.
fn place_labels(
    area: &DrawingArea<CanvasBackend, plotters::coord::Shift>,
    mut labels: Vec<((i32, i32), RGBColor, &analysis::query::GrowthLine, analysis::query::Point)>,
    scale: Scale,
    ratio: f64,
    has_names: bool,
) -> Option<()> {
    let px = |size: f64| (size * ratio).round() as i32;
    sort_by_key(&mut labels, |((_, y), ..)| *y);
    let lowest = area.dim_in_pixel().1 as i32 - px(f64::from(BELOW));
    let mut y = i32::MIN;
    // From the bottom there must be room for all that are still to come.
    let count = labels.len() as i32;
    for (rank, ((x, wanted), ink, line, last)) in labels.into_iter().enumerate() {
        let room = lowest - (count - rank as i32 - 1) * px(15.0);
        y = wanted.max(y.saturating_add(px(15.0))).min(room);
        let mut words = scale.with_unit(last.value as f64);
        if has_names {
            words = format!("{words} {}", fitted(without_path(&line.name), 150.0, 6.2));
        }
        let style =
            TextStyle::from(("sans-serif", px(11.0)).into_font()).color(&ink).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw_text(&words, &style, (x + px(9.0), y)).ok()?;
    }
    Some(())
}
