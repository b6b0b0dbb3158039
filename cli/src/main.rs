//! The command `poolscope`: the same engine as the page, for CI gates, big files and scripts.
//!
//! Data goes to stdout, words to stderr. Exit codes: 0 fine, 1 a gate was crossed, 2 bad usage or unreadable input.

mod bundle;
mod check;
mod compare;
mod convert;
mod diff;
mod folder;
mod growth;
mod input;
mod lens_args;
mod link;
mod memory;
mod pool;
mod report;
mod screen;
mod serve;
mod site;
mod suppress;
mod table;
mod top;
mod trace;
mod trace_text;
mod traces;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Reads Go heap profiles and other dumps, and says what is wrong.
#[derive(Parser)]
#[command(name = "poolscope", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
// One of it exists.
#[allow(clippy::large_enum_variant)]
enum Command {
    /// Flat and cumulative values by function, number for number as pprof's.
    Top(top::Args),
    /// Two snapshots side by side: change, rates, intervals, what is noise.
    Diff(diff::Args),
    /// Many snapshots: slope, steadiness, share, survival, age, size.
    Growth(growth::Args),
    /// An execution trace in numbers: collector, goroutines, regions, tasks.
    Trace(trace::Args),
    /// What native pools did: transitions, times in state, violations, the conservation check.
    Pool(pool::Args),
    /// A pool trace, rewritten in the newest version of its format.
    Convert(convert::Args),
    /// Files of before a fix and of after it: rates with intervals, and whether it worked.
    Compare(compare::Args),
    /// Findings: what is wrong, with evidence; a gate for CI.
    Check(check::Args),
    /// A session in one file, to be dropped on the page: files, findings, hashes.
    Bundle(bundle::Args),
    /// A session as one HTML file that opens from a disk, without a network.
    Report(report::Args),
    /// A link that holds the analysis: whoever opens it sees the findings without the files.
    Link(link::Args),
    /// The page, on this machine alone: it opens the files, and with --watch grows with a running program.
    Serve(serve::Args),
}

/// How a sub-command ended when nothing went wrong with it.
pub(crate) enum Outcome {
    /// All is well.
    Fine,
    /// A finding is as bad as `--fail-on` allows none to be.
    GateCrossed,
    /// A file could not be read; what could be said without it was said.
    Unreadable,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for and go to stdout; all else is bad usage.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let result = match cli.command {
        Command::Top(args) => top::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Growth(args) => growth::run(&args),
        Command::Trace(args) => trace::run(&args),
        Command::Pool(args) => pool::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Bundle(args) => bundle::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Link(args) => link::run(&args),
        Command::Serve(args) => serve::run(&args),
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::GateCrossed) => ExitCode::FAILURE,
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        Err(error) => {
            eprintln!("poolscope: {error}");
            ExitCode::from(2)
        }
    }
}
