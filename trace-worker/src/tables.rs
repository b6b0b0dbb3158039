//! Tables: what the canvas shows, and what it cannot, as rows. One question gives one table, sorted and cut.

mod anchors;
pub(crate) mod events;
mod lanes;
mod totals;

use analysis::timeline::{nanos_words, time_words};
use trace_worker::{Go, TableName, TableQuery};

use crate::markup::{Cell, Column, Table};
use crate::open::Open;
use crate::view::View;

/// Rows before they are searched, sorted and cut.
pub(crate) struct Rows {
    pub(crate) note: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<(Vec<Cell>, Option<Go>)>,
}

/// Answers.
pub(crate) fn table(open: &mut Open, view: &View, query: &TableQuery) -> Table {
    let scope = view.scope(open.bounds());
    let Rows { mut note, columns, mut rows } = match query.table {
        TableName::Lanes => lanes::lanes(open, view),
        TableName::Stops => anchors::stops(open, scope),
        TableName::Cycles => anchors::cycles(open, scope),
        TableName::Gets => anchors::gets(open, scope),
        TableName::Inits => anchors::inits(open, scope),
        TableName::Escapes => anchors::escapes(open, scope),
        TableName::Goroutines => totals::goroutines(open, scope),
        TableName::Regions => totals::regions(open, scope),
        TableName::Events => events::events(open, scope, &query.search),
        TableName::Pins => anchors::pins(open),
    };
    let search = query.search.to_lowercase();
    // Events are searched where they are found: there may be millions.
    if !search.is_empty() && query.table != TableName::Events {
        rows.retain(|(cells, _)| cells.iter().any(|cell| cell.words().to_lowercase().contains(&search)));
    }
    if let Some((column, is_ascending)) = query.sort {
        rows.sort_by(|a, b| {
            let order = compare(a.0.get(column as usize), b.0.get(column as usize));
            if is_ascending { order } else { order.reverse() }
        });
    }
    let total = rows.len();
    rows.truncate(query.limit as usize);
    if view.selection.is_some() || !view.ranges.is_empty() {
        note = format!("{note}, within {}", nanos_words(scope.nanos()));
    }
    Table { note, columns, rows, total }
}

fn compare(a: Option<&Cell>, b: Option<&Cell>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(Cell::Number(a, _)), Some(Cell::Number(b, _))) => a.total_cmp(b),
        (Some(a), Some(b)) => a.words().cmp(b.words()),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

pub(crate) fn left(title: &'static str) -> Column {
    Column { title, unit: "", is_left: true }
}

pub(crate) fn right(title: &'static str, unit: &'static str) -> Column {
    Column { title, unit, is_left: false }
}

pub(crate) fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

/// A length in microseconds, one unit for the column.
pub(crate) fn micros(nanos: i64) -> Cell {
    Cell::Number(nanos as f64, grouped(nanos))
}

fn grouped(nanos: i64) -> String {
    let (whole, tenths) = (nanos / 1_000, (nanos % 1_000).abs() / 100);
    format!("{}.{tenths}", analysis::words::count(whole))
}

pub(crate) fn number(value: u64) -> Cell {
    Cell::Number(value as f64, analysis::words::count(value as i64))
}

/// A time since the trace's beginning.
pub(crate) fn moment(nanos: i64) -> Cell {
    let words = time_words(nanos, 0);
    Cell::Number(nanos as f64, words.trim_end_matches(" s").to_owned())
}
