//! The example service's dumps (fixtures/pool/MODE) say what the service did: each event counted, each fault there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test that fails panics.

mod reading;

use std::collections::HashMap;

use pool_dump::{Action, Counter, DropReason, Misuse};
use reading::Trace;

fn read(mode: &str) -> Trace {
    let path = format!("{}/../fixtures/pool/{mode}/orders.pooltrace", env!("CARGO_MANIFEST_DIR"));
    let trace = Trace::read(&std::fs::read(path).unwrap());
    assert_eq!((trace.damage.as_slice(), trace.lost, trace.lost_at_end), ([].as_slice(), 0, Some(0)));
    trace.counters.keys().for_each(|pool| trace.check(*pool));
    trace
}

fn misuses(trace: &Trace, pool: &str, wanted: Misuse) -> u64 {
    trace.count(trace.pool(pool), |action| matches!(action, Action::Misuse { kind, .. } if *kind == wanted))
}

#[test]
fn the_healthy_service_has_no_fault() {
    let trace = read("healthy");
    let orders = trace.pool("orders");
    assert_eq!(trace.counter(orders, Counter::Gets), trace.counter(orders, Counter::Puts));
    for (counter, most) in [(Counter::Misuses, 0), (Counter::Leaks, 0), (Counter::Waits, 0), (Counter::News, 20)] {
        assert!(trace.counter(orders, counter) <= most, "{counter:?}");
    }
}

#[test]
fn each_fault_is_in_its_trace() {
    let trace = read("leak");
    let orders = trace.pool("orders");
    assert!(trace.counter(orders, Counter::Leaks) > 30 && trace.counter(orders, Counter::Unleaked) == 0);
    assert!(trace.counter(orders, Counter::Active) >= trace.counter(orders, Counter::Leaks));

    assert!(misuses(&read("double-put"), "refunds", Misuse::DoublePut) > 100);
    assert!(misuses(&read("wrong-pool"), "orders", Misuse::WrongPool) > 100);
    assert!(misuses(&read("dirty-reuse"), "orders", Misuse::DirtyReuse) > 1000);

    let trace = read("cross-thread");
    let orders = trace.pool("orders");
    // Batches of two threads stand in any order, so all gets come first.
    let of_orders = || trace.events.iter().filter(|(_, event)| event.pool.0 == orders);
    let gets = of_orders().filter(|(_, event)| matches!(event.action, Action::Get { .. }));
    let getters: HashMap<_, u32> = gets.map(|(thread, event)| ((event.object, event.generation), *thread)).collect();
    let puts = of_orders().filter(|(_, event)| matches!(event.action, Action::Put { .. }));
    let handed = puts.filter(|(thread, event)| getters[&(event.object, event.generation)] != *thread).count();
    assert!(handed > 900, "{handed}");

    let trace = read("oversize");
    let big = trace.count(trace.pool("orders"), |action| matches!(action, Action::Put { bytes: 200_000.., .. }));
    assert!(big > 100, "{big}");

    let trace = read("purge-thrash");
    let orders = trace.pool("orders");
    assert!(trace.counter(orders, Counter::DroppedPurged) * 2 > trace.counter(orders, Counter::Gets));

    let trace = read("new-storm");
    let orders = trace.pool("orders");
    assert!(trace.counter(orders, Counter::News) * 2 > trace.counter(orders, Counter::Gets));
    assert!(trace.count(orders, |action| matches!(action, Action::Drop { reason: DropReason::Capacity })) > 100);

    let trace = read("contention");
    assert!(trace.counter(trace.pool("orders"), Counter::Waits) > 300);

    let trace = read("fragmentation");
    let permille = trace.events.iter().filter_map(|(_, event)| match event.action {
        Action::Fragmentation { permille } => Some(permille),
        _ => None,
    });
    assert!(permille.max() > Some(350));
}
