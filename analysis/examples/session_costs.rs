//! What a folder of dumps costs inside the engine, as figures of `cargo xtask bench session`: reading, measuring and judging, and
//! judging anew when a line is moved.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use analysis::findings::Thresholds;
use analysis::formats::go_trace::read_followed;
use analysis::formats::is_go_trace;
use analysis::model::Symbols;
use analysis::model::trace::Trace;
use analysis::query::Engine;
use analysis::trace_digest::Passing;
use serde_json::json;

/// Lines that are moved, one after the other.
const MOVED: [&str; 5] =
    ["leak_min_bytes:2000000", "leak_min_bytes:3000000", "mutex_wait_ms:7", "leak_min_tau:0.9", ""];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("Name a folder.")?;
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut engine = Engine::default();
    let session = engine.session_mut();
    let mut reading: BTreeMap<String, (u32, Duration)> = BTreeMap::new();
    for path in &paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(path)?;
        let start = Instant::now();
        let go_on = &mut |_| ControlFlow::Continue(());
        if is_go_trace(&bytes) {
            let mut passing = Passing::default();
            let follow = &mut |trace: &mut Trace, symbols: &Symbols| passing.follow(trace, symbols);
            let read = read_followed(&bytes, &mut session.symbols, go_on, follow);
            let (trace, words) = read.map_err(|error| error.to_string())?;
            let (digest, pools) = passing.finish(trace, &mut session.symbols, &words);
            session.add_trace(&name, bytes.len() as u64, digest, pools);
        } else {
            session.open(&name, bytes, go_on);
        }
        let kind: String = name.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        let sum = reading.entry(kind).or_default();
        *sum = (sum.0 + 1, sum.1 + start.elapsed());
    }
    for (kind, (count, took)) in &reading {
        figure(&format!("{count} {kind}"), "read on one core", *took, None);
    }
    let start = Instant::now();
    let found = engine.diagnose(&Thresholds::default()).findings.len();
    figure("all", &format!("measured and judged: {found} findings"), start.elapsed(), None);
    let mut longest = Duration::ZERO;
    for moved in MOVED {
        let start = Instant::now();
        engine.diagnose(&Thresholds::changed(moved));
        longest = longest.max(start.elapsed());
    }
    let moved = format!("judged anew when a line is moved, longest of {}", MOVED.len());
    figure("all", &moved, longest, Some("100 ms"));
    let start = Instant::now();
    engine.clock();
    figure("all", "put on one clock", start.elapsed(), None);
    Ok(())
}

fn figure(input: &str, what: &str, took: Duration, target: Option<&str>) {
    let seconds = took.as_secs_f64();
    let row =
        json!({ "table": "figures", "input": input, "what": what, "value": seconds, "unit": "s", "target": target });
    println!("figure {row}");
}
