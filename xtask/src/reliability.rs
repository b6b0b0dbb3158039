//! The table of executions in `docs/reliability.md`: what was done is added to what stands there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::digits::thousands;
use crate::fuzz::Done;
use crate::run::root;

const BEGIN: &str = "<!-- executions -->\n";
const END: &str = "<!-- end of executions -->";

/// What stands of a target.
#[derive(Default)]
struct Row {
    executions: u64,
    seconds: u64,
    edges: String,
}

/// Adds runs to the table, and their sum to its last row.
pub(crate) fn add(done: &[Done]) -> Result<(), String> {
    let path = root().join("docs/reliability.md");
    let failed = |error: std::io::Error| format!("{}: {error}.", path.display());
    let text = fs::read_to_string(&path).map_err(failed)?;
    let parts = text.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?)));
    let (head, (table, tail)) = parts.ok_or("docs/reliability.md has no table of executions.")?;
    let mut rows: BTreeMap<&str, Row> = table.lines().filter_map(row).collect();
    for each in done {
        let row = rows.entry(&each.target).or_default();
        row.executions += each.executions;
        row.seconds += each.seconds;
        row.edges.clone_from(&each.edges);
    }
    let mut table = "| target | executions | seconds | edges |\n|---|---|---|---|\n".to_owned();
    let mut sum = Row::default();
    for (target, row) in &rows {
        let Row { executions, seconds, edges } = row;
        // Writing to a string does not fail.
        let _ = writeln!(table, "| {target} | {} | {seconds} | {edges} |", thousands(*executions));
        sum.executions += executions;
        sum.seconds += seconds;
    }
    let _ = writeln!(table, "| **all** | **{}** | **{}** | |", thousands(sum.executions), sum.seconds);
    fs::write(&path, format!("{head}{BEGIN}{table}{END}{tail}")).map_err(failed)
}

/// A row of a target; none of heads and sums.
fn row(line: &str) -> Option<(&str, Row)> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [target, executions, seconds, edges] = cells.as_slice() else { return None };
    let executions = executions.replace(',', "").parse().ok()?;
    Some((target, Row { executions, seconds: seconds.parse().ok()?, edges: (*edges).to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
        let read = row("| link | 1,234,567 | 60 | 812 |").map(|(target, row)| (target, row.executions, row.seconds));
        assert_eq!(read, Some(("link", 1_234_567, 60)));
        for no_row in
            ["| target | executions | seconds | edges |", "|---|---|---|---|", "| **all** | **1** | **2** | |"]
        {
            assert!(row(no_row).is_none(), "{no_row}");
        }
    }
}
