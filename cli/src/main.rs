//! The command `poolscope`: the same engine as the page, for CI gates, big files and scripts.
//!
//! Data goes to stdout, words to stderr. Exit codes: 0 fine, 1 a gate was crossed, 2 bad usage or unreadable input.

mod input;
mod lens_args;
mod table;
mod top;

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
enum Command {
    /// Flat and cumulative values by function, number for number as pprof's.
    Top(top::Args),
}

/// How a sub-command ended when nothing went wrong with it.
pub(crate) enum Outcome {
    /// All is well.
    Fine,
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
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("poolscope: {error}");
            ExitCode::from(2)
        }
    }
}
