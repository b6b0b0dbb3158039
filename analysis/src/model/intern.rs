//! The index behind every table: finds the row that equals a key without keeping the key twice.

use core::hash::{Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// Row numbers by the hash of what the row holds; the table that owns the rows compares them.
#[derive(Clone, Default)]
pub(super) struct Index {
    rows: HashTable<u32>,
}

impl Index {
    /// The row for which `equals` holds among those of this `hash`.
    pub(super) fn find(&self, hash: u64, mut equals: impl FnMut(usize) -> bool) -> Option<usize> {
        self.rows.find(hash, |&row| equals(row as usize)).map(|&row| row as usize)
    }

    /// Adds `row`; `hash_of` gives the hash of any row, for when the index grows.
    pub(super) fn insert(&mut self, hash: u64, row: usize, hash_of: impl Fn(usize) -> u64) {
        self.rows.insert_unique(hash, row as u32, |&row| hash_of(row as usize));
    }
}

/// Fast and stable from run to run (no seed): order and screens stay the same.
pub(super) fn hash_of<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
