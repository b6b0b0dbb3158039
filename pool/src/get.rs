//! How an object goes out: private slot, own queue, other queues, victims, a new one; at the limit of a bounded pool also
//! other threads' private slots, and waiting.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pool_dump::{Action, Counter, Misuse, Tier};

use crate::clock;
use crate::core::{Core, Site, lock};
use crate::error::GetError;
use crate::local::{EXCHANGE, Local, bump, thread_number};
use crate::record;
use crate::slot::{Place, SlotPtr, Watch};
use crate::stack;

/// What a get wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// Bytes, for a new object; 0 is whatever is usual.
    pub(crate) bytes: usize,
    /// Where the object goes.
    pub(crate) place: Place,
    /// How long it waits for one of a bounded pool.
    pub(crate) patience: Duration,
    /// Who asks.
    pub(crate) site: Site,
}

impl<T: Send + 'static> Core<T> {
    /// The way of nearly all gets: an object from the private slot, not watched. No lock, no locked instruction.
    #[inline(always)]
    pub(crate) fn get(&self, wish: Wish) -> Result<SlotPtr<T>, GetError> {
        if let Some(local) = self.local() {
            // SAFETY: `local` gives a thread its own, and no other thread has the same.
            let popped = unsafe {
                local.private.owner(|private| {
                    // At zero the slow path takes over; it stays there until that has set it anew.
                    private.countdown = private.countdown.saturating_sub(1);
                    if private.countdown == 0 { None } else { private.magazine.pop() }
                })
            };
            if let Some(slot) = popped {
                // SAFETY: the slot was in a tier, so it lives, and it is ours now.
                let head = unsafe { slot.head() };
                head.set_site(wish.site);
                head.set_state(head.state().handed_out(wish.place, Watch::Not));
                bump(&local.gets);
                return Ok(slot);
            }
        }
        self.get_slow(wish)
    }

    #[cold]
    #[inline(never)]
    fn get_slow(&self, wish: Wish) -> Result<SlotPtr<T>, GetError> {
        let local = self.local();
        // A thread that is ending has no count of its own; where all is recorded, so are its gets.
        let ending = || if record::every() == 1 { Watch::Record } else { Watch::Not };
        let watch = local.map_or_else(ending, Self::next_watch);
        let (slot, tier) = match self.find(local) {
            Some(found) => found,
            None => self.make_or_wait(local, wish)?,
        };
        match tier {
            Tier::Shared => self.counts.add(Counter::HitsShared, 1),
            Tier::Stolen => self.counts.add(Counter::HitsStolen, 1),
            Tier::Victim => self.counts.add(Counter::HitsVictim, 1),
            // Counted where it is made; hits of the private slot are what is left of all gets.
            Tier::New | Tier::Private | Tier::Other(_) => {}
        }
        match local {
            Some(local) => bump(&local.gets),
            None => self.counts.add(Counter::Gets, 1),
        }
        self.hand_out(slot, tier, watch, wish);
        Ok(slot)
    }

    /// Whether this get is watched: its turn has come by the thread's own count.
    fn next_watch(local: &Local<T>) -> Watch {
        let record_every = record::every();
        // SAFETY: as in `get`.
        unsafe {
            local.private.owner(|private| {
                if private.countdown > 0 {
                    return Watch::Not;
                }
                private.countdown = private.every;
                if private.every == u32::MAX {
                    return Watch::Not;
                }
                if record_every == u32::MAX || private.record_in > private.every {
                    private.record_in = private.record_in.saturating_sub(private.every);
                    return Watch::Leak;
                }
                private.record_in = record_every;
                Watch::Record
            })
        }
    }

    fn hand_out(&self, slot: SlotPtr<T>, tier: Tier, watch: Watch, wish: Wish) {
        // SAFETY: the slot came from a tier or was made, so it lives, and it is ours now.
        let head = unsafe { slot.head() };
        head.set_site(wish.site);
        let state = head.state().handed_out(wish.place, watch);
        if watch != Watch::Not {
            let now = clock::now();
            head.since.store(now.0, Ordering::Relaxed);
            head.thread.store(thread_number(), Ordering::Relaxed);
            head.touches.store(0, Ordering::Relaxed);
            let stack = stack::walk(self.settings.stacks);
            head.stack.store(stack.0, Ordering::Relaxed);
            if watch == Watch::Record {
                let action = Action::Get { tier, stack };
                record::note_at(now, self.id, head.id, state.generation(), action, Some(wish.site));
            }
        }
        head.set_state(state);
        if watch != Watch::Not
            && tier != Tier::New
            && let Some(is_clean) = &self.settings.is_clean
            // SAFETY: the object is ours, and nobody else has a borrow of it.
            && !self.or_destroy(slot, || is_clean(unsafe { &*slot.value() }))
        {
            self.note_misuse(Misuse::DirtyReuse, head.id, state.generation(), self.id, wish.site);
        }
    }

    /// An object that is idle somewhere, other threads' private slots left out.
    fn find(&self, local: Option<&Local<T>>) -> Option<(SlotPtr<T>, Tier)> {
        let own = local.map_or_else(|| thread_number() as usize % self.shards.len(), |local| local.shard);
        if let Some(local) = local {
            // Here again: the fast path leaves it alone when the get is watched.
            // SAFETY: as in `get`.
            if let Some(slot) = unsafe { local.private.owner(|private| private.magazine.pop()) } {
                return Some((slot, Tier::Private));
            }
            if let Some(slot) = self.refill(local) {
                return Some((slot, Tier::Shared));
            }
        } else if let Some(slot) = self.with_shard(own, |queue| queue.primary.pop_back()) {
            return Some((slot, Tier::Shared));
        }
        let others = || (1..self.shards.len()).map(|step| (own + step) % self.shards.len());
        for index in others().filter(|index| self.shards[*index].primary_hint() > 0) {
            // The oldest: its owner's processor has the youngest in its cache.
            if let Some(slot) = self.with_shard(index, |queue| queue.primary.pop_front()) {
                return Some((slot, Tier::Stolen));
            }
        }
        for index in std::iter::once(own).chain(others()).filter(|index| self.shards[*index].victim_hint() > 0) {
            if let Some(slot) = self.with_shard(index, |queue| queue.victims.pop_back()) {
                return Some((slot, Tier::Victim));
            }
        }
        None
    }

    /// One from the own queue, and a few more into the private slot, which is empty.
    fn refill(&self, local: &Local<T>) -> Option<SlotPtr<T>> {
        if self.shards[local.shard].primary_hint() == 0 {
            return None;
        }
        let mut batch = self.with_shard(local.shard, |queue| {
            let from = queue.primary.len().saturating_sub(EXCHANGE);
            queue.primary.split_off(from)
        });
        let slot = batch.pop_back()?;
        // SAFETY: as in `get`.
        unsafe {
            local.private.owner(|private| batch.retain(|slot| private.magazine.push(*slot).is_err()));
        }
        // There is room for a batch in an empty private slot; a visitor cannot have filled it.
        debug_assert!(batch.is_empty());
        Some(slot)
    }

    fn make_or_wait(&self, local: Option<&Local<T>>, wish: Wish) -> Result<(SlotPtr<T>, Tier), GetError> {
        if self.reserve() {
            return Ok((self.make_reserved(wish.bytes, wish.site)?, Tier::New));
        }
        let start = Instant::now();
        let waiting = Waiting::new(self);
        let result = self.wait(local, start, wish);
        drop(waiting);
        // Several objects may have come back at once and woken one get: it wakes the next.
        if result.is_ok() {
            self.wake_one();
        }
        let nanos = start.elapsed().as_nanos() as u64;
        self.counts.add(Counter::Waits, 1);
        let timed_out = result.is_err();
        if timed_out {
            self.counts.add(Counter::Timeouts, 1);
        }
        record::note(self.id, 0, 0, Action::Wait { nanos, timed_out, stack: self.walk() }, Some(wish.site));
        result
    }

    /// Looks everywhere, again whenever something came back, until patience ends.
    fn wait(&self, local: Option<&Local<T>>, start: Instant, wish: Wish) -> Result<(SlotPtr<T>, Tier), GetError> {
        let mut looking = lock(&self.gate.lock);
        loop {
            if let Some(found) = self.find(local).or_else(|| self.steal_private()) {
                return Ok(found);
            }
            if self.reserve() {
                drop(looking);
                return Ok((self.make_reserved(wish.bytes, wish.site)?, Tier::New));
            }
            let waited = start.elapsed();
            let Some(left) = wish.patience.checked_sub(waited).filter(|left| !left.is_zero()) else {
                return Err(GetError::Exhausted { capacity: self.settings.capacity_max, waited });
            };
            looking = self.gate.opened.wait_timeout(looking, left).unwrap_or_else(|error| error.into_inner()).0;
        }
    }

    /// An object from another thread's private slot: only when there is no other way, as it disturbs that thread.
    fn steal_private(&self) -> Option<(SlotPtr<T>, Tier)> {
        let locals: Vec<Arc<Local<T>>> = lock(&self.locals).clone();
        let found = locals.iter().find_map(|local| local.private.visit(|private| private.magazine.pop()).flatten())?;
        Some((found, Tier::Stolen))
    }

    /// A place among the pool's objects, if it may have one more.
    pub(crate) fn reserve(&self) -> bool {
        let most = self.settings.capacity_max;
        let more = |live: usize| (live < most).then_some(live + 1);
        self.live.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more).is_ok()
    }

    /// Makes an object in a reserved place.
    pub(crate) fn make_reserved(&self, wanted: usize, site: Site) -> Result<SlotPtr<T>, GetError> {
        let reserved = Reserved(self);
        let expected = (wanted as u64).max(size_of::<T>() as u64);
        if let Some(quota) = &self.settings.quota {
            match quota.charge(expected) {
                Ok(charge) => self.tell_charge(charge),
                Err(exceeded) => {
                    self.counts.add(Counter::QuotaRefused, 1);
                    let action = Action::Quota { used: exceeded.used, limit: exceeded.limit, refused: true };
                    record::note(self.id, 0, 0, action, Some(site));
                    return Err(exceeded.into());
                }
            }
        }
        let charged = Charged(self, expected);
        let start = Instant::now();
        let value = (self.make)(wanted).inspect_err(|_| self.counts.add(Counter::AllocsFailed, 1))?;
        let nanos = start.elapsed().as_nanos() as u64;
        let bytes = self.size(&value);
        std::mem::forget((reserved, charged));
        let slot = self.enter(value, expected);
        // SAFETY: just made, and ours.
        let head = unsafe { slot.head() };
        self.resize(head, bytes);
        self.counts.add(Counter::News, 1);
        self.counts.new_latency.add(nanos);
        record::note(self.id, head.id, 0, Action::New { bytes, nanos, stack: self.walk() }, Some(site));
        Ok(slot)
    }
}

/// A reserved place, given up if nothing is made.
struct Reserved<'a, T: Send + 'static>(&'a Core<T>);

impl<T: Send + 'static> Drop for Reserved<'_, T> {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::AcqRel);
        self.0.wake_one();
    }
}

/// Bytes charged to the quota, given up if nothing is made.
struct Charged<'a, T: Send + 'static>(&'a Core<T>, u64);

impl<T: Send + 'static> Drop for Charged<'_, T> {
    fn drop(&mut self) {
        if let Some(quota) = &self.0.settings.quota {
            quota.release(self.1);
        }
    }
}

/// Says that a get waits, so that puts go to the shared queues.
struct Waiting<'a, T: Send + 'static>(&'a Core<T>);

impl<'a, T: Send + 'static> Waiting<'a, T> {
    fn new(core: &'a Core<T>) -> Self {
        core.gate.waiting.fetch_add(1, Ordering::AcqRel);
        // A put that does not see it yet has its object in the private slot before our visit there: `Biased::visit` has a
        // fence. Where the system forbids visits, such an object is found at that thread's next put.
        Waiting(core)
    }
}

impl<T: Send + 'static> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        self.0.gate.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
