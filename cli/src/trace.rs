//! `poolscope trace`: an execution trace in numbers.

use std::error::Error;
use std::io::Write;
use std::sync::mpsc::sync_channel;
use std::thread;

use analysis::formats::go_trace::Reader;
use analysis::model::Symbols;
use analysis::model::trace::Trace;
use analysis::trace_summary::report::Report;
use analysis::trace_summary::{Names, Totals};
use serde::Serialize;

use crate::{Outcome, input, trace_text};

/// Stretches that wait to be summed up: enough that neither thread waits for the other because of one odd stretch.
const WAITING: usize = 8;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print JSON, with every number
    #[arg(long)]
    json: bool,
    /// Leave the list of single goroutines out
    #[arg(long)]
    no_goroutines: bool,
    /// An execution trace. “-” is standard input
    #[arg(value_name = "FILE")]
    file: String,
}

#[derive(Serialize)]
struct FileReport<'a> {
    file: &'a str,
    bytes: u64,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    report: Report,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let path = args.file.as_str();
    let (mut report, bytes, warnings) = report(path).map_err(|words| format!("{path}: {words}"))?;
    for warning in &warnings {
        eprintln!("poolscope: {path}: {warning}");
    }
    let mut out = std::io::BufWriter::new(crate::screen::stdout());
    if args.json {
        if args.no_goroutines {
            report.goroutines = None;
        }
        let error = (!warnings.is_empty()).then(|| warnings.join(" "));
        let file = input::name_of(path);
        serde_json::to_writer(&mut out, &FileReport { file, bytes, ok: error.is_none(), error, report })?;
        writeln!(out)?;
    } else {
        trace_text::print(&mut out, &report)?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

/// What one thread reads, another sums up, and then it is let go: what is held is what is in between.
fn report(path: &str) -> Result<(Report, u64, Vec<String>), String> {
    let mut pieces = input::Pieces::open(path)?;
    let mut symbols = Symbols::default();
    thread::scope(|scope| {
        let (send, stretches) = sync_channel::<(Trace, Names)>(WAITING);
        let summing = scope.spawn(move || {
            let (mut totals, mut names) = (Totals::default(), Names::default());
            for (stretch, later) in stretches {
                names.extend(later);
                totals.add(&stretch, &names);
            }
            totals
        });
        let mut known = 0;
        let follow = move |trace: &mut Trace, symbols: &Symbols| {
            let later = Names::since(symbols, known);
            known += later.stacks();
            // It cannot fail: the other thread takes what comes until this one hangs up.
            let _ = send.send((trace.take_stretch(), later));
        };
        let mut shown = input::Shown::default();
        let read = read(path, &mut pieces, &mut symbols, &mut shown, follow);
        shown.clear();
        let totals = summing.join().map_err(|_| "Summing up went wrong; please report it.".to_owned())?;
        let (trace, warnings) = read?;
        Ok((totals.report(&trace, &symbols), pieces.read(), warnings))
    })
}

/// Reads to the end. It hangs up by letting go of `follow`.
fn read(
    path: &str,
    pieces: &mut input::Pieces,
    symbols: &mut Symbols,
    shown: &mut input::Shown,
    mut follow: impl FnMut(&mut Trace, &Symbols),
) -> Result<(Trace, Vec<String>), String> {
    let mut reader = Reader::new();
    loop {
        shown.show(path, pieces.progress(), pieces.size());
        let piece = pieces.next()?;
        if piece.is_empty() {
            return reader.finish_followed(symbols, &mut follow).map_err(|error| error.to_string());
        }
        reader.push_followed(piece, symbols, &mut follow).map_err(|error| error.to_string())?;
    }
}
