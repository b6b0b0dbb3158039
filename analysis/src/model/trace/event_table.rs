//! Events in their one order, about 20 bytes each.

use rustc_hash::FxHashMap;

use super::event::Event;
use super::event_type::EventType;
use super::recent::Recent;
use super::resource::{Goroutine, Proc, Thread};
use super::word::Word;

/// Events a chunk holds at most: small enough that a full one is frozen without a copy that shows, large enough that
/// finding a chunk is a short search.
const CHUNK_EVENTS: usize = 1 << 15;
/// Where words begin is kept for every so many events.
const STRIDE: usize = 64;
/// A column's word for nobody.
pub(super) const NONE: u32 = u32::MAX;
/// A short column's word for nobody.
const NONE_SHORT: u16 = u16::MAX;

/// Who was executing when an event happened (internal/trace, `schedCtx`): for a transition, before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The goroutine, if one ran.
    pub goroutine: Option<Goroutine>,
    /// The processor, if the thread had one.
    pub proc: Option<Proc>,
    /// The thread.
    pub thread: Option<Thread>,
}

/// Events by time, in chunks: a chunk that is full never moves, so a large trace costs what it holds.
#[derive(Clone, Default)]
pub struct EventTable {
    chunks: Vec<Chunk>,
    open: Chunk,
    len: usize,
    sites: Sites,
}

/// Pairs of a name and a stack, each once (see [`EventType::site_at`]).
#[derive(Clone, Default)]
struct Sites {
    pairs: Vec<[u32; 2]>,
    rows: FxHashMap<[u32; 2], u32>,
    /// Where pairs were found last, by their lowest bits.
    recent: Recent,
}

impl Sites {
    #[inline]
    fn intern(&mut self, pair: [u32; 2]) -> u32 {
        let key = u64::from(pair[0]) << 32 | u64::from(pair[1]);
        if let Some(row) = self.recent.find(key) {
            return row;
        }
        let pairs = &mut self.pairs;
        let row = *self.rows.entry(pair).or_insert_with(|| {
            pairs.push(pair);
            pairs.len() as u32 - 1
        });
        self.recent.note(key, row);
        row
    }
}

#[derive(Clone, Default)]
struct Chunk {
    first: usize,
    base: i64,
    rows: Vec<Row>,
    words: Vec<u32>,
    /// Where the words of every [`STRIDE`]th event begin.
    word_starts: Vec<u32>,
}

/// An event but for its words. They lie together: each is written at once, and most readers want all of it.
#[derive(Clone, Copy)]
#[repr(C, packed)]
struct Row {
    /// Nanoseconds after the chunk's base.
    offset: u32,
    goroutine: u32,
    proc: u16,
    thread: u16,
    code: u8,
}

impl EventTable {
    /// Adds an event. `time` is above that of the one before; `words` are those of its type: what is missing reads as
    /// 0, what is too much is left out.
    // Inlined, so that the type is known where it is written down, and with it how many words there are.
    #[inline(always)]
    pub fn push<const N: usize>(&mut self, time: i64, event_type: EventType, context: Context, words: [u32; N]) {
        self.push_row(time, event_type, context);
        let kept = &mut self.open.words;
        let word = |at: usize| words.get(at).copied().unwrap_or(0);
        match event_type.site_at() {
            Some(site) => {
                kept.extend((0..site).map(word));
                kept.push(self.sites.intern([word(site), word(site + 1)]));
            }
            None if event_type.words() == N => kept.extend_from_slice(&words),
            None => kept.extend((0..event_type.words()).map(word)),
        }
    }

    fn push_row(&mut self, time: i64, event_type: EventType, context: Context) {
        let mut chunk = &mut self.open;
        let mut offset = time.wrapping_sub(chunk.base);
        if !(1..CHUNK_EVENTS).contains(&chunk.rows.len()) || !(0..=i64::from(u32::MAX)).contains(&offset) {
            self.freeze();
            chunk = &mut self.open;
            (chunk.first, chunk.base) = (self.len, time);
            offset = 0;
        }
        if chunk.rows.len().is_multiple_of(STRIDE) {
            chunk.word_starts.push(chunk.words.len() as u32);
        }
        let short = |row: Option<usize>| row.and_then(|row| u16::try_from(row).ok()).unwrap_or(NONE_SHORT);
        chunk.rows.push(Row {
            offset: offset as u32,
            goroutine: context.goroutine.word(),
            proc: short(context.proc.map(Proc::index)),
            thread: short(context.thread.map(Thread::index)),
            code: event_type as u8,
        });
        self.len += 1;
    }

    /// Puts the open chunk, cut to size, among the full ones.
    fn freeze(&mut self) {
        let open = &mut self.open;
        if open.rows.is_empty() {
            return;
        }
        self.chunks.push(Chunk {
            first: open.first,
            base: open.base,
            rows: open.rows.as_slice().to_vec(),
            words: open.words.as_slice().to_vec(),
            word_starts: open.word_starts.as_slice().to_vec(),
        });
        open.clear();
    }

    /// Adds an event of another table whose names and stacks are in the same tables.
    pub fn push_event(&mut self, event: &Event<'_>) {
        let words: [u32; EventType::MOST_WORDS] = std::array::from_fn(|at| event.word(at));
        self.push(event.time, event.event_type, event.context, words);
    }

    /// Takes all events out, and keeps the room that they took for others.
    pub fn clear(&mut self) {
        self.chunks.clear();
        self.open.clear();
        self.len = 0;
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The event of that number; `None` past the end.
    pub fn get(&self, index: usize) -> Option<Event<'_>> {
        self.iter_from(index).next()
    }

    /// Events in order.
    pub fn iter(&self) -> Events<'_> {
        self.iter_from(0)
    }

    /// Events in order, from that number on.
    pub fn iter_from(&self, index: usize) -> Events<'_> {
        let after = self.chunks.partition_point(|chunk| chunk.first <= index);
        let at = after.saturating_sub(1);
        let is_open = self.chunks.get(at).is_none_or(|chunk| index >= chunk.first + chunk.rows.len());
        let at = if is_open { self.chunks.len() } else { at };
        let mut events = Events { table: self, at, chunk: self.chunk(at), row: 0, word: 0 };
        events.row = index - events.chunk.first.min(index);
        events.word = events.chunk.word_of(events.row);
        events
    }

    /// The number of the first event at `time` or later.
    pub fn first_at(&self, time: i64) -> usize {
        let after = self.chunks.partition_point(|chunk| chunk.base <= time);
        let in_chunk = |chunk: &Chunk| {
            let offset = time.saturating_sub(chunk.base);
            chunk.first + chunk.rows.partition_point(|row| i64::from(row.offset) < offset)
        };
        if after == self.chunks.len() && !self.open.rows.is_empty() && self.open.base <= time {
            return in_chunk(&self.open);
        }
        after.checked_sub(1).and_then(|at| self.chunks.get(at)).map_or(0, in_chunk)
    }

    /// Bytes held, without what vectors keep for growing.
    pub fn held_bytes(&self) -> usize {
        let chunks = self.chunks.iter().chain(std::iter::once(&self.open)).map(Chunk::held_bytes).sum::<usize>();
        // A pair stands in the list, and in the index with its row and a byte of the hash.
        chunks + self.sites.pairs.len() * (8 + 13)
    }

    fn chunk(&self, at: usize) -> &Chunk {
        self.chunks.get(at).unwrap_or(&self.open)
    }
}

impl Chunk {
    fn clear(&mut self) {
        self.rows.clear();
        self.words.clear();
        self.word_starts.clear();
    }

    fn held_bytes(&self) -> usize {
        self.rows.len() * size_of::<Row>() + 4 * (self.words.len() + self.word_starts.len()) + size_of::<Self>()
    }

    /// Where the words of event `row` begin.
    fn word_of(&self, row: usize) -> usize {
        let stride = row / STRIDE;
        let start = self.word_starts.get(stride).map_or(self.words.len(), |&start| start as usize);
        let before = self.rows.get(stride * STRIDE..row).unwrap_or(&[]);
        start + before.iter().map(|row| EventType::from_code(row.code).kept_words()).sum::<usize>()
    }
}

/// Events in order.
#[derive(Clone)]
pub struct Events<'a> {
    table: &'a EventTable,
    at: usize,
    chunk: &'a Chunk,
    row: usize,
    word: usize,
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    #[inline]
    fn next(&mut self) -> Option<Event<'a>> {
        while self.row >= self.chunk.rows.len() {
            if self.at >= self.table.chunks.len() {
                return None;
            }
            self.at += 1;
            self.chunk = self.table.chunk(self.at);
            (self.row, self.word) = (0, 0);
        }
        let chunk = self.chunk;
        let row = *chunk.rows.get(self.row)?;
        let event_type = EventType::from_code(row.code);
        let end = self.word + event_type.kept_words();
        let event = Event {
            index: chunk.first + self.row,
            time: chunk.base.wrapping_add(i64::from(row.offset)),
            event_type,
            context: Context {
                goroutine: Some(row.goroutine).filter(|&word| word != NONE).map(Goroutine::from_word),
                proc: short(row.proc).map(Proc::from_word),
                thread: short(row.thread).map(Thread::from_word),
            },
            words: chunk.words.get(self.word..end)?,
            sites: &self.table.sites.pairs,
        };
        self.row += 1;
        self.word = end;
        Some(event)
    }
}

fn short(word: u16) -> Option<u32> {
    (word != NONE_SHORT).then_some(u32::from(word))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn table(times: impl IntoIterator<Item = i64>) -> EventTable {
        let mut table = EventTable::default();
        for (at, time) in times.into_iter().enumerate() {
            let event_type = EventType::ALL[at % EventType::ALL.len()];
            let words = [0, 1, 2, 3].map(|word| (at * 10 + word) as u32);
            let context = Context { goroutine: Some(Goroutine::from_word(at as u32)), ..Context::default() };
            table.push(time, event_type, context, words);
        }
        table
    }

    #[test]
    fn events_come_back_as_they_were_put_in() {
        // Across full chunks, and across a gap that no offset can hold.
        let times = (0..100_000_i64).map(|at| at * 3 + if at >= 50_000 { 10_000_000_000 } else { 0 });
        let table = table(times.clone());
        assert_eq!(table.len(), 100_000);
        for (event, time) in table.iter().zip(times) {
            assert_eq!(event.time, time);
            assert!((0..event.event_type.words()).all(|at| event.word(at) as usize == event.index * 10 + at));
        }
        for index in [0, 63, 64, 32_767, 32_768, 49_999, 50_000, 99_999] {
            let event = table.get(index).unwrap();
            assert_eq!((event.index, event.context.goroutine.unwrap().index()), (index, index));
            assert!((0..event.event_type.words()).all(|at| event.word(at) as usize == index * 10 + at));
            assert_eq!(table.first_at(event.time), index);
            assert_eq!(table.first_at(event.time + 1), index + 1);
        }
        assert!(table.get(100_000).is_none());
        assert_eq!(table.first_at(i64::MIN), 0);
    }

    #[test]
    fn an_event_costs_no_more_than_24_bytes() {
        // Three of the usual four events are a start, a block with a stack, and an unblock with a stack.
        let mut table = EventTable::default();
        let usual = [EventType::GoStart, EventType::GoBlock, EventType::GoUnblock, EventType::RegionBegin];
        for at in 0..1_000_000_i64 {
            table.push(at, usual[at as usize % 4], Context::default(), [1, 2, 3]);
        }
        assert!(table.held_bytes() < 24 * table.len(), "{} bytes an event", table.held_bytes() / table.len());
    }
}
