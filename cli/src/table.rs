//! pprof's text table.

use std::io::{self, Write};

use analysis::measurement::{percentage, scale};
use analysis::model::{Profile, Symbols};
use analysis::top::NamedRow;

/// What is looked at, a line each: file, build id, sample type.
pub(crate) fn header(
    out: &mut impl Write,
    symbols: &Symbols,
    profile: Option<&Profile>,
    sample_type: &str,
) -> io::Result<()> {
    let main = profile.and_then(|profile| profile.mappings.first()).and_then(|&id| symbols.mappings.get(id));
    if let Some(mapping) = main {
        let file = symbols.strings.get(mapping.file);
        if !file.is_empty() {
            writeln!(out, "File: {}", file.rsplit('/').next().unwrap_or(file))?;
        }
        let build_id = symbols.strings.get(mapping.build_id);
        if !build_id.is_empty() {
            writeln!(out, "Build ID: {build_id}")?;
        }
    }
    writeln!(out, "Type: {sample_type}")
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
    value: impl Fn(i64) -> String,
) -> io::Result<()> {
    writeln!(out, "{:>10} {:>5}% {:>5}% {:>10} {:>5}%", "flat", "flat", "sum", "cum", "cum")?;
    let mut sum = 0_i64;
    for NamedRow { name, row } in rows {
        sum = sum.wrapping_add(row.flat);
        writeln!(
            out,
            "{:>10} {} {} {:>10} {}  {name}",
            value(row.flat),
            percentage(row.flat, total),
            percentage(sum, total),
            value(row.cum),
            percentage(row.cum, total)
        )?;
    }
    Ok(())
}
