//! What a pool is made of. How objects go out, come back and age is told in `get`, `put` and `purge`.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use pool_dump::{Action, Counter, StackId};

use crate::builder::Settings;
use crate::census::Seen;
use crate::clock;
use crate::counts::Counts;
use crate::error::GetError;
use crate::local::{self, Local, Locals, Retire};
use crate::quota::Charge;
use crate::record;
use crate::shard::{Queue, Shard};
use crate::slot::{Head, Place, Slot, SlotPtr};
use crate::stack;

/// Makes an object of about the wanted size in bytes; 0 is whatever is usual.
pub(crate) type Make<T> = Box<dyn Fn(usize) -> Result<T, GetError> + Send + Sync>;

/// The shared part of a pool.
pub(crate) struct Core<T: Send + 'static> {
    /// Unique in the process, for ever: what a thread has cached for a pool that is gone is never taken for another's.
    serial: u64,
    /// The same in traces.
    pub(crate) id: u32,
    pub(crate) settings: Settings<T>,
    pub(crate) make: Make<T>,
    pub(crate) shards: Box<[Shard<T>]>,
    pub(crate) locals: Mutex<Locals<T>>,
    pub(crate) register: Mutex<Register<T>>,
    pub(crate) counts: Counts,
    pub(crate) gate: Gate,
    /// Objects made and not gone, those that are being made included.
    pub(crate) live: AtomicUsize,
    /// One get in so many is watched.
    pub(crate) every: AtomicU32,
    pub(crate) last_purge: Mutex<Instant>,
    pub(crate) last_scan: Mutex<Instant>,
    me: Weak<Core<T>>,
}

/// Where gets of a bounded pool wait.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    pub(crate) waiting: AtomicUsize,
    pub(crate) lock: Mutex<()>,
    pub(crate) opened: Condvar,
}

/// All objects of a pool, in and out.
#[derive(Debug)]
pub(crate) struct Register<T> {
    slots: Vec<Option<SlotPtr<T>>>,
    free: Vec<u32>,
}

impl<T> Register<T> {
    pub(crate) fn get(&self, index: u32) -> Option<SlotPtr<T>> {
        self.slots.get(index as usize).copied().flatten()
    }

    /// Whether so many objects were ever there at once.
    pub(crate) fn has_had(&self, index: u32) -> bool {
        (index as usize) < self.slots.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = SlotPtr<T>> + '_ {
        self.slots.iter().copied().flatten()
    }
}

/// A panic in code of users leaves our data whole, as none of that code runs under our locks.
pub(crate) fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Send + 'static> Core<T> {
    pub(crate) fn new(make: Make<T>, settings: Settings<T>) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        clock::prepare();
        Arc::new_cyclic(|me| Core {
            serial,
            id: serial as u32,
            make,
            shards: (0..settings.shards.max(1)).map(|_| Shard::new()).collect(),
            locals: Mutex::new(Vec::new()),
            register: Mutex::new(Register { slots: Vec::new(), free: Vec::new() }),
            counts: Counts::default(),
            gate: Gate::default(),
            live: AtomicUsize::new(0),
            every: AtomicU32::new(settings.leak.every().min(record::every())),
            last_purge: Mutex::new(Instant::now()),
            last_scan: Mutex::new(Instant::now()),
            me: Weak::clone(me),
            settings,
        })
    }

    /// What this thread has of the pool; `None` while the thread is ending.
    #[inline(always)]
    pub(crate) fn local(&self) -> Option<&Local<T>> {
        let mut found = local::cached(self.serial);
        if found.is_null() {
            found = self.register_local();
        }
        // SAFETY: the pointer is null, or was made by `adopt_local` of this pool (serials are never reused) from an `Arc` that
        // `self.locals` keeps until the pool is dropped, which outlives this borrow of it.
        unsafe { found.cast::<Local<T>>().as_ref() }
    }

    #[cold]
    #[inline(never)]
    fn register_local(&self) -> *const () {
        let owner: Weak<dyn Retire> = self.me.clone();
        local::register(self.serial, &owner, || self.adopt_local().cast())
    }

    /// One that a thread left behind, or a new one.
    fn adopt_local(&self) -> *const Local<T> {
        let mut locals = lock(&self.locals);
        let vacant = locals.iter().find(|local| {
            // The acquire shows this thread what the one before did: see the promise of `Biased::owner`.
            local.vacant.compare_exchange(true, false, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        });
        if let Some(local) = vacant {
            return Arc::as_ptr(local);
        }
        let shard = locals.len() % self.shards.len();
        let local = Arc::new(Local::new(shard, self.every.load(Ordering::Relaxed)));
        let pointer = Arc::as_ptr(&local);
        locals.push(local);
        pointer
    }

    /// Works on a shared queue, and counts it when another thread had it.
    pub(crate) fn with_shard<R>(&self, index: usize, work: impl FnOnce(&mut Queue<T>) -> R) -> R {
        let shard = &self.shards[index % self.shards.len()];
        let stood = |since: Instant| {
            let nanos = since.elapsed().as_nanos() as u64;
            self.counts.add(Counter::Contended, 1);
            self.counts.add(Counter::ContendedNanos, nanos);
            record::note(self.id, 0, 0, Action::Contended { nanos }, None);
        };
        shard.with(Instant::now, stood, work)
    }

    pub(crate) fn size(&self, value: &T) -> u64 {
        match &self.settings.size_of {
            Some(size_of) => size_of(value),
            None => size_of::<T>() as u64,
        }
    }

    /// Enters an object that is made. The caller has reserved its place in `live` and its bytes in the quota.
    pub(crate) fn enter(&self, value: T, bytes: u64) -> SlotPtr<T> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut register = lock(&self.register);
        let index = register.free.pop().unwrap_or(register.slots.len() as u32);
        let slot = SlotPtr::new(Slot { head: Head::new(id, index, bytes), value: value.into() });
        match register.slots.get_mut(index as usize) {
            Some(place) => *place = Some(slot),
            None => register.slots.push(Some(slot)),
        }
        drop(register);
        self.counts.grow(bytes);
        slot
    }

    /// Takes an object out for good, out of every count too.
    ///
    /// # Safety
    /// The caller has the object, and uses no copy of the pointer again.
    pub(crate) unsafe fn remove(&self, slot: SlotPtr<T>) -> T {
        // SAFETY: the caller has the object, so it lives.
        let head = unsafe { slot.head() };
        let bytes = head.bytes.load(Ordering::Relaxed);
        {
            let mut register = lock(&self.register);
            if let Some(place) = register.slots.get_mut(head.index as usize) {
                *place = None;
            }
            register.free.push(head.index);
        }
        self.counts.shrink(bytes);
        if let Some(quota) = &self.settings.quota {
            quota.release(bytes);
        }
        self.live.fetch_sub(1, Ordering::AcqRel);
        self.wake_one();
        // SAFETY: as the caller promises; and nobody finds it through the register any more: who looks there does so under
        // its lock, and keeps no pointer to an object that is not out on a ticket.
        unsafe { slot.into_value() }
    }

    /// Notes that an object's size is another now.
    pub(crate) fn resize(&self, head: &Head, bytes: u64) {
        let before = head.bytes.swap(bytes, Ordering::Relaxed);
        if bytes > before {
            self.counts.grow(bytes - before);
            if let Some(quota) = &self.settings.quota {
                let charge = quota.charge_grown(bytes - before);
                self.tell_charge(charge);
            }
        } else if bytes < before {
            self.counts.shrink(before - bytes);
            if let Some(quota) = &self.settings.quota {
                quota.release(before - bytes);
            }
        }
    }

    /// Near the limit: the early purge.
    pub(crate) fn tell_charge(&self, charge: Charge) {
        if let Charge::Near(in_use) = charge {
            let action = Action::Quota { used: in_use.used, limit: in_use.limit, refused: false };
            record::note(self.id, 0, 0, action, None);
            self.purge();
        }
    }

    /// Lets one waiting get look again.
    pub(crate) fn wake_one(&self) {
        if self.gate.waiting.load(Ordering::Acquire) > 0 {
            // Under the lock, or a get that has just looked and not yet gone to sleep would miss it.
            let _looking = lock(&self.gate.lock);
            self.gate.opened.notify_one();
        }
    }

    /// New rates of watching, for all threads.
    pub(crate) fn rewatch(&self) {
        let every = self.settings.leak.every().min(record::every());
        self.every.store(every, Ordering::Relaxed);
        for local in lock(&self.locals).iter() {
            local.private.visit(|private| {
                private.every = every;
                // Not the whole interval: what is recorded should begin with the next get.
                private.countdown = 1;
                private.record_in = 0;
            });
        }
    }

    /// Counts and records what was refused.
    pub(crate) fn note_misuse(&self, kind: pool_dump::Misuse, object: u64, generation: u32, owner: u32, site: Site) {
        self.counts.add(Counter::Misuses, 1);
        let action = Action::Misuse { kind, owner: pool_dump::PoolId(owner), stack: self.walk() };
        record::note(self.id, object, generation, action, Some(site));
    }

    /// The stack of what happens now, if the pool asks for stacks and a recorder is there to be told.
    pub(crate) fn walk(&self) -> StackId {
        if record::is_on() { stack::walk(self.settings.stacks) } else { StackId(0) }
    }

    pub(crate) fn threshold(&self) -> Duration {
        self.settings.leak_threshold
    }
}

/// A place in the program that called us.
pub(crate) type Site = &'static Location<'static>;

impl<T: Send + 'static> Retire for Core<T> {
    fn retire(&self, local: *const ()) {
        let found = lock(&self.locals).iter().find(|mine| Arc::as_ptr(mine).cast::<()>() == local).cloned();
        let Some(local) = found else { return };
        // SAFETY: the thread that is ending owned it, and is the one that calls this.
        while let Some(slot) = unsafe { local.private.owner(|private| private.magazine.pop()) } {
            self.with_shard(local.shard, |queue| queue.primary.push_back(slot));
        }
        local.vacant.store(true, Ordering::Release);
        self.wake_one();
    }
}

impl<T: Send + 'static> Drop for Core<T> {
    fn drop(&mut self) {
        // Guards borrow the pool, so what is still out is on tickets, or its guard was forgotten.
        self.report_leaks(Duration::ZERO, Seen::All);
        let slots = std::mem::take(&mut lock(&self.register).slots);
        for slot in slots.into_iter().flatten() {
            // SAFETY: nobody else has the pool any more, so every object is ours; a raw pointer to one that is out on a
            // ticket must not be used after the pool, as the documentation of `Pool::pointer` says.
            let head = unsafe { slot.head() };
            let (id, generation) = (head.id, head.state().generation());
            let reason = pool_dump::DropReason::PoolClosed;
            record::note(self.id, id, generation, Action::Drop { reason }, None);
            self.counts.add(Counter::DroppedPoolClosed, 1);
            if let Some(quota) = &self.settings.quota {
                quota.release(head.bytes.load(Ordering::Relaxed));
            }
            // SAFETY: as above; the register is empty now, so this is the last use.
            drop(unsafe { slot.into_value() });
        }
        record::forget_pool(self);
    }
}

impl<T: Send + 'static> fmt::Debug for Core<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("id", &self.id).field("name", &self.settings.name).finish_non_exhaustive()
    }
}

/// Whether an object in this place is in the pool.
pub(crate) fn is_in(place: Place) -> bool {
    matches!(place, Place::Idle | Place::Victim)
}
