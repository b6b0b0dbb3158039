//! What the events of a generation refer to: strings, stacks, samples and clocks (internal/trace, generation.go). They
//! come at its end, and their ids mean something else in the next generation.

use rustc_hash::FxHashMap;

use super::alloc_types;
use super::batch::{Batch, Generation};
use super::fault::{Fault, fault};
use super::go_sort::sort_func;
use super::wire::{code, frame};
use crate::formats::cursor::Cursor;
use crate::formats::wire_ids::WireIds;
use crate::model::trace::ClockSnapshot;
use crate::model::{Function, Line, Location, LocationId, StackId, StringId, Symbols};

/// The longest string (tracev2, `MaxEventTrailerDataSize`).
const MAX_STRING_BYTES: u64 = 1 << 10;
/// The deepest stack (tracev2, `MaxFramesPerStack`).
const MAX_FRAMES: u64 = 128;
/// Strings and stacks take at least about this many bytes each: a guess of their number from their batches.
const BYTES_AN_ENTRY: usize = 16;

/// The tables of one generation.
pub(super) struct Tables {
    pub(super) number: u64,
    strings: WireIds<StringId>,
    stacks: WireIds<StackId>,
    /// Rows of `AllocFree::types`.
    pub(super) types: WireIds<u32>,
    pub(super) clocks: Clocks,
    /// By time.
    pub(super) samples: Vec<Sample>,
}

/// What a generation says of its clock.
#[derive(Clone, Copy, Default)]
pub(super) struct Clocks {
    /// Nanoseconds a tick.
    frequency: f64,
    pub(super) snapshot: Option<ClockSnapshot>,
}

/// A sample of the CPU profile.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    pub(super) time: i64,
    pub(super) thread: u64,
    pub(super) proc: u64,
    pub(super) goroutine: u64,
    pub(super) stack: u64,
}

impl Tables {
    /// Reads every batch that is no batch of events.
    pub(super) fn read(
        bytes: &[u8],
        generation: &Generation,
        minor: u8,
        symbols: &mut Symbols,
        mut heap: alloc_types::Heap<'_>,
    ) -> Result<Self, Fault> {
        let clocks = Clocks::read(bytes, generation, minor)?;
        let of = |sort: u8| generation.batches.iter().filter(move |batch| batch.experiment == 0 && batch.sort == sort);
        let guess = |sort: u8| of(sort).map(|batch| batch.end - batch.start).sum::<usize>() / BYTES_AN_ENTRY;
        let mut tables = Self {
            number: generation.number,
            strings: WireIds::for_count(guess(frame::STRINGS)),
            stacks: WireIds::for_count(guess(frame::STACKS)),
            types: WireIds::for_count(0),
            clocks,
            samples: Vec::new(),
        };
        for batch in of(frame::STRINGS) {
            tables.add_strings(data(bytes, batch), symbols)?;
        }
        let mut frames = FxHashMap::default();
        for batch in of(frame::STACKS) {
            tables.add_stacks(data(bytes, batch), symbols, &mut frames)?;
        }
        for batch in of(frame::CPU_SAMPLES) {
            tables.add_samples(data(bytes, batch))?;
        }
        for sample in &mut tables.samples {
            sample.time = clocks.nanos(sample.time as u64);
        }
        sort_func(&mut tables.samples, |a, b| a.time.cmp(&b.time));
        for batch in generation.batches.iter().filter(|batch| batch.experiment == alloc_types::EXPERIMENT) {
            alloc_types::read(data(bytes, batch), symbols, &mut heap, &mut tables.types);
        }
        Ok(tables)
    }

    pub(super) fn string(&self, id: u64) -> Result<StringId, Fault> {
        if id == 0 {
            return Ok(StringId::default());
        }
        self.strings.get(id).ok_or_else(|| Fault::new(format!("an event names string {id}, which is not there")))
    }

    pub(super) fn stack(&self, id: u64) -> Result<Option<StackId>, Fault> {
        if id == 0 {
            return Ok(None);
        }
        match self.stacks.get(id) {
            Some(stack) => Ok(Some(stack)),
            None => fault!("an event names stack {id}, which is not there"),
        }
    }

    /// As Go takes the stacks of samples: without a word where they dangle.
    pub(super) fn stack_or_none(&self, id: u64) -> Option<StackId> {
        self.stacks.get(id).filter(|_| id != 0)
    }

    fn add_strings(&mut self, data: &[u8], symbols: &mut Symbols) -> Result<(), Fault> {
        each_string(data, &mut |id, text| {
            if id == 0 || self.strings.get(id).is_some() {
                return fault!("string {id} is there twice");
            }
            self.strings.insert(id, symbols.strings.intern(text));
            Ok(())
        })
    }

    fn add_stacks(
        &mut self,
        data: &[u8],
        symbols: &mut Symbols,
        frames: &mut FxHashMap<u64, LocationId>,
    ) -> Result<(), Fault> {
        let mut cursor = after_first(data);
        let mut stack = Vec::new();
        while !cursor.is_at_end() {
            expect(&mut cursor, frame::STACK, "a stack")?;
            let id = cursor.varint()?;
            let count = cursor.varint()?;
            if count > MAX_FRAMES {
                return fault!("stack {id} declares {count} frames; the most is {MAX_FRAMES}");
            }
            stack.clear();
            for _ in 0..count {
                let (pc, function, file, line) =
                    (cursor.varint()?, cursor.varint()?, cursor.varint()?, cursor.varint()?);
                // The first frame of an address stands for all of them.
                let location = match frames.get(&pc) {
                    Some(&known) => known,
                    None => {
                        let (name, file) = (self.frame_string(function, id)?, self.frame_string(file, id)?);
                        let function = Function { name, system_name: name, file, start_line: 0 };
                        let function = Some(symbols.functions.intern(function));
                        let lines = [Line { function, line: line as i64, column: 0 }];
                        let location = Location { mapping: None, address: pc, lines: &lines };
                        *frames.entry(pc).or_insert(symbols.locations.intern(location))
                    }
                };
                stack.push(location);
            }
            if id == 0 || self.stacks.get(id).is_some() {
                return fault!("stack {id} is there twice");
            }
            self.stacks.insert(id, symbols.stacks.intern(&stack));
        }
        Ok(())
    }

    fn frame_string(&self, id: u64, stack: u64) -> Result<StringId, Fault> {
        match self.strings.get(id) {
            _ if id == 0 => Ok(StringId::default()),
            Some(string) => Ok(string),
            None => fault!("stack {stack} names string {id}, which is not there"),
        }
    }

    fn add_samples(&mut self, data: &[u8]) -> Result<(), Fault> {
        let mut cursor = after_first(data);
        while !cursor.is_at_end() {
            expect(&mut cursor, frame::CPU_SAMPLE, "a CPU sample")?;
            let (ticks, thread, proc) = (cursor.varint()?, cursor.varint()?, cursor.varint()?);
            let (goroutine, stack) = (cursor.varint()?, cursor.varint()?);
            // Ticks for now: the frequency may come later.
            self.samples.push(Sample { time: ticks as i64, thread, proc, goroutine, stack });
        }
        Ok(())
    }
}

impl Clocks {
    /// From the batch that has them: the tables around it need not be read.
    pub(super) fn read(bytes: &[u8], generation: &Generation, minor: u8) -> Result<Self, Fault> {
        let sort = if minor >= 25 { frame::SYNC } else { frame::FREQUENCY };
        let mut clocks = Self::default();
        // Ticks, monotonic clock, wall clock.
        let mut snapshot = None;
        for batch in generation.batches.iter().filter(|batch| batch.experiment == 0 && batch.sort == sort) {
            let data = data(bytes, batch);
            let mut cursor = if minor >= 25 { after_first(data) } else { Cursor::new(data) };
            let mut last = batch.ticks;
            while !cursor.is_at_end() {
                match cursor.byte()? {
                    frame::FREQUENCY if clocks.frequency != 0.0 => return fault!("it says twice how long a tick is"),
                    frame::FREQUENCY => clocks.frequency = 1.0 / (cursor.varint()? as f64 / 1e9),
                    code::CLOCK_SNAPSHOT if minor >= 25 => {
                        if snapshot.is_some() {
                            return fault!("it has two snapshots of the clocks");
                        }
                        last = last.wrapping_add(cursor.varint()?);
                        let (mono, seconds, nanos) = (cursor.varint()?, cursor.varint()?, cursor.varint()?);
                        let wall = (seconds as i64).wrapping_mul(1_000_000_000).wrapping_add(nanos as i64);
                        snapshot = Some((last, mono, wall));
                    }
                    other => return fault!("a frequency or clock snapshot should come, and code {other} stands there"),
                }
            }
        }
        if clocks.frequency == 0.0 {
            return fault!("it says nowhere how long a tick of its clock is");
        }
        if minor >= 25 && snapshot.is_none() {
            return fault!("it has no snapshot of the clocks");
        }
        clocks.snapshot = snapshot.map(|(ticks, mono_nanos, wall_unix_nanos)| ClockSnapshot {
            trace_nanos: clocks.nanos(ticks),
            mono_nanos,
            wall_unix_nanos,
        });
        Ok(clocks)
    }

    /// Ticks as nanoseconds, with Go's own rounding (internal/trace, `frequency.mul`).
    #[inline]
    pub(super) fn nanos(&self, ticks: u64) -> i64 {
        (ticks as f64 * self.frequency) as i64
    }
}

/// Every string of a batch, with its id.
pub(super) fn each_string(data: &[u8], each: &mut dyn FnMut(u64, &str) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut cursor = after_first(data);
    while !cursor.is_at_end() {
        expect(&mut cursor, frame::STRING, "a string")?;
        let id = cursor.varint()?;
        let mut peek = cursor.clone();
        let declared = peek.varint()?;
        if declared > MAX_STRING_BYTES {
            return fault!("string {id} declares {declared} bytes; the most is {MAX_STRING_BYTES}");
        }
        each(id, &String::from_utf8_lossy(cursor.delimited()?))?;
    }
    Ok(())
}

pub(super) fn data<'a>(bytes: &'a [u8], batch: &Batch) -> &'a [u8] {
    bytes.get(batch.start..batch.end).unwrap_or(&[])
}

fn after_first(data: &[u8]) -> Cursor<'_> {
    Cursor::new(data.get(1..).unwrap_or(&[]))
}

fn expect(cursor: &mut Cursor<'_>, code: u8, what: &str) -> Result<(), Fault> {
    match cursor.byte()? {
        found if found == code => Ok(()),
        found => fault!("{what} should come, and code {found} stands there"),
    }
}
