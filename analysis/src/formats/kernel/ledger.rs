//! What was allocated and what of it was not freed: a row a stack and size, and each piece of memory that is out.

use rustc_hash::FxHashMap;

use crate::model::{Label, LabelSetId, LabelSets, Profile, ProfileKind, SampleType, StackId, Symbols};

/// Where a piece of memory is: objects by address, pages by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Object(u64),
    Page(u64),
}

/// Allocations and frees in the order of time.
#[derive(Default)]
pub(super) struct Ledger {
    rows: FxHashMap<(StackId, LabelSetId), usize>,
    stacks: Vec<StackId>,
    label_sets: Vec<LabelSetId>,
    labels: LabelSets,
    /// Allocated objects and bytes, objects and bytes that are out.
    values: [Vec<i64>; 4],
    out: FxHashMap<Place, (usize, i64)>,
    pub(super) allocations: u64,
    /// Frees of what was allocated before the record began.
    pub(super) unknown_frees: u64,
    /// Allocations where something was out already: its free was not recorded.
    pub(super) replaced: u64,
}

impl Ledger {
    pub(super) fn allocate(&mut self, place: Place, bytes: i64, stack: StackId, labels: &[Label]) {
        let set = self.labels.intern(labels);
        let next = self.stacks.len();
        let row = *self.rows.entry((stack, set)).or_insert(next);
        if row == next {
            self.stacks.push(stack);
            self.label_sets.push(set);
            self.values.iter_mut().for_each(|column| column.push(0));
        }
        self.allocations += 1;
        if let Some(before) = self.out.insert(place, (row, bytes)) {
            self.replaced += 1;
            self.give_back(before);
        }
        self.add(row, [1, bytes, 1, bytes]);
    }

    pub(super) fn free(&mut self, place: Place) {
        match self.out.remove(&place) {
            Some(known) => self.give_back(known),
            None => self.unknown_frees += 1,
        }
    }

    fn give_back(&mut self, (row, bytes): (usize, i64)) {
        self.add(row, [0, 0, -1, -bytes]);
    }

    fn add(&mut self, row: usize, values: [i64; 4]) {
        for (column, value) in self.values.iter_mut().zip(values) {
            if let Some(sum) = column.get_mut(row) {
                *sum = sum.saturating_add(value);
            }
        }
    }

    pub(super) fn into_profile(self, symbols: &mut Symbols) -> Profile {
        let types = [
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ];
        let sample_types = types
            .map(|(name, unit)| SampleType { name: symbols.strings.intern(name), unit: symbols.strings.intern(unit) });
        Profile {
            kind: ProfileKind::Kernel,
            sample_types: sample_types.to_vec(),
            default_sample_type: Some(3),
            stacks: self.stacks,
            label_sets: self.label_sets,
            values: self.values.to_vec(),
            labels: self.labels,
            period_type: sample_types.get(1).copied(),
            // Every event is recorded.
            period: 1,
            ..Profile::default()
        }
    }
}
