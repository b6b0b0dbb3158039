//! `poolscope trace`: an execution trace in numbers.

use std::error::Error;
use std::io::Write;
use std::ops::ControlFlow;

use analysis::formats::go_trace;
use analysis::model::Symbols;
use analysis::trace_summary::report::{Report, report};
use serde::Serialize;

use crate::{Outcome, input, trace_text};

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
    bytes: usize,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    report: Report,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let path = args.file.as_str();
    let bytes = input::read(path).map_err(|words| format!("{path}: {words}"))?;
    let mut symbols = Symbols::default();
    let mut shown = input::Shown::default();
    let read = go_trace::read(&bytes, &mut symbols, &mut |progress| {
        shown.show(path, progress, bytes.len());
        ControlFlow::Continue(())
    });
    shown.clear();
    let (trace, warnings) = read.map_err(|error| format!("{path}: {error}"))?;
    for warning in &warnings {
        eprintln!("poolscope: {path}: {warning}");
    }
    let mut report = report(&trace, &symbols);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if args.json {
        if args.no_goroutines {
            report.goroutines = None;
        }
        let error = (!warnings.is_empty()).then(|| warnings.join(" "));
        let file = input::name_of(path);
        serde_json::to_writer(&mut out, &FileReport { file, bytes: bytes.len(), ok: error.is_none(), error, report })?;
        writeln!(out)?;
    } else {
        trace_text::print(&mut out, &report)?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}
