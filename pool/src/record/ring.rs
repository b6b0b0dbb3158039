//! A bounded queue of events with one writer, its thread, and one reader at a time, the recorder: what does not fit is
//! counted, never waited for.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::PoisonError;

#[cfg(loom)]
use loom::sync::{
    Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
#[cfg(not(loom))]
use std::sync::{
    Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use pool_dump::Action;

use crate::clock::Ticks;
use crate::core::Site;

/// An event as its thread leaves it: one cache line. Stacks are not in `action` yet but in `site`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawEvent {
    pub(crate) time: Ticks,
    pub(crate) object: u64,
    pub(crate) site: Option<Site>,
    pub(crate) pool: u32,
    pub(crate) generation: u32,
    pub(crate) action: Action,
}

/// The events of one thread.
#[derive(Debug)]
pub(crate) struct Ring<E: Copy> {
    cells: Box<[UnsafeCell<MaybeUninit<E>>]>,
    /// Events ever written; stored by the writer alone.
    written: AtomicUsize,
    /// Events ever read; stored by the reader alone.
    read: AtomicUsize,
    lost: AtomicU64,
    reader: Mutex<()>,
}

// SAFETY: a cell is written by the one writer while `written - read` says that it is free, and read by the one reader
// (who holds `reader`) while it says that it is full; both counts are released after and acquired before.
unsafe impl<E: Copy + Send> Sync for Ring<E> {}

impl<E: Copy> Ring<E> {
    /// Room for so many events, rounded up to a power of two.
    pub(crate) fn new(events: usize) -> Self {
        let events = events.max(1).next_power_of_two();
        Ring {
            cells: (0..events).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
            written: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
            reader: Mutex::new(()),
        }
    }

    /// Adds an event, or counts it as lost.
    ///
    /// # Safety
    /// At any time at most one thread calls this; when that thread changes, the two are synchronised.
    #[inline]
    pub(crate) unsafe fn push(&self, event: E) {
        let written = self.written.load(Ordering::Relaxed);
        let used = written.wrapping_sub(self.read.load(Ordering::Acquire));
        // The length is a power of two, so the counts may wrap.
        match self.cells.get(written & (self.cells.len() - 1)) {
            Some(cell) if used < self.cells.len() => {
                // SAFETY: fewer events are unread than there are cells, so the reader is done with this one (and the
                // acquire shows that); there is one writer, as the caller promises.
                unsafe { (*cell.get()).write(event) };
                self.written.store(written.wrapping_add(1), Ordering::Release);
            }
            _ => self.lost.store(self.lost.load(Ordering::Relaxed) + 1, Ordering::Relaxed),
        }
    }

    /// Moves all events there are behind those of `out`. Gives how many were lost since the ring was made.
    pub(crate) fn drain(&self, out: &mut Vec<E>) -> u64 {
        let _reading = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut read = self.read.load(Ordering::Relaxed);
        let written = self.written.load(Ordering::Acquire);
        while read != written {
            if let Some(cell) = self.cells.get(read & (self.cells.len() - 1)) {
                // SAFETY: it was written before `written` was stored, which the acquire shows, and the writer leaves it
                // alone until `read` has passed it; `E` is plain data. There is one reader, who holds the mutex.
                out.push(unsafe { (*cell.get()).assume_init() });
            }
            read = read.wrapping_add(1);
        }
        self.read.store(read, Ordering::Release);
        self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_and_the_rest_is_counted() {
        let ring = Ring::new(4);
        // SAFETY: this thread alone writes.
        (0..6).for_each(|event| unsafe { ring.push(event) });
        let mut out = Vec::new();
        assert_eq!((ring.drain(&mut out), out.as_slice()), (2, [0, 1, 2, 3].as_slice()));
        // SAFETY: as above.
        unsafe { ring.push(9) };
        assert_eq!((ring.drain(&mut out), out.len()), (2, 5));
    }

    #[test]
    fn a_reader_beside_the_writer_sees_all_in_order() {
        let events = if cfg!(miri) { 300 } else { 100_000_u64 };
        let ring = Ring::new(64);
        let (mut out, mut lost) = (Vec::new(), 0);
        std::thread::scope(|scope| {
            // SAFETY: this thread alone writes.
            let writer = scope.spawn(|| (0..events).for_each(|event| unsafe { ring.push(event) }));
            while !writer.is_finished() {
                lost = ring.drain(&mut out);
            }
        });
        lost = ring.drain(&mut out).max(lost);
        assert_eq!(out.len() as u64 + lost, events);
        assert!(out.is_sorted());
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;

    #[test]
    fn what_is_pushed_is_drained_once_and_in_order() {
        loom::model(|| {
            let ring = Arc::new(Ring::new(2));
            let other = Arc::clone(&ring);
            // SAFETY: that thread alone writes.
            let writer = loom::thread::spawn(move || (1..=3_u32).for_each(|event| unsafe { other.push(event) }));
            let mut out = Vec::new();
            ring.drain(&mut out);
            writer.join().unwrap_or_default();
            let lost = ring.drain(&mut out);
            assert_eq!(out.len() as u64 + lost, 3);
            assert!(out.is_sorted());
        });
    }
}
