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
    /// The access that was seen, in words such as `Write`, and where.
    pub now: (String, StackId),
    /// The access before it.
    pub before: (String, StackId),
}
