//! `poolscope report`: a session as one HTML file that opens from a disk.

use std::error::Error;
use std::path::Path;

use analysis::report::{LARGE_BYTES, base64, shell};

use crate::bundle::{Redaction, What, pack};
use crate::convert::atomically;
use crate::{Outcome, site};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Put in the files themselves: every view works, and the report is as large as they are
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    redaction: Redaction,
    /// The file to write
    #[arg(short, long, value_name = "OUT.html")]
    output: String,
    /// Dumps of one investigation, folders of them, archives (zip, tar, tar.gz). “-” is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

/// How much of a bundle is written at a time: a multiple of three, so that its text goes on seamlessly.
const PIECE_BYTES: usize = 3 << 18;

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let parts = site::parts()?;
    let what = What { analysis_only: !args.full, redaction: args.redaction.clone() };
    let mut bundle = Vec::new();
    let packed = pack(&args.files, &what, &mut bundle)?;
    let shell = shell(&format!("Poolscope: {}", packed.verdict), &parts)?;
    let size = atomically(Path::new(&args.output), |out| {
        out.write_all(shell.head.as_bytes())?;
        for piece in bundle.chunks(PIECE_BYTES) {
            out.write_all(base64(piece).as_bytes())?;
        }
        out.write_all(shell.tail.as_bytes())?;
        Ok((shell.head.len() + bundle.len().div_ceil(3) * 4 + shell.tail.len()) as u64)
    })?;
    eprintln!("poolscope: {} was written, {}.", args.output, analysis::words::size(size));
    if size > LARGE_BYTES {
        eprintln!(
            "poolscope: That is more than {}: few mail programs take it. Without --full it holds only the analysis; or use \
             poolscope bundle.",
            analysis::words::size(LARGE_BYTES)
        );
    }
    Ok(if packed.unreadable { Outcome::Unreadable } else { Outcome::Fine })
}
