//! Reads a dump from front to back, around whatever is damaged.

use std::collections::VecDeque;

use crate::chunk::{
    CHUNK_HEADER_BYTES, ChunkHeader, ChunkKind, FILE_HEADER_BYTES, MAGIC, decode_file_header, next_header,
};
use crate::codec;
use crate::cursor::Malformed;
use crate::damage::{Damage, DamageKind, Refused};
use crate::record::Record;
use crate::version::Version;

/// Bytes of wrong chunks that are searched for chunks within, per byte of the file. A flipped or cut file needs one
/// pass; a hostile one of nothing but headers would ask for thousands.
const SEARCH_BUDGET: usize = 8;

/// What a [`Reader`] comes upon.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A process's part of the file starts. A file of two dumps, one behind the other, has two.
    Section(Section),
    /// A record.
    Record(Record<'a>),
    /// A chunk of a kind that came with a newer minor was stepped over.
    Unknown {
        /// Where it starts.
        offset: usize,
        /// The number of its kind.
        kind: u32,
        /// Records in it.
        records: u32,
    },
    /// Something was lost.
    Damage(Damage),
}

/// A part of the file that one process wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Where it starts.
    pub offset: usize,
    /// Its version. Where the header is damaged: its major, and minor 0.
    pub version: Version,
}

/// Whether `bytes` start like a dump: with its mark, or, where that is damaged, with a chunk in its place.
pub fn is_dump(bytes: &[u8]) -> bool {
    let first_chunk = || bytes.get(FILE_HEADER_BYTES..).and_then(ChunkHeader::decode);
    bytes.starts_with(&MAGIC) || first_chunk().is_some()
}

/// Iterates over a dump. It ends; it never fails.
///
/// Work and memory are bounded by the length of the file.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Of the section that is being read.
    expected_sequence: u32,
    ended: bool,
    /// The section is of a major that cannot be read, so its chunks are stepped over.
    skipping: bool,
    /// Damage whose lost chunks the next good chunk will tell.
    pending: Option<Damage>,
    /// What was found and not yet given out.
    queue: VecDeque<Item<'a>>,
    searches_left: usize,
    done: bool,
}

impl<'a> Reader<'a> {
    /// Looks at the header.
    ///
    /// # Errors
    /// No dump at all, or one of a major version that this crate does not read. A damaged header alone is no reason.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Refused> {
        let mut reader = Reader {
            bytes,
            at: 0,
            expected_sequence: 0,
            ended: false,
            skipping: false,
            pending: None,
            queue: VecDeque::new(),
            searches_left: bytes.len().saturating_mul(SEARCH_BUDGET),
            done: false,
        };
        let version = match decode_file_header(bytes) {
            Some(version) => version,
            None => reader.find_first()?,
        };
        if !version.is_readable() {
            return Err(Refused::Version { found: version, known: Version::CURRENT });
        }
        if reader.at == 0 {
            reader.begin(0, version);
        }
        Ok(reader)
    }

    /// How far it has read, in bytes from the start.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Without a whole header: the first chunk tells the major version.
    fn find_first(&mut self) -> Result<Version, Refused> {
        let start = self.bytes.get(..MAGIC.len().min(self.bytes.len())).unwrap_or_default();
        if self.bytes.len() < FILE_HEADER_BYTES && !start.is_empty() && MAGIC.starts_with(start) {
            return Err(Refused::HeaderCut { length: self.bytes.len() });
        }
        let at = next_header(self.bytes, 0).ok_or(Refused::NotADump)?;
        let rest = self.bytes.get(at..).unwrap_or_default();
        let version = match ChunkHeader::decode(rest) {
            Some(header) => Version { major: u16::from(header.major), minor: 0 },
            None => decode_file_header(rest).ok_or(Refused::NotADump)?,
        };
        self.at = at;
        self.pending = Some(Damage { offset: 0, length: at, kind: DamageKind::FileHeader, lost_chunks: None });
        if ChunkHeader::decode(rest).is_some() {
            self.queue.push_back(Item::Section(Section { offset: at, version }));
        } else {
            self.flush_pending(None);
            self.ended = true;
        }
        Ok(version)
    }

    fn begin(&mut self, offset: usize, version: Version) {
        self.at = offset + FILE_HEADER_BYTES;
        self.expected_sequence = 0;
        self.skipping = !version.is_readable();
        self.ended = self.skipping;
        if self.skipping {
            let kind = DamageKind::NewerSection { found: version };
            self.queue.push_back(Item::Damage(Damage { offset, length: FILE_HEADER_BYTES, kind, lost_chunks: None }));
        } else {
            self.queue.push_back(Item::Section(Section { offset, version }));
        }
    }

    /// Reads what starts at `self.at`: a section's header, a chunk, or neither.
    fn advance(&mut self) {
        let at = self.at;
        let rest = self.bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            self.end_section();
            self.done = true;
        } else if let Some(version) = decode_file_header(rest) {
            self.end_section();
            self.begin(at, version);
        } else if let Some(header) = ChunkHeader::decode(rest) {
            self.chunk(&header, rest.get(CHUNK_HEADER_BYTES..).unwrap_or_default());
        } else {
            let end = next_header(self.bytes, at + 1).unwrap_or(self.bytes.len());
            self.damaged(at, end, DamageKind::NotAChunk);
        }
    }

    fn chunk(&mut self, header: &ChunkHeader, rest: &'a [u8]) {
        let at = self.at;
        let body = at + CHUNK_HEADER_BYTES;
        let length = header.length as usize;
        let Some(payload) = rest.get(..length) else {
            // What looks like its content may be the start of another dump behind one that was cut.
            let end = self.search(body, self.bytes.len());
            self.damaged(at, end, DamageKind::Cut { chunk: header.kind, records: header.records });
            return;
        };
        if crc32fast::hash(payload) != header.payload_crc {
            let end = self.search(body, body + length);
            self.damaged(at, end, DamageKind::Checksum { chunk: header.kind, records: header.records });
            return;
        }
        self.at = body + length;
        if self.skipping || u16::from(header.major) != Version::CURRENT.major {
            return;
        }
        if header.kind == ChunkKind::Process && header.sequence == 0 && self.expected_sequence > 0 {
            // The first chunk of a section whose header is lost.
            self.end_section();
            self.ended = false;
            self.expected_sequence = 0;
            let version = Version { major: u16::from(header.major), minor: 0 };
            self.queue.push_back(Item::Section(Section { offset: at, version }));
        }
        self.check_sequence(header, at);
        if let ChunkKind::Unknown(kind) = header.kind {
            self.queue.push_back(Item::Unknown { offset: at, kind, records: header.records });
            return;
        }
        self.ended |= header.kind == ChunkKind::End;
        let queue = &mut self.queue;
        let result = codec::decode_payload(header, payload, body, &mut |record| queue.push_back(Item::Record(record)));
        if let Err(Malformed { at: place, expected }) = result {
            let kind = DamageKind::Malformed { chunk: header.kind, expected };
            let length = length.saturating_sub(place);
            self.queue.push_back(Item::Damage(Damage { offset: body + place, length, kind, lost_chunks: None }));
        }
    }

    /// Where a chunk starts within a stretch that is wrong, or its end.
    fn search(&mut self, from: usize, to: usize) -> usize {
        let length = to.saturating_sub(from);
        if length > self.searches_left {
            return to;
        }
        self.searches_left -= length;
        // The whole header must be there, even where it reaches over the end of the stretch.
        next_header(self.bytes, from).map_or(to, |found| found.min(to))
    }

    /// Two damages without a good chunk between them are told one by one; only the last knows how many chunks it cost.
    fn damaged(&mut self, offset: usize, end: usize, kind: DamageKind) {
        self.flush_pending(None);
        self.at = end;
        self.pending = Some(Damage { offset, length: end - offset, kind, lost_chunks: None });
    }

    fn flush_pending(&mut self, lost_chunks: Option<u32>) {
        if let Some(damage) = self.pending.take() {
            self.queue.push_back(Item::Damage(Damage { lost_chunks, ..damage }));
        }
    }

    fn check_sequence(&mut self, header: &ChunkHeader, at: usize) {
        let gap = header.sequence.wrapping_sub(self.expected_sequence);
        // Half of the numbers lie behind: a chunk from there was moved or doubled.
        let is_behind = gap > u32::MAX / 2;
        let had_damage = self.pending.is_some();
        self.flush_pending(Some(if is_behind { 0 } else { gap }));
        let odd = |kind, lost| Item::Damage(Damage { offset: at, length: 0, kind, lost_chunks: lost });
        if is_behind {
            self.queue.push_back(odd(DamageKind::OutOfOrder, None));
            return;
        }
        if gap > 0 && !had_damage {
            self.queue.push_back(odd(DamageKind::Missing, Some(gap)));
        }
        self.expected_sequence = header.sequence.wrapping_add(1);
    }

    fn end_section(&mut self) {
        let was_damaged = self.pending.is_some();
        self.flush_pending(None);
        if !self.ended && !was_damaged {
            let damage = Damage { offset: self.at, length: 0, kind: DamageKind::NoEnd, lost_chunks: None };
            self.queue.push_back(Item::Damage(damage));
        }
        self.ended = true;
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Some(item);
            }
            if self.done {
                return None;
            }
            self.advance();
        }
    }
}
