//! Every string of a session, once.

use super::id::StringId;
use super::intern::{Index, hash_of};
use crate::limits::STRING_BYTES;

/// Interned strings in one arena. Row 0 is always the empty string.
#[derive(Clone)]
pub struct StringTable {
    arena: String,
    /// Where each row ends in `arena`; it begins where the one before ends.
    ends: Vec<usize>,
    index: Index,
    cut: u64,
}

impl Default for StringTable {
    fn default() -> Self {
        let mut table = Self { arena: String::new(), ends: Vec::new(), index: Index::default(), cut: 0 };
        table.intern("");
        table
    }
}

impl StringTable {
    /// The empty string, there in every table.
    pub fn empty(&self) -> StringId {
        StringId::from_index(0)
    }

    /// The id of `text`, which is added when it is new. Of one that is longer than any should be the end is left out.
    pub fn intern(&mut self, text: &str) -> StringId {
        let kept = kept(text);
        self.cut += u64::from(kept.len() < text.len());
        let text = kept;
        let hash = hash_of(text);
        if let Some(row) = self.index.find(hash, |row| self.row(row) == text) {
            return StringId::from_index(row);
        }
        let row = self.ends.len();
        self.arena.push_str(text);
        self.ends.push(self.arena.len());
        self.index.insert(hash, row);
        StringId::from_index(row)
    }

    /// The id of `text` if it is in the table.
    pub fn find(&self, text: &str) -> Option<StringId> {
        let text = kept(text);
        self.index.find(hash_of(text), |row| self.row(row) == text).map(StringId::from_index)
    }

    /// The text of `id`; empty for an id of another table.
    pub fn get(&self, id: StringId) -> &str {
        self.row(id.index())
    }

    /// How many strings came that were longer than what is kept of one.
    pub(crate) fn cut(&self) -> u64 {
        self.cut
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never: the empty string is always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The id of every string, in the order they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = StringId> {
        (0..self.len()).map(StringId::from_index)
    }

    fn row(&self, row: usize) -> &str {
        slice(&self.arena, &self.ends, row)
    }
}

/// What is kept of a string.
fn kept(text: &str) -> &str {
    text.get(..text.floor_char_boundary(STRING_BYTES)).unwrap_or(text)
}

fn slice<'a>(arena: &'a str, ends: &[usize], row: usize) -> &'a str {
    let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(row).and_then(|&end| arena.get(start..end)).unwrap_or("")
}
