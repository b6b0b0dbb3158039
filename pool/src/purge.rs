//! How idle objects age: primary → victim at one purge, dropped at the next, as Go's `poolCleanup` does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pool_dump::{Action, Counter, DropReason};

use crate::core::{Core, lock};
use crate::local::Local;
use crate::record;
use crate::slot::{Place, SlotPtr};

/// When a pool is purged without being asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PurgePolicy {
    /// Never.
    #[default]
    Manual,
    /// Each time this long has passed.
    Interval(Duration),
    /// When the system says that processes stall for memory (`/proc/pressure/memory`), and when the pool's quota is
    /// near its limit, which purges under every policy.
    Pressure,
}

impl<T: Send + 'static> Core<T> {
    /// Drops the victims and makes victims of all that is idle; the pool's least number of idle objects stays.
    pub(crate) fn purge(&self) {
        *lock(&self.last_purge) = Instant::now();
        let mut old: Vec<SlotPtr<T>> = Vec::new();
        let mut aged = 0;
        for index in 0..self.shards.len() {
            aged += self.with_shard(index, |queue| {
                old.extend(queue.victims.drain(..));
                let primary = std::mem::take(&mut queue.primary);
                primary.iter().for_each(|slot| self.age(*slot));
                queue.victims = primary;
                queue.victims.len()
            });
        }
        let locals: Vec<Arc<Local<T>>> = lock(&self.locals).clone();
        for local in locals {
            let mut taken = Vec::new();
            local.private.visit(|private| taken.extend(std::iter::from_fn(|| private.magazine.pop())));
            aged += taken.len();
            taken.iter().for_each(|slot| self.age(*slot));
            self.with_shard(local.shard, |queue| queue.victims.extend(taken));
        }
        // The least number is made up of those just aged first, then of old victims.
        let spared = self.settings.capacity_min.saturating_sub(aged).min(old.len());
        let kept = old.split_off(old.len() - spared);
        self.with_shard(0, |queue| queue.victims.extend(kept));
        // Beside its event, so that a dump of another thread holds both or neither.
        self.counts.add(Counter::Purges, 1);
        record::note(self.id, 0, 0, Action::Purge { aged: aged as u64, dropped: old.len() as u64 }, None);
        for slot in old {
            // SAFETY: it was among the victims and is in no tier now, so it is ours.
            unsafe { self.destroy(slot, DropReason::Purged) };
        }
        self.wake_one();
    }

    fn age(&self, slot: SlotPtr<T>) {
        // SAFETY: it is in a tier that is locked, or was just taken from one, so it lives and is ours.
        let head = unsafe { slot.head() };
        let state = head.state();
        head.set_state(state.moved_to(Place::Victim));
        record::note(self.id, head.id, state.generation(), Action::Age, None);
    }

    /// Drops the idle objects that `keep` does not want, wherever they are; gives their number.
    pub(crate) fn shed(&self, reason: DropReason, keep: impl Fn(&T) -> bool) -> usize {
        let mut gone = Vec::new();
        let mut all = Vec::new();
        let locals: Vec<Arc<Local<T>>> = lock(&self.locals).clone();
        for local in locals {
            local.private.visit(|private| all.extend(std::iter::from_fn(|| private.magazine.pop())));
        }
        for index in 0..self.shards.len() {
            self.with_shard(index, |queue| {
                all.extend(queue.primary.drain(..));
                all.extend(queue.victims.drain(..));
            });
        }
        let mut stay = Vec::new();
        for slot in all {
            // SAFETY: it was idle and is in no tier now, so it is ours.
            if keep(unsafe { &*slot.value() }) { stay.push(slot) } else { gone.push(slot) }
        }
        let shards = self.shards.len();
        for (index, slot) in stay.into_iter().enumerate() {
            self.with_shard(index % shards, |queue| queue.primary.push_back(slot));
        }
        let count = gone.len();
        for slot in gone {
            // SAFETY: as above.
            unsafe { self.destroy(slot, reason) };
        }
        self.wake_one();
        count
    }
}
