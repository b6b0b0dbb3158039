//! A trace, summed up as the engine would: events by pool and kind, and what the pools counted themselves.

#![allow(dead_code)] // Each test binary uses a part of it.

use std::collections::BTreeMap;

use pool_dump::{
    Action, Counter, DropReason, Event, Frame, FrameId, Item, LiveSet, PoolInfo, Reader, Record, StackId, StringId,
    Tier,
};

/// All that a test looks at.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) strings: BTreeMap<StringId, String>,
    pub(crate) frames: BTreeMap<FrameId, Frame>,
    pub(crate) stacks: BTreeMap<StackId, Vec<FrameId>>,
    pub(crate) pools: BTreeMap<u32, PoolInfo>,
    pub(crate) events: Vec<(u32, Event)>,
    /// The last of each pool.
    pub(crate) counters: BTreeMap<u32, BTreeMap<Counter, u64>>,
    /// The last of each pool, whole.
    pub(crate) live: BTreeMap<u32, LiveSet>,
    /// Told with the batches.
    pub(crate) lost: u64,
    /// Told at the end; `None`: there is no end.
    pub(crate) lost_at_end: Option<u64>,
    pub(crate) clocks: usize,
    pub(crate) damage: Vec<String>,
}

impl Trace {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut trace = Trace::default();
        for item in Reader::new(bytes).expect("a trace") {
            match item {
                Item::Record(record) => trace.take(record),
                Item::Damage(damage) => trace.damage.push(damage.to_string()),
                Item::Section(_) | Item::Unknown { .. } => {}
            }
        }
        trace
    }

    fn take(&mut self, record: Record<'_>) {
        match record {
            Record::Text(id, text) => drop(self.strings.insert(id, text.into_owned())),
            Record::Frame(id, frame) => drop(self.frames.insert(id, frame)),
            Record::Stack(id, frames) => drop(self.stacks.insert(id, frames)),
            Record::Pool(pool) => drop(self.pools.insert(pool.id.0, pool)),
            Record::Events(batch) => {
                self.lost += batch.lost;
                self.events.extend(batch.events().map(|event| (batch.thread.0, event.expect("an event"))));
            }
            Record::Counters(counters) => {
                self.counters.insert(counters.pool.0, counters.counts.into_iter().collect());
            }
            Record::LiveSet(set) => match self.live.get_mut(&set.pool.0) {
                Some(known) if known.time == set.time => known.objects.extend(set.objects),
                _ => drop(self.live.insert(set.pool.0, set)),
            },
            Record::Clock(_) => self.clocks += 1,
            Record::End(end) => self.lost_at_end = Some(end.lost),
            _ => {}
        }
    }

    pub(crate) fn pool(&self, name: &str) -> u32 {
        let is_named = |info: &&PoolInfo| self.strings.get(&info.name).is_some_and(|known| known == name);
        self.pools.values().find(is_named).unwrap_or_else(|| panic!("no pool {name}")).id.0
    }

    /// Names of the functions of a stack, the innermost first.
    pub(crate) fn functions(&self, stack: StackId) -> Vec<&str> {
        let frames = self.stacks[&stack].iter().map(|frame| self.frames[frame].function);
        frames.map(|function| self.strings.get(&function).map_or("", String::as_str)).collect()
    }

    pub(crate) fn count(&self, pool: u32, wanted: impl Fn(&Action) -> bool) -> u64 {
        self.events.iter().filter(|(_, event)| event.pool.0 == pool && wanted(&event.action)).count() as u64
    }

    pub(crate) fn counter(&self, pool: u32, counter: Counter) -> u64 {
        self.counters.get(&pool).and_then(|counts| counts.get(&counter)).copied().unwrap_or(0)
    }

    /// Each counter of the pool against what its events say. For a pool that was recorded wholly.
    pub(crate) fn check(&self, pool: u32) {
        let tier = |wanted: Tier| move |action: &Action| matches!(action, Action::Get { tier, .. } if *tier == wanted);
        let dropped =
            |wanted: DropReason| move |action: &Action| matches!(action, Action::Drop { reason } if *reason == wanted);
        let of_events = [
            (Counter::Gets, self.count(pool, |action| matches!(action, Action::Get { .. }))),
            (Counter::Puts, self.count(pool, |action| matches!(action, Action::Put { .. }))),
            (Counter::News, self.count(pool, |action| matches!(action, Action::New { .. }))),
            (Counter::Attached, self.count(pool, |action| matches!(action, Action::Attach { .. }))),
            (Counter::Detached, self.count(pool, |action| matches!(action, Action::Detach { .. }))),
            (Counter::HitsPrivate, self.count(pool, tier(Tier::Private))),
            (Counter::HitsShared, self.count(pool, tier(Tier::Shared))),
            (Counter::HitsStolen, self.count(pool, tier(Tier::Stolen))),
            (Counter::HitsVictim, self.count(pool, tier(Tier::Victim))),
            (Counter::DroppedPurged, self.count(pool, dropped(DropReason::Purged))),
            (Counter::DroppedCapacity, self.count(pool, dropped(DropReason::Capacity))),
            (Counter::DroppedOversize, self.count(pool, dropped(DropReason::Oversize))),
            (Counter::DroppedAbandoned, self.count(pool, dropped(DropReason::Abandoned))),
            (Counter::DroppedCompacted, self.count(pool, dropped(DropReason::Compacted))),
            (Counter::DroppedPoolClosed, self.count(pool, dropped(DropReason::PoolClosed))),
            (Counter::Purges, self.count(pool, |action| matches!(action, Action::Purge { .. }))),
            (Counter::Waits, self.count(pool, |action| matches!(action, Action::Wait { .. }))),
            (Counter::Timeouts, self.count(pool, |action| matches!(action, Action::Wait { timed_out: true, .. }))),
            (Counter::Contended, self.count(pool, |action| matches!(action, Action::Contended { .. }))),
            (Counter::Misuses, self.count(pool, |action| matches!(action, Action::Misuse { .. }))),
            (Counter::Leaks, self.count(pool, |action| matches!(action, Action::Leak { .. }))),
            (Counter::Unleaked, self.count(pool, |action| matches!(action, Action::Unleaked { .. }))),
        ];
        for (counter, events) in of_events {
            assert_eq!(self.counter(pool, counter), events, "{counter:?} of pool {pool}");
        }
        let live = self.live.get(&pool).expect("a live set");
        let there = [Counter::Active, Counter::Idle, Counter::Victim].map(|state| self.counter(pool, state));
        assert_eq!(live.objects.len() as u64, there.iter().sum::<u64>(), "live objects of pool {pool}");
    }
}
