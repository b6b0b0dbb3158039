//! Changes that get past checksums, lengths and compression, a format's parts changed as wholes, and a mutator for runs
//! without an engine.

mod archive;
mod go_trace;
mod pool_dump;
mod protobuf;
mod text;

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::Target;

pub(crate) use archive::{members, sums};
pub(crate) use go_trace::batches;
pub(crate) use pool_dump::{checksums, chunks};
pub(crate) use protobuf::{fields, lengths};
pub(crate) use text::lines;

/// Makes mutated bytes whole again where a format has redundancy.
pub type Repair = fn(&mut Vec<u8>);

/// Changes whole parts of what a format is made of: its fields, its records, its lines.
pub type Reshape = fn(&mut Vec<u8>, &mut Dice);

/// The most that is inflated: what is behind the compression matters, not how much.
pub(crate) const MOST_INFLATED: usize = 1 << 20;

/// Numbers at which arithmetic turns.
pub(crate) const EDGES: [u64; 12] = [
    0,
    1,
    0x7f,
    0xff,
    0xffff,
    i32::MAX as u64,
    u32::MAX as u64,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

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

/// Changes `bytes` inside their compression, three times of four: by whole parts a third of the time, else by `change`. What
/// that leaves is repaired, seven times of eight, and compressed again.
pub fn mutate(target: &Target, bytes: &mut Vec<u8>, seed: u32, change: &mut dyn FnMut(&mut Vec<u8>)) {
    let inside = inflated(bytes).filter(|inside| seed & 3 != 0 && !inside.is_empty() && inside.len() <= MOST_INFLATED);
    let is_compressed = inside.is_some();
    let mut plain = inside.unwrap_or_else(|| std::mem::take(bytes));
    match target.reshape {
        Some(reshape) if (seed >> 5).is_multiple_of(3) => reshape(&mut plain, &mut Dice(seed.into())),
        _ => change(&mut plain),
    }
    if seed >> 2 & 7 != 0 {
        (target.repair)(&mut plain);
    }
    *bytes = if is_compressed { gzip(&plain) } else { plain };
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

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    /// A number at an edge, or any.
    pub(crate) fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => self.roll() >> self.below(64),
            _ => EDGES[self.below(EDGES.len())],
        }
    }

    /// One of `parts` left out, doubled, or put elsewhere.
    pub(crate) fn shuffle<T: Clone>(&mut self, parts: &mut Vec<T>) {
        if parts.is_empty() {
            return;
        }
        let (at, other) = (self.below(parts.len()), self.below(parts.len()));
        match self.below(3) {
            0 => drop(parts.remove(at)),
            1 => parts.insert(other, parts[at].clone()),
            _ => parts.swap(at, other),
        }
    }

    /// One to four small changes: bytes flipped, set to what is at an edge, taken out, doubled, the end cut off.
    pub fn change(&mut self, bytes: &mut Vec<u8>) {
        const BYTES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, 0xfe, b'0', b'%'];
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(16)).min(bytes.len());
            match self.below(6) {
                _ if bytes.is_empty() => bytes.push(self.roll() as u8),
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = BYTES[self.below(BYTES.len())],
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
