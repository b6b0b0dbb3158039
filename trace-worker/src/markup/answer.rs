//! What a table's tab says: words, charts, tables, from above to below.

use std::fmt::Write;

use analysis::markup::escaped;
use trace_worker::Go;

use super::Chart;

/// One thing of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Of what part of the trace it all is, with the key that leads out of it.
    Scope(String, &'static str),
    /// What it comes to.
    Claim(String),
    /// How to read what comes.
    Words(String),
    Chart(Chart),
    Table(Table),
}

/// Rows of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// Its test id.
    pub(crate) id: &'static str,
    /// What the rows are of.
    pub(crate) note: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<(Vec<Cell>, Option<Go>)>,
    /// How many there are, with those that were cut off.
    pub(crate) total: usize,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    /// It holds words, not numbers.
    pub(crate) is_left: bool,
}

/// What stands in a row's column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    /// A number with its words; sorted by the number.
    Number(f64, String),
}

impl Cell {
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Text(words) | Self::Number(_, words) => words,
        }
    }
}

/// Where links of an answer lead, by the number that stands at each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links(pub(crate) Vec<Go>);

impl Links {
    pub(super) fn add(&mut self, go: &Go) -> usize {
        self.0.push(go.clone());
        self.0.len() - 1
    }
}

/// Longer words may be cut by the column's width, and are told whole by their title.
const LONG: usize = 36;

/// All of it. `sorted` is the column and direction that were asked for; columns count over all tables, as links do.
pub(crate) fn answer(parts: &[Part], sorted: Option<(u32, bool)>) -> (String, Vec<Go>) {
    let (mut out, mut links, mut column) = (String::new(), Links::default(), 0);
    for part in parts {
        match part {
            Part::Scope(words, key) => {
                // Writing to a string does not fail.
                let _ = write!(
                    out,
                    "<p class=\"pad first scope\"><span>{}</span><button class=\"btn\" data-key=\"{key}\">Leave it</button></p>",
                    escaped(words)
                );
            }
            Part::Claim(words) => {
                let _ = write!(out, "<p class=\"pad first tell\">{}</p>", escaped(words));
            }
            Part::Words(words) => {
                let _ = write!(out, "<p class=\"pad prose first\">{}</p>", escaped(words));
            }
            Part::Chart(chart) => chart.write(&mut out, |go| format!(" data-go=\"{}\"", links.add(go))),
            Part::Table(table) => {
                table.write(&mut out, &mut links, column, sorted);
                column += table.columns.len();
            }
        }
    }
    (out, links.0)
}

impl Table {
    fn write(&self, out: &mut String, links: &mut Links, first: usize, sorted: Option<(u32, bool)>) {
        let rows = if self.total == 1 { "row" } else { "rows" };
        let _ = write!(
            out,
            "<p class=\"pad dim xs first\">{} {rows}: {}</p>",
            analysis::words::count(self.total as i64),
            escaped(&self.note)
        );
        let _ = write!(out, "<table role=\"table\" data-testid=\"{}\"><thead><tr>", self.id);
        for (at, column) in self.columns.iter().enumerate() {
            let at = first + at;
            let (arrow, order) = match sorted {
                Some((by, true)) if by as usize == at => ("▲ ", "ascending"),
                Some((by, false)) if by as usize == at => ("▼ ", "descending"),
                _ => ("", "none"),
            };
            let class = if column.is_left { "l" } else { "" };
            let (title, unit) = (escaped(column.title), escaped(column.unit));
            // What has no name cannot be sorted by.
            let head = if title.is_empty() {
                String::new()
            } else {
                format!("<button class=\"thb\" data-sort=\"{at}\">{arrow}{title}<small>{unit}</small></button>")
            };
            let _ = write!(out, "<th class=\"{class}\" scope=\"col\" aria-sort=\"{order}\">{head}</th>");
        }
        out.push_str("</tr></thead><tbody>");
        for (cells, go) in &self.rows {
            out.push_str("<tr>");
            for (at, cell) in cells.iter().enumerate() {
                let class = match cell {
                    _ if self.columns.get(at).is_some_and(|column| column.is_left) => "l",
                    Cell::Number(value, _) if *value == 0.0 => "zero",
                    _ => "",
                };
                let words = escaped(cell.words());
                let title = if words.len() > LONG { format!(" title=\"{words}\"") } else { String::new() };
                let _ = match go {
                    Some(go) if at == 0 => write!(
                        out,
                        "<td class=\"{class}\"{title}><button class=\"link\" data-go=\"{}\">{words}</button></td>",
                        links.add(go)
                    ),
                    _ => write!(out, "<td class=\"{class}\"{title}>{words}</td>"),
                };
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>");
        if self.rows.len() < self.total {
            let _ = write!(
                out,
                "<p class=\"pad first\"><button class=\"btn\" data-more=\"1\">Show more than {}</button></p>",
                self.rows.len()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_whatever_they_hold() {
        let rows = vec![(
            vec![Cell::Text("<img src=x onerror=\"a\">".to_owned()), Cell::Number(0.0, "0".to_owned())],
            Some(Go::default()),
        )];
        let columns =
            vec![Column { title: "Name", unit: "", is_left: true }, Column { title: "n", unit: "µs", is_left: false }];
        let table = Table { id: "t", note: "a & b".to_owned(), columns, rows, total: 9 };
        let (made, links) =
            answer(&[Part::Table(table.clone()), Part::Words("<i>".to_owned()), Part::Table(table)], Some((3, false)));
        assert!(!made.contains("<img") && !made.contains("<i>"), "{made}");
        assert!(made.contains("a &amp; b") && made.contains("data-more"), "{made}");
        // Links and columns count over all tables.
        assert!(made.contains("data-go=\"1\"") && made.contains("data-sort=\"3\">▼ n"), "{made}");
        assert_eq!(links.len(), 2);
    }
}
