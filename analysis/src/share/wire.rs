//! An analysis as text for an address: columns, deflated, base64url, with a version and a checksum.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use super::{Analysis, ShareError};

/// Version of the text. A reader refuses what is newer and reads what is older.
pub const FORMAT: u32 = 1;
/// Up to this size of text a link passes through every chat and mail program that was tried.
pub const GREEN_BYTES: usize = 8 << 10;
/// Up to this size most take it.
pub const AMBER_BYTES: usize = 32 << 10;
/// Above this no link is made: browsers and servers begin to cut addresses, and do not say so.
pub const RED_BYTES: usize = 64 << 10;

/// The most that a text may inflate to.
const MOST_INFLATED_BYTES: u64 = 16 << 20;

/// An analysis as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoded {
    /// The text: letters, digits, `-` and `_`.
    pub text: String,
    /// What was left out, a sentence each.
    pub left_out: Vec<String>,
    /// Names that were replaced, and what by: for a look before it is sent. Empty without redaction.
    pub replaced: Vec<(String, String)>,
}

/// The text of an analysis that has at most `budget_bytes`.
///
/// # Errors
/// When it does not fit, however much is left out.
pub fn encode(analysis: &Analysis, budget_bytes: usize) -> Result<Encoded, ShareError> {
    let bytes = serde_json::to_vec(analysis).map_err(|_| ShareError::Nothing)?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let deflated = encoder.write_all(&bytes).and_then(|()| encoder.finish()).map_err(|_| ShareError::Nothing)?;
    let text = super::base64::encoded(&deflated);
    if text.len() > budget_bytes {
        return Err(ShareError::TooLarge { least: text.len(), budget: budget_bytes });
    }
    Ok(Encoded { text, left_out: analysis.left_out.clone(), replaced: Vec::new() })
}

/// The analysis of a text.
///
/// # Errors
/// When it was cut or changed, or is of a newer format.
pub fn decode(text: &str) -> Result<Analysis, ShareError> {
    let deflated = super::base64::decoded(text).ok_or(ShareError::Damaged("it has characters that no link has"))?;
    let mut bytes = Vec::new();
    DeflateDecoder::new(deflated.as_slice())
        .take(MOST_INFLATED_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| ShareError::Damaged("it does not inflate"))?;
    if bytes.len() as u64 > MOST_INFLATED_BYTES {
        return Err(ShareError::TooMuch("bytes"));
    }
    serde_json::from_slice(&bytes).map_err(|_| ShareError::Damaged("it is not whole"))
}
