//! Tables: what the canvas shows, and what it cannot, as rows, charts and words. One question gives one answer, sorted
//! and cut.

mod anchors;
mod blame;
pub(crate) mod events;
mod goroutines;
mod lanes;
mod mmu;
mod objects;
mod purges;
mod regions;
mod stops;

use analysis::order::sort_by;
use analysis::timeline::{Window, nanos_words, time_words};
use trace_worker::{Go, TableName, TableQuery};

use crate::markup::{Cell, Column, Part, Table};
use crate::open::Open;
use crate::view::View;

/// Rows before they are searched, sorted and cut.
pub(crate) struct Rows {
    pub(crate) note: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<(Vec<Cell>, Option<Go>)>,
}

/// An answer that took a walk over the trace, kept until something else is asked.
pub(crate) struct KeptAnswer {
    of: (TableName, Window, usize),
    parts: Vec<Part>,
}

/// Answers.
pub(crate) fn table(open: &mut Open, view: &View, query: &TableQuery) -> Vec<Part> {
    let scope = view.scope(open.bounds());
    let main = |rows: Rows| vec![titled("trace-table", rows)];
    let mut parts = match query.table {
        TableName::Lanes => vec![titled("timeline-table", lanes::lanes(open, view))],
        TableName::Gets => main(anchors::gets(open, scope)),
        TableName::Inits => main(anchors::inits(open, scope)),
        TableName::Escapes => main(anchors::escapes(open, scope)),
        TableName::Events => main(events::events(open, scope, &query.search)),
        TableName::Pins => main(anchors::pins(open)),
        TableName::Stops => stops::stops(open, scope),
        table => kept(open, table, scope),
    };
    // Events are searched where they are found: there may be millions.
    let search = if query.table == TableName::Events { String::new() } else { query.search.to_lowercase() };
    let mut first = 0;
    for part in &mut parts {
        let Part::Table(table) = part else { continue };
        table.arrange(&search, query.sort.and_then(|(by, up)| Some((by.checked_sub(first)?, up))), query.limit);
        first += table.columns.len() as u32;
    }
    if let Some(scope) = scope_words(open, view) {
        parts.insert(0, scope);
    }
    parts
}

/// Answers that need all of the trace, and a walk over it.
fn kept(open: &mut Open, table: TableName, scope: Window) -> Vec<Part> {
    if !open.is_done() {
        return vec![Part::Words("This is told once the whole trace is read.".to_owned())];
    }
    let of = (table, scope, open.survey.seen());
    if let Some(kept) = open.kept.iter().find(|kept| kept.of == of) {
        return kept.parts.clone();
    }
    let parts = match table {
        TableName::Cycles => blame::cycles(open, scope),
        TableName::Purges => purges::purges(open, scope),
        TableName::Mmu => mmu::mmu(open, scope),
        TableName::Goroutines => goroutines::goroutines(open, scope),
        TableName::Regions => regions::regions(open, scope),
        TableName::Objects => objects::objects(open, scope),
        _ => Vec::new(),
    };
    open.kept.retain(|kept| kept.of.0 != table);
    open.kept.push(KeptAnswer { of, parts: parts.clone() });
    parts
}

/// Whether only a part is told of, and which.
fn scope_words(open: &Open, view: &View) -> Option<Part> {
    let zero = open.bounds().start;
    let words = |what: &str, scope: Window| {
        format!(
            "Only of the {what}: {} from {}.",
            nanos_words(scope.nanos()),
            time_words(scope.start - zero, scope.nanos())
        )
    };
    match (view.selection, view.ranges.last()) {
        (Some(selection), _) => Some(Part::Scope(words("selection", selection), "Escape")),
        (None, Some(&range)) => Some(Part::Scope(words("range", range), "Backspace")),
        (None, None) => None,
    }
}

impl Table {
    /// Keeps the rows that hold `search`, sorts them by a column of its own, and cuts them.
    fn arrange(&mut self, search: &str, sort: Option<(u32, bool)>, limit: u32) {
        if !search.is_empty() {
            self.rows.retain(|(cells, _)| cells.iter().any(|cell| cell.words().to_lowercase().contains(search)));
        }
        if let Some((column, is_ascending)) = sort.filter(|&(column, _)| (column as usize) < self.columns.len()) {
            sort_by(&mut self.rows, |a, b| {
                let order = compare(a.0.get(column as usize), b.0.get(column as usize));
                if is_ascending { order } else { order.reverse() }
            });
        }
        self.total = self.rows.len();
        self.rows.truncate(limit as usize);
    }
}

fn compare(a: Option<&Cell>, b: Option<&Cell>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(Cell::Number(a, _)), Some(Cell::Number(b, _))) => a.total_cmp(b),
        (Some(a), Some(b)) => a.words().cmp(b.words()),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn titled(id: &'static str, rows: Rows) -> Part {
    let Rows { note, columns, rows } = rows;
    Part::Table(Table { id, note, columns, rows, total: 0 })
}

/// The range of events that a scope stands for: without one, also what lies at the edges.
fn range(open: &Open, scope: Window) -> analysis::trace_summary::Range {
    if scope == open.bounds() { analysis::trace_summary::EVERYTHING } else { scope.start..scope.end }
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

/// A share as a percentage with one decimal; the column says the unit.
pub(crate) fn percent(share: f64) -> Cell {
    Cell::Number(share, format!("{:.1}", share * 100.0))
}

/// Bytes in kB, one unit for the column.
pub(crate) fn kilobytes(bytes: u64) -> Cell {
    let tenths = (u128::from(bytes) * 10 / 1024) as i64;
    Cell::Number(bytes as f64, format!("{}.{}", analysis::words::count(tenths / 10), tenths % 10))
}

/// A time since the trace's beginning.
pub(crate) fn moment(nanos: i64) -> Cell {
    let words = time_words(nanos, 0);
    Cell::Number(nanos as f64, words.trim_end_matches(" s").to_owned())
}
