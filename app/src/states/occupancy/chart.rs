//! The chart itself, by plotters on the canvas.

use analysis::lifecycle::State;
use analysis::query::{Band, StatesAnswer};
use analysis::words::number;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_canvas::CanvasBackend;
use web_sys::HtmlCanvasElement;

use super::super::graph::token as ink_of;

use crate::canvas::token;

/// Room around the plots: left for counts, right for names (at least, and for each letter), below for times, above for
/// breaches and pins.
const LEFT: u32 = 52;
const RIGHT: u32 = 86;
const LETTER: u32 = 7;
const BELOW: u32 = 24;
const ABOVE: u32 = 16;
/// States that are less than this share of all are drawn once more, on a scale of their own.
const SMALL: f64 = 0.2;
/// From the bottom of the stack up: what is out, then what is in the pool.
const STACK: [State; 5] = [State::Active, State::Returned, State::Idle, State::Victim, State::Unknown];

/// Where the plots are on the canvas, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
}

impl Frame {
    pub(super) fn x_of(self, time: i64, (from, to): (i64, i64)) -> f64 {
        let share = time.saturating_sub(from) as f64 / to.saturating_sub(from).max(1) as f64;
        self.left + (self.right - self.left) * share.clamp(0.0, 1.0)
    }

    pub(super) fn time_at(self, x: f64, (from, to): (i64, i64)) -> i64 {
        let share = ((x - self.left) / (self.right - self.left).max(1.0)).clamp(0.0, 1.0);
        from.saturating_add((to.saturating_sub(from) as f64 * share).round() as i64)
    }
}

fn colour(name: &str) -> RGBColor {
    let text = token(name);
    let hex = text.trim_start_matches('#');
    let part = |at: usize| hex.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(128);
    RGBColor(part(0), part(2), part(4))
}

fn text_colour(state: State) -> RGBColor {
    match state {
        State::Active => colour("st-active-t"),
        State::Returned => colour("st-returned-t"),
        State::Idle => colour("st-idle-t"),
        State::Victim => colour("st-victim-t"),
        _ => colour("ink-3"),
    }
}

/// Draws; what cannot be drawn stands in the table.
pub(super) fn draw(canvas: &HtmlCanvasElement, answer: &StatesAnswer) -> Option<Frame> {
    // plotters draws in the canvas's own pixels; text and lines grow with the screen's.
    let ratio = leptos::prelude::window().device_pixel_ratio().max(1.0);
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    canvas.set_width((width * ratio).round() as u32);
    canvas.set_height((height * ratio).round() as u32);
    let area = CanvasBackend::with_canvas_object(canvas.clone())?.into_drawing_area();
    let bands: Vec<&Band> =
        STACK.iter().filter_map(|state| answer.bands.iter().find(|band| band.state == *state)).collect();
    let most = |band: &Band| band.counts.iter().copied().max().unwrap_or(0);
    let largest = bands.iter().map(|band| most(band)).max().unwrap_or(0);
    let small: Vec<&Band> = bands.iter().copied().filter(|band| (most(band) as f64) < SMALL * largest as f64).collect();
    let is_zoomed = !small.is_empty() && small.len() < bands.len() && small.iter().any(|band| most(band) > 0);
    let letters = |band: &&Band| name(band.state, band.counts.last().copied().unwrap_or(0)).len() as u32;
    let right = RIGHT.max(LETTER * bands.iter().map(letters).max().unwrap_or(0) + 8);
    let plot = Plot { answer, ratio, right };
    if is_zoomed {
        let (upper, lower) = area.split_vertically((height * ratio * 0.56) as u32);
        plot.stack(&upper, &bands, Position { is_first: true, is_last: false })?;
        plot.stack(&lower, &small, Position { is_first: false, is_last: true })?;
    } else {
        plot.stack(&area, &bands, Position { is_first: true, is_last: true })?;
    }
    Some(Frame { left: f64::from(LEFT), right: width - f64::from(right) })
}

/// What stands at the end of a band.
fn name(state: State, last: u64) -> String {
    format!("{} {}", state.name(), number(last))
}

type Chart<'a> = ChartContext<'a, CanvasBackend, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Which of the plots below each other.
#[derive(Clone, Copy)]
struct Position {
    is_first: bool,
    is_last: bool,
}

struct Plot<'a> {
    answer: &'a StatesAnswer,
    ratio: f64,
    right: u32,
}

impl Plot<'_> {
    fn px(&self, size: u32) -> u32 {
        (f64::from(size) * self.ratio).round() as u32
    }

    /// Bands on top of each other. The last plot has the times below it.
    fn stack(&self, area: &DrawingArea<CanvasBackend, Shift>, bands: &[&Band], at: Position) -> Option<()> {
        let (from, to) = self.answer.window;
        let columns = bands.first().map_or(0, |band| band.counts.len());
        let seconds = |column: usize| {
            let length = to.saturating_sub(from) as f64;
            (from as f64 + length * (column as f64 + 1.0) / columns.max(1) as f64) / 1e9
        };
        let mut sums = vec![0.0_f64; columns];
        let stacked: Vec<(State, Vec<f64>, Vec<f64>, u64)> = bands
            .iter()
            .map(|band| {
                let low = sums.clone();
                sums.iter_mut().zip(&band.counts).for_each(|(sum, &count)| *sum += count as f64);
                (band.state, low, sums.clone(), band.counts.last().copied().unwrap_or(0))
            })
            .collect();
        let top = sums.iter().copied().fold(1.0, f64::max) * 1.08;
        let (start, end) = (from as f64 / 1e9, (to as f64 / 1e9).max(from as f64 / 1e9 + 1e-9));
        let mut chart = ChartBuilder::on(area)
            .margin_top(self.px(ABOVE))
            .margin_right(self.px(self.right))
            .set_label_area_size(LabelAreaPosition::Left, self.px(LEFT))
            .set_label_area_size(LabelAreaPosition::Bottom, self.px(if at.is_last { BELOW } else { 4 }))
            .build_cartesian_2d(start..end, 0.0..top)
            .ok()?;
        let pale = colour("ink-3");
        let text = TextStyle::from(("sans-serif", self.px(11)).into_font()).color(&pale);
        let digits = if end - start < 0.05 {
            4
        } else if end - start < 5.0 {
            2
        } else {
            0
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(colour("grid"))
            .axis_style(colour("line-2"))
            .y_labels(if at.is_first && at.is_last { 5 } else { 3 })
            .x_labels(if at.is_last { 5 } else { 0 })
            .label_style(text)
            .y_label_formatter(&|value| if value.fract() == 0.0 { number(*value as u64) } else { String::new() })
            .x_label_formatter(&|value| format!("{value:.digits$} s"))
            .draw()
            .ok()?;
        for (state, low, high, _) in &stacked {
            let mut outline: Vec<(f64, f64)> = Vec::with_capacity(4 * columns);
            // Counts stand until they change: steps, not slopes.
            let mut steps = |values: &[f64], is_back: bool| {
                let mut walk: Vec<(f64, f64)> = Vec::with_capacity(2 * columns);
                let mut before = start;
                for (column, &value) in values.iter().enumerate() {
                    walk.push((before, value));
                    walk.push((seconds(column), value));
                    before = seconds(column);
                }
                if is_back {
                    walk.reverse();
                }
                outline.extend(walk);
            };
            steps(high, false);
            steps(low, true);
            let fill = colour(ink_of(*state)).mix(0.82);
            chart.draw_series(std::iter::once(Polygon::new(outline, fill))).ok()?;
        }
        self.marks(&mut chart, top, at)?;
        let x = chart.backend_coord(&(end, 0.0)).0;
        let middles = stacked.iter().map(|(state, low, high, last)| {
            let middle = (low.last().copied().unwrap_or(0.0) + high.last().copied().unwrap_or(0.0)) / 2.0;
            (chart.backend_coord(&(end, middle)).1, *state, *last)
        });
        self.names(area, x, middles.collect())
    }

    /// Purges as red ticks on the axis of the last plot, breaches as diamonds over the first.
    fn marks(&self, chart: &mut Chart<'_>, top: f64, at: Position) -> Option<()> {
        let (across, down) = chart.plotting_area().get_pixel_range();
        let (from, to) = self.answer.window;
        // Sizes in pixels, in units of the axes.
        let wide =
            |px: f64| px * self.ratio / f64::from(across.len().max(1) as u32) * to.saturating_sub(from) as f64 / 1e9;
        let high = |px: f64| px * self.ratio / f64::from(down.len().max(1) as u32) * top;
        let seconds = |time: i64| time as f64 / 1e9;
        if at.is_last {
            let tick = |&time: &i64| {
                let tick = [(seconds(time), 0.0), (seconds(time), high(8.0))];
                PathElement::new(tick, colour("an-stw").stroke_width(self.px(2)))
            };
            chart.draw_series(self.answer.purges.iter().map(tick)).ok()?;
        }
        if at.is_first {
            let diamond = |&(time, _): &(i64, u64)| {
                let (x, y, dx, dy) = (seconds(time), top - high(4.0), wide(3.5), high(4.0));
                Polygon::new(vec![(x, y - dy), (x + dx, y), (x, y + dy), (x - dx, y)], colour("violation"))
            };
            chart.draw_series(self.answer.breaches.iter().map(diamond)).ok()?;
        }
        Some(())
    }

    /// Names with their last counts at the end of the bands, moved apart where they would meet.
    fn names(&self, area: &DrawingArea<CanvasBackend, Shift>, x: i32, mut names: Vec<(i32, State, u64)>) -> Option<()> {
        let px = |size: f64| (size * self.ratio).round() as i32;
        // From the top down.
        analysis::order::sort_by_key(&mut names, |name| name.0);
        let base = area.get_base_pixel();
        let lowest = area.dim_in_pixel().1 as i32 - px(10.0);
        let count = names.len() as i32;
        let mut y = i32::MIN;
        for (rank, (wanted, state, last)) in names.into_iter().enumerate() {
            let room = lowest - (count - rank as i32 - 1) * px(13.0);
            y = (wanted - base.1).max(y.saturating_add(px(13.0))).min(room);
            let ink = text_colour(state);
            let style = TextStyle::from(("sans-serif", px(11.0)).into_font())
                .color(&ink)
                .pos(Pos::new(HPos::Left, VPos::Center));
            area.draw_text(&name(state, last), &style, (x - base.0 + px(6.0), y)).ok()?;
        }
        Some(())
    }
}
