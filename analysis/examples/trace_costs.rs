//! What reading a trace costs inside the engine, as figures of `cargo xtask bench trace`: events, bytes that an event
//! holds, time of the first look, time of reading everything and keeping it. Arguments: the trace, and what it is called.
#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::time::Instant;

use analysis::formats::go_trace::{Scanner, read};
use analysis::model::Symbols;
use serde_json::json;

/// As the page asks for them.
const PIECE_BYTES: usize = 8 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (path, input) = args.next().zip(args.next()).ok_or("Name a trace, and say what it is called.")?;
    let bytes = std::fs::read(path)?;
    let mut symbols = Symbols::default();
    let start = Instant::now();
    let mut scanner = Scanner::new();
    for piece in bytes.chunks(PIECE_BYTES) {
        scanner.push(piece, &mut symbols).map_err(|error| error.to_string())?;
    }
    scanner.finish(&mut symbols).map_err(|error| error.to_string())?;
    let looked = start.elapsed();
    let start = Instant::now();
    let (trace, _) =
        read(&bytes, &mut symbols, &mut |_| ControlFlow::Continue(())).map_err(|error| error.to_string())?;
    let read = start.elapsed();
    let figure = |what: &str, value: f64, unit: &str, target: Option<&str>| {
        let row =
            json!({ "table": "engine", "input": input, "what": what, "value": value, "unit": unit, "target": target });
        println!("figure {row}");
    };
    figure("events", trace.event_count() as f64 / 1e6, "million", None);
    figure("an event, kept", trace.bytes_per_event(), "bytes", Some("24 bytes"));
    figure("first look", looked.as_secs_f64(), "s", None);
    figure("all read and kept", read.as_secs_f64(), "s", None);
    Ok(())
}
