//! Memory statistics of a process, at one moment or over time.

use crate::model::unit::Nanos;

/// Statistics in time order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemorySeries {
    /// One row a reading.
    pub points: Vec<MemoryPoint>,
}

/// One reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryPoint {
    /// When, if it says so.
    pub time: Option<Nanos>,
}
