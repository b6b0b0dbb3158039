//! Which files base and current mean.

use analysis::order::sort_by;

use super::ViewState;
use crate::file_entry::FileEntry;

/// What base and current mean.
pub(crate) struct ChosenFiles<'a> {
    pub(crate) base: Option<&'a FileEntry>,
    pub(crate) current: Option<&'a FileEntry>,
    /// All of the same kind, by time.
    pub(crate) same: Vec<&'a FileEntry>,
}

fn is_profile(file: &FileEntry) -> bool {
    file.row.as_ref().is_some_and(|row| !row.sample_types.is_empty())
}

/// The most telling kind first.
fn rank(kind: &str) -> u8 {
    match kind {
        "heap profile" => 0,
        "allocs profile" => 1,
        "native heap profile" | "DHAT profile" | "class histogram" | "allocation trace" => 2,
        "goroutine profile" => 3,
        "goroutine leak profile" => 4,
        "CPU profile" => 5,
        "mutex profile" | "block profile" | "contention profile" => 6,
        "custom profile" => 7,
        _ => 8,
    }
}

impl ViewState {
    /// The files that base and current name, or the first and the last of the most telling kind.
    pub(crate) fn chosen_files<'a>(&self, files: &'a [FileEntry]) -> ChosenFiles<'a> {
        let named = |name: &str| files.iter().find(|file| !name.is_empty() && file.name == name && is_profile(file));
        let kind = |file: &FileEntry| file.row.as_ref().map(|row| row.kind.clone());
        let mut kinds: Vec<&FileEntry> = files.iter().filter(|file| is_profile(file)).collect();
        sort_by(&mut kinds, |a, b| {
            let key = |file: &FileEntry| file.row.as_ref().map(|row| (rank(&row.kind), row.time_nanos));
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        let current = named(&self.current).or_else(|| {
            let best = kind(kinds.first()?);
            kinds.iter().rev().find(|file| kind(file) == best).copied()
        });
        let same: Vec<&FileEntry> =
            kinds.iter().copied().filter(|file| current.is_some_and(|current| kind(current) == kind(file))).collect();
        let base = match self.base.as_str() {
            "-" => None,
            // Two parts of a trace are compared when that is asked for.
            "" if current.is_some_and(|current| current.part_of.is_some()) => None,
            name => named(name).filter(|file| same.contains(file)).or_else(|| same.first().copied()),
        };
        ChosenFiles { base: base.filter(|base| current.is_some_and(|current| current.key != base.key)), current, same }
    }
}
