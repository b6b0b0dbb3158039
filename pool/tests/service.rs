//! The example service shows each fault in its trace: in the dumps that are kept (fixtures/pool/MODE), and when it is run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test that fails panics.

mod reading;

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use pool_dump::{Action, Counter, DropReason, Misuse};
use reading::Trace;

const MODES: [&str; 11] = [
    "healthy",
    "leak",
    "double-put",
    "dirty-reuse",
    "cross-thread",
    "oversize",
    "purge-thrash",
    "new-storm",
    "contention",
    "fragmentation",
    "wrong-pool",
];

/// The trace is whole, tells what the pools counted, and has the fault of its mode; the healthy one has none that does not
/// depend on how busy the machine is.
fn check(mode: &str, folder: &Path) {
    let trace = Trace::read(&std::fs::read(folder.join("orders.pooltrace")).unwrap());
    assert_eq!((trace.damage.as_slice(), trace.lost, trace.lost_at_end), ([].as_slice(), 0, Some(0)), "{mode}");
    trace.counters.keys().for_each(|pool| trace.check(*pool));
    assert!(folder.join("heap-orders-000.pb.gz").exists());
    let (orders, refunds) = (trace.pool("orders"), trace.pool("refunds"));
    let misuses = |pool: u32, wanted: Misuse| {
        trace.count(pool, |action| matches!(action, Action::Misuse { kind, .. } if *kind == wanted))
    };
    let counter = |counter: Counter| trace.counter(orders, counter);
    let gets = counter(Counter::Gets);
    assert!(gets > 1000, "{mode}: {gets}");
    match mode {
        "healthy" => {
            assert_eq!((counter(Counter::Puts), counter(Counter::Misuses), counter(Counter::Waits)), (gets, 0, 0));
            assert!(counter(Counter::News) * 10 < gets);
        }
        // Orders and refunds as the clients number them: multiples of 16 that are not of 10, and multiples of 10.
        "leak" => assert_eq!((counter(Counter::Active), counter(Counter::Unleaked)), (64, 0)),
        "double-put" => {
            assert_eq!(misuses(refunds, Misuse::DoublePut) + misuses(refunds, Misuse::StaleGeneration), 128)
        }
        "wrong-pool" => assert_eq!(misuses(orders, Misuse::WrongPool), 128),
        "dirty-reuse" => assert!(misuses(orders, Misuse::DirtyReuse) > 500),
        "cross-thread" => assert!(handed_over(&trace, orders) > 900),
        "oversize" => {
            assert!(trace.count(orders, |action| matches!(action, Action::Put { bytes: 200_000.., .. })) > 20);
        }
        "purge-thrash" => assert!(counter(Counter::DroppedPurged) * 10 > gets),
        "new-storm" => {
            assert!(counter(Counter::News) * 4 > gets);
            assert!(
                trace.count(orders, |action| matches!(action, Action::Drop { reason: DropReason::Capacity })) > 100
            );
        }
        "contention" => assert!(counter(Counter::Waits) > 100),
        "fragmentation" => {
            let permille = |action: &Action| matches!(action, Action::Fragmentation { permille: 351.. });
            assert!(trace.events.iter().any(|(_, event)| permille(&event.action)));
            // Blocks of 3,000 bytes are of the class of 4,096; what is told of all classes stands with the smallest.
            assert!(trace.count(trace.pool("replies/4096"), |action| matches!(action, Action::New { .. })) >= 280);
        }
        other => panic!("no mode {other}"),
    }
}

/// Puts by another thread than the get's.
fn handed_over(trace: &Trace, pool: u32) -> usize {
    // Batches of two threads stand in any order, so all gets come first.
    let events = || trace.events.iter().filter(|(_, event)| event.pool.0 == pool);
    let gets = events().filter(|(_, event)| matches!(event.action, Action::Get { .. }));
    let getters: HashMap<_, u32> = gets.map(|(thread, event)| ((event.object, event.generation), *thread)).collect();
    let puts = events().filter(|(_, event)| matches!(event.action, Action::Put { .. }));
    puts.filter(|(thread, event)| getters[&(event.object, event.generation)] != *thread).count()
}

#[test]
fn each_fault_is_in_the_dumps_that_are_kept() {
    for mode in MODES {
        check(mode, &Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/pool").join(mode));
    }
}

#[test]
fn each_fault_is_there_when_the_service_runs() {
    // Cargo builds examples before it runs tests, beside the folder of the tests' own programs.
    let own = std::env::current_exe().unwrap();
    let service = own.parent().unwrap().parent().unwrap().join("examples/order_service");
    let folder = std::env::temp_dir().join(format!("pool-service-{}", std::process::id()));
    assert!(Command::new(&service).arg("all").arg(&folder).status().unwrap().success());
    for mode in MODES {
        check(mode, &folder.join(mode));
    }
    std::fs::remove_dir_all(folder).unwrap();
}
