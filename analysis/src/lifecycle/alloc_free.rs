//! Lives of all of a Go program's heap objects, from the events of `GODEBUG=traceallocfree=1`: made, freed, and how many
//! cycles of the collector each survived. Where an object is between is not known. Objects of a type stand for a pool.

use rustc_hash::FxHashMap;

use crate::model::pool::{DropReason, EventKind, History, Making, Object, ObjectEvent, Pool};
use crate::model::trace::{AllocFreeEvent, AllocFreeType, EventType, Trace};
use crate::model::{ObjectId, PoolId, StackId, StringId, Symbols};

/// Types that are told apart; beyond, the last stands for all others.
const MAX_TYPES: usize = 1 << 16;

/// An object that lives at an address.
struct Living {
    object: ObjectId,
    cycles_before: u32,
}

/// What these events told so far. An object's generation is the number of cycles that it survived.
pub(super) struct Walk {
    pub(super) history: History,
    begin: i64,
    /// The next event.
    next: usize,
    /// When each cycle ended, and how many had by now.
    cycle_ends: Vec<i64>,
    cycle: usize,
    unknown: StringId,
    pools: FxHashMap<u64, PoolId>,
    living: FxHashMap<u64, Living>,
    no_stack: StackId,
}

impl Walk {
    /// At the first event; `None` when there are none.
    pub(super) fn new(begin: i64, trace: &Trace, symbols: &mut Symbols) -> Option<Self> {
        if trace.alloc_free.is_empty() {
            return None;
        }
        let ends = trace.events.iter().filter(|event| event.event_type == EventType::GcEnd);
        Some(Self {
            history: History::default(),
            begin,
            next: 0,
            cycle_ends: ends.map(|event| event.time).collect(),
            cycle: 0,
            unknown: symbols.strings.intern("(type unknown)"),
            pools: FxHashMap::default(),
            living: FxHashMap::default(),
            no_stack: symbols.stacks.intern(&[]),
        })
    }

    /// Walks over at most `most` further events; `true` when there are none left.
    pub(super) fn follow(&mut self, trace: &Trace, most: usize) -> bool {
        for _ in 0..most {
            let Some(event) = trace.alloc_free.get(self.next) else { break };
            self.next += 1;
            self.see(&event, trace);
        }
        self.next >= trace.alloc_free.len()
    }

    fn see(&mut self, event: &AllocFreeEvent, trace: &Trace) {
        while self.cycle_ends.get(self.cycle).is_some_and(|&end| end <= event.time) {
            self.cycle += 1;
        }
        let (time, cycle) = (event.time.saturating_sub(self.begin), self.cycle as u32);
        match event.kind {
            AllocFreeType::Object | AllocFreeType::ObjectAlloc => {
                self.ended(event.number, time, cycle);
                let kind = trace.alloc_free.types.get((event.detail as usize).wrapping_sub(1));
                let (name, bytes) = kind.map_or((self.unknown, 0), |kind| (kind.name, kind.size_bytes));
                let pool = self.pool(event.detail, name, bytes);
                let is_new = event.kind == AllocFreeType::ObjectAlloc;
                self.begun(event.number, pool, bytes, time, cycle, is_new);
            }
            AllocFreeType::ObjectFree => self.ended(event.number, time, cycle),
            _ => {}
        }
    }

    fn pool(&mut self, detail: u64, name: StringId, bytes: u64) -> PoolId {
        let history = &mut self.history;
        *self.pools.entry(detail).or_insert_with(|| match history.last_pool() {
            Some(last) if history.pools.len() >= MAX_TYPES => last,
            _ => history.add_pool(Pool {
                number: detail,
                name,
                type_name: name,
                object_bytes: bytes,
                record_every: 1,
                ..Pool::default()
            }),
        })
    }

    fn begun(&mut self, address: u64, pool: PoolId, bytes: u64, time: i64, cycle: u32, is_new: bool) {
        let number = self.history.objects.len() as u64 + 1;
        let object = self.history.add_object(Object { pool, number });
        let kind = if is_new { EventKind::New } else { EventKind::FoundIdle };
        if let Some(Making { count, bytes: sum, .. }) =
            self.history.pools.get_mut(pool.index()).map(|pool| &mut pool.making).filter(|_| is_new)
        {
            *count += 1;
            *sum = sum.saturating_add(bytes);
        }
        self.push(object, kind, time, bytes, 0);
        self.living.insert(address, Living { object, cycles_before: cycle });
    }

    fn ended(&mut self, address: u64, time: i64, cycle: u32) {
        if let Some(living) = self.living.remove(&address) {
            let survived = cycle.saturating_sub(living.cycles_before);
            self.push(living.object, EventKind::Drop, time, 0, survived);
        }
    }

    fn push(&mut self, object: ObjectId, kind: EventKind, time: i64, value: u64, generation: u32) {
        let detail = if kind == EventKind::Drop { DropReason::Purged as u8 } else { 0 };
        let stack = self.no_stack;
        self.history.events.push(ObjectEvent {
            time,
            value,
            object,
            generation,
            stack,
            thread: u16::MAX,
            kind,
            detail,
        });
    }
}
