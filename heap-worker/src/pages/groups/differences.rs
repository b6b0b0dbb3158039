//! Tables of differences: what changed first, then all else; each with both intervals drawn on one scale.

use std::fmt::Write;

use analysis::groups::{Comparison, Difference, Estimate, Measure, Outcome, Topic};
use analysis::markup::escaped;
use analysis::words::count;

use super::super::Here;
use super::super::table::{Cell, Column, Row, Table};

/// What changed.
pub(super) fn changed(here: &Here, comparison: &Comparison, out: &mut String) {
    let all = &comparison.differences;
    let rows: Vec<&Difference> = all.iter().filter(|difference| difference.outcome <= Outcome::Load).collect();
    let same = all.iter().filter(|difference| difference.outcome == Outcome::Same).count();
    let _ = write!(
        out,
        "<section class=\"sec\"><div class=\"hd\"><h2>What changed</h2><span class=\"dim\" data-testid=\"groups-same\">{} of {} comparisons; {} did not change beyond what sampling and scatter explain</span></div>",
        rows.len(),
        count(all.len() as i64),
        count(same as i64)
    );
    if !rows.is_empty() {
        table("changes", "What changed between the groups", here, &rows, out);
    }
    out.push_str("</section>");
}

/// What did not, and what one group alone tells; the collector has a table of its own.
pub(super) fn unchanged(here: &Here, comparison: &Comparison, out: &mut String) {
    let all = &comparison.differences;
    let rows: Vec<&Difference> = all
        .iter()
        .filter(|difference| difference.outcome > Outcome::Load && difference.topic != Topic::Collector)
        .collect();
    if rows.is_empty() {
        return;
    }
    // It stays open while it is sorted.
    let is_open = here.get("by").trim_start_matches('-').starts_with("same.");
    let _ = write!(
        out,
        "<details class=\"sec gsame\"{}><summary>{} comparisons of functions, pools, goroutines and waits without a difference</summary>",
        if is_open { " open" } else { "" },
        count(rows.len() as i64)
    );
    table("same", "What did not change between the groups", here, &rows, out);
    out.push_str("</details>");
}

/// Of the collector alone, changed or not.
pub(super) fn of_collector(here: &Here, comparison: &Comparison, out: &mut String) {
    let all = comparison.differences.iter();
    let rows: Vec<&Difference> = all.filter(|difference| difference.topic == Topic::Collector).collect();
    if !rows.is_empty() {
        table("gc", "The collector of both groups", here, &rows, out);
    }
}

const MOST_ROWS: usize = 200;

fn table(id: &'static str, label: &str, here: &Here, rows: &[&Difference], out: &mut String) {
    let column = |title, about, is_left| Column { title, about, is_left };
    let columns = vec![
        column(
            "Outcome",
            "Worse and better count where neither chance, scatter nor load explain the difference.",
            true,
        ),
        column("Of", "The function, the pool, or the collector.", true),
        column("Measure", "What is compared; hover over it for how it was computed.", true),
        column("Before", "With its 95 % interval.", false),
        column("After", "With its 95 % interval.", false),
        column("Change", "After less before, with its 95 % interval.", false),
        column(
            "Intervals",
            "Before above, after below, on one scale from 0: the bar is the interval, the line the value.",
            true,
        ),
    ];
    let rows = rows.iter().map(|difference| row(here, difference)).collect();
    Table { id, label: label.to_owned(), columns, rows, sorted: None, most: MOST_ROWS }.write(here, out);
}

fn row(here: &Here, difference: &Difference) -> Row {
    let (rank, class, outcome) = match difference.outcome {
        Outcome::Worse => (0.0, "worse", "worse"),
        Outcome::Better => (1.0, "better", "better"),
        Outcome::Differs => (2.0, "", "differs"),
        Outcome::Load => (3.0, "dim", "with the load"),
        Outcome::Same => (4.0, "dim", "same"),
        Outcome::OneSided => (5.0, "dim", "one side only"),
    };
    // Numbers fall when they are sorted: the worst is to come first.
    let mut outcome_cell = Cell::number(-rank, "");
    outcome_cell.drawn = format!("<span class=\"gout {class}\">{outcome}</span>");
    if let Some(load) = difference.load.filter(|_| difference.outcome == Outcome::Load) {
        outcome_cell.title = format!("What else is allocated became {:.2} times as much.", load.value);
    }
    let measure = difference.measure;
    Row {
        cells: vec![
            outcome_cell,
            name(here, difference),
            Cell::text(measure.name()).title(measure.about()),
            value(measure, difference.before),
            value(measure, difference.after),
            change(difference),
            Cell { drawn: intervals(difference), ..Cell::default() },
        ],
        is_on: false,
    }
}

fn name(here: &Here, difference: &Difference) -> Cell {
    let name = difference.name.as_str();
    let sample_type = match difference.measure {
        Measure::AllocBytes | Measure::MeanSize => "alloc_space",
        Measure::AllocObjects | Measure::Misses => "alloc_objects",
        _ => "inuse_space",
    };
    let cell = Cell::text(if name.is_empty() { "collector" } else { name }).title(name);
    match difference.topic {
        Topic::Collector => cell.to(here.to(&[("view", "gc")])),
        Topic::Goroutines | Topic::Waits => cell.to(here.to(&[("view", "contention"), ("pick", name)])),
        Topic::Sites => cell.to(here.to(&[("view", "heap"), ("type", sample_type), ("sel", name)])),
        Topic::Pools if difference.measure == Measure::HitRate => cell.to(here.to(&[("view", "states")])),
        Topic::Pools => cell.to(here.to(&[("view", "heap"), ("type", sample_type), ("sel", name)])),
    }
}

fn value(measure: Measure, estimate: Option<Estimate>) -> Cell {
    let Some(estimate) = estimate else { return Cell::text("–") };
    let mut cell = Cell::number(estimate.value, measure.words(estimate.value));
    cell.drawn = small(&measure.interval_words(estimate));
    cell
}

fn change(difference: &Difference) -> Cell {
    let Some(change) = difference.change else { return Cell::text("–") };
    let words = difference.measure.words(change.value);
    // Sorted by how large it is, whichever way.
    let mut cell = Cell::number(change.value.abs(), if change.value > 0.0 { format!("+{words}") } else { words });
    cell.drawn = small(&difference.measure.interval_words(change));
    cell
}

fn small(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("<small>{}</small>", escaped(words)) }
}

/// Both intervals and values on one scale that holds 0.
fn intervals(difference: &Difference) -> String {
    let both = [("before", difference.before), ("after", difference.after)];
    let ends = || both.iter().filter_map(|(_, estimate)| *estimate);
    let low = ends().map(|estimate| estimate.low).fold(0.0, f64::min);
    let high = ends().map(|estimate| estimate.high).fold(0.0, f64::max);
    if !(high - low).is_finite() || high <= low {
        return String::new();
    }
    let x = |value: f64| (value - low) / (high - low) * 100.0;
    let mut out = String::from("<span class=\"gbars\">");
    for (class, estimate) in both {
        let Some(estimate) = estimate else { continue };
        let (from, to) = (x(estimate.low), x(estimate.high));
        let _ = write!(
            out,
            "<i class=\"{class}\" style=\"left:{from:.1}%;width:{:.1}%\"></i><b class=\"{class}\" style=\"left:{:.1}%\"></b>",
            to - from,
            x(estimate.value)
        );
    }
    if low < 0.0 {
        let _ = write!(out, "<em style=\"left:{:.1}%\"></em>", x(0.0));
    }
    out.push_str("</span>");
    out
}
