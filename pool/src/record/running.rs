//! The recorder that runs: its start and its end, and what makes it dump. A fault (a full disk, no permission) is counted and
//! told, and never more than that: the program it records goes on.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, Once};
use std::time::{Duration, Instant};

use super::heap::{self, PoolHeap};
use super::recorder::{Dump, Fault, RecordError, RecorderBuilder};
use super::sink::{Sink, Source};
use super::{CURRENT, EVERY, Inspect, RING_EVENTS, SOURCES, is_on, pools};
use crate::clock;
use crate::core::lock;
use crate::local::thread_number;
use crate::upkeep;

/// The running recorder.
struct Running {
    sink: Sink,
    folder: Option<PathBuf>,
    name: String,
    every: u32,
    period: Option<Duration>,
    last: Instant,
    dumps: u32,
    faults: u64,
    last_fault: Option<String>,
}

static RUNNING: Mutex<Option<Running>> = Mutex::new(None);
/// The thread that has the lock on it; 0 for none.
static HOLDER: AtomicU32 = AtomicU32::new(0);

/// The lock, in the hands of this thread.
struct Hold(MutexGuard<'static, Option<Running>>);

/// Waits for the lock. `None`: this thread has it already, as it panics, exits or drops a pool in the writer it was given.
fn hold() -> Option<Hold> {
    let me = thread_number();
    // Nobody else stores this number.
    if HOLDER.load(Ordering::Relaxed) == me {
        return None;
    }
    let running = lock(&RUNNING);
    HOLDER.store(me, Ordering::Relaxed);
    Some(Hold(running))
}

impl Drop for Hold {
    fn drop(&mut self) {
        HOLDER.store(0, Ordering::Relaxed);
    }
}

/// Starts recording as the builder says. `trace` is what an error names.
pub(super) fn start(
    setup: RecorderBuilder,
    out: Box<dyn Write + Send>,
    folder: Option<PathBuf>,
    trace: PathBuf,
) -> Result<(), RecordError> {
    clock::prepare();
    let Some(mut running) = hold().filter(|running| running.0.is_none()) else { return Err(RecordError::Running) };
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let sink = Sink::new(out, setup.every).map_err(|error| RecordError::Io(trace, error))?;
    *running.0 = Some(Running {
        sink,
        folder,
        name: setup.name,
        every: setup.every,
        period: setup.period,
        last: Instant::now(),
        dumps: 0,
        faults: 0,
        last_fault: None,
    });
    drop(running);
    RING_EVENTS.store(setup.ring_events, Ordering::Relaxed);
    CURRENT.store(id, Ordering::Relaxed);
    EVERY.store(setup.every, Ordering::Relaxed);
    let pools = pools();
    pools.iter().for_each(|pool| pool.rewatch());
    if let Some(mut hold) = hold()
        && let Some(running) = &mut *hold.0
    {
        // What is there already, of which no event tells.
        for pool in &pools {
            let snapshot = running.sink.snapshot(&**pool);
            running.note_fault(snapshot);
        }
    }
    if setup.on_panic {
        hook_panics();
    }
    stop_at_exit();
    upkeep::start();
    Ok(())
}

/// The last dump, and the end mark.
pub(super) fn stop() {
    // First off, so that nothing is added behind the last dump.
    CURRENT.store(0, Ordering::Relaxed);
    EVERY.store(u32::MAX, Ordering::Relaxed);
    for pool in pools() {
        pool.rewatch();
    }
    dump_now();
    lock(&SOURCES).clear();
    let running = hold().and_then(|mut running| running.0.take());
    if let Some(Err(error)) = running.map(|running| running.sink.finish()) {
        eprintln!("The pool trace could not be ended: {error}.");
    }
}

/// Makes `std::process::exit`, which drops nothing, stop a recorder that still runs.
#[cfg(unix)]
fn stop_at_exit() {
    extern "C" fn at_exit() {
        if is_running() {
            stop();
        }
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: atexit keeps a pointer to a function, which is there for ever; a panic in it would abort, not unwind.
        unsafe { libc::atexit(at_exit) };
    });
}

#[cfg(not(unix))]
fn stop_at_exit() {}

/// Whether a recorder runs, or is about to end.
pub(super) fn is_running() -> bool {
    hold().is_some_and(|running| running.0.is_some())
}

/// What went wrong since recording began.
pub(super) fn faults() -> Fault {
    let hold = hold();
    let running = hold.as_ref().and_then(|hold| hold.0.as_ref());
    running.map_or_else(Fault::default, |running| Fault { count: running.faults, last: running.last_fault.clone() })
}

impl Running {
    fn note_fault<V>(&mut self, result: io::Result<V>) -> Option<V> {
        result
            .inspect_err(|error| {
                self.faults += 1;
                self.last_fault = Some(error.to_string());
            })
            .ok()
    }

    fn dump(&mut self, sources: &[Arc<Source>], pools: &[Arc<dyn Inspect>]) -> Dump {
        self.last = Instant::now();
        let drained = self.sink.drain(sources, pools);
        self.note_fault(drained);
        let mut heaps = Vec::new();
        for pool in pools {
            let snapshot = self.sink.snapshot(&**pool);
            let Some(live) = self.note_fault(snapshot) else { continue };
            let mine = self.sink.handed_out.iter().filter(|((id, _), _)| *id == pool.id());
            heaps.push(PoolHeap {
                name: pool.name().to_owned(),
                type_name: pool.type_name(),
                live,
                handed_out: mine.map(|((_, stack), sum)| (*stack, *sum)).collect(),
            });
        }
        let clock = self.sink.clock();
        self.note_fault(clock);
        let flushed = self.sink.flush();
        self.note_fault(flushed);
        let Some(folder) = self.folder.clone() else { return Dump::default() };
        let heap = folder.join(format!("heap-{}-{:03}.pb.gz", self.name, self.dumps));
        self.dumps += 1;
        let encoded = heap::encode(&heaps, &self.sink.places, clock::pair().wall.0, self.every);
        let written = encoded.and_then(|bytes| write_whole(&heap, &bytes));
        let heap = self.note_fault(written).map(|()| heap);
        Dump { heap, trace: Some(folder.join(format!("{}.pooltrace", self.name))) }
    }
}

/// A file that is there is whole: it gets its name last.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

/// Dumps if a recorder runs.
pub(crate) fn dump_now() -> Option<Dump> {
    // Before the lock, and so dropped after it: the last `Arc` of a pool writes its last counts.
    let pools = pools();
    let mut hold = hold()?;
    let sources = lock(&SOURCES).clone();
    hold.0.as_mut().map(|running| running.dump(&sources, &pools))
}

/// The last counts of a pool at its end.
pub(super) fn last_counts(pool: &dyn Inspect) {
    if is_on()
        && let Some(mut hold) = hold()
        && let Some(running) = &mut *hold.0
    {
        let written = running.sink.last_counts(pool);
        running.note_fault(written);
    }
}

/// What the background thread does: empties the rings, dumps when a period has passed. Gives whether a recorder runs.
pub(crate) fn tend() -> bool {
    if !is_on() {
        return false;
    }
    let pools = pools();
    let Some(mut hold) = hold() else { return false };
    let Some(running) = &mut *hold.0 else { return false };
    let sources = lock(&SOURCES).clone();
    // Rings of threads that have ended (only the list and our copy have them) go once they are drained.
    let has_ended = |source: &&Arc<Source>| Arc::strong_count(source) == 2;
    let ended: Vec<*const Source> = sources.iter().filter(has_ended).map(Arc::as_ptr).collect();
    // Counts of owners are read without order; what a thread pushed before it let go must be seen by the drain.
    fence(Ordering::Acquire);
    if running.period.is_some_and(|period| running.last.elapsed() >= period) {
        running.dump(&sources, &pools);
    } else {
        let drained = running.sink.drain(&sources, &pools);
        running.note_fault(drained);
    }
    lock(&SOURCES).retain(|source| !ended.contains(&Arc::as_ptr(source)));
    true
}

/// Makes every panic dump first, while a recorder runs, and then do what it did before.
fn hook_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            dump_now();
            before(info);
        }));
    });
}
