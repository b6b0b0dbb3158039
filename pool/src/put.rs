//! How an object comes back: measured, reset, and into the private slot or, when that is full, a shared queue.

use std::sync::atomic::Ordering;

use pool_dump::{Action, Counter, DropReason};

use crate::clock::{self, Scale, Ticks};
use crate::core::{Core, Site, is_in};
use crate::local::{EXCHANGE, Local, bump, thread_number};
use crate::record;
use crate::slot::{Head, Place, SlotPtr};

impl<T: Send + 'static> Core<T> {
    /// The way of nearly all puts: not watched, nothing to measure, room in the private slot.
    ///
    /// # Safety
    /// The caller has the object, which is out, and gives it up; a panic of the reset does not give it back.
    #[inline(always)]
    pub(crate) unsafe fn put(&self, slot: SlotPtr<T>, site: Option<Site>) {
        // SAFETY: the caller has the object, so it lives.
        let head = unsafe { slot.head() };
        let state = head.state();
        if !self.settings.puts_are_plain || state.is_watched() {
            // SAFETY: passed on.
            return unsafe { self.put_slow(slot, site) };
        }
        if let Some(reset) = &self.settings.reset {
            // SAFETY: the caller has the object, and no borrow of it is left.
            self.or_destroy(slot, || reset(unsafe { &mut *slot.value() }));
        }
        head.set_state(state.moved_to(Place::Idle));
        self.keep(slot);
    }

    #[cold]
    #[inline(never)]
    unsafe fn put_slow(&self, slot: SlotPtr<T>, site: Option<Site>) {
        // SAFETY: the caller has the object, so it lives.
        let head = unsafe { slot.head() };
        let state = head.state();
        // SAFETY: the caller has the object, and no borrow of it is left.
        let bytes = self.or_destroy(slot, || self.size(unsafe { &*slot.value() }));
        self.resize(head, bytes);
        if state.is_watched() {
            self.tell_put(head, site);
        }
        if bytes > self.settings.retain_bytes {
            self.count_put(self.local());
            // SAFETY: passed on.
            unsafe { self.destroy(slot, DropReason::Oversize) };
            return;
        }
        if let Some(reset) = &self.settings.reset {
            // SAFETY: as above.
            self.or_destroy(slot, || reset(unsafe { &mut *slot.value() }));
            if state.is_recorded() {
                record::note(self.id, head.id, state.generation(), Action::Reset, None);
            }
        }
        head.set_state(state.moved_to(Place::Idle));
        self.keep(slot);
    }

    fn tell_put(&self, head: &Head, site: Option<Site>) {
        let now = clock::now();
        let state = head.state();
        let generation = state.generation();
        if head.alarmed.load(Ordering::Relaxed) == generation {
            let age_nanos = Scale::now().between(Ticks(head.since.load(Ordering::Relaxed)), now);
            self.counts.add(Counter::Unleaked, 1);
            record::note_at(now, self.id, head.id, generation, Action::Unleaked { age_nanos }, site);
        }
        if state.is_recorded() {
            let action = Action::Put { bytes: head.bytes.load(Ordering::Relaxed), stack: self.walk() };
            record::note_at(now, self.id, head.id, generation, action, site);
        }
    }

    fn count_put(&self, local: Option<&Local<T>>) {
        match local {
            Some(local) => bump(&local.puts),
            None => self.counts.add(Counter::Puts, 1),
        }
    }

    /// Into a tier: the object is idle and clean.
    #[inline(always)]
    fn keep(&self, slot: SlotPtr<T>) {
        let Some(local) = self.local() else {
            self.counts.add(Counter::Puts, 1);
            return self.share(None, slot);
        };
        bump(&local.puts);
        // SAFETY: `local` gives a thread its own, and no other thread has the same.
        let refused = unsafe {
            local.private.owner(|private| {
                // A get that waits looks into the shared queues, and into private slots once after each put. It is looked
                // for in here: a get says that it waits before the fence of its visit, so one of the two sees the other.
                if self.gate.waiting.load(Ordering::Relaxed) > 0 { Err(slot) } else { private.magazine.push(slot) }
            })
        };
        if let Err(slot) = refused {
            self.share(Some(local), slot);
        }
    }

    /// Into the shared queue, with a few of the private slot, so that the next puts find room there.
    #[cold]
    #[inline(never)]
    fn share(&self, local: Option<&Local<T>>, slot: SlotPtr<T>) {
        let shard = local.map_or_else(|| thread_number() as usize, |local| local.shard);
        let mut batch = Vec::with_capacity(EXCHANGE);
        if let Some(local) = local {
            // SAFETY: as in `keep`.
            unsafe {
                local.private.owner(|private| {
                    while private.magazine.len() > EXCHANGE
                        && let Some(slot) = private.magazine.pop()
                    {
                        batch.push(slot);
                    }
                });
            }
        }
        batch.push(slot);
        let most = self.settings.capacity_per_shard;
        let over = self.with_shard(shard, |queue| {
            let room = most.saturating_sub(queue.primary.len()).min(batch.len());
            queue.primary.extend(batch.drain(batch.len() - room..));
            batch
        });
        for slot in over {
            // SAFETY: it came from the private slot or from the put, and is in no tier now.
            unsafe { self.destroy(slot, DropReason::Capacity) };
        }
        self.wake_one();
    }

    /// A new object that nobody has had, into a shared queue.
    pub(crate) fn keep_new(&self, slot: SlotPtr<T>) {
        self.share(None, slot);
    }

    /// Drops an object that its holder cannot be trusted to have left whole: it panicked.
    ///
    /// # Safety
    /// As for [`Core::put`].
    #[cold]
    pub(crate) unsafe fn abandon(&self, slot: SlotPtr<T>) {
        // SAFETY: passed on.
        unsafe { self.destroy(slot, DropReason::Abandoned) };
    }

    /// Drops an object.
    ///
    /// # Safety
    /// The caller has the object, which is in no tier, and gives it up.
    pub(crate) unsafe fn destroy(&self, slot: SlotPtr<T>, reason: DropReason) {
        // SAFETY: the caller has the object, so it lives.
        let head = unsafe { slot.head() };
        let (id, generation) = (head.id, head.state().generation());
        let counter = match reason {
            DropReason::Purged => Counter::DroppedPurged,
            DropReason::Capacity => Counter::DroppedCapacity,
            DropReason::Oversize => Counter::DroppedOversize,
            DropReason::Abandoned => Counter::DroppedAbandoned,
            DropReason::Compacted => Counter::DroppedCompacted,
            DropReason::PoolClosed | DropReason::Other(_) => Counter::DroppedPoolClosed,
        };
        self.counts.add(counter, 1);
        record::note(self.id, id, generation, Action::Drop { reason }, None);
        // SAFETY: passed on.
        drop(unsafe { self.remove(slot) });
    }

    /// Runs code of users on an object that is ours; if it panics the object is dropped, not kept.
    #[inline(always)]
    pub(crate) fn or_destroy<R>(&self, slot: SlotPtr<T>, work: impl FnOnce() -> R) -> R {
        struct Bomb<'a, T: Send + 'static>(&'a Core<T>, SlotPtr<T>);
        impl<T: Send + 'static> Drop for Bomb<'_, T> {
            fn drop(&mut self) {
                // SAFETY: `put` has the object, and does not come back to it after the panic.
                unsafe { self.0.abandon(self.1) };
            }
        }
        let bomb = Bomb(self, slot);
        let result = work();
        std::mem::forget(bomb);
        result
    }

    /// Brings an object in, as idle. Gives it back when the pool or the quota has no room.
    pub(crate) fn attach(&self, value: T, site: Site) -> Result<(), T> {
        let bytes = self.size(&value);
        if !self.reserve() {
            return Err(value);
        }
        if let Some(quota) = &self.settings.quota {
            match quota.charge(bytes) {
                Ok(charge) => self.tell_charge(charge),
                Err(_) => {
                    self.counts.add(Counter::QuotaRefused, 1);
                    self.live.fetch_sub(1, Ordering::AcqRel);
                    return Err(value);
                }
            }
        }
        let slot = self.enter(value, bytes);
        // SAFETY: just made, and ours.
        let head = unsafe { slot.head() };
        debug_assert!(is_in(head.state().place()));
        self.counts.add(Counter::Attached, 1);
        record::note(self.id, head.id, 0, Action::Attach { bytes, stack: self.walk() }, Some(site));
        self.share(None, slot);
        Ok(())
    }

    /// Takes an object out for good.
    ///
    /// # Safety
    /// The caller has the object, which is out, and gives it up.
    pub(crate) unsafe fn detach(&self, slot: SlotPtr<T>, site: Site) -> T {
        // SAFETY: the caller has the object, so it lives.
        let head = unsafe { slot.head() };
        let action = Action::Detach { stack: self.walk() };
        record::note(self.id, head.id, head.state().generation(), action, Some(site));
        self.counts.add(Counter::Detached, 1);
        // SAFETY: passed on.
        unsafe { self.remove(slot) }
    }
}
