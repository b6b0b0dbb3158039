//! Why a get gives nothing, and what is wrong with a ticket.

use std::fmt;
use std::time::Duration;

/// Why a get gave nothing. Never a reason to end the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// All objects of a bounded pool are out, and none came back in time.
    Exhausted {
        /// The pool's most.
        capacity: usize,
        /// How long the get waited.
        waited: Duration,
    },
    /// The tenant may not use so many bytes more.
    QuotaExceeded(QuotaExceeded),
    /// The allocator had no memory, or the size is larger than any block.
    NoMemory {
        /// Bytes that were asked for.
        bytes: u64,
    },
}

/// A tenant's use would pass its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaExceeded {
    /// Bytes in use.
    pub used: u64,
    /// Bytes allowed.
    pub limit: u64,
    /// Bytes asked for.
    pub wanted: u64,
}

impl fmt::Display for QuotaExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let QuotaExceeded { used, limit, wanted } = self;
        write!(f, "{wanted} bytes more would pass the quota: {used} of {limit} bytes are used")
    }
}

impl std::error::Error for QuotaExceeded {}

impl From<QuotaExceeded> for GetError {
    fn from(exceeded: QuotaExceeded) -> Self {
        GetError::QuotaExceeded(exceeded)
    }
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GetError::Exhausted { capacity, waited } => {
                write!(f, "all {capacity} objects of the pool are out, and none came back in {waited:?}")
            }
            GetError::QuotaExceeded(exceeded) => exceeded.fmt(f),
            GetError::NoMemory { bytes } => write!(f, "no memory for {bytes} bytes"),
        }
    }
}

impl std::error::Error for GetError {}

/// What is wrong with a ticket. The object, if there is one, is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketError {
    /// The object has been put already.
    DoublePut,
    /// No object of this pool, nor of another, has such a ticket.
    Foreign,
    /// The object has been put and handed out again: the ticket is of an earlier holder.
    StaleGeneration {
        /// Of the ticket.
        ticket: u32,
        /// Of the object now.
        current: u32,
    },
    /// The object belongs to another pool.
    WrongPool {
        /// The number of its pool.
        owner: u32,
    },
    /// The object has been put: it may not be used.
    UseAfterPut,
}

impl fmt::Display for TicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TicketError::DoublePut => write!(f, "the object was put already"),
            TicketError::Foreign => write!(f, "no pool made an object with this ticket"),
            TicketError::StaleGeneration { ticket, current } => {
                write!(f, "the ticket is of hand-out {ticket}, the object is at {current}")
            }
            TicketError::WrongPool { owner } => write!(f, "the object belongs to pool {owner}"),
            TicketError::UseAfterPut => write!(f, "the object was put and is used"),
        }
    }
}

impl std::error::Error for TicketError {}
