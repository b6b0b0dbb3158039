//! Starting, dumping and stopping. A fault of the recorder (a full disk, no permission) is counted and told, and never
//! more than that: the program it records goes on.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use super::heap::{self, PoolHeap};
use super::sink::{Sink, Source};
use super::{CURRENT, EVERY, Inspect, RING_EVENTS, SOURCES, is_on, pools};
use crate::clock;
use crate::core::lock;
use crate::upkeep;

/// Events in the ring of each thread, unless the builder is told otherwise: 1 MiB of memory, and some milliseconds at
/// full load; the background thread empties rings every few milliseconds.
const RING: u32 = 16 << 10;

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

/// How recording is set up.
#[derive(Debug)]
#[must_use]
pub struct RecorderBuilder {
    every: u32,
    ring_events: u32,
    period: Option<Duration>,
    on_panic: bool,
    name: String,
}

/// Records what all pools of the process do, until it is dropped or, on Unix, until the process exits by
/// `std::process::exit`. A process that is killed or aborts leaves a trace without the last milliseconds and its end mark.
///
/// An event costs its thread a look at the processor's counter and 64 bytes of its ring. The background thread empties the
/// rings; what finds its ring full is lost and counted. Times of different threads may disagree by some tens of
/// nanoseconds: of one object, generations tell the order of events, not times.
///
/// ```
/// let folder = std::env::temp_dir().join(format!("pool-doc-{}", std::process::id()));
/// let recorder = pool::Recorder::builder().in_folder(&folder)?;
/// let pool = pool::Pool::builder("numbers", || 0_u64).build();
/// let held = pool.get()?;
/// let dump = recorder.dump();
/// assert!(dump.heap.is_some_and(|file| file.exists()));
/// drop(held);
/// drop(recorder);
/// assert!(folder.join("pool.pooltrace").exists());
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Recorder {
    /// Made by [`RecorderBuilder`] alone.
    _running: (),
}

/// What a dump left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// The heap profile of this moment; `None` when it could not be written, or there is no folder.
    pub heap: Option<PathBuf>,
    /// The trace, which goes on.
    pub trace: Option<PathBuf>,
}

/// What went wrong since recording began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// How often.
    pub count: u64,
    /// The last, in words.
    pub last: Option<String>,
}

/// Why recording did not start.
#[derive(Debug)]
pub enum RecordError {
    /// Another recorder runs.
    Running,
    /// The first file could not be written.
    Io(PathBuf, io::Error),
}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecordError::Running => write!(f, "another recorder runs in this process"),
            RecordError::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for RecordError {}

impl Recorder {
    /// Everything is recorded, rings hold 16,384 events a thread, dumps are made when asked for, on a panic, on a leak
    /// and at the end.
    pub fn builder() -> RecorderBuilder {
        RecorderBuilder { every: 1, ring_events: RING, period: None, on_panic: true, name: "pool".to_owned() }
    }

    /// Writes all events so far, counts and a live set to the trace, and a heap profile beside it.
    pub fn dump(&self) -> Dump {
        dump_now().unwrap_or_default()
    }

    /// What went wrong since recording began.
    pub fn faults(&self) -> Fault {
        let running = lock(&RUNNING);
        running
            .as_ref()
            .map_or_else(Fault::default, |running| Fault { count: running.faults, last: running.last_fault.clone() })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        stop();
    }
}

/// The last dump, and the end mark.
fn stop() {
    // First off, so that nothing is added behind the last dump.
    CURRENT.store(0, Ordering::Relaxed);
    EVERY.store(u32::MAX, Ordering::Relaxed);
    for pool in pools() {
        pool.rewatch();
    }
    dump_now();
    lock(&SOURCES).clear();
    let running = lock(&RUNNING).take();
    if let Some(Err(error)) = running.map(|running| running.sink.finish()) {
        eprintln!("The pool trace could not be ended: {error}.");
    }
}

/// Makes `std::process::exit`, which drops nothing, stop a recorder that still runs.
#[cfg(unix)]
fn stop_at_exit() {
    extern "C" fn at_exit() {
        // Whoever exits from within the recorder (its writer may) has the lock: then there is nothing to do.
        let is_running = RUNNING.try_lock().is_ok_and(|running| running.is_some());
        if is_running {
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

impl RecorderBuilder {
    /// Records one get in so many, with its put. What happens seldom (new objects, drops, purges, misuses) is recorded
    /// always, and counts are exact.
    pub fn sample(mut self, every: u32) -> Self {
        self.every = every.clamp(1, u32::MAX - 1);
        self
    }

    /// Room for so many events in each thread's ring, 64 bytes each, and as much again while full rings are emptied; what
    /// does not fit is counted.
    pub fn ring_events(mut self, events: u32) -> Self {
        self.ring_events = events;
        self
    }

    /// Dumps each time this long has passed.
    pub fn period(mut self, period: Duration) -> Self {
        self.period = Some(period);
        self
    }

    /// Whether a panic of any thread dumps. It does unless told otherwise.
    pub fn on_panic(mut self, on_panic: bool) -> Self {
        self.on_panic = on_panic;
        self
    }

    /// What files are named by, `pool` unless told: `NAME.pooltrace`, `heap-NAME-000.pb.gz`, `heap-NAME-001.pb.gz`…
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// Starts recording into a folder, which is made if it is not there.
    ///
    /// # Errors
    /// Another recorder runs, or the trace cannot be created.
    pub fn in_folder(self, folder: &Path) -> Result<Recorder, RecordError> {
        let path = folder.join(format!("{}.pooltrace", self.name));
        let create = || {
            std::fs::create_dir_all(folder)?;
            File::create(&path)
        };
        if lock(&RUNNING).is_some() {
            return Err(RecordError::Running);
        }
        let file = create().map_err(|error| RecordError::Io(path.clone(), error))?;
        self.start(Box::new(BufWriter::new(file)), Some(folder.to_owned())).map_err(|error| error.unwrap_or_io(path))
    }

    /// Starts recording into anything that takes bytes. There are no heap profiles then. `out` is written under the
    /// recorder's lock: it must not drop a pool nor ask the recorder for anything.
    ///
    /// # Errors
    /// Another recorder runs, or the first bytes cannot be written.
    pub fn into_writer(self, out: impl Write + Send + 'static) -> Result<Recorder, RecordError> {
        self.start(Box::new(out), None).map_err(|error| error.unwrap_or_io(PathBuf::from("the trace")))
    }

    fn start(self, out: Box<dyn Write + Send>, folder: Option<PathBuf>) -> Result<Recorder, StartError> {
        clock::prepare();
        let mut running = lock(&RUNNING);
        if running.is_some() {
            return Err(StartError::Running);
        }
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let sink = Sink::new(out, self.every).map_err(StartError::Io)?;
        *running = Some(Running {
            sink,
            folder,
            name: self.name,
            every: self.every,
            period: self.period,
            last: Instant::now(),
            dumps: 0,
            faults: 0,
            last_fault: None,
        });
        drop(running);
        RING_EVENTS.store(self.ring_events, Ordering::Relaxed);
        CURRENT.store(id, Ordering::Relaxed);
        EVERY.store(self.every, Ordering::Relaxed);
        let pools = pools();
        pools.iter().for_each(|pool| pool.rewatch());
        if let Some(running) = &mut *lock(&RUNNING) {
            // What is there already, of which no event tells.
            for pool in &pools {
                let snapshot = running.sink.snapshot(&**pool);
                running.note_fault(snapshot);
            }
        }
        if self.on_panic {
            hook_panics();
        }
        stop_at_exit();
        upkeep::start();
        Ok(Recorder { _running: () })
    }
}

enum StartError {
    Running,
    Io(io::Error),
}

impl StartError {
    fn unwrap_or_io(self, path: PathBuf) -> RecordError {
        match self {
            StartError::Running => RecordError::Running,
            StartError::Io(error) => RecordError::Io(path, error),
        }
    }
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
    let sources = lock(&SOURCES).clone();
    let mut running = lock(&RUNNING);
    running.as_mut().map(|running| running.dump(&sources, &pools))
}

/// The last counts of a pool at its end.
pub(super) fn last_counts(pool: &dyn Inspect) {
    if !is_on() {
        return;
    }
    if let Some(running) = &mut *lock(&RUNNING) {
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
    let mut sources = lock(&SOURCES);
    // A ring whose thread has ended goes once it is empty: after the next drain, below, has emptied it.
    let all = sources.clone();
    sources.retain(|source| Arc::strong_count(source) > 2);
    drop(sources);
    // Counts of owners are read without order; what a thread pushed before it let go must be seen by the drain.
    std::sync::atomic::fence(Ordering::Acquire);
    let mut running = lock(&RUNNING);
    let Some(running) = &mut *running else { return false };
    if running.period.is_some_and(|period| running.last.elapsed() >= period) {
        running.dump(&all, &pools);
    } else {
        let drained = running.sink.drain(&all, &pools);
        running.note_fault(drained);
    }
    true
}

/// Makes every panic dump first, while a recorder runs, and then do what it did before.
fn hook_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // The panic may come from within a dump, which has the lock: then there is nothing to do.
            let is_free = RUNNING.try_lock().is_ok();
            if is_free {
                dump_now();
            }
            before(info);
        }));
    });
}
