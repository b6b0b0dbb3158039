//! The next event of every thread, the earliest first (internal/trace, batchcursor.go). Which of two events of one time
//! comes first follows from the shape of the heap, so the heap is Go's, step for step.

use super::batch::Batch;
use super::fault::Fault;
use super::go_sort::sort_func;
use super::tables::{Clocks, data};
use super::wire::{self, WireEvent};
use crate::formats::cursor::Cursor;
use crate::model::trace::Thread;

/// The events of one thread in a generation, batch after batch.
pub(super) struct ThreadEvents<'a> {
    pub(super) thread: u64,
    /// Its row, once it has one.
    pub(super) row: Option<Thread>,
    batches: Vec<(u64, &'a [u8])>,
    at: usize,
    cursor: Cursor<'a>,
    last: i64,
    /// The next event.
    pub(super) event: WireEvent,
}

impl<'a> ThreadEvents<'a> {
    fn new(thread: u64) -> Self {
        Self {
            thread,
            row: None,
            batches: Vec::new(),
            at: 0,
            cursor: Cursor::new(&[]),
            last: 0,
            event: WireEvent::default(),
        }
    }

    /// Reads the next event; `false` when there is none.
    #[inline]
    pub(super) fn advance(&mut self, clocks: &Clocks) -> Result<bool, Fault> {
        while self.cursor.is_at_end() {
            let Some(&(ticks, data)) = self.batches.get(self.at) else { return Ok(false) };
            self.at += 1;
            self.cursor = Cursor::new(data);
            self.last = clocks.nanos(ticks);
        }
        let ticks = wire::read(&mut self.cursor, &mut self.event)?;
        self.last = clocks.nanos(ticks).wrapping_add(self.last);
        self.event.time = self.last;
        Ok(true)
    }
}

/// All threads of a generation that have an event left.
pub(super) struct Frontier<'a> {
    pub(super) threads: Vec<ThreadEvents<'a>>,
    heap: Vec<Entry>,
}

/// Place in the heap.
#[derive(Clone, Copy)]
struct Entry {
    time: i64,
    thread: usize,
}

impl<'a> Frontier<'a> {
    /// The first event of every thread, threads in the order in which the file names them.
    pub(super) fn new<'b>(
        bytes: &'a [u8],
        batches: impl Iterator<Item = &'b Batch>,
        clocks: &Clocks,
    ) -> Result<Self, Fault> {
        let mut threads: Vec<ThreadEvents<'a>> = Vec::new();
        let mut rows = rustc_hash::FxHashMap::default();
        for batch in batches {
            let row = *rows.entry(batch.thread).or_insert_with(|| {
                threads.push(ThreadEvents::new(batch.thread));
                threads.len() - 1
            });
            if let Some(thread) = threads.get_mut(row) {
                thread.batches.push((batch.ticks, data(bytes, batch)));
            }
        }
        let mut frontier = Self { threads, heap: Vec::new() };
        for thread in 0..frontier.threads.len() {
            let Some(events) = frontier.threads.get_mut(thread) else { continue };
            if events.advance(clocks)? {
                let time = events.event.time;
                frontier.heap.push(Entry { time, thread });
                frontier.sift_up(frontier.heap.len() - 1);
            }
        }
        Ok(frontier)
    }

    /// How many threads have an event left.
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Time of the earliest event.
    pub(super) fn time(&self) -> Option<i64> {
        self.heap.first().map(|entry| entry.time)
    }

    /// The events of the thread at `place`, 0 being the earliest.
    #[inline]
    pub(super) fn thread_at(&mut self, place: usize) -> Option<&mut ThreadEvents<'a>> {
        let entry = self.heap.get(place)?;
        self.threads.get_mut(entry.thread)
    }

    /// Goes on to the next event of the thread at `place`.
    #[inline]
    pub(super) fn advance(&mut self, place: usize, clocks: &Clocks) -> Result<(), Fault> {
        let Some(thread) = self.thread_at(place) else { return Ok(()) };
        if thread.advance(clocks)? {
            let time = thread.event.time;
            if let Some(entry) = self.heap.get_mut(place) {
                entry.time = time;
            }
            if self.sift_up(place) == place {
                self.sift_down(place);
            }
        } else {
            self.remove(place);
        }
        Ok(())
    }

    /// All by time, so that places can be tried in order.
    pub(super) fn sort(&mut self) {
        sort_func(&mut self.heap, |a, b| a.time.cmp(&b.time));
    }

    fn time_at(&self, place: usize) -> i64 {
        self.heap.get(place).map_or(i64::MAX, |entry| entry.time)
    }

    fn sift_up(&mut self, mut place: usize) -> usize {
        while place > 0 && self.time_at((place - 1) / 2) > self.time_at(place) {
            self.heap.swap((place - 1) / 2, place);
            place = (place - 1) / 2;
        }
        place
    }

    fn sift_down(&mut self, mut place: usize) {
        loop {
            let mut least = place;
            for child in [2 * place + 1, 2 * place + 2] {
                if self.time_at(child) < self.time_at(least) {
                    least = child;
                }
            }
            if least == place {
                return;
            }
            self.heap.swap(place, least);
            place = least;
        }
    }

    fn remove(&mut self, mut place: usize) {
        while place > 0 {
            self.heap.swap((place - 1) / 2, place);
            place = (place - 1) / 2;
        }
        self.heap.swap_remove(0);
        self.sift_down(0);
    }
}
