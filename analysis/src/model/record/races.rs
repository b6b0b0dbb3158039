//! Data races as Go's race detector reports them.

use crate::model::id::StackId;

/// All of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Races {
    /// In file order.
    pub races: Vec<Race>,
}

/// Two accesses to one address, at least one of them a write.
#[derive(Clone, Debug, PartialEq)]
pub struct Race {
    /// The address.
    pub address: u64,
    /// The access that was seen.
    pub now: Access,
    /// The one before it, which nothing orders before the other.
    pub before: Access,
}

/// One access.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// What it did, such as `write` or `atomic read`.
    pub what: String,
    /// Which goroutine; `None` for the main one, and where it is not told.
    pub goroutine: Option<u64>,
    /// Where, leaf first.
    pub stack: StackId,
    /// Where its goroutine was created, if the report still knew.
    pub created: Option<StackId>,
}
