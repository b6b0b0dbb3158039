//! A table as CSV (RFC 4180) and JSON, with the exact numbers.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

/// Rows under heads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What the rows are of.
    pub title: String,
    /// Heads.
    pub columns: Vec<Column>,
    /// A value for each head.
    pub rows: Vec<Vec<Value>>,
}

/// A head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// What stands below it.
    pub title: String,
    /// Unit of its numbers, empty for words and counts.
    #[serde(default)]
    pub unit: String,
}

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing: it is not known, or does not apply.
    #[default]
    None,
    /// A whole number.
    Int(i64),
    /// A number.
    Number(f64),
    /// Words.
    Text(String),
}

impl Column {
    /// With a unit.
    pub fn new(title: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { title: title.into(), unit: unit.into() }
    }

    fn head(&self) -> String {
        if self.unit.is_empty() { self.title.clone() } else { format!("{} ({})", self.title, self.unit) }
    }
}

impl Value {
    /// Words, or nothing.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::None } else { Self::Text(text) }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Number(value as f64), Self::Int)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        if value.is_finite() { Self::Number(value) } else { Self::None }
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl Table {
    /// As CSV: lines end in CRLF, the first holds the heads. Text that a spreadsheet would take for a formula begins with an
    /// apostrophe.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        let heads: Vec<String> = self.columns.iter().map(|column| cell(&column.head())).collect();
        out.push_str(&heads.join(","));
        out.push_str("\r\n");
        for row in &self.rows {
            for at in 0..self.columns.len() {
                if at > 0 {
                    out.push(',');
                }
                // Writing to a string does not fail.
                let _ = match row.get(at) {
                    None | Some(Value::None) => Ok(()),
                    Some(Value::Int(value)) => write!(out, "{value}"),
                    Some(Value::Number(value)) => write!(out, "{value}"),
                    Some(Value::Text(text)) => out.write_str(&cell(text)),
                };
            }
            out.push_str("\r\n");
        }
        out
    }

    /// As JSON: `title`, `columns` with their units, and `rows` as objects.
    pub fn json(&self) -> String {
        let mut keys: Vec<String> = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let mut key = column.title.clone();
            let mut next = 2;
            while keys.contains(&key) {
                key = format!("{} {next}", column.title);
                next += 1;
            }
            keys.push(key);
        }
        let columns: Vec<_> =
            keys.iter().zip(&self.columns).map(|(key, column)| json!({"name": key, "unit": column.unit})).collect();
        let row = |row: &Vec<Value>| {
            let pair = |(key, value): (&String, &Value)| (key.clone(), json!(value));
            keys.iter().zip(row).map(pair).collect::<Map<_, _>>()
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        let mut out = json!({"title": self.title, "columns": columns, "rows": rows}).to_string();
        out.push('\n');
        out
    }
}

/// Text as a cell: no formula, and quoted where it must be.
fn cell(text: &str) -> String {
    // Spreadsheets skip blanks before a formula, and some read wide forms of these signs as the signs.
    let first = text.trim_start_matches([' ', '\u{a0}', '\n', '\u{feff}']).chars().next();
    let is_formula = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'));
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    // NUL ends a file for some readers.
    let text = text.replace('\0', "\u{fffd}");
    let is_quoted = text.contains([',', '"', '\r', '\n', '\t', ';']) || text.starts_with(' ') || text.ends_with(' ');
    if is_quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = vec![Column::new("name", ""), Column::new("flat", "bytes"), Column::new("flat", "")];
        let rows = vec![
            vec![Value::text("main.f"), Value::Int(-5), Value::Number(0.5)],
            vec![Value::text("=HYPERLINK(\"http://x\")"), Value::None, Value::from(f64::NAN)],
            vec![Value::text("a,b\r\nc"), Value::from(u64::MAX), Value::Int(0)],
        ];
        Table { title: "</script>".to_owned(), columns, rows }
    }

    #[test]
    fn csv_is_quoted_and_holds_no_formula() {
        let expected = "name,flat (bytes),flat\r\nmain.f,-5,0.5\r\n\"'=HYPERLINK(\"\"http://x\"\")\",,\r\n\"a,b\r\nc\",18446744073709552000,0\r\n";
        assert_eq!(table().csv(), expected);
        for begin in ["=", "+", "-", "@", "\t", "\r", " =", "\n@", "＝", "\u{feff}="] {
            let text = cell(&format!("{begin}1"));
            assert!(text.trim_start_matches('"').starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("main.(*T).f-1"), "main.(*T).f-1");
    }

    #[test]
    fn json_has_a_key_for_every_column() {
        let read: serde_json::Value = serde_json::from_str(&table().json()).unwrap_or_default();
        assert_eq!(read["columns"][2]["name"], "flat 2");
        assert_eq!(read["rows"][0], json!({"name": "main.f", "flat": -5, "flat 2": 0.5}));
        assert_eq!(read["rows"][1]["name"], "=HYPERLINK(\"http://x\")");
        assert_eq!(read["rows"][1]["flat 2"], serde_json::Value::Null);
    }
}
