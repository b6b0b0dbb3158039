//! The samples that are left after filters, merged files and a subtracted base: stacks with values.

use crate::model::{LocationId, SampleType, StackId, Symbols};

/// Weighted stacks, the common input of every report (top, call tree, sandwich, call graph).
pub struct Selection {
    /// What each column counts.
    pub sample_types: Vec<SampleType>,
    /// The column that is shown when none is named.
    pub default_type: usize,
    /// The stack of each row.
    pub stacks: Vec<StackId>,
    /// How many locations of the row's stack are visible, counted from the leaf (pprof: `show_from`).
    pub visible: Vec<u32>,
    /// One column per sample type; rows of a base are negated.
    pub values: Vec<Vec<i64>>,
    /// What percentages are of, per sample type (pprof's total).
    pub totals: Vec<i64>,
}

impl Selection {
    /// The visible locations of a row, leaf first.
    pub fn locations<'a>(&self, symbols: &'a Symbols, row: usize) -> &'a [LocationId] {
        let Some(&stack) = self.stacks.get(row) else { return &[] };
        let all = symbols.stacks.get(stack);
        let visible = self.visible.get(row).map_or(all.len(), |&n| n as usize);
        all.get(..visible).unwrap_or(all)
    }
}
