//! `poolscope bundle`: a session in one file.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use analysis::bundle::{Frozen, Packer, Writer};
use analysis::export;
use analysis::findings::Thresholds;
use analysis::query::{Answer, Engine, Query};
use analysis::share::Policy;

use crate::convert::atomically;
use crate::link::salt;
use crate::{Outcome, input};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    what: What,
    /// The file to write
    #[arg(short, long, value_name = "OUT.poolscope")]
    output: String,
    /// Dumps of one investigation, folders of them, archives (zip, tar, tar.gz). “-” is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

/// What of a session goes along.
#[derive(clap::Args, Clone, Default)]
pub(crate) struct What {
    /// Put in only what an analysis says of the files, not the files
    #[arg(long)]
    pub(crate) analysis_only: bool,
    #[command(flatten)]
    pub(crate) redaction: Redaction,
}

/// What is hidden.
#[derive(clap::Args, Clone, Default)]
pub(crate) struct Redaction {
    /// Replace names of functions, packages, files, pools, labels and threads; standard libraries keep theirs. Without files
    #[arg(long)]
    pub(crate) redact: bool,
    /// With --redact: names that begin so are kept; may be given several times
    #[arg(long, value_name = "PREFIX", requires = "redact")]
    pub(crate) keep: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let (unreadable, size) = atomically(Path::new(&args.output), |out| {
        let mut counted = Counted { out, bytes: 0 };
        let packed = pack(&args.files, &args.what, &mut counted)?;
        Ok((packed.unreadable, counted.bytes))
    })?;
    eprintln!("poolscope: {} was written, {}.", args.output, analysis::words::size(size));
    Ok(if unreadable { Outcome::Unreadable } else { Outcome::Fine })
}

/// What came of packing.
pub(crate) struct Packed {
    /// A file could not be read.
    pub(crate) unreadable: bool,
    /// What is wrong, in a sentence.
    pub(crate) verdict: String,
}

/// Reads files and writes a bundle of them; an input is let go when it is read and written.
pub(crate) fn pack(files: &[String], what: &What, out: &mut dyn Write) -> Result<Packed, Box<dyn Error>> {
    if what.redaction.redact && !what.analysis_only {
        return Err(
            "Files cannot be redacted, only an analysis of them: with --redact give --analysis-only too.".into()
        );
    }
    let mut engine = Engine::default();
    let (mut writer, begin) = Writer::begin();
    out.write_all(&begin)?;
    let mut failed: Option<Box<dyn Error>> = None;
    let session = engine.session_mut();
    session.takes_identities = true;
    let unreadable = input::open_each(session, files, &mut |name, bytes| {
        if !what.analysis_only && failed.is_none() {
            failed = put(&mut writer, name, bytes, out).err();
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    if what.analysis_only {
        let Redaction { redact, keep } = &what.redaction;
        let policy = redact.then(|| Policy { salt: salt(), allow: keep.clone() });
        let frozen = Frozen::of(&mut engine, "", policy.as_ref())?;
        frozen.left_out.iter().for_each(|words| eprintln!("poolscope: left out: {words}"));
        out.write_all(&writer.frozen(&frozen))?;
        out.write_all(&writer.finish(&frozen.findings)?)?;
        return Ok(Packed { unreadable, verdict: frozen.verdict });
    }
    let rows = match engine.answer(&Query::Files) {
        Ok(Answer::Files(answer)) => answer.files,
        _ => Vec::new(),
    };
    writer.kinds(|name| rows.iter().find(|row| row.name == name).map_or(String::new(), |row| row.kind.clone()));
    let diagnosis = engine.diagnose(&Thresholds::default()).clone();
    let report = export::Report { session: engine.session(), diagnosis: &diagnosis, suppressed: 0 };
    out.write_all(&writer.finish(&format!("{:#}\n", report.json()))?)?;
    Ok(Packed { unreadable, verdict: diagnosis.verdict.text })
}

fn put(writer: &mut Writer, name: &str, bytes: &[u8], out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let mut packer = Packer::new(bytes);
    let packed = packer.push(bytes);
    let is_stored = packer.is_stored();
    let (head, tail) = writer.input(name, packer)?;
    out.write_all(&head)?;
    out.write_all(if is_stored { bytes } else { &packed })?;
    out.write_all(&tail)?;
    Ok(())
}

/// Counts what goes through.
struct Counted<'a> {
    out: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
