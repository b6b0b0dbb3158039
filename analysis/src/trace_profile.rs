//! Profiles out of a trace: what goroutines waited for and what ran, as an ordinary [`Profile`] that tables and flame
//! graphs draw. Number for number what `go tool trace -pprof=KIND` says (cmd/trace, pprof.go).

use crate::model::trace::{Event, EventKind, GoState, Goroutine, Trace, Transition};
use crate::model::{Profile, ProfileKind, SampleType, StackId, Symbols, TraceProfileKind};
use crate::trace_summary::Range;

/// CPU samples come a hundred times a second (runtime/pprof, `StartCPUProfile`); the trace doesn't say so.
const SAMPLE_NANOS: i64 = 10_000_000;

/// When each goroutine first ran and when it left, by row: Go looks at nothing before and after (pprof.go,
/// `pprofMatchingGoroutines`).
pub struct Presence(Vec<(i64, i64)>);

impl Presence {
    /// From `start` and `end` of [`GoroutineSummary`](crate::trace_summary::GoroutineSummary), or what equals them.
    pub fn new(trace: &Trace, rows: impl Iterator<Item = (Option<i64>, Option<i64>)>) -> Self {
        let last = trace.span().map_or(0, |(_, last)| last);
        Self(rows.map(|(start, end)| (start.unwrap_or(0), end.unwrap_or(last))).collect())
    }
}

/// A profile of `kind` for the part of the trace in `range`, of the goroutines that `is_wanted` takes, or of everyone
/// (CPU samples that are no goroutine's too).
///
/// Stacks are where a goroutine was when it began to wait. A stay that is cut by the range counts as one, with the time
/// that is within; one that the trace doesn't see the end of doesn't count, as in Go.
pub fn trace_profile(
    trace: &Trace,
    symbols: &mut Symbols,
    presence: &Presence,
    kind: TraceProfileKind,
    range: &Range,
    is_wanted: Option<&dyn Fn(Goroutine) -> bool>,
) -> Profile {
    let no_stack = symbols.stacks.intern(&[]);
    let mut sums = Sums::new(symbols, no_stack);
    if kind == TraceProfileKind::Cpu {
        for event in events_in(trace, range).filter(|event| event.kind() == EventKind::StackSample) {
            if is_wanted.is_none_or(|is_wanted| event.context.goroutine.is_some_and(is_wanted)) {
                sums.add(symbols, event.stack(), SAMPLE_NANOS);
            }
        }
    } else {
        stays(trace, symbols, kind, range, |goroutine, stay, end| {
            let Some(&(first, last)) = presence.0.get(goroutine.index()) else { return };
            let nanos = end.min(last).min(range.end) - stay.since.max(first).max(range.start);
            if nanos > 0 && is_wanted.is_none_or(|is_wanted| is_wanted(goroutine)) {
                sums.add(symbols, stay.stack, nanos);
            }
        });
    }
    sums.into_profile(symbols, kind)
}

fn events_in<'a>(trace: &'a Trace, range: &Range) -> impl Iterator<Item = Event<'a>> {
    let end = range.end;
    trace.events.iter_from(trace.events.first_at(range.start)).take_while(move |event| event.time < end)
}

/// The state that a stay is in.
fn state_of(kind: TraceProfileKind) -> GoState {
    match kind {
        TraceProfileKind::Network | TraceProfileKind::Sync => GoState::Waiting,
        TraceProfileKind::Syscall => GoState::Syscall,
        TraceProfileKind::Sched => GoState::Runnable,
        TraceProfileKind::Cpu => GoState::Running,
    }
}

/// Whether a stay for that reason counts (pprof.go, `computePprofIO` and its like).
fn is_about(kind: TraceProfileKind, reason: &str) -> bool {
    match kind {
        TraceProfileKind::Network => reason == "network",
        TraceProfileKind::Sync => ["chan", "sync", "select"].iter().any(|part| reason.contains(part)),
        TraceProfileKind::Syscall | TraceProfileKind::Sched | TraceProfileKind::Cpu => true,
    }
}

/// A goroutine's stay in the state, while it lasts.
#[derive(Clone, Copy)]
struct Stay {
    since: i64,
    stack: Option<StackId>,
}

/// Every stay that ends (pprof.go, `makeComputePprofFunc`). States are known only from the beginning on.
fn stays(
    trace: &Trace,
    symbols: &Symbols,
    kind: TraceProfileKind,
    range: &Range,
    mut ended: impl FnMut(Goroutine, Stay, i64),
) {
    let state = state_of(kind);
    let mut staying: Vec<Option<Stay>> = vec![None; trace.goroutines.len()];
    for event in trace.events.iter() {
        let Some(Transition::Goroutine { goroutine: Some(goroutine), to, reason, .. }) = event.transition() else {
            continue;
        };
        let Some(slot) = staying.get_mut(goroutine.index()) else { continue };
        match *slot {
            None if to == state && event.time < range.end && is_about(kind, symbols.strings.get(reason)) => {
                *slot = Some(Stay { since: event.time, stack: event.stack() });
            }
            Some(stay) if to != state => {
                *slot = None;
                ended(goroutine, stay, event.time);
            }
            _ => {}
        }
    }
}

/// Counts and times by stack.
struct Sums {
    /// By row of the stack table: row in the columns and one, or 0.
    rows: Vec<u32>,
    stacks: Vec<StackId>,
    counts: Vec<i64>,
    nanos: Vec<i64>,
    no_stack: StackId,
}

impl Sums {
    fn new(symbols: &Symbols, no_stack: StackId) -> Self {
        let rows = vec![0; symbols.stacks.len()];
        Self { rows, stacks: Vec::new(), counts: Vec::new(), nanos: Vec::new(), no_stack }
    }

    fn add(&mut self, symbols: &Symbols, stack: Option<StackId>, nanos: i64) {
        let stack = stack.unwrap_or(self.no_stack);
        let row = self.row(symbols, stack);
        if let (Some(count), Some(sum)) = (self.counts.get_mut(row), self.nanos.get_mut(row)) {
            *count += 1;
            *sum += nanos;
        }
        // Of stacks that it takes for one, Go shows the last (`stackMap.getOrAdd`).
        if let Some(shown) = self.stacks.get_mut(row) {
            *shown = stack;
        }
    }

    fn row(&mut self, symbols: &Symbols, stack: StackId) -> usize {
        if let Some(row) = self.rows.get(stack.index()).and_then(|row| row.checked_sub(1)) {
            return row as usize;
        }
        // Go tells stacks apart by their addresses, so that a frame at address 0 is like none (pprof.go, `pcsForStack`).
        let is_empty = symbols.stacks.get(stack).iter().all(|&frame| symbols.locations.get(frame).address == 0);
        let row = if is_empty && stack != self.no_stack {
            self.row(symbols, self.no_stack)
        } else {
            self.stacks.push(stack);
            self.counts.push(0);
            self.nanos.push(0);
            self.stacks.len() - 1
        };
        if let Some(slot) = self.rows.get_mut(stack.index()) {
            *slot = row as u32 + 1;
        }
        row
    }

    fn into_profile(self, symbols: &mut Symbols, kind: TraceProfileKind) -> Profile {
        let is_cpu = kind == TraceProfileKind::Cpu;
        let mut sample_type =
            |name, unit| SampleType { name: symbols.strings.intern(name), unit: symbols.strings.intern(unit) };
        let sample_types = if is_cpu {
            [sample_type("samples", "count"), sample_type("cpu", "nanoseconds")]
        } else {
            [sample_type("contentions", "count"), sample_type("delay", "nanoseconds")]
        };
        let mut profile = Profile {
            kind: ProfileKind::Trace(kind),
            sample_types: sample_types.to_vec(),
            default_sample_type: Some(1),
            values: vec![self.counts, self.nanos],
            ..Profile::default()
        };
        profile.label_sets = vec![profile.labels.empty(); self.stacks.len()];
        profile.stacks = self.stacks;
        if is_cpu {
            profile.period_type = sample_types.last().copied();
            profile.period = SAMPLE_NANOS;
        }
        profile
    }
}
