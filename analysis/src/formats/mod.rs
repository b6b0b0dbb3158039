//! Bytes to the model. A file's kind is told by its content, never by its name; a parser never panics and keeps what
//! it could read.

mod cursor;
mod error;
pub mod go_trace;
mod inflate;
mod pool_dump;
mod pprof;
mod sniff;
mod unzip;
mod warnings;
mod wire_ids;

use std::borrow::Cow;
use std::ops::ControlFlow;

pub use error::{ErrorKind, ParseError};
pub use pprof::encode as encode_pprof;
use warnings::Warnings;

use crate::model::pool::History;
use crate::model::{Profile, Symbols};

/// How far the reading of one file is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// From 0 to 1.
    pub fraction: f32,
}

/// What a file turned out to be.
pub enum Parsed {
    /// A pprof profile of any kind.
    Profile {
        /// What was read.
        profile: Box<Profile>,
        /// What is missing and why, a sentence each; empty when all is well.
        warnings: Vec<String>,
    },
    /// What native pools did.
    Pools {
        /// What was read.
        history: Box<History>,
        /// What is missing and why, a sentence each; empty when all is well.
        warnings: Vec<String>,
    },
}

/// Reads one file onto the tables of the session. `progress` is told how far it is, and may ask to stop. Bytes that are
/// given away are freed as soon as they are inflated.
///
/// # Errors
/// When nothing of the file can be used: empty, of another kind, damaged before the first usable byte, too large, or
/// stopped. `symbols` may then hold rows that nothing points at.
pub fn parse<'a>(
    bytes: impl Into<Cow<'a, [u8]>>,
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    parse_bytes(bytes.into(), symbols, progress)
}

fn parse_bytes(
    bytes: Cow<'_, [u8]>,
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    if bytes.is_empty() {
        return Err(ParseError::new(
            ErrorKind::Empty,
            None,
            "The file is empty: the capture wrote nothing. Check that the address answered, and capture it again.",
        ));
    }
    let inflated = inflate::inflate(bytes, progress)?;
    if pool_dump::looks_like(&inflated.bytes) {
        return Ok(with_damage(inflated.damage, pool_dump::parse(&inflated.bytes, symbols, progress)?));
    }
    if let Some(refusal) = sniff::known(&inflated.bytes) {
        return Err(refusal);
    }
    if !pprof::looks_like(&inflated.bytes) {
        return Err(sniff::refusal(&inflated.bytes));
    }
    Ok(with_damage(inflated.damage, pprof::parse(&inflated.bytes, symbols, progress)?))
}

/// Damage of the compression is told first.
fn with_damage(damage: Option<String>, mut parsed: Parsed) -> Parsed {
    let (Parsed::Profile { warnings, .. } | Parsed::Pools { warnings, .. }) = &mut parsed;
    if let Some(damage) = damage {
        warnings.insert(0, damage);
    }
    parsed
}
