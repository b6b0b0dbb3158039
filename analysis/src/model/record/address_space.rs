//! What a process has mapped (`/proc/PID/smaps`; proc(5)).

/// Mapped ranges in the order of addresses; one for all of them, where only the roll-up is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddressSpace {
    /// The ranges.
    pub ranges: Vec<MappedRange>,
}

/// One range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MappedRange {
    /// First address.
    pub start: u64,
    /// First address past the end.
    pub end: u64,
    /// What is mapped; empty for anonymous memory.
    pub path: String,
    /// How much of it is in memory.
    pub rss_bytes: u64,
}
