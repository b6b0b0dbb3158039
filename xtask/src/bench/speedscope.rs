//! `cargo xtask bench speedscope`: the big profiles in the page and in speedscope, in the same Chromium.

use std::ffi::OsStr;

use super::heap::Inputs;
use super::page;
use super::results::Row;
use super::scale::Scale;
use crate::{serve, tools};

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>, String> {
    let Inputs { heap, cpu } = Inputs::made(scale)?;
    let site = serve::in_background(tools::speedscope()?, "")?;
    let what = format!("speedscope {}", tools::SPEEDSCOPE);
    let files = [
        ("BENCH_HEAP", heap.file.as_os_str()),
        ("BENCH_HEAP_NAME", OsStr::new(&heap.name)),
        ("BENCH_CPU", cpu.file.as_os_str()),
        ("BENCH_CPU_NAME", OsStr::new(&cpu.name)),
        ("BENCH_SPEEDSCOPE", OsStr::new(&site)),
        ("BENCH_SPEEDSCOPE_NAME", OsStr::new(&what)),
    ];
    page::measure(scale, "bench-speedscope.spec.ts", &files)
}
