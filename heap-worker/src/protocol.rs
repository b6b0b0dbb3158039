//! Messages. A file travels beside its message, as a handle.

use analysis::lens::{Lens, SourceId};
use analysis::model::TraceProfileKind;
use analysis::query::{Answer, Query};
use analysis::share::Identity;
use serde::{Deserialize, Serialize};

/// To the worker.
#[derive(Serialize, Deserialize)]
pub enum ToHeap {
    /// Read the file that comes with this.
    Open {
        /// The page's number for it.
        key: u32,
        /// Its name.
        name: String,
        /// What it is.
        what: What,
    },
    /// Take a file out.
    Close(SourceId),
    /// Call a file so from now on.
    Rename {
        /// The engine's number for it.
        id: SourceId,
        /// Its name.
        name: String,
    },
    /// Find out which bytes the file that comes with this is, when nothing else is to be done.
    Identify {
        /// The page's number for it.
        key: u32,
        /// The engine's.
        id: SourceId,
        /// Which they are, where that is known: then it is only taken up.
        known: Option<Identity>,
    },
    /// Answer a question.
    Ask {
        /// Number of the question.
        seq: u32,
        /// The question.
        query: Box<Query>,
    },
    /// Make the page that an address names.
    Page {
        /// Number of the question.
        seq: u32,
        /// The fragment of the address.
        fragment: String,
    },
    /// Make a file of the session; what it is made with may come with this.
    Make {
        /// Number of the question.
        seq: u32,
        /// Which, in words that the page's modules and the worker agree on.
        what: String,
        /// How the session is looked at.
        lens: Box<Lens>,
        /// The fragment of the address.
        fragment: String,
    },
}

/// What a file is.
#[derive(Serialize, Deserialize)]
pub enum What {
    /// As it lies on disk.
    File,
    /// A profile that was made out of a trace.
    Part(TraceProfileKind),
    /// What a trace tells in sum, and of pools: an `analysis::handed::Handed` of both, as `worker_io::file_of` writes it.
    Trace {
        /// Size of the trace.
        size_bytes: u64,
    },
    /// One that the worker before this died over, and is not to read; in words.
    Refused(String),
}

/// From the worker.
#[derive(Serialize, Deserialize)]
pub enum FromHeap {
    /// It runs.
    Ready,
    /// How far a file is, from 0 to 1.
    Progress {
        /// The page's number for the file.
        key: u32,
        /// How far.
        fraction: f32,
    },
    /// A file was read, or refused.
    Opened {
        /// The page's number for it.
        key: u32,
        /// The engine's.
        id: SourceId,
    },
    /// Which bytes a file is.
    Identified {
        /// The page's number for it.
        key: u32,
        /// Its identity.
        identity: Identity,
    },
    /// A file is an archive; its members come with this, as files of the browser, to be opened as if each had been dropped.
    Unpacked {
        /// The page's number for it.
        key: u32,
        /// Paths of the members in it.
        names: Vec<String>,
        /// What could not be unpacked stays as a row of the archive, which [`FromHeap::Opened`] tells next.
        is_whole: bool,
    },
    /// A file is a bundle; its files come with this, to be opened under their own names.
    Restored {
        /// The page's number for it.
        key: u32,
        /// Names of the files.
        names: Vec<String>,
        /// Which bytes each is, where the bundle was held to it.
        identities: Vec<Option<Identity>>,
        /// What was looked at, as a fragment; empty when the bundle does not say.
        fragment: String,
        /// What is not as it should be stays as a row of the bundle, which [`FromHeap::Opened`] tells next.
        is_whole: bool,
    },
    /// A file was made, and comes with this; or why it was not.
    Made {
        /// Number of the question.
        seq: u32,
        /// Why not.
        words: String,
    },
    /// An answer, or why there is none.
    Answer {
        /// Number of the question.
        seq: u32,
        /// What it says.
        answer: Result<Box<Answer>, String>,
    },
    /// A page, as markup: links are links, `data-copy` copies the words before it, and what is put into a field with
    /// `data-pair` goes into that pair of the address, under the name in `data-name`.
    Page {
        /// Number of the question.
        seq: u32,
        /// The markup.
        markup: String,
    },
}
