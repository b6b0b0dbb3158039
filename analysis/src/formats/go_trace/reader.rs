//! Bytes in, a trace out: as a whole, or piece by piece while a file is read.

use std::ops::ControlFlow;

use rustc_hash::FxHashMap;

use super::alloc_types::Heap;
use super::batch::Generation;
use super::emit::{Emitter, TOO_LONG};
use super::fault::{Fault, fault};
use super::frontier::Frontier;
use super::order::{NOBODY, Order};
use super::pieces::{Found, Pieces};
use super::tables::{Sample, Tables};
use super::v1;
use crate::formats::Progress;
use crate::formats::error::{ErrorKind, ParseError};
use crate::model::Symbols;
use crate::model::trace::{Context, EventType, GoId, HeapType, ProcId, ThreadId, Trace, Word};

/// How many damages are described; a file of noise has thousands.
const TOLD_DAMAGES: usize = 8;

/// How much of a whole file is read between two reports of progress.
const PIECE_BYTES: usize = 1 << 20;

/// Reads a whole trace; the second part says what is missing and why, a sentence each.
///
/// # Errors
/// When nothing can be read: no trace, a version that is not read, or the user stopped it.
pub fn read(
    bytes: &[u8],
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<(Trace, Vec<String>), ParseError> {
    read_followed(bytes, symbols, progress, &mut |_, _| {})
}

/// The same, and tells `follow` of what is read.
///
/// # Errors
/// As [`read`].
pub fn read_followed(
    bytes: &[u8],
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    follow: Follow<'_>,
) -> Result<(Trace, Vec<String>), ParseError> {
    let mut reader = Reader::new();
    for (at, piece) in bytes.chunks(PIECE_BYTES).enumerate() {
        let fraction = (at * PIECE_BYTES) as f32 / bytes.len() as f32;
        if progress(Progress { fraction }).is_break() {
            return Err(ParseError::new(ErrorKind::Cancelled, None, "Reading was stopped."));
        }
        reader.push_followed(piece, symbols, follow)?;
    }
    reader.finish_followed(symbols, follow)
}

/// Who is told of a trace while it is read: of every stretch of some ten thousand events, which it may take out.
pub type Follow<'a> = &'a mut dyn FnMut(&mut Trace, &Symbols);

/// Reads a trace in pieces, compressed or not: each generation is in the trace as soon as its last byte has come, and its bytes are then
/// let go. What is held besides the trace is one generation and one piece.
#[derive(Default)]
pub struct Reader {
    pieces: Pieces,
    decoder: Option<Decoder>,
    /// A trace without generations, which is read at its end.
    old: Option<Result<(Trace, Vec<String>), ParseError>>,
}

impl Reader {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the file.
    ///
    /// # Errors
    /// When the header names no version that is read.
    pub fn push(&mut self, bytes: &[u8], symbols: &mut Symbols) -> Result<(), ParseError> {
        self.push_followed(bytes, symbols, &mut |_, _| {})
    }

    /// Takes the next piece of the file, and tells `follow` of what it completes.
    ///
    /// # Errors
    /// When the header names no version that is read.
    pub fn push_followed(&mut self, bytes: &[u8], symbols: &mut Symbols, follow: Follow<'_>) -> Result<(), ParseError> {
        self.step(bytes, false, symbols, follow)
    }

    /// What has been read so far.
    pub fn trace(&self) -> Option<&Trace> {
        self.decoder.as_ref().map(|decoder| &decoder.out.trace)
    }

    /// The whole trace, and what is missing of it, a sentence each.
    ///
    /// # Errors
    /// When the header names no version that is read, or nothing can be read of a trace without generations.
    pub fn finish(self, symbols: &mut Symbols) -> Result<(Trace, Vec<String>), ParseError> {
        self.finish_followed(symbols, &mut |_, _| {})
    }

    /// The same, and tells `follow` of what was not told yet.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_followed(
        mut self,
        symbols: &mut Symbols,
        follow: Follow<'_>,
    ) -> Result<(Trace, Vec<String>), ParseError> {
        self.step(&[], true, symbols, follow)?;
        let (mut trace, mut warnings) = match self.old {
            Some(old) => old?,
            None => self.decoder.unwrap_or_else(|| Decoder::new(self.pieces.minor())).finish(),
        };
        // It comes first: what is missing of the trace may follow from it.
        warnings.splice(..0, self.pieces.damage().map(str::to_owned));
        follow(&mut trace, symbols);
        Ok((trace, warnings))
    }

    fn step(
        &mut self,
        bytes: &[u8],
        is_whole: bool,
        symbols: &mut Symbols,
        follow: Follow<'_>,
    ) -> Result<(), ParseError> {
        let Self { pieces, decoder, old } = self;
        pieces.push(bytes, is_whole, &mut |minor, found| {
            let decoder = decoder.get_or_insert_with(|| Decoder::new(minor));
            match found {
                Found::Old(bytes) => *old = Some(v1::read(bytes, symbols)),
                Found::Generation(bytes, generation) => decoder.generation(bytes, &generation, symbols, follow),
                Found::Damage { at, words, lost } => decoder.damage(at, &words, lost),
            }
        })
    }
}

/// Generations to a trace.
struct Decoder {
    minor: u8,
    order: Order,
    out: Emitter,
    heap_types: FxHashMap<HeapType, u32>,
    warnings: Vec<String>,
    damages: usize,
}

impl Decoder {
    fn new(minor: u8) -> Self {
        Self {
            minor,
            order: Order::default(),
            out: Emitter::new(minor),
            heap_types: FxHashMap::default(),
            warnings: Vec::new(),
            damages: 0,
        }
    }

    fn damage(&mut self, at: u64, words: &str, lost: Option<u64>) {
        let lost = match lost {
            Some(number) => format!(" Generation {number} with it, about a second of the trace, is lost."),
            None => String::new(),
        };
        self.warn(format!("At byte {at} {words}.{lost} What stands before and after was read."));
    }

    /// Something is missing here, so nothing is known of what everybody does in the next generation.
    fn warn(&mut self, words: String) {
        self.order = Order::default();
        self.damages += 1;
        if self.damages <= TOLD_DAMAGES {
            self.warnings.push(words);
        }
    }

    fn generation(&mut self, bytes: &[u8], generation: &Generation, symbols: &mut Symbols, follow: Follow<'_>) {
        let heap = Heap { table: &mut self.out.trace.alloc_free, rows: &mut self.heap_types };
        let tables = match Tables::read(bytes, generation, self.minor, symbols, heap) {
            Ok(tables) => tables,
            Err(fault) => {
                return self.warn(format!(
                    "Generation {}, about a second of the trace, is lost: {fault}. Its tables come at its end, so a file \
                     that was cut loses all of it.",
                    generation.number
                ));
            }
        };
        let before = self.out.events;
        if let Err(fault) = self.events(bytes, generation, &tables, symbols, follow) {
            let read = self.out.events - before;
            self.warn(format!(
                "Generation {} was read up to its event {read}: {fault}. The rest of it is missing.",
                generation.number
            ));
        }
    }

    fn events(
        &mut self,
        bytes: &[u8],
        generation: &Generation,
        tables: &Tables,
        symbols: &Symbols,
        follow: Follow<'_>,
    ) -> Result<(), Fault> {
        let batches = generation.batches.iter().filter(|batch| batch.has_events(self.minor));
        let frontier = Frontier::new(bytes, batches, &tables.clocks);
        self.out.sync(tables.clocks.nanos(generation.min_ticks), tables.clocks.snapshot);
        let mut frontier = frontier?;
        let mut samples = tables.samples.iter().copied().peekable();
        loop {
            if let Some(sample) = samples.next_if(|sample| frontier.time().is_none_or(|time| sample.time < time)) {
                self.sample(sample, tables);
                continue;
            }
            if self.out.is_full() {
                follow(&mut self.out.trace, symbols);
                self.out.went_on();
            }
            if frontier.len() == 0 {
                return Ok(());
            }
            if self.try_at(&mut frontier, 0, tables)? {
                continue;
            }
            // The earliest can't come yet: the others, by time.
            frontier.sort();
            let mut place = 1;
            while !self.try_at(&mut frontier, place, tables)? {
                place += 1;
                if place >= frontier.len() {
                    return fault!("none of {} threads can go on from here", frontier.len());
                }
            }
        }
    }

    #[inline]
    fn try_at(&mut self, frontier: &mut Frontier<'_>, place: usize, tables: &Tables) -> Result<bool, Fault> {
        let Some(thread) = frontier.thread_at(place) else { return Ok(false) };
        if !self.order.advance(thread, tables, &mut self.out)? {
            return Ok(false);
        }
        frontier.advance(place, &tables.clocks)?;
        Ok(true)
    }

    fn sample(&mut self, sample: Sample, tables: &Tables) {
        let trace = &mut self.out.trace;
        let context = Context {
            goroutine: (sample.goroutine != 0 && sample.goroutine != NOBODY)
                .then(|| trace.goroutines.intern(GoId(sample.goroutine))),
            proc: (sample.proc != NOBODY).then(|| trace.procs.intern(ProcId(sample.proc))),
            thread: (sample.thread != NOBODY).then(|| trace.threads.intern(ThreadId(sample.thread))),
        };
        let stack = tables.stack_or_none(sample.stack);
        self.out.event(sample.time, EventType::CpuSample, context, [stack.word()]);
    }

    fn finish(mut self) -> (Trace, Vec<String>) {
        if self.out.trace.syncs.is_empty() && self.warnings.is_empty() {
            self.warnings.push(
                "The file holds the header of a trace and nothing else: tracing was stopped at once, or the file was cut."
                    .to_owned(),
            );
        }
        if self.out.is_too_long() {
            self.warnings.push(TOO_LONG.to_owned());
        }
        self.out.end();
        if self.damages > TOLD_DAMAGES {
            self.warnings.push(format!("{} more places are damaged.", self.damages - TOLD_DAMAGES));
        }
        (self.out.trace, self.warnings)
    }
}
