//! An execution trace: what goroutines, processors and the collector did, as columns over the session's
//! [`Symbols`](super::Symbols). How it is spelled on disk is a matter of `formats::go_trace`.

mod alloc_free;
mod event;
mod event_table;
mod event_type;
mod overview;
mod recent;
mod resource;
mod series;
mod state;
mod word;

pub use alloc_free::{AllocFree, AllocFreeEvent, AllocFreeType, HeapLayout, HeapType};
pub use event::{Event, RangeName, RangePart, RangeScope, Resource, Transition};
pub use event_table::{Context, EventTable};
pub use event_type::{EventKind, EventType};
pub use overview::{Overview, Pause};
pub use resource::{GoId, Goroutine, Goroutines, Proc, ProcId, Procs, Task, TaskId, Tasks, Thread, ThreadId, Threads};
pub use series::Series;
pub use state::{GoState, ProcState};
pub use word::Word;

/// A whole trace.
///
/// Times are nanoseconds of the trace's own clock (CLOCK_MONOTONIC on Linux since Go 1.22, from about 0 before). Every
/// event of every table has a time of its own, as Go's reader gives them (internal/trace `Reader.ReadEvent` raises a
/// time that is not above the one before), so that tables merge into the one total order by time alone.
#[derive(Clone, Default)]
pub struct Trace {
    /// The minor version of the format, 11 to 26 (`go 1.26 trace` in the header is 26).
    pub format_minor: u8,
    /// Goroutines by the number that the program gave them.
    pub goroutines: Goroutines,
    /// Processors (Ps).
    pub procs: Procs,
    /// Operating system threads (Ms).
    pub threads: Threads,
    /// User tasks.
    pub tasks: Tasks,
    /// Everything but what stands in the tables below.
    pub events: EventTable,
    /// `/memory/classes/heap/objects:bytes`.
    pub heap_live: Series,
    /// `/gc/heap/goal:bytes`.
    pub heap_goal: Series,
    /// Every allocation and free, where the program was run with `GODEBUG=traceallocfree=1`.
    pub alloc_free: AllocFree,
    /// Where generations begin, in order; the last ends the trace.
    pub syncs: Vec<Sync>,
}

/// A point at which all that exists has been named (internal/trace, `Sync`). Each is also an event of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sync {
    /// Trace time.
    pub time: i64,
    /// Clocks read at one moment in the generation that begins here; Go 1.25 and later.
    pub clock: Option<ClockSnapshot>,
}

/// Three clocks read at almost one moment (internal/trace, `ClockSnapshot`), in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSnapshot {
    /// The trace's clock.
    pub trace_nanos: i64,
    /// The monotonic clock.
    pub mono_nanos: u64,
    /// Unix time.
    pub wall_unix_nanos: i64,
}

impl Trace {
    /// How many events Go's own reader would give.
    pub fn event_count(&self) -> usize {
        self.events.len() + self.heap_live.len() + self.heap_goal.len() + self.alloc_free.len()
    }

    /// First and last time of anything; `None` for a trace without events.
    pub fn span(&self) -> Option<(i64, i64)> {
        Some((self.syncs.first()?.time, self.syncs.last()?.time))
    }

    /// Takes events and series out: a stretch of the trace, whose rows are those of this one's tables. For those who
    /// read a trace that is larger than what they want to keep.
    pub fn take_stretch(&mut self) -> Self {
        Self {
            format_minor: self.format_minor,
            events: std::mem::take(&mut self.events),
            heap_live: std::mem::take(&mut self.heap_live),
            heap_goal: std::mem::take(&mut self.heap_goal),
            alloc_free: self.alloc_free.take(),
            ..Self::default()
        }
    }

    /// The last time in any table but that of the events.
    pub fn last_of_series(&self) -> Option<i64> {
        let tables = [&self.heap_live.times, &self.heap_goal.times, self.alloc_free.times()];
        tables.into_iter().filter_map(|times| times.last().copied()).max()
    }

    /// Bytes that [`events`](Self::events) hold for each of its events: what a big trace costs.
    pub fn bytes_per_event(&self) -> f64 {
        self.events.held_bytes() as f64 / self.events.len().max(1) as f64
    }
}
