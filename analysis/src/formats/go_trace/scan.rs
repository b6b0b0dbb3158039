//! A first look at a trace, several times faster than reading it: every event is skipped over but those few that the
//! [`Overview`] shows, and none is put in order beyond its time.

use super::batch::{Batch, Generation};
use super::fault::Fault;
use super::pieces::{Found, Pieces};
use super::tables::{Clocks, data, each_string};
use super::wire::{self, WireEvent, code, frame};
use crate::formats::cursor::Cursor;
use crate::formats::error::ParseError;
use crate::model::trace::{Overview, Pause, Series};
use crate::model::{StringId, Symbols};

/// Values nearer to the one before than this are left out, the last of them kept: finer than any first picture shows.
const GRAIN_NANOS: i64 = 100_000;

/// Looks at a file in pieces.
#[derive(Default)]
pub struct Scanner {
    pieces: Pieces,
    seen: Seen,
}

impl Scanner {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the file.
    ///
    /// # Errors
    /// When the header names no version that is read.
    pub fn push(&mut self, bytes: &[u8], symbols: &mut Symbols) -> Result<(), ParseError> {
        self.step(bytes, false, symbols)
    }

    /// How many bytes of the trace have come, inflated where the file is compressed.
    pub fn bytes(&self) -> u64 {
        self.pieces.bytes()
    }

    /// What has been seen so far: generations are complete or not there at all.
    pub fn overview(&self) -> &Overview {
        &self.seen.overview
    }

    /// The whole overview.
    ///
    /// # Errors
    /// When the header names no version that is read.
    pub fn finish(mut self, symbols: &mut Symbols) -> Result<Overview, ParseError> {
        self.step(&[], true, symbols)?;
        Ok(self.seen.overview)
    }

    fn step(&mut self, bytes: &[u8], is_whole: bool, symbols: &mut Symbols) -> Result<(), ParseError> {
        let seen = &mut self.seen;
        self.pieces.push(bytes, is_whole, &mut |minor, found| {
            if let Found::Generation(bytes, generation) = found {
                // What is broken is told by the reader; a first look shows what it can.
                let _ = seen.generation(bytes, &generation, minor, symbols);
            }
        })
    }
}

/// What one event of the overview says.
#[derive(Clone, Copy)]
enum Mark {
    GcBegin,
    GcEnd,
    Stop(u64),
    Start,
    Live(u64),
    Goal(u64),
    /// Goroutines more or fewer.
    Goroutines(i64),
}

#[derive(Default)]
struct Seen {
    overview: Overview,
    gc_since: Option<i64>,
    stopped: Option<(i64, StringId)>,
    goroutines: i64,
    generations: usize,
}

impl Seen {
    fn generation(
        &mut self,
        bytes: &[u8],
        generation: &Generation,
        minor: u8,
        symbols: &mut Symbols,
    ) -> Result<(), Fault> {
        let clocks = Clocks::read(bytes, generation, minor)?;
        let mut marks = Vec::new();
        let mut there = 0;
        for batch in generation.batches.iter().filter(|batch| batch.has_events(minor)) {
            // A batch that breaks off has shown what comes before.
            let _ = self.batch(data(bytes, batch), batch, &clocks, &mut marks, &mut there);
        }
        if self.generations == 0 {
            self.goroutines = there;
            push(&mut self.overview.goroutines, clocks.nanos(generation.min_ticks), there.max(0) as u64);
        }
        self.generations += 1;
        marks.sort_by_key(|&(time, _)| time);
        let reasons = reasons(bytes, generation, &marks, symbols);
        for (time, mark) in marks {
            self.mark(time, mark, &reasons);
        }
        Ok(())
    }

    /// Every event of a batch; `there` counts goroutines that the generation says are there.
    fn batch(
        &mut self,
        data: &[u8],
        batch: &Batch,
        clocks: &Clocks,
        marks: &mut Vec<(i64, Mark)>,
        there: &mut i64,
    ) -> Result<(), Fault> {
        let mut cursor = Cursor::new(data);
        let mut event = WireEvent::default();
        let mut time = clocks.nanos(batch.ticks);
        let first = time;
        while !cursor.is_at_end() {
            time = time.wrapping_add(clocks.nanos(wire::read(&mut cursor, &mut event)?));
            let arg = event.args.first().copied().unwrap_or(0);
            let mark = match event.code {
                code::GC_BEGIN | code::GC_ACTIVE => Mark::GcBegin,
                code::GC_END => Mark::GcEnd,
                code::STW_BEGIN => Mark::Stop(arg),
                code::STW_END => Mark::Start,
                code::HEAP_ALLOC => Mark::Live(arg),
                code::HEAP_GOAL => Mark::Goal(arg),
                code::GO_CREATE | code::GO_CREATE_BLOCKED | code::GO_CREATE_SYSCALL => Mark::Goroutines(1),
                code::GO_DESTROY | code::GO_DESTROY_SYSCALL | code::GO_SWITCH_DESTROY => Mark::Goroutines(-1),
                code::GO_STATUS | code::GO_STATUS_STACK => {
                    *there += 1;
                    continue;
                }
                _ => continue,
            };
            marks.push((time, mark));
        }
        let (start, end) = self.overview.span.unwrap_or((first, time));
        self.overview.span = Some((start.min(first), end.max(time)));
        Ok(())
    }

    fn mark(&mut self, time: i64, mark: Mark, reasons: &[(u64, StringId)]) {
        match mark {
            Mark::GcBegin => self.gc_since = self.gc_since.or(Some(time)),
            Mark::GcEnd => {
                if let Some(since) = self.gc_since.take() {
                    self.overview.marks.push((since, time));
                }
            }
            Mark::Stop(id) => {
                let reason =
                    reasons.iter().find(|(known, _)| *known == id).map_or(StringId::default(), |found| found.1);
                self.stopped = Some((time, reason));
            }
            Mark::Start => {
                if let Some((start, reason)) = self.stopped.take() {
                    self.overview.pauses.push(Pause { start, end: time, reason });
                }
            }
            Mark::Live(bytes) => push(&mut self.overview.heap_live, time, bytes),
            Mark::Goal(bytes) => push(&mut self.overview.heap_goal, time, bytes),
            Mark::Goroutines(change) => {
                self.goroutines += change;
                push(&mut self.overview.goroutines, time, self.goroutines.max(0) as u64);
            }
        }
    }
}

/// Adds a value, or puts it in the place of the last when that is no further away than the grain.
fn push(series: &mut Series, time: i64, value: u64) {
    let before_last = series.len().checked_sub(2).and_then(|at| series.times.get(at)).copied();
    match (before_last, series.values.last_mut()) {
        (Some(before), Some(last)) if time.saturating_sub(before) < GRAIN_NANOS => {
            *last = value;
            if let Some(last) = series.times.last_mut() {
                *last = time;
            }
        }
        _ => series.push(time, value),
    }
}

/// The strings that stops of the world name.
fn reasons(
    bytes: &[u8],
    generation: &Generation,
    marks: &[(i64, Mark)],
    symbols: &mut Symbols,
) -> Vec<(u64, StringId)> {
    let mut wanted: Vec<u64> =
        marks.iter().filter_map(|(_, mark)| if let Mark::Stop(id) = mark { Some(*id) } else { None }).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Vec::with_capacity(wanted.len());
    if wanted.is_empty() {
        return found;
    }
    for batch in generation.batches.iter().filter(|batch| batch.experiment == 0 && batch.sort == frame::STRINGS) {
        // A broken table is told by the reader.
        let _ = each_string(data(bytes, batch), &mut |id, text| {
            if wanted.binary_search(&id).is_ok() {
                found.push((id, symbols.strings.intern(text)));
            }
            Ok(())
        });
    }
    found
}
