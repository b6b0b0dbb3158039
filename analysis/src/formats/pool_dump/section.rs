//! One process's part of a dump: its ids, its records, its times.

use pool_dump as wire;
use wire::{Action, Batch, LiveState, Record};

use super::ids::Ids;
use super::resolve;
use super::symbols::SectionSymbols;
use crate::formats::warnings::Warnings;
use crate::limits::POOLS;
use crate::model::pool::{
    Counted, EventKind, History, LiveSet, Mark, Object, ObjectEvent, Pool, PoolMark, Process, Thread,
};
use crate::model::{ObjectId, PoolId, StackId, Symbols};

/// Where tables of the history ended when a section began.
#[derive(Clone, Copy, Default)]
pub(super) struct Tail {
    pub(super) events: usize,
    pub(super) marks: usize,
    pub(super) counted: usize,
    pub(super) live_sets: usize,
}

impl Tail {
    pub(super) fn of(history: &History) -> Self {
        Self {
            events: history.events.len(),
            marks: history.marks.len(),
            counted: history.counted.len(),
            live_sets: history.live_sets.len(),
        }
    }
}

/// What is known of the section that is read.
pub(super) struct Section {
    process: u16,
    pub(super) tail: Tail,
    symbols: SectionSymbols,
    no_stack: StackId,
    pools: Ids<PoolId>,
    objects: Ids<ObjectId>,
    threads: Ids<u16>,
    /// What is added to the monotonic clock to make the wall clock, in nanoseconds.
    pub(super) wall_offset: Option<i64>,
    /// The most that a later pair differed from the first, in nanoseconds.
    drift: i64,
    /// First and last time.
    pub(super) times: Option<(i64, i64)>,
    /// Times that lie before the event before of the same thread.
    went_back: u64,
    /// By how much at most, in nanoseconds.
    went_back_by: i64,
    unknown_events: u64,
    lost_at_end: u64,
    /// Pools that are counted to the last of those that are told apart.
    pools_beyond: u64,
}

/// Rows of threads and processes are 16 bits; beyond, the last stands for all others.
fn row_of(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

fn time_of(nanos: wire::Nanos) -> i64 {
    i64::try_from(nanos.0).unwrap_or(i64::MAX)
}

impl Section {
    pub(super) fn begin(history: &mut History, symbols: &mut Symbols, version: String) -> Self {
        history.processes.push(Process { version, ..Process::default() });
        Self {
            process: row_of(history.processes.len() - 1),
            tail: Tail::of(history),
            symbols: SectionSymbols::default(),
            no_stack: symbols.stacks.intern(&[]),
            pools: Ids::default(),
            objects: Ids::default(),
            threads: Ids::default(),
            wall_offset: None,
            drift: 0,
            times: None,
            went_back: 0,
            went_back_by: 0,
            unknown_events: 0,
            lost_at_end: 0,
            pools_beyond: 0,
        }
    }

    fn process<'a>(&self, history: &'a mut History) -> Option<&'a mut Process> {
        history.processes.get_mut(usize::from(self.process))
    }

    pub(super) fn record(
        &mut self,
        record: &Record<'_>,
        history: &mut History,
        symbols: &mut Symbols,
        warnings: &mut Warnings,
    ) {
        match record {
            Record::Process(found) => {
                if let Some(process) = self.process(history) {
                    process.pid = found.pid;
                    process.program.clone_from(&found.program);
                    process.recorder.clone_from(&found.recorder);
                }
            }
            Record::Clock(pair) => {
                let offset = pair.wall.0.saturating_sub(time_of(pair.monotonic));
                let first = *self.wall_offset.get_or_insert(offset);
                self.drift = self.drift.max(offset.saturating_sub(first).saturating_abs());
            }
            Record::Text(id, text) => self.symbols.text(*id, text, symbols),
            Record::Frame(id, frame) => self.symbols.frame(*id, *frame, symbols),
            Record::Stack(id, frames) => self.symbols.stack(*id, frames, symbols),
            Record::Pool(info) => self.pool_info(info, history, symbols),
            Record::Thread(info) => {
                let row = self.thread(info.id, history);
                let name = self.symbols.string(info.name, symbols);
                if let Some(thread) = history.threads.get_mut(usize::from(row)) {
                    thread.name = name;
                }
            }
            Record::Events(batch) => self.events(batch, history, warnings),
            Record::LiveSet(set) => self.live_set(set, history),
            Record::Counters(counters) => {
                let pool = self.pool(counters.pool, history);
                let time = self.see(time_of(counters.time));
                history.counted.push(Counted { time, pool, counts: resolve::counts(&counters.counts) });
            }
            Record::End(end) => {
                self.see(time_of(end.time));
                self.lost_at_end = end.lost;
                if let Some(process) = self.process(history) {
                    process.is_ended = true;
                }
            }
        }
    }

    /// The whole section was read.
    pub(super) fn end(&mut self, history: &mut History, warnings: &mut Warnings) {
        let mut lost = self.lost_at_end;
        let own = |thread: &&Thread| thread.process == self.process;
        let told: u64 =
            history.threads.iter().filter(own).map(|thread| thread.lost_events).fold(0, u64::saturating_add);
        lost = lost.max(told);
        if let Some(process) = self.process(history) {
            process.lost_events = lost;
            if lost > 0 {
                warnings.once(format!(
                    "The recorder of process {} lost {lost} events because its rings were full: what depends on them is \
                     said with less certainty.",
                    process.pid
                ));
            }
        }
        if self.pools_beyond > 0 {
            warnings.once(format!(
                "{POOLS} pools are told apart; {} more are counted to the last of them. Record fewer pools, or give pools that \
                 come and go one name.",
                self.pools_beyond
            ));
        }
        if self.went_back > 0 {
            warnings.once(format!(
                "Clocks went back {} times, by {} ns at most: events of one object are ordered by its hand-outs, so nothing \
                 is lost; lengths of time below that are not to be trusted.",
                self.went_back, self.went_back_by
            ));
        }
        if self.unknown_events > 0 {
            let unknown = self.unknown_events;
            warnings.once(format!("{unknown} events of kinds that came with a newer version were left out."));
        }
        if self.symbols.dangling > 0 {
            let dangling = self.symbols.dangling;
            warnings.once(format!(
                "{dangling} names or stacks are referred to and not in the file; they are shown as unknown."
            ));
        }
        /// A wall clock that is kept by NTP drifts by far less in minutes; a step is worth a word.
        const WORTH_TELLING_NANOS: i64 = 100_000_000;
        if self.drift > WORTH_TELLING_NANOS {
            warnings.once(format!(
                "The wall clock moved by {} ms against the monotonic one while it was recorded; times follow the first pair.",
                self.drift / 1_000_000
            ));
        }
    }

    fn see(&mut self, time: i64) -> i64 {
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
        time
    }

    #[inline]
    fn pool(&mut self, id: wire::PoolId, history: &mut History) -> PoolId {
        if let Some(found) = self.pools.get(u64::from(id.0)) {
            return found;
        }
        let added = match history.last_pool() {
            Some(last) if history.pools.len() >= POOLS => {
                self.pools_beyond += 1;
                last
            }
            _ => history.add_pool(Pool { process: self.process, number: u64::from(id.0), ..Pool::default() }),
        };
        self.pools.insert(u64::from(id.0), added);
        added
    }

    fn pool_info(&mut self, info: &wire::PoolInfo, history: &mut History, symbols: &Symbols) {
        let id = self.pool(info.id, history);
        let [name, type_name, tenant] =
            [info.name, info.type_name, info.tenant].map(|text| self.symbols.string(text, symbols));
        if let Some(pool) = history.pools.get_mut(id.index()) {
            *pool = Pool {
                process: pool.process,
                number: pool.number,
                making: pool.making,
                name,
                type_name,
                tenant,
                object_bytes: info.object_bytes,
                capacity_min: info.capacity_min,
                capacity_max: info.capacity_max,
                shards: info.shards,
                retain_bytes: info.retain_bytes,
                purge_interval_nanos: info.purge_interval_nanos,
                leak_threshold_nanos: info.leak_threshold_nanos,
                record_every: info.record_every,
                has_reset: info.has_reset,
                is_bytes: info.is_bytes,
            };
        }
    }

    fn thread(&mut self, id: wire::ThreadId, history: &mut History) -> u16 {
        if let Some(found) = self.threads.get(u64::from(id.0)) {
            return found;
        }
        if history.threads.len() <= usize::from(u16::MAX) {
            history.threads.push(Thread { process: self.process, number: u64::from(id.0), ..Thread::default() });
        }
        let row = row_of(history.threads.len() - 1);
        self.threads.insert(u64::from(id.0), row);
        row
    }

    #[inline]
    fn object(&mut self, id: wire::ObjectId, pool: PoolId, history: &mut History) -> ObjectId {
        if let Some(found) = self.objects.get(id.0) {
            return found;
        }
        let added = history.add_object(Object { pool, number: id.0 });
        self.objects.insert(id.0, added);
        added
    }

    fn events(&mut self, batch: &Batch<'_>, history: &mut History, warnings: &mut Warnings) {
        let thread = self.thread(batch.thread, history);
        if let Some(row) = history.threads.get_mut(usize::from(thread)) {
            row.lost_events = row.lost_events.saturating_add(batch.lost);
        }
        let mut before = i64::MIN;
        let mut events = batch.events();
        for event in events.by_ref() {
            match event {
                Ok(event) => {
                    let time = time_of(event.time);
                    if time < before {
                        self.went_back += 1;
                        self.went_back_by = self.went_back_by.max(before.saturating_sub(time));
                    }
                    before = time;
                    self.see(time);
                    self.event(&event, time, thread, history);
                }
                Err(bad) => {
                    warnings.count("batches of events could not be read to their end", || {
                        format!("expected {} at offset {}", bad.expected, bad.offset)
                    });
                    if let Some(process) = self.process(history) {
                        process.is_damaged = true;
                    }
                }
            }
        }
        self.unknown_events += events.unknown();
    }

    #[inline]
    fn event(&mut self, event: &wire::Event, time: i64, thread: u16, history: &mut History) {
        let pool = self.pool(event.pool, history);
        let (kind, value, stack, detail) = match event.action {
            Action::New { bytes, nanos, stack } => {
                if let Some(pool) = history.pools.get_mut(pool.index()) {
                    let making = &mut pool.making;
                    making.count += 1;
                    making.bytes = making.bytes.saturating_add(bytes);
                    making.nanos = making.nanos.saturating_add(nanos);
                    making.max_nanos = making.max_nanos.max(nanos);
                }
                (EventKind::New, bytes, stack, 0)
            }
            Action::Attach { bytes, stack } => (EventKind::Attach, bytes, stack, 0),
            Action::Get { tier, stack } => (EventKind::Get, 0, stack, resolve::tier(tier) as u8),
            Action::Put { bytes, stack } => (EventKind::Put, bytes, stack, 0),
            Action::Reset => (EventKind::Reset, 0, wire::StackId(0), 0),
            Action::Age => (EventKind::Age, 0, wire::StackId(0), 0),
            Action::Drop { reason } => (EventKind::Drop, 0, wire::StackId(0), resolve::reason(reason) as u8),
            Action::Detach { stack } => (EventKind::Detach, 0, stack, 0),
            Action::Touch { stack } => (EventKind::Touch, 0, stack, 0),
            Action::Leak { age_nanos } => (EventKind::Leak, age_nanos, wire::StackId(0), 0),
            Action::Unleaked { age_nanos } => (EventKind::Unleaked, age_nanos, wire::StackId(0), 0),
            of_pool => return self.mark(event, of_pool, pool, time, thread, history),
        };
        let stack = self.symbols.stack_of(stack, self.no_stack);
        let object = self.object(event.object, pool, history);
        let generation = event.generation.0;
        history.events.push(ObjectEvent { time, value, object, generation, stack, thread, kind, detail });
    }

    fn mark(
        &mut self,
        event: &wire::Event,
        action: Action,
        pool: PoolId,
        time: i64,
        thread: u16,
        history: &mut History,
    ) {
        let mut stack = self.no_stack;
        let what = match action {
            Action::Wait { nanos, timed_out, stack: at } => {
                stack = self.symbols.stack_of(at, self.no_stack);
                Mark::Wait { nanos, timed_out }
            }
            Action::Contended { nanos } => Mark::Contended { nanos },
            Action::Purge { aged, dropped } => Mark::Purge { aged, dropped },
            Action::ChunkNew { bytes } => Mark::ChunkNew { bytes },
            Action::ChunkFree { bytes } => Mark::ChunkFree { bytes },
            Action::Fragmentation { permille } => Mark::Fragmentation { permille },
            Action::Compact { released, moved, failed } => Mark::Compact { released, moved, failed },
            Action::Quota { used, limit, refused } => Mark::Quota { used, limit, refused },
            Action::AllocFailed { bytes } => Mark::AllocFailed { bytes },
            Action::Misuse { kind, owner, stack: at } => {
                stack = self.symbols.stack_of(at, self.no_stack);
                let owner = (owner.0 != 0).then(|| self.pool(owner, history));
                // An object that is never met otherwise has no life here.
                let object = if event.object.0 == 0 { None } else { self.objects.get(event.object.0) };
                Mark::Misuse { kind: resolve::misuse(kind), object, generation: event.generation.0, owner }
            }
            // What happens to objects is no mark.
            _ => return,
        };
        history.marks.push(PoolMark { time, pool, thread, stack, what });
    }

    fn live_set(&mut self, set: &wire::LiveSet, history: &mut History) {
        let pool = self.pool(set.pool, history);
        let time = self.see(time_of(set.time));
        let read = set.objects.len() as u64;
        let of_section = history.live_sets.get_mut(self.tail.live_sets..).unwrap_or_default();
        // A large set comes in several records.
        match of_section.iter_mut().rev().find(|known| known.pool == pool).filter(|known| known.time == time) {
            Some(known) => known.read = known.read.saturating_add(read),
            None => history.live_sets.push(LiveSet { time, pool, total: set.total, read }),
        }
        for found in &set.objects {
            let kind = match found.state {
                LiveState::Active => EventKind::FoundActive,
                LiveState::Idle => EventKind::FoundIdle,
                LiveState::Victim => EventKind::FoundVictim,
                LiveState::Other(_) => continue,
            };
            let is_since_known = found.since.0 != 0;
            let since = if is_since_known { self.see(time_of(found.since)) } else { time };
            let thread = if found.thread.0 == 0 { u16::MAX } else { self.thread(found.thread, history) };
            let stack = self.symbols.stack_of(found.stack, self.no_stack);
            let object = self.object(found.object, pool, history);
            history.events.push(ObjectEvent {
                time: since,
                value: found.bytes,
                object,
                generation: found.generation.0,
                stack,
                thread,
                kind,
                detail: u8::from(is_since_known),
            });
        }
    }
}
