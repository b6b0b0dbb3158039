//! What goroutines spent in any range, without a walk over the whole trace.
//!
//! Times that are held within a range add up: what was spent from `a` to `b` is what was spent before `b` less what was
//! spent before `a`. The summarizer's state is kept at marks, so a question walks from the mark before each end. What is
//! pending at an end is put to what it turns out to be later ([`Fates`]), as a summary of the range would.

use super::fates::Fates;
use super::goroutine::{GoroutineSummary, Spent, Tally, add};
use super::summarizer::Summarizer;
use super::{EVERYTHING, Names, Range, Summary, Tasks};
use crate::model::Symbols;
use crate::model::trace::{Goroutine, Trace};

/// Events between two marks: a question walks over twice as many at most, some milliseconds.
const EVERY_EVENTS: usize = 1 << 19;
/// Goroutines kept at all marks together, at some 300 bytes each: with more, every second mark is dropped.
const MOST_TALLIES: usize = 200_000;

/// The summarizer's state before an event.
#[derive(Clone)]
pub(super) struct Mark {
    pub(super) event: usize,
    pub(super) tallies: Vec<Tally>,
    pub(super) syscalling: Vec<Option<Goroutine>>,
    pub(super) sweeping: Vec<Option<Goroutine>>,
    pub(super) sync: i64,
}

/// A summary of all of a trace, with marks to answer for any part of it.
pub struct Ledger {
    all: Vec<Option<GoroutineSummary>>,
    marks: Vec<Mark>,
    fates: Fates,
    names: Names,
    last: i64,
}

/// A [`Ledger`] in the making: one walk over all events, in steps.
pub struct LedgerWalk {
    summarizer: Summarizer,
    names: Names,
    marks: Vec<Mark>,
    every: usize,
    next: usize,
    seen: usize,
}

impl LedgerWalk {
    /// At the first event. All names are known.
    pub fn new(symbols: &Symbols) -> Self {
        Self::with_marks(symbols, EVERY_EVENTS)
    }

    fn with_marks(symbols: &Symbols, every: usize) -> Self {
        let (summarizer, names) = (Summarizer::new(EVERYTHING), Names::of(symbols));
        Self { summarizer, names, marks: Vec::new(), every, next: every, seen: 0 }
    }

    /// Walks over at most `most` further events; `true` when there are none left.
    pub fn follow(&mut self, trace: &Trace, most: usize) -> bool {
        for event in trace.events.iter_from(self.seen).take(most) {
            if event.index == self.next {
                self.mark(trace.goroutines.len());
            }
            self.summarizer.event(&event, event.transition(), &self.names);
            self.seen = event.index + 1;
        }
        self.seen >= trace.events.len()
    }

    fn mark(&mut self, goroutines: usize) {
        self.marks.push(self.summarizer.mark(self.next));
        if self.marks.len() > 1 && self.marks.len() * goroutines > MOST_TALLIES {
            let mut is_kept = true;
            self.marks.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
            self.every *= 2;
        }
        self.next += self.every;
    }

    /// All events of `trace` were walked over.
    pub fn finish(mut self, trace: &Trace) -> Ledger {
        self.summarizer.pass(trace.last_of_series());
        let (summary, fates, last) = self.summarizer.finish_with_fates(trace);
        Ledger { all: summary.goroutines, marks: self.marks, fates, names: self.names, last }
    }
}

impl Ledger {
    /// What goroutines did within `range`, as [`summarize`](super::summarize) says; without regions and tasks, and
    /// without reasons and ranges of no time.
    pub fn summary_in(&self, trace: &Trace, range: Range) -> Summary {
        let mut goroutines = self.all.clone();
        if range != EVERYTHING {
            let before = self.until(trace, range.start);
            let spent = self.until(trace, range.end);
            let clamp = |time: i64| time.max(range.start).min(range.end);
            for ((goroutine, mut spent), before) in goroutines.iter_mut().zip(spent).zip(before) {
                let Some(goroutine) = goroutine else { continue };
                spent.subtract(&before);
                let end = clamp(goroutine.end.unwrap_or(self.last));
                let total = |end: i64| end - goroutine.creation;
                spent.total_ns = if total(end) == 0 { total(clamp(self.last)) } else { total(end) };
                goroutine.spent = spent;
            }
        }
        Summary { goroutines, regions: Vec::new(), tasks: Tasks::default() }
    }

    /// What each goroutine had spent before `time`.
    fn until(&self, trace: &Trace, time: i64) -> Vec<Spent> {
        let time = time.min(self.last);
        let until = trace.events.first_at(time);
        let mark = self.marks.partition_point(|mark| mark.event <= until).checked_sub(1);
        let mut summarizer = Summarizer::new(EVERYTHING);
        let from = match mark.and_then(|at| self.marks.get(at)) {
            Some(mark) => {
                summarizer.resume(mark.clone());
                mark.event
            }
            None => 0,
        };
        for event in trace.events.iter_from(from).take(until.saturating_sub(from)) {
            summarizer.event(&event, event.transition(), &self.names);
        }
        let mut spent: Vec<Spent> = summarizer
            .into_tallies()
            .into_iter()
            .enumerate()
            .map(|(at, tally)| self.fates.settled(tally, at, time))
            .collect();
        spent.resize_with(self.all.len(), Spent::default);
        for late in self.fates.late.iter().filter(|late| late.since < time && time <= late.told) {
            if let Some(spent) = spent.get_mut(late.goroutine.index()) {
                late.add_to(spent, time);
            }
        }
        spent
    }
}

impl Spent {
    fn subtract(&mut self, before: &Self) {
        self.exec_ns -= before.exec_ns;
        self.sched_wait_ns -= before.sched_wait_ns;
        self.syscall_ns -= before.syscall_ns;
        self.syscall_block_ns -= before.syscall_block_ns;
        before.block_ns.iter().for_each(|&(reason, nanos)| add(&mut self.block_ns, reason, -nanos));
        before.range_ns.iter().for_each(|&(name, nanos)| add(&mut self.range_ns, name, -nanos));
        self.block_ns.retain(|&(_, nanos)| nanos != 0);
        self.range_ns.retain(|&(_, nanos)| nanos != 0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::ops::ControlFlow;

    use super::*;
    use crate::trace_summary::summarize;

    fn check(bytes: &[u8]) {
        let mut symbols = Symbols::default();
        let (trace, _) =
            crate::formats::go_trace::read(bytes, &mut symbols, &mut |_| ControlFlow::Continue(())).unwrap();
        let (first, last) = trace.span().unwrap();
        let mut walk = LedgerWalk::with_marks(&symbols, 4_999);
        while !walk.follow(&trace, 7_001) {}
        let ledger = walk.finish(&trace);
        let mut seed = 7_u64;
        let mut share = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / (1 << 24) as f64
        };
        let mut ranges = vec![EVERYTHING, first..last, first - 5..last + 5, first + 1..first + 2, last + 9..last + 99];
        for _ in 0..10 {
            let start = first + ((last - first) as f64 * share()) as i64;
            ranges.push(start..start + 1 + ((last - start) as f64 * share() * share()) as i64);
        }
        for range in ranges {
            let plain = summarize(&trace, &symbols, range.clone()).goroutines;
            let quick = ledger.summary_in(&trace, range.clone()).goroutines;
            for (row, (plain, quick)) in plain.into_iter().zip(quick).enumerate() {
                let sorted = |goroutine: Option<GoroutineSummary>| {
                    goroutine.map(|mut goroutine| {
                        goroutine.spent.subtract(&Spent::default());
                        goroutine.spent.block_ns.sort();
                        goroutine.spent.range_ns.sort();
                        goroutine
                    })
                };
                assert_eq!(
                    format!("{:?}", sorted(quick)),
                    format!("{:?}", sorted(plain)),
                    "goroutine {row} in {range:?}"
                );
            }
        }
    }

    #[test]
    fn any_range_gives_what_a_walk_gives() {
        check(include_bytes!("../../../fixtures/go/pool-miss-gc/go1.27.3/trace.out"));
        check(include_bytes!("../../../fixtures/go/custom-pool-lock/go1.27.3/trace.out"));
        check(include_bytes!("../../../fixtures/go/leak-retained/go1.22.10/trace.out"));
        check(include_bytes!("../../../fixtures/go/healthy/go1.27.3-flight/trace.out"));
        check(include_bytes!("../../../fixtures/go/many-goroutines/go1.27.3/trace.out"));
    }
}
