//! Ids on the wire: any 64-bit number, in practice 1 to N.

use rustc_hash::FxHashMap;

/// What each id stands for.
pub(in crate::formats) struct WireIds<T> {
    dense: Vec<Option<T>>,
    sparse: FxHashMap<u64, T>,
}

impl<T: Copy> WireIds<T> {
    /// For a table that defines `count` of them: ids up to four times that many are looked up in a table.
    pub(in crate::formats) fn for_count(count: usize) -> Self {
        Self { dense: vec![None; count.saturating_mul(4).saturating_add(16)], sparse: FxHashMap::default() }
    }

    pub(in crate::formats) fn insert(&mut self, id: u64, value: T) {
        match usize::try_from(id).ok().and_then(|at| self.dense.get_mut(at)) {
            Some(slot) => *slot = Some(value),
            None => {
                self.sparse.insert(id, value);
            }
        }
    }

    #[inline]
    pub(in crate::formats) fn get(&self, id: u64) -> Option<T> {
        match usize::try_from(id).ok().and_then(|at| self.dense.get(at)) {
            Some(slot) => *slot,
            None => self.sparse.get(&id).copied(),
        }
    }
}
