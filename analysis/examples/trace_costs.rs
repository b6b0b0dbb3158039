//! What reading a trace costs inside the engine, as a row of `cargo xtask bench trace`: events, bytes that an event
//! holds, time of the first look, time of reading everything and keeping it.
#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::time::Instant;

use analysis::formats::go_trace::{Scanner, read};
use analysis::model::Symbols;

/// As the page asks for them.
const PIECE_BYTES: usize = 8 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("Name a trace.")?;
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
    println!(
        "{:.1} million | {:.1} | {:.2} s | {:.2} s",
        trace.event_count() as f64 / 1e6,
        trace.bytes_per_event(),
        looked.as_secs_f64(),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}
