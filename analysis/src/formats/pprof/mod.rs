//! pprof's profile.proto: <https://github.com/google/pprof/blob/main/proto/profile.proto>.
//!
//! `wire` finds the messages of the file, `resolve` turns them into the model in the order in which they depend on
//! each other, so that samples (which Go writes first) are decoded once, straight into session ids.

mod encode;
mod kind;
mod prune;
mod resolve;
mod samples;
mod wire;

use std::ops::ControlFlow;

pub use encode::encode;

use super::error::{ErrorKind, ParseError};
use super::{Parsed, Progress, sniff};
use crate::limits::PROFILE_TYPES;
use crate::model::Symbols;

/// Whether `bytes` (inflated) begin like a profile: a field that profile.proto has, of the wire type it has.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    // Letters are fields too: `h` begins field 13.
    !sniff::is_text(bytes) && wire::looks_like(bytes)
}

/// Reads a profile.
///
/// # Errors
/// When no sample type stands, or the user stops it.
pub(super) fn parse(
    bytes: &[u8],
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    let sections = wire::Sections::find(bytes);
    if sections.sample_types.is_empty() {
        let words = match &sections.damage {
            Some(damage) => format!("This looks like a pprof profile, but {damage}. Capture it again."),
            None => "This looks like a pprof profile, but it names no sample type, so its numbers have no meaning. \
                     Capture it again."
                .to_owned(),
        };
        return Err(ParseError::new(ErrorKind::Damaged, Some(0), words));
    }
    let types = sections.sample_types.len();
    if types > PROFILE_TYPES {
        let words = format!(
            "This profile names {types} sample types; {PROFILE_TYPES} are the most that are read, and pprof's own have four. If it \
             is real, write it as several profiles with fewer types each."
        );
        return Err(ParseError::new(ErrorKind::TooLarge, Some(0), words));
    }
    resolve::resolve(&sections, symbols, progress)
}
