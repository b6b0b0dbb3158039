//! Events by where they lie: sorting moves 24 bytes of each instead of the whole event, which is read again when its
//! turn comes.

use super::kind::Kind;
use crate::model::trace::{GoId, Goroutines};

/// An event that waits for its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Clock ticks.
    pub(super) time: i64,
    /// Bytes from the start of the file.
    pub(super) at: u32,
    /// Whose it is: a [`slot`].
    pub(super) goroutine: u32,
    /// The processor that wrote it, −1 for none.
    pub(super) proc: i32,
    /// What it is, without the distinction that only ordering needs.
    pub(super) kind: Kind,
    /// Of a system call: whether its goroutine lost the processor in it.
    pub(super) is_blocking: bool,
}

/// A number for the goroutine `id` that tables can be indexed with: 0 for goroutine 0, which is nobody, else its row
/// and one.
#[inline]
pub(super) fn slot(goroutines: &mut Goroutines, id: u64) -> u32 {
    if id == 0 { 0 } else { goroutines.intern(GoId(id)).index() as u32 + 1 }
}

/// The [`slot`] of a goroutine that has one.
#[inline]
pub(super) fn known_slot(goroutines: &Goroutines, id: u64) -> u32 {
    goroutines.find(GoId(id)).map_or(0, |row| row.index() as u32 + 1)
}

/// The entry of `slot`, which is made when it is missing.
#[inline]
pub(super) fn entry<T: Clone + Default>(table: &mut Vec<T>, slot: u32) -> Option<&mut T> {
    let slot = slot as usize;
    if table.len() <= slot {
        table.resize(slot + 1, T::default());
    }
    table.get_mut(slot)
}
