//! `poolscope bundle`: a session in one file.

use std::error::Error;
use std::io::Write;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use analysis::bundle::{Frozen, Packer, Writer};
use analysis::export;
use analysis::findings::Thresholds;
use analysis::query::{Answer, Engine, Query};
use analysis::share::Policy;

use crate::convert::atomically;
use crate::input::Seen;
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

/// Reads files and writes a bundle of them; an input is let go when it is read and written, which two threads do side by side.
pub(crate) fn pack(files: &[String], what: &What, out: &mut (dyn Write + Send)) -> Result<Packed, Box<dyn Error>> {
    if what.redaction.redact && !what.analysis_only {
        return Err(
            "Files cannot be redacted, only an analysis of them: with --redact give --analysis-only too.".into()
        );
    }
    let mut engine = Engine::default();
    let (mut writer, begin) = Writer::begin();
    out.write_all(&begin)?;
    let session = engine.session_mut();
    session.takes_identities = true;
    let unreadable = if what.analysis_only {
        input::open_any(session, files, None)
    } else {
        put_beside(&mut writer, out, |seen| input::open_any(session, files, Some(seen)))?
    };
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

/// Inputs that wait to be packed: enough that a small one never holds up the reading of the next.
const WAITING: usize = 4;

/// Packs on a second thread what `read` shows as it reads it.
fn put_beside<T>(
    writer: &mut Writer,
    out: &mut (dyn Write + Send),
    read: impl FnOnce(Seen<'_>) -> T,
) -> Result<T, Box<dyn Error>> {
    thread::scope(|scope| {
        let (send, files) = sync_channel::<(String, Arc<Vec<u8>>)>(WAITING);
        let packing =
            scope.spawn(move || files.into_iter().try_for_each(|(name, bytes)| put(writer, &name, &bytes, out)));
        // Where the disk is full nobody takes them any more, which is told at the end.
        let read = read(&mut |name, bytes| drop(send.send((name.to_owned(), Arc::clone(bytes)))));
        drop(send);
        packing.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(read)
    })
}

fn put(writer: &mut Writer, name: &str, bytes: &[u8], out: &mut dyn Write) -> Result<(), String> {
    let mut packer = Packer::new(bytes);
    let packed = packer.push(bytes);
    let is_stored = packer.is_stored();
    let (head, tail) = writer.input(name, packer)?;
    let parts = [&head[..], if is_stored { bytes } else { &packed }, &tail];
    parts.into_iter().try_for_each(|part| out.write_all(part)).map_err(|error| error.to_string())
}

/// Counts what goes through.
struct Counted<'a> {
    out: &'a mut (dyn Write + Send),
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
