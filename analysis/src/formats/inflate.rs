//! Takes the compression off: gzip with one or many members, zlib, or none.

use std::borrow::Cow;
use std::io::Read;
use std::ops::ControlFlow;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::Progress;
use super::error::{ErrorKind, ParseError};
use crate::limits::{ALWAYS_INFLATED_BYTES, INFLATED_BYTES, INFLATED_RATIO};

/// How much is inflated between two reports of progress.
const SLICE_BYTES: usize = 1 << 20;

/// What came out.
pub(super) struct Inflated<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// What was wrong with the compressed data, if something was; `bytes` then holds what came before.
    pub(super) damage: Option<String>,
}

/// The first `most` bytes, out of gzip if they are in it.
pub(super) fn head(bytes: &[u8], most: usize) -> Cow<'_, [u8]> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes.get(..most.min(bytes.len())).unwrap_or(bytes).into();
    }
    let mut head = Vec::with_capacity(most);
    // What cannot be inflated is told by who reads the file.
    let _ = MultiGzDecoder::new(bytes).take(most as u64).read_to_end(&mut head);
    head.into()
}

/// Inflates `bytes` if they are compressed.
pub(super) fn inflate<'a>(
    bytes: Cow<'a, [u8]>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Inflated<'a>, ParseError> {
    match &*bytes {
        [0x1f, 0x8b, ..] => {
            read_all(&bytes, "gzip", MultiGzDecoder::new(&*bytes), |decoder| decoder.get_ref().len(), progress)
        }
        // zlib: deflate with a 32 KiB window, and a header that is a multiple of 31.
        [first @ 0x78, second, ..] if (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0 => {
            read_all(&bytes, "zlib", ZlibDecoder::new(&*bytes), |decoder| decoder.get_ref().len(), progress)
        }
        _ => Ok(Inflated { bytes, damage: None }),
    }
}

fn read_all<R: Read>(
    input: &[u8],
    name: &str,
    mut decoder: R,
    left: impl Fn(&R) -> usize,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Inflated<'static>, ParseError> {
    let limit = most_inflated(input.len());
    let mut out = Vec::with_capacity(input.len().saturating_mul(4).min(limit));
    loop {
        let consumed = input.len() - left(&decoder);
        // Inflating is about the first half of the work.
        let fraction = 0.5 * consumed as f32 / input.len().max(1) as f32;
        if progress(Progress { fraction }).is_break() {
            return Err(ParseError::new(ErrorKind::Cancelled, None, "Reading was stopped."));
        }
        let before = out.len();
        match decoder.by_ref().take(SLICE_BYTES as u64).read_to_end(&mut out) {
            Ok(0) => return Ok(Inflated { bytes: Cow::Owned(out), damage: None }),
            Ok(_) if out.len() > limit => {
                return Err(ParseError::new(
                    ErrorKind::TooLarge,
                    Some(before as u64),
                    too_large(name, input.len(), limit),
                ));
            }
            Ok(_) => {}
            Err(error) => {
                let consumed = input.len() - left(&decoder);
                return damaged(input, name, out, consumed, &error);
            }
        }
    }
}

/// The most that so many bytes may inflate to.
pub(super) fn most_inflated(packed: usize) -> usize {
    packed.saturating_mul(INFLATED_RATIO).clamp(ALWAYS_INFLATED_BYTES, INFLATED_BYTES)
}

fn too_large(name: &str, packed: usize, limit: usize) -> String {
    let megabytes = limit >> 20;
    if limit == INFLATED_BYTES {
        return format!(
            "This {name} file of {packed} bytes inflates to more than {megabytes} MB, which is the most that is held of one \
             file. Capture less at once, or read it with the command, which holds more: poolscope check FILE"
        );
    }
    format!(
        "This {name} file of {packed} bytes inflates to more than {megabytes} MB: no profile shrinks that much, so it was not \
         read further. If it is real, decompress it first and open the result."
    )
}

/// Keeps what was inflated before the damage; refuses when that is nothing.
fn damaged(
    input: &[u8],
    name: &str,
    out: Vec<u8>,
    consumed: usize,
    error: &std::io::Error,
) -> Result<Inflated<'static>, ParseError> {
    let what = match error.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            format!("The {name} data ends after {} bytes, before its end mark: the file was cut short", input.len())
        }
        _ => format!("The {name} data is damaged near byte {consumed} of {}", input.len()),
    };
    if out.is_empty() {
        return Err(ParseError::new(
            ErrorKind::Damaged,
            Some(consumed as u64),
            format!("{what}, and nothing of it could be inflated. Capture it again, or copy it again in binary mode."),
        ));
    }
    let damage = format!("{what}. The {} bytes before it were read; what came after is missing.", out.len());
    Ok(Inflated { bytes: Cow::Owned(out), damage: Some(damage) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits_say_the_way_round() {
        assert_eq!(most_inflated(10), ALWAYS_INFLATED_BYTES);
        assert_eq!(most_inflated(1 << 20), 200 << 20);
        assert_eq!(most_inflated(usize::MAX), INFLATED_BYTES);
        assert!(too_large("gzip", 10, ALWAYS_INFLATED_BYTES).ends_with("decompress it first and open the result."));
        assert!(
            too_large("gzip", 10, INFLATED_BYTES).ends_with("with the command, which holds more: poolscope check FILE")
        );
    }
}
