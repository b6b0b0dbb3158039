//! `poolscope convert`: a pool trace rewritten in the newest version of its format. The new file is there whole, or not at
//! all: it is written beside its place, checked, and put there by a rename.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use pool_dump::{DamageKind, Item, Reader, Record, Version, Writer};

use crate::{Outcome, input, memory};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Keep the contents out of swap while they are in memory (mlockall)
    #[arg(long)]
    lock_memory: bool,
    /// A pool trace of any version that can be read
    #[arg(value_name = "IN")]
    from: String,
    /// Where the new file goes; it may be the same file
    #[arg(value_name = "OUT")]
    to: PathBuf,
}

/// What was rewritten.
#[derive(Default)]
struct Tally {
    records: u64,
    events: u64,
}

/// Memory beside the file itself, in bytes: the program, and what is read of the file at a time.
const OVERHEAD_BYTES: u64 = 64 << 20;

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    if args.lock_memory {
        let size = fs::metadata(&args.from).map_or(0, |file| file.len());
        memory::lock(size + OVERHEAD_BYTES)
            .map_err(|words| format!("--lock-memory: {words} Nothing was read or written."))?;
    }
    let bytes = input::read(&args.from).map_err(|words| format!("{}: {words}", args.from))?;
    let tally = atomically(&args.to, |out| rewrite(&bytes, out)).map_err(|error| format!("{}: {error}", args.from))?;
    eprintln!(
        "{} → {}: {} records with {} events, format {}.",
        args.from,
        args.to.display(),
        tally.records,
        tally.events,
        Version::CURRENT
    );
    Ok(Outcome::Fine)
}

/// Reads all sections and writes each anew under its own ids. What would be lost in silence is refused: damage that the
/// new file would not show, and what a newer version added.
fn rewrite(bytes: &[u8], out: &mut dyn Write) -> Result<Tally, Box<dyn Error>> {
    let mut tally = Tally::default();
    let mut out = Some(out);
    // One a section: each has a header and a numbering of its own.
    let mut writer: Option<Writer<&mut dyn Write>> = None;
    for item in Reader::new(bytes).map_err(|refused| format!("This is {refused}."))? {
        match item {
            Item::Section(section) if section.version > Version::CURRENT => {
                let (found, known) = (section.version, Version::CURRENT);
                return Err(format!(
                    "It is of version {found}, and this program writes {known}: what is new in it would be lost. Update \
                     the program, or keep the file: it is read as it is."
                )
                .into());
            }
            Item::Section(_) => {
                if let Some(done) = writer.take() {
                    out = Some(done.into_inner()?);
                }
            }
            Item::Record(record) => {
                tally.records += 1;
                if let Record::Events(batch) = &record {
                    for event in batch.events() {
                        event
                            .map_err(|bad| format!("A batch ends with what is no event, at offset {}.", bad.offset))?;
                        tally.events += 1;
                    }
                }
                match (&mut writer, &record) {
                    (Some(writer), record) => writer.record(record)?,
                    (None, Record::Process(process)) => {
                        writer = out.take().map(|out| Writer::new(out, process)).transpose()?;
                    }
                    (None, _) => return Err("It does not begin with the description of its process.".into()),
                }
            }
            // Without its end mark the new file says the same of itself.
            Item::Damage(damage) if damage.kind == DamageKind::NoEnd => {}
            Item::Damage(damage) => {
                return Err(format!(
                    "It is damaged ({damage}), and the new file would not show that. Keep it: it is read as it is, around \
                     the damage."
                )
                .into());
            }
            Item::Unknown { kind, offset, .. } => {
                return Err(
                    format!("It has a chunk of unknown kind {kind} at offset {offset}, which would be lost.").into()
                );
            }
        }
    }
    let Some(writer) = writer else { return Err("There is no record in it.".into()) };
    writer.into_inner()?;
    Ok(tally)
}

/// Lets `write` fill a file beside `to`, and puts that there when all of it is on the disk. Whatever fails, `to` is what
/// it was and nothing stays beside it.
pub(crate) fn atomically<T>(
    to: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    let name = to.file_name().ok_or("The place to write to is no file name.")?.to_string_lossy();
    let beside = to.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let unfinished = Unfinished(&beside);
    let file =
        File::create_new(&beside).map_err(|error| format!("{} cannot be written: {error}.", beside.display()))?;
    let mut out = BufWriter::new(file);
    let result = write(&mut out)?;
    let file = out.into_inner().map_err(|error| format!("It could not be written: {}.", error.error()))?;
    // Before the rename: after a power cut there is the old file or all of the new one.
    file.sync_all().map_err(|error| format!("It could not be written: {error}."))?;
    fs::rename(&beside, to).map_err(|error| format!("It could not be put in place: {error}."))?;
    std::mem::forget(unfinished);
    Ok(result)
}

/// Takes the file away when it goes out of scope.
struct Unfinished<'a>(&'a Path);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("poolscope-convert-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_fails_half_way_leaves_nothing_half_written() {
        let folder = folder("fails");
        let to = folder.join("out.pooltrace");
        fs::write(&to, "before").unwrap();
        let failed = atomically(&to, |out| {
            out.write_all(&[7; 100_000])?;
            Err::<(), _>("the disk is full".into())
        });
        assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
        assert_eq!(fs::read_to_string(&to).unwrap(), "before");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_succeeds_takes_the_place() {
        let folder = folder("succeeds");
        let to = folder.join("out.pooltrace");
        atomically(&to, |out| Ok(out.write_all(b"after")?)).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "after");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
