//! A lock that is nearly free for the thread that owns it and dear for all others: what one thread uses a million times
//! between two visits of a purge.
//!
//! The owner says "busy" and looks for a claim; a visitor claims and looks for "busy". Between its store and its load each
//! passes its side of the fence of `barrier`, so at least one of them sees the other (Dekker). The owner gives way: it
//! takes the mutex that visitors hold while they are in.

use std::cell::UnsafeCell;
use std::sync::PoisonError;

#[cfg(loom)]
use loom::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};
#[cfg(not(loom))]
use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use crate::barrier;

/// A value with one owner thread and rare visitors.
#[derive(Debug)]
pub(crate) struct Biased<T> {
    busy: AtomicBool,
    claimed: AtomicBool,
    visitors: Mutex<()>,
    value: UnsafeCell<T>,
}

// SAFETY: `owner` and `visit` give out `&mut T` one at a time (see there), from several threads, as a mutex does.
unsafe impl<T: Send> Sync for Biased<T> {}

impl<T> Biased<T> {
    pub(crate) fn new(value: T) -> Self {
        barrier::prepare();
        Biased {
            busy: AtomicBool::new(false),
            claimed: AtomicBool::new(false),
            visitors: Mutex::new(()),
            value: UnsafeCell::new(value),
        }
    }

    /// Uses the value as its owner. `work` must not panic, nor enter the same lock: no code of users runs in it.
    ///
    /// # Safety
    /// At any time at most one thread calls this; when that thread changes, the two are synchronised.
    #[inline(always)]
    pub(crate) unsafe fn owner<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        self.busy.store(true, Ordering::Relaxed);
        barrier::light();
        if self.claimed.load(Ordering::Acquire) {
            self.busy.store(false, Ordering::Release);
            return self.give_way(work);
        }
        // SAFETY: no visitor is in. One that claimed before our fence would have been seen above; what it did before it
        // released the claim is seen by the acquire. One that claims after our fence sees that we are busy and waits.
        // No other owner is in, as the caller promises.
        let result = work(unsafe { &mut *self.value.get() });
        self.busy.store(false, Ordering::Release);
        result
    }

    #[cold]
    #[inline(never)]
    fn give_way<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let _in = self.visitors.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: visitors use the value only while they hold the mutex, which is ours now; the owner is this thread.
        work(unsafe { &mut *self.value.get() })
    }

    /// Uses the value from any thread, its owner's included, once the owner is not at it. About a microsecond. `work` must
    /// not panic, nor enter the same lock. `None`: the system lets nobody in but the owner ([`barrier::heavy`]).
    pub(crate) fn visit<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let _in = self.visitors.lock().unwrap_or_else(PoisonError::into_inner);
        self.claimed.store(true, Ordering::Relaxed);
        if !barrier::heavy() {
            self.claimed.store(false, Ordering::Release);
            return None;
        }
        while self.busy.load(Ordering::Acquire) {
            // The owner is some nanoseconds from leaving, unless it lost its processor in there.
            pause();
        }
        // SAFETY: the owner is not in: it was not busy after our fence, or left (and the acquire shows what it did), and
        // whenever it comes again it sees the claim and waits for the mutex. Other visitors wait for the mutex.
        let result = work(unsafe { &mut *self.value.get() });
        self.claimed.store(false, Ordering::Release);
        Some(result)
    }
}

#[cfg(loom)]
fn pause() {
    loom::thread::yield_now();
}

#[cfg(not(loom))]
fn pause() {
    std::thread::yield_now();
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool as Flag;

    #[test]
    fn owner_and_visitors_exclude_each_other() {
        let rounds = if cfg!(miri) { 200 } else { 200_000 };
        let lock = Biased::new((0_u64, 0_u64));
        let done = Flag::new(false);
        std::thread::scope(|scope| {
            let visitors: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut visits = 0;
                        while !done.load(Ordering::Relaxed) {
                            lock.visit(|(a, b)| {
                                assert_eq!(a, b);
                                *a += 1;
                                *b += 1;
                            });
                            visits += 1;
                        }
                        visits
                    })
                })
                .collect();
            for _ in 0..rounds {
                // SAFETY: only this thread calls it.
                unsafe {
                    lock.owner(|(a, b)| {
                        *a += 1;
                        *b += 1;
                    });
                }
            }
            done.store(true, Ordering::Relaxed);
            let visits: u64 = visitors.into_iter().map(|visitor| visitor.join().unwrap_or(0)).sum();
            assert_eq!(lock.visit(|value| *value), Some((rounds + visits, rounds + visits)));
        });
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::cell::UnsafeCell as Watched;
    use loom::sync::Arc;

    /// Loom tries every interleaving that the memory model allows, and fails if two are in at once.
    #[test]
    fn owner_and_visitor_exclude_each_other() {
        loom::model(|| {
            let lock = Arc::new(Biased::new(Watched::new(0)));
            let other = Arc::clone(&lock);
            let visitor = loom::thread::spawn(move || {
                // SAFETY: the pointer is used only within the section that loom watches.
                other.visit(|value| value.with_mut(|value| unsafe { *value += 1 }))
            });
            for _ in 0..2 {
                // SAFETY: only this thread calls it; the pointer as above.
                unsafe { lock.owner(|value| value.with_mut(|value| *value += 1)) };
            }
            assert!(visitor.join().is_ok_and(|visited| visited.is_some()));
            // SAFETY: as above.
            assert_eq!(lock.visit(|value| value.with(|value| unsafe { *value })), Some(3));
        });
    }

    /// What bounded pools rely on: a put beside a get that begins to wait either sees that it waits (and shares the object,
    /// and wakes it), or has its object where the get's visit finds it.
    #[test]
    fn a_put_beside_a_waiting_get_is_shared_or_found() {
        loom::model(|| {
            let lock = Arc::new(Biased::new(false));
            let waiting = Arc::new(AtomicBool::new(false));
            let (other, waits) = (Arc::clone(&lock), Arc::clone(&waiting));
            let get = loom::thread::spawn(move || {
                waits.store(true, Ordering::Release);
                other.visit(|is_there| std::mem::take(is_there)).unwrap_or(false)
            });
            // SAFETY: only this thread calls it.
            let is_shared = unsafe {
                lock.owner(|is_there| {
                    let is_shared = waiting.load(Ordering::Relaxed);
                    *is_there = !is_shared;
                    is_shared
                })
            };
            let found = get.join().unwrap_or(false);
            // What is neither shared nor found yet came after the visit, and so must have seen the get wait.
            assert!(is_shared || found, "the get sleeps beside an object");
        });
    }
}
