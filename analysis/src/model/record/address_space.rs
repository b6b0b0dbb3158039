//! What a process has mapped and how much of it is in memory, as the kernel counts (`/proc/PID/smaps`, `smaps_rollup`,
//! `status`; proc(5), kernel documentation `filesystems/proc.rst`).

use crate::model::unit::Nanos;

/// The memory of one process at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddressSpace {
    /// Which file of `/proc` it is.
    pub origin: MapOrigin,
    /// When, if a line before it says so.
    pub time: Option<Nanos>,
    /// The program's name or path; empty when unknown.
    pub program: String,
    /// The process, if it says so.
    pub process: Option<u64>,
    /// All ranges together.
    pub total: Resident,
    /// The most that was ever in memory (`VmHWM`).
    pub peak_rss_bytes: Option<u64>,
    /// Ranges in the order of addresses; none where only sums are known.
    pub ranges: Vec<MappedRange>,
}

/// Which file of `/proc` it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MapOrigin {
    /// `smaps`: every range.
    #[default]
    Ranges,
    /// `smaps_rollup`: sums.
    RollUp,
    /// `status`: sums of a few kinds.
    Status,
}

/// One range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MappedRange {
    /// First address.
    pub start: u64,
    /// First address past the end.
    pub end: u64,
    /// As the kernel prints them: `rw-p`.
    pub permissions: String,
    /// What is mapped, or the kernel's name for it, such as `[stack]`; empty for anonymous memory.
    pub path: String,
    /// What of it is in memory.
    pub resident: Resident,
    /// Size of a page as the kernel counts it (`KernelPageSize`).
    pub kernel_page_bytes: u64,
    /// Size of a page as the processor maps it (`MMUPageSize`).
    pub mmu_page_bytes: u64,
    /// Two letters each (`VmFlags`): `hg` asks for huge pages, `nh` forbids them.
    pub flags: String,
}

impl MappedRange {
    /// Its size in addresses.
    pub fn size_bytes(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Nothing can be read, written or run there: addresses kept free.
    pub fn is_reserved(&self) -> bool {
        self.permissions.starts_with("---")
    }
}

/// What of a range, or of all, is in memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resident {
    /// In memory (`Rss`).
    pub rss: u64,
    /// The same, shared pages divided among those who map them (`Pss`).
    pub pss: u64,
    /// Shared and as it is on disk.
    pub shared_clean: u64,
    /// Shared and written to.
    pub shared_dirty: u64,
    /// Of this process alone and as it is on disk.
    pub private_clean: u64,
    /// Of this process alone and written to.
    pub private_dirty: u64,
    /// Not backed by a file (`Anonymous`).
    pub anonymous: u64,
    /// Given back lazily: the kernel takes it when it needs memory (`LazyFree`, `MADV_FREE`).
    pub lazy_free: u64,
    /// Anonymous and in transparent huge pages (`AnonHugePages`).
    pub huge: u64,
    /// In pages of `hugetlbfs`, which `Rss` does not count.
    pub hugetlb: u64,
    /// Swapped out.
    pub swap: u64,
}

impl Resident {
    /// Adds another, number by number.
    pub fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.rss, other.rss),
            (&mut self.pss, other.pss),
            (&mut self.shared_clean, other.shared_clean),
            (&mut self.shared_dirty, other.shared_dirty),
            (&mut self.private_clean, other.private_clean),
            (&mut self.private_dirty, other.private_dirty),
            (&mut self.anonymous, other.anonymous),
            (&mut self.lazy_free, other.lazy_free),
            (&mut self.huge, other.huge),
            (&mut self.hugetlb, other.hugetlb),
            (&mut self.swap, other.swap),
        ];
        for (sum, value) in sums {
            *sum = sum.saturating_add(value);
        }
    }

    /// In memory and backed by a file, or shared.
    pub fn file(&self) -> u64 {
        self.rss.saturating_sub(self.anonymous)
    }
}
