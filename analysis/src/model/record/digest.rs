//! What an execution trace says in sum: as much of it as other files are compared with. Times are of the trace's own
//! clock, in nanoseconds, except where they are said to be wall-clock times.

use serde::{Deserialize, Serialize};

use crate::model::unit::Nanos;
use crate::model::{StackId, StringId};

/// A trace in sum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceDigest {
    /// Minor version of the trace format: the version of Go that first wrote it so, such as 26 for `go 1.26 trace`; Go of
    /// the next version may write the same.
    pub format_minor: u8,
    /// First and last time of anything.
    pub span: (i64, i64),
    /// Wall-clock time, if the trace tells it itself (Go 1.25 and later).
    pub wall: Option<WallClock>,
    /// When the world stood still, by beginning: all that belong to the collector or to a dump, and of others as many as
    /// are kept.
    pub stops: Vec<StopSpan>,
    /// How many stops there were; more than [`stops`](Self::stops) where some were left out.
    pub stops_seen: usize,
    /// Cycles of the collector, by beginning.
    pub cycles: Vec<TracedCycle>,
    /// How long goroutines helped to mark, all together.
    pub assist_nanos: i64,
    /// How long goroutines of the program ran, all together, helping included.
    pub running_nanos: i64,
    /// Where goroutines waited, those together longest first; as many as are kept.
    pub blocked: Vec<BlockedStack>,
    /// How many such stacks there were.
    pub blocked_seen: usize,
    /// Regions that the program marked, by name; those together longest first.
    pub regions: Vec<RegionTimes>,
    /// Goroutines by the function that they began with, most first.
    pub goroutines: Vec<StartedAt>,
    /// What is missing of the trace, a sentence each.
    pub lost: Vec<String>,
}

/// How trace time and wall-clock time go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallClock {
    /// Unix time less trace time.
    pub offset_nanos: i64,
    /// Largest deviation of the pairs that it was found from.
    pub residual_nanos: i64,
    /// How many pairs there were.
    pub pairs: usize,
}

/// The world stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopSpan {
    /// When it stopped.
    pub begin: i64,
    /// When it went on; `None` if the trace does not say.
    pub end: Option<i64>,
    /// Why, such as `GC sweep termination` or `goroutine profile`; of older Go `GC`.
    pub reason: StringId,
}

/// One cycle of the collector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedCycle {
    /// When marking began; the beginning of the trace for one that was under way.
    pub begin: i64,
    /// When the world went on after mark termination: what MemStats writes down as `PauseEnd`, and what heap profiles show
    /// the heap of. `None` if that is not in the trace.
    pub marked: Option<i64>,
    /// How long the world stood still for it, both stops together: `PauseNs` of MemStats. 0 where the trace lacks one.
    pub pause_nanos: i64,
    /// Heap when it began.
    pub heap_begin_bytes: Option<u64>,
    /// What was found live (the third size of a gctrace line).
    pub live_bytes: Option<u64>,
    /// The goal that it began for (`MB goal` of a gctrace line).
    pub goal_bytes: Option<u64>,
    /// The goal that it set for the next: `NextGC` of MemStats.
    pub next_goal_bytes: Option<u64>,
}

/// Waits at one place for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedStack {
    /// Where goroutines began to wait.
    pub stack: StackId,
    /// Why, such as `chan receive` or `sync`.
    pub reason: StringId,
    /// How many waits there were, those at the end included.
    pub count: u64,
    /// All together, to the end of the trace for those that still waited.
    pub total_nanos: i64,
    /// The longest.
    pub longest_nanos: i64,
    /// How many still waited when the trace ended.
    pub still: u64,
}

/// Regions of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionTimes {
    /// Their name.
    pub name: StringId,
    /// How many have both ends.
    pub count: usize,
    /// How many lack one.
    pub incomplete: usize,
    /// Those with both ends, all together.
    pub total_nanos: i64,
    /// Half are not longer.
    pub p50_nanos: i64,
    /// 99 of 100 are not longer.
    pub p99_nanos: i64,
    /// The longest.
    pub max_nanos: i64,
}

/// Goroutines that began with one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartedAt {
    /// It; `None` where no stack tells.
    pub function: Option<StringId>,
    /// How many were seen.
    pub count: usize,
    /// How many were there when the trace ended.
    pub alive: usize,
}

impl TraceDigest {
    /// Wall-clock time of a trace time, if the trace tells it itself.
    pub fn wall_time(&self, time: i64) -> Option<Nanos> {
        Some(Nanos::from_unix_nanos(time.saturating_add(self.wall?.offset_nanos)))
    }

    /// Share of the program’s running time that was help for the collector, 0 to 1; of one processor’s time where the program
    /// ran less: in one that idles, a little help is most of little.
    pub fn assist_share(&self) -> f64 {
        self.assist_nanos as f64 / self.running_nanos.max(self.span.1.saturating_sub(self.span.0)).max(1) as f64
    }
}
