//! All targets under libFuzzer; the environment's `POOLSCOPE_FUZZ` says which.

#![no_main]

use std::sync::LazyLock;

use fuzz::Target;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("POOLSCOPE_FUZZ").unwrap_or_default();
    fuzz::find(&name).unwrap_or_else(|| {
        eprintln!("POOLSCOPE_FUZZ names no target.");
        std::process::exit(2)
    })
});

fuzz_target!(|bytes: &[u8]| fuzz::run(&TARGET, bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut bytes = data[..size].to_vec();
    fuzz::mutate::mutate(&TARGET, &mut bytes, seed, &mut |plain| {
        // The engine changes in place, and may grow what it is given.
        let size = plain.len();
        plain.resize(size.max(max_size), 0);
        let most = plain.len();
        let size = fuzzer_mutate(plain, size, most);
        plain.truncate(size);
    });
    let size = bytes.len().min(max_size);
    data[..size].copy_from_slice(&bytes[..size]);
    size
});
