//! What happened to a pooled object, and to a pool as a whole.

use serde::{Deserialize, Serialize};

use crate::model::{ObjectId, PoolId, StackId};

/// One event of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEvent {
    /// Nanoseconds on the history's clock.
    pub time: i64,
    /// Bytes of the object for what makes, finds or returns it; age in nanoseconds for leaks; else 0.
    pub value: u64,
    /// Which object.
    pub object: ObjectId,
    /// How often it had been handed out, a get included.
    pub generation: u32,
    /// Who did it; the empty stack where that is not known.
    pub stack: StackId,
    /// Row of the thread in [`History::threads`](super::History::threads).
    pub thread: u16,
    /// What happened.
    pub kind: EventKind,
    /// Where a get found it ([`Tier`]) or why it left ([`DropReason`]), as its code; else 0.
    pub detail: u8,
}

/// What can happen to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum EventKind {
    /// Made by the pool.
    New,
    /// Made elsewhere and brought in.
    Attach,
    /// Was there, handed out, when a live set was taken.
    FoundActive,
    /// Was there, idle.
    FoundIdle,
    /// Was there, in the victim generation.
    FoundVictim,
    /// Handed out.
    Get,
    /// Its holder said that it is at work on it.
    Touch,
    /// Out for longer than the pool's threshold.
    Leak,
    /// Came back after that.
    Unleaked,
    /// Given back.
    Put,
    /// Taken out for good by its holder.
    Detach,
    /// Made fit for the next holder.
    Reset,
    /// From the primary to the victim generation.
    Age,
    /// Left the pool for good.
    Drop,
}

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $words:literal)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every one, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one of that code.
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.get(usize::from(code)).copied()
            }

            /// In words.
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}
pub(super) use coded;

coded! {
    /// Where a get found its object.
    Tier {
        /// The private slot of the thread.
        Private "private slot"
        /// The queue of the thread's shard.
        Shared "own queue"
        /// The queue of another shard, or another thread's private slot.
        Stolen "stolen"
        /// The victim generation.
        Victim "victim"
        /// Nowhere: it was made.
        New "made"
        /// The file does not say, or says what this version does not know.
        Unknown "unknown"
    }
}

coded! {
    /// Why an object left its pool for good.
    DropReason {
        /// The second purge found it still idle.
        Purged "purged"
        /// The pool held as many idle objects as it may.
        Capacity "the pool was full"
        /// It had grown past what the pool retains.
        Oversize "too large to keep"
        /// Its holder panicked.
        Abandoned "its holder panicked"
        /// The pool itself was dropped.
        PoolClosed "the pool was closed"
        /// Compaction gave its memory back.
        Compacted "compacted"
        /// The file does not say, or says what this version does not know.
        Unknown "unknown"
    }
}

coded! {
    /// What the contract of a pool forbids.
    Misuse {
        /// Put again without a get between.
        DoublePut "put twice"
        /// Put of something that no pool made.
        ForeignPut "put of a foreign object"
        /// Put or use with the ticket of an earlier holder.
        StaleGeneration "used by an earlier holder"
        /// Put into another pool than its own.
        WrongPool "put into the wrong pool"
        /// Use after the put.
        UseAfterPut "used after its put"
        /// Handed out while its reset had not run.
        DirtyReuse "reuse without reset"
        /// Put of nothing.
        NilPut "put of nothing"
        /// Handed out to a second holder before the first gave it back.
        SecondHolder "two holders at once"
        /// Used after it left its pool.
        UseAfterDrop "used after it left the pool"
        /// Put into a pool of another type.
        WrongType "put of another type"
        /// The file says what this version does not know.
        Unknown "another misuse"
    }
}

/// What happened to a pool as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolMark {
    /// Nanoseconds on the history's clock.
    pub time: i64,
    /// Whose.
    pub pool: PoolId,
    /// Row of the thread.
    pub thread: u16,
    /// Who; the empty stack where that is not known.
    pub stack: StackId,
    /// What.
    pub what: Mark,
}

/// What can happen to a pool as a whole. Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // The fields are named for what they are.
pub enum Mark {
    /// A get of a bounded pool waited.
    Wait { nanos: u64, timed_out: bool },
    /// A shared queue was locked by another thread.
    Contended { nanos: u64 },
    /// Idle objects aged, victims were dropped.
    Purge { aged: u64, dropped: u64 },
    /// A chunk of a byte pool was taken from the allocator.
    ChunkNew { bytes: u64 },
    /// An empty chunk was given back.
    ChunkFree { bytes: u64 },
    /// Free bytes of partly used chunks, per thousand bytes of all chunks, when its band changed.
    Fragmentation { permille: u64 },
    /// Idle blocks were moved home and empty chunks released.
    Compact { released: u64, moved: u64, failed: u64 },
    /// A tenant came near its limit, or was refused at it.
    Quota { used: u64, limit: u64, refused: bool },
    /// An allocation failed.
    AllocFailed { bytes: u64 },
    /// The contract was broken, and the pool refused.
    Misuse { kind: Misuse, object: Option<ObjectId>, generation: u32, owner: Option<PoolId> },
}
