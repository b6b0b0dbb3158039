//! What every pool keeps, whoever writes it.

use crate::leak::LeakReport;

/// The contract of a pool. None of its methods has a default, so a pool that forgets one does not compile:
///
/// ```compile_fail,E0046
/// struct Incomplete;
///
/// impl pool::ObjectPool for Incomplete {
///     fn allocated_bytes(&self) -> u64 {
///         0
///     }
///     fn peak_allocated(&self) -> u64 {
///         0
///     }
///     // on_leak_detected is missing
/// }
/// ```
///
/// The same with nothing missing compiles, so it is the missing method that the example above fails for:
///
/// ```
/// struct Complete;
///
/// impl pool::ObjectPool for Complete {
///     fn allocated_bytes(&self) -> u64 {
///         0
///     }
///     fn peak_allocated(&self) -> u64 {
///         0
///     }
///     fn on_leak_detected(&self, report: &pool::LeakReport) {
///         pool::log_and_dump(report);
///     }
/// }
/// ```
pub trait ObjectPool {
    /// Bytes of all objects that the pool has made and not dropped, idle and out: what is there now, not what could be.
    fn allocated_bytes(&self) -> u64;

    /// The most that [`ObjectPool::allocated_bytes`] ever was.
    fn peak_allocated(&self) -> u64;

    /// Called with objects that have been out for longer than the pool's threshold: each with its age and its call site.
    fn on_leak_detected(&self, report: &LeakReport);
}
