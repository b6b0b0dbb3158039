//! Why a file was refused, in words that a tired person can act on.

use std::fmt;

/// Why nothing of a file could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The sort of trouble.
    pub kind: ErrorKind,
    /// Where in the file, in bytes from its start (after decompression where it is compressed).
    pub offset: Option<u64>,
    /// What was found and what to do, as whole sentences.
    pub words: String,
}

/// The sort of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is nothing in the file.
    Empty,
    /// It is a file of another kind.
    NotReadable,
    /// It is of the right kind and broken.
    Damaged,
    /// It is larger than can be held.
    TooLarge,
    /// The user stopped it.
    Cancelled,
}

impl ParseError {
    pub(crate) fn new(kind: ErrorKind, offset: Option<u64>, words: impl Into<String>) -> Self {
        Self { kind, offset, words: words.into() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for ParseError {}
