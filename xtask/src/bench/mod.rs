//! `cargo xtask bench`: big inputs, what they cost here and elsewhere, and the page that says so. Never a test: machines differ,
//! and are noisy.

mod cost;
mod generate;
mod go;
mod heap;
mod lifecycle;
mod link;
mod machine;
mod page;
mod perf;
mod pool;
mod profile;
mod proto;
mod results;
mod scale;
mod session;
mod speedscope;
mod tables;
mod texts;
mod trace;
mod written;

use results::Row;
use scale::Scale;

use crate::run::{root, say};

/// Measures, and gives a row for each figure.
type Measure = fn(&Scale) -> Result<Vec<Row>, String>;

/// Everything that is measured.
const PARTS: [(&str, Measure); 8] = [
    ("heap", heap::measure),
    ("speedscope", speedscope::measure),
    ("trace", trace::measure),
    ("lifecycle", lifecycle::measure),
    ("pool", pool::measure),
    ("session", session::measure),
    ("link", link::measure),
    ("profile", profile::measure),
];
/// What the results are written into.
const PAGE: &str = "docs/benchmarks.md";

/// What is asked for.
pub(crate) struct Asked<'a> {
    scale: Scale,
    /// Only these; empty is all, and then the page is written.
    parts: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    /// `[--small] [PART…]`.
    pub(crate) fn of(args: &[&'a str]) -> Result<Self, String> {
        let (flags, parts): (Vec<&str>, Vec<&str>) = args.iter().partition(|arg| arg.starts_with('-'));
        if let Some(unknown) = flags.iter().find(|flag| **flag != "--small") {
            return Err(format!("{unknown} is no option of bench."));
        }
        let known = |part: &str| PARTS.iter().any(|(name, _)| *name == part);
        if let Some(unknown) = parts.iter().find(|part| !known(part)) {
            return Err(format!(
                "{unknown} is no part of bench; there are: {}.",
                PARTS.map(|(name, _)| name).join(", ")
            ));
        }
        Ok(Self { scale: Scale { is_small: !flags.is_empty() }, parts })
    }
}

/// Measures, keeps the results, prints them, and writes the page when all was asked for; `false` when a part went wrong.
pub(crate) fn bench(asked: &Asked<'_>) -> Result<bool, String> {
    let folder = asked.scale.results()?;
    let mut all_went_well = true;
    for (part, measure) in PARTS.iter().filter(|(name, _)| asked.parts.is_empty() || asked.parts.contains(name)) {
        say(&format!("Measuring {part}"));
        let load = machine::load();
        match measure(&asked.scale) {
            Ok(rows) => {
                let results = results::Results::of(part, load, rows);
                results.keep(&folder)?;
                let tables = results.tables();
                for (table, text) in &tables {
                    println!("\n{table}\n\n{text}");
                }
                // Better to miss a place now than after everything.
                written::rewritten(&page()?, &tables)?;
            }
            Err(words) => {
                all_went_well = false;
                eprintln!("xtask: {part} was not measured: {words}");
            }
        }
    }
    // What was measured on small inputs says nothing to anyone.
    if asked.parts.is_empty() && !asked.scale.is_small {
        write()?;
    }
    Ok(all_went_well)
}

/// Writes what was last measured into the page.
pub(crate) fn write() -> Result<(), String> {
    let folder = Scale { is_small: false }.results()?;
    let mut text = page()?;
    for (part, _) in PARTS {
        match results::Results::kept(&folder, part)? {
            Some(results) => text = written::rewritten(&text, &results.tables())?,
            None => say(&format!("{part} has not been measured here: its tables stay as they are")),
        }
    }
    std::fs::write(root().join(PAGE), text).map_err(|error| format!("{PAGE}: {error}."))?;
    say(&format!("Wrote {PAGE}"));
    Ok(())
}

fn page() -> Result<String, String> {
    std::fs::read_to_string(root().join(PAGE)).map_err(|error| format!("{PAGE}: {error}."))
}
