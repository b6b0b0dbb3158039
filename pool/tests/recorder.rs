//! What the recorder writes is what the pools did, whenever it writes; and whatever befalls it, the program goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test that fails panics.

mod reading;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pool::{BytePool, LeakLevel, Pool, RecordError, Recorder};
use pool_dump::{Action, Counter, LiveState};
use reading::Trace;

/// One recorder runs in a process at a time, and tests are threads of one.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder of this test's own, which is not there yet.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("pool-recorder-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn heaps(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("heap-pool-") && name.ends_with(".pb.gz")).count()
}

fn until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never came to be");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A file in memory that takes so many bytes, and again when it is told that there is room.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

impl Disk {
    fn with_room(bytes: usize) -> Self {
        Disk(Arc::new(Mutex::new((Vec::new(), bytes))))
    }

    fn set_room(&self, bytes: usize) {
        self.0.lock().unwrap().1 = bytes;
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().0.clone()
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (written, room) = &mut *self.0.lock().unwrap();
        let taken = bytes.len().min(*room);
        if taken == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *room -= taken;
        written.extend_from_slice(bytes.get(..taken).unwrap());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_count_is_the_number_of_its_events() {
    let _alone = alone();
    let disk = Disk::with_room(usize::MAX);
    let recorder = Recorder::builder().ring_events(1 << 16).into_writer(disk.clone()).unwrap();
    let pool = Pool::builder("busy", || vec![0_u8; 10])
        .reset(Vec::clear)
        .size_of(|bytes| bytes.capacity() as u64)
        .retain_bytes(1000)
        .capacity_per_shard(10)
        .leaks(LeakLevel::Full)
        .on_leak(|_| ())
        .build();
    let bounded = Pool::builder("bounded", || 0_u8).bounded(2, Duration::ZERO).build();
    let rounds = 2000;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (pool, bounded) = (&pool, &bounded);
            scope.spawn(move || {
                for round in 0..rounds {
                    let mut held: Vec<_> = (0..round % 11).map(|_| pool.get().unwrap()).collect();
                    match round % 97 {
                        0 => pool.attach(held.pop().map_or_else(Vec::new, pool::Guard::detach)).unwrap(),
                        1 => {
                            let ticket = pool.take().unwrap();
                            pool.give(ticket).unwrap();
                            pool.give(ticket).unwrap_err();
                        }
                        2 => held.iter_mut().for_each(|object| object.reserve_exact(2000)),
                        3 if thread == 0 => pool.purge(),
                        4 => held.iter().for_each(pool::Guard::touch),
                        _ => {}
                    }
                    let _waited = (bounded.get().is_err(), bounded.get().is_err());
                }
            });
        }
    });
    let kept = pool.get().unwrap();
    drop(recorder);
    let trace = Trace::read(&disk.bytes());
    assert_eq!((trace.damage.as_slice(), trace.lost, trace.lost_at_end), ([].as_slice(), 0, Some(0)));
    let busy = trace.pool("busy");
    trace.check(busy);
    trace.check(trace.pool("bounded"));
    let of_thread: u64 = (0..rounds).map(|round| round % 11 + u64::from(round % 97 == 1)).sum();
    assert_eq!(trace.counter(busy, Counter::Gets), 4 * of_thread + 1);
    assert!(trace.clocks >= 2);
    let out: Vec<_> = trace.live[&busy].objects.iter().filter(|object| object.state == LiveState::Active).collect();
    assert_eq!(out.iter().map(|object| object.object.0).collect::<Vec<_>>(), [kept.id()]);
    // Generations order the events of one object, whichever threads made them.
    let mut of_object = std::collections::BTreeMap::<_, Vec<_>>::new();
    for (_, event) in trace.events.iter().filter(|(_, event)| event.pool.0 == busy) {
        let step = match event.action {
            Action::Get { .. } => 0,
            Action::Put { .. } => 1,
            Action::Reset => 2,
            _ => continue,
        };
        of_object.entry(event.object).or_default().push((event.generation, step));
    }
    for steps in of_object.values_mut() {
        steps.sort();
        let whole = (1..).flat_map(|generation| (0..3).map(move |step| (pool_dump::Generation(generation), step)));
        // Those that were detached, had grown, or are still out have no reset at their end.
        assert!(steps.iter().copied().zip(whole).all(|(step, expected)| step == expected), "{steps:?}");
    }
}

#[test]
fn a_byte_pool_s_chunks_are_in_the_trace() {
    let _alone = alone();
    let disk = Disk::with_room(usize::MAX);
    let recorder = Recorder::builder().into_writer(disk.clone()).unwrap();
    let pool = BytePool::builder("blocks").chunk_bytes(4096).build();
    let mut held: Vec<_> = (0..16).map(|_| pool.get(1024).unwrap()).collect();
    // One block of each of two chunks stays; two chunks can go.
    held.truncate(5);
    pool.maintain();
    pool.maintain();
    drop(recorder);
    let trace = Trace::read(&disk.bytes());
    let (smallest, class) = (trace.pool("blocks/256"), trace.pool("blocks/1024"));
    assert_eq!(trace.count(class, |action| matches!(action, Action::ChunkNew { bytes: 4096 })), 4);
    assert_eq!(trace.count(class, |action| matches!(action, Action::ChunkFree { bytes: 4096 })), 2);
    for compacted in
        [Action::Compact { released: 2, moved: 11, failed: 0 }, Action::Compact { released: 0, moved: 0, failed: 1 }]
    {
        assert_eq!(trace.count(smallest, |action| *action == compacted), 1);
    }
    assert_eq!(trace.count(smallest, |action| matches!(action, Action::Fragmentation { permille: 687 })), 1);
    let told = [Counter::ChunkBytes, Counter::FreeInPartBytes, Counter::Compactions, Counter::CompactionsFailed];
    assert_eq!(told.map(|counter| trace.counter(smallest, counter)), [8192, 3072, 2, 1]);
    trace.check(class);
}

#[test]
fn what_finds_a_full_ring_is_counted() {
    let _alone = alone();
    let disk = Disk::with_room(usize::MAX);
    let recorder = Recorder::builder().ring_events(8).into_writer(disk.clone()).unwrap();
    let pool = Pool::builder("many", || 0_u8).build();
    for _ in 0..20_000 {
        drop(pool.get().unwrap());
    }
    drop(recorder);
    let trace = Trace::read(&disk.bytes());
    assert!(trace.lost > 0);
    // One object made, and a get and a put each round.
    assert_eq!((trace.events.len() as u64 + trace.lost, trace.lost_at_end), (40_001, Some(trace.lost)));
    assert_eq!(trace.counter(trace.pool("many"), Counter::Gets), 20_000, "counts are exact all the same");
}

#[test]
fn one_in_so_many_is_recorded_with_its_put() {
    let _alone = alone();
    let disk = Disk::with_room(usize::MAX);
    let recorder = Recorder::builder().sample(10).into_writer(disk.clone()).unwrap();
    let pool = Pool::builder("sampled", || 0_u8).build();
    for _ in 0..1000 {
        drop(pool.get().unwrap());
    }
    drop(recorder);
    let trace = Trace::read(&disk.bytes());
    let pool = trace.pool("sampled");
    let gets = trace.count(pool, |action| matches!(action, Action::Get { .. }));
    let puts = trace.count(pool, |action| matches!(action, Action::Put { .. }));
    assert!((100..=101).contains(&gets) && gets == puts, "{gets} {puts}");
    assert_eq!((trace.counter(pool, Counter::Gets), trace.pools[&pool].record_every), (1000, 10));
}

#[test]
fn what_was_there_before_the_recorder_is_in_the_live_set() {
    let _alone = alone();
    let pool = Pool::builder("before", || 0_u8).build();
    let held = pool.get().unwrap();
    let disk = Disk::with_room(usize::MAX);
    let recorder = Recorder::builder().into_writer(disk.clone()).unwrap();
    let trace = Trace::read(&disk.bytes());
    let states = trace.live[&trace.pool("before")].objects.iter().map(|object| (object.object.0, object.state));
    assert_eq!(states.collect::<Vec<_>>(), [(held.id(), LiveState::Active)]);
    drop(recorder);
}

#[test]
fn what_a_thread_does_while_it_ends_is_recorded_too() {
    struct Last(Pool<u8>);
    impl Drop for Last {
        fn drop(&mut self) {
            drop(self.0.get().unwrap());
        }
    }
    thread_local! {
        // Made before anything of the pool's, and so dropped after or before it, as the system likes: both must do.
        static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
    }
    let _alone = alone();
    for uses_it_first in [false, true] {
        let disk = Disk::with_room(usize::MAX);
        let recorder = Recorder::builder().into_writer(disk.clone()).unwrap();
        let pool = Pool::builder("last", || 0_u8).build();
        let last = Last(pool.clone());
        let thread = std::thread::spawn(move || {
            if uses_it_first {
                drop(last.0.get().unwrap());
            }
            LAST.with(|place| *place.borrow_mut() = Some(last));
        });
        thread.join().unwrap();
        drop(recorder);
        let trace = Trace::read(&disk.bytes());
        let last = trace.pool("last");
        assert_eq!((trace.counter(last, Counter::Gets), trace.lost), (1 + u64::from(uses_it_first), 0));
        trace.check(last);
    }
}

#[test]
fn a_writer_may_use_pools() {
    struct Owner(Option<Pool<u8>>);
    impl Write for Owner {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(pool) = &self.0 {
                drop(pool.get().unwrap());
            }
            // The pool ends here, which would go to the trace.
            self.0 = None;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let _alone = alone();
    let recorder = Recorder::builder().into_writer(Owner(Some(Pool::builder("owned", || 0_u8).build()))).unwrap();
    recorder.dump();
    assert_eq!(recorder.faults().count, 0);
}

#[test]
fn a_full_disk_is_told_and_what_it_cost_is_counted() {
    let _alone = alone();
    let disk = Disk::with_room(usize::MAX);
    let recorder = Recorder::builder().into_writer(disk.clone()).unwrap();
    let pool = Pool::builder("full", || 0_u8).build();
    let use_it = || (0..500).for_each(|_| drop(pool.get().unwrap()));
    use_it();
    recorder.dump();
    disk.set_room(100);
    use_it();
    recorder.dump();
    let faults = recorder.faults();
    assert!(faults.count > 0 && faults.last.is_some(), "{faults:?}");
    disk.set_room(usize::MAX);
    use_it();
    drop(recorder);
    let trace = Trace::read(&disk.bytes());
    assert!(!trace.damage.is_empty(), "half a chunk was written");
    assert_eq!((trace.events.len() as u64 + trace.lost, trace.lost_at_end), (3001, Some(trace.lost)));
    assert!(trace.lost >= 500, "{}", trace.lost);
    assert_eq!(trace.counter(trace.pool("full"), Counter::Gets), 1500);
}

#[test]
fn folders_that_cannot_be_written_are_told() {
    let _alone = alone();
    let file = folder("a-file");
    std::fs::write(&file, "").unwrap();
    let refused = Recorder::builder().in_folder(&file.join("below")).unwrap_err();
    assert!(matches!(&refused, RecordError::Io(path, _) if path.starts_with(&file)), "{refused}");
    std::fs::remove_file(file).unwrap();
    // A folder that goes away while recording: the trace goes on in its open file, heap profiles fail.
    let folder = folder("gone");
    let recorder = Recorder::builder().in_folder(&folder).unwrap();
    assert!(matches!(Recorder::builder().in_folder(&folder), Err(RecordError::Running)));
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(recorder.dump().heap, None);
    assert_eq!(recorder.faults().count, 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_that_is_full_from_the_start_is_told() {
    let _alone = alone();
    let folder = folder("dev-full");
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.join("pool.pooltrace")).unwrap();
    if let Ok(recorder) = Recorder::builder().in_folder(&folder) {
        let pool = Pool::builder("to nowhere", || 0_u8).build();
        drop(pool.get().unwrap());
        recorder.dump();
        assert!(recorder.faults().count > 0);
        assert_eq!(pool.stats().gets, 1);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn dumps_come_on_demand_by_period_on_a_panic_on_a_leak_and_at_the_end() {
    let _alone = alone();
    let folder = folder("when");
    let recorder = Recorder::builder().in_folder(&folder).unwrap();
    let pool =
        Pool::builder("watched", || 0_u8).leaks(LeakLevel::Full).leak_threshold(Duration::from_millis(10)).build();
    assert_eq!(heaps(&folder), 0);
    let dump = recorder.dump();
    assert!(dump.heap.unwrap().exists() && dump.trace.unwrap().exists());
    assert_eq!(heaps(&folder), 1, "on demand");
    std::thread::spawn(|| panic!("on purpose")).join().unwrap_err();
    assert_eq!(heaps(&folder), 2, "on a panic");
    let held = pool.get().unwrap();
    until(|| heaps(&folder) == 3);
    drop(held);
    drop(recorder);
    assert_eq!(heaps(&folder), 4, "at the end");
    let trace = Trace::read(&std::fs::read(folder.join("pool.pooltrace")).unwrap());
    let watched = trace.pool("watched");
    assert_eq!((trace.counter(watched, Counter::Leaks), trace.counter(watched, Counter::Unleaked)), (1, 1));
    trace.check(watched);
    let recorder = Recorder::builder().name("periodic").period(Duration::from_millis(5)).in_folder(&folder).unwrap();
    until(|| folder.join("heap-periodic-002.pb.gz").exists());
    drop(recorder);
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(feature = "stacks")]
#[test]
fn whole_stacks_are_recorded_where_a_pool_asks_for_them() {
    #[inline(never)]
    fn outer(pool: &Pool<u8>) -> pool::Guard<'_, u8> {
        inner(pool)
    }
    #[inline(never)]
    fn inner(pool: &Pool<u8>) -> pool::Guard<'_, u8> {
        std::hint::black_box(pool.get().unwrap())
    }
    let _alone = alone();
    let disk = Disk::with_room(usize::MAX);
    let recorder = Recorder::builder().into_writer(disk.clone()).unwrap();
    let leaks = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&leaks);
    let on_leak = move |report: &pool::LeakReport| heard.lock().unwrap().extend(report.objects[0].stack());
    let pool = Pool::builder("walked", || 0_u8).stacks(32).leaks(LeakLevel::Full).on_leak(on_leak).build();
    drop(outer(&pool));
    std::mem::forget(outer(&pool));
    drop(pool);
    drop(recorder);
    let trace = Trace::read(&disk.bytes());
    let names = |stack: pool_dump::StackId| -> Vec<_> { trace.functions(stack) };
    let mut walked = 0;
    for (_, event) in &trace.events {
        match event.action {
            Action::Get { stack, .. } => {
                let names = names(stack);
                assert!(names[0].ends_with("inner") && names[1].ends_with("::outer"), "{names:?}");
                walked += 1;
            }
            Action::Put { stack, .. } => assert!(names(stack).iter().any(|name| name.contains("whole_stacks"))),
            _ => {}
        }
    }
    assert_eq!(walked, 2);
    let leaks = leaks.lock().unwrap();
    assert!(leaks[0].function.ends_with("inner") && leaks[0].line > 0, "{:?}", leaks[0]);
}

/// Runs one of the tests below in a process of its own, which ends as it likes.
fn in_child(test: &str, name: &str) -> (Option<i32>, Trace) {
    let folder = folder(name);
    let mut child = Command::new(std::env::current_exe().unwrap());
    let status = child.args(["--exact", test, "--nocapture"]).env("POOL_CHILD", &folder).output().unwrap().status;
    let trace = Trace::read(&std::fs::read(folder.join("pool.pooltrace")).unwrap());
    std::fs::remove_dir_all(folder).unwrap();
    (status.code(), trace)
}

fn child_folder() -> Option<PathBuf> {
    std::env::var_os("POOL_CHILD").map(PathBuf::from)
}

fn record_one(folder: &Path) -> Recorder {
    let recorder = Recorder::builder().in_folder(folder).unwrap();
    drop(Pool::builder("short", || 0_u8).build().get().unwrap());
    recorder
}

#[cfg(unix)]
#[test]
fn a_process_that_exits_ends_its_trace() {
    if let Some(folder) = child_folder() {
        let _recorder = record_one(&folder);
        std::process::exit(7);
    }
    let (code, trace) = in_child("a_process_that_exits_ends_its_trace", "exit");
    assert_eq!((code, trace.lost_at_end, trace.damage.len()), (Some(7), Some(0), 0));
    assert_eq!(trace.count(trace.pool("short"), |action| matches!(action, Action::Get { .. })), 1);
}

#[test]
fn a_process_that_aborts_leaves_what_was_written() {
    if let Some(folder) = child_folder() {
        let recorder = record_one(&folder);
        recorder.dump();
        std::process::abort();
    }
    let (code, trace) = in_child("a_process_that_aborts_leaves_what_was_written", "abort");
    assert!(code != Some(0) && trace.lost_at_end.is_none());
    assert_eq!(trace.damage.len(), 1, "no end mark: {:?}", trace.damage);
    assert_eq!(trace.count(trace.pool("short"), |action| matches!(action, Action::Get { .. })), 1);
}
