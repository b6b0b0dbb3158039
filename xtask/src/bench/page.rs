//! The page's part: Chromium opens the big files and says how long it took.

use std::path::Path;

use crate::run::{run, say};
use crate::test::playwright;

/// Prints its own rows.
pub(super) fn measure(heap: &Path, cpu: &Path) -> Result<(), String> {
    let mut bench = playwright(&["bench.spec.ts", "--workers=1", "--reporter=line"])?;
    bench.env("BENCH_HEAP", heap).env("BENCH_CPU", cpu);
    say("Opening the same files in Chromium");
    run(&mut bench)
}
