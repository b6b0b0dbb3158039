//! `cargo xtask bench link`: the page's link that holds an analysis of 200,000 stacks: made, and opened by someone who has
//! nothing.

use super::heap::Inputs;
use super::page;
use super::results::Row;
use super::scale::Scale;

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>, String> {
    let heap = Inputs::made(scale)?.heap.file;
    page::measure(scale, "bench-link.spec.ts", &[("BENCH_HEAP", heap.as_os_str())])
}
