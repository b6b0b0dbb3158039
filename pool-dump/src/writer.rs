//! Writes a dump from front to back, a chunk at a time, so that what was written is readable whatever happens next.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::chunk::{ChunkHeader, ChunkKind, encode_file_header};
use crate::event::EventBatch;
use crate::ids::{FrameId, StackId, StringId};
use crate::record::{ClockPair, Counters, End, Frame, LiveSet, PoolInfo, Process, Record, ThreadInfo};
use crate::version::Version;
use crate::{batch, codec};

/// Payloads are closed at about this size: what one wrong byte in a file can cost. 64 kB hold some 6,000 events, and
/// make the 28 bytes of a header nothing.
const PAYLOAD_BYTES: usize = 64 << 10;

/// A record of those that share a chunk with others of their kind.
pub(crate) enum Entry<'a> {
    Process(&'a Process),
    Clock(ClockPair),
    Text(StringId, &'a str),
    Frame(FrameId, Frame),
    Stack(StackId, &'a [FrameId]),
    Pool(&'a PoolInfo),
    Thread(&'a ThreadInfo),
    Counters(&'a Counters),
    End(&'a End),
}

impl Entry<'_> {
    fn kind(&self) -> ChunkKind {
        match self {
            Entry::Process(_) => ChunkKind::Process,
            Entry::Clock(_) => ChunkKind::Clock,
            Entry::Text(..) => ChunkKind::Strings,
            Entry::Frame(..) => ChunkKind::Frames,
            Entry::Stack(..) => ChunkKind::Stacks,
            Entry::Pool(_) => ChunkKind::Pools,
            Entry::Thread(_) => ChunkKind::Threads,
            Entry::Counters(_) => ChunkKind::Counters,
            Entry::End(_) => ChunkKind::End,
        }
    }
}

/// Writes one section of a dump.
///
/// Strings, frames and stacks are interned: asking again for the same gives the same id and writes nothing. Table
/// entries wait in memory until something that refers to them is written, or [`Writer::flush`] is called; a writer that
/// is dropped without either loses only those.
///
/// ```
/// use pool_dump::*;
///
/// let mut writer = Writer::new(Vec::new(), &Process { pid: 7, ..Process::default() })?;
/// let name = writer.string("buffers");
/// writer.pool(&PoolInfo { id: PoolId(1), name, ..PoolInfo::default() })?;
/// let function = writer.string("serve");
/// let place = writer.frame(Frame { function, ..Frame::default() });
/// let stack = writer.stack(&[place]);
/// let got = Event {
///     time: Nanos(1_000),
///     pool: PoolId(1),
///     object: ObjectId(1),
///     generation: Generation(1),
///     action: Action::Get { tier: Tier::New, stack },
/// };
/// writer.events(&EventBatch { thread: ThreadId(1), lost: 0, events: vec![got] })?;
/// let bytes = writer.finish(&End { time: Nanos(2_000), lost: 0 })?;
///
/// let events: usize = Reader::new(&bytes)?
///     .map(|item| match item {
///         Item::Record(Record::Events(batch)) => batch.events().count(),
///         _ => 0,
///     })
///     .sum();
/// assert_eq!(events, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    sequence: u32,
    strings: HashMap<String, StringId>,
    frames: HashMap<Frame, FrameId>,
    stacks: HashMap<Vec<FrameId>, StackId>,
    tables: [Pending; 3],
}

/// Entries of one kind that wait to be written.
#[derive(Debug, Default)]
struct Pending {
    payload: Vec<u8>,
    records: u32,
}

impl<W: Write> Writer<W> {
    /// Writes the file header and the description of the process.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W, process: &Process) -> io::Result<Self> {
        out.write_all(&encode_file_header(Version::CURRENT))?;
        let mut writer = Writer {
            out,
            sequence: 0,
            strings: HashMap::new(),
            frames: HashMap::new(),
            stacks: HashMap::new(),
            tables: Default::default(),
        };
        writer.single(&Entry::Process(process))?;
        Ok(writer)
    }

    /// The id of a string, which is written if it is new.
    pub fn string(&mut self, text: &str) -> StringId {
        if text.is_empty() {
            return StringId(0);
        }
        if let Some(id) = self.strings.get(text) {
            return *id;
        }
        let id = StringId(next_id(self.strings.len()));
        self.strings.insert(text.to_owned(), id);
        self.wait(0, &Entry::Text(id, text));
        id
    }

    /// The id of a frame, which is written if it is new.
    pub fn frame(&mut self, frame: Frame) -> FrameId {
        if let Some(id) = self.frames.get(&frame) {
            return *id;
        }
        let id = FrameId(next_id(self.frames.len()));
        self.frames.insert(frame, id);
        self.wait(1, &Entry::Frame(id, frame));
        id
    }

    /// The id of a stack, the innermost frame first, which is written if it is new.
    pub fn stack(&mut self, frames: &[FrameId]) -> StackId {
        if frames.is_empty() {
            return StackId(0);
        }
        if let Some(id) = self.stacks.get(frames) {
            return *id;
        }
        let id = StackId(next_id(self.stacks.len()));
        self.stacks.insert(frames.to_vec(), id);
        self.wait(2, &Entry::Stack(id, frames));
        id
    }

    /// Writes a pool.
    ///
    /// # Errors
    /// Those of `out`, as in all that follow.
    pub fn pool(&mut self, pool: &PoolInfo) -> io::Result<()> {
        self.single(&Entry::Pool(pool))
    }

    /// Writes a thread.
    pub fn thread(&mut self, thread: &ThreadInfo) -> io::Result<()> {
        self.single(&Entry::Thread(thread))
    }

    /// Writes a pair of clock readings. Two at least, far apart, let a reader see drift.
    pub fn clock(&mut self, pair: ClockPair) -> io::Result<()> {
        self.single(&Entry::Clock(pair))
    }

    /// Writes events, in as many chunks as they need. The losses go with the first.
    pub fn events(&mut self, batch: &EventBatch) -> io::Result<()> {
        self.flush_tables()?;
        let mut rest = batch.events.as_slice();
        let mut lost = batch.lost;
        while !rest.is_empty() || lost > 0 {
            let (payload, taken) = batch::encode(batch.thread, lost, rest, PAYLOAD_BYTES);
            self.chunk(ChunkKind::Events, taken as u32, &payload)?;
            rest = rest.get(taken..).unwrap_or_default();
            lost = 0;
        }
        Ok(())
    }

    /// Writes a live set, in as many records as it needs.
    pub fn live_set(&mut self, set: &LiveSet) -> io::Result<()> {
        self.flush_tables()?;
        let mut from = 0;
        loop {
            let (payload, taken) = codec::encode_live(set, from, PAYLOAD_BYTES);
            self.chunk(ChunkKind::LiveSet, taken as u32, &payload)?;
            from += taken;
            if from >= set.objects.len() {
                return Ok(());
            }
        }
    }

    /// Writes what a pool has counted.
    pub fn counters(&mut self, counters: &Counters) -> io::Result<()> {
        self.single(&Entry::Counters(counters))
    }

    /// Writes a record that was read, under its own ids: for rewriting a dump. Do not mix it with the interning calls.
    /// Events that this version does not know are not written.
    pub fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        match record {
            Record::Process(process) => self.single(&Entry::Process(process)),
            Record::Clock(pair) => self.clock(*pair),
            Record::Text(id, text) => self.table(0, &Entry::Text(*id, text)),
            Record::Frame(id, frame) => self.table(1, &Entry::Frame(*id, *frame)),
            Record::Stack(id, frames) => self.table(2, &Entry::Stack(*id, frames)),
            Record::Pool(pool) => self.pool(pool),
            Record::Thread(thread) => self.thread(thread),
            Record::Events(batch) => {
                let events = batch.events().filter_map(Result::ok).collect();
                self.events(&EventBatch { thread: batch.thread, lost: batch.lost, events })
            }
            Record::LiveSet(set) => self.live_set(set),
            Record::Counters(counters) => self.counters(counters),
            Record::End(end) => self.single(&Entry::End(end)),
        }
    }

    /// Writes what waits and flushes `out`.
    pub fn flush(&mut self) -> io::Result<()> {
        self.flush_tables()?;
        self.out.flush()
    }

    /// Writes the end mark, flushes, and gives `out` back.
    pub fn finish(mut self, end: &End) -> io::Result<W> {
        self.single(&Entry::End(end))?;
        self.into_inner()
    }

    /// Flushes and gives `out` back, without an end mark.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.out)
    }

    fn single(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.flush_tables()?;
        let mut payload = Vec::new();
        codec::encode_entry(&mut payload, entry);
        self.chunk(entry.kind(), 1, &payload)
    }

    fn wait(&mut self, table: usize, entry: &Entry<'_>) {
        if let Some(pending) = self.tables.get_mut(table) {
            codec::encode_entry(&mut pending.payload, entry);
            pending.records += 1;
        }
    }

    fn table(&mut self, table: usize, entry: &Entry<'_>) -> io::Result<()> {
        self.wait(table, entry);
        let is_long = |pending: &Pending| pending.payload.len() >= PAYLOAD_BYTES;
        if self.tables.iter().any(is_long) { self.flush_tables() } else { Ok(()) }
    }

    /// Strings before frames before stacks: each refers to the one before.
    fn flush_tables(&mut self) -> io::Result<()> {
        let kinds = [ChunkKind::Strings, ChunkKind::Frames, ChunkKind::Stacks];
        for (kind, pending) in kinds.into_iter().zip(std::mem::take(&mut self.tables)) {
            if pending.records > 0 {
                self.chunk(kind, pending.records, &pending.payload)?;
            }
        }
        Ok(())
    }

    fn chunk(&mut self, kind: ChunkKind, records: u32, payload: &[u8]) -> io::Result<()> {
        if payload.len() > crate::chunk::MAX_PAYLOAD_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "A record is longer than a chunk may be, 1 MiB."));
        }
        let header = ChunkHeader {
            major: Version::CURRENT.major as u8,
            length: payload.len() as u32,
            sequence: self.sequence,
            kind,
            records,
            payload_crc: crc32fast::hash(payload),
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.out.write_all(&header.encode())?;
        self.out.write_all(payload)
    }
}

/// Ids start at 1. A table of four billion entries cannot be: it would not fit in memory.
fn next_id(length: usize) -> u32 {
    u32::try_from(length + 1).unwrap_or(0)
}
