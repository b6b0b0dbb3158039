//! A snapshot of a heap as it was read, its values in one order: what sites, pools and rules are put together from. They never
//! ask what a function has with all it called, so nothing is summed along stacks for them.

use crate::model::{Profile, StackId, Symbols};
use crate::series::Series;
use crate::session::Session;

/// Values of a heap in its own order.
pub(crate) const ALLOC_OBJECTS: usize = 0;
pub(crate) const ALLOC_SPACE: usize = 1;
pub(crate) const INUSE_OBJECTS: usize = 2;
pub(crate) const INUSE_SPACE: usize = 3;

/// What Go calls them; other heaps are read under the same names.
const NAMES: [&str; 4] = ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"];

/// A snapshot's rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapRows<'a> {
    /// The stack of each row.
    stacks: &'a [StackId],
    /// What is not told is empty, and counts as 0.
    columns: [&'a [i64]; 4],
    /// It tells what was allocated, and not only what is in use.
    pub tells_allocated: bool,
    /// Bytes between two samples on average; 0 where the profile does not say.
    pub rate: f64,
}

impl<'a> HeapRows<'a> {
    /// Of a profile; `None` when it does not tell what is in use.
    pub fn of(symbols: &Symbols, profile: &'a Profile) -> Option<Self> {
        let column = |name: &str| {
            let at = profile.sample_types.iter().position(|t| symbols.strings.get(t.name) == name)?;
            profile.values.get(at).map(Vec::as_slice)
        };
        let [alloc_objects, alloc_space, inuse_objects, inuse_space] = NAMES.map(column);
        let tells_allocated = alloc_space.is_some();
        let columns =
            [alloc_objects.unwrap_or_default(), alloc_space.unwrap_or_default(), inuse_objects?, inuse_space?];
        Some(Self { stacks: &profile.stacks, columns, tells_allocated, rate: rate_of(symbols, profile) })
    }

    /// Of every snapshot of a series, without rows where it is none of a heap; `None` when none is.
    pub fn of_series(session: &'a Session, series: &Series) -> Option<Vec<Self>> {
        let profiles = series.snapshots.iter().map(|snapshot| session.profile(snapshot.source));
        let rows: Vec<Option<Self>> = profiles.map(|profile| Self::of(&session.symbols, profile?)).collect();
        rows.iter().any(Option::is_some).then(|| rows.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// Each row's stack and values.
    pub fn iter(&self) -> impl Iterator<Item = (StackId, [i64; 4])> + use<'a> {
        let columns = self.columns;
        let values = move |row: usize| columns.map(|column| column.get(row).copied().unwrap_or(0));
        self.stacks.iter().enumerate().map(move |(row, &stack)| (stack, values(row)))
    }

    /// Sums of its columns.
    pub fn totals(&self) -> [i64; 4] {
        self.columns.map(|column| column.iter().fold(0, |sum: i64, &value| sum.wrapping_add(value)))
    }
}

/// Bytes between two samples on average; 0 where the profile does not say.
pub(crate) fn rate_of(symbols: &Symbols, profile: &Profile) -> f64 {
    let is_space = profile.period_type.is_some_and(|t| symbols.strings.get(t.name) == "space");
    if is_space { profile.period as f64 } else { 0.0 }
}
