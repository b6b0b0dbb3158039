//! Takes gzip off a file that comes in pieces.

use std::io::Write;

use flate2::write::MultiGzDecoder;

use super::error::{ErrorKind, ParseError};
use crate::limits::{ALWAYS_INFLATED_BYTES, INFLATED_RATIO};

/// How much is inflated before what came of it is looked at.
pub(super) const SLICE_BYTES: usize = 64 << 10;

/// Inflates what comes if it is compressed, and passes it on if it is not.
#[derive(Default)]
pub(super) struct Unzip {
    kind: Kind,
    taken: u64,
    given: u64,
    damage: Option<String>,
}

#[derive(Default)]
enum Kind {
    /// Nothing has come yet.
    #[default]
    Unknown,
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    /// The compressed data is damaged; what comes after is not looked at.
    Broken,
}

impl Unzip {
    /// Adds what `bytes` hold to `into`.
    ///
    /// # Errors
    /// When it inflates to more than any trace would.
    pub(super) fn push(&mut self, bytes: &[u8], into: &mut Vec<u8>) -> Result<(), ParseError> {
        let Some(&first) = bytes.first() else { return Ok(()) };
        self.taken += bytes.len() as u64;
        if matches!(self.kind, Kind::Unknown) {
            // No trace begins with the first byte of gzip.
            self.kind = if first == 0x1f { Kind::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))) } else { Kind::Plain };
        }
        match &mut self.kind {
            Kind::Plain => into.extend_from_slice(bytes),
            Kind::Gzip(decoder) => {
                let result = decoder.write_all(bytes);
                self.given += decoder.get_ref().len() as u64;
                into.append(decoder.get_mut());
                if result.is_err() {
                    self.damage = Some(format!(
                        "The gzip data is damaged near byte {}. The {} bytes before it were read; what came after is \
                         missing.",
                        self.taken, self.given
                    ));
                    self.kind = Kind::Broken;
                }
            }
            Kind::Broken | Kind::Unknown => {}
        }
        let limit = (self.taken * INFLATED_RATIO as u64).max(ALWAYS_INFLATED_BYTES as u64);
        if self.given > limit {
            return Err(ParseError::new(
                ErrorKind::TooLarge,
                Some(self.taken),
                format!(
                    "The first {} bytes of this gzip file inflate to {} MB: no trace shrinks that much, so it was not \
                     read further. If it is real, decompress it first and open the result.",
                    self.taken,
                    self.given >> 20
                ),
            ));
        }
        Ok(())
    }

    /// The file is over: adds what was held back.
    pub(super) fn finish(&mut self, into: &mut Vec<u8>) {
        if let Kind::Gzip(decoder) = &mut self.kind {
            let result = decoder.try_finish();
            self.given += decoder.get_ref().len() as u64;
            into.append(decoder.get_mut());
            if result.is_err() {
                self.damage = Some(format!(
                    "The gzip data ends after {} bytes, before its end mark: the file was cut short. The {} bytes \
                     before it were read; what came after is missing.",
                    self.taken, self.given
                ));
            }
            self.kind = Kind::Broken;
        }
    }

    /// Whether the file is known not to be compressed.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Plain)
    }

    /// What is wrong with the compressed data, if something is.
    pub(super) fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }
}
