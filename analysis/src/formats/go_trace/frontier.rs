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
    /// The heap: times, and beside each its thread.
    times: Vec<i64>,
    rows: Vec<u32>,
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
        let mut frontier = Self { threads, times: Vec::new(), rows: Vec::new() };
        for thread in 0..frontier.threads.len() {
            let Some(events) = frontier.threads.get_mut(thread) else { continue };
            if events.advance(clocks)? {
                let (time, place) = (events.event.time, frontier.times.len());
                frontier.times.push(time);
                frontier.rows.push(thread as u32);
                frontier.sift_up(place, time, thread as u32);
            }
        }
        Ok(frontier)
    }

    /// How many threads have an event left.
    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// Time of the earliest event.
    pub(super) fn time(&self) -> Option<i64> {
        self.times.first().copied()
    }

    /// The events of the thread at `place`, 0 being the earliest.
    #[inline]
    pub(super) fn thread_at(&mut self, place: usize) -> Option<&mut ThreadEvents<'a>> {
        let row = *self.rows.get(place)?;
        self.threads.get_mut(row as usize)
    }

    /// Goes on to the next event of the thread at `place`.
    #[inline]
    pub(super) fn advance(&mut self, place: usize, clocks: &Clocks) -> Result<(), Fault> {
        let Some(&row) = self.rows.get(place) else { return Ok(()) };
        let Some(thread) = self.threads.get_mut(row as usize) else { return Ok(()) };
        if thread.advance(clocks)? {
            let time = thread.event.time;
            if self.sift_up(place, time, row) == place {
                self.sift_down(place, time, row);
            }
        } else {
            self.remove(place);
        }
        Ok(())
    }

    /// All by time, so that places can be tried in order.
    pub(super) fn sort(&mut self) {
        let mut entries: Vec<(i64, u32)> = self.times.iter().copied().zip(self.rows.iter().copied()).collect();
        sort_func(&mut entries, |a, b| a.0.cmp(&b.0));
        (self.times, self.rows) = entries.into_iter().unzip();
    }

    // Both carry an entry along instead of swapping it: those of equal times come to lie as Go's swaps leave them.

    /// Puts an entry at `place`, or as far above as it belongs; says where.
    #[inline]
    fn sift_up(&mut self, mut place: usize, time: i64, row: u32) -> usize {
        while place > 0 {
            let above = (place - 1) / 2;
            match (self.times.get(above).copied(), self.rows.get(above).copied()) {
                (Some(other), Some(thread)) if other > time => self.put(place, other, thread),
                _ => break,
            }
            place = above;
        }
        self.put(place, time, row);
        place
    }

    /// Puts an entry at `place`, or as far below as it belongs.
    #[inline]
    fn sift_down(&mut self, mut place: usize, time: i64, row: u32) {
        loop {
            let left = 2 * place + 1;
            let (child, least) = match self.times.get(left..) {
                Some(&[a, b, ..]) if b < a => (left + 1, b),
                Some(&[a, ..]) => (left, a),
                _ => break,
            };
            match self.rows.get(child).copied() {
                Some(thread) if least < time => self.put(place, least, thread),
                _ => break,
            }
            place = child;
        }
        self.put(place, time, row);
    }

    #[inline]
    fn put(&mut self, place: usize, time: i64, row: u32) {
        if let (Some(at), Some(thread)) = (self.times.get_mut(place), self.rows.get_mut(place)) {
            (*at, *thread) = (time, row);
        }
    }

    fn remove(&mut self, mut place: usize) {
        while place > 0 {
            let above = (place - 1) / 2;
            self.times.swap(above, place);
            self.rows.swap(above, place);
            place = above;
        }
        self.times.swap_remove(0);
        self.rows.swap_remove(0);
        if let (Some(&time), Some(&row)) = (self.times.first(), self.rows.first()) {
            self.sift_down(0, time, row);
        }
    }
}
