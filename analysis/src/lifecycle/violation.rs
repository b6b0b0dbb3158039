//! What was done that the contract of a pool forbids.

use crate::model::pool::Misuse;
use crate::model::{ObjectId, PoolId, StackId};

/// One breach of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub kind: Misuse,
    /// The pool it was done to.
    pub pool: PoolId,
    /// The object; `None` for what no pool knows.
    pub object: Option<ObjectId>,
    /// The hand-out that it was done with.
    pub generation: u32,
    /// When, in nanoseconds on the history's clock.
    pub time: i64,
    /// Row of the thread.
    pub thread: u16,
    /// Who; the empty stack where that is not known.
    pub stack: StackId,
    /// The pool that the object belongs to, where that is another.
    pub owner: Option<PoolId>,
    /// The pool saw it and refused; else the order of events shows it, and it was done.
    pub was_refused: bool,
}
