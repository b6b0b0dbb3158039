//! An analysis as text for an address: columns, deflated, base64url, with a version and a checksum.
//!
//! ```text
//! text    = base64url(version: u8, checksum: 4 bytes, deflated)
//! deflated inflates to the bytes of columns; the checksum is the first bytes of SHA-256 over version and inflated bytes
//! ```

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use super::columns::Columns;
use super::shred::shred;
use super::unshred::{UnshredError, unshred};
use super::{Analysis, ShareError, base64};
use crate::limits::{ANALYSIS_INFLATED_BYTES, ANALYSIS_MEMORY, ANALYSIS_TEXT_BYTES};

/// Version of the text. A reader refuses what is newer and reads what is older.
pub const FORMAT: u32 = 1;
/// Up to this size of text a link passes through every chat and mail program that was tried.
pub const GREEN_BYTES: usize = 8 << 10;
/// Up to this size most take it.
pub const AMBER_BYTES: usize = 32 << 10;
/// Above this no link is made: browsers and servers begin to cut addresses, and do not say so.
pub const RED_BYTES: usize = 64 << 10;

/// Memory that lists and texts may take for a byte of columns: analyses that were made take 2 to 6.
const MEMORY_PER_BYTE: usize = 16;
/// And for small ones.
const MEMORY_BESIDES: usize = 1 << 20;
/// A version, and four bytes of checksum.
const HEAD_BYTES: usize = 5;

/// The text of an analysis, whatever its size; of numbers with a fraction so many digits count.
pub(super) fn encode(analysis: &Analysis, digits: i32) -> Result<String, ShareError> {
    let columns = shred(analysis, &|id| id, digits).map_err(|_| ShareError::Nothing)?;
    seal(&columns.to_bytes())
}

/// The analysis of a text.
///
/// # Errors
/// When it was cut or changed, is of a newer format, or would take more room than any analysis does.
pub fn decode(text: &str) -> Result<Analysis, ShareError> {
    let bytes = unseal(text)?;
    let columns = Columns::from_bytes(&bytes).ok_or(ShareError::Damaged("its columns do not add up"))?;
    let memory = bytes.len().saturating_mul(MEMORY_PER_BYTE).saturating_add(MEMORY_BESIDES).min(ANALYSIS_MEMORY);
    drop(bytes);
    let analysis: Analysis = unshred(&columns, &|id| id, memory).map_err(|error| match error {
        UnshredError::TooMuch => ShareError::TooMuch("bytes of lists and texts", memory as u64),
        UnshredError::Damaged(_) => ShareError::Damaged("its columns are not those of an analysis"),
    })?;
    analysis.check()?;
    Ok(analysis)
}

/// Bytes of columns as text: deflated, with version and checksum.
///
/// # Errors
/// Never: memory takes all.
pub fn seal(bytes: &[u8]) -> Result<String, ShareError> {
    let version = FORMAT as u8;
    let mut out = vec![version];
    out.extend_from_slice(&checksum(version, bytes));
    let mut encoder = DeflateEncoder::new(out, Compression::best());
    let out = encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|_| ShareError::Nothing)?;
    Ok(base64::encoded(&out))
}

/// The bytes that [`seal`] made a text of.
///
/// # Errors
/// As [`decode`], of what it sees without looking at the columns.
pub fn unseal(text: &str) -> Result<Vec<u8>, ShareError> {
    if text.len() > ANALYSIS_TEXT_BYTES {
        return Err(ShareError::TooMuch("bytes of text", ANALYSIS_TEXT_BYTES as u64));
    }
    // Mail programs break long lines.
    let text: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let bytes = base64::decoded(&text).ok_or(ShareError::Damaged("it has characters that no link has, or was cut"))?;
    let (head, deflated) = bytes.split_at_checked(HEAD_BYTES).ok_or(ShareError::Damaged("it was cut"))?;
    let (&version, sum) = head.split_first().ok_or(ShareError::Damaged("it was cut"))?;
    match u32::from(version) {
        0 => return Err(ShareError::Damaged("it names no format")),
        newer if newer > FORMAT => return Err(ShareError::Newer { found: newer }),
        _ => {}
    }
    let mut inflated = Vec::new();
    let mut decoder = DeflateDecoder::new(deflated).take(ANALYSIS_INFLATED_BYTES as u64 + 1);
    decoder.read_to_end(&mut inflated).map_err(|_| ShareError::Damaged("it was cut or changed"))?;
    if inflated.len() > ANALYSIS_INFLATED_BYTES {
        return Err(ShareError::TooMuch("bytes", ANALYSIS_INFLATED_BYTES as u64));
    }
    if checksum(version, &inflated) != sum {
        return Err(ShareError::Damaged("its checksum is another"));
    }
    Ok(inflated)
}

/// Catches what deflate and base64 let through: a letter that was changed.
fn checksum(version: u8, bytes: &[u8]) -> [u8; 4] {
    let mut sha = Sha256::new();
    sha.update([version]);
    sha.update(bytes);
    let sum: [u8; 32] = sha.finalize().into();
    sum.first_chunk().copied().unwrap_or_default()
}
