//! Changes that get past checksums, lengths and compression, and a mutator for runs without an engine.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Makes mutated bytes whole again where a format has redundancy.
pub type Repair = fn(&mut Vec<u8>);

/// The most that is inflated: what is behind the compression matters, not how much.
pub(crate) const MOST_INFLATED: usize = 1 << 20;

/// The format has none.
pub(crate) fn nothing(_: &mut Vec<u8>) {}

/// What a gzip file holds, at most a byte more than [`MOST_INFLATED`].
pub(crate) fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let mut out = Vec::new();
    let _ = MultiGzDecoder::new(bytes).take(MOST_INFLATED as u64 + 1).read_to_end(&mut out);
    Some(out)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Changes `bytes`: `change` sees what is inside the compression, three times of four; what it leaves is repaired, seven
/// times of eight, and compressed again.
pub fn mutate(repair: Repair, bytes: &mut Vec<u8>, seed: u32, change: &mut dyn FnMut(&mut Vec<u8>)) {
    let inside = inflated(bytes).filter(|inside| seed & 3 != 0 && !inside.is_empty() && inside.len() <= MOST_INFLATED);
    let is_compressed = inside.is_some();
    let mut plain = inside.unwrap_or_else(|| std::mem::take(bytes));
    change(&mut plain);
    if seed >> 2 & 7 != 0 {
        repair(&mut plain);
    }
    *bytes = if is_compressed { gzip(&plain) } else { plain };
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn set(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(place) = bytes.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}

/// A pool's dump: headers and payloads get the checksums that they should have, and lengths end within the file.
pub(crate) fn checksums(bytes: &mut [u8]) {
    const FILE_HEADER: usize = 16;
    const CHUNK_HEADER: usize = 28;
    let mut at = 0;
    while at + FILE_HEADER <= bytes.len() {
        if bytes[at..].starts_with(b"\x89POOLT\r\n") {
            let crc = crc32fast::hash(&bytes[at..at + 12]);
            set(bytes, at + 12, crc);
            at += FILE_HEADER;
        } else if bytes[at..].starts_with(b"\xf5PC") && at + CHUNK_HEADER <= bytes.len() {
            let body = at + CHUNK_HEADER;
            // A payload that was made longer or shorter reaches to the next chunk.
            let next = bytes[body..].windows(3).position(|window| window == b"\xf5PC");
            let length = next.unwrap_or(bytes.len() - body);
            set(bytes, at + 4, length as u32);
            let payload_crc = crc32fast::hash(&bytes[body..body + length]);
            set(bytes, at + 20, payload_crc);
            let crc = crc32fast::hash(&bytes[at..at + CHUNK_HEADER - 4]);
            set(bytes, at + CHUNK_HEADER - 4, crc);
            debug_assert_eq!(word(bytes, at + 4), Some(length as u32));
            at = body + length;
        } else {
            at += 1;
        }
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index).min(63);
        if byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    None
}

/// A profile: its fields one after the other, those that are none left out, and the last cut to what is there.
pub(crate) fn lengths(bytes: &mut Vec<u8>) {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some((tag, used)) = bytes.get(at..).and_then(varint) {
        let start = at;
        at += used;
        let field = tag >> 3;
        let is_known = (1..=15).contains(&field);
        match tag & 7 {
            0 if is_known => {
                let Some((_, used)) = bytes.get(at..).and_then(varint) else { break };
                at += used;
                out.extend_from_slice(&bytes[start..at]);
            }
            2 if is_known => {
                let Some((length, used)) = bytes.get(at..).and_then(varint) else { break };
                at += used;
                let end = bytes.len().min(at.saturating_add(length as usize));
                out.push(tag as u8);
                let mut rest = end - at;
                while rest >= 0x80 {
                    out.push(rest as u8 | 0x80);
                    rest >>= 7;
                }
                out.push(rest as u8);
                out.extend_from_slice(&bytes[at..end]);
                at = end;
            }
            // Between two fields lies what is none.
            _ => at = start + 1,
        }
    }
    *bytes = out;
}

/// Numbers without an end that are the same in every run (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    /// The next.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    /// One to four small changes: bytes flipped, set to what is at an edge, taken out, doubled, the end cut off.
    pub fn change(&mut self, bytes: &mut Vec<u8>) {
        const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, 0xfe, b'0', b'%'];
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(16)).min(bytes.len());
            match self.below(6) {
                _ if bytes.is_empty() => bytes.push(self.roll() as u8),
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = EDGES[self.below(EDGES.len())],
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let doubled = bytes[at..end].to_vec();
                    bytes.splice(at..at, doubled);
                }
                4 => bytes[at..end].fill(0xff),
                _ if self.below(4) == 0 => bytes.truncate(at),
                _ => bytes[at] = self.roll() as u8,
            }
        }
    }
}
