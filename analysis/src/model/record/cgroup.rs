//! What a control group counts and allows (kernel documentation, `cgroup-v2.rst`, Memory).

use crate::model::unit::Nanos;

/// Numbers by the kernel's names: those of `memory.stat` as they are (`anon`), those of `memory.events` behind `events.`
/// (`events.oom_kill`), and the files of one number as they are called (`memory.max`). What version 1 counts stands under the
/// names of version 2 where there is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cgroup {
    /// When, if a line before it says so.
    pub time: Option<Nanos>,
    /// Its folder, as it stands in the heads of what was copied; empty when unknown.
    pub path: String,
    /// Name and number, in file order, each name once; `max` is [`u64::MAX`].
    pub values: Vec<(String, u64)>,
}

impl Cgroup {
    /// The number of that name.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.values.iter().find(|(known, _)| known == name).map(|&(_, value)| value)
    }

    /// A limit, if there is one.
    pub fn limit(&self, name: &str) -> Option<u64> {
        self.get(name).filter(|&value| value < Self::NONE)
    }

    /// What version 1 says where there is no limit: the largest number of whole pages (`PAGE_COUNTER_MAX`).
    const NONE: u64 = i64::MAX as u64 - 0xffff;
}
