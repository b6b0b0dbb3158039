//! A file as the page's list of them holds it.

use analysis::lens::SourceId;
use analysis::model::TraceProfileKind;
use analysis::query::FileRow;
use analysis::share::Identity;
use heap_worker::{ToHeap, What};

/// One file as the page knows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileEntry {
    pub(crate) key: u32,
    pub(crate) name: String,
    pub(crate) size_bytes: f64,
    /// From 0 to 1 while it is read.
    pub(crate) fraction: f32,
    /// The engine's number, once it is read.
    pub(crate) id: Option<SourceId>,
    /// What the engine says of it.
    pub(crate) row: Option<FileRow>,
    /// It is a trace, which has a worker of its own.
    pub(crate) is_trace: bool,
    /// Of a trace: the engine's number of what it tells in sum, and of pools.
    pub(crate) told: Option<SourceId>,
    /// The engine's number of the record of pools that it is or tells.
    pub(crate) pools: Option<SourceId>,
    /// Of a trace: why no pools of it are shown.
    pub(crate) pools_words: String,
    /// It was made out of a trace (the page's number of it), and is about this.
    pub(crate) part_of: Option<(u32, TraceProfileKind)>,
    /// The engine made it out of another file: that one's key.
    pub(crate) made_of: Option<u32>,
    /// The engine was asked which bytes it is.
    pub(crate) is_hashed: bool,
    /// Which bytes it is, once that is known.
    pub(crate) identity: Option<Identity>,
    /// What workers said that stopped while they read it.
    pub(crate) deaths: Vec<String>,
}

/// A worker that stops over a file is replaced, and reads that file last; after so many it is left out.
const MOST_DEATHS: usize = 2;

impl FileEntry {
    /// One that nothing is known of yet.
    pub(crate) fn new(key: u32, name: String, size_bytes: f64) -> Self {
        Self {
            key,
            name,
            size_bytes,
            fraction: 0.0,
            id: None,
            row: None,
            is_trace: false,
            told: None,
            pools: None,
            pools_words: String::new(),
            part_of: None,
            made_of: None,
            is_hashed: false,
            identity: None,
            deaths: Vec::new(),
        }
    }

    /// Why it is not read any more, when it is not; `instead` is the command that may read it.
    pub(crate) fn given_up(&self, instead: &str) -> Option<String> {
        let last = self.deaths.get(MOST_DEATHS - 1)?;
        Some(format!(
            "The engine stopped {} times while it read this ({last}): most likely the tab had no memory left. For files this large there is the command: {instead} {}",
            self.deaths.len(),
            self.name
        ))
    }

    /// What the worker is told to open it.
    pub(crate) fn to_open(&self) -> ToHeap {
        let what = match (self.part_of, self.given_up("poolscope check")) {
            (Some((_, kind)), _) => What::Part(kind),
            (None, _) if self.is_trace => What::Trace { size_bytes: self.size_bytes as u64 },
            (None, Some(words)) => What::Refused(words),
            (None, None) => What::File,
        };
        ToHeap::Open { key: self.key, name: self.name.clone(), what }
    }
}
