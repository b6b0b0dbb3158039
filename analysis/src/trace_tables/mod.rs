//! What a trace says of the collector, of pools and of objects, as rows that a screen shows: utilization, who triggered
//! each cycle, when pools were empty, how long objects lived; and goroutines by start function. What Go's summarizer sums
//! up is `trace_summary`'s matter, and cycles, pauses and evidence are found by `timeline`'s survey.

mod blame;
mod cycle_blame;
mod goroutines;
mod lifetimes;
mod mmu;
mod mutator_utilization;
mod object_sizes;
mod purges;
mod whereabouts;
mod worst_windows;

pub use blame::blame;
pub use cycle_blame::{Cost, CycleBlame, MarkWorkers, Trigger};
pub use goroutines::{Activity, GoroutineGroup, TimeUse, goroutine_groups};
pub use lifetimes::{Heap, Lifetimes, MakerLife, TypeLife, lifetimes};
pub use mmu::{MmuCurve, MmuPoint};
pub use mutator_utilization::{Utilization, UtilizationChange};
pub use purges::{Basis, Crowding, LEAST_NEWS, NewAfterPurge, Periods, PoolNews, new_after_purge};
pub use whereabouts::Place;
