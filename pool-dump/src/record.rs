//! Everything a dump holds besides events: tables, clocks, the live set, counters.

use std::borrow::Cow;

use crate::batch::Batch;
use crate::coded::coded;
use crate::ids::{FrameId, Generation, Nanos, ObjectId, PoolId, StackId, StringId, ThreadId, WallNanos};

/// One record of a dump.
#[derive(Clone, Debug)]
pub enum Record<'a> {
    /// The process that wrote what follows.
    Process(Process),
    /// The same moment on both clocks.
    Clock(ClockPair),
    /// A string of the table.
    Text(StringId, Cow<'a, str>),
    /// A frame of the table.
    Frame(FrameId, Frame),
    /// A stack of the table: frames, the innermost first.
    Stack(StackId, Vec<FrameId>),
    /// A pool.
    Pool(PoolInfo),
    /// A thread.
    Thread(ThreadInfo),
    /// Events of one thread.
    Events(Batch<'a>),
    /// Objects that were alive at one moment.
    LiveSet(LiveSet),
    /// What a pool had counted by one moment, whether or not its events were recorded.
    Counters(Counters),
    /// The recorder stopped in good order.
    End(End),
}

/// The process that wrote the dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// The system's number of the process.
    pub pid: u32,
    /// The program's name.
    pub program: String,
    /// The recorder: name and version.
    pub recorder: String,
}

/// The same moment on the monotonic and on the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockPair {
    /// Monotonic.
    pub monotonic: Nanos,
    /// Wall.
    pub wall: WallNanos,
}

/// A place in a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Name of the function; the empty string where only the place is known.
    pub function: StringId,
    /// Its file.
    pub file: StringId,
    /// Line, from 1; 0 is unknown.
    pub line: u32,
    /// Column, from 1; 0 is unknown.
    pub column: u32,
}

/// A pool and how it was set up. Zero stands for "without" wherever it is a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolInfo {
    /// Its number.
    pub id: PoolId,
    /// Its name.
    pub name: StringId,
    /// The type of its objects.
    pub type_name: StringId,
    /// Whose quota it is charged to; the empty string for nobody's.
    pub tenant: StringId,
    /// Size of an object without what it owns on the heap, in bytes.
    pub object_bytes: u64,
    /// Idle objects that a purge leaves.
    pub capacity_min: u64,
    /// Objects at most, idle and active, of a bounded pool.
    pub capacity_max: u64,
    /// Idle objects at most in each shard.
    pub capacity_per_shard: u64,
    /// Shards.
    pub shards: u32,
    /// Objects larger than this are not kept, in bytes.
    pub retain_bytes: u64,
    /// Time between purges.
    pub purge_interval_nanos: u64,
    /// Time after which an object that is out counts as leaked.
    pub leak_threshold_nanos: u64,
    /// One get in so many is watched for leaks; 0: none.
    pub leak_every: u32,
    /// One get in so many is recorded, with its put; 1: all.
    pub record_every: u32,
    /// Whether it has a reset: then a put is followed by one.
    pub has_reset: bool,
    /// Whether it hands out blocks of a byte pool.
    pub is_bytes: bool,
}

/// A thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadInfo {
    /// Its number.
    pub id: ThreadId,
    /// Its name; the empty string where it has none.
    pub name: StringId,
}

coded! {
    /// Where an object of the live set is.
    LiveState {
        /// Handed out.
        Active = 0,
        /// In the primary generation.
        Idle = 1,
        /// In the victim generation.
        Victim = 2,
    }
}

/// Objects of one pool that were alive at one moment. A large set is several records of the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSet {
    /// When.
    pub time: Nanos,
    /// Whose.
    pub pool: PoolId,
    /// Objects of the whole set: fewer in its records together means that some were lost.
    pub total: u64,
    /// The objects.
    pub objects: Vec<LiveObject>,
}

/// An object that was alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveObject {
    /// Which.
    pub object: ObjectId,
    /// How often it had been handed out.
    pub generation: Generation,
    /// Where it was.
    pub state: LiveState,
    /// Since when it had been out; 0 where that was not watched.
    pub since: Nanos,
    /// Its size when it was last measured.
    pub bytes: u64,
    /// Who has it, or had it last.
    pub stack: StackId,
    /// The thread of that get.
    pub thread: ThreadId,
}

coded! {
    /// What a pool counts.
    Counter {
        /// Objects handed out.
        Gets = 1,
        /// Objects given back.
        Puts = 2,
        /// Objects made.
        News = 3,
        /// Objects brought in.
        Attached = 4,
        /// Objects taken out.
        Detached = 5,
        /// Gets that the private slot served.
        HitsPrivate = 6,
        /// Gets that the own shard served.
        HitsShared = 7,
        /// Gets that another shard or thread served.
        HitsStolen = 8,
        /// Gets that the victim generation served.
        HitsVictim = 9,
        /// Objects dropped by purges.
        DroppedPurged = 10,
        /// Objects dropped because the pool was full.
        DroppedCapacity = 11,
        /// Objects dropped because they had grown too large.
        DroppedOversize = 12,
        /// Objects dropped because their holder panicked.
        DroppedAbandoned = 13,
        /// Objects dropped by compaction.
        DroppedCompacted = 14,
        /// Purges.
        Purges = 15,
        /// Gets that waited.
        Waits = 16,
        /// Gets that waited in vain.
        Timeouts = 17,
        /// Times a shared queue was locked by another thread.
        Contended = 18,
        /// Time stood at locked queues, in nanoseconds.
        ContendedNanos = 19,
        /// Misuses refused.
        Misuses = 20,
        /// Objects reported as leaked.
        Leaks = 21,
        /// Of those, objects that came back.
        Unleaked = 22,
        /// Gets that a quota refused.
        QuotaRefused = 23,
        /// Objects out now.
        Active = 24,
        /// Objects in the primary generation now.
        Idle = 25,
        /// Objects in the victim generation now.
        Victim = 26,
        /// Bytes of all objects now.
        AllocatedBytes = 27,
        /// The most that was ever.
        PeakBytes = 28,
        /// Byte pools: bytes of all chunks now.
        ChunkBytes = 29,
        /// Byte pools: free bytes of partly used chunks now.
        FreeInPartBytes = 30,
        /// Byte pools: chunks made before they were needed.
        Preallocated = 31,
        /// Byte pools: compactions.
        Compactions = 32,
        /// Byte pools: compactions that released nothing.
        CompactionsFailed = 33,
        /// Allocations that failed.
        AllocsFailed = 34,
        /// Objects dropped because the pool was.
        DroppedPoolClosed = 35,
    }
}

/// What a pool had counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// When.
    pub time: Nanos,
    /// Whose.
    pub pool: PoolId,
    /// Counter and count, in the order of their numbers. One that is not there was not counted.
    pub counts: Vec<(Counter, u64)>,
}

/// The recorder stopped in good order; a section without it was cut, or is still being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub time: Nanos,
    /// Events that were lost by all threads together.
    pub lost: u64,
}
