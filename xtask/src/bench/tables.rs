//! Rows as tables in Markdown. A ratio is the quotient of two figures of the same run, or measured as one; where a side is
//! missing there is none.

use super::results::Row;
use crate::digits::thousands;

/// What stands where nothing was measured.
const NOTHING: &str = "–";

/// The table: `costs` holds what others take against ours, `pairs` nanoseconds by threads, any other one figure a row.
pub(super) fn markdown(table: &str, rows: &[&Row]) -> String {
    match table {
        "costs" => costs(rows),
        "pairs" => pairs(rows),
        _ => figures(rows),
    }
}

/// What is held against each other, what it is called, and its unit.
const HELD: [(&str, &str, &str); 3] =
    [("seconds", "time", "s"), ("cpu_seconds", "CPU", "s"), ("peak_mb", "memory", "MB")];

fn costs(rows: &[&Row]) -> String {
    let held = HELD.iter().filter(|(key, ..)| rows.iter().any(|row| row.number(key).is_some()));
    let ratios = held.clone().map(|(_, name, _)| format!("{name} ÷ ours"));
    let mut names = vec!["input".to_owned(), "command".to_owned()];
    names.extend(held.clone().map(|(_, name, _)| (*name).to_owned()).chain(ratios).chain(["target".to_owned()]));
    let mut text = head(&names);
    for row in rows {
        let ours = rows.iter().find(|other| other.is_ours() && other.text("input") == row.text("input"));
        let mut cells = vec![field(row, "input"), named(row)];
        cells.extend(held.clone().map(|(key, _, unit)| with_unit(row.number(key), unit)));
        cells.extend(held.clone().map(|(key, ..)| ratio(row.number(key), ours.and_then(|ours| ours.number(key)))));
        cells.push(field(row, "target"));
        text.push_str(&line(&cells));
    }
    text
}

fn pairs(rows: &[&Row]) -> String {
    let names = ["a get and its put", "ns, 1 thread", "2", "8", "ours ÷ it, 1 thread", "2", "8", "target"];
    let mut text = head(&names.map(str::to_owned));
    for row in rows {
        let three = |key: &str| match row.numbers(key).as_deref() {
            Some([one, two, eight]) => [*one, *two, *eight].map(plain),
            _ => [NOTHING; 3].map(str::to_owned),
        };
        let mut cells = vec![named(row)];
        cells.extend(three("nanos"));
        cells.extend(three("ours_over_it"));
        cells.push(field(row, "target"));
        text.push_str(&line(&cells));
    }
    text
}

fn figures(rows: &[&Row]) -> String {
    let mut text = head(&["input", "figure", "seen", "target"].map(str::to_owned));
    for row in rows {
        let seen = with_unit(row.number("value"), row.text("unit").unwrap_or_default());
        text.push_str(&line(&[field(row, "input"), named(row), seen, field(row, "target")]));
    }
    text
}

/// What a row is of, and why it has no figures.
fn named(row: &Row) -> String {
    match row.text("missing") {
        Some(why) => format!("{}, not measured: {}", field(row, "what"), why.replace('|', "/")),
        None => field(row, "what"),
    }
}

fn field(row: &Row, key: &str) -> String {
    row.text(key).unwrap_or_default().replace('|', "/")
}

/// How many times as much; only of two figures that were measured, and are more than what a clock cannot see.
fn ratio(theirs: Option<f64>, ours: Option<f64>) -> String {
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if theirs > 0.0 && ours > 0.0 => plain(theirs / ours),
        _ => NOTHING.to_owned(),
    }
}

fn with_unit(number: Option<f64>, unit: &str) -> String {
    match number {
        Some(seconds) if unit == "s" && seconds > 0.0 && seconds < 0.1 => format!("{} ms", plain(seconds * 1e3)),
        Some(number) => format!("{} {unit}", plain(number)).trim_end().to_owned(),
        None => NOTHING.to_owned(),
    }
}

/// As many digits as repeat from run to run: two or three.
fn plain(number: f64) -> String {
    match number.abs() {
        size if size >= 99.5 => thousands(number.round() as u64),
        size if size >= 9.95 => format!("{number:.0}"),
        size if size >= 1.0 => format!("{number:.1}"),
        size if size > 0.0 => format!("{number:.2}"),
        _ => "0".to_owned(),
    }
}

fn head(names: &[String]) -> String {
    line(names) + &"|---".repeat(names.len()) + "|\n"
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | ")).replace("|  |", "| |").replace("|  |", "| |")
}

#[cfg(test)]
mod tests {
    use super::super::cost::Cost;
    use super::*;

    fn cost(seconds: f64, peak_mb: f64) -> Cost {
        Cost { seconds, cpu_seconds: seconds, peak_mb }
    }

    fn cells<'a>(text: &'a str, what: &str) -> Vec<&'a str> {
        let line = text.lines().find(|line| line.contains(what)).unwrap_or_default();
        line.split('|').map(str::trim).collect()
    }

    #[test]
    fn a_ratio_is_of_two_sides_that_were_measured() {
        let ours = Row::new("costs", "a", "ours").cost(&cost(0.5, 100.0)).ours();
        let theirs = Row::new("costs", "a", "theirs").cost(&cost(20.0, 700.0));
        let text = markdown("costs", &[&ours, &theirs]);
        assert_eq!(cells(&text, "theirs")[3..9], ["20 s", "20 s", "700 MB", "40", "40", "7.0"]);
        assert_eq!(cells(&text, "| input")[6..9], ["time ÷ ours", "CPU ÷ ours", "memory ÷ ours"]);
        assert_eq!(cells(&text, "| ours |")[6..9], ["1.0", "1.0", "1.0"]);
    }

    #[test]
    fn no_ratio_is_written_that_was_not_measured() {
        let ours = Row::new("costs", "a", "ours").cost(&cost(0.5, 100.0)).ours();
        let gone = Row::new("costs", "a", "theirs").missing("no Go toolchain");
        let text = markdown("costs", &[&ours, &gone]);
        assert_eq!(
            cells(&text, "theirs")[2..9],
            ["theirs, not measured: no Go toolchain", "–", "–", "–", "–", "–", "–"]
        );
        // What was measured on another input is no other side, nor is a figure that is nothing or was not taken.
        let elsewhere = Row::new("costs", "b", "theirs").cost(&cost(20.0, 700.0));
        let text = markdown("costs", &[&ours, &elsewhere]);
        assert_eq!(cells(&text, "theirs")[6..9], ["–", "–", "–"]);
        let unseen = Row::new("costs", "a", "theirs").cost(&cost(20.0, 0.0));
        assert_eq!(cells(&markdown("costs", &[&ours, &unseen]), "theirs")[6..9], ["40", "40", "–"]);
        let without_ours = markdown("costs", &[&unseen]);
        assert_eq!(cells(&without_ours, "theirs")[6..9], ["–", "–", "–"]);
        let pair = Row::new("pairs", "", "Go's `sync.Pool`").missing("no Go toolchain");
        assert_eq!(markdown("pairs", &[&pair]).matches("| –").count(), 6);
    }

    #[test]
    fn figures_have_as_many_digits_as_they_are_worth() {
        let figure = |value: f64, unit: &str| with_unit(Some(value), unit);
        assert_eq!(figure(0.0312, "s"), "31 ms");
        assert_eq!(figure(25.95, "s"), "26 s");
        assert_eq!(figure(2197.4, "MB"), "2,197 MB");
        assert_eq!(figure(0.0, "ms"), "0 ms");
        assert_eq!(figure(18.4, ""), "18");
        assert_eq!(with_unit(None, "s"), "–");
    }
}
