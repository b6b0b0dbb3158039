//! A trace from afar: what a first look needs, and what can be told without putting events in order.

use super::series::Series;
use crate::model::StringId;

/// The collector, the world's stops, the heap and the number of goroutines, over the whole trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// First and last time of anything that was seen.
    pub span: Option<(i64, i64)>,
    /// When the collector marked; the last may be open, then it ends with the trace.
    pub marks: Vec<(i64, i64)>,
    /// When the world stood still.
    pub pauses: Vec<Pause>,
    /// Live heap in bytes.
    pub heap_live: Series,
    /// Heap goal in bytes.
    pub heap_goal: Series,
    /// How many goroutines there were.
    pub goroutines: Series,
}

/// A stop of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Trace time in nanoseconds.
    pub start: i64,
    /// Trace time in nanoseconds.
    pub end: i64,
    /// Why, such as `GC sweep termination`.
    pub reason: StringId,
}
