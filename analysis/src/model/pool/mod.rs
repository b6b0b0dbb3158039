//! What pools did: their objects' events as they were recorded, before anything is made of them. Stacks and names are
//! in the session's [`Symbols`](super::Symbols). `lifecycle` replays it.

mod counter;
mod event;

pub use counter::{Counter, Counts};
pub use event::{DropReason, EventKind, Mark, Misuse, ObjectEvent, PoolMark, Tier};

use serde::{Deserialize, Serialize};

use super::{Nanos, ObjectId, PoolId, StringId};

/// The record of some pools. Times are nanoseconds since [`History::origin`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// What it was read from.
    pub source: Source,
    /// Who wrote it; several where dumps stand one behind the other.
    pub processes: Vec<Process>,
    /// Threads, or goroutines. Beyond 65,535 the last row stands for all others.
    pub threads: Vec<Thread>,
    /// Pools, by process and number.
    pub pools: Vec<Pool>,
    /// Objects in the order in which they were met.
    pub objects: Vec<Object>,
    /// Events of objects, as they lie in the file: in order within a thread, in no order between threads.
    pub events: Vec<ObjectEvent>,
    /// Events of whole pools.
    pub marks: Vec<PoolMark>,
    /// What pools counted, in the order of the file.
    pub counted: Vec<Counted>,
    /// Live sets, in the order of the file; their objects are among `events`.
    pub live_sets: Vec<LiveSet>,
    /// Time 0, on the writer's monotonic clock.
    pub origin: u64,
    /// Time 0 on the wall, where a clock pair tells it.
    pub wall: Option<Nanos>,
    /// First and last time of anything.
    pub span: (i64, i64),
}

/// What a history was read from, and so what it can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// A native pool's trace: everything.
    #[default]
    PoolTrace,
    /// Annotations in a Go trace: gets and puts, and purges by the collector's cycles; not what became of objects that
    /// were not put.
    Annotations,
    /// The same, with Go's experimental allocation events: deaths too.
    AnnotationsWithFrees,
    /// Go's experimental allocation events: made and freed.
    AllocFree,
}

/// A process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The system's number.
    pub pid: u32,
    /// The program.
    pub program: String,
    /// What recorded it.
    pub recorder: String,
    /// Version of the file's part, such as `1.0`.
    pub version: String,
    /// Events that were not kept, by the recorder's own count.
    pub lost_events: u64,
    /// Parts of the file were damaged or missing, so events may be missing that nobody counted.
    pub is_damaged: bool,
    /// The end mark was there.
    pub is_ended: bool,
    /// When its record ends.
    pub end: i64,
}

impl Process {
    /// Whether events may be missing.
    pub fn is_partial(&self) -> bool {
        self.lost_events > 0 || self.is_damaged
    }
}

/// A thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Row of its process.
    pub process: u16,
    /// Its number there.
    pub number: u64,
    /// Its name; the empty string where it has none.
    pub name: StringId,
    /// Events of it that were not kept.
    pub lost_events: u64,
}

/// A pool and how it was set up. Zero stands for "without" wherever it is a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Row of its process.
    pub process: u16,
    /// Its number there.
    pub number: u64,
    /// Its name.
    pub name: StringId,
    /// The type of its objects.
    pub type_name: StringId,
    /// Whose quota it is charged to.
    pub tenant: StringId,
    /// Size of an object without what it owns on the heap.
    pub object_bytes: u64,
    /// Idle objects that a purge leaves.
    pub capacity_min: u64,
    /// Objects at most.
    pub capacity_max: u64,
    /// Shards of its queues.
    pub shards: u32,
    /// Objects larger than this are not kept.
    pub retain_bytes: u64,
    /// Time between purges.
    pub purge_interval_nanos: u64,
    /// Time after which an object that is out counts as leaked.
    pub leak_threshold_nanos: u64,
    /// One get in so many is recorded, with its put; 0 and 1: all.
    pub record_every: u32,
    /// A put is followed by a reset.
    pub has_reset: bool,
    /// It hands out blocks of bytes.
    pub is_bytes: bool,
    /// What making its objects took.
    pub making: Making,
}

/// What making objects took, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// How many were made.
    pub count: u64,
    /// Bytes of all when they were new.
    pub bytes: u64,
    /// Time for all.
    pub nanos: u64,
    /// The longest.
    pub max_nanos: u64,
}

/// An object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its pool.
    pub pool: PoolId,
    /// Its number in the process, never reused.
    pub number: u64,
}

/// What a pool had counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// When.
    pub time: i64,
    /// Whose.
    pub pool: PoolId,
    /// What.
    pub counts: Counts,
}

/// A list of what was alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSet {
    /// When.
    pub time: i64,
    /// Whose.
    pub pool: PoolId,
    /// How many objects it had.
    pub total: u64,
    /// How many of them were read.
    pub read: u64,
}

impl History {
    /// Adds a pool.
    pub fn add_pool(&mut self, pool: Pool) -> PoolId {
        self.pools.push(pool);
        PoolId::from_index(self.pools.len() - 1)
    }

    /// Adds an object.
    pub fn add_object(&mut self, object: Object) -> ObjectId {
        self.objects.push(object);
        ObjectId::from_index(self.objects.len() - 1)
    }

    /// The pool that was added last.
    pub fn last_pool(&self) -> Option<PoolId> {
        self.pools.len().checked_sub(1).map(PoolId::from_index)
    }

    /// The pool of that number.
    pub fn pool(&self, id: PoolId) -> Option<&Pool> {
        self.pools.get(id.index())
    }

    /// Every pool with its number.
    pub fn pools(&self) -> impl ExactSizeIterator<Item = (PoolId, &Pool)> {
        self.pools.iter().enumerate().map(|(at, pool)| (PoolId::from_index(at), pool))
    }

    /// The object of that number.
    pub fn object(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(id.index())
    }

    /// Every object with its number.
    pub fn objects(&self) -> impl ExactSizeIterator<Item = (ObjectId, &Object)> {
        self.objects.iter().enumerate().map(|(at, object)| (ObjectId::from_index(at), object))
    }

    /// The process of a pool.
    pub fn process_of(&self, pool: &Pool) -> Option<&Process> {
        self.processes.get(usize::from(pool.process))
    }
}
