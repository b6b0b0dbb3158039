//! What a control group counts and allows (kernel documentation, `cgroup-v2.rst`, Memory).

/// Numbers by the kernel's names: those of `memory.stat` and `memory.events` as they are, a limit as `memory.max`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cgroup {
    /// Name and number, in file order; `max` is [`u64::MAX`].
    pub values: Vec<(String, u64)>,
}
