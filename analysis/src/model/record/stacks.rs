//! Stacks of all goroutines or threads of a process at one moment, as text dumps have them.

use crate::model::id::{LocationId, StackId, StringId};
use crate::model::unit::Nanos;

/// A dump of stacks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackDump {
    /// Whose stacks they are.
    pub origin: StackOrigin,
    /// Why it was written, as it says: the text of a panic or signal; empty for one that was asked for.
    pub reason: String,
    /// When, if it says so.
    pub time: Option<Nanos>,
    /// One row a goroutine or thread, in file order.
    pub rows: Vec<DumpedStack>,
    /// What rows hold while they wait or run: locks of a Java machine.
    pub held: Vec<Held>,
}

/// Whose stacks a dump holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StackOrigin {
    /// Goroutines.
    #[default]
    Goroutines,
    /// Threads of a native program, by a debugger.
    Threads,
    /// Threads of a Java machine.
    JavaThreads,
}

impl StackOrigin {
    /// What such a dump is called.
    pub fn words(self) -> &'static str {
        match self {
            Self::Goroutines => "goroutine dump",
            Self::Threads => "thread dump",
            Self::JavaThreads => "Java thread dump",
        }
    }
}

/// One goroutine or thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DumpedStack {
    /// Its number outside, such as a goroutine's.
    pub number: u64,
    /// Its name; goroutines have none.
    pub name: StringId,
    /// Its state, as it stands: `chan receive`, `WAITING (parking)`; a native thread has none.
    pub state: StringId,
    /// How long it has waited, in minutes as Go rounds them down; `None` where nothing is said, which is not zero.
    pub wait_minutes: Option<u32>,
    /// The runtime says that it can never run again.
    pub is_leaked: bool,
    /// It is bound to its thread.
    pub is_locked: bool,
    /// Where it is, leaf first.
    pub stack: StackId,
    /// Where it was created.
    pub created_at: Option<LocationId>,
    /// By which goroutine.
    pub created_by: Option<u64>,
    /// Address of what it waits for, where the dump tells: a lock's. Only equal within one dump.
    pub waits_for: Option<u64>,
}

/// A row holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Index into the dump's rows.
    pub row: usize,
    /// Address of the lock.
    pub address: u64,
}
