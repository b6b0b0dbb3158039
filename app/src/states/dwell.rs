//! How long objects stay: survival curves with censoring marks, or histograms, on a logarithmic axis of time.

use std::fmt::Write;

use analysis::lifecycle::State;
use analysis::query::{DwellCurve, StatesAnswer};
use analysis::words::number;
use leptos::html::Div;
use leptos::prelude::*;

use super::data::States;
use super::graph::token;
use crate::live::{flag, on, text};
use crate::markup::{Markup, time, width_of};

const LEFT: f64 = 38.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 12.0;
const HEIGHT: f64 = 214.0;
const BELOW: f64 = 24.0;
/// Marks of censoring stand so far apart, and points of a curve.
const MARK_PX: f64 = 5.0;
/// Half-width of a 95% interval in standard errors.
const Z95: f64 = 1.96;
/// Shares at which the curves are named, in turn, so that names do not meet.
const NAMED_AT: [f64; 4] = [0.78, 0.55, 0.34, 0.14];

/// The chart.
#[component]
pub(super) fn Dwell() -> impl IntoView {
    let states = expect_context::<States>();
    let is_bars = RwSignal::new(false);
    let node = NodeRef::<Div>::new();
    let width = width_of(node);
    let of = move || {
        let width = width.get();
        states.graph.with(|graph| match graph {
            Some(graph) if width > LEFT + RIGHT => chart(graph, width, is_bars.get()),
            _ => String::new(),
        })
    };
    let about = move || {
        if is_bars.get() { "stays by length; hollow: not ended" } else { "share still there, Kaplan–Meier" }
    };
    view! {
        <div class="hd"><h2>"Time in state"</h2><span class="dim">{text(move || about().to_owned())}</span>
            <span class="end seg"><button class:on=flag(move || !is_bars.get()) aria-pressed=text(move || (!is_bars.get()).to_string()) on:click=on(move |_| is_bars.set(false))>"Curves"</button><button class:on=flag(move || is_bars.get()) aria-pressed=text(move || is_bars.get().to_string()) data-testid="histogram" on:click=on(move |_| is_bars.set(true))>"Lengths"</button></span></div>
        <Markup of=Box::new(of) class="dwell" node/>
    }
}

/// Time on a logarithmic axis.
struct Axis {
    low: f64,
    high: f64,
    width: f64,
}

impl Axis {
    fn of(curves: &[&DwellCurve], width: f64) -> Self {
        let lengths = || curves.iter().flat_map(|curve| &curve.histogram);
        let low = lengths().map(|bar| bar.from_nanos).min().unwrap_or(1).max(1) as f64;
        let high = lengths().map(|bar| bar.to_nanos).max().unwrap_or(10).max(10) as f64;
        // Whole decades read best, and half ones save room.
        let half = |value: f64, up: bool| if up { (value * 2.0).ceil() / 2.0 } else { (value * 2.0).floor() / 2.0 };
        let (low, high) = (half(low.log10(), false), half(high.log10(), true));
        Self { low, high: high.max(low + 1.0), width: width - LEFT - RIGHT }
    }

    fn x(&self, nanos: u64) -> f64 {
        let at = (nanos.max(1) as f64).log10();
        LEFT + ((at - self.low) / (self.high - self.low)).clamp(0.0, 1.0) * self.width
    }

    fn draw(&self, out: &mut String) {
        let bottom = HEIGHT - BELOW;
        let decades = self.high - self.low;
        // Names need some 44 pixels each.
        let every = (decades * 44.0 / self.width).ceil().max(1.0) as i32;
        for decade in self.low.ceil() as i32..=self.high.floor() as i32 {
            let nanos = 10_f64.powi(decade) as u64;
            let x = self.x(nanos);
            let _ = write!(out, r#"<path class="grid" d="M{x:.1} {TOP}V{bottom}"/>"#);
            if decade % every == 0 {
                let _ = write!(
                    out,
                    r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
                    bottom + 15.0,
                    tick(nanos)
                );
            }
        }
    }
}

/// A power of ten: `100 µs`.
fn tick(nanos: u64) -> String {
    let scale = crate::format::Scale::for_values("nanoseconds", nanos as i64);
    format!("{:.0} {}", nanos as f64 / scale.factor, scale.unit)
}

fn chart(answer: &StatesAnswer, width: f64, is_bars: bool) -> String {
    let curves: Vec<&DwellCurve> = answer.dwell.iter().filter(|curve| curve.ended + curve.censored > 0).collect();
    if curves.is_empty() {
        return r#"<p class="pad dim">No stay began in this window.</p>"#.to_owned();
    }
    let axis = Axis::of(&curves, width);
    let mut out = format!(
        r#"<svg width="{width:.0}" height="{HEIGHT}" role="img" aria-label="Time in each state; the table has the quantiles">"#
    );
    axis.draw(&mut out);
    if is_bars {
        histograms(&mut out, &curves, &axis)
    } else {
        survivals(&mut out, &curves, &axis)
    }
    out + "</svg>"
}

fn survivals(out: &mut String, curves: &[&DwellCurve], axis: &Axis) {
    let bottom = HEIGHT - BELOW;
    let y = |share: f64| bottom - share.clamp(0.0, 1.0) * (bottom - TOP);
    for percent in [0, 25, 50, 75, 100] {
        let at = y(f64::from(percent) / 100.0);
        let class = if percent == 0 { "axis" } else { "grid" };
        let _ = write!(
            out,
            r#"<path class="{class}" d="M{LEFT} {at:.1}h{:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{percent}%</text>"#,
            axis.width,
            LEFT - 6.0,
            at + 4.0
        );
    }
    let end = axis.width + LEFT;
    let mut plateaus: Vec<(f64, State, String)> = Vec::new();
    let mut names = String::new();
    for (rank, curve) in curves.iter().enumerate() {
        let ink = token(curve.state);
        let mut line = format!("M{LEFT} {:.1}", y(1.0));
        let (mut above, mut below) = (vec![(LEFT, y(1.0))], vec![(LEFT, y(1.0))]);
        let (mut share, mut error, mut last_mark, mut last_x) = (1.0, 0.0, f64::MIN, LEFT);
        let mut marks = String::new();
        let wanted = NAMED_AT.get(rank).copied().unwrap_or(0.5);
        let mut spot = None;
        for point in &curve.curve {
            let x = axis.x(point.nanos);
            let _ = write!(line, "H{x:.1}V{:.1}", y(point.share));
            for (edge, sign) in [(&mut above, Z95), (&mut below, -Z95)] {
                edge.push((x, y(share + sign * error)));
                edge.push((x, y(point.share + sign * point.error)));
            }
            (share, error) = (point.share, point.error);
            if point.censored > 0 && x - last_mark >= MARK_PX {
                last_mark = x;
                let _ = write!(marks, "M{x:.1} {:.1}v8", y(share) - 4.0);
            }
            if spot.is_none() && share <= wanted {
                spot = Some((x, y(wanted)));
            }
            last_x = x;
        }
        let ring: Vec<String> = above.iter().chain(below.iter().rev()).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let _ = write!(
            out,
            r#"<g style="--c:var(--{ink})"><path class="band" d="M{}Z"/><path class="curve" d="{line}"/><path class="curve" d="{marks}"/></g>"#,
            ring.join("L")
        );
        let name = curve.state.name();
        if curve.censored > 0 && curve.still_there > 0.02 {
            plateaus.push((y(share), curve.state, format!("{name} {:.1}%", curve.still_there * 100.0)));
            continue;
        }
        let (x, at) = spot.unwrap_or((last_x.min(end - 40.0), y(share) - 8.0));
        let anchor = if x > end - 60.0 { "end" } else { "start" };
        let x = if anchor == "end" { x - 6.0 } else { x + 6.0 };
        let _ = write!(
            names,
            r#"<text class="lbl" style="fill:var(--{})" x="{x:.1}" y="{:.1}" text-anchor="{anchor}">{name}</text>"#,
            text_token(curve.state),
            at + 3.0
        );
    }
    // Those that never came back are named where they stay, and told apart where they would meet.
    analysis::order::sort_by(&mut plateaus, |a, b| a.0.total_cmp(&b.0));
    let mut last = f64::MIN;
    for (wanted, state, words) in plateaus {
        let at = wanted.max(last + 13.0);
        last = at;
        let _ = write!(
            names,
            r#"<text class="lbl" style="fill:var(--{})" x="{:.1}" y="{:.1}">{words}</text>"#,
            text_token(state),
            end + 5.0,
            at + 4.0
        );
    }
    *out += &names;
}

fn histograms(out: &mut String, curves: &[&DwellCurve], axis: &Axis) {
    let bottom = HEIGHT - BELOW;
    let room = (bottom - TOP) / curves.len() as f64;
    for (rank, curve) in curves.iter().enumerate() {
        let floor = TOP + room * (rank as f64 + 1.0);
        let most = curve.histogram.iter().map(|bar| bar.ended + bar.censored).max().unwrap_or(1).max(1) as f64;
        let high = |count: u64| count as f64 / most * (room - 14.0);
        let _ = write!(
            out,
            r#"<path class="axis" d="M{LEFT} {floor:.1}h{:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{}</text><g style="--c:var(--{})">"#,
            axis.width,
            LEFT - 6.0,
            floor - room + 22.0,
            number(most as u64),
            token(curve.state)
        );
        for bar in &curve.histogram {
            let (x1, x2) = (axis.x(bar.from_nanos), axis.x(bar.to_nanos.max(bar.from_nanos + 1)));
            let (ended, censored) = (high(bar.ended), high(bar.censored));
            let wide = (x2 - x1 - 1.0).max(1.0);
            let _ = write!(
                out,
                r#"<rect class="bar" x="{x1:.1}" y="{:.1}" width="{wide:.1}" height="{ended:.1}"/>"#,
                floor - ended
            );
            if bar.censored > 0 {
                let _ = write!(
                    out,
                    r#"<rect class="hollow" x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}"/>"#,
                    x1 + 0.5,
                    floor - ended - censored,
                    (wide - 1.0).max(1.0),
                    censored.max(1.0)
                );
            }
        }
        let left = axis.width + LEFT + 6.0;
        let median = curve.p50_nanos.map_or("–".to_owned(), time);
        let _ = write!(
            out,
            r#"</g><text class="lbl" style="fill:var(--{})" x="{left:.1}" y="{:.1}">{}</text><text x="{left:.1}" y="{:.1}">p50 {median}</text>"#,
            text_token(curve.state),
            floor - room / 2.0,
            curve.state.name(),
            floor - room / 2.0 + 14.0
        );
    }
}

fn text_token(state: State) -> &'static str {
    match state {
        State::Active => "st-active-t",
        State::Returned => "st-returned-t",
        State::Idle => "st-idle-t",
        State::Victim => "st-victim-t",
        _ => "ink-3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!([10, 1_000, 100_000, 10_000_000_000].map(tick), ["10 ns", "1 µs", "100 µs", "10 s"]);
    }
}
