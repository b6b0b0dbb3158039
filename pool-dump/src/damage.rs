//! What could not be read, and where: values to show, in words a user can act on.

use core::fmt;

use crate::chunk::ChunkKind;
use crate::version::Version;

/// A stretch of the file that was lost, or was odd. Everything before and after it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where it starts, in bytes from the start of the file.
    pub offset: usize,
    /// How long it is, in bytes; 0 where something is missing rather than wrong.
    pub length: usize,
    /// What is wrong.
    pub kind: DamageKind,
    /// Chunks that are known to be lost, by the gap in their numbering. `None`: nothing follows to tell it.
    pub lost_chunks: Option<u32>,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageKind {
    /// The file's header is wrong; chunks were found after it.
    FileHeader,
    /// Bytes that are no chunk.
    NotAChunk,
    /// A chunk's header is right and its content is not.
    Checksum {
        /// What it held.
        chunk: ChunkKind,
        /// Of which so many.
        records: u32,
    },
    /// The file ends within a chunk.
    Cut {
        /// What it held.
        chunk: ChunkKind,
        /// Of which so many.
        records: u32,
    },
    /// The checksum is right and the content is not: its writer was at fault. Records before it were kept.
    Malformed {
        /// What it holds.
        chunk: ChunkKind,
        /// What was expected.
        expected: &'static str,
    },
    /// Chunks are missing between two that are there.
    Missing,
    /// A chunk is there twice, or in the wrong place. It was read all the same.
    OutOfOrder,
    /// A section of a newer major version follows an older one in the same file.
    NewerSection {
        /// Its version.
        found: Version,
    },
    /// No end mark: the process died, or is still writing. Events after the last chunk are unknown.
    NoEnd,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Damage { offset, length, .. } = self;
        match self.kind {
            DamageKind::FileHeader => write!(f, "the file's header (bytes 0 to {length}) is damaged")?,
            DamageKind::NotAChunk => write!(f, "{length} bytes at offset {offset} are damaged")?,
            DamageKind::Checksum { chunk, records } => {
                write!(f, "{length} bytes at offset {offset} are damaged: {records} × {}", chunk.words())?;
            }
            DamageKind::Cut { chunk, records } => {
                write!(f, "the file is cut at offset {}, within {records} × {}", offset + length, chunk.words())?;
            }
            DamageKind::Malformed { chunk, expected } => {
                write!(f, "expected {expected} at offset {offset}, in {}", chunk.words())?;
            }
            DamageKind::Missing => write!(f, "chunks are missing at offset {offset}")?,
            DamageKind::OutOfOrder => write!(f, "the chunk at offset {offset} is repeated or out of place")?,
            DamageKind::NewerSection { found } => {
                let known = Version::CURRENT;
                write!(f, "the section at offset {offset} is of version {found}; this program reads up to {known}")?;
            }
            DamageKind::NoEnd => {
                write!(f, "no end mark: the process died or was still writing at offset {offset}")?;
            }
        }
        match self.lost_chunks {
            Some(0) | None => Ok(()),
            Some(1) => write!(f, "; 1 chunk lost"),
            Some(lost) => write!(f, "; {lost} chunks lost"),
        }
    }
}

/// Why a file is not read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Neither a header nor a chunk of a dump was found.
    NotADump,
    /// The file ends within its header.
    HeaderCut {
        /// Its length in bytes.
        length: usize,
    },
    /// A version that this crate would misread.
    Version {
        /// Of the file.
        found: Version,
        /// The newest that is read.
        known: Version,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NotADump => write!(f, "no pool trace: neither its header nor any of its chunks was found"),
            Refused::HeaderCut { length } => {
                let whole = crate::chunk::FILE_HEADER_BYTES;
                write!(f, "a pool trace that is cut within its header: {length} of {whole} bytes")
            }
            Refused::Version { found, known } => {
                write!(f, "a pool trace of version {found}; this program reads version {known}")?;
                if found > known { write!(f, " and older: update it") } else { Ok(()) }
            }
        }
    }
}

impl std::error::Error for Refused {}
