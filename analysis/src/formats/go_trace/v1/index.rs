//! The first pass over the file: where batches lie, and everything that is no event of a processor.

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashSet;

use super::kind::Kind;
use super::place::{Place, slot};
use super::wire::{Broken, RawEvent, Wire};
use crate::formats::go_trace::go_sort::sort_func;
use crate::model::trace::Goroutines;

/// Frames of a stack that Go's reader takes at most.
const MAX_FRAMES: u64 = 1000;

/// What the first pass found (internal/tracev1, `collectBatchesAndCPUSamples`).
#[derive(Default)]
pub(super) struct Index<'a> {
    /// The batches of each processor, in the order of the file; −1 is what no processor wrote.
    pub(super) batches: BTreeMap<i32, Vec<Range<u32>>>,
    /// Samples of the CPU profile, in the order of their own times: they are written late, by another goroutine.
    pub(super) samples: Vec<Place>,
    /// Clock ticks a second; written at the end.
    pub(super) ticks_per_second: Option<i64>,
    /// Goroutines that fired timers, before Go 1.14.
    pub(super) timers: FxHashSet<u32>,
    /// Texts with their numbers, in the order of the file.
    pub(super) strings: Vec<(u64, &'a [u8])>,
    /// Frames, four numbers each, with their stack's number, in the order of the file; written at the end.
    pub(super) stacks: Vec<(u32, &'a [u8])>,
    /// Where reading stopped before the end, and why.
    pub(super) broken: Option<Broken>,
}

impl<'a> Index<'a> {
    /// Reads `bytes`, whose header is `header` bytes long.
    pub(super) fn of(bytes: &'a [u8], header: usize, minor: u8, goroutines: &mut Goroutines) -> Self {
        let mut index = Self::default();
        let mut wire = Wire::new(bytes, header, minor);
        let mut open: Option<(i32, usize)> = None;
        loop {
            let start = wire.offset();
            let event = match wire.event() {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(broken) => {
                    index.broken = Some(broken);
                    break;
                }
            };
            if let Err(words) = index.take(&event, start, &mut open, goroutines) {
                index.broken = Some(Broken { offset: start, words });
                break;
            }
        }
        let end = index.broken.as_ref().map_or(wire.offset(), |broken| broken.offset);
        index.close(open, end);
        sort_func(&mut index.samples, |one, other| one.time.cmp(&other.time));
        index
    }

    fn take(
        &mut self,
        event: &RawEvent<'a>,
        start: usize,
        open: &mut Option<(i32, usize)>,
        goroutines: &mut Goroutines,
    ) -> Result<(), String> {
        let [first, second, third, fourth, _] = event.args;
        if open.is_none() && !matches!(event.kind, Kind::Batch | Kind::String) {
            return Err(format!("{} stands before the first batch", event.kind.name()));
        }
        match event.kind {
            Kind::Batch => {
                let proc = if first == u64::MAX { Some(-1) } else { i32::try_from(first).ok() };
                let proc = proc.ok_or_else(|| format!("a batch is of processor {first}, which cannot be"))?;
                self.close(open.replace((proc, start)), start);
            }
            Kind::Frequency => {
                let ticks = i64::try_from(first).ok().filter(|&ticks| ticks > 0);
                self.ticks_per_second = Some(ticks.ok_or_else(|| {
                    format!("a clock of {first} ticks a second is declared: the processors' clocks did not agree")
                })?);
            }
            Kind::TimerGoroutine => {
                self.timers.insert(slot(goroutines, first));
            }
            Kind::String => self.string(first, event.body)?,
            Kind::Stack => self.stack(event.body)?,
            Kind::CpuSample => self.samples.push(Place {
                time: second as i64,
                at: start as u32,
                goroutine: slot(goroutines, fourth),
                proc: third as i32,
                kind: Kind::CpuSample,
                is_blocking: false,
            }),
            _ => {}
        }
        Ok(())
    }

    /// Ends the open batch before `end`.
    fn close(&mut self, open: Option<(i32, usize)>, end: usize) {
        if let Some((proc, start)) = open {
            self.batches.entry(proc).or_default().push(start as u32..end as u32);
        }
    }

    fn string(&mut self, id: u64, text: &'a [u8]) -> Result<(), String> {
        if id == 0 || text.is_empty() {
            return Err("a string is empty or has the number 0, which stands for the empty string".to_owned());
        }
        self.strings.push((id, text));
        Ok(())
    }

    fn stack(&mut self, body: &'a [u8]) -> Result<(), String> {
        if body.is_empty() {
            return Ok(());
        }
        let mut wire = Wire::new(body, 0, 0);
        let (id, size) = (wire.number()?, wire.number()?);
        if size > MAX_FRAMES {
            return Err(format!("a stack of {size} frames is declared, where {MAX_FRAMES} are the most"));
        }
        let frames = body.get(wire.offset()..).unwrap_or(&[]);
        for _ in 0..size * 4 {
            wire.number()?;
        }
        if wire.offset() != body.len() {
            return Err(format!("a stack of {size} frames holds more than them"));
        }
        // Number 0 stands for no stack.
        if id as u32 != 0 && size > 0 {
            self.stacks.push((id as u32, frames));
        }
        Ok(())
    }
}
