//! Every call stack of a session, once.

use super::id::{LocationId, StackId};
use super::intern::{Index, hash_of};
use crate::limits::STACK_FRAMES;

/// Call stacks as flat runs of locations, leaf first (profile.proto, `Sample.location_id`).
///
/// Not a prefix tree: interning a run is one hash of its bytes, where a tree pays a probe for every
/// frame. Trees are built by the analyses that draw them, from the stacks that are left after filters.
#[derive(Clone, Default)]
pub struct StackTable {
    locations: Vec<LocationId>,
    /// Where each row ends in `locations`.
    ends: Vec<u32>,
    index: Index,
    cut: u64,
}

impl StackTable {
    /// The id of the stack `locations`, leaf first, which is added when it is new. Of one that is deeper than any should be the
    /// outer calls are left out.
    pub fn intern(&mut self, locations: &[LocationId]) -> StackId {
        // Ends are counted in 32 bits.
        let room = (u32::MAX as usize).saturating_sub(self.locations.len()).min(STACK_FRAMES);
        let locations = match locations.get(..room) {
            Some(inner) if locations.len() > room => {
                self.cut += 1;
                inner
            }
            _ => locations,
        };
        let hash = hash_of(locations);
        if let Some(row) = self.index.find(hash, |row| self.row(row) == locations) {
            return StackId::from_index(row);
        }
        let row = self.ends.len();
        self.locations.extend_from_slice(locations);
        self.ends.push(self.locations.len() as u32);
        self.index.insert(hash, row);
        StackId::from_index(row)
    }

    /// The locations of `id`, leaf first; none for an id of another table.
    pub fn get(&self, id: StackId) -> &[LocationId] {
        self.row(id.index())
    }

    /// How many stacks came that were deeper than what is kept of one.
    pub(crate) fn cut(&self) -> u64 {
        self.cut
    }

    /// How many stacks there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every stack with its id, in the order they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (StackId, &[LocationId])> {
        (0..self.len()).map(|row| (StackId::from_index(row), self.row(row)))
    }

    fn row(&self, row: usize) -> &[LocationId] {
        slice(&self.locations, &self.ends, row)
    }
}

fn slice<'a>(all: &'a [LocationId], ends: &[u32], row: usize) -> &'a [LocationId] {
    let start = row.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |&end| end as usize);
    ends.get(row).and_then(|&end| all.get(start..end as usize)).unwrap_or(&[])
}
