//! Every target on every seed, and on changed ones: the same in every run.

#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use fuzz::Target;
use fuzz::mutate::{Dice, mutate};

/// Seeds up to this size are changed; larger ones are slow unoptimised.
const SMALL: usize = 2048;
/// Runs on changed seeds, of all seeds of a target together.
const CHANGES: usize = 20_000;

/// Keeps an input that breaks something, for `fixtures/fuzz/TARGET`.
fn run(target: &Target, bytes: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| fuzz::run(target, bytes))) {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", target.name));
        std::fs::write(&kept, bytes).unwrap();
        eprintln!("The input is kept: {}", kept.display());
        resume_unwind(panic);
    }
}

fn hold(name: &str) {
    let target = fuzz::find(name).unwrap();
    let seeds = fuzz::seeds::of(target);
    assert!(!seeds.is_empty(), "{name} has nothing to start from");
    for (_, bytes) in &seeds {
        run(target, bytes);
    }
    let small: Vec<_> = seeds.iter().filter(|(_, bytes)| bytes.len() <= SMALL).collect();
    assert!(!small.is_empty(), "{name} has no small seed");
    for (at, (_, bytes)) in small.iter().enumerate() {
        let mut dice = Dice((at as u64) << 32);
        for _ in 0..CHANGES.div_ceil(small.len()) {
            let mut changed = bytes.clone();
            let seed = dice.roll() as u32;
            mutate(target.repair, &mut changed, seed, &mut |plain| dice.change(plain));
            run(target, &changed);
        }
    }
}

#[test]
fn pool_dumps() {
    hold("pool_dump");
}

#[test]
fn profiles() {
    hold("pprof");
}

#[test]
fn traces() {
    hold("go_trace");
}

#[test]
fn anything_dropped() {
    hold("session");
}

#[test]
fn thresholds() {
    hold("thresholds");
}

#[test]
fn links() {
    hold("link");
}

#[test]
fn analyses() {
    hold("analysis_link");
}
