//! Cycles of a collector, as a log tells them: Go's `GODEBUG=gctrace=1` and a Java machine's GC log. Beside them what Go
//! prints in the same log of its scavenger and its scheduler.

use crate::model::id::StringId;

/// A log of cycles. All its times are nanoseconds on the log's own clock, mostly since the program began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GcLog {
    /// Whose collector it is.
    pub machine: GcMachine,
    /// Which collector, such as `G1`; empty for Go's, which has but one.
    pub collector: String,
    /// In the order of the log.
    pub cycles: Vec<GcCycle>,
    /// Every stop of the program that the log tells, in the order of the log.
    pub pauses: Vec<GcPause>,
    /// Single threads that waited for memory while the others ran (Java's `Allocation Stall`), in the order of the log.
    pub stalls: Vec<GcPause>,
    /// What Go gave back to the system (`scavtrace`), in the order of the log.
    pub scavenges: Vec<Scavenge>,
    /// What Go's scheduler was at (`schedtrace`), in the order of the log.
    pub schedules: Vec<Schedule>,
    /// Wall-clock time of the log's zero, in nanoseconds since the Unix epoch, if its lines tell (Java's may).
    pub zero_unix_nanos: Option<i64>,
    /// Sizes are multiples of this: Go prints whole MiB, rounded down.
    pub size_step_bytes: u64,
}

/// Whose collector it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GcMachine {
    /// Go's runtime.
    #[default]
    Go,
    /// A Java machine.
    Java,
}

/// One cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GcCycle {
    /// Its number, as the log has it.
    pub number: u64,
    /// When it began.
    pub begin_nanos: i64,
    /// Length of the stop at its beginning (Go: sweep termination); all of a collection that stops the program.
    pub begin_pause_nanos: i64,
    /// How long it then ran beside the program (Go: concurrent mark).
    pub concurrent_nanos: i64,
    /// Length of the stop at its end (Go: mark termination), or the sum of all later ones.
    pub end_pause_nanos: i64,
    /// Processor time by what it was spent for.
    pub cpu: Option<GcCpu>,
    /// Share of the processors' time that the collector took since the program began, from 0 to 1.
    pub cpu_share: Option<f64>,
    /// Bytes of the heap when it began.
    pub heap_before: Option<u64>,
    /// Bytes when it ended, with what came while it ran.
    pub heap_after: Option<u64>,
    /// Bytes that it found in use.
    pub heap_live: Option<u64>,
    /// Bytes at which it was to end (Go), or the heap's capacity (Java).
    pub heap_goal: Option<u64>,
    /// Bytes of stacks to scan (Go 1.18 and later).
    pub stack_bytes: Option<u64>,
    /// Bytes of globals to scan (Go 1.18 and later).
    pub globals_bytes: Option<u64>,
    /// Processors (Go) or workers (Java).
    pub procs: Option<u32>,
    /// The program asked for it (`runtime.GC`, `System.gc`).
    pub is_forced: bool,
    /// It looked for leaked goroutines beside (Go 1.26 and later).
    pub checks_leaks: bool,
    /// How much of the heap it looks at.
    pub scope: GcScope,
    /// What it is called, with its reason: `Pause Young (Normal) (G1 Evacuation Pause)`; empty for Go's.
    pub cause: StringId,
}

impl GcCycle {
    /// The program's own code asked for it; who takes a profile of leaked goroutines does not count.
    pub fn is_asked_for(&self) -> bool {
        self.is_forced && !self.checks_leaks
    }

    /// When it ended.
    pub fn end_nanos(&self) -> i64 {
        let lengths = [self.begin_pause_nanos, self.concurrent_nanos, self.end_pause_nanos];
        lengths.into_iter().fold(self.begin_nanos, i64::saturating_add)
    }

    /// How long the program stood still for it.
    pub fn pause_nanos(&self) -> i64 {
        self.begin_pause_nanos.saturating_add(self.end_pause_nanos)
    }
}

/// How much of the heap a cycle looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GcScope {
    /// All of it, mostly beside the program.
    #[default]
    Concurrent,
    /// What is young, while the program stands still.
    Young,
    /// All of it, while the program stands still.
    Full,
}

/// Processor time of a Go cycle, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcCpu {
    /// All processors, stopped, at its beginning.
    pub begin_pause_nanos: i64,
    /// Goroutines that had to mark before they might allocate.
    pub assist_nanos: i64,
    /// Workers of the collector: dedicated and fractional.
    pub worker_nanos: i64,
    /// Workers on processors that had nothing else to do.
    pub idle_nanos: i64,
    /// All processors, stopped, at its end.
    pub end_pause_nanos: i64,
}

impl GcCpu {
    /// All but what idle processors gave.
    pub fn taken_nanos(&self) -> i64 {
        let parts = [self.begin_pause_nanos, self.assist_nanos, self.worker_nanos, self.end_pause_nanos];
        parts.into_iter().fold(0, i64::saturating_add)
    }
}

/// One stop of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcPause {
    /// When it began.
    pub begin_nanos: i64,
    /// How long it was.
    pub nanos: i64,
    /// Row of its cycle in [`GcLog::cycles`].
    pub cycle: Option<u32>,
    /// What for: `sweep termination`, `Pause Remark`.
    pub what: StringId,
}

/// One line of Go's scavenger.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scavenge {
    /// The cycle printed before it, as the line has no time.
    pub after_cycle: Option<u64>,
    /// Bytes given back since the last line, in the background.
    pub background_bytes: u64,
    /// Bytes given back since the last line, by those who allocate.
    pub eager_bytes: u64,
    /// Bytes of the heap that are given back now.
    pub released_bytes: u64,
    /// Share of the rest of the heap that is in use, from 0 to 1.
    pub use_share: Option<f64>,
}

/// One line of Go's scheduler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub at_nanos: i64,
    /// Processors.
    pub procs: u32,
    /// Of them without work.
    pub idle_procs: u32,
    /// Threads of the system.
    pub threads: u32,
    /// Of them looking for work.
    pub spinning_threads: u32,
    /// Of them parked.
    pub idle_threads: u32,
    /// Goroutines that wait for any processor.
    pub queue: u32,
    /// Goroutines that wait for each processor.
    pub proc_queues: Vec<u32>,
}
