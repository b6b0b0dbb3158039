//! `poolscope compare`: files of before a fix and of after it, as rates with their intervals, and whether it worked.

use std::error::Error;
use std::io::Write;

use analysis::groups::{Comparison, Difference, Marks, Outcome, Told, compare};
use analysis::lens::SourceId;
use analysis::session::Session;
use analysis::words;
use serde_json::{Value, json};

use crate::{Outcome as Ended, input};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files of the build before the fix, or of the control; folders and archives too
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    before: Vec<String>,
    /// Files of the build after it, or of the canary
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    after: Vec<String>,
    /// Print JSON, all differences
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<Ended, Box<dyn Error>> {
    let mut session = Session::default();
    let mut is_unreadable = false;
    let mut open = |session: &mut Session, paths: &[String]| -> Vec<SourceId> {
        let before = session.sources.len();
        is_unreadable |= input::open_any(session, paths, None);
        session.sources.get(before..).unwrap_or(&[]).iter().map(|source| source.id).collect()
    };
    let (before, after) = (open(&mut session, &args.before), open(&mut session, &args.after));
    let marks = Marks { before, after };
    let comparison = compare(&session, &marks);
    let mut out = std::io::BufWriter::new(crate::screen::stdout());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report(&session, &marks, &comparison))?;
        writeln!(out)?;
    } else {
        text(&mut out, &comparison)?;
    }
    out.flush()?;
    Ok(if is_unreadable { Ended::Unreadable } else { Ended::Fine })
}

fn report(session: &Session, marks: &Marks, comparison: &Comparison) -> Value {
    let names = |ids: &[SourceId]| -> Vec<&str> {
        ids.iter().filter_map(|&id| Some(session.source(id)?.name.as_str())).collect()
    };
    json!({
        "verdict": comparison.verdict,
        "before": {"files": names(&marks.before), "told": comparison.told[0]},
        "after": {"files": names(&marks.after), "told": comparison.told[1]},
        "differences": comparison.differences,
        "sizes": comparison.sizes,
        "cycles": comparison.cycles,
        "notes": comparison.notes,
    })
}

fn text(out: &mut impl Write, comparison: &Comparison) -> std::io::Result<()> {
    writeln!(out, "{}", comparison.verdict.text)?;
    if !comparison.verdict.next.is_empty() {
        writeln!(out, "{}", comparison.verdict.next)?;
    }
    let [before, after] = &comparison.told;
    writeln!(out, "\nBefore: {}. After: {}.", told(before), told(after))?;
    let of = |outcome| comparison.differences.iter().filter(move |difference| difference.outcome == outcome);
    for (outcome, title) in [
        (Outcome::Worse, "Worse"),
        (Outcome::Better, "Better"),
        (Outcome::Differs, "Different"),
        (Outcome::Load, "Different, as the load explains"),
    ] {
        if of(outcome).next().is_some() {
            writeln!(out, "\n{title}:")?;
        }
        for difference in of(outcome) {
            writeln!(out, "  {}", row(difference))?;
        }
    }
    writeln!(
        out,
        "\n{} comparisons did not change beyond what sampling and scatter explain.",
        words::count(of(Outcome::Same).count() as i64)
    )?;
    for note in &comparison.notes {
        writeln!(out, "{note}")?;
    }
    Ok(())
}

fn told(told: &Told) -> String {
    match told.heaps {
        0 => "no heap snapshot".to_owned(),
        1 => "1 heap snapshot".to_owned(),
        heaps => format!("{heaps} heap snapshots over {}", words::seconds(told.seconds)),
    }
}

fn row(difference: &Difference) -> String {
    let measure = difference.measure;
    let [before, after] = [difference.before, difference.after]
        .map(|estimate| estimate.map_or("–".to_owned(), |estimate| measure.estimate_words(estimate)));
    let of = if difference.name.is_empty() { "" } else { ": " };
    format!("{}{of}{}  {before} → {after}", measure.name(), difference.name)
}
