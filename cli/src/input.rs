//! Files and standard input into one session, a sentence for each that cannot be read.

use std::error::Error;
use std::fmt;
use std::io::{IsTerminal, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use analysis::formats::{self, Progress, archive, go_trace};
use analysis::lens::SourceId;
use analysis::lifecycle;
use analysis::model::record::Record;
use analysis::session::{Content, Session, Source};
use analysis::share::Identity;
use analysis::trace_digest::trace_digest;

use crate::folder::files_in;

/// Files that could not be read: a sentence for each.
#[derive(Debug)]
pub(crate) struct Unreadable(Vec<String>);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\npoolscope: "))
    }
}

impl Error for Unreadable {}

/// Opens every file in order; warnings about damaged ones go to stderr. An execution trace is one of them if it tells of
/// pools.
///
/// # Errors
/// When one of them cannot be read.
pub(crate) fn open_all(session: &mut Session, paths: &[String]) -> Result<Vec<SourceId>, Unreadable> {
    let mut ids = Vec::with_capacity(paths.len());
    let mut refused = Vec::new();
    for path in paths {
        match open(session, path) {
            Ok(id) if is_trace_without_pools(session, id) => refused.push(format!(
                "{path}: This is an execution trace that tells nothing of pools. In numbers: poolscope trace FILE; what is \
                 wrong: poolscope check FILE. To see pools, use contrib/go/poolscope in the program, or run it with \
                 GODEBUG=traceallocfree=1."
            )),
            Ok(id) => ids.push(id),
            Err(words) => refused.push(format!("{path}: {words}")),
        }
    }
    if refused.is_empty() { Ok(ids) } else { Err(Unreadable(refused)) }
}

fn is_trace_without_pools(session: &Session, id: SourceId) -> bool {
    let is_trace = |source: &Source| source.records.iter().any(|record| matches!(record, Record::Trace(_)));
    session.pools(id).is_none() && session.source(id).is_some_and(is_trace)
}

/// Opens every file in order, all files of folders and of archives too, keeping those that are refused as what they are:
/// for reports on all files. What cannot be read is told on stderr. `true` when one of `paths` could not be read at all:
/// beside dumps a folder holds other files too.
pub(crate) fn open_any(session: &mut Session, paths: &[String]) -> bool {
    open_each(session, paths, &mut |_, _| {})
}

/// The same; `seen` is shown the name and the bytes of each file before it is opened.
pub(crate) fn open_each(session: &mut Session, paths: &[String], seen: &mut dyn FnMut(&str, &[u8])) -> bool {
    let mut is_unreadable = false;
    for path in paths {
        let before = session.sources.len();
        if Path::new(path).is_dir() {
            match files_in(path) {
                Ok(files) => files.into_iter().for_each(|file| {
                    open_with_members(session, &file.path.to_string_lossy(), &file.name, seen);
                }),
                Err(words) => refuse(session, path, name_of(path), words),
            }
        } else {
            open_with_members(session, path, name_of(path), seen);
        }
        let opened = session.sources.get(before..).unwrap_or(&[]);
        is_unreadable |= opened.iter().all(|source| matches!(source.content, Content::Refused { .. }));
    }
    is_unreadable
}

/// Opens a file, or every file of an archive.
fn open_with_members(session: &mut Session, path: &str, name: &str, seen: &mut dyn FnMut(&str, &[u8])) {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(words) => return refuse(session, path, name, words),
    };
    let mut open = |path: &str, name: &str, bytes: Vec<u8>| {
        seen(name, &bytes);
        if let Err(words) = open_bytes(session, path, name, bytes) {
            refuse(session, path, name, words);
        }
    };
    if let Some(bundle) = analysis::bundle::read(&bytes) {
        bundle.words.iter().for_each(|words| eprintln!("poolscope: {path}: {words}"));
        for (name, bytes) in bundle.files {
            open(&format!("{path}/{name}"), &name, bytes);
        }
        if let Some(text) = bundle.analysis {
            match analysis::share::decode(&text) {
                Ok(analysis) => session.open_shared(&analysis),
                Err(error) => refuse(session, path, name, error.to_string()),
            }
        }
        return;
    }
    let mut has_members = false;
    let unpacked = archive::unpack(&bytes, &mut |member| {
        has_members = true;
        open(&format!("{path}/{}", member.name), &format!("{name}/{}", member.name), member.bytes);
    });
    match unpacked {
        None => open(path, name, bytes),
        Some(words) if words.is_empty() => {}
        Some(words) => {
            words.iter().for_each(|words| eprintln!("poolscope: {path}: {words}"));
            session.add_archive(name, bytes.len() as u64, words, has_members);
        }
    }
}

fn refuse(session: &mut Session, path: &str, name: &str, words: String) {
    eprintln!("poolscope: {path}: {words}");
    session.add(name, 0, Content::Refused { words });
}

fn open(session: &mut Session, path: &str) -> Result<SourceId, String> {
    open_bytes(session, path, name_of(path), read(path)?)
}

fn open_bytes(session: &mut Session, path: &str, name: &str, bytes: Vec<u8>) -> Result<SourceId, String> {
    if formats::is_go_trace(&bytes) {
        return open_trace(session, path, name, &bytes);
    }
    let mut shown = Shown::default();
    let size = bytes.len();
    let id = session.open(name, bytes, &mut |progress| {
        shown.show(path, progress, size);
        ControlFlow::Continue(())
    });
    shown.clear();
    let id = id.ok_or_else(|| "Reading was stopped.".to_owned())?;
    match session.source(id).map(|source| &source.content) {
        Some(Content::Refused { words }) => {
            let words = words.clone();
            session.close(id);
            Err(words)
        }
        Some(content) => {
            for warning in content.warnings() {
                eprintln!("poolscope: {path}: {warning}");
            }
            Ok(id)
        }
        None => Err("The file was lost while it was read.".to_owned()),
    }
}

/// Takes from an execution trace what it tells in sum, and of pools.
fn open_trace(session: &mut Session, path: &str, name: &str, bytes: &[u8]) -> Result<SourceId, String> {
    let mut shown = Shown::default();
    let read = go_trace::read(bytes, &mut session.symbols, &mut |progress| {
        shown.show(path, progress, bytes.len());
        ControlFlow::Continue(())
    });
    shown.clear();
    let (trace, warnings) = read.map_err(|error| error.to_string())?;
    let pools = lifecycle::from_trace(&trace, &mut session.symbols);
    let digest = trace_digest(&trace, &mut session.symbols, &warnings);
    for warning in &warnings {
        eprintln!("poolscope: {path}: {warning}");
    }
    let id = session.add_trace(name, bytes.len() as u64, digest, pools);
    Ok(if session.takes_identities { session.identify(id, Identity::of(bytes)) } else { id })
}

/// The most that one input may have: rows of the tables are counted in 32 bits, and no profile or trace seen comes near.
const MAX_INPUT_BYTES: u64 = 4 << 30;

/// How much of a file that comes in pieces is read at once.
const PIECE_BYTES: usize = 1 << 20;

/// The bytes of a file or of standard input. What is too large is refused before it fills the memory.
pub(crate) fn read(path: &str) -> Result<Vec<u8>, String> {
    if path == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes);
        return match read {
            Ok(_) if bytes.len() as u64 > MAX_INPUT_BYTES => Err(too_large("Standard input goes on past 4 GB")),
            Ok(_) => Ok(bytes),
            Err(error) => Err(format!("Standard input could not be read: {error}.")),
        };
    }
    let size = std::fs::metadata(path).map_err(|error| in_words(&error))?.len();
    if size > MAX_INPUT_BYTES {
        return Err(too_large(&format!("The file has {:.1} GB", size as f64 / (1_u64 << 30) as f64)));
    }
    std::fs::read(path).map_err(|error| in_words(&error))
}

/// A file or standard input, to be read in pieces.
pub(crate) struct Pieces {
    from: Box<dyn Read>,
    /// Of a file; 0 for standard input, whose end nobody knows.
    size: u64,
    read: u64,
    piece: Vec<u8>,
}

impl Pieces {
    pub(crate) fn open(path: &str) -> Result<Self, String> {
        let (from, size): (Box<dyn Read>, u64) = if path == "-" {
            (Box::new(std::io::stdin().lock()), 0)
        } else {
            let file = std::fs::File::open(path).map_err(|error| in_words(&error))?;
            let size = file.metadata().map_err(|error| in_words(&error))?.len();
            (Box::new(file), size)
        };
        Ok(Self { from, size, read: 0, piece: vec![0; PIECE_BYTES] })
    }

    /// The next piece; an empty one at the end.
    pub(crate) fn next(&mut self) -> Result<&[u8], String> {
        loop {
            match self.from.read(&mut self.piece) {
                Ok(count) => {
                    self.read += count as u64;
                    return Ok(self.piece.get(..count).unwrap_or(&[]));
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(in_words(&error)),
            }
        }
    }

    /// How many bytes were read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress { fraction: (self.read as f64 / self.size.max(1) as f64) as f32 }
    }

    pub(crate) fn size(&self) -> usize {
        self.size as usize
    }
}

fn too_large(what: &str) -> String {
    format!(
        "{what}, and 4 GB is the most that is read: nothing of it was. Capture a shorter time, or check that this is a dump."
    )
}

fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "There is no such file.".to_owned(),
        std::io::ErrorKind::PermissionDenied => "You may not read this file.".to_owned(),
        std::io::ErrorKind::IsADirectory => "This is a folder; name the files in it.".to_owned(),
        _ => format!("The file could not be read: {error}."),
    }
}

/// The last part of a path: a session knows files by it.
pub(crate) fn name_of(path: &str) -> &str {
    match path {
        "-" => "standard input",
        path => path.rsplit('/').next().unwrap_or(path),
    }
}

/// Progress of a large file, on a terminal only.
#[derive(Default)]
pub(crate) struct Shown(bool);

impl Shown {
    /// How far the reading of `size` bytes is.
    pub(crate) fn show(&mut self, path: &str, progress: Progress, size: usize) {
        const WORTH_SHOWING_BYTES: usize = 4 << 20;
        if size >= WORTH_SHOWING_BYTES && std::io::stderr().is_terminal() {
            self.0 = true;
            let _ = write!(std::io::stderr(), "\r{path}: {:.0}%", progress.fraction * 100.0);
        }
    }

    /// The file is read: the line is free again.
    pub(crate) fn clear(&self) {
        if self.0 {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
