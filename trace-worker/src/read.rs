//! Reads a file in slices, twice: a first look that finds the collector, the heap and the pauses, and then everything,
//! generation by generation. Between slices the worker hears messages and draws.

use analysis::formats::go_trace::Scanner;
use analysis::limits::PAGE_TRACE_BYTES;
use js_sys::Promise;
use trace_worker::FromTrace;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;
use worker_io::{say, slice};

use crate::open::Open;
use crate::stage::Shared;
use crate::told;

/// How much of the file is asked for at a time by the first look.
const LOOK_BYTES: f64 = (8 << 20) as f64;
/// And by the reading, which takes longer for each.
const READ_BYTES: f64 = (1 << 20) as f64;
/// Events that are looked at between two messages.
pub(crate) const STEP_EVENTS: usize = 250_000;
/// Reads a file, from a task of its own.
pub(crate) fn open(shared: &Shared, key: u32, name: String, file: Blob) {
    let shared = shared.clone();
    spawn_local(async move {
        let size = file.size();
        let refused = if size > PAGE_TRACE_BYTES as f64 {
            Some(too_large(size, &name))
        } else {
            shared.borrow_mut().traces.push(Open::new(key, name.clone()));
            read(&shared, key, &name, &file).await.err()
        };
        let stage = &mut *shared.borrow_mut();
        let message = match (refused, stage.trace(key)) {
            (None, Some(open)) => opened(open),
            // Closed while it was read.
            (None, None) => return,
            (Some(words), _) => {
                stage.traces.retain(|open| open.key != key);
                FromTrace::Opened { key, damage: 2, words, time_nanos: None, events: 0 }
            }
        };
        say(&stage.scope, &message);
        stage.ask_frame();
        let shared = shared.clone();
        spawn_local(async move {
            told::hand_over(&shared, key).await;
            ledger(shared, key).await;
        });
    });
}

/// Why the trace is not taken; `bytes` is its size, as far as it is known.
fn too_large(bytes: f64, name: &str) -> String {
    format!(
        "This trace of {:.2} GB is larger than a browser tab can hold decoded: {:.1} GB is the most, since a tab ends at 4 GB \
         and a trace takes five times its size. The command has no such limit, it keeps nothing: poolscope trace \
         {name}",
        bytes / 1e9,
        PAGE_TRACE_BYTES as f64 / 1e9
    )
}

async fn read(shared: &Shared, key: u32, name: &str, file: &Blob) -> Result<(), String> {
    look(shared, key, name, file).await?;
    let size = file.size().max(1.0);
    let mut at = 0.0;
    while at < size {
        let bytes = slice(file, at, READ_BYTES).await?.to_vec();
        at += READ_BYTES;
        {
            let mut stage = shared.borrow_mut();
            let Some(open) = stage.trace(key) else { return Ok(()) };
            let before = open.trace().events.len();
            if let Some(reader) = &mut open.reader {
                reader.push(&bytes, &mut open.symbols).map_err(|error| error.to_string())?;
            }
            let events = open.trace().events.len();
            let fraction = (0.1 + 0.85 * (at / size).min(1.0)) as f32;
            say(&stage.scope, &FromTrace::Progress { key, fraction, events: events as u64 });
            if events == before {
                continue;
            }
        }
        follow(shared, key).await;
    }
    {
        let mut stage = shared.borrow_mut();
        let Some(open) = stage.trace(key) else { return Ok(()) };
        if let Some(reader) = open.reader.take() {
            let (trace, warnings) = reader.finish(&mut open.symbols).map_err(|error| error.to_string())?;
            open.set_trace(trace, warnings);
        }
    }
    follow(shared, key).await;
    let mut stage = shared.borrow_mut();
    let was_all = stage.is_all(key);
    if let Some(open) = stage.trace(key) {
        open.finish();
    }
    stage.grown(key, was_all);
    Ok(())
}

/// The first look.
async fn look(shared: &Shared, key: u32, name: &str, file: &Blob) -> Result<(), String> {
    let size = file.size();
    let mut scanner = Scanner::new();
    let mut at = 0.0;
    while at < size {
        let bytes = slice(file, at, LOOK_BYTES).await?.to_vec();
        at += LOOK_BYTES;
        let mut stage = shared.borrow_mut();
        let was_all = stage.is_all(key);
        let Some(open) = stage.trace(key) else { return Ok(()) };
        scanner.push(&bytes, &mut open.symbols).map_err(|error| error.to_string())?;
        // A compressed one shows its size only now, and still before the long work.
        if scanner.bytes() > PAGE_TRACE_BYTES {
            return Err(too_large(scanner.bytes() as f64, name));
        }
        open.set_overview(scanner.overview());
        say(&stage.scope, &FromTrace::Progress { key, fraction: (0.1 * (at / size).min(1.0)) as f32, events: 0 });
        stage.grown(key, was_all);
    }
    {
        let mut stage = shared.borrow_mut();
        let was_all = stage.is_all(key);
        let Some(open) = stage.trace(key) else { return Ok(()) };
        let overview = scanner.finish(&mut open.symbols).map_err(|error| error.to_string())?;
        open.set_overview(&overview);
        stage.grown(key, was_all);
    }
    // The frame comes before the long work.
    frame(shared).await;
    say(&shared.borrow().scope, &FromTrace::Overview { key });
    Ok(())
}

/// Makes the ledger once all else is there, so that the first question for a range is answered like the second.
async fn ledger(shared: Shared, key: u32) {
    loop {
        breathe().await;
        let mut stage = shared.borrow_mut();
        if stage.trace(key).is_none_or(|open| open.make_ledger(STEP_EVENTS)) {
            return;
        }
    }
}

/// Looks at what was decoded, in steps.
async fn follow(shared: &Shared, key: u32) {
    loop {
        {
            let mut stage = shared.borrow_mut();
            let was_all = stage.is_all(key);
            let Some(open) = stage.trace(key) else { return };
            if open.follow(STEP_EVENTS) {
                stage.grown(key, was_all);
                break;
            }
        }
        breathe().await;
    }
    breathe().await;
}

/// Lets messages in. A timer may be held back by four milliseconds, an empty file's bytes come at once.
pub(crate) async fn breathe() {
    if let Ok(nothing) = Blob::new() {
        // It cannot fail to read no bytes, and if it did, nothing would be lost.
        let _ = JsFuture::from(nothing.array_buffer()).await;
    }
}

/// Waits for the next frame, or a little when none is drawn (the page may be hidden).
async fn frame(shared: &Shared) {
    let scope = shared.borrow().scope.clone();
    let next = Promise::new(&mut |resolve, _| {
        let _ = scope.request_animation_frame(&resolve);
        let _ = scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 50);
    });
    let _ = JsFuture::from(next).await;
}

/// What the list of files is told.
fn opened(open: &Open) -> FromTrace {
    let trace = open.trace();
    let start = trace.span().map(|(start, _)| start);
    FromTrace::Opened {
        key: open.key,
        damage: u8::from(!open.warnings.is_empty()),
        words: open.warnings.join(" "),
        time_nanos: open.clock.zip(start).map(|(clock, start)| start.saturating_add(clock.offset_nanos)),
        events: trace.event_count() as u64,
    }
}
