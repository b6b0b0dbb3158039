//! GC & memory: a list of sections, each of which is there when files tell of it.

mod charts;
mod collector;
mod cycles;
mod pick;
mod process;
mod stacked;

use analysis::query::Engine;
use pick::Pick;

use super::{Here, by_script, nothing};

/// The page.
pub(super) fn page(engine: &mut Engine, here: &Here) -> String {
    let mut out = String::new();
    let collector = engine.gc(Pick::of(here).run);
    if let Some(answer) = &collector {
        collector::section(engine, here, answer, &mut out);
    }
    process::section(engine, here, &mut out);
    // The longest comes last.
    if let Some(answer) = &collector {
        cycles::section(here, answer, &mut out);
    }
    if out.is_empty() {
        return nothing(
            "GC & memory",
            "No log of the collector, no memory statistics and nothing of /proc are open.",
            "GODEBUG=gctrace=1 ./program 2> gc.log",
            &by_script(here),
        );
    }
    out
}
