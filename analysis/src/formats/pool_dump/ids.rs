//! Ids of one section: the writer numbers from 1 upwards, and a hostile one as it likes.

use rustc_hash::FxHashMap;

/// What each id stands for.
pub(super) struct Ids<T> {
    dense: Vec<Option<T>>,
    sparse: FxHashMap<u64, T>,
    inserted: usize,
}

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Self { dense: Vec::new(), sparse: FxHashMap::default(), inserted: 0 }
    }
}

impl<T: Copy> Ids<T> {
    #[inline]
    pub(super) fn get(&self, id: u64) -> Option<T> {
        let dense = usize::try_from(id).ok().and_then(|at| self.dense.get(at).copied().flatten());
        if dense.is_some() || self.sparse.is_empty() { dense } else { self.sparse.get(&id).copied() }
    }

    pub(super) fn insert(&mut self, id: u64, value: T) {
        self.inserted += 1;
        // Room in the table is paid for by entries, not by what an id claims.
        let room = self.inserted.saturating_mul(4).saturating_add(1024);
        match usize::try_from(id) {
            Ok(at) if at < room => {
                if at >= self.dense.len() {
                    self.dense.resize(at + 1, None);
                }
                if let Some(place) = self.dense.get_mut(at) {
                    *place = Some(value);
                }
            }
            _ => {
                self.sparse.insert(id, value);
            }
        }
    }
}
