//! Tables as markup: heads that sort by a link, cells that lead somewhere, a bar behind a number.

use std::cmp::Ordering;
use std::fmt::Write;

use analysis::export;
use analysis::markup::escaped;

use super::Here;

/// Rows under heads.
pub(crate) struct Table {
    /// Its test id.
    pub(crate) id: &'static str,
    /// What the rows are of.
    pub(crate) label: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// The column that is sorted by at first, if any: numbers fall, words rise.
    pub(crate) sorted: Option<usize>,
    /// No more rows than this are shown; how many there are is said.
    pub(crate) most: usize,
}

/// A head.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// What it says on hover: what the number is and how it was computed.
    pub(crate) about: &'static str,
    /// It holds words, not numbers.
    pub(crate) is_left: bool,
}

/// A row.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    /// It is the one that is looked at.
    pub(crate) is_on: bool,
}

/// A cell.
#[derive(Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// What it is sorted by; words where there is none.
    pub(crate) number: Option<f64>,
    /// Where it leads ([`Here::with`], [`Here::to`]).
    pub(crate) href: Option<String>,
    /// A bar behind the number, as a share of the column's width.
    pub(crate) bar: Option<f64>,
    /// Said on hover.
    pub(crate) title: String,
    /// Markup after the text: a small drawing, a mark.
    pub(crate) drawn: String,
}

impl Cell {
    /// Words.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A number in words.
    pub(crate) fn number(number: f64, text: impl Into<String>) -> Self {
        Self { number: Some(number), text: text.into(), ..Self::default() }
    }

    pub(crate) fn to(self, href: String) -> Self {
        Self { href: Some(href), ..self }
    }

    pub(crate) fn bar(self, share: f64) -> Self {
        Self { bar: Some(share), ..self }
    }

    pub(crate) fn drawn(self, markup: impl Into<String>) -> Self {
        Self { drawn: markup.into(), ..self }
    }

    pub(crate) fn title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }
}

impl Table {
    /// Writes it, sorted as the address says (`by=ID.COLUMN`, with `-` before the id for the other direction).
    pub(crate) fn write(mut self, here: &Here, out: &mut String) {
        let asked = here.get("by");
        let is_turned = asked.starts_with('-');
        let asked = asked.trim_start_matches('-').rsplit_once('.').filter(|(id, _)| *id == self.id);
        let asked = asked.and_then(|(_, column)| column.parse().ok()).filter(|&at: &usize| at < self.columns.len());
        let is_turned = is_turned && asked.is_some();
        let sorted = asked.or(self.sorted);
        if let Some(at) = sorted {
            analysis::order::sort_by(&mut self.rows, |a, b| {
                let order = compare(a.cells.get(at), b.cells.get(at));
                if is_turned { order.reverse() } else { order }
            });
        }
        here.keep(self.whole());
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "<div class=\"xscroll\"><table class=\"pgtable\" role=\"table\" data-testid=\"{}\" aria-label=\"{}\"><thead><tr>",
            self.id,
            escaped(&self.label)
        );
        for (at, column) in self.columns.iter().enumerate() {
            let is_by = sorted == Some(at);
            let falls = is_by && (column.is_left == is_turned);
            let (arrow, order) = match (is_by, falls) {
                (false, _) => ("", "none"),
                (true, true) => (" ▼", "descending"),
                (true, false) => (" ▲", "ascending"),
            };
            let by = format!("{}{}.{at}", if is_by && !is_turned { "-" } else { "" }, self.id);
            let class = if column.is_left { " class=\"l\"" } else { "" };
            let _ = write!(
                out,
                "<th{class} aria-sort=\"{order}\"><a href=\"{}\" title=\"{}\">{}{arrow}</a></th>",
                here.with(&[("by", &by)]),
                escaped(column.about),
                escaped(column.title)
            );
        }
        out.push_str("</tr></thead><tbody>");
        for row in self.rows.iter().take(self.most) {
            out.push_str(if row.is_on { "<tr class=\"on\" aria-current=\"true\">" } else { "<tr>" });
            for (at, cell) in row.cells.iter().enumerate() {
                cell.write(self.columns.get(at).is_some_and(|column| column.is_left), out);
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div>");
        if let Some(more) = self.rows.len().checked_sub(self.most).filter(|&more| more > 0) {
            let _ = write!(
                out,
                "<p class=\"pad dim xs\">{} more rows are not shown.</p>",
                analysis::words::count(more as i64)
            );
        }
    }
}

impl Table {
    /// All rows, with the numbers behind the words: a column that shows more than its numbers gets a second one.
    fn whole(&self) -> export::Table {
        let cells = |at: usize| self.rows.iter().filter_map(move |row| row.cells.get(at));
        let is_bare = |cell: &Cell| cell.number.is_some_and(|number| cell.text == number.to_string());
        let mut columns = Vec::new();
        let mut taken = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let has_numbers = cells(at).any(|cell| cell.number.is_some());
            let is_words = cells(at).any(|cell| !cell.text.is_empty() && !is_bare(cell));
            if is_words || !has_numbers {
                columns.push(export::Column::new(column.title, ""));
                taken.push((at, false));
            }
            if has_numbers {
                let title = if is_words { format!("{} as a number", column.title) } else { column.title.to_owned() };
                columns.push(export::Column::new(title, ""));
                taken.push((at, true));
            }
        }
        let value = |row: &Row, &(at, is_number): &(usize, bool)| match row.cells.get(at) {
            Some(cell) if is_number => export::Value::from(cell.number),
            Some(cell) => export::Value::text(&cell.text),
            None => export::Value::None,
        };
        let rows = self.rows.iter().map(|row| taken.iter().map(|of| value(row, of)).collect()).collect();
        export::Table { title: self.label.clone(), columns, rows }
    }
}

/// Numbers fall, words rise; what has no number comes last.
fn compare(a: Option<&Cell>, b: Option<&Cell>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return Ordering::Equal };
    match (a.number, b.number) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.text.cmp(&b.text),
    }
}

impl Cell {
    fn write(&self, is_left: bool, out: &mut String) {
        let class = if is_left { " class=\"l\"" } else { "" };
        let title = if self.title.is_empty() { String::new() } else { format!(" title=\"{}\"", escaped(&self.title)) };
        let bar = self.bar.map_or(String::new(), |share| {
            format!("<i class=\"cellbar\" style=\"width:{:.1}%\"></i>", share.clamp(0.0, 1.0) * 100.0)
        });
        let (text, drawn) = (escaped(&self.text), &self.drawn);
        let _ = match &self.href {
            Some(href) => write!(out, "<td{class}{title}>{bar}<a href=\"{href}\">{text}</a>{drawn}</td>"),
            None => write!(out, "<td{class}{title}>{bar}{text}{drawn}</td>"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let column = |title, is_left| Column { title, about: "", is_left };
        let row =
            |name: &str, n: f64| Row { cells: vec![Cell::text(name), Cell::number(n, n.to_string())], is_on: false };
        Table {
            id: "t",
            label: "<rows>".to_owned(),
            columns: vec![column("name", true), column("n", false)],
            rows: vec![row("a<", 1.0), row("b", 3.0), row("c", 2.0)],
            sorted: Some(1),
            most: 2,
        }
    }

    fn written(fragment: &str) -> String {
        let mut out = String::new();
        table().write(&Here::new(fragment), &mut out);
        out
    }

    #[test]
    fn a_table_is_kept_whole() {
        let here = Here::new("#v=1");
        table().write(&here, &mut String::new());
        let kept = here.take_tables();
        assert_eq!(kept[0].csv(), "name,n\r\nb,3\r\nc,2\r\na<,1\r\n");
    }

    #[test]
    fn rows_are_sorted_as_the_address_says_and_names_are_words() {
        let first = |fragment: &str| {
            written(fragment).split("<tbody>").nth(1).map(|rows| rows.chars().skip(18).take(4).collect::<String>())
        };
        assert_eq!(first("#v=1").as_deref(), Some("b</t"));
        assert_eq!(first("#v=1&by=-t.1").as_deref(), Some("a&lt"));
        assert_eq!(first("#v=1&by=t.0").as_deref(), Some("a&lt"));
        assert_eq!(first("#v=1&by=other.0").as_deref(), Some("b</t"));
        let whole = written("#v=1");
        assert!(whole.contains("aria-label=\"&lt;rows&gt;\"") && whole.contains("1 more rows"), "{whole}");
        assert!(whole.contains("aria-sort=\"descending\"><a href=\"#v=1&amp;by=-t.1\""), "{whole}");
    }
}
