//! Which bytes a file is: its length and SHA-256, without compression, so that a file that was packed again is the same.

use std::fmt;
use std::io::{self, Write};

use flate2::write::{MultiGzDecoder, ZlibDecoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What tells a file from all others, whatever it is called and however it is compressed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// SHA-256 of the bytes without compression (FIPS 180-4).
    #[serde(with = "run_of_bytes")]
    pub sha256: [u8; 32],
    /// How many bytes these are.
    pub length_bytes: u64,
}

impl Identity {
    /// Of a file that lies in memory.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.push(bytes);
        hasher.finish()
    }

    /// The hash in 64 hexadecimal digits, as `sha256sum` prints it.
    pub fn hex(&self) -> String {
        use fmt::Write;
        self.sha256.iter().fold(String::with_capacity(64), |mut out, byte| {
            // Writing to a string does not fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
    }

    /// The first digits of it: enough for people to compare.
    pub fn short_hex(&self) -> String {
        self.hex().chars().take(12).collect()
    }

    /// The hash that [`hex`](Self::hex) prints, with a length.
    pub fn from_hex(hex: &str, length_bytes: u64) -> Option<Self> {
        let hex = hex.trim();
        let mut sha256 = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        for (byte, digits) in sha256.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self { sha256, length_bytes })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, {} bytes)", self.short_hex(), self.length_bytes)
    }
}

/// Finds the identity of a file that comes in pieces. Holds a window of what is inflated, not the file.
#[derive(Default)]
pub struct Hasher(Stage);

#[derive(Default)]
enum Stage {
    /// Too little is known to tell whether it is compressed.
    Begin(Vec<u8>),
    Plain(Sum),
    Gzip(Box<MultiGzDecoder<Sum>>),
    Zlib(Box<ZlibDecoder<Sum>>),
    /// The compressed data is damaged: what came before the damage is what is known of the file.
    Damaged(Sum),
    #[default]
    Empty,
}

#[derive(Clone, Default)]
struct Sum {
    sha: Sha256,
    length_bytes: u64,
}

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sha.update(bytes);
        self.length_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Hasher {
    /// The next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.0 = match std::mem::take(&mut self.0) {
            Stage::Empty => begin(bytes.to_vec()),
            Stage::Begin(mut known) => {
                known.extend_from_slice(bytes);
                begin(known)
            }
            Stage::Plain(mut sum) => {
                // A sum takes all.
                let _ = sum.write_all(bytes);
                Stage::Plain(sum)
            }
            Stage::Gzip(mut decoder) => match decoder.write_all(bytes) {
                Ok(()) => Stage::Gzip(decoder),
                Err(_) => Stage::Damaged(decoder.get_ref().clone()),
            },
            Stage::Zlib(mut decoder) => match decoder.write_all(bytes) {
                Ok(()) => Stage::Zlib(decoder),
                Err(_) => Stage::Damaged(decoder.get_ref().clone()),
            },
            Stage::Damaged(sum) => Stage::Damaged(sum),
        };
    }

    /// The identity of all that was pushed.
    pub fn finish(self) -> Identity {
        let sum = match self.0 {
            Stage::Empty => Sum::default(),
            Stage::Begin(bytes) => {
                let mut sum = Sum::default();
                let _ = sum.write_all(&bytes);
                sum
            }
            Stage::Plain(sum) | Stage::Damaged(sum) => sum,
            Stage::Gzip(mut decoder) => {
                let _ = decoder.try_finish();
                decoder.get_ref().clone()
            }
            Stage::Zlib(mut decoder) => {
                let _ = decoder.try_finish();
                decoder.get_ref().clone()
            }
        };
        Identity { sha256: sum.sha.finalize().into(), length_bytes: sum.length_bytes }
    }
}

/// The first two bytes tell the compression, as for [`formats::parse`](crate::formats::parse).
fn begin(bytes: Vec<u8>) -> Stage {
    let mut hasher = Hasher(match bytes.as_slice() {
        [] | [_] => return Stage::Begin(bytes),
        [0x1f, 0x8b, ..] => Stage::Gzip(Box::new(MultiGzDecoder::new(Sum::default()))),
        [first @ 0x78, second, ..] if (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0 => {
            Stage::Zlib(Box::new(ZlibDecoder::new(Sum::default())))
        }
        _ => Stage::Plain(Sum::default()),
    });
    hasher.push(&bytes);
    hasher.0
}

/// A hash is one run of bytes, and not 32 numbers.
mod run_of_bytes {
    use std::fmt;

    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(hash)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        from.deserialize_bytes(Hash)
    }

    struct Hash;

    impl<'de> Visitor<'de> for Hash {
        type Value = [u8; 32];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("32 bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<[u8; 32], E> {
            bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    #[test]
    fn a_file_is_the_same_however_it_is_packed_and_cut() {
        let plain = b"abc".repeat(5000);
        let own = Identity::of(&plain);
        assert_eq!(own.length_bytes, 15_000);
        for level in [1, 9] {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
            encoder.write_all(&plain).unwrap();
            let packed = encoder.finish().unwrap();
            for piece in [1, 7, 1000] {
                let mut hasher = Hasher::default();
                packed.chunks(piece).for_each(|piece| hasher.push(piece));
                assert_eq!(hasher.finish(), own);
            }
        }
        // FIPS 180-4, example of one block.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Identity::of(b"abc").hex(), abc);
        assert_eq!(Identity::from_hex(abc, 3), Some(Identity::of(b"abc")));
        assert_eq!(Identity::of(b"").length_bytes, 0);
        assert_ne!(Identity::of(b"x"), Identity::of(b""));
    }
}
