//! Recording, as users see it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::running;

/// Events in the ring of each thread, unless the builder is told otherwise: 1 MiB of memory, and some milliseconds at
/// full load; the background thread empties rings every few milliseconds.
const RING: u32 = 16 << 10;

/// How recording is set up.
#[derive(Debug)]
#[must_use]
pub struct RecorderBuilder {
    pub(super) every: u32,
    pub(super) ring_events: u32,
    pub(super) period: Option<Duration>,
    pub(super) on_panic: bool,
    pub(super) name: String,
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
        running::dump_now().unwrap_or_default()
    }

    /// What went wrong since recording began.
    pub fn faults(&self) -> Fault {
        running::faults()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        running::stop();
    }
}

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

    /// Starts recording into a folder, which is made if it is not there. Files of the same names are overwritten.
    ///
    /// # Errors
    /// Another recorder runs, or the trace cannot be created.
    pub fn in_folder(self, folder: &Path) -> Result<Recorder, RecordError> {
        let path = folder.join(format!("{}.pooltrace", self.name));
        let create = || {
            std::fs::create_dir_all(folder)?;
            File::create(&path)
        };
        if running::is_running() {
            return Err(RecordError::Running);
        }
        let file = create().map_err(|error| RecordError::Io(path.clone(), error))?;
        running::start(self, Box::new(BufWriter::new(file)), Some(folder.to_owned()), path)?;
        Ok(Recorder { _running: () })
    }

    /// Starts recording into anything that takes bytes. There are no heap profiles then. `out` is written under the
    /// recorder's lock: what it asks of the recorder meanwhile is not done.
    ///
    /// # Errors
    /// Another recorder runs, or the first bytes cannot be written.
    pub fn into_writer(self, out: impl Write + Send + 'static) -> Result<Recorder, RecordError> {
        running::start(self, Box::new(out), None, PathBuf::from("the trace"))?;
        Ok(Recorder { _running: () })
    }
}
