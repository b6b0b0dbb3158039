//! What is loaded, on one set of tables, and the door through which the screen and the command ask.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::formats::{self, ErrorKind, Parsed, Progress};
use crate::lens::SourceId;
use crate::model::{Profile, Symbols};

/// The files of one investigation.
#[derive(Default)]
pub struct Session {
    /// Tables shared by every profile.
    pub symbols: Symbols,
    /// Files in the order they were opened.
    pub sources: Vec<Source>,
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
    /// Nothing could be read; why, and what to do.
    Refused {
        /// One sentence, or a few.
        words: String,
    },
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
        let content = match formats::parse(bytes, &mut self.symbols, progress) {
            Ok(Parsed::Profile { profile, warnings }) => Content::Profile { profile, warnings },
            Err(error) if error.kind == ErrorKind::Cancelled => return None,
            Err(error) => Content::Refused { words: error.words },
        };
        Some(self.add(name, size_bytes, content))
    }

    /// Takes a file out of the session.
    pub fn close(&mut self, id: SourceId) {
        self.sources.retain(|source| source.id != id);
    }

    /// Adds a file that was read (or refused).
    pub fn add(&mut self, name: &str, size_bytes: u64, content: Content) -> SourceId {
        let id = SourceId(self.next_id);
        self.next_id += 1;
        self.sources.push(Source { id, name: name.to_owned(), size_bytes, content });
        id
    }

    /// The file of that number.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// The profile of that number, if that file is one.
    pub fn profile(&self, id: SourceId) -> Option<&Profile> {
        match &self.source(id)?.content {
            Content::Profile { profile, .. } => Some(profile.as_ref()),
            Content::Refused { .. } => None,
        }
    }
}
