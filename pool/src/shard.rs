//! The shared queues: each a primary and a victim generation under one short lock.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use crate::slot::SlotPtr;

/// Alone on its cache lines (two, as processors fetch them in pairs), so that threads of different shards do not slow
/// each other down.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Shard<T> {
    queue: Mutex<Queue<T>>,
    /// Objects in the primary generation, to be looked at without the lock: a hint.
    primary: AtomicUsize,
    /// The same of the victims.
    victims: AtomicUsize,
}

/// The objects of a shard.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    pub(crate) primary: VecDeque<SlotPtr<T>>,
    pub(crate) victims: VecDeque<SlotPtr<T>>,
}

impl<T> Shard<T> {
    pub(crate) fn new() -> Self {
        let queue = Mutex::new(Queue { primary: VecDeque::new(), victims: VecDeque::new() });
        Shard { queue, primary: AtomicUsize::new(0), victims: AtomicUsize::new(0) }
    }

    /// Works on the queue. `stood` is called with the lock in hand when another thread had it first; it is given what
    /// `before` gave before the wait. No code of users runs in `work`.
    pub(crate) fn with<R, W>(
        &self,
        before: impl FnOnce() -> W,
        stood: impl FnOnce(W),
        work: impl FnOnce(&mut Queue<T>) -> R,
    ) -> R {
        let mut queue: MutexGuard<'_, Queue<T>> = match self.queue.try_lock() {
            Ok(queue) => queue,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let waiting = before();
                let queue = self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                stood(waiting);
                queue
            }
        };
        let result = work(&mut queue);
        self.primary.store(queue.primary.len(), Ordering::Relaxed);
        self.victims.store(queue.victims.len(), Ordering::Relaxed);
        result
    }

    /// Objects in the primary generation, about.
    pub(crate) fn primary_hint(&self) -> usize {
        self.primary.load(Ordering::Relaxed)
    }

    /// Objects in the victim generation, about.
    pub(crate) fn victim_hint(&self) -> usize {
        self.victims.load(Ordering::Relaxed)
    }
}
