//! Lives of all of a Go program's heap objects, from the events of `GODEBUG=traceallocfree=1`: made, freed, and how many
//! cycles of the collector each survived. Where an object is between is not known. Objects of a type stand for a pool.

use rustc_hash::FxHashMap;

use super::annotations::finish;
use crate::model::pool::{DropReason, EventKind, History, Making, Object, ObjectEvent, Pool, Source};
use crate::model::trace::{AllocFreeType, EventType, Trace};
use crate::model::{ObjectId, PoolId, StackId, Symbols};

/// Types that are told apart; beyond, the last stands for all others.
const MAX_TYPES: usize = 1 << 16;

/// An object that lives at an address.
struct Living {
    object: ObjectId,
    cycles_before: u32,
}

/// The history of a trace's objects by type; `None` when it has no such events. An object's generation is the number of
/// cycles that it survived.
pub fn from_alloc_free(trace: &Trace, symbols: &mut Symbols) -> Option<History> {
    let (begin, end) = trace.span()?;
    if trace.alloc_free.is_empty() {
        return None;
    }
    let no_stack = symbols.stacks.intern(&[]);
    let unknown = symbols.strings.intern("(type unknown)");
    let mut walk =
        Walk { history: History::default(), pools: FxHashMap::default(), living: FxHashMap::default(), no_stack };
    let mut cycles = trace.events.iter().filter(|event| event.event_type == EventType::GcEnd).peekable();
    let mut cycle = 0_u32;
    for event in trace.alloc_free.iter() {
        while cycles.next_if(|end| end.time <= event.time).is_some() {
            cycle += 1;
        }
        let time = event.time.saturating_sub(begin);
        match event.kind {
            AllocFreeType::Object | AllocFreeType::ObjectAlloc => {
                walk.ended(event.number, time, cycle);
                let kind = trace.alloc_free.types.get((event.detail as usize).wrapping_sub(1));
                let (name, bytes) = kind.map_or((unknown, 0), |kind| (kind.name, kind.size_bytes));
                let pool = walk.pool(event.detail, name, bytes);
                let is_new = event.kind == AllocFreeType::ObjectAlloc;
                walk.begun(event.number, pool, bytes, time, cycle, is_new);
            }
            AllocFreeType::ObjectFree => walk.ended(event.number, time, cycle),
            _ => {}
        }
    }
    let mut history = walk.history;
    if history.events.is_empty() {
        return None;
    }
    history.source = Source::AllocFree;
    finish(&mut history, trace, (begin, end));
    Some(history)
}

struct Walk {
    history: History,
    pools: FxHashMap<u64, PoolId>,
    living: FxHashMap<u64, Living>,
    no_stack: StackId,
}

impl Walk {
    fn pool(&mut self, detail: u64, name: crate::model::StringId, bytes: u64) -> PoolId {
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
