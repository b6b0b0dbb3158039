//! Lives of a Go program's pooled objects, from what contrib/go/poolscope says in an execution trace: a log
//! `pool.new`, `pool.get` or `pool.put` with the pool's name, the object's address, its size and its type.
//!
//! Purges are not said; they follow from the collector. Each cycle begins with one purge of every `sync.Pool` while the
//! world is stopped (Go: sync/pool.go, `poolCleanup`; runtime/mgc.go, `clearpools`): what is idle becomes a victim, and
//! victims are dropped. That an object which is out has died is seen when its address is made anew, or exactly where the
//! trace has allocations and frees (`GODEBUG=traceallocfree=1`).

use rustc_hash::FxHashMap;

use crate::model::pool::{
    DropReason, EventKind, History, Mark, Misuse, Object, ObjectEvent, Pool, PoolMark, Thread, Tier,
};
use crate::model::trace::{AllocFreeType, Event, EventType, Goroutine, Trace};
use crate::model::{ObjectId, PoolId, StackId, StringId, Symbols};

/// Names of the logs.
const NEW: &str = "pool.new";
const GET: &str = "pool.get";
const PUT: &str = "pool.put";

/// How the name of the region around a New begins; the pool's follows.
const NEW_REGION: &str = "pool.New ";

/// Where the program's pools have an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Made, for a get that comes next.
    Made,
    Out,
    Idle,
    Victim,
}

/// An object that lives at an address.
#[derive(Clone, Copy)]
struct Living {
    object: ObjectId,
    pool: PoolId,
    generation: u32,
    place: Place,
}

/// What annotations told so far.
pub(super) struct Walk {
    pub(super) history: History,
    begin: i64,
    /// The next event, and the next allocation or free.
    next: usize,
    next_free: usize,
    no_stack: StackId,
    pools: FxHashMap<StringId, PoolId>,
    living: FxHashMap<u64, Living>,
    threads: FxHashMap<u32, u16>,
    /// When the New began that a goroutine is in.
    making: FxHashMap<Goroutine, i64>,
    /// Stacks without the wrapper's own frames.
    callers: FxHashMap<StackId, StackId>,
}

/// One log, taken apart.
struct Said {
    time: i64,
    thread: u16,
    stack: StackId,
    pool: PoolId,
    bytes: u64,
}

impl Walk {
    /// At the first event; `None` when no log of these names is in the trace.
    pub(super) fn new(begin: i64, symbols: &mut Symbols) -> Option<Self> {
        [NEW, GET, PUT].into_iter().find_map(|name| symbols.strings.find(name))?;
        Some(Self {
            history: History::default(),
            begin,
            next: 0,
            next_free: 0,
            no_stack: symbols.stacks.intern(&[]),
            pools: FxHashMap::default(),
            living: FxHashMap::default(),
            threads: FxHashMap::default(),
            making: FxHashMap::default(),
            callers: FxHashMap::default(),
        })
    }

    /// Walks over at most `most` further events; `true` when there are none left.
    pub(super) fn follow(&mut self, trace: &Trace, symbols: &mut Symbols, most: usize) -> bool {
        for event in trace.events.iter_from(self.next).take(most) {
            self.next = event.index + 1;
            self.free_until(event.time, trace);
            match event.event_type {
                EventType::Log => self.log(&event, trace, symbols),
                EventType::RegionBegin => self.region(&event, symbols),
                EventType::GcBegin => self.purge(event.time),
                _ => {}
            }
        }
        let is_done = self.next >= trace.events.len();
        if is_done {
            self.free_until(i64::MAX, trace);
        }
        is_done
    }

    fn free_until(&mut self, time: i64, trace: &Trace) {
        while let Some(other) = trace.alloc_free.get(self.next_free).filter(|other| other.time <= time) {
            self.next_free += 1;
            if other.kind == AllocFreeType::ObjectFree {
                let layout = &trace.alloc_free.layout;
                let address = layout.min_address.wrapping_add(other.number.wrapping_mul(layout.align_bytes));
                self.freed(address, other.time);
            }
        }
    }

    fn log(&mut self, event: &Event<'_>, trace: &Trace, symbols: &mut Symbols) {
        let (Some(resource), Some(message)) = (event.resource(), event.message()) else { return };
        let kind = match symbols.strings.get(resource.name) {
            NEW => EventKind::New,
            GET => EventKind::Get,
            PUT => EventKind::Put,
            _ => return,
        };
        let began = event.context.goroutine.filter(|_| kind == EventKind::New).and_then(|at| self.making.remove(&at));
        let mut fields = symbols.strings.get(message).split('\t');
        let (Some(name), Some(address), Some(bytes)) = (fields.next(), fields.next(), fields.next()) else { return };
        let address = address.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
        // A value without an address of its own cannot be followed.
        let Some(address) = address.filter(|&address| address != 0) else { return };
        let bytes = bytes.parse().unwrap_or(0);
        let (name, type_name) = (name.to_owned(), fields.next().unwrap_or("").to_owned());
        let (name, type_name) = (symbols.strings.intern(&name), symbols.strings.intern(&type_name));
        let said = Said {
            time: event.time.saturating_sub(self.begin),
            thread: self.thread(event, trace, symbols),
            stack: event.stack().map_or(self.no_stack, |stack| self.caller(stack, symbols)),
            pool: self.pool(name, type_name),
            bytes,
        };
        if kind == EventKind::Put && self.history.pool(said.pool).is_some_and(|pool| pool.type_name != type_name) {
            self.misuse(&said, Misuse::WrongType, None);
        }
        match kind {
            EventKind::New => {
                self.made(address, &said);
                self.took(&said, began.map_or(0, |began| event.time.saturating_sub(began)));
            }
            EventKind::Get => self.got(address, &said),
            _ => self.put(address, &said),
        }
    }

    /// A New begins; its log comes just before its end.
    fn region(&mut self, event: &Event<'_>, symbols: &Symbols) {
        let Some((resource, goroutine)) = event.resource().zip(event.context.goroutine) else { return };
        if symbols.strings.get(resource.name).starts_with(NEW_REGION) {
            self.making.insert(goroutine, event.time);
        }
    }

    /// What it took to make an object.
    fn took(&mut self, said: &Said, nanos: i64) {
        let Some(pool) = self.history.pools.get_mut(said.pool.index()) else { return };
        let nanos = u64::try_from(nanos).unwrap_or(0);
        pool.making.count += 1;
        pool.making.bytes = pool.making.bytes.saturating_add(said.bytes);
        pool.making.nanos = pool.making.nanos.saturating_add(nanos);
        pool.making.max_nanos = pool.making.max_nanos.max(nanos);
    }

    fn made(&mut self, address: u64, said: &Said) {
        // The address is free for another only when the object that was there has died.
        self.died(address, said.time);
        let living = self.begin_life(said, Place::Made);
        self.push(&living, EventKind::New, said, said.bytes, 0);
        self.keep(address, living);
    }

    fn got(&mut self, address: u64, said: &Said) {
        let known = self.living.get(&address).copied().filter(|living| living.pool == said.pool);
        let mut living = known.unwrap_or_else(|| {
            // Pooled before the trace began.
            let living = self.begin_life(said, Place::Idle);
            self.push(&living, EventKind::FoundIdle, said, said.bytes, 0);
            living
        });
        let tier = match living.place {
            Place::Made => Tier::New,
            Place::Victim => Tier::Victim,
            Place::Out | Place::Idle => Tier::Unknown,
        };
        living.generation += 1;
        living.place = Place::Out;
        self.push(&living, EventKind::Get, said, 0, tier as u8);
        self.keep(address, living);
    }

    fn put(&mut self, address: u64, said: &Said) {
        let known = self.living.get(&address).copied();
        let mut living = match known {
            Some(living) if living.pool == said.pool => living,
            Some(living) => {
                // Into another pool than its own, which has lost it.
                self.misuse(said, Misuse::WrongPool, Some(&living));
                self.push(&living, EventKind::Detach, said, 0, 0);
                let living = self.begin_life(said, Place::Idle);
                self.push(&living, EventKind::Attach, said, said.bytes, 0);
                return self.keep(address, living);
            }
            None => {
                // Out since before the trace began.
                let living = self.begin_life(said, Place::Out);
                self.push(&living, EventKind::FoundActive, said, said.bytes, 0);
                living
            }
        };
        living.place = Place::Idle;
        self.push(&living, EventKind::Put, said, said.bytes, 0);
        self.keep(address, living);
    }

    /// A cycle of the collector begins.
    fn purge(&mut self, time: i64) {
        let time = time.saturating_sub(self.begin);
        let mut idle: Vec<(u64, Living)> = self
            .living
            .iter()
            .filter(|(_, living)| matches!(living.place, Place::Idle | Place::Victim))
            .map(|(address, living)| (*address, *living))
            .collect();
        idle.sort_unstable_by_key(|(_, living)| living.object);
        let mut counts = vec![(0_u64, 0_u64); self.history.pools.len()];
        for (address, mut living) in idle {
            let is_victim = living.place == Place::Victim;
            if let Some((aged, dropped)) = counts.get_mut(living.pool.index()) {
                *aged += u64::from(!is_victim);
                *dropped += u64::from(is_victim);
            }
            if is_victim {
                self.end_life(&living, time, DropReason::Purged);
                self.living.remove(&address);
            } else {
                let said = self.quiet(&living, time);
                self.push(&living, EventKind::Age, &said, 0, 0);
                living.place = Place::Victim;
                self.keep(address, living);
            }
        }
        let pools: Vec<PoolId> = self.history.pools().map(|(id, _)| id).collect();
        for (pool, (aged, dropped)) in pools.into_iter().zip(counts) {
            let what = Mark::Purge { aged, dropped };
            self.history.marks.push(PoolMark { time, pool, thread: u16::MAX, stack: self.no_stack, what });
        }
    }

    /// The collector freed what was at an address.
    fn freed(&mut self, address: u64, time: i64) {
        self.died(address, time.saturating_sub(self.begin));
    }

    fn died(&mut self, address: u64, time: i64) {
        if let Some(living) = self.living.remove(&address) {
            let is_out = matches!(living.place, Place::Out | Place::Made);
            self.end_life(&living, time, if is_out { DropReason::Abandoned } else { DropReason::Purged });
        }
    }

    fn begin_life(&mut self, said: &Said, place: Place) -> Living {
        let number = self.history.objects.len() as u64 + 1;
        let object = self.history.add_object(Object { pool: said.pool, number });
        Living { object, pool: said.pool, generation: 0, place }
    }

    fn end_life(&mut self, living: &Living, time: i64, reason: DropReason) {
        let said = self.quiet(living, time);
        self.push(living, EventKind::Drop, &said, 0, reason as u8);
    }

    /// What the collector does is nobody's.
    fn quiet(&self, living: &Living, time: i64) -> Said {
        Said { time, thread: u16::MAX, stack: self.no_stack, pool: living.pool, bytes: 0 }
    }

    fn keep(&mut self, address: u64, living: Living) {
        self.living.insert(address, living);
    }

    fn push(&mut self, living: &Living, kind: EventKind, said: &Said, value: u64, detail: u8) {
        self.history.events.push(ObjectEvent {
            time: said.time,
            value,
            object: living.object,
            generation: living.generation,
            stack: said.stack,
            thread: said.thread,
            kind,
            detail,
        });
    }

    fn misuse(&mut self, said: &Said, kind: Misuse, living: Option<&Living>) {
        let what = Mark::Misuse {
            kind,
            object: living.map(|living| living.object),
            generation: living.map_or(0, |living| living.generation),
            owner: living.map(|living| living.pool),
        };
        let Said { time, thread, stack, pool, .. } = *said;
        self.history.marks.push(PoolMark { time, pool, thread, stack, what });
    }

    fn pool(&mut self, name: StringId, type_name: StringId) -> PoolId {
        let history = &mut self.history;
        *self.pools.entry(name).or_insert_with(|| {
            let number = history.pools.len() as u64 + 1;
            history.add_pool(Pool { number, name, type_name, record_every: 1, ..Pool::default() })
        })
    }

    /// Pools are kept by processor: an object that is put on another than it was got on is one that moved.
    fn thread(&mut self, event: &Event<'_>, trace: &Trace, symbols: &mut Symbols) -> u16 {
        let Some(proc) = event.context.proc else { return u16::MAX };
        let history = &mut self.history;
        *self.threads.entry(proc.index() as u32).or_insert_with(|| {
            let row = u16::try_from(history.threads.len()).unwrap_or(u16::MAX);
            let number = trace.procs.id(proc).map_or(0, |id| id.0);
            let name = symbols.strings.intern(&format!("P {number}"));
            history.threads.push(Thread { number, name, ..Thread::default() });
            row
        })
    }

    fn caller(&mut self, stack: StackId, symbols: &mut Symbols) -> StackId {
        *self.callers.entry(stack).or_insert_with(|| {
            let locations = symbols.stacks.get(stack);
            let is_own = |location: &crate::model::LocationId| {
                let mut names = symbols.function_names(std::slice::from_ref(location));
                names.next().is_some_and(|name| is_wrapper(symbols.strings.get(name)))
            };
            let own = locations.iter().take_while(|location| is_own(location)).count();
            let rest = locations.get(own..).unwrap_or_default().to_vec();
            symbols.stacks.intern(&rest)
        })
    }
}

/// Whether a function stands between the program and its log.
fn is_wrapper(function: &str) -> bool {
    function.starts_with("runtime/trace.")
        || function.starts_with("sync.(*Pool).")
        || function.contains("poolscope.(*Pool).")
}
