//! Puts lines of one collection together.

use crate::limits::LOGS;
use crate::model::Symbols;
use crate::model::record::{GcCpu, GcCycle, GcLog, GcMachine, GcPause, GcScope};

use super::sizes::Change;

/// Logs of machines one after the other: a collection's number that comes again is of the next.
#[derive(Default)]
pub(super) struct Gather {
    before: Vec<GcLog>,
    log: GcLog,
    /// Lines that begin as an event and do not end as one.
    pub(super) torn: u64,
    /// Machines that are told with the last of as many as are told apart.
    pub(super) beyond: u64,
}

/// Collections that are under way at a time, at most: lines of one come among those of the latest.
const UNDER_WAY: usize = 64;

/// When a line was written.
#[derive(Clone, Copy, Default)]
pub(super) struct When {
    /// Nanoseconds since the machine began.
    pub(super) uptime: Option<i64>,
    /// Nanoseconds since the Unix epoch.
    pub(super) unix: Option<i64>,
}

impl Gather {
    /// The log that is being read.
    pub(super) fn log(&mut self) -> &mut GcLog {
        &mut self.log
    }

    /// Another machine begins.
    fn begin(&mut self) {
        if self.before.len() + 1 < LOGS {
            self.before.push(std::mem::take(&mut self.log));
        } else {
            self.beyond += 1;
        }
    }

    /// Another machine begins, if the one before did anything.
    pub(super) fn collector(&mut self, name: &str) {
        if !self.log.cycles.is_empty() {
            self.begin();
        }
        name.clone_into(&mut self.log.collector);
    }

    /// The time of a line on the log's clock: since the machine began, or since the first line that told a time.
    pub(super) fn time(&mut self, when: When) -> i64 {
        let log = &mut self.log;
        match (when.uptime, when.unix) {
            (Some(uptime), unix) => {
                if let (None, Some(unix)) = (log.zero_unix_nanos, unix) {
                    log.zero_unix_nanos = Some(unix.saturating_sub(uptime));
                }
                uptime
            }
            (None, Some(unix)) => unix.saturating_sub(*log.zero_unix_nanos.get_or_insert(unix)),
            (None, None) => log.cycles.last().map_or(0, GcCycle::end_nanos),
        }
    }

    /// The row of a collection, made if it is new.
    pub(super) fn cycle(&mut self, number: u64, at: i64, what: &str, symbols: &mut Symbols) -> usize {
        let is_again = self
            .log()
            .cycles
            .last()
            .is_some_and(|last| last.number > number.saturating_add(UNDER_WAY as u64) && number == 0);
        if is_again {
            let name = self.log.collector.clone();
            self.begin();
            self.log.collector = name;
        }
        let log = &mut self.log;
        let from = log.cycles.len().saturating_sub(UNDER_WAY);
        let known = log.cycles.get(from..).and_then(|cycles| cycles.iter().position(|cycle| cycle.number == number));
        known.map(|row| from + row).unwrap_or_else(|| {
            let cycle = GcCycle { number, begin_nanos: at, ..GcCycle::default() };
            log.cycles.push(GcCycle { cause: symbols.strings.intern(what), scope: scope(what), ..cycle });
            log.cycles.len() - 1
        })
    }

    /// A row to change.
    pub(super) fn row(&mut self, row: usize, change: impl FnOnce(&mut GcCycle)) {
        if let Some(cycle) = self.log.cycles.get_mut(row) {
            change(cycle);
        }
    }

    /// The program stood still for a collection, until `end`.
    pub(super) fn pause(&mut self, row: usize, end: i64, nanos: i64, what: &str, symbols: &mut Symbols) {
        let begin = end.saturating_sub(nanos);
        let pause =
            GcPause { begin_nanos: begin, nanos, cycle: u32::try_from(row).ok(), what: symbols.strings.intern(what) };
        let is_first = !self.log.pauses.iter().rev().take(UNDER_WAY).any(|known| known.cycle == pause.cycle);
        self.log.pauses.push(pause);
        self.row(row, |cycle| {
            cycle.begin_nanos = cycle.begin_nanos.min(begin);
            if is_first {
                cycle.begin_pause_nanos = nanos;
            } else {
                cycle.end_pause_nanos = cycle.end_pause_nanos.saturating_add(nanos);
                // What is left of its length ran beside the program.
                let whole = end.saturating_sub(cycle.begin_nanos);
                cycle.concurrent_nanos = cycle.concurrent_nanos.max(whole.saturating_sub(cycle.pause_nanos()));
            }
        });
    }

    /// Sizes of the heap that a line tells: the first tells what was there before, the last what is left.
    pub(super) fn heap(&mut self, row: usize, (before, after, capacity): Change) {
        self.row(row, |cycle| {
            cycle.heap_before = cycle.heap_before.or(Some(before));
            cycle.heap_after = Some(after);
            cycle.heap_live = Some(after);
            cycle.heap_goal = capacity.or(cycle.heap_goal);
        });
    }

    /// Processor time of a collection.
    pub(super) fn cpu(&mut self, row: usize, nanos: i64) {
        self.row(row, |cycle| cycle.cpu = Some(GcCpu { worker_nanos: nanos, ..GcCpu::default() }));
    }

    /// What was gathered.
    pub(super) fn finish(self) -> Vec<GcLog> {
        let is_any = |log: &GcLog| !log.cycles.is_empty() || !log.stalls.is_empty() || !log.collector.is_empty();
        let logs = self.before.into_iter().chain([self.log]).filter(is_any);
        logs.map(|log| GcLog { machine: GcMachine::Java, size_step_bytes: 1024, ..log }).collect()
    }
}

/// How much of the heap it looks at, by its name.
fn scope(what: &str) -> GcScope {
    let has = |word: &str| what.contains(word);
    if has("Full") {
        GcScope::Full
    } else if has("Pause Young") || has("Minor Collection") || (has("GC pause") && (has("young") || has("mixed"))) {
        GcScope::Young
    } else {
        GcScope::Concurrent
    }
}

/// Whether the program asked for it.
pub(super) fn is_forced(what: &str) -> bool {
    [
        "System.gc()",
        "Diagnostic Command",
        "Heap Inspection Initiated",
        "JvmtiEnv ForceGarbageCollection",
        "Heap Dump Initiated",
    ]
    .into_iter()
    .any(|cause| what.contains(cause))
}
