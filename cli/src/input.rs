//! Files and standard input into one session, a sentence for each that cannot be read.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io::{IsTerminal, Read, Write};
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use analysis::bundle::BundledFile;
use analysis::formats::{self, Progress, archive};
use analysis::lens::SourceId;
use analysis::limits::COMMAND_INPUT_BYTES;
use analysis::model::record::Record;
use analysis::session::{Content, Session, Source};
use analysis::share::Identity;

use crate::folder::files_in;
use crate::traces::{Traces, read_trace};

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

/// Is shown the name and the bytes of each file before it is opened.
pub(crate) type Seen<'a> = &'a mut dyn FnMut(&str, &Arc<Vec<u8>>);

/// A file that is to be opened.
pub(crate) struct Listed {
    pub(crate) path: String,
    /// As the session knows it.
    name: String,
    /// Which of the paths that were named it comes of.
    of: usize,
}

/// Opens every file in order, all files of folders and of archives too, keeping those that are refused as what they are:
/// for reports on all files. What cannot be read is told on stderr. `true` when one of `paths` could not be read at all:
/// beside dumps a folder holds other files too. Traces are read beside the other files, unless `seen` is to be shown
/// all of them in order.
pub(crate) fn open_any(session: &mut Session, paths: &[String], mut seen: Option<Seen<'_>>) -> bool {
    let files = list(session, paths);
    let traces = if seen.is_none() { Traces::among(&files) } else { Traces::default() };
    let is_identified = session.takes_identities;
    // What came of each path.
    let mut opened: Vec<(usize, SourceId)> = Vec::new();
    let mut places = Vec::new();
    let read = thread::scope(|scope| {
        let beside = (!traces.is_empty()).then(|| scope.spawn(|| traces.read(is_identified)));
        for (at, file) in files.iter().enumerate() {
            let before = session.sources.len();
            if traces.holds(at) {
                let place = session.add(&file.name, 0, Content::Records { warnings: Vec::new() });
                places.push((at, place));
            } else {
                open_with_members(session, &file.path, &file.name, &mut seen);
            }
            opened.extend(session.sources.iter().skip(before).map(|source| (file.of, source.id)));
        }
        let mut read = traces.read(is_identified);
        if let Some(beside) = beside {
            read.extend(beside.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        read
    });
    for (at, read) in read {
        let place = places.iter().find(|(of, _)| *of == at);
        let (Some(&(_, place)), Some(file)) = (place, files.get(at)) else { continue };
        match read {
            Ok(read) => read.settle(session, place, &file.path),
            Err(words) => {
                eprintln!("poolscope: {}: {words}", file.path);
                session.refuse(place, words);
            }
        }
    }
    let is_refused =
        |id: SourceId| matches!(session.source(id).map(|source| &source.content), Some(Content::Refused { .. }));
    (0..paths.len()).any(|path| opened.iter().filter(|(of, _)| *of == path).all(|&(_, id)| is_refused(id)))
}

/// The files that paths stand for.
fn list(session: &mut Session, paths: &[String]) -> Vec<Listed> {
    let mut files = Vec::with_capacity(paths.len());
    for (of, path) in paths.iter().enumerate() {
        if !Path::new(path).is_dir() {
            files.push(Listed { path: path.to_owned(), name: name_of(path).to_owned(), of });
            continue;
        }
        match files_in(path) {
            Ok(found) => files.extend(found.into_iter().map(|file| Listed {
                path: file.path.to_string_lossy().into_owned(),
                name: file.name,
                of,
            })),
            Err(words) => refuse(session, path, name_of(path), words),
        }
    }
    files
}

/// Opens a file, or every file of an archive.
fn open_with_members(session: &mut Session, path: &str, name: &str, seen: &mut Option<Seen<'_>>) {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(words) => return refuse(session, path, name, words),
    };
    let mut open = |path: &str, name: &str, bytes: Vec<u8>| {
        let opened = match seen {
            Some(seen) => {
                let bytes = Arc::new(bytes);
                seen(name, &bytes);
                open_bytes(session, path, name, Cow::Borrowed(&bytes))
            }
            None => open_bytes(session, path, name, Cow::Owned(bytes)),
        };
        if let Err(words) = opened {
            refuse(session, path, name, words);
        }
    };
    if let Some(bundle) = analysis::bundle::read(&bytes) {
        bundle.words.iter().for_each(|words| eprintln!("poolscope: {path}: {words}"));
        for BundledFile { name, bytes, .. } in bundle.files {
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

/// Keeps a file that cannot be read as what it is, and tells why.
fn refuse(session: &mut Session, path: &str, name: &str, words: String) {
    eprintln!("poolscope: {path}: {words}");
    session.add(name, 0, Content::Refused { words });
}

fn open(session: &mut Session, path: &str) -> Result<SourceId, String> {
    open_bytes(session, path, name_of(path), Cow::Owned(read(path)?))
}

fn open_bytes(session: &mut Session, path: &str, name: &str, bytes: Cow<'_, [u8]>) -> Result<SourceId, String> {
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
            warn(path, content.warnings());
            Ok(id)
        }
        None => Err("The file was lost while it was read.".to_owned()),
    }
}

/// Takes from an execution trace what it tells in sum, and of pools.
fn open_trace(session: &mut Session, path: &str, name: &str, bytes: &[u8]) -> Result<SourceId, String> {
    let (digest, pools, warnings) = read_trace(path, bytes, &mut session.symbols)?;
    warn(path, &warnings);
    let id = session.add_trace(name, bytes.len() as u64, digest, pools);
    Ok(if session.takes_identities { session.identify(id, Identity::of(bytes)) } else { id })
}

/// Tells what of a file could not be read.
pub(crate) fn warn(path: &str, warnings: &[String]) {
    for warning in warnings {
        eprintln!("poolscope: {path}: {warning}");
    }
}

/// How much of a file that comes in pieces is read at once.
const PIECE_BYTES: usize = 1 << 20;

/// The bytes of a file or of standard input. What is too large is refused before it fills the memory.
pub(crate) fn read(path: &str) -> Result<Vec<u8>, String> {
    if path == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(COMMAND_INPUT_BYTES + 1).read_to_end(&mut bytes);
        return match read {
            Ok(_) if bytes.len() as u64 > COMMAND_INPUT_BYTES => Err(too_large("Standard input goes on past 4 GB")),
            Ok(_) => Ok(bytes),
            Err(error) => Err(format!("Standard input could not be read: {error}.")),
        };
    }
    let size = std::fs::metadata(path).map_err(|error| in_words(&error))?.len();
    if size > COMMAND_INPUT_BYTES {
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

pub(crate) fn in_words(error: &std::io::Error) -> String {
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
