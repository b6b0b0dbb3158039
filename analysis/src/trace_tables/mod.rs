//! What a trace says of the collector, of pools and of objects, as rows that a screen shows: utilization, who triggered
//! each cycle, when pools were empty, how long objects lived. What Go's summarizer sums up is `trace_summary`'s matter.

mod mmu;
mod mutator_utilization;

pub use mmu::{MmuCurve, MmuPoint};
pub use mutator_utilization::{Utilization, UtilizationChange};
