//! pprof's text table.

use std::collections::HashMap;
use std::io::{self, Write};

use analysis::edges::Edge;
use analysis::measurement::{self, label, percentage, scale};
use analysis::model::{Profile, Symbols};
use analysis::projection::NodeId;
use analysis::top::NamedRow;

/// What is looked at, a line each: file, build id, notes, sample type, when and for how long (pprof: `ProfileLabels`).
pub(crate) fn header(
    out: &mut impl Write,
    symbols: &Symbols,
    profile: Option<&Profile>,
    sample_type: &str,
    (total, unit, scale): (i64, &str, &str),
) -> io::Result<()> {
    let text = |id| symbols.strings.get(id);
    let Some(profile) = profile else { return writeln!(out, "Type: {sample_type}") };
    if let Some(mapping) = profile.mappings.first().and_then(|&id| symbols.mappings.get(id)) {
        let (file, build_id) = (text(mapping.file), text(mapping.build_id));
        if !file.is_empty() {
            writeln!(out, "File: {}", file.rsplit('/').next().unwrap_or(file))?;
        }
        if !build_id.is_empty() {
            writeln!(out, "Build ID: {build_id}")?;
        }
    }
    for comment in profile.comments.iter().map(|&id| text(id)).filter(|comment| !comment.starts_with('#')) {
        writeln!(out, "{comment}")?;
    }
    writeln!(out, "Type: {sample_type}")?;
    if let Some(url) = profile.doc_url {
        writeln!(out, "Doc: {}", text(url))?;
    }
    if let Some(time) = profile.time {
        writeln!(out, "Time: {} UTC", date_and_time(time.unix_nanos()))?;
    }
    if let Some(duration) = profile.duration {
        let (spent, spent_unit) = measurement::scale(total, unit, "ns");
        let share = match spent_unit.as_str() {
            "ns" if total != 0 => format!("({})", percentage(spent as i64, duration.nanos())),
            _ => String::new(),
        };
        let (lasted, total) = (label(duration.nanos(), "nanoseconds", "auto"), label(total, unit, scale));
        writeln!(out, "Duration: {lasted}, Total samples = {total} {share}")?;
    }
    Ok(())
}

/// Unix time as `2026-11-23 22:59:58`, by the civil calendar (Howard Hinnant, “chrono-Compatible Low-Level Date
/// Algorithms”, `civil_from_days`).
fn date_and_time(unix_nanos: i64) -> String {
    const DAYS_IN_ERA: i64 = 146_097;
    let seconds = unix_nanos.div_euclid(1_000_000_000);
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, day_of_era) = (days.div_euclid(DAYS_IN_ERA), days.rem_euclid(DAYS_IN_ERA));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months are counted from March, so that the leap day comes last.
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// How a function is called by those that are shown: ` (inline)`, ` (partial-inline)`, or nothing, by node.
pub(crate) fn inline_marks(edges: &[Edge]) -> HashMap<NodeId, &'static str> {
    let mut marks = HashMap::new();
    for edge in edges {
        let mark = marks.entry(edge.to).or_insert(if edge.is_inlined { " (inline)" } else { "" });
        if edge.is_inlined == mark.is_empty() {
            *mark = " (partial-inline)";
        }
    }
    marks
}

/// The unit that all values are shown in: the smallest value's, or a larger one where the values lie far apart.
pub(crate) fn unit_for(rows: &[NamedRow], total: i64, unit: &str, wanted: &str) -> String {
    if wanted != "minimum" || rows.is_empty() {
        return wanted.to_owned();
    }
    let smallest = rows
        .iter()
        .map(|named| if named.row.flat == 0 { named.row.cum } else { named.row.flat })
        .filter(|&value| value != 0)
        .map(i64::saturating_abs)
        .min()
        .unwrap_or(total);
    let (of_smallest, of_total) = (scale(smallest, unit, "minimum").1, scale(total, unit, "minimum").1);
    let far_apart = of_smallest != of_total && smallest.saturating_mul(100) < total;
    let chosen = if far_apart { scale(smallest.saturating_mul(100), unit, "minimum").1 } else { of_smallest };
    if chosen.is_empty() { unit.to_owned() } else { chosen }
}

/// The table with its head.
pub(crate) fn rows(
    out: &mut impl Write,
    rows: &[NamedRow],
    total: i64,
    marks: &HashMap<NodeId, &'static str>,
    value: impl Fn(i64) -> String,
) -> io::Result<()> {
    writeln!(out, "{:>10} {:>5}% {:>5}% {:>10} {:>5}%", "flat", "flat", "sum", "cum", "cum")?;
    let mut sum = 0_i64;
    for NamedRow { name, row } in rows {
        sum = sum.wrapping_add(row.flat);
        writeln!(
            out,
            "{:>10} {} {} {:>10} {}  {name}{}",
            value(row.flat),
            percentage(row.flat, total),
            percentage(sum, total),
            value(row.cum),
            percentage(row.cum, total),
            marks.get(&row.node).copied().unwrap_or("")
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_calendars_do() {
        assert_eq!(date_and_time(0), "1970-01-01 00:00:00");
        assert_eq!(date_and_time(951_782_400_000_000_000), "2000-02-29 00:00:00");
        assert_eq!(date_and_time(1_795_474_798_000_000_000), "2026-11-23 22:59:58");
        assert_eq!(date_and_time(-1), "1969-12-31 23:59:59");
    }
}
