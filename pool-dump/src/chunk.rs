//! The frame around every payload, and the header in front of the file. What is in payloads is told in `codec`.

use crate::version::Version;

/// First bytes of a dump. As in PNG: a byte above 127, the name, and a line end that transfers as text would spoil.
pub(crate) const MAGIC: [u8; 8] = *b"\x89POOLT\r\n";
/// Magic, major (u16), minor (u16), CRC-32 of those twelve bytes.
pub(crate) const FILE_HEADER_BYTES: usize = 16;
/// First bytes of a chunk; the major version follows as the fourth, so that it is known when the file's header is not.
const MARK: [u8; 3] = *b"\xf5PC";
/// Mark and major, payload length, sequence, kind, records, CRC-32 of the payload, CRC-32 of the bytes before: all u32.
pub(crate) const CHUNK_HEADER_BYTES: usize = 28;
/// Longest payload that a reader accepts: what one wrong byte can cost, and what a hostile file can make us check.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 1 << 20;

/// What a chunk holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChunkKind {
    /// [`crate::Process`]
    Process,
    /// [`crate::ClockPair`]
    Clock,
    /// Strings.
    Strings,
    /// [`crate::Frame`]
    Frames,
    /// Stacks: runs of frames.
    Stacks,
    /// [`crate::PoolInfo`]
    Pools,
    /// [`crate::ThreadInfo`]
    Threads,
    /// [`crate::Batch`]
    Events,
    /// [`crate::LiveSet`]
    LiveSet,
    /// [`crate::Counters`]
    Counters,
    /// [`crate::End`]
    End,
    /// Of a newer minor.
    Unknown(u32),
}

impl ChunkKind {
    const NUMBERED: [(u32, ChunkKind); 11] = [
        (1, ChunkKind::Process),
        (2, ChunkKind::Clock),
        (3, ChunkKind::Strings),
        (4, ChunkKind::Frames),
        (5, ChunkKind::Stacks),
        (6, ChunkKind::Pools),
        (7, ChunkKind::Threads),
        (8, ChunkKind::Events),
        (9, ChunkKind::LiveSet),
        (10, ChunkKind::Counters),
        (11, ChunkKind::End),
    ];

    fn from_number(number: u32) -> Self {
        let known = Self::NUMBERED.iter().find(|(known, _)| *known == number);
        known.map_or(ChunkKind::Unknown(number), |(_, kind)| *kind)
    }

    fn number(self) -> u32 {
        match self {
            ChunkKind::Unknown(number) => number,
            known => Self::NUMBERED.iter().find(|(_, kind)| *kind == known).map_or(0, |(number, _)| *number),
        }
    }

    /// What it holds, in words: "events", "strings"…
    pub fn words(self) -> &'static str {
        match self {
            ChunkKind::Process => "the description of the process",
            ChunkKind::Clock => "clock pairs",
            ChunkKind::Strings => "strings",
            ChunkKind::Frames => "frames",
            ChunkKind::Stacks => "stacks",
            ChunkKind::Pools => "pools",
            ChunkKind::Threads => "threads",
            ChunkKind::Events => "events",
            ChunkKind::LiveSet => "objects of the live set",
            ChunkKind::Counters => "counters",
            ChunkKind::End => "the end mark",
            ChunkKind::Unknown(_) => "records of a kind this version does not know",
        }
    }
}

/// The header of a chunk, once its own checksum has been found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkHeader {
    pub(crate) major: u8,
    pub(crate) length: u32,
    pub(crate) sequence: u32,
    pub(crate) kind: ChunkKind,
    pub(crate) records: u32,
    pub(crate) payload_crc: u32,
}

impl ChunkHeader {
    pub(crate) fn encode(&self) -> [u8; CHUNK_HEADER_BYTES] {
        let mut out = [0; CHUNK_HEADER_BYTES];
        let [a, b, c] = MARK;
        let words = [
            u32::from_le_bytes([a, b, c, self.major]),
            self.length,
            self.sequence,
            self.kind.number(),
            self.records,
            self.payload_crc,
        ];
        for (place, word) in out.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        let crc = crc32fast::hash(&out[..CHUNK_HEADER_BYTES - 4]);
        out[CHUNK_HEADER_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The header at the front of `bytes`, if a whole and undamaged one of any major version is there.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (header, _) = bytes.split_first_chunk::<CHUNK_HEADER_BYTES>()?;
        let [a, b, c, major, ..] = *header;
        if [a, b, c] != MARK {
            return None;
        }
        let mut words = [0_u32; CHUNK_HEADER_BYTES / 4];
        for (word, place) in words.iter_mut().zip(header.chunks_exact(4)) {
            *word = u32::from_le_bytes(place.try_into().ok()?);
        }
        let [_, length, sequence, kind, records, payload_crc, crc] = words;
        let right = crc == crc32fast::hash(&header[..CHUNK_HEADER_BYTES - 4]) && length as usize <= MAX_PAYLOAD_BYTES;
        right.then(|| ChunkHeader { major, length, sequence, kind: ChunkKind::from_number(kind), records, payload_crc })
    }
}

pub(crate) fn encode_file_header(version: Version) -> [u8; FILE_HEADER_BYTES] {
    let mut out = [0; FILE_HEADER_BYTES];
    out[..8].copy_from_slice(&MAGIC);
    out[8..10].copy_from_slice(&version.major.to_le_bytes());
    out[10..12].copy_from_slice(&version.minor.to_le_bytes());
    let crc = crc32fast::hash(&out[..12]);
    out[12..].copy_from_slice(&crc.to_le_bytes());
    out
}

/// The version in the file header at the front of `bytes`, if a whole and undamaged one is there.
pub(crate) fn decode_file_header(bytes: &[u8]) -> Option<Version> {
    let (header, _) = bytes.split_first_chunk::<FILE_HEADER_BYTES>()?;
    let [magic @ .., a, b, c, d, e, f, g, h] = *header;
    let crc = u32::from_le_bytes([e, f, g, h]);
    let right = magic == MAGIC && crc == crc32fast::hash(&header[..12]);
    right.then(|| Version { major: u16::from_le_bytes([a, b]), minor: u16::from_le_bytes([c, d]) })
}

/// Where the next whole header, of a chunk or of a file, starts at or after `from`.
pub(crate) fn next_header(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        // Both kinds start with a byte that text and small numbers do not hold, so most places are skipped at once.
        at += rest.iter().position(|&byte| byte == MARK[0] || byte == MAGIC[0])?;
        let candidate = bytes.get(at..)?;
        if ChunkHeader::decode(candidate).is_some() || decode_file_header(candidate).is_some() {
            return Some(at);
        }
        at += 1;
    }
}
