//! What is done with hostile input, and what must hold: a target for each reader. The same functions run under a
//! fuzzing engine (`cargo xtask fuzz`) and, with fixed mutations, in `cargo test`.

// A target that finds something wrong panics: that is what an engine listens for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod meter;
pub mod mutate;
pub mod seeds;
mod targets;

pub use targets::{TARGETS, Target, find};

/// Memory that a reader may take at its peak for each byte of its (inflated) input.
const MOST_BYTES_PER_BYTE: usize = 20;
/// Memory that it may take whatever its input: tables start with some room, the inflater has its window, and a report
/// has a page of numbers.
const MOST_BYTES_BESIDES: usize = 4 << 20;

/// Runs a target on one input, and panics when it panics, breaks its property, or takes more memory than it may.
pub fn run(target: &Target, bytes: &[u8]) {
    let length = match mutate::inflated(bytes) {
        // What inflates to more is not what is looked for: the limit has its own tests.
        Some(inflated) if inflated.len() > mutate::MOST_INFLATED => return,
        Some(inflated) => inflated.len().max(bytes.len()),
        None => bytes.len(),
    };
    let peak = meter::peak(|| (target.run)(bytes));
    let most = MOST_BYTES_PER_BYTE * length + MOST_BYTES_BESIDES;
    assert!(peak <= most, "{}: {length} bytes of input took {peak} bytes of memory, {most} is the most", target.name);
}
