//! The index behind every table: finds the row that equals a key without keeping the key twice.

use core::hash::{Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// Row numbers by the hash of what the row holds; the table that owns the rows compares them.
#[derive(Clone, Default)]
pub(super) struct Index {
    rows: HashTable<Entry>,
}

/// A row, with half of its hash beside it: growing must not hash every long row again.
#[derive(Clone, Copy)]
struct Entry {
    hash: u32,
    row: u32,
}

impl Entry {
    /// The table wants its bits spread over all 64: the low ones choose a place, the high ones a tag.
    fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// Half of a hash with all that tells it from others: in WASM the hasher has 32 bits, and the upper half is nothing.
fn short(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

impl Index {
    /// The row for which `equals` holds among those of this `hash`.
    pub(super) fn find(&self, hash: u64, mut equals: impl FnMut(usize) -> bool) -> Option<usize> {
        let hash = short(hash);
        let found = self.rows.find(Entry::spread(hash), |entry| entry.hash == hash && equals(entry.row as usize));
        found.map(|entry| entry.row as usize)
    }

    /// Adds `row`.
    pub(super) fn insert(&mut self, hash: u64, row: usize) {
        let hash = short(hash);
        self.rows
            .insert_unique(Entry::spread(hash), Entry { hash, row: row as u32 }, |entry| Entry::spread(entry.hash));
    }
}

/// Fast and stable from run to run (no seed): order and screens stay the same.
pub(super) fn hash_of<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{Index, hash_of, short};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test;

    #[test]
    fn hashes_of_32_and_of_64_bits_stay_apart() {
        assert_ne!(short(1), short(2));
        assert_ne!(short(1 << 32), short(2 << 32));
    }
    /// Runs in WASM too, where the hasher is another one: there every row once had one hash.
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
    fn rows_that_differ_are_seldom_compared() {
        const ROWS: usize = 10_000;
        let mut index = Index::default();
        let mut compared = 0_usize;
        for row in 0..ROWS {
            let key = [row as u32, 7, row as u32 / 3];
            let found = index.find(hash_of(&key[..]), |_| {
                compared += 1;
                false
            });
            assert_eq!(found, None);
            index.insert(hash_of(&key[..]), row);
        }
        assert!(compared < ROWS / 100, "{compared} comparisons of {ROWS} rows that all differ");
    }
}
