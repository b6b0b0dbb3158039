//! What a pool promises: tiers, ages, bounds, tickets, quotas, leaks, and that everything is accounted for.

#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.
#![allow(unsafe_code)] // Tickets give pointers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use pool::{GetError, LeakLevel, LeakReport, ObjectPool, Pool, PurgePolicy, Quota, Ticket, TicketError};

/// Numbers its objects, so that one can be told from another.
fn numbered() -> (impl Fn() -> usize + Send + Sync, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    (move || counter.fetch_add(1, Ordering::Relaxed), made)
}

#[test]
fn what_is_put_is_got_again_and_was_reset() {
    let pool = Pool::builder("text", String::new).reset(String::clear).build();
    pool.get().unwrap().push_str("left behind");
    let again = pool.get().unwrap();
    assert_eq!((again.as_str(), again.generation()), ("", 2));
    drop(again);
    let stats = pool.stats();
    assert_eq!((stats.gets, stats.puts, stats.news, stats.hits_private, stats.idle), (2, 2, 1, 1, 1));
    assert_eq!(stats.hit_ratio(), Some(0.5));
}

#[test]
fn what_was_not_reset_is_told_when_it_goes_out_again() {
    let pool = |reset: fn(&mut String)| {
        let pool = Pool::builder("text", String::new).reset(reset).is_clean(String::is_empty).leaks(LeakLevel::Full);
        pool.build()
    };
    for (pool, misuses) in [(pool(String::clear), 0), (pool(|_| ()), 1)] {
        pool.get().unwrap().push_str("left behind");
        drop(pool.get().unwrap());
        assert_eq!(pool.stats().misuses, misuses);
    }
}

#[test]
fn an_object_lives_for_two_purges_like_go_s() {
    let (new, made) = numbered();
    let pool = Pool::builder("aging", new).build();
    drop(pool.get().unwrap());
    pool.purge();
    let stats = pool.stats();
    assert_eq!((stats.idle, stats.victims, stats.dropped_purged), (0, 1, 0));
    // A get takes it from the victims, and its put makes it young again.
    assert_eq!(*pool.get().unwrap(), 0);
    assert_eq!(pool.stats().hits_victim, 1);
    pool.purge();
    pool.purge();
    let stats = pool.stats();
    assert_eq!((stats.idle, stats.victims, stats.dropped_purged, stats.purges), (0, 0, 1, 3));
    assert_eq!((*pool.get().unwrap(), made.load(Ordering::Relaxed)), (1, 2));
}

#[test]
fn a_purge_leaves_the_least_number() {
    let pool = Pool::builder("least", || ()).capacity_min(3).build();
    assert_eq!(pool.stats().idle, 3);
    (0..4).for_each(|_| pool.purge());
    let stats = pool.stats();
    assert_eq!((stats.idle + stats.victims, stats.dropped_purged), (3, 0));
}

#[test]
fn a_purge_reaches_the_private_slots_of_other_threads() {
    let pool = Pool::builder("other", || 1_u8).build();
    let (put, purged) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            drop(pool.get().unwrap());
            put.wait();
            purged.wait();
        });
        put.wait();
        pool.purge();
        pool.purge();
        assert_eq!(pool.stats().dropped_purged, 1);
        purged.wait();
    });
}

#[test]
fn what_a_thread_leaves_behind_is_found_by_others() {
    let (new, made) = numbered();
    let pool = Pool::builder("left", new).build();
    std::thread::scope(|scope| {
        scope.spawn(|| drop(pool.get().unwrap()));
    });
    // The scope ends before the thread's storage does: its private slot is given back soon after.
    while pool.stats().gets < 1 || pool.stats().idle < 1 {
        std::thread::yield_now();
    }
    let mut got = pool.get().unwrap();
    while made.load(Ordering::Relaxed) > 1 && pool.stats().hits_private == 0 && *got > 0 {
        drop(got);
        got = pool.get().unwrap();
    }
    assert!(pool.stats().unaccounted() == 0);
}

#[test]
fn more_than_the_queues_hold_is_dropped() {
    let pool = Pool::builder("full", || 0_u64).shards(1).capacity_per_shard(10).build();
    let held: Vec<_> = (0..100).map(|_| pool.get().unwrap()).collect();
    assert_eq!(pool.allocated_bytes(), 800);
    drop(held);
    let stats = pool.stats();
    assert!(stats.idle <= 10 + 8, "{stats:?}");
    assert_eq!(stats.dropped_capacity + stats.idle, 100);
    assert_eq!((pool.allocated_bytes(), pool.peak_allocated()), (stats.idle * 8, 800));
    assert_eq!(stats.unaccounted(), 0);
}

#[test]
fn what_has_grown_too_large_is_dropped() {
    let pool = Pool::builder("grown", Vec::<u8>::new).size_of(|v| v.capacity() as u64).retain_bytes(100).build();
    pool.get().unwrap().reserve_exact(100);
    assert_eq!((pool.stats().idle, pool.allocated_bytes()), (1, 100));
    pool.get().unwrap().reserve_exact(1000);
    let stats = pool.stats();
    assert_eq!((stats.idle, stats.dropped_oversize, pool.allocated_bytes()), (0, 1, 0));
    assert_eq!((pool.peak_allocated(), stats.unaccounted()), (1000, 0));
}

#[test]
fn a_bounded_pool_waits_and_then_says_so() {
    let pool = Pool::builder("bounded", || ()).bounded(2, Duration::from_millis(10)).build();
    let (first, _second) = (pool.get().unwrap(), pool.get().unwrap());
    assert!(matches!(pool.get(), Err(GetError::Exhausted { capacity: 2, .. })));
    assert!(matches!(pool.get_within(Duration::ZERO), Err(GetError::Exhausted { .. })));
    drop(first);
    drop(pool.get().unwrap());
    let stats = pool.stats();
    assert_eq!((stats.waits, stats.timeouts, stats.news), (2, 2, 2));
}

#[test]
fn a_waiting_get_is_served_by_a_put_of_another_thread() {
    let rounds = if cfg!(miri) { 20 } else { 2_000 };
    let pool = Pool::builder("served", || 0_u64).bounded(1, Duration::from_secs(60)).build();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..rounds {
                    *pool.get().unwrap() += 1;
                }
            });
        }
    });
    assert_eq!(*pool.get().unwrap(), 4 * rounds);
    assert_eq!((pool.stats().news, pool.stats().timeouts), (1, 0));
}

#[test]
fn an_object_has_one_holder_at_a_time() {
    let rounds = if cfg!(miri) { 20 } else { 30_000 };
    let pool = Pool::builder("exclusive", || (0_u64, 0_u64)).build();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let pool = &pool;
            scope.spawn(move || {
                for round in 0..rounds {
                    let mut held: Vec<_> = (0..round % 13).map(|_| pool.get().unwrap()).collect();
                    for pair in &mut held {
                        assert_eq!(pair.0, pair.1);
                        pair.0 += number;
                        pair.1 += number;
                    }
                }
            });
        }
        scope.spawn(|| (0..1 + rounds / 20).for_each(|_| pool.purge()));
    });
    let stats = pool.stats();
    assert_eq!((stats.unaccounted(), stats.active, stats.gets), (0, 0, stats.puts), "{stats:?}");
}

#[test]
fn an_object_may_be_put_by_another_thread() {
    let pool = Pool::builder("handed", || [0_u8; 16]).build();
    std::thread::scope(|scope| {
        let guard = pool.get().unwrap();
        scope.spawn(move || drop(guard));
    });
    assert_eq!((pool.stats().puts, pool.stats().active), (1, 0));
}

#[test]
fn what_a_panic_left_is_dropped() {
    let pool = Pool::builder("panicked", || 0).build();
    let thread = {
        let pool = pool.clone();
        std::thread::spawn(move || {
            let _held = pool.get().unwrap();
            std::panic::resume_unwind(Box::new("on purpose"));
        })
    };
    assert!(thread.join().is_err());
    let stats = pool.stats();
    assert_eq!((stats.dropped_abandoned, stats.idle, stats.active, stats.unaccounted()), (1, 0, 0, 0));
}

#[test]
fn a_reset_that_panics_loses_its_object_and_nothing_else() {
    let pool = Pool::builder("bad reset", || 0).reset(|value| assert_eq!(*value, 0)).build();
    let put = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| *pool.get().unwrap() = 1));
    assert!(put.is_err());
    drop(pool.get().unwrap());
    let stats = pool.stats();
    assert_eq!((stats.dropped_abandoned, stats.idle, stats.unaccounted()), (1, 1, 0));
}

#[test]
fn detached_and_attached_objects_are_accounted_for() {
    let pool = Pool::builder("out", || vec![0_u8; 10]).size_of(|v| v.len() as u64).build();
    let mine = pool.get().unwrap().detach();
    assert_eq!((pool.stats().detached, pool.allocated_bytes(), pool.stats().unaccounted()), (1, 0, 0));
    pool.attach(mine).unwrap();
    assert_eq!((pool.stats().attached, pool.allocated_bytes(), pool.stats().unaccounted()), (1, 10, 0));
    assert_eq!(pool.get().unwrap().len(), 10);
    assert_eq!(pool.stats().news, 1);
    let full = Pool::builder("full", || 0).bounded(0, Duration::ZERO).build();
    assert_eq!(full.attach(7), Err(7));
}

#[test]
fn every_misuse_of_a_ticket_is_told_apart() {
    let pool = Pool::builder("tickets", || 5_u32).build();
    let other = Pool::builder("other tickets", || 5_u32).build();
    let ticket = pool.take().unwrap();
    // SAFETY: the ticket is good, and nobody else uses it.
    unsafe { *pool.pointer(ticket).unwrap() = 6 };
    assert_eq!(other.give(ticket), Err(TicketError::WrongPool { owner: pool.id() }));
    pool.give(ticket).unwrap();
    assert_eq!(pool.give(ticket), Err(TicketError::DoublePut));
    assert_eq!(pool.pointer(ticket), Err(TicketError::UseAfterPut));
    let again = pool.take().unwrap();
    assert_eq!(pool.give(ticket), Err(TicketError::StaleGeneration { ticket: 1, current: 2 }));
    assert_eq!(Ticket::from_bits(again.into_bits()), again);
    for made_up in [0, 77, u128::MAX, again.into_bits() + 1, again.into_bits() + (1 << 64)] {
        assert_eq!(pool.give(Ticket::from_bits(made_up)), Err(TicketError::Foreign), "{made_up:x}");
    }
    pool.give(again).unwrap();
    pool.purge();
    pool.purge();
    assert_eq!(pool.give(again), Err(TicketError::DoublePut), "the object is gone");
    assert_eq!((pool.stats().misuses, other.stats().misuses), (9, 1));
}

#[test]
fn of_copies_of_a_ticket_that_race_one_wins() {
    let rounds = if cfg!(miri) { 10 } else { 500 };
    let pool = Pool::builder("raced", || ()).build();
    for _ in 0..rounds {
        let ticket = pool.take().unwrap();
        let wins: usize = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..3).map(|_| scope.spawn(|| usize::from(pool.give(ticket).is_ok()))).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).sum()
        });
        assert_eq!(wins, 1);
    }
    assert_eq!(pool.stats().puts, rounds);
}

#[test]
fn a_quota_warns_purges_and_refuses() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let quota = Quota::of_bytes("tenant", 1000).on_near(move |in_use| heard.lock().unwrap().push(in_use.used));
    let [a, b] = ["a", "b"]
        .map(|name| Pool::builder(name, || vec![0_u8; 100]).size_of(|v| v.len() as u64).quota(quota.clone()).build());
    let mut held: Vec<_> = (0..7).map(|_| a.get().unwrap()).collect();
    assert_eq!((quota.in_use().used, told.lock().unwrap().len(), b.stats().purges), (700, 0, 0));
    held.push(b.get().unwrap());
    assert_eq!((told.lock().unwrap().as_slice(), b.stats().purges), ([800].as_slice(), 1));
    held.extend([a.get().unwrap(), b.get().unwrap()]);
    assert_eq!(told.lock().unwrap().len(), 1, "once");
    assert!(matches!(a.get(), Err(GetError::QuotaExceeded(exceeded)) if exceeded.used == 1000));
    assert_eq!((a.stats().quota_refused, a.stats().unaccounted()), (1, 0));
    drop(held);
    [&a, &b].iter().for_each(|pool| (0..2).for_each(|_| pool.purge()));
    assert_eq!(quota.in_use().used, 0);
}

#[test]
fn a_control_group_s_limit_is_the_lower_of_two() {
    let folder = std::env::temp_dir().join(format!("pool-cgroup-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let limit = |high: Option<&str>, max: Option<&str>| {
        for (name, text) in [("memory.high", high), ("memory.max", max)] {
            let _ = std::fs::remove_file(folder.join(name));
            if let Some(text) = text {
                std::fs::write(folder.join(name), text).unwrap();
            }
        }
        Quota::of_cgroup_at("tenant", &folder).map(|quota| quota.in_use().limit)
    };
    assert_eq!(limit(Some("max\n"), Some("1048576\n")), Ok(1 << 20));
    assert_eq!(limit(Some("4096\n"), Some("1048576\n")), Ok(4096));
    assert_eq!(limit(None, Some("max\n")), Ok(u64::MAX));
    assert!(limit(Some("many\n"), Some("1\n")).unwrap_err().to_string().contains("many"));
    assert!(limit(None, None).is_err());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn leaks_are_reported_once_and_unleaked_when_they_come_back() {
    let reports: Arc<Mutex<Vec<LeakReport>>> = Arc::default();
    let heard = Arc::clone(&reports);
    let pool = Pool::builder("leaky", || 0_u16)
        .leaks(LeakLevel::Full)
        .on_leak(move |report| heard.lock().unwrap().push(report.clone()))
        .build();
    let held = pool.get().unwrap();
    let line = line!() - 1;
    assert!(pool.check_leaks().is_none(), "not yet: the threshold is 30 s");
    drop(held);
    let impatient = Arc::clone(&reports);
    let pool = Pool::builder("impatient", || 0_u16)
        .leaks(LeakLevel::Full)
        .leak_threshold(Duration::from_millis(1))
        .on_leak(move |report| impatient.lock().unwrap().push(report.clone()))
        .build();
    let held = pool.get().unwrap();
    // The background thread looks, or this one does: whoever comes first reports.
    while reports.lock().unwrap().is_empty() {
        pool.check_leaks();
        std::thread::yield_now();
    }
    assert!(pool.check_leaks().is_none(), "once");
    {
        let reports = reports.lock().unwrap();
        let [report] = reports.as_slice() else { panic!("{reports:?}") };
        let [object] = report.objects.as_slice() else { panic!("{report:?}") };
        assert_eq!((report.pool.as_str(), object.object, object.bytes), ("impatient", held.id(), 2));
        assert!(object.age >= Some(Duration::from_millis(1)));
        let site = object.site.unwrap();
        assert!(site.file().ends_with("pool.rs") && site.line() > line, "{site}");
        assert!(report.to_string().contains("impatient"), "{report}");
    }
    drop(held);
    assert_eq!((pool.stats().leaks, pool.stats().unleaked), (1, 1));
}

#[test]
fn without_watching_there_are_no_reports_and_sampling_finds_its_share() {
    let pool =
        |level| Pool::builder("sampled", || 0).leaks(level).leak_threshold(Duration::ZERO).on_leak(|_| ()).build();
    let gets = if cfg!(miri) { 256 } else { 1280 };
    let leaks = |pool: Pool<i32>| {
        let held: Vec<_> = (0..gets).map(|_| pool.get().unwrap()).collect();
        // Together with what the background thread found meanwhile.
        pool.check_leaks();
        drop(held);
        pool.stats().leaks
    };
    assert_eq!(leaks(pool(LeakLevel::Off)), 0);
    assert_eq!(leaks(pool(LeakLevel::Sampled(128))), gets / 128);
    assert_eq!(leaks(pool(LeakLevel::Full)), gets);
}

#[test]
fn what_is_out_when_the_pool_ends_is_a_leak() {
    let reports: Arc<Mutex<Vec<LeakReport>>> = Arc::default();
    let heard = Arc::clone(&reports);
    let pool = Pool::builder("ended", || 0)
        .leaks(LeakLevel::Sampled(1000))
        .on_leak(move |report| heard.lock().unwrap().push(report.clone()))
        .build();
    let _ticket = pool.take().unwrap();
    std::mem::forget(pool.get().unwrap());
    drop(pool);
    assert_eq!(reports.lock().unwrap().iter().map(|report| report.objects.len()).sum::<usize>(), 2);
}

#[test]
fn every_object_is_dropped_in_the_end() {
    let token = Arc::new(());
    let made = Arc::clone(&token);
    let pool = Pool::builder("dropped", move || Arc::clone(&made)).on_leak(|_| ()).build();
    let held: Vec<_> = (0..50).map(|_| pool.get().unwrap()).collect();
    drop(held);
    let _out = pool.take().unwrap();
    pool.purge();
    drop(pool.get().unwrap());
    drop(pool);
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn purges_by_interval_happen() {
    let pool = Pool::builder("interval", || 0).purge(PurgePolicy::Interval(Duration::from_millis(1))).build();
    drop(pool.get().unwrap());
    // The purging thread counts an object as dropped before it is out of the register, so the first look may be between.
    let settled = |stats: &pool::Stats| stats.dropped_purged == 1 && stats.unaccounted() == 0;
    let last = (0..100_000).map(|_| pool.stats()).find(|stats| {
        std::thread::sleep(Duration::from_micros(100));
        settled(stats)
    });
    assert!(last.is_some(), "{:?}", pool.stats());
}

#[test]
fn more_pools_than_a_thread_caches_work() {
    let pools: Vec<Pool<usize>> =
        (0..if cfg!(miri) { 70 } else { 200 }).map(|index| Pool::builder("many", move || index).build()).collect();
    for _ in 0..3 {
        for (index, pool) in pools.iter().enumerate() {
            assert_eq!(*pool.get().unwrap(), index);
        }
    }
    assert!(pools.iter().all(|pool| pool.stats().news == 1));
}
