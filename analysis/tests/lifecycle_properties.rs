//! What holds for any record of pools, however senseless: replay ends, adds up, and does not depend on the file's order.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod pool_writer;

use analysis::lifecycle::{Lifecycle, State, Window, occupancy, steps_in};
use pool_dump::*;
use pool_writer::{Record, opened};
use proptest::prelude::*;

fn action() -> impl Strategy<Value = Action> {
    let stack = StackId(1);
    prop_oneof![
        Just(Action::New { bytes: 64, nanos: 3, stack }),
        Just(Action::Attach { bytes: 64, stack }),
        proptest::sample::select(Tier::ALL).prop_map(move |tier| Action::Get { tier, stack }),
        Just(Action::Put { bytes: 80, stack }),
        Just(Action::Reset),
        Just(Action::Age),
        proptest::sample::select(DropReason::ALL).prop_map(|reason| Action::Drop { reason }),
        Just(Action::Detach { stack }),
        Just(Action::Touch { stack }),
        Just(Action::Leak { age_nanos: 9 }),
        proptest::sample::select(Misuse::ALL).prop_map(move |kind| Action::Misuse { kind, owner: PoolId(2), stack }),
        Just(Action::Purge { aged: 1, dropped: 1 }),
    ]
}

/// A thread's events: time, object, generation, what.
fn batch() -> impl Strategy<Value = Vec<(u64, u64, u32, Action)>> {
    proptest::collection::vec((0..1_000_u64, 0..5_u64, 0..4_u32, action()), 0..40)
}

fn record(batches: &[Vec<(u64, u64, u32, Action)>], every: u32) -> Record {
    let mut record = Record::new();
    record.every(every);
    for (thread, events) in (1..).zip(batches) {
        record.thread(thread);
        for &(time, object, generation, action) in events {
            record.at(time).event(object, generation, action);
        }
    }
    record
}

/// For each state: what came in less what went out is what is in it at the end.
fn flows_add_up(lives: &Lifecycle) {
    for pool in &lives.pools {
        for state in State::ALL.into_iter().filter(|state| *state != State::Outside) {
            let into: u64 = pool.steps.iter().filter(|(step, _)| step.to() == state).map(|(_, count)| count).sum();
            let out: u64 = pool.steps.iter().filter(|(step, _)| step.from() == state).map(|(_, count)| count).sum();
            let there = lives.lives[pool.lives.clone()].iter().filter(|life| life.state == state).count() as u64;
            assert_eq!(into, out + there, "{state:?}");
        }
        let whole = Window { from: i64::MIN, to: i64::MAX };
        assert_eq!(steps_in(lives, pool, whole), pool.steps);
        // Any cut of the time gives the same end.
        let span = Window { from: 0, to: lives.history.span.1 };
        let last = |columns| *occupancy(lives, pool, span, columns).columns.last().unwrap();
        assert_eq!(last(1), last(13));
        let balance = &pool.balance;
        let entered: u64 =
            pool.steps.iter().filter(|(step, _)| step.from() == State::Outside).map(|(_, count)| count).sum();
        assert_eq!(balance.accounted(), entered);
        // What is off is what came from nowhere.
        assert_eq!(balance.unaccounted(), -(pool.unexplained as i64));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_record_adds_up(batches in proptest::collection::vec(batch(), 1..4), every in 1..3_u32) {
        let session = opened(&record(&batches, every).end(2_000));
        flows_add_up(session.lives());
    }

    /// Two threads' events at one time and of one object have no order but the file's, so times here are all different.
    #[test]
    fn the_order_of_batches_does_not_matter(batches in proptest::collection::vec(batch(), 1..4)) {
        let mut time = 0;
        let mut batches = batches;
        for event in batches.iter_mut().flatten() {
            time += 1;
            event.0 = time;
        }
        let record = record(&batches, 1);
        let (forth, back) = (opened(&record.end(5_000)), opened(&record.reversed().end(5_000)));
        prop_assert_eq!(&forth.lives().rows.steps, &back.lives().rows.steps);
        prop_assert_eq!(forth.lives().pools.first().map(|p| p.balance), back.lives().pools.first().map(|p| p.balance));
    }
}
