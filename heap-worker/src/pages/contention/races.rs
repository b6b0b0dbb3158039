//! Data races: both places of each.

use std::fmt::Write;

use analysis::query::{AccessRow, ContentionAnswer};
use analysis::words::number;

use super::super::Here;
use super::super::table::{Cell, Column, Row, Table};

/// The section; nothing where no report is open.
pub(super) fn section(answer: &ContentionAnswer, here: &Here, out: &mut String) {
    if answer.races.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<section class=\"sec\"><div class=\"hd\"><h2>Data races</h2><span class=\"dim\">{} pairs of places, by Go’s race detector</span></div>",
        number(answer.races.len() as u64)
    );
    let column = |title, about, is_left| Column { title, about, is_left };
    let words = |access: &AccessRow| {
        let own = access.frames.iter().find(|frame| frame.is_own).or(access.frames.first());
        own.map_or("–".to_owned(), |own| format!("{} {}", own.function, own.place))
    };
    let rows = answer.races.iter().map(|race| Row {
        is_on: here.get("pick") == race.pick,
        cells: vec![
            Cell::text(race.now.what.clone()),
            Cell::text(words(&race.now)).to(here.with(&[("pick", &race.pick)])),
            Cell::text(race.before.what.clone()),
            Cell::text(words(&race.before)),
            Cell::number(race.times as f64, number(race.times)),
        ],
    });
    Table {
        id: "races",
        label: "Data races".to_owned(),
        columns: vec![
            column("Seen", "What the access did", true),
            column("At", "The innermost function of the program’s own", true),
            column("Before it", "What the access before did, which nothing orders", true),
            column("At", "The innermost function of the program’s own", true),
            column("Reports", "How many reports there are of this pair", false),
        ],
        rows: rows.collect(),
        sorted: None,
        most: 100,
    }
    .write(here, out);
    out.push_str("</section>");
}
