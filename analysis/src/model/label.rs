//! Labels of samples: sets of key and value, each set once per profile.

use super::id::{LabelSetId, StringId};
use super::intern::{Index, hash_of};

/// One label (profile.proto, `Label`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// Its key.
    pub key: StringId,
    /// Its value.
    pub value: LabelValue,
}

/// What a label says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelValue {
    /// A string.
    Text(StringId),
    /// A number with its unit, which is empty when the file names none.
    Number(i64, StringId),
}

/// Sets of labels in file order, each once. Row 0 is always the empty set.
#[derive(Clone)]
pub struct LabelSets {
    labels: Vec<Label>,
    ends: Vec<u32>,
    index: Index,
}

impl Default for LabelSets {
    fn default() -> Self {
        let mut sets = Self { labels: Vec::new(), ends: Vec::new(), index: Index::default() };
        sets.intern(&[]);
        sets
    }
}

impl LabelSets {
    /// The empty set, there in every table.
    pub fn empty(&self) -> LabelSetId {
        LabelSetId::from_index(0)
    }

    /// The id of the set, which is added when it is new.
    pub fn intern(&mut self, labels: &[Label]) -> LabelSetId {
        let hash = hash_of(labels);
        if let Some(row) = self.index.find(hash, |row| self.row(row) == labels) {
            return LabelSetId::from_index(row);
        }
        let row = self.ends.len();
        self.labels.extend_from_slice(labels);
        self.ends.push(self.labels.len() as u32);
        self.index.insert(hash, row);
        LabelSetId::from_index(row)
    }

    /// The labels of `id`; none for an id of another table.
    pub fn get(&self, id: LabelSetId) -> &[Label] {
        self.row(id.index())
    }

    /// How many sets there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never: the empty set is always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every set with its id, in the order they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (LabelSetId, &[Label])> {
        (0..self.len()).map(|row| (LabelSetId::from_index(row), self.row(row)))
    }

    fn row(&self, row: usize) -> &[Label] {
        slice(&self.labels, &self.ends, row)
    }
}

fn slice<'a>(all: &'a [Label], ends: &[u32], row: usize) -> &'a [Label] {
    let start = row.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |&end| end as usize);
    ends.get(row).and_then(|&end| all.get(start..end as usize)).unwrap_or(&[])
}
