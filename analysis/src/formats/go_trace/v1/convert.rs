//! Events of the old format as those of the new one (internal/trace, tracev1.go).

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::emit::MOST_NANOS;
use super::event::Event;
use super::kind::Kind;
use super::tables::Tables;
use crate::formats::warnings::Warnings;
use crate::model::trace::{
    Context, EventType, GoState, Goroutine, Goroutines, ProcId, ProcState, Sync, TaskId, Thread, ThreadId, Trace, Word,
};
use crate::model::{StackId, StringId, Symbols};

/// Why the world stopped, by the number that Go 1.21 gives it (internal/tracev1, `STWReason`).
const STW_REASONS: &[&str] = &[
    "",
    "GC mark termination",
    "GC sweep termination",
    "write heap dump",
    "goroutine profile",
    "goroutine profile cleanup",
    "all goroutine stack trace",
    "read mem stats",
    "AllThreadsSyscall",
    "GOMAXPROCS",
    "start trace",
    "stop trace",
    "CountPagesInUse (test)",
    "ReadMetricsSlow (test)",
    "ReadMemStatsSlow (test)",
    "PageCachePagesLeaked (test)",
    "ResetDebugLog (test)",
];

const NO_STACK: Option<StackId> = None;

/// Turns events into those of a [`Trace`].
pub(super) struct Converter<'a> {
    trace: &'a mut Trace,
    symbols: &'a mut Symbols,
    tables: &'a Tables,
    warnings: &'a mut Warnings,
    goroutines: &'a Goroutines,
    /// By slot less one.
    rows: Vec<Goroutine>,
    last: i64,
    /// Before the first word of GOMAXPROCS the runtime tells which goroutines there are.
    is_start: bool,
    created_at_start: FxHashSet<u32>,
    seen_procs: FxHashSet<i32>,
    threads: FxHashMap<i32, Thread>,
    tasks: FxHashMap<u64, (u64, StringId)>,
    stw_reason: StringId,
}

impl<'a> Converter<'a> {
    /// Adds to `trace`, whose events are of `goroutines`.
    pub(super) fn new(
        trace: &'a mut Trace,
        goroutines: &'a Goroutines,
        tables: &'a Tables,
        symbols: &'a mut Symbols,
        warnings: &'a mut Warnings,
    ) -> Self {
        Self {
            trace,
            symbols,
            tables,
            warnings,
            goroutines,
            rows: goroutines.iter().map(|(row, _)| row).collect(),
            last: -1,
            is_start: true,
            created_at_start: FxHashSet::default(),
            seen_procs: FxHashSet::default(),
            threads: FxHashMap::default(),
            tasks: FxHashMap::default(),
            stw_reason: StringId::default(),
        }
    }

    /// Says that all that exists has been named; the last time ends the trace (internal/trace, `Reader.ReadEvent`).
    pub(super) fn sync(&mut self, time: i64) {
        self.trace.syncs.push(Sync { time, clock: None });
        let number = self.trace.syncs.len() as u32;
        self.trace.events.push(time, EventType::Sync, Context::default(), [number]);
    }

    /// When the trace ends.
    pub(super) fn end(&self) -> i64 {
        self.last.saturating_add(1)
    }

    /// Says that `event`, at byte `at`, contradicts what came before.
    #[cold]
    pub(super) fn doubt(&mut self, event: &Event<'_>, at: u32, why: &str) {
        self.warnings.count("events contradict what came before them; they were believed", || {
            format!("the first: {why}, {} at byte {at}, {} ns after the beginning", event.kind.name(), event.time)
        });
    }

    /// Goes on with a trace that lost some of what the runtime told at its start.
    pub(super) fn lose_start(&mut self, time: i64) {
        if self.is_start {
            self.end_start(time);
        }
    }

    /// Adds what `event` says.
    pub(super) fn take(&mut self, event: &Event<'_>) {
        use EventType as T;
        use Kind as K;
        let stack = self.tables.stack(event.stack, self.warnings);
        let [first, second, third, _] = event.args;
        match event.kind {
            K::Gomaxprocs if self.is_start => self.end_start(event.time),
            K::Gomaxprocs => self.add(event, T::ProcsChange, [u32::try_from(first).unwrap_or(u32::MAX), stack.word()]),
            K::ProcStart => {
                let thread = self.trace.threads.intern(ThreadId(first));
                self.threads.insert(event.proc, thread);
                self.proc(event, T::ProcStart, ProcState::Running);
            }
            K::ProcStop => {
                self.proc(event, T::ProcStop, ProcState::Idle);
                self.threads.remove(&event.proc);
            }
            K::GcStart => self.add(event, T::GcBegin, [stack.word()]),
            K::GcDone => self.add(event, T::GcEnd, []),
            K::StwStart => {
                self.stw_reason = self.stw_reason(first);
                self.add(event, T::StwBegin, [self.stw_reason.word(), NO_STACK.word()]);
            }
            K::StwDone => self.add(event, T::StwEnd, [self.stw_reason.word()]),
            K::SweepStart => self.add(event, T::SweepBegin, [stack.word()]),
            K::SweepDone => {
                let words = [first as u32, (first >> 32) as u32, second as u32, (second >> 32) as u32];
                self.add(event, T::SweepEnd, words);
            }
            K::AssistStart => self.add(event, T::AssistBegin, [stack.word()]),
            K::AssistDone => self.add(event, T::AssistEnd, []),
            K::HeapAlloc => {
                let time = self.stamp(event.time);
                self.trace.heap_live.push(time, first);
            }
            K::HeapGoal => {
                let time = self.stamp(event.time);
                self.trace.heap_goal.push(time, first);
            }
            K::UserTaskCreate | K::UserTaskEnd => self.task(event, stack),
            K::UserRegion => {
                let region = if second == 0 { T::RegionBegin } else { T::RegionEnd };
                let words = [self.task_word(first), self.string(third).word(), stack.word()];
                self.add(event, region, words);
            }
            K::UserLog => {
                let message = self.symbols.strings.intern(&String::from_utf8_lossy(event.text));
                let words = [self.task_word(first), self.string(second).word(), message.word(), stack.word()];
                self.add(event, T::Log, words);
            }
            K::CpuSample => {
                let context = Context { thread: None, ..self.context(event) };
                self.push(event.time, T::CpuSample, context, [stack.word()]);
            }
            _ => self.goroutine_event(event, stack),
        }
    }

    fn goroutine_event(&mut self, event: &Event<'_>, stack: Option<StackId>) {
        use EventType as T;
        use Kind as K;
        let named = self.row(event.named);
        match event.kind {
            K::GoCreate if self.is_start => {
                self.created_at_start.insert(event.named);
            }
            K::GoCreate => {
                let new_stack = self.tables.stack(event.args[1] as u32, self.warnings);
                self.add(event, T::GoCreate, [named.word(), new_stack.word(), stack.word()]);
            }
            K::GoStart if self.is_start => self.status(event, GoState::Running),
            K::GoWaiting => self.status(event, GoState::Waiting),
            K::GoInSyscall => self.status(event, GoState::Syscall),
            K::GoStart => self.add(event, T::GoStart, [self.row(event.goroutine).word()]),
            K::GoStartLabel => {
                let context = self.context_of_thread(event);
                let label = self.string(event.args[2]);
                self.push(event.time, T::GoStart, context, [self.row(event.goroutine).word()]);
                self.push(event.time, T::GoLabel, context, [label.word()]);
            }
            K::GoEnd => self.add(event, T::GoDestroy, []),
            K::GoUnblock => self.add(event, T::GoUnblock, [named.word(), stack.word()]),
            K::GoSched | K::GoPreempt => self.ends_running(event, T::GoStop, stack),
            K::GoSysCall if event.is_blocking => self.add(event, T::GoSyscallBegin, [stack.word()]),
            K::GoSysCall => {
                // It took no time that was written down: the shortest there is.
                let context = self.context_of_thread(event);
                self.push(event.time, T::GoSyscallBegin, context, [stack.word()]);
                self.push(event.time.saturating_add(1), T::GoSyscallEnd, context, []);
            }
            K::GoSysExit => self.add(event, T::GoSyscallEndBlocked, []),
            kind if kind.blocks() || kind == K::GoStop => self.ends_running(event, T::GoBlock, stack),
            // What begins a blocking call is told with the call. A futile wakeup changes no state: Go's reader gives up
            // at one, which no Go since 1.11 writes.
            _ => {}
        }
    }

    fn ends_running(&mut self, event: &Event<'_>, event_type: EventType, stack: Option<StackId>) {
        let reason = match event.kind {
            Kind::GoStop => "forever",
            Kind::GoPreempt => "preempted",
            Kind::GoSched => "runtime.Gosched",
            Kind::GoSleep => "sleep",
            Kind::GoBlockSend => "chan send",
            Kind::GoBlockRecv => "chan receive",
            Kind::GoBlockNet => "network",
            Kind::GoBlockSync => "sync",
            Kind::GoBlockCond => "sync.(*Cond).Wait",
            Kind::GoBlockSelect => "select",
            Kind::GoBlockGc => "GC mark assist wait for work",
            _ => "",
        };
        let reason = self.symbols.strings.intern(reason);
        self.add(event, event_type, [reason.word(), stack.word()]);
    }

    /// Goroutines that nothing more was said of before the trace went on can run.
    fn end_start(&mut self, time: i64) {
        self.is_start = false;
        let mut created: Vec<u32> = self.created_at_start.drain().collect();
        let id = |slot: &u32| self.row(*slot).and_then(|row| self.goroutines.id(row));
        created.sort_by_key(id);
        for slot in created {
            let states = (GoState::Undetermined, GoState::Runnable);
            let words = [self.row(slot).word(), states.word(), NO_STACK.word()];
            self.push(time, EventType::GoStatus, Context::default(), words);
        }
    }

    fn status(&mut self, event: &Event<'_>, state: GoState) {
        self.created_at_start.remove(&event.goroutine);
        let states = (GoState::Undetermined, state);
        self.add(event, EventType::GoStatus, [self.row(event.goroutine).word(), states.word(), NO_STACK.word()]);
    }

    /// The first event of a processor says what it was doing all along.
    fn proc(&mut self, event: &Event<'_>, event_type: EventType, state: ProcState) {
        let proc = self.trace.procs.intern(proc_id(event.proc)).word();
        if self.seen_procs.insert(event.proc) {
            self.add(event, EventType::ProcStatus, [proc, (ProcState::Undetermined, state).word()]);
        } else {
            // A stop names none: its type holds no words, and the table leaves this one out.
            self.add(event, event_type, [proc]);
        }
    }

    fn task(&mut self, event: &Event<'_>, stack: Option<StackId>) {
        let [id, parent, name, _] = event.args;
        let (event_type, parent, name) = if event.kind == Kind::UserTaskCreate {
            let name = self.string(name);
            self.tasks.insert(id, (parent, name));
            (EventType::TaskBegin, Some(parent).filter(|&parent| parent != 0), name)
        } else {
            // Go's reader names the background task as the parent here, and no task above.
            match self.tasks.remove(&id) {
                Some((parent, name)) => (EventType::TaskEnd, Some(parent), name),
                None => (EventType::TaskEnd, None, StringId::default()),
            }
        };
        let parent = parent.map(|parent| self.trace.tasks.intern(TaskId(parent)));
        let words = [self.task_word(id), parent.word(), name.word(), stack.word()];
        self.add(event, event_type, words);
    }

    fn task_word(&mut self, id: u64) -> u32 {
        self.trace.tasks.intern(TaskId(id)).word()
    }

    fn string(&mut self, id: u64) -> StringId {
        self.tables.string(id, self.warnings)
    }

    /// Before Go 1.21 there were two reasons (internal/tracev1, `Trace.STWReason`).
    fn stw_reason(&mut self, kind: u64) -> StringId {
        let number = match (self.trace.format_minor, kind) {
            (..21, 0 | 1) => kind + 1,
            (..21, _) => 0,
            _ => kind,
        };
        let reason = usize::try_from(number).ok().and_then(|number| STW_REASONS.get(number)).unwrap_or(&"");
        self.symbols.strings.intern(reason)
    }

    fn row(&self, slot: u32) -> Option<Goroutine> {
        self.rows.get((slot as usize).checked_sub(1)?).copied()
    }

    fn context(&mut self, event: &Event<'_>) -> Context {
        let proc = (event.proc != -1).then(|| self.trace.procs.intern(proc_id(event.proc)));
        let thread = proc.and_then(|_| self.threads.get(&event.proc).copied());
        Context { goroutine: self.row(event.goroutine), proc, thread }
    }

    /// As Go's converter has it where one event becomes two: thread 0 when none is known.
    fn context_of_thread(&mut self, event: &Event<'_>) -> Context {
        let mut context = self.context(event);
        context.thread = context.thread.or_else(|| Some(self.trace.threads.intern(ThreadId(0))));
        context
    }

    fn add<const N: usize>(&mut self, event: &Event<'_>, event_type: EventType, words: [u32; N]) {
        let context = self.context(event);
        self.push(event.time, event_type, context, words);
    }

    fn push<const N: usize>(&mut self, time: i64, event_type: EventType, context: Context, words: [u32; N]) {
        let time = self.stamp(time);
        self.trace.events.push(time, event_type, context, words);
    }

    /// No two events have one time.
    fn stamp(&mut self, time: i64) -> i64 {
        self.last = time.max(self.last.saturating_add(1)).min(MOST_NANOS);
        self.last
    }
}

fn proc_id(proc: i32) -> ProcId {
    ProcId(i64::from(proc) as u64)
}
