//! What a get and its put cost, against a thread's own list, other pools and Go's `sync.Pool`, and what recording adds.
//!
//! `cargo xtask bench pool` runs it. All that is compared is measured in turn, round after round, in one run: what counts is
//! the median of the rounds' ratios, which a machine that is busy with other things for a while does not move.

#![allow(clippy::print_stdout)] // Tables are what it is for.
#![allow(clippy::unwrap_used)] // It has no user to tell.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use pool::{LeakLevel, Pool, Recorder};

/// Of each, in turns; `BENCH_ROUNDS` says another number, to try it out.
const ROUNDS: usize = 25;
const THREADS: [usize; 3] = [1, 2, 8];
/// Pairs of get and put that all threads of one measurement do together: some milliseconds.
const PAIRS: usize = 400_000;

/// An object worth to pool: it owns memory.
type Object = Vec<u8>;

fn new() -> Object {
    Vec::with_capacity(1024)
}

/// What a holder does: something that the compiler cannot leave out.
#[inline(always)]
fn work(object: &mut Object) {
    black_box(object);
}

struct Allocator;

impl opool::PoolAllocator<Object> for Allocator {
    #[inline]
    fn allocate(&self) -> Object {
        new()
    }
}

/// Time of a pair in nanoseconds of one processor: time × processors in use ÷ pairs.
fn measure(threads: usize, pair: &(impl Fn() + Sync)) -> f64 {
    let pairs = PAIRS / threads;
    let processors = threads.min(std::thread::available_parallelism().map_or(1, usize::from));
    let (ready, go) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    // The first pairs set thread-local things up.
                    (0..100).for_each(|_| pair());
                    ready.wait();
                    go.wait();
                    (0..pairs).for_each(|_| pair());
                })
            })
            .collect();
        ready.wait();
        let start = Instant::now();
        go.wait();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        start.elapsed().as_nanos() as f64 * processors as f64 / (pairs * threads) as f64
    })
}

/// What Go's `sync.Pool` takes: the program that xtask has built prints it for a number of threads.
fn go(program: &str, threads: usize) -> f64 {
    let output = Command::new(program).args([threads.to_string(), PAIRS.to_string()]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn rounds() -> usize {
    std::env::var("BENCH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

/// A line that xtask keeps: figures of a table as JSON.
fn figure(table: &str, input: &str, what: &str, rest: &str) {
    println!("figure {{\"table\":\"{table}\",\"input\":\"{input}\",\"what\":\"{what}\",{rest}}}");
}

/// Times by contestant and threads, one of each round.
type Times = BTreeMap<(usize, usize), Vec<f64>>;

fn compare() {
    thread_local! {
        // In boxes, as pools too hand out pointers: moving a `Vec` itself would take longer.
        #[allow(clippy::vec_box)]
        static OWN: RefCell<Vec<Box<Object>>> = const { RefCell::new(Vec::new()) };
    }
    let own = || {
        let mut object = OWN.with(|own| own.borrow_mut().pop()).unwrap_or_else(|| Box::new(new()));
        work(&mut object);
        OWN.with(|own| own.borrow_mut().push(object));
    };
    let ours = Pool::builder("bench", new).build();
    let object_pool = object_pool::Pool::new(32, new);
    let opool = opool::Pool::new(32, Allocator);
    let lockfree = lockfree_object_pool::LinearObjectPool::new(new, |_| ());
    let slab = sharded_slab::Pool::<Object>::new();
    let program = std::env::var("POOL_BENCH_GO").ok();

    let names = [
        "a thread's own `Vec`",
        "**ours**",
        "object-pool 0.6",
        "opool 0.2",
        "lockfree-object-pool 0.1",
        "sharded-slab 0.1",
        "Go's `sync.Pool`",
    ];
    let mut times = Times::new();
    for _ in 0..rounds() {
        for threads in THREADS {
            let mut note = |contestant: usize, nanos: f64| times.entry((contestant, threads)).or_default().push(nanos);
            note(0, measure(threads, &own));
            note(1, measure(threads, &|| work(&mut ours.get().unwrap())));
            note(2, measure(threads, &|| work(&mut object_pool.pull(new))));
            note(3, measure(threads, &|| work(&mut opool.get())));
            note(4, measure(threads, &|| work(&mut lockfree.pull())));
            note(
                5,
                measure(threads, &|| {
                    let key = slab.create_with(work).unwrap();
                    slab.clear(key);
                }),
            );
            if let Some(program) = &program {
                note(6, go(program, threads));
            }
        }
    }
    for (contestant, name) in names.into_iter().enumerate() {
        let of = |who: usize, threads: usize| times.get(&(who, threads)).cloned().unwrap_or_default();
        if of(contestant, 1).is_empty() {
            continue;
        }
        let took = THREADS.map(|threads| median(of(contestant, threads)));
        let ratio = THREADS.map(|threads| {
            let ratios = of(1, threads).into_iter().zip(of(contestant, threads)).map(|(ours, its)| ours / its);
            median(ratios.collect())
        });
        let target = ["at most 3", ""].get(contestant).copied().unwrap_or("below 1");
        let rest = format!("\"nanos\":{took:?},\"ours_over_it\":{ratio:?},\"target\":\"{target}\"");
        figure("pairs", "", name, &rest);
    }
}

/// Pairs between two rests in which the background thread empties the ring: together they fit, so nothing is lost.
const BURST: usize = 6_000;
const BURSTS: usize = 12;
const REST: Duration = Duration::from_millis(9);

fn bursts(pool: &Pool<Object>) -> f64 {
    let mut took = Duration::ZERO;
    for _ in 0..BURSTS {
        std::thread::sleep(REST);
        // What the rest has cooled down is not what is measured.
        (0..100).for_each(|_| work(&mut pool.get().unwrap()));
        let start = Instant::now();
        for _ in 0..BURST {
            work(&mut pool.get().unwrap());
        }
        took += start.elapsed();
    }
    took.as_nanos() as f64 / (BURST * BURSTS) as f64
}

fn record() {
    let build = |leaks| Pool::builder("bench", new).leaks(leaks).build();
    let (off, leaks) = (build(LeakLevel::Off), build(LeakLevel::Sampled(128)));
    let recorded = |every: u32, pool: &Pool<Object>| {
        let recorder = Recorder::builder().sample(every).into_writer(std::io::sink()).unwrap();
        let took = bursts(pool);
        drop(recorder);
        took
    };
    let mut added: [Vec<f64>; 3] = Default::default();
    for _ in 0..rounds() {
        let base = bursts(&off);
        // Of a pair, both are events.
        for (added, took) in added.iter_mut().zip([bursts(&leaks), recorded(128, &off), recorded(1, &off)]) {
            added.push((took - base) / 2.0);
        }
    }
    for ((name, target), added) in
        [("leaks watched, 1 in 128", "3"), ("recorded, 1 in 128", "3"), ("recorded, all", "30")].into_iter().zip(added)
    {
        let rest = format!("\"value\":{:?},\"unit\":\"ns\",\"target\":\"{target} ns\"", median(added));
        figure("recording", "added to a get or a put", name, &rest);
    }
}

/// Threads that never rest overrun their rings; the process must not grow by more than rings and a copy of them.
fn overrun() {
    let ring = 16 << 10;
    let pool = Pool::builder("overrun", new).build();
    let use_it = || {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(500) {
            (0..1000).for_each(|_| work(&mut pool.get().unwrap()));
        }
    };
    let run = || std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(use_it))));
    run();
    let before = resident();
    let recorder = Recorder::builder().ring_events(ring).into_writer(std::io::sink()).unwrap();
    run();
    let grown = resident().saturating_sub(before);
    drop(recorder);
    let rings = f64::from(4 * ring * 64) / 1e6;
    let rest = format!("\"value\":{:?},\"unit\":\"MB\",\"target\":\"{:.1} MB\"", f64::from(grown) / 1e6, rings * 2.0);
    let what = format!("the process's peak grew by; its rings take {rings:.1} MB");
    figure("recording", "4 threads that overrun their rings for 0.5 s", &what, &rest);
}

/// The process's peak of resident memory in bytes; 0 where the system does not tell.
fn resident() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u32>().ok());
    peak.unwrap_or(0).saturating_mul(1024)
}

fn main() {
    compare();
    record();
    overrun();
}
