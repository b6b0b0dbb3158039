//! What was measured, as it is kept: rows of JSON, with the machine they are of.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::cost::Cost;
use super::{machine, tables};

/// How a measuring program begins a line that is a row.
const FIGURE: &str = "figure {";

/// One thing that was measured. Its `table` says what else it has: see `tables`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row(Map<String, Value>);

impl Row {
    /// A row without figures.
    pub(super) fn new(table: &str, input: &str, what: &str) -> Self {
        Self(Map::new()).with("table", table).with("input", input).with("what", what)
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// What it took.
    pub(super) fn cost(self, cost: &Cost) -> Self {
        self.with("seconds", cost.seconds).with("cpu_seconds", cost.cpu_seconds).with("peak_mb", cost.peak_mb)
    }

    /// A share of a whole.
    pub(super) fn share(input: &str, what: &str, share: f64) -> Self {
        Self::new("figures", input, what).with("value", share * 100.0).with("unit", "%")
    }

    /// It is what others are held against.
    pub(super) fn ours(self) -> Self {
        self.with("ours", true)
    }

    /// Why there is no figure.
    pub(super) fn missing(self, why: &str) -> Self {
        self.with("missing", why)
    }

    /// What was to be reached.
    pub(super) fn target(self, target: &str) -> Self {
        self.with("target", target)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    pub(super) fn number(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    pub(super) fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        self.0.get(key)?.as_array()?.iter().map(Value::as_f64).collect()
    }

    pub(super) fn is_ours(&self) -> bool {
        self.0.get("ours").is_some_and(|ours| ours == true)
    }
}

/// The rows that a measuring program printed among its words.
///
/// # Errors
/// When one is no JSON, or there is none.
pub(super) fn said(output: &str) -> Result<Vec<Row>, String> {
    let brace = FIGURE.len() - 1;
    let lines = output.lines().filter_map(|line| line.get(line.find(FIGURE)? + brace..));
    let rows = lines.map(|line| {
        let row = serde_json::from_str(line.trim_end());
        row.map(Row).map_err(|error| format!("A figure cannot be read ({error}): {line}"))
    });
    let rows = rows.collect::<Result<Vec<Row>, String>>()?;
    if rows.is_empty() { Err("It printed no figure.".to_owned()) } else { Ok(rows) }
}

/// What one part gave, in one run on one machine.
pub(super) struct Results {
    part: String,
    /// Day, command, machine, versions, load.
    about: String,
    rows: Vec<Row>,
}

impl Results {
    /// Of now; `load` was the machine's before.
    pub(super) fn of(part: &str, load: f64, rows: Vec<Row>) -> Self {
        Self { part: part.to_owned(), about: machine::about(part, load), rows }
    }

    /// Keeps them beside the inputs.
    pub(super) fn keep(&self, folder: &Path) -> Result<(), String> {
        let rows: Vec<&Map<String, Value>> = self.rows.iter().map(|row| &row.0).collect();
        let text = format!("{:#}\n", json!({ "part": self.part, "about": self.about, "rows": rows }));
        let path = folder.join(format!("{}.json", self.part));
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}.", path.display()))
    }

    /// What was kept of a part; `None` when nothing was.
    pub(super) fn kept(folder: &Path, part: &str) -> Result<Option<Self>, String> {
        let path = folder.join(format!("{part}.json"));
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
        let failed = || format!("{} holds no results.", path.display());
        let kept: Value = serde_json::from_str(&text).map_err(|_| failed())?;
        let about = kept.get("about").and_then(Value::as_str).ok_or_else(failed)?;
        let rows = kept.get("rows").and_then(Value::as_array).ok_or_else(failed)?;
        let rows =
            rows.iter().map(|row| row.as_object().cloned().map(Row)).collect::<Option<_>>().ok_or_else(failed)?;
        Ok(Some(Self { part: part.to_owned(), about: about.to_owned(), rows }))
    }

    /// Tables in Markdown by their place in the page, each under what it is of.
    pub(super) fn tables(&self) -> BTreeMap<String, String> {
        let mut by_table: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &self.rows {
            by_table.entry(row.text("table").unwrap_or_default()).or_default().push(row);
        }
        let text = |table: &str, rows: &[&Row]| format!("{}\n\n{}", self.about, tables::markdown(table, rows));
        by_table.iter().map(|(table, rows)| (format!("{}/{table}", self.part), text(table, rows))).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rows_are_found_among_words() {
        let output = "Running\n\u{1b}[2Kfigure {\"table\":\"page\",\"value\":1.5,\"unit\":\"ms\"}\r\n1 passed";
        let rows = said(output).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].number("value"), rows[0].text("unit")), (Some(1.5), Some("ms")));
        assert!(said("1 passed").is_err() && said("figure {oh}").is_err());
    }

    #[test]
    fn what_is_kept_is_written_into_the_page_without_a_ratio_that_was_not_measured() {
        let cost = |seconds: f64| Cost { seconds, cpu_seconds: seconds, peak_mb: 10.0 };
        let rows = vec![
            Row::new("costs", "a profile", "ours").cost(&cost(0.5)).ours(),
            Row::new("costs", "a profile", "theirs").missing("no Go toolchain"),
            Row::new("costs", "another", "ours").cost(&cost(0.5)).ours(),
            Row::new("costs", "another", "theirs").cost(&cost(6.5)),
        ];
        let folder = std::env::temp_dir().join(format!("poolscope-results-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Results { part: "made-up".to_owned(), about: "Of now.".to_owned(), rows }.keep(&folder).unwrap();
        let kept = Results::kept(&folder, "made-up").unwrap().unwrap();
        assert!(Results::kept(&folder, "another").unwrap().is_none());
        std::fs::remove_dir_all(&folder).unwrap();

        let page = "Text.\n<!-- measured: made-up/costs -->\nold: 80 times\n<!-- end -->\nMore.\n";
        let page = super::super::written::rewritten(page, &kept.tables()).unwrap();
        assert!(page.starts_with("Text.\n<!-- measured: made-up/costs -->\nOf now.\n\n| input |"), "{page}");
        assert!(page.ends_with("|\n<!-- end -->\nMore.\n") && !page.contains("80 times"), "{page}");
        let line = |begin: &str| page.lines().find(|line| line.starts_with(begin)).unwrap();
        assert_eq!(
            line("| a profile | theirs"),
            "| a profile | theirs, not measured: no Go toolchain | – | – | – | – | – | – | |"
        );
        assert_eq!(line("| another | theirs"), "| another | theirs | 6.5 s | 6.5 s | 10 MB | 13 | 13 | 1.0 | |");
    }
}
