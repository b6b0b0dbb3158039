//! The targets, one a file. A new one is a file and a line in [`TARGETS`].

mod analysis_link;
mod archive;
mod bundle;
mod go_trace;
mod link;
mod pool_dump;
mod pprof;
mod prost;
mod report;
mod session;
mod text;
mod thresholds;

use std::ops::ControlFlow;

use analysis::formats::Progress;

use crate::mutate::{Repair, Reshape};
use crate::seeds::Fixture;

/// A reader under fire.
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Reads, and panics when something does not hold.
    pub(crate) run: fn(&[u8]),
    /// Makes mutated bytes pass the first checks, so that what is behind them is reached.
    pub repair: Repair,
    /// Changes parts of the format as wholes, where it has such.
    pub reshape: Option<Reshape>,
    /// What it makes of a fixture to start from; `None` where the fixture is nothing to it.
    pub(crate) seed: fn(&Fixture) -> Option<Vec<u8>>,
    /// Texts to start from that no fixture has.
    pub(crate) written: &'static [&'static str],
}

/// All of them.
pub const TARGETS: &[Target] = &[
    pool_dump::TARGET,
    pprof::TARGET,
    prost::TARGET,
    go_trace::TARGET,
    archive::TARGET,
    bundle::TARGET,
    session::TARGET,
    text::HEAP_TEXT,
    text::ALLOC_FREE,
    text::JEMALLOC,
    text::DHAT,
    text::CLASS_HISTOGRAM,
    text::GOROUTINES,
    text::PANIC_RACE,
    text::NATIVE_STACKS,
    text::JSTACK,
    text::GCTRACE,
    text::JVM_GC,
    text::MEMSTATS,
    text::PROMETHEUS,
    text::JSTAT,
    text::ESCAPE,
    text::PROCESS,
    text::KERNEL,
    thresholds::TARGET,
    link::TARGET,
    analysis_link::TARGET,
    report::TARGET,
];

/// The target of this name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
