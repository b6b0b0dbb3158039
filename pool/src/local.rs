//! What each thread has of each pool, and how a thread finds it: a small cache that costs one look at thread-local
//! storage, before a list that knows all.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use crate::biased::Biased;
use crate::slot::SlotPtr;

/// Objects in a thread's private slot. One would do for a thread that holds one object at a time; eight let it hold a few
/// and still not touch the shared queues, and cost 64 bytes.
const PRIVATE: usize = 8;
/// Objects that go to or come from a shared queue at once when the private slot is full or empty, so that a thread that
/// only gets, or only puts, locks a queue once in four times.
pub(crate) const EXCHANGE: usize = PRIVATE / 2;

/// A few objects, the last first.
#[derive(Debug)]
pub(crate) struct Magazine<T> {
    slots: [Option<SlotPtr<T>>; PRIVATE],
    length: u32,
}

impl<T> Magazine<T> {
    fn new() -> Self {
        Magazine { slots: [None; PRIVATE], length: 0 }
    }

    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<SlotPtr<T>> {
        let top = self.length.checked_sub(1)?;
        self.length = top;
        self.slots.get(top as usize).copied().flatten()
    }

    /// Gives the object back when there is no room.
    #[inline(always)]
    pub(crate) fn push(&mut self, slot: SlotPtr<T>) -> Result<(), SlotPtr<T>> {
        match self.slots.get_mut(self.length as usize) {
            Some(place) => {
                *place = Some(slot);
                self.length += 1;
                Ok(())
            }
            None => Err(slot),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.length as usize
    }
}

/// What only the owner thread uses, save for visits.
#[derive(Debug)]
pub(crate) struct Private<T> {
    pub(crate) magazine: Magazine<T>,
    /// Gets until the next one that is watched.
    pub(crate) countdown: u32,
    /// One get in so many is watched; `u32::MAX` comes close to never.
    pub(crate) every: u32,
    /// Gets until the next one that is recorded.
    pub(crate) record_in: u32,
}

/// What one thread has of one pool. When the thread ends, another may take it over.
#[derive(Debug)]
pub(crate) struct Local<T> {
    pub(crate) private: Biased<Private<T>>,
    /// Written by the owner thread alone.
    pub(crate) gets: AtomicU64,
    /// Likewise.
    pub(crate) puts: AtomicU64,
    /// The shard of the shared queues that this thread uses first.
    pub(crate) shard: usize,
    pub(crate) vacant: AtomicBool,
}

impl<T> Local<T> {
    pub(crate) fn new(shard: usize, every: u32) -> Self {
        let private = Private { magazine: Magazine::new(), countdown: every, every, record_in: 0 };
        Local {
            private: Biased::new(private),
            gets: AtomicU64::new(0),
            puts: AtomicU64::new(0),
            shard,
            vacant: AtomicBool::new(false),
        }
    }
}

/// Adds one to a counter that this thread alone writes: no locked instruction.
#[inline(always)]
pub(crate) fn bump(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// A pool, as the end of a thread sees it.
pub(crate) trait Retire: Send + Sync {
    /// Takes back what the thread had of the pool. `local` is what [`register`] was given.
    fn retire(&self, local: *const ());
}

/// Pools whose locals a thread finds without a search. They are found by the low bits of the pool's id; a thread that
/// uses two pools with equal low bits in turn searches its list each time.
const CACHED: usize = 64;

struct Cache {
    pools: [Cell<u64>; CACHED],
    locals: [Cell<*const ()>; CACHED],
}

/// What a thread has of one pool, until the thread ends.
struct Owned {
    pool: u64,
    local: *const (),
    owner: Weak<dyn Retire>,
}

/// All that a thread has, given back when the thread ends.
struct Everything(Vec<Owned>);

impl Drop for Everything {
    fn drop(&mut self) {
        // From here on this thread has no locals: what it still gets and puts goes through the shared queues.
        CACHE.with(|cache| cache.pools.iter().for_each(|pool| pool.set(0)));
        for owned in self.0.drain(..) {
            if let Some(owner) = owned.owner.upgrade() {
                owner.retire(owned.local);
            }
        }
    }
}

thread_local! {
    // Without a destructor and constant, so that looking at it is one instruction.
    static CACHE: Cache = const {
        Cache { pools: [const { Cell::new(0) }; CACHED], locals: [const { Cell::new(ptr::null()) }; CACHED] }
    };
    static EVERYTHING: RefCell<Everything> = const { RefCell::new(Everything(Vec::new())) };
    static NUMBER: Cell<u32> = const { Cell::new(0) };
}

/// What this thread has of the pool, as registered; null if nothing is cached. Pool ids start at 1 and are never reused,
/// so what is found under one belongs to a pool that is still there if its caller has it.
#[inline(always)]
pub(crate) fn cached(pool: u64) -> *const () {
    let index = (pool % CACHED as u64) as usize;
    CACHE.with(|cache| match (cache.pools.get(index), cache.locals.get(index)) {
        (Some(id), Some(local)) if id.get() == pool => local.get(),
        _ => ptr::null(),
    })
}

/// What this thread has of the pool, made by `make` if there is nothing. Null when the thread is ending.
pub(crate) fn register(pool: u64, owner: &Weak<dyn Retire>, make: impl FnOnce() -> *const ()) -> *const () {
    let find = |everything: &RefCell<Everything>| {
        let mut list = everything.try_borrow_mut().ok()?;
        if let Some(owned) = list.0.iter().find(|owned| owned.pool == pool) {
            return Some(owned.local);
        }
        // Pools that are gone are forgotten here, where it does not matter how long it takes.
        list.0.retain(|owned| owned.owner.strong_count() > 0);
        let local = make();
        list.0.push(Owned { pool, local, owner: Weak::clone(owner) });
        Some(local)
    };
    let Some(local) = EVERYTHING.try_with(find).ok().flatten() else { return ptr::null() };
    let index = (pool % CACHED as u64) as usize;
    CACHE.with(|cache| {
        if let (Some(id), Some(place)) = (cache.pools.get(index), cache.locals.get(index)) {
            id.set(pool);
            place.set(local);
        }
    });
    local
}

/// This thread's number, from 1, in the order in which threads first used a pool.
pub(crate) fn thread_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}

/// What a pool keeps of all threads that use it.
pub(crate) type Locals<T> = Vec<Arc<Local<T>>>;
