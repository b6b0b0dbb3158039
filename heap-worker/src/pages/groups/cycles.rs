//! Cycles of both groups by their number since the steady state began.

use std::fmt::Write;

use analysis::groups::{Aligned, AlignedCycle, Comparison, Measure, Topic};

use super::super::Here;
use super::differences::of_collector;

/// The section; nothing where not both groups tell of a collector.
pub(super) fn section(here: &Here, comparison: &Comparison, out: &mut String) {
    if !comparison.differences.iter().any(|difference| difference.topic == Topic::Collector) {
        return;
    }
    out.push_str(
        "<section class=\"sec\" data-testid=\"groups-cycles\"><div class=\"hd\"><h2>The collector, cycle by cycle</h2>",
    );
    if let Some(aligned) = &comparison.cycles {
        head(aligned, out);
    }
    out.push_str("</div>");
    if let Some(aligned) = &comparison.cycles {
        out.push_str("<div class=\"gcharts\">");
        chart("Live after", Measure::Live, aligned, |cycle| cycle.live, out);
        chart("Pause", Measure::PausePerCycle, aligned, |cycle| Some(cycle.pause), out);
        // Sizes that are told in whole MB are no measure of a small heap: then it is not compared, and not drawn.
        if comparison.differences.iter().any(|difference| difference.measure == Measure::MarkPerMb) {
            chart("Mark CPU per MB live", Measure::MarkPerMb, aligned, |cycle| cycle.mark_per_mb, out);
        }
        out.push_str("</div>");
    }
    of_collector(here, comparison, out);
    out.push_str("</section>");
}

fn head(aligned: &Aligned, out: &mut String) {
    let [before, after] = aligned.skipped;
    let _ = write!(
        out,
        "<span class=\"dim\">numbered since the steady state began, never by the clock: that is the first cycle that begins at half of the usual heap ({before} before it skipped on the left, {after} on the right); the first {} of each are compared</span>",
        aligned.compared
    );
}

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 90.0;

/// A line a group; nothing where no cycle has the value.
fn chart(title: &str, measure: Measure, aligned: &Aligned, of: fn(&AlignedCycle) -> Option<f64>, out: &mut String) {
    let lines: Vec<Vec<Option<f64>>> = aligned.cycles.iter().map(|cycles| cycles.iter().map(of).collect()).collect();
    let top = lines.iter().flatten().flatten().copied().fold(0.0, f64::max);
    let count = lines.iter().map(Vec::len).max().unwrap_or(0);
    if top <= 0.0 || !top.is_finite() || count < 2 {
        return;
    }
    let x = |at: usize| at as f64 / (count - 1) as f64 * WIDTH;
    let _ = write!(
        out,
        "<figure><figcaption><b>{title}</b><span>up to {}</span></figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{title} by cycle\"><rect class=\"both\" width=\"{:.1}\" height=\"{HEIGHT}\"/>",
        measure.words(top),
        x((aligned.compared as usize).saturating_sub(1).min(count - 1))
    );
    for (class, line) in ["before", "after"].into_iter().zip(&lines) {
        let mut path = String::new();
        let mut is_new = true;
        for (at, value) in line.iter().enumerate() {
            match value {
                Some(value) => {
                    let y = HEIGHT - 1.0 - value / top * (HEIGHT - 2.0);
                    let _ = write!(path, "{}{:.1} {y:.1}", if is_new { 'M' } else { 'L' }, x(at));
                    is_new = false;
                }
                None => is_new = true,
            }
        }
        if !path.is_empty() {
            let _ = write!(out, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }
    let _ = write!(out, "</svg><div class=\"gends\"><span>cycle 1</span><span>{count}</span></div></figure>");
}
