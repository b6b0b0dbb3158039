//! What files tell beside profiles and pools: stacks of a moment, cycles of a collector, memory over time. One struct a
//! kind, each in its own file.

mod address_space;
mod cgroup;
mod digest;
mod escape;
mod gc_log;
mod memory;
mod races;
mod stacks;

pub use address_space::{AddressSpace, MapOrigin, MappedRange, Resident};
pub use cgroup::Cgroup;
pub use digest::{BlockedStack, RegionTimes, StartedAt, StopSpan, TraceDigest, TracedCycle, WallClock};
pub use escape::{EscapeKind, EscapeNote, EscapeNotes};
pub use gc_log::{GcCpu, GcCycle, GcLog, GcMachine, GcPause, GcScope, Scavenge, Schedule};
pub use memory::{EndedPause, MeasureUnit, MemoryMeasure, MemoryOrigin, MemorySeries, PauseBucket};
pub use races::{Access, Race, Races};
pub use stacks::{DumpedStack, Held, StackDump, StackOrigin};

use super::unit::Nanos;

/// One thing that a file tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Stacks of goroutines or threads, with their states.
    Stacks(Box<StackDump>),
    /// Cycles of a collector.
    GcLog(Box<GcLog>),
    /// Memory statistics over time.
    Memory(Box<MemorySeries>),
    /// What is mapped, and how much of it is resident.
    AddressSpace(Box<AddressSpace>),
    /// What a control group counts and allows.
    Cgroup(Box<Cgroup>),
    /// What the compiler says of values that escape.
    Escape(Box<EscapeNotes>),
    /// Data races that were seen.
    Races(Box<Races>),
    /// What an execution trace says in sum.
    Trace(Box<TraceDigest>),
}

impl Record {
    /// What it is called on the screen and in reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Stacks(dump) => dump.origin.words(),
            Self::GcLog(_) => "GC log",
            Self::Memory(_) => "memory statistics",
            Self::AddressSpace(space) => match space.origin {
                MapOrigin::Ranges | MapOrigin::RollUp => "memory map",
                MapOrigin::Status => "process status",
            },
            Self::Cgroup(_) => "control group",
            Self::Escape(_) => "escape analysis",
            Self::Races(_) => "race report",
            Self::Trace(_) => "execution trace",
        }
    }

    /// A short mark for the kind.
    pub fn badge(&self) -> &'static str {
        match self {
            Self::Stacks(_) => "ST",
            Self::GcLog(_) => "GC",
            Self::Memory(_) => "MS",
            Self::AddressSpace(_) => "MM",
            Self::Cgroup(_) => "CG",
            Self::Escape(_) => "ES",
            Self::Races(_) => "RA",
            Self::Trace(_) => "TR",
        }
    }

    /// It as a GC log.
    pub fn gc_log(&self) -> Option<&GcLog> {
        if let Self::GcLog(log) = self { Some(log) } else { None }
    }

    /// It as memory statistics.
    pub fn memory(&self) -> Option<&MemorySeries> {
        if let Self::Memory(series) = self { Some(series) } else { None }
    }

    /// When it was taken, if it says so in wall-clock time: of a series, when it begins.
    pub fn time(&self) -> Option<Nanos> {
        match self {
            Self::Stacks(dump) => dump.time,
            Self::Memory(series) => series.times.iter().find_map(|&time| time),
            Self::Trace(digest) => digest.wall_time(digest.span.0),
            Self::GcLog(log) => log.zero_unix_nanos.map(Nanos::from_unix_nanos),
            Self::AddressSpace(space) => space.time,
            Self::Cgroup(group) => group.time,
            Self::Escape(_) | Self::Races(_) => None,
        }
    }
}
