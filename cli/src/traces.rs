//! Execution traces among the files of a session. They take longest to read, and until they are read they share nothing with
//! the other files: a second thread takes the largest first, and whoever is done with the rest helps.

use std::cmp::Reverse;
use std::fs::File;
use std::io::Read;
use std::iter;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use analysis::formats;
use analysis::formats::go_trace::read_followed;
use analysis::handed::move_to;
use analysis::lens::SourceId;
use analysis::model::Symbols;
use analysis::model::pool::History;
use analysis::model::record::TraceDigest;
use analysis::session::Session;
use analysis::share::Identity;
use analysis::trace_digest::Passing;

use crate::input::{self, Listed, Shown, warn};

/// As much of a file as tells what it is, were it compressed.
const HEAD_BYTES: u64 = 4 << 10;

/// What a trace tells, in sum and of pools; a sentence for each thing that it does not.
pub(crate) type Told = (TraceDigest, Option<History>, Vec<String>);

/// Those of a list of files that are traces, waiting to be read.
#[derive(Default)]
pub(crate) struct Traces<'a> {
    /// Their places in the list, and their paths; the largest first.
    files: Vec<(usize, &'a str)>,
    next: AtomicUsize,
}

/// A trace that was read, onto tables of its own.
pub(crate) struct Done {
    size_bytes: u64,
    identity: Option<Identity>,
    told: Told,
    symbols: Symbols,
}

impl<'a> Traces<'a> {
    pub(crate) fn among(files: &'a [Listed]) -> Self {
        let sized = |(at, file): (usize, &'a Listed)| Some((size_of_trace(&file.path)?, at, file.path.as_str()));
        let mut sized: Vec<_> = files.iter().enumerate().filter_map(sized).collect();
        sized.sort_unstable_by_key(|&(bytes, at, _)| (Reverse(bytes), at));
        Self { files: sized.into_iter().map(|(_, at, path)| (at, path)).collect(), next: AtomicUsize::new(0) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether the file at this place of the list is one.
    pub(crate) fn holds(&self, at: usize) -> bool {
        self.files.iter().any(|&(place, _)| place == at)
    }

    /// Reads what nobody has taken yet, one after the other, and gives each with its place in the list. Every thread that
    /// calls this helps.
    pub(crate) fn read(&self, is_identified: bool) -> Vec<(usize, Result<Done, String>)> {
        let next = || self.files.get(self.next.fetch_add(1, Ordering::Relaxed));
        iter::from_fn(next).map(|&(at, path)| (at, Done::read(path, is_identified))).collect()
    }
}

impl Done {
    fn read(path: &str, is_identified: bool) -> Result<Self, String> {
        let bytes = input::read(path)?;
        let mut symbols = Symbols::default();
        let told = read_trace(path, &bytes, &mut symbols)?;
        let identity = is_identified.then(|| Identity::of(&bytes));
        Ok(Self { size_bytes: bytes.len() as u64, identity, told, symbols })
    }

    /// Puts it where a place was kept for it.
    pub(crate) fn settle(self, session: &mut Session, place: SourceId, path: &str) {
        let (digest, pools, warnings) = self.told;
        warn(path, &warnings);
        let (digest, pools) = move_to((digest, pools), &self.symbols, &mut session.symbols);
        session.fill_trace(place, self.size_bytes, digest, pools);
        if let Some(identity) = self.identity {
            session.identify(place, identity);
        }
    }
}

/// Reads a trace onto `symbols`; `path` is for the line of progress.
///
/// # Errors
/// In words, when nothing of it can be used.
pub(crate) fn read_trace(path: &str, bytes: &[u8], symbols: &mut Symbols) -> Result<Told, String> {
    let mut shown = Shown::default();
    let mut passing = Passing::default();
    let mut progress = |progress| {
        shown.show(path, progress, bytes.len());
        ControlFlow::Continue(())
    };
    let read = read_followed(bytes, symbols, &mut progress, &mut |trace, symbols| passing.follow(trace, symbols));
    shown.clear();
    let (trace, warnings) = read.map_err(|error| error.to_string())?;
    let (digest, pools) = passing.finish(trace, symbols, &warnings);
    Ok((digest, pools, warnings))
}

/// The size of a file that is an execution trace.
fn size_of_trace(path: &str) -> Option<u64> {
    let file = File::open(path).ok()?;
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
    let mut head = Vec::new();
    file.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
    formats::is_go_trace(&head).then_some(size)
}
