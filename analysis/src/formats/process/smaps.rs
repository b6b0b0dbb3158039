//! `/proc/PID/smaps` and `smaps_rollup` (kernel: fs/proc/task_mmu.c, `show_smap`): a head a range, then a line a number.

use super::kilobytes;
use crate::formats::warnings::Warnings;
use crate::model::Nanos;
use crate::model::record::{AddressSpace, MapOrigin, MappedRange, Record, Resident};

/// The dump that is being read, and the one before it when it has just ended.
#[derive(Default)]
pub(super) struct Smaps {
    ranges: Vec<MappedRange>,
    whole: Option<Vec<MappedRange>>,
    /// Addresses of its only range are those of all: a roll-up.
    is_rollup: bool,
    whole_is_rollup: bool,
    /// The lines of numbers that its last range had.
    has_rss: bool,
}

impl Smaps {
    /// Takes a line, or says that it is none of its own.
    pub(super) fn read(&mut self, text: &str, warnings: &mut Warnings) -> bool {
        if let Some(range) = head(text) {
            let is_rollup = range.path == "[rollup]";
            // Addresses rise within a dump.
            let is_next = self.ranges.last().is_some_and(|last| range.start < last.end);
            if is_next || is_rollup || self.is_rollup {
                self.end(warnings);
            }
            if !self.has_rss && !self.ranges.is_empty() {
                count_torn(&self.ranges, warnings);
            }
            self.is_rollup = is_rollup;
            self.has_rss = false;
            self.ranges.push(range);
            return true;
        }
        let Some(range) = self.ranges.last_mut() else { return false };
        let Some((key, value)) = text.split_once(':') else { return false };
        if key == "VmFlags" {
            value.trim().clone_into(&mut range.flags);
            return true;
        }
        if matches!(key, "THPeligible" | "ProtectionKey") {
            return true;
        }
        let Some(bytes) = kilobytes(value) else { return false };
        let known = &mut range.resident;
        let field = match key {
            "Rss" => {
                self.has_rss = true;
                &mut known.rss
            }
            "Pss" => &mut known.pss,
            "Shared_Clean" => &mut known.shared_clean,
            "Shared_Dirty" => &mut known.shared_dirty,
            "Private_Clean" => &mut known.private_clean,
            "Private_Dirty" => &mut known.private_dirty,
            "Anonymous" => &mut known.anonymous,
            "LazyFree" => &mut known.lazy_free,
            "AnonHugePages" => &mut known.huge,
            "Swap" => &mut known.swap,
            "KernelPageSize" => &mut range.kernel_page_bytes,
            "MMUPageSize" => &mut range.mmu_page_bytes,
            "Shared_Hugetlb" | "Private_Hugetlb" => {
                known.hugetlb = known.hugetlb.saturating_add(bytes);
                return true;
            }
            // Kernels add lines; those of a status file begin otherwise.
            "Size" | "Pss_Dirty" | "Pss_Anon" | "Pss_File" | "Pss_Shmem" | "Referenced" | "KSM" | "ShmemPmdMapped"
            | "FilePmdMapped" | "SwapPss" | "Locked" => return true,
            _ => return false,
        };
        *field = bytes;
        true
    }

    /// The dump that has ended, if one has.
    pub(super) fn whole(&mut self, time: Option<Nanos>) -> Option<Record> {
        let ranges = self.whole.take()?;
        Some(record(ranges, self.whole_is_rollup, time))
    }

    /// The dump that is being read: there is no more of it.
    pub(super) fn finish(&mut self, time: Option<Nanos>, warnings: &mut Warnings) -> Option<Record> {
        self.end(warnings);
        self.whole(time)
    }

    fn end(&mut self, warnings: &mut Warnings) {
        if self.ranges.is_empty() {
            return;
        }
        if !self.has_rss {
            count_torn(&self.ranges, warnings);
        }
        self.whole = Some(std::mem::take(&mut self.ranges));
        self.whole_is_rollup = std::mem::take(&mut self.is_rollup);
    }
}

fn count_torn(ranges: &[MappedRange], warnings: &mut Warnings) {
    warnings.count("mapped ranges lack their numbers, and count as not resident", || {
        ranges.last().map_or(String::new(), |range| format!("the first begins at {:x}", range.start))
    });
}

fn record(ranges: Vec<MappedRange>, is_rollup: bool, time: Option<Nanos>) -> Record {
    let mut total = Resident::default();
    for range in &ranges {
        total.add(&range.resident);
    }
    // The program is mapped first, and can be run.
    let is_file = |range: &&MappedRange| range.path.starts_with('/') && range.permissions.contains('x');
    let program = ranges.iter().find(is_file).map_or(String::new(), |range| range.path.clone());
    let (origin, ranges) = if is_rollup { (MapOrigin::RollUp, Vec::new()) } else { (MapOrigin::Ranges, ranges) };
    Record::AddressSpace(Box::new(AddressSpace { origin, time, program, total, ranges, ..AddressSpace::default() }))
}

/// `00400000-0064c000 r-xp 00000000 fe:00 10470561    /opt/bin/churn`.
fn head(text: &str) -> Option<MappedRange> {
    let (addresses, rest) = text.split_once(' ')?;
    let (start, end) = addresses.split_once('-')?;
    let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
    let (permissions, rest) = rest.trim_start().split_once(' ')?;
    let is_permissions = permissions.len() == 4 && permissions.bytes().all(|c| b"rwxps-".contains(&c));
    if !is_permissions || end < start {
        return None;
    }
    // Offset, device, inode; the path may have blanks.
    let mut rest = rest.trim_start();
    for _ in 0..3 {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    }
    let path = rest.trim_end().to_owned();
    Some(MappedRange { start, end, permissions: permissions.to_owned(), path, ..MappedRange::default() })
}
