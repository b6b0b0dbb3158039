//! Cycles of a collector, as a log tells them.

use crate::model::id::StringId;

/// A log of cycles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GcLog {
    /// In the order of the log.
    pub cycles: Vec<GcCycle>,
}

/// One cycle. Times are of the log's own clock, mostly since the program began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GcCycle {
    /// Its number, as the log has it.
    pub number: u64,
    /// When it began.
    pub begin_nanos: i64,
    /// What it is called where there are several sorts, such as `Pause Young (Normal)`.
    pub cause: StringId,
}
