//! What a pool knows of itself at one moment: counts, what is alive, what has been out for too long.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pool_dump::{
    Action, Counter, Counters, Generation, LiveObject, LiveSet, LiveState, Nanos, ObjectId, PoolId, StackId, ThreadId,
};

use crate::clock::{self, Scale, Ticks};
use crate::core::{Core, Site, lock};
use crate::leak::{LeakLevel, LeakReport, LeakedObject};
use crate::record;
use crate::slot::Place;

impl<T: Send + 'static> Core<T> {
    pub(crate) fn counters(&self, time: Nanos) -> Counters {
        let stats = self.stats();
        let count = |counter: Counter| match counter {
            Counter::Gets => stats.gets,
            Counter::Puts => stats.puts,
            Counter::HitsPrivate => stats.hits_private,
            Counter::Active => stats.active,
            Counter::Idle => stats.idle,
            Counter::Victim => stats.victims,
            other => self.counts.get(other),
        };
        // Only the smallest class of a byte pool has those of its chunks.
        let is_kept = |(counter, count): &(Counter, u64)| *count > 0 || !OF_CHUNKS.contains(counter);
        let counts = Counter::ALL.iter().map(|counter| (*counter, count(*counter))).filter(is_kept).collect();
        Counters { time, pool: PoolId(self.id), counts }
    }

    /// Everything that is alive; its stacks are those that were walked, and beside them stand the sites.
    pub(crate) fn live_set(&self, time: Nanos, scale: Scale) -> (LiveSet, Vec<Option<Site>>) {
        let register = lock(&self.register);
        let mut sites = Vec::new();
        let objects: Vec<LiveObject> = register
            .iter()
            .map(|slot| {
                // SAFETY: what is in the register lives while that is locked.
                let head = unsafe { slot.head() };
                let state = head.state();
                let (live, is_watched) = match state.place() {
                    Place::Idle => (LiveState::Idle, false),
                    Place::Victim => (LiveState::Victim, false),
                    Place::Guarded | Place::Ticketed => (LiveState::Active, state.is_watched()),
                };
                sites.push(head.site());
                let since = scale.nanos(Ticks(head.since.load(Ordering::Relaxed)));
                LiveObject {
                    object: ObjectId(head.id),
                    generation: Generation(state.generation()),
                    state: live,
                    since: if is_watched { since } else { Nanos(0) },
                    bytes: head.bytes.load(Ordering::Relaxed),
                    stack: StackId(if is_watched { head.stack.load(Ordering::Relaxed) } else { 0 }),
                    thread: ThreadId(if is_watched { head.thread.load(Ordering::Relaxed) } else { 0 }),
                }
            })
            .collect();
        let total = objects.len() as u64;
        (LiveSet { time, pool: PoolId(self.id), total, objects }, sites)
    }

    /// Reports what is out for longer than `threshold`, and was not reported for this hand-out yet.
    pub(crate) fn report_leaks(&self, threshold: Duration, seen: Seen) -> Option<LeakReport> {
        if self.settings.leak == LeakLevel::Off {
            return None;
        }
        let (scale, now) = (Scale::now(), clock::now());
        let mut objects = Vec::new();
        for slot in lock(&self.register).iter() {
            // SAFETY: what is in the register lives while that is locked.
            let head = unsafe { slot.head() };
            let state = head.state();
            if !state.is_out() || !state.is_watched() && seen == Seen::Watched {
                continue;
            }
            let age_nanos = scale.between(Ticks(head.since.load(Ordering::Relaxed)), now);
            let age = state.is_watched().then(|| Duration::from_nanos(age_nanos));
            let generation = state.generation();
            // The holder may have put it meanwhile, and another got it: then the age is of neither.
            let is_same = head.state() == state;
            if age.unwrap_or_default() < threshold
                || !is_same
                || head.alarmed.swap(generation, Ordering::Relaxed) == generation
            {
                continue;
            }
            let age_nanos = if state.is_watched() { age_nanos } else { 0 };
            // Under the register's lock: whoever looks next sees this one counted, not only marked.
            self.counts.add(Counter::Leaks, 1);
            record::note_at(now, self.id, head.id, generation, Action::Leak { age_nanos }, head.site());
            objects.push(LeakedObject {
                object: head.id,
                generation,
                age,
                bytes: head.bytes.load(Ordering::Relaxed),
                site: head.site(),
                stack: StackId(if state.is_watched() { head.stack.load(Ordering::Relaxed) } else { 0 }),
                thread: head.thread.load(Ordering::Relaxed),
            });
        }
        if objects.is_empty() {
            return None;
        }
        objects.sort_by_key(|object| std::cmp::Reverse(object.age));
        let report = LeakReport {
            pool: self.settings.name.clone(),
            type_name: std::any::type_name::<T>(),
            threshold,
            sampled_every: self.every.load(Ordering::Relaxed),
            objects,
        };
        (self.settings.on_leak)(&report);
        Some(report)
    }
}

/// Counters that only byte pools have.
const OF_CHUNKS: [Counter; 5] = [
    Counter::ChunkBytes,
    Counter::FreeInPartBytes,
    Counter::Preallocated,
    Counter::Compactions,
    Counter::CompactionsFailed,
];

/// Which objects a search for leaks looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Those whose age was taken.
    Watched,
    /// All that are out: nobody can give them back any more.
    All,
}

/// Whether so long has passed since the last time this said yes.
pub(crate) fn is_due(last: &Mutex<Instant>, after: Duration) -> bool {
    let mut last = lock(last);
    let is_due = last.elapsed() >= after;
    if is_due {
        *last = Instant::now();
    }
    is_due
}
