//! Ten million events of a pool, made in memory, read and replayed: `cargo xtask bench lifecycle`. Times are of this run;
//! they are compared with sorting as many events by object and time, which any replay must do at least. Arguments: events,
//! rounds, and a file if only a record of 100,000 objects is to be written there, for the page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "../tests/pool_writer/mod.rs"]
mod pool_writer;

use std::time::Instant;

use analysis::lifecycle::{Window, occupancy, steps_in};
use pool_dump::{Item, Reader, Record as Wire, Tier};
use pool_writer::{Record, opened};
use serde_json::json;

const THREADS: u64 = 8;
/// Time between two events of one thread, in nanoseconds.
const STEP: u64 = 100;

/// Objects go around: each is got, put and reset by one thread after the other.
fn record(events: u64, objects: u64) -> Vec<u8> {
    let mut record = Record::new();
    let hand_outs = (events - objects) / 3;
    for thread in 0..THREADS {
        record.thread(thread as u32 + 1);
        for turn in (thread..hand_outs).step_by(THREADS as usize) {
            let (object, generation) = (turn % objects + 1, (turn / objects) as u32 + 1);
            let start = turn * STEP;
            if generation == 1 {
                record.at(start).made(object, 512);
            }
            let tier = if generation == 1 { Tier::New } else { Tier::Stolen };
            record.at(start + 10).get(object, generation, tier);
            record.at(start + 60).put(object, generation, 512).at(start + 70).reset(object, generation);
        }
    }
    record.end((hand_outs + 1) * STEP)
}

fn seconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed().as_secs_f64(), done)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| args[place].parse::<u64>().expect("a number of events, and one of rounds");
    let (events, rounds) = (number(0), number(1));
    if let Some(file) = args.get(2) {
        return std::fs::write(file, record(events, events / 100)).expect("a file to write to");
    }
    for objects in [events / 10_000, events / 100, events / 5] {
        let bytes = record(events, objects);
        let mut keys: Vec<(u64, u32, u64)> = Vec::with_capacity(events as usize);
        for item in Reader::new(&bytes).expect("a record of ours") {
            if let Item::Record(Wire::Events(batch)) = item {
                keys.extend(
                    batch
                        .events()
                        .map(|event| event.expect("ours"))
                        .map(|event| (event.object.0, event.generation.0, event.time.0)),
                );
            }
        }
        let (mut whole, mut sorting, mut columns, mut window) = (vec![], vec![], vec![], vec![]);
        for _ in 0..rounds {
            let mut keys = keys.clone();
            sorting.push(seconds(|| keys.sort_unstable()).0);
            let (time, opened) = seconds(|| opened(&bytes));
            whole.push(time);
            let (lives, pool) = (opened.lives(), &opened.lives().pools[0]);
            assert_eq!((lives.rows.len(), lives.violations.len()), (keys.len(), 0));
            let all = Window { from: 0, to: lives.history.span.1 };
            columns.push(seconds(|| occupancy(lives, pool, all, 1_000)).0);
            let half = Window { from: all.to / 4, to: all.to / 4 * 3 };
            window.push(seconds(|| steps_in(lives, pool, half)).0);
        }
        let input = format!("{} million events, {objects} objects", events as f64 / 1e6);
        let cost = |what: &str, seconds: f64, ours: bool, target: Option<&str>| {
            let row = json!({ "table": "costs", "input": input, "what": what, "seconds": seconds, "ours": ours, "target": target });
            println!("figure {row}");
        };
        cost("reading and replay", median(whole), true, Some("1 s"));
        cost("sorting as many by object and time", median(sorting), false, None);
        let figure = |what: &str, seconds: f64| {
            let row = json!({ "table": "engine", "input": input, "what": what, "value": seconds, "unit": "s" });
            println!("figure {row}");
        };
        figure("occupancy of 1,000 columns", median(columns));
        figure("steps of a window", median(window));
    }
}
