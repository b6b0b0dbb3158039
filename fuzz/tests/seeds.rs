//! Every target on every seed, and on changed ones: the same in every run.

#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use fuzz::Target;
use fuzz::mutate::{Dice, mutate};

/// Seeds up to this size are changed; larger ones are slow unoptimised.
const SMALL: usize = 5 << 10;
/// Runs on changed seeds, of all seeds of a target together.
const CHANGES: usize = 4_000;

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
            mutate(target, &mut changed, seed, &mut |plain| dice.change(plain));
            run(target, &changed);
        }
    }
}

/// A test a target, so that they run beside each other; that none is left out is a test too.
macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            hold(stringify!($name));
        })*

        #[test]
        fn every_target_has_its_test() {
            let names: Vec<_> = fuzz::TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

targets! {
    pool_dump pprof prost go_trace archive bundle session
    heap_text alloc_free jemalloc dhat class_histogram goroutines panic_race native_stacks jstack gctrace jvm_gc memstats
    prometheus jstat escape process kernel thresholds link analysis_link report
}
