//! The old format, Go 1.11 to 1.21: one list of batches per processor, with stacks and the speed of the clock at the
//! end of the file. Read as Go's own reader does (internal/trace/internal/tracev1), and told in events of the new format
//! (internal/trace, tracev1.go).
//!
//! The first pass finds batches and tables, the second puts events into their one order, the third checks and converts
//! them. Between passes an event is 24 bytes that say where it lies.

mod check;
mod convert;
mod cursor;
mod event;
mod heap;
mod index;
mod kind;
mod order;
mod place;
mod tables;
mod wire;

use check::Check;
use convert::Converter;
use event::Event;
use index::Index;
use tables::Tables;
use wire::Broken;

use super::emit::{MOST_NANOS, TOO_LONG};
use super::version::{HEADER_BYTES, minor};
use crate::formats::error::{ErrorKind, ParseError};
use crate::formats::warnings::Warnings;
use crate::model::Symbols;
use crate::model::trace::{Goroutines, Trace};

/// Taken where the file was cut before it says how fast its clock is: 64 cycles of 2.5 GHz are a tick on x86
/// (runtime/trace.go of Go 1.21, `traceTickDiv`). Processors of the last fifteen years are within a factor of two.
const USUAL_TICKS_PER_SECOND: i64 = 2_500_000_000 / 64;

/// Reads a whole file, header included. The second part says what is missing and why, a sentence each.
///
/// # Errors
/// When there is not one event before the damage.
pub(super) fn read(bytes: &[u8], symbols: &mut Symbols) -> Result<(Trace, Vec<String>), ParseError> {
    let minor = minor(bytes)?;
    if u32::try_from(bytes.len()).is_err() {
        return Err(ParseError::new(
            ErrorKind::TooLarge,
            None,
            "A trace of Go 1.21 or older that is larger than 4 GiB is not read. Capture a shorter one.",
        ));
    }
    let mut troubles = Warnings::default();
    let mut trace = Trace { format_minor: minor, ..Trace::default() };
    // The converter needs them to stay as they are while it fills the trace.
    let mut goroutines = Goroutines::default();
    let mut index = Index::of(bytes, HEADER_BYTES, minor, &mut goroutines);
    say_what_is_missing(&index, bytes.len(), &mut troubles);
    let tables = Tables::new(&index, symbols, &mut troubles);
    let ordered = order::order(bytes, minor, &mut index, &mut goroutines, &mut troubles);
    if ordered.events.is_empty() && (index.broken.is_some() || index.ticks_per_second.is_none()) {
        return Err(nothing_kept(index.broken, bytes.len()));
    }
    let nanos_per_tick = 1e9 / index.ticks_per_second.unwrap_or(USUAL_TICKS_PER_SECOND) as f64;
    let mut check = Check::new(index.timers);
    let mut converter = Converter::new(&mut trace, &goroutines, &tables, symbols, &mut troubles);
    let first = ordered.events.first().map_or(0, |place| place.time);
    if !ordered.events.is_empty() {
        converter.sync(-1);
    }
    for place in &ordered.events {
        // In floating point, as Go does it.
        let time = (place.time.wrapping_sub(first) as f64 * nanos_per_tick) as i64;
        let Some(mut event) = Event::at(place, time, bytes, minor, &goroutines) else { continue };
        let is_partial = ordered.partial_from.is_some_and(|from| place.time >= from);
        if is_partial {
            converter.lose_start(time);
        }
        match check.take(&mut event) {
            // Where something is missing, contradictions follow from that.
            Err(why) if !is_partial => converter.doubt(&event, place.at, why),
            _ => {}
        }
        converter.take(&event);
    }
    let end = converter.end();
    converter.sync(end);
    if end > MOST_NANOS {
        troubles.once(TOO_LONG.to_owned());
    }
    trace.goroutines = goroutines;
    Ok((trace, troubles.into_words()))
}

fn say_what_is_missing(index: &Index<'_>, len: usize, troubles: &mut Warnings) {
    if let Some(Broken { offset, words }) = &index.broken {
        troubles.once(format!("The trace breaks off at byte {offset} of {len}: {words}. What comes before was kept."));
    }
    if index.stacks.is_empty() {
        troubles.once(
            "Go 1.21 and older write call stacks at the very end of the file, and they are missing: no event says where \
             in the code it happened."
                .to_owned(),
        );
    }
    if index.ticks_per_second.is_none() {
        troubles.once(format!(
            "The speed of the clock stands at the end of the file too, and is missing. Times are an estimate, made with \
             {USUAL_TICKS_PER_SECOND} ticks a second: order and proportions are right, durations may be wrong by a \
             factor of two."
        ));
    }
}

fn nothing_kept(broken: Option<Broken>, len: usize) -> ParseError {
    let (offset, why) = match broken {
        Some(Broken { offset, words }) => (offset, format!("breaks off at byte {offset} of {len}: {words}")),
        None => (len, format!("holds no event in its {len} bytes")),
    };
    let words = format!(
        "This trace {why}. Nothing comes before that could be shown. Capture it again, and let trace.Stop return before \
         the file is copied."
    );
    ParseError::new(ErrorKind::Damaged, Some(offset as u64), words)
}
