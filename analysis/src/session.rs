//! What is loaded, on one set of tables, and the door through which the screen and the command ask.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::clock::ByHand;
use crate::formats::{self, Body, ErrorKind, Progress, Unread};
use crate::lens::SourceId;
use crate::lifecycle::{self, Lifecycle};
use crate::model::pool::History;
use crate::model::record::{Record, TraceDigest};
use crate::model::{Profile, ProfileKind, Symbols};
use crate::share::{Identity, Shared};

/// The files of one investigation.
#[derive(Default)]
pub struct Session {
    /// Tables shared by every profile.
    pub symbols: Symbols,
    /// Files in the order they were opened.
    pub sources: Vec<Source>,
    /// Identities are taken of files that are opened, where their bytes are at hand.
    pub takes_identities: bool,
    /// Files that were moved on the session's clock: what asks for times asks through here ([`Session::time`]).
    pub by_hand: ByHand,
    pub(crate) shared: Option<Box<Shared>>,
    next_id: u32,
}

/// One file of the session.
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// File name as the user knows it.
    pub name: String,
    /// Size as it lies on disk.
    pub size_bytes: u64,
    /// What came of reading it.
    pub content: Content,
    /// What else it tells.
    pub records: Vec<Record>,
    /// What of it is of no kind that is known here.
    pub unread: Unread,
    /// The file that it was made of, if it was never a file itself.
    pub derived_from: Option<SourceId>,
    /// Which bytes it is, once that is known.
    pub identity: Option<Identity>,
    /// It is not here: an analysis of it was opened, whose sender's engine said this of it.
    pub shared: Option<Box<crate::query::FileRow>>,
}

/// What came of reading a file.
pub enum Content {
    /// A profile, and in words what could not be read of it (empty when all is well).
    Profile {
        /// What was read.
        profile: Box<Profile>,
        /// What is missing and why, a sentence each.
        warnings: Vec<String>,
    },
    /// What pools did, object by object, and in words what could not be read of it.
    Pools {
        /// What was read, replayed.
        lifecycle: Box<Lifecycle>,
        /// What is missing and why, a sentence each.
        warnings: Vec<String>,
    },
    /// What its records hold, and in words what could not be read of it.
    Records {
        /// What is missing and why, a sentence each.
        warnings: Vec<String>,
    },
    /// Nothing could be read; why, and what to do.
    Refused {
        /// One sentence, or a few.
        words: String,
    },
}

impl Content {
    /// What is missing and why, a sentence each; nothing of what was refused.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Profile { warnings, .. } | Self::Pools { warnings, .. } | Self::Records { warnings } => warnings,
            Self::Refused { .. } => &[],
        }
    }

    /// One more sentence on what is not as it should be.
    pub(crate) fn warn(&mut self, sentence: String) {
        match self {
            Self::Profile { warnings, .. } | Self::Pools { warnings, .. } | Self::Records { warnings } => {
                warnings.push(sentence);
            }
            Self::Refused { words } => *words = format!("{words} {sentence}"),
        }
    }
}

impl Session {
    /// Reads a file and adds it, whatever comes of it; nothing loaded before is touched. `None` when `progress` asked
    /// to stop.
    pub fn open<'a>(
        &mut self,
        name: &str,
        bytes: impl Into<Cow<'a, [u8]>>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Option<SourceId> {
        let bytes = bytes.into();
        let size_bytes = bytes.len() as u64;
        let is_asked_for = self.takes_identities || self.shared().is_some();
        let identity = is_asked_for.then(|| Identity::of(&bytes));
        let parsed = match formats::parse(bytes, &mut self.symbols, progress) {
            Ok(parsed) => parsed,
            Err(error) if error.kind == ErrorKind::Cancelled => return None,
            Err(error) => return Some(self.add(name, size_bytes, Content::Refused { words: error.words })),
        };
        let warnings = parsed.warnings;
        let content = match parsed.body {
            Body::Profile(profile) => Content::Profile { profile, warnings },
            Body::Pools(history) => Content::Pools { lifecycle: Box::new(lifecycle::replay(*history)), warnings },
            Body::None => Content::Records { warnings },
        };
        let id = self.add(name, size_bytes, content);
        if let Some(source) = self.sources.last_mut() {
            (source.records, source.unread) = (parsed.records, parsed.unread);
        }
        // As wide as the last, so that names sort as they follow each other.
        let digits = (parsed.later.len() + 1).to_string().len();
        for (at, profile) in parsed.later.into_iter().enumerate() {
            self.add(&format!("{name} #{:0digits$}", at + 2), 0, Content::Profile { profile, warnings: Vec::new() });
            if let Some(source) = self.sources.last_mut() {
                source.derived_from = Some(id);
            }
        }
        Some(identity.map_or(id, |identity| self.identify(id, identity)))
    }

    /// Every record with the file it is of, in the order files were opened.
    pub fn records(&self) -> impl Iterator<Item = (&Source, &Record)> {
        self.sources.iter().flat_map(|source| source.records.iter().map(move |record| (source, record)))
    }

    /// Adds what is no file by itself.
    pub fn add_record(&mut self, name: &str, size_bytes: u64, record: Record, warnings: Vec<String>) -> SourceId {
        let id = self.add(name, size_bytes, Content::Records { warnings });
        if let Some(source) = self.sources.last_mut() {
            source.records.push(record);
        }
        id
    }

    /// Adds an archive of which something is missing, in `words`; its members are files of their own.
    pub fn add_archive(&mut self, name: &str, size_bytes: u64, words: Vec<String>, has_members: bool) -> SourceId {
        let content = match has_members {
            true => Content::Records { warnings: words },
            false => Content::Refused { words: words.join(" ") },
        };
        self.add(name, size_bytes, content)
    }

    /// Adds an execution trace: what it tells in sum, and of pools if it tells of some ([`lifecycle::from_trace`]). Where
    /// the trace is damaged, so is that.
    pub fn add_trace(&mut self, name: &str, size_bytes: u64, digest: TraceDigest, pools: Option<History>) -> SourceId {
        let id = self.add(name, size_bytes, Content::Records { warnings: Vec::new() });
        self.fill_trace(id, size_bytes, digest, pools);
        id
    }

    /// The same, where a place was kept: of a trace that is read beside other files.
    pub fn fill_trace(&mut self, id: SourceId, size_bytes: u64, digest: TraceDigest, pools: Option<History>) {
        let Some(source) = self.sources.iter_mut().find(|source| source.id == id) else { return };
        let warnings = digest.lost.clone();
        source.size_bytes = size_bytes;
        source.content = match pools {
            Some(mut history) => {
                for process in &mut history.processes {
                    process.is_damaged |= !warnings.is_empty();
                }
                Content::Pools { lifecycle: Box::new(lifecycle::replay(history)), warnings }
            }
            None => Content::Records { warnings },
        };
        source.records.push(Record::Trace(Box::new(digest)));
    }

    /// Says of a file for which a place was kept that it could not be read.
    pub fn refuse(&mut self, id: SourceId, words: String) {
        if let Some(source) = self.sources.iter_mut().find(|source| source.id == id) {
            source.content = Content::Refused { words };
        }
    }

    /// Takes a file out of the session, and what was made of it.
    pub fn close(&mut self, id: SourceId) {
        self.sources.retain(|source| source.id != id && source.derived_from != Some(id));
    }

    /// Adds a file that was read (or refused).
    pub fn add(&mut self, name: &str, size_bytes: u64, content: Content) -> SourceId {
        let id = SourceId(self.next_id);
        self.next_id += 1;
        let (name, records, unread) = (name.to_owned(), Vec::new(), Unread::default());
        let (derived_from, identity, shared) = (None, None, None);
        self.sources.push(Source { id, name, size_bytes, content, records, unread, derived_from, identity, shared });
        id
    }

    /// Says what a profile is where its bytes do not tell: one that was made out of a trace.
    pub fn set_kind(&mut self, id: SourceId, kind: ProfileKind) {
        let source = self.sources.iter_mut().find(|source| source.id == id);
        if let Some(Content::Profile { profile, .. }) = source.map(|source| &mut source.content) {
            profile.kind = kind;
        }
    }

    /// The file of that number.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// The profile of that number, if that file is one.
    pub fn profile(&self, id: SourceId) -> Option<&Profile> {
        match &self.source(id)?.content {
            Content::Profile { profile, .. } => Some(profile.as_ref()),
            Content::Pools { .. } | Content::Records { .. } | Content::Refused { .. } => None,
        }
    }

    /// The pools of that number, if that file is a record of some.
    pub fn pools(&self, id: SourceId) -> Option<&Lifecycle> {
        match &self.source(id)?.content {
            Content::Pools { lifecycle, .. } => Some(lifecycle.as_ref()),
            Content::Profile { .. } | Content::Records { .. } | Content::Refused { .. } => None,
        }
    }

    /// What the pools of a file had handed out at a moment, as a profile beside the files: one that is there already, or
    /// a new one. `None` when the file is no record of pools.
    pub fn pools_at(&mut self, id: SourceId, time: i64) -> Option<SourceId> {
        // To the nanosecond: links find files by their names.
        let name = format!("{} at {:.9} s", self.source(id)?.name, time as f64 / 1e9);
        let derived = |source: &&Source| source.derived_from == Some(id) && source.name == name;
        if let Some(known) = self.sources.iter().find(derived) {
            return Some(known.id);
        }
        let Content::Pools { lifecycle, .. } = &self.sources.iter().find(|source| source.id == id)?.content else {
            return None;
        };
        let profile = Box::new(lifecycle::snapshot(lifecycle, time, &mut self.symbols));
        debug_assert_eq!(profile.kind, ProfileKind::Pool);
        let made = self.add(&name, 0, Content::Profile { profile, warnings: Vec::new() });
        if let Some(source) = self.sources.last_mut() {
            source.derived_from = Some(id);
        }
        Some(made)
    }
}
