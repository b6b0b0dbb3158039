//! Cycles one by one.

use std::fmt::Write;

use analysis::query::{GcAnswer, GcRow};
use analysis::words::{number, percent, size, time};

use super::pick::{Pick, What};
use crate::pages::Here;
use crate::pages::table::{Cell, Column, Row, Table};

/// Rows shown; a picked cycle stands in their middle.
const MOST: usize = 200;

/// The section; nothing where cycles are not told one by one.
pub(super) fn section(here: &Here, answer: &GcAnswer, out: &mut String) {
    let pick = Pick::of(here);
    if answer.cycles.is_empty() {
        return;
    }
    let is_java = answer.runs.get(answer.shown).is_some_and(|run| run.is_java);
    let picked = match pick.what {
        What::Cycle(picked) => answer.cycles.iter().position(|row| row.number == picked),
        _ => None,
    };
    let near = picked.map(|at| at.saturating_sub(MOST / 2)..at.saturating_add(MOST / 2));
    let shown: Vec<(usize, &GcRow)> = answer
        .cycles
        .iter()
        .enumerate()
        .filter(|(at, row)| match pick.what {
            What::Forced => row.is_forced,
            _ => near.as_ref().is_none_or(|near| near.contains(at)),
        })
        .collect();
    let all = answer.cycles.len();
    let note = match pick.what {
        What::Forced => {
            format!("the {} that the program asked for, of {}", number(shown.len() as u64), number(all as u64))
        }
        _ if shown.len() < all => {
            format!("{} around the one picked, of {}", number(shown.len() as u64), number(all as u64))
        }
        _ => format!("{}, newest first", number(all as u64)),
    };
    let _ = write!(out, "<section class=\"sec\"><div class=\"hd\"><h2>Cycles</h2><span class=\"dim\">{note}</span>");
    if shown.len() < all {
        let href = Pick { what: What::All, ..pick }.href(here);
        let _ = write!(out, "<span class=\"end\"><a href=\"{href}\">all cycles</a></span>");
    }
    out.push_str("</div>");
    let longest = answer.cycles.iter().map(stopped).max().unwrap_or(0).max(1) as f64;
    let rows = shown.iter().map(|&(at, row)| Row {
        cells: cells(here, pick, row, is_java, longest, answer.size_step),
        is_on: picked == Some(at),
    });
    Table {
        id: "gc-cycles",
        label: "Cycles of the collector".to_owned(),
        columns: columns(is_java),
        rows: rows.collect(),
        sorted: Some(0),
        most: MOST,
    }
    .write(here, out);
    out.push_str("</section>");
}

fn stopped(row: &GcRow) -> i64 {
    row.nanos[0].saturating_add(row.nanos[2])
}

fn columns(is_java: bool) -> Vec<Column> {
    let number = |title, about| Column { title, about, is_left: false };
    let words = |title, about| Column { title, about, is_left: true };
    let mut columns = vec![
        number("#", "The cycle’s number in the log."),
        number("at", "Seconds of the log’s clock, mostly since the program began."),
    ];
    if is_java {
        columns.push(words("what", "What the log calls it, with its cause."));
    } else {
        columns.push(words("why", "Whether the program asked for it, or it looked for leaked goroutines."));
    }
    columns.push(number("before", "Heap when it began."));
    columns.push(number("after", "Heap when it ended, with what came while it ran."));
    if is_java {
        columns.push(number("capacity", "Size of the heap."));
    } else {
        columns.push(number("live", "What it found in use."));
        columns.push(number("goal", "Size of the heap at which it was to end."));
    }
    columns.push(number("stopped", "How long the program stood still: all stops of the cycle."));
    columns.push(number("beside", "How long it ran beside the program."));
    if is_java {
        columns.push(number("CPU", "Processor time, by the log."));
    } else {
        columns.push(number(
            "CPU",
            "Processor time that it took: stops, assists, workers; workers on idle processors not.",
        ));
        columns
            .push(number("assists", "Share of that time which goroutines paid by marking before they might allocate."));
        columns.push(number("share", "Share of all processors’ time that the collector took since the program began."));
    }
    columns
}

fn cells(here: &Here, pick: Pick, row: &GcRow, is_java: bool, longest: f64, step: u64) -> Vec<Cell> {
    let bytes = |at: usize| match row.heap.get(at).copied().flatten() {
        Some(0) if step >= 1 << 20 => Cell::number(0.0, "< 1 MB"),
        Some(bytes) => Cell::number(bytes as f64, size(bytes)),
        None => Cell::text("–"),
    };
    let span = |nanos: i64| if nanos == 0 { Cell::number(0.0, "–") } else { Cell::number(nanos as f64, time(nanos)) };
    let share = |share: Option<f64>| share.map_or(Cell::text("–"), |share| Cell::number(share, percent(share)));
    let is_picked = pick.what == What::Cycle(row.number);
    let what = if is_picked { What::All } else { What::Cycle(row.number) };
    let stops = format!("{} at its beginning, {} at its end", time(row.nanos[0]), time(row.nanos[2]));
    let marks = match (row.is_forced, row.checks_leaks) {
        (_, true) => "looks for leaks",
        (true, _) => "forced",
        _ => "",
    };
    let mut cells = vec![
        Cell::number(row.number as f64, row.number.to_string()).to(Pick { what, ..pick }.href(here)),
        Cell::number(row.at, format!("{:.3} s", row.at)),
        Cell::text(if is_java { row.cause.clone() } else { marks.to_owned() }),
        bytes(0),
        bytes(1),
    ];
    if !is_java {
        cells.push(bytes(2));
    }
    cells.push(bytes(3));
    cells.push(span(stopped(row)).bar(stopped(row) as f64 / longest).title(stops));
    cells.push(span(row.nanos[1]));
    cells.push(row.cpu_nanos.map_or(Cell::text("–"), span));
    if !is_java {
        cells.push(share(row.assist).bar(row.assist.unwrap_or(0.0)));
        cells.push(share(row.cpu_share));
    }
    cells
}
