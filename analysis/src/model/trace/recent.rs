//! What was looked up a moment ago will be looked up again.

/// A power of two; a few hundred goroutines are at work at a time.
const PLACES: usize = 1 << 10;

/// Rows that were found lately, each at a place that its key says. A key that takes the place of another costs that one
/// a look-up in the table, and nothing else.
#[derive(Clone, Default)]
pub(super) struct Recent(Vec<(u64, u32)>);

impl Recent {
    #[inline]
    pub(super) fn find(&self, key: u64) -> Option<u32> {
        let &(known, row) = self.0.get(place(key))?;
        (known == key && row != u32::MAX).then_some(row)
    }

    pub(super) fn note(&mut self, key: u64, row: u32) {
        if self.0.is_empty() {
            self.0 = vec![(0, u32::MAX); PLACES];
        }
        if let Some(slot) = self.0.get_mut(place(key)) {
            *slot = (key, row);
        }
    }
}

/// Numbers of goroutines follow each other; what comes in pairs differs in the upper half too.
#[inline]
fn place(key: u64) -> usize {
    (key ^ key >> 27) as usize % PLACES
}
