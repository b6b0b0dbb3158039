//! What happened to an object or a pool. How events are packed is told in `batch`.

use crate::coded::coded;
use crate::ids::{Generation, Nanos, ObjectId, PoolId, StackId, ThreadId};

/// One event of one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it ended: a get once the object is in hand, a put when it is called.
    pub time: Nanos,
    /// Whose.
    pub pool: PoolId,
    /// To which object; `ObjectId(0)` for what happens to the pool as a whole.
    pub object: ObjectId,
    /// How often the object had been handed out, a get included; 0 for what happens to the pool as a whole.
    pub generation: Generation,
    /// What happened.
    pub action: Action,
}

/// What happened: an edge of the state graph, or a mark on it.
///
/// ```text
/// New, Attach ─▶ ACTIVE ─Put─▶ RETURNED ─Reset─▶ IDLE ─Get─▶ ACTIVE
///                  │ Drop(Abandoned), Detach       │ Age: primary → victim
///                  ▼                               ▼ Drop
///              ABANDONED, DETACHED             COLLECTED
/// ```
///
/// A pool without a reset goes from RETURNED to IDLE by the put itself. An object that is made for a get is followed by
/// that get, of tier [`Tier::New`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Made by the pool.
    New {
        /// Size of the new object.
        bytes: u64,
        /// How long making it took.
        nanos: u64,
        /// Who asked.
        stack: StackId,
    },
    /// Made elsewhere and brought into the pool, where it is idle.
    Attach {
        /// Size of the object.
        bytes: u64,
        /// Who brought it.
        stack: StackId,
    },
    /// Handed out.
    Get {
        /// Where it was found.
        tier: Tier,
        /// Who asked.
        stack: StackId,
    },
    /// Given back.
    Put {
        /// Size of the object now.
        bytes: u64,
        /// Who gave it.
        stack: StackId,
    },
    /// Made fit for the next holder; the time is when that was done.
    Reset,
    /// A purge moved it from the primary to the victim generation.
    Age,
    /// Left the pool for good.
    Drop {
        /// Why.
        reason: DropReason,
    },
    /// Taken out of the pool by its holder, legally and for good.
    Detach {
        /// Who took it.
        stack: StackId,
    },
    /// Its holder said that it is at work on it.
    Touch {
        /// Who.
        stack: StackId,
    },
    /// Something was done with it that the contract forbids, and was refused.
    Misuse {
        /// What.
        kind: Misuse,
        /// The pool that the object belongs to, where that is another.
        owner: PoolId,
        /// Who.
        stack: StackId,
    },
    /// Has been out for longer than the pool's threshold.
    Leak {
        /// Time since its get.
        age_nanos: u64,
    },
    /// Came back after it had been reported as leaked.
    Unleaked {
        /// Time since its get.
        age_nanos: u64,
    },
    /// A get of a bounded pool had to wait.
    Wait {
        /// For how long.
        nanos: u64,
        /// Whether it got nothing in the end.
        timed_out: bool,
        /// Who.
        stack: StackId,
    },
    /// A shared queue was locked by another thread.
    Contended {
        /// How long this thread stood.
        nanos: u64,
    },
    /// The pool was purged.
    Purge {
        /// Objects that went from primary to victim.
        aged: u64,
        /// Victims that were dropped.
        dropped: u64,
    },
    /// Byte pools: a chunk of memory was taken from the allocator.
    ChunkNew {
        /// Its size.
        bytes: u64,
    },
    /// Byte pools: an empty chunk was given back.
    ChunkFree {
        /// Its size.
        bytes: u64,
    },
    /// Byte pools: free bytes of partly used chunks, per thousand bytes of all chunks, when its band changed.
    Fragmentation {
        /// Per thousand.
        permille: u64,
    },
    /// Byte pools: idle blocks were moved home and empty chunks released.
    Compact {
        /// Chunks released.
        released: u64,
        /// Blocks that went home.
        moved: u64,
        /// 1 if no chunk could be released, as none was empty; otherwise 0.
        failed: u64,
    },
    /// The tenant's use came near its limit, or a get was refused at it.
    Quota {
        /// Bytes that the tenant uses.
        used: u64,
        /// Bytes that it may use.
        limit: u64,
        /// Whether the get was refused.
        refused: bool,
    },
    /// An allocation failed.
    AllocFailed {
        /// Bytes that were asked for.
        bytes: u64,
    },
}

coded! {
    /// Where a get found its object.
    Tier {
        /// The private slot of the thread.
        Private = 0,
        /// The shared queue of the thread's shard.
        Shared = 1,
        /// The shared queue of another shard, or another thread's private slot.
        Stolen = 2,
        /// The victim generation.
        Victim = 3,
        /// Nowhere: it was made.
        New = 4,
    }
}

coded! {
    /// Why an object left its pool for good.
    DropReason {
        /// The second purge found it still idle.
        Purged = 0,
        /// The pool held as many idle objects as it may.
        Capacity = 1,
        /// It had grown past what the pool retains.
        Oversize = 2,
        /// Its holder panicked, so its content is not to be trusted.
        Abandoned = 3,
        /// The pool itself was dropped.
        PoolClosed = 4,
        /// Compaction gave its memory back.
        Compacted = 5,
    }
}

coded! {
    /// What the contract of a pool forbids.
    Misuse {
        /// Put again without a get between.
        DoublePut = 0,
        /// Put of something that no pool made.
        ForeignPut = 1,
        /// Put or use with the ticket of an earlier holder.
        StaleGeneration = 2,
        /// Put into another pool than its own.
        WrongPool = 3,
        /// Use after the put.
        UseAfterPut = 4,
        /// Handed out while its reset had not run.
        DirtyReuse = 5,
        /// Put of nothing.
        NilPut = 6,
    }
}

/// Events of one thread, as a writer is given them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBatch {
    /// Whose.
    pub thread: ThreadId,
    /// Events of this thread that were not kept since its batch before.
    pub lost: u64,
    /// In the order in which the thread made them.
    pub events: Vec<Event>,
}
