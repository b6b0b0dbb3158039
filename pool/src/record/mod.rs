//! The recorder, as pools see it: is it on, here is an event. One recorder runs in a process at a time.

mod heap;
mod proto;
mod recorder;
mod ring;
mod running;
mod sink;

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

use pool_dump::{Action, Counters, LiveSet, Nanos, PoolInfo, StringId};

use crate::clock::{self, Scale, Ticks};
use crate::core::{Core, Site, lock};
use crate::local::thread_number;

pub use recorder::{Dump, Fault, RecordError, Recorder, RecorderBuilder};
use ring::{RawEvent, Ring};
pub(crate) use running::{dump_now, tend};
use sink::Source;

/// A pool, as the recorder sees it.
pub(crate) trait Inspect: Send + Sync {
    fn id(&self) -> u32;
    fn name(&self) -> &str;
    fn type_name(&self) -> &'static str;
    fn info(&self, string: &mut dyn FnMut(&str) -> StringId) -> PoolInfo;
    fn counters(&self, time: Nanos) -> Counters;
    fn live_set(&self, time: Nanos, scale: Scale) -> (LiveSet, Vec<Option<Site>>);
    /// The rate of recording has changed.
    fn rewatch(&self);
    /// Whether it is purged when memory is short.
    fn minds_pressure(&self) -> bool;
    /// Leak scan and purge, where they are due.
    fn tend(&self, pressure: bool);
    /// Gauges and counters to the `metrics` facade.
    #[cfg(feature = "metrics")]
    fn publish(&self);
}

/// Of the recorder that runs; 0 while none does.
static CURRENT: AtomicU32 = AtomicU32::new(0);
/// One get in so many is recorded; `u32::MAX` while no recorder runs.
static EVERY: AtomicU32 = AtomicU32::new(u32::MAX);
/// Room for events in the ring of each thread.
static RING_EVENTS: AtomicU32 = AtomicU32::new(0);
/// For all threads that are ending, which have no ring any more.
static ENDING: Mutex<Option<Arc<Source>>> = Mutex::new(None);
static SOURCES: Mutex<Vec<Arc<Source>>> = Mutex::new(Vec::new());
static POOLS: Mutex<Vec<(u32, Weak<dyn Inspect>)>> = Mutex::new(Vec::new());

thread_local! {
    static MINE: RefCell<Option<Arc<Source>>> = const { RefCell::new(None) };
}

/// One get in so many is recorded; `u32::MAX` for none.
pub(crate) fn every() -> u32 {
    EVERY.load(Ordering::Relaxed)
}

/// Whether a recorder runs.
pub(crate) fn is_on() -> bool {
    CURRENT.load(Ordering::Relaxed) != 0
}

/// Records what happened now, if a recorder runs. For what happens seldom; gets and puts ask for their turn first.
pub(crate) fn note(pool: u32, object: u64, generation: u32, action: Action, site: Option<Site>) {
    if is_on() {
        note_at(clock::now(), pool, object, generation, action, site);
    }
}

/// Records what happened at a time.
#[inline]
pub(crate) fn note_at(time: Ticks, pool: u32, object: u64, generation: u32, action: Action, site: Option<Site>) {
    let current = CURRENT.load(Ordering::Relaxed);
    if current == 0 {
        return;
    }
    let event = RawEvent { time, object, site, pool, generation, action };
    let noted = MINE.try_with(|mine| {
        let mut mine = mine.try_borrow_mut().ok()?;
        let source = match &*mine {
            Some(source) if source.recorder == current => source,
            _ => mine.insert(own_source(current)),
        };
        // SAFETY: the ring stands in this thread's own storage, and no other thread pushes into it.
        unsafe { source.ring.push(event) };
        Some(())
    });
    if noted.ok().flatten().is_none() {
        note_at_end(current, event);
    }
}

#[cold]
fn note_at_end(current: u32, event: RawEvent) {
    let mut ending = lock(&ENDING);
    let source = match &*ending {
        Some(source) if source.recorder == current => source,
        _ => ending.insert(new_source(current, 0, "(ending threads)".to_owned())),
    };
    // SAFETY: whoever pushes into this ring has the lock.
    unsafe { source.ring.push(event) };
}

#[cold]
fn own_source(recorder: u32) -> Arc<Source> {
    new_source(recorder, thread_number(), std::thread::current().name().unwrap_or_default().to_owned())
}

fn new_source(recorder: u32, thread: u32, name: String) -> Arc<Source> {
    let ring = Ring::new(RING_EVENTS.load(Ordering::Relaxed) as usize);
    let source = Arc::new(Source { recorder, thread, name, ring });
    lock(&SOURCES).push(Arc::clone(&source));
    source
}

/// From now on the pool is in dumps.
pub(crate) fn add_pool<T: Send + 'static>(core: &Arc<Core<T>>) {
    let pool: Arc<dyn Inspect> = Arc::clone(core) as _;
    lock(&POOLS).push((core.id, Arc::downgrade(&pool)));
    core.rewatch();
}

/// The pool is at its end: its last counts go to the trace.
pub(crate) fn forget_pool(pool: &dyn Inspect) {
    lock(&POOLS).retain(|(id, _)| *id != pool.id());
    running::last_counts(pool);
}

/// Whether a pool of this number lives.
pub(crate) fn is_pool(id: u32) -> bool {
    lock(&POOLS).iter().any(|(known, _)| *known == id)
}

/// All pools that live. To be dropped without any lock held: one may be the last to have its pool.
pub(crate) fn pools() -> Vec<Arc<dyn Inspect>> {
    lock(&POOLS).iter().filter_map(|(_, pool)| pool.upgrade()).collect()
}
