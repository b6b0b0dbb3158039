//! What each mapped range of a process is for, and what of it is in memory.

use serde::{Deserialize, Serialize};

use crate::model::record::{AddressSpace, MappedRange, Resident};

/// What a range is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RangeKind {
    /// Where Go's objects and stacks of goroutines are.
    GoHeap,
    /// Named by Go's runtime as its own.
    GoRuntime,
    /// Stacks of threads.
    Stack,
    /// Grown by `brk`: where malloc of a native library begins.
    Brk,
    /// Anonymous, and of nothing that is known here: tables of a runtime, malloc, `mmap` of the program's own.
    Anonymous,
    /// Shared without a file on disk.
    Shared,
    /// Pages of `hugetlbfs`.
    HugeTlb,
    /// The program's own file.
    Program,
    /// Other files with code.
    Library,
    /// Files without code.
    File,
    /// Made by the kernel, such as `[vdso]`.
    Special,
    /// Addresses kept free; nothing is in memory.
    Reserved,
}

impl RangeKind {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 12] = [
        Self::GoHeap,
        Self::GoRuntime,
        Self::Stack,
        Self::Brk,
        Self::Anonymous,
        Self::Shared,
        Self::HugeTlb,
        Self::Program,
        Self::Library,
        Self::File,
        Self::Special,
        Self::Reserved,
    ];

    /// What it is called on the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::GoHeap => "Go heap",
            Self::GoRuntime => "Go runtime",
            Self::Stack => "thread stacks",
            Self::Brk => "native heap",
            Self::Anonymous => "other anonymous",
            Self::Shared => "shared memory",
            Self::HugeTlb => "hugetlbfs",
            Self::Program => "program",
            Self::Library => "libraries",
            Self::File => "mapped files",
            Self::Special => "kernel's own",
            Self::Reserved => "reserved",
        }
    }

    /// How it is told.
    pub fn about(self) -> &'static str {
        match self {
            Self::GoHeap => {
                "Anonymous, of whole pieces of 4 MB as Go's heap grows, away from libraries; or named so by Go 1.25 and later. Stacks of goroutines lie in it."
            }
            Self::GoRuntime => "Named by Go's runtime as its own tables.",
            Self::Stack => "[stack], and anonymous ranges right behind a guard page.",
            Self::Brk => "[heap]: grown by brk, where malloc of C begins.",
            Self::Anonymous => "Anonymous and unnamed: tables of Go's runtime, malloc of C, mmap of the program's own.",
            Self::Shared => "Shared without a file on disk: /dev/shm, memfd, System V.",
            Self::HugeTlb => "Pages of hugetlbfs, which RSS does not count.",
            Self::Program => "The program's own file: code and constants can be read again from disk.",
            Self::Library => "Other files of which something can be run.",
            Self::File => "Files without code: RSS counts what of them is in the page cache and mapped.",
            Self::Special => "[vdso] and the like.",
            Self::Reserved => "Addresses kept free, which cost nothing.",
        }
    }

    /// Whether memory of it is of the program's making and has no file behind it.
    pub fn is_native(self) -> bool {
        matches!(self, Self::Stack | Self::Brk | Self::Anonymous)
    }
}

/// All of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindSum {
    /// The kind.
    pub kind: RangeKind,
    /// How many ranges.
    pub ranges: u64,
    /// Their addresses.
    pub size_bytes: u64,
    /// What of them is in memory.
    pub resident: Resident,
}

/// The kind of each range, in the order of the ranges.
pub fn kinds(space: &AddressSpace) -> Vec<RangeKind> {
    let libraries = libraries_begin(space);
    let mut before: Option<&MappedRange> = None;
    let mut kinds = Vec::with_capacity(space.ranges.len());
    for range in &space.ranges {
        kinds.push(kind(space, range, before, libraries));
        before = Some(range);
    }
    // A file of which one range can be run is a library in all of its ranges.
    let mut with_code: Vec<&str> = Vec::new();
    for (range, kind) in space.ranges.iter().zip(&kinds) {
        if *kind == RangeKind::Library {
            with_code.push(&range.path);
        }
    }
    with_code.sort_unstable();
    for (range, kind) in space.ranges.iter().zip(&mut kinds) {
        if *kind == RangeKind::File && with_code.binary_search(&range.path.as_str()).is_ok() {
            *kind = RangeKind::Library;
        }
    }
    kinds
}

/// Sums of the kinds that are there, in their order.
pub fn sums(space: &AddressSpace) -> Vec<KindSum> {
    let mut sums: Vec<KindSum> = Vec::new();
    for (range, kind) in space.ranges.iter().zip(kinds(space)) {
        let known = sums.iter_mut().find(|sum| sum.kind == kind);
        let add = |sum: &mut KindSum| {
            sum.ranges += 1;
            sum.size_bytes = sum.size_bytes.saturating_add(range.size_bytes());
            sum.resident.add(&range.resident);
        };
        match known {
            Some(sum) => add(sum),
            None => {
                let mut sum = KindSum { kind, ranges: 0, size_bytes: 0, resident: Resident::default() };
                add(&mut sum);
                sums.push(sum);
            }
        }
    }
    crate::order::sort_by_key(&mut sums, |sum| sum.kind);
    sums
}

/// Go's heap grows by pieces of this size (runtime/mpagealloc.go, `pallocChunkBytes`).
const CHUNK: u64 = 4 << 20;

/// Libraries, and what `mmap` chooses places for, lie together at the top, by chance up to 1 TB below the stack (less where
/// addresses have 39 bits); Go's heap is kept away from them.
fn is_away(start: u64, libraries: u64) -> bool {
    let width = if libraries >= 1 << 46 { 1 << 41 } else { 1 << 37 };
    start.saturating_add(width) < libraries
}

/// Guard pages of stacks are smaller than this; what Go reserves is larger.
const GUARD: u64 = 1 << 20;

fn libraries_begin(space: &AddressSpace) -> u64 {
    let is_mapped =
        |range: &&MappedRange| range.path.contains(".so") || range.path.starts_with("[v") || range.path == "[stack]";
    space.ranges.iter().find(is_mapped).map_or(u64::MAX, |range| range.start)
}

fn kind(space: &AddressSpace, range: &MappedRange, before: Option<&MappedRange>, libraries: u64) -> RangeKind {
    let path = range.path.as_str();
    if range.is_reserved() && range.resident.rss == 0 {
        return RangeKind::Reserved;
    }
    if range.kernel_page_bytes >= CHUNK / 2 && range.resident.hugetlb > 0 {
        return RangeKind::HugeTlb;
    }
    match path {
        "" => {}
        "[heap]" => return RangeKind::Brk,
        _ if path.starts_with("[stack") => return RangeKind::Stack,
        _ if path.starts_with("[anon") => {
            return match path.rsplit_once("Go: ").map(|(_, name)| name) {
                Some("heap]") => RangeKind::GoHeap,
                Some(_) => RangeKind::GoRuntime,
                None => RangeKind::Anonymous,
            };
        }
        _ if path.starts_with('[') => return RangeKind::Special,
        _ if ["/dev/shm/", "/memfd:", "/SYSV", "/dev/zero"].iter().any(|known| path.starts_with(known)) => {
            return RangeKind::Shared;
        }
        _ if path == space.program => return RangeKind::Program,
        _ if range.permissions.contains('x') => return RangeKind::Library,
        _ => return RangeKind::File,
    }
    if range.permissions.ends_with('s') {
        return RangeKind::Shared;
    }
    let is_heap = range.permissions.starts_with("rw")
        && range.start.is_multiple_of(CHUNK)
        && range.end.is_multiple_of(CHUNK)
        && range.start > 0
        && is_away(range.start, libraries);
    if is_heap {
        return RangeKind::GoHeap;
    }
    // The program's own data without a file, right behind it.
    if before
        .is_some_and(|before| before.path == space.program && !space.program.is_empty() && before.end == range.start)
    {
        return RangeKind::Program;
    }
    let is_behind_guard = before.is_some_and(|before| {
        before.is_reserved() && before.path.is_empty() && before.end == range.start && before.size_bytes() < GUARD
    });
    if is_behind_guard && range.permissions.starts_with("rw") { RangeKind::Stack } else { RangeKind::Anonymous }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, end: u64, permissions: &str, path: &str) -> MappedRange {
        let (permissions, path) = (permissions.to_owned(), path.to_owned());
        MappedRange { start, end, permissions, path, ..MappedRange::default() }
    }

    #[test]
    fn each_range_is_told() {
        let heap = 0xc0_0000_0000;
        let top = 0x7f00_0000_0000;
        let told = [
            (range(0x40_0000, 0x50_0000, "r-xp", "/opt/p"), RangeKind::Program),
            (range(0x50_0000, 0x52_0000, "rw-p", ""), RangeKind::Program),
            (range(0x100_0000, 0x102_0000, "rw-p", "[heap]"), RangeKind::Brk),
            (range(heap, heap + CHUNK, "rw-p", ""), RangeKind::GoHeap),
            (range(heap + CHUNK, heap + (64 << 20), "---p", ""), RangeKind::Reserved),
            (range(top, top + 4096, "---p", ""), RangeKind::Reserved),
            (range(top + 4096, top + (8 << 20), "rw-p", ""), RangeKind::Stack),
            // As a large mmap lies: whole pieces, and beside the libraries.
            (range(top + (16 << 20), top + (32 << 20), "rw-p", ""), RangeKind::Anonymous),
            (range(top + (32 << 20), top + (33 << 20), "r--p", "/lib/libc.so.6"), RangeKind::Library),
            (range(top + (33 << 20), top + (34 << 20), "r-xp", "/lib/libc.so.6"), RangeKind::Library),
            (range(top + (34 << 20), top + (35 << 20), "r--s", "/data/index"), RangeKind::File),
            (range(top + (35 << 20), top + (36 << 20), "rw-s", "/dev/shm/x"), RangeKind::Shared),
            (range(top + (36 << 20), top + (37 << 20), "rw-p", "[anon: Go: heap]"), RangeKind::GoHeap),
            (range(top + (37 << 20), top + (38 << 20), "rw-p", "[anon: Go: page summary]"), RangeKind::GoRuntime),
            (range(top + (40 << 20), top + (41 << 20), "r-xp", "[vdso]"), RangeKind::Special),
        ];
        let (ranges, wanted): (Vec<MappedRange>, Vec<RangeKind>) = told.into_iter().unzip();
        let space = AddressSpace { program: "/opt/p".to_owned(), ranges, ..AddressSpace::default() };
        assert_eq!(kinds(&space), wanted);
        let sums = sums(&space);
        assert_eq!(sums.iter().map(|sum| sum.ranges).sum::<u64>(), 15);
        assert!(sums.windows(2).all(|pair| pair[0].kind < pair[1].kind));
    }
}
