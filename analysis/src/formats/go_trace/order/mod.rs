//! The order of events. Threads write theirs with clocks that can't be trusted to the last tick, so an event is taken
//! only when the scheduler's state allows it (internal/trace, order.go, function for function).

mod annotation;
mod goroutine;
mod proc;
mod range;
mod state;

use super::emit::Emitter;
use super::fault::{Fault, fault};
use super::frontier::ThreadEvents;
use super::tables::Tables;
use super::wire::{WireEvent, code, name};
use crate::model::trace::{
    AllocFreeType, Context, EventType, GoId, Goroutine, Proc, ProcId, Task, TaskId, ThreadId, Word,
};
use annotation::ActiveTask;
use state::States;

/// A thread that is none (tracev2, `NoThread`; goroutines and processors likewise).
pub(super) const NOBODY: u64 = u64::MAX;

/// What the scheduler and the collector are known to be doing.
#[derive(Default)]
pub(super) struct Order {
    /// The first generation that was read: what is named in it was there before.
    initial: Option<u64>,
    states: States,
    tasks: rustc_hash::FxHashMap<TaskId, ActiveTask>,
    gc_sequence: u64,
    gc: Gc,
}

/// What the collector does.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Gc {
    #[default]
    Undetermined,
    NotRunning,
    Running,
}

/// Whether an event was taken; `false` when its time has not come.
type Step = Result<bool, Fault>;

/// What an event meets: itself, who executes, and what its ids mean.
struct Met<'a> {
    event: &'a WireEvent,
    /// Who executes, before the event.
    now: Context,
    /// The number of the thread that wrote it.
    thread: u64,
    tables: &'a Tables,
    out: &'a mut Emitter,
}

impl Order {
    /// Takes the next event of a thread if its time has come, and says whether it did.
    #[inline]
    pub(super) fn advance(&mut self, events: &mut ThreadEvents<'_>, tables: &Tables, out: &mut Emitter) -> Step {
        if self.initial.is_none() {
            self.initial = Some(tables.number);
        }
        let ThreadEvents { event, thread, row, .. } = events;
        let thread = *thread;
        if row.is_none() && thread != NOBODY {
            *row = Some(out.trace.threads.intern(ThreadId(thread)));
        }
        let row = *row;
        let mut now = Context::default();
        if let Some(row) = row {
            let held = self.states.thread(row);
            now = Context { goroutine: held.goroutine, proc: held.proc, thread: Some(row) };
        }
        self.dispatch(Met { event, now, thread, tables, out })
    }

    /// From now on the event's thread runs that goroutine.
    #[inline]
    fn hold_goroutine(&mut self, met: &Met<'_>, goroutine: Option<Goroutine>) {
        if let Some(thread) = met.now.thread {
            self.states.thread(thread).goroutine = goroutine;
        }
    }

    /// From now on the event's thread has that processor.
    #[inline]
    fn hold_proc(&mut self, met: &Met<'_>, proc: Option<Proc>) {
        if let Some(thread) = met.now.thread {
            self.states.thread(thread).proc = proc;
        }
    }

    fn is_initial(&self, tables: &Tables) -> bool {
        self.initial == Some(tables.number)
    }

    #[inline]
    fn dispatch(&mut self, met: Met<'_>) -> Step {
        match met.event.code {
            code::PROC_START => self.proc_start(met),
            code::PROC_STOP => self.proc_stop(met),
            code::PROC_STEAL => self.proc_steal(met),
            code::PROC_STATUS => self.proc_status(met),
            code::GO_CREATE | code::GO_CREATE_BLOCKED => self.go_create(met),
            code::GO_CREATE_SYSCALL => self.go_create_syscall(met),
            code::GO_START => self.go_start(met),
            code::GO_DESTROY | code::GO_STOP | code::GO_BLOCK => self.go_stop(met),
            code::GO_DESTROY_SYSCALL => self.go_destroy_syscall(met),
            code::GO_UNBLOCK => self.go_unblock(met),
            code::GO_SWITCH | code::GO_SWITCH_DESTROY => self.go_switch(met),
            code::GO_SYSCALL_BEGIN => self.go_syscall_begin(met),
            code::GO_SYSCALL_END => self.go_syscall_end(met),
            code::GO_SYSCALL_END_BLOCKED => self.go_syscall_end_blocked(met),
            code::GO_STATUS | code::GO_STATUS_STACK => self.go_status(met),
            code::STW_BEGIN | code::ASSIST_BEGIN => self.go_range_begin(met),
            code::STW_END | code::ASSIST_END => self.go_range_end(met),
            code::ASSIST_ACTIVE => self.assist_active(met),
            code::GC_ACTIVE => self.gc_active(met),
            code::GC_BEGIN => self.gc_begin(met),
            code::GC_END => self.gc_end(met),
            code::SWEEP_ACTIVE => self.sweep_active(met),
            code::SWEEP_BEGIN => self.sweep_begin(met),
            code::SWEEP_END => self.sweep_end(met),
            code::HEAP_ALLOC | code::HEAP_GOAL => heap_metric(met),
            code::PROCS_CHANGE | code::GO_LABEL | code::LOG => annotation::instant(met),
            code::TASK_BEGIN => self.task_begin(met),
            code::TASK_END => self.task_end(met),
            code::REGION_BEGIN | code::REGION_END => self.region(met),
            code::SPAN..=code::STACK_FREE => alloc_free(met),
            other => fault!("{} (code {other}) stands among the events of a thread", name(other)),
        }
    }
}

impl Met<'_> {
    fn arg(&self, at: usize) -> u64 {
        self.event.args.get(at).copied().unwrap_or(0)
    }

    /// The row of the goroutine that argument `at` names, which need not have been named before.
    fn goroutine(&mut self, at: usize) -> Goroutine {
        let id = GoId(self.arg(at));
        self.out.trace.goroutines.intern(id)
    }

    /// The row of the processor that argument `at` names, which need not have been named before.
    fn proc(&mut self, at: usize) -> Proc {
        let id = ProcId(self.arg(at));
        self.out.trace.procs.intern(id)
    }

    fn task(&mut self, id: u64) -> Task {
        self.out.trace.tasks.intern(TaskId(id))
    }

    /// The words for argument `at` as an optional stack.
    fn stack(&self, at: usize) -> Result<u32, Fault> {
        Ok(self.tables.stack(self.arg(at))?.word())
    }

    fn string(&self, at: usize) -> Result<u32, Fault> {
        Ok(self.tables.string(self.arg(at))?.word())
    }

    fn name(&self) -> &'static str {
        name(self.event.code)
    }

    /// Puts the event into the trace, happening in `context`.
    #[inline(always)]
    fn emit_in<const N: usize>(&mut self, context: Context, event_type: EventType, words: [u32; N]) {
        self.out.event(self.event.time, event_type, context, words);
    }

    /// Puts the event into the trace, happening where its thread is.
    #[inline(always)]
    fn emit<const N: usize>(&mut self, event_type: EventType, words: [u32; N]) {
        self.emit_in(self.now, event_type, words);
    }

    /// The context must have a thread and a processor, and a goroutine too: what user code and its neighbours need.
    #[inline]
    fn need_goroutine(&self) -> Result<Goroutine, Fault> {
        self.need_proc()?;
        match self.now.goroutine {
            Some(goroutine) => Ok(goroutine),
            None => fault!("{} comes where no goroutine runs", self.name()),
        }
    }

    #[inline]
    fn need_proc(&self) -> Result<crate::model::trace::Proc, Fault> {
        self.need_thread()?;
        match self.now.proc {
            Some(proc) => Ok(proc),
            None => fault!("{} comes where no processor is held", self.name()),
        }
    }

    #[inline]
    fn need_thread(&self) -> Result<(), Fault> {
        match self.now.thread {
            Some(_) => Ok(()),
            None => fault!("{} comes without a thread", self.name()),
        }
    }

    fn need_no_goroutine(&self) -> Result<(), Fault> {
        match self.now.goroutine {
            None => Ok(()),
            Some(goroutine) => fault!("{} comes while {} runs on the thread", self.name(), self.called(goroutine)),
        }
    }

    fn called(&self, goroutine: Goroutine) -> String {
        format!("goroutine {}", self.out.trace.goroutines.id(goroutine).map_or(0, |id| id.0))
    }

    fn called_proc(&self, proc: Proc) -> String {
        format!("processor {}", self.out.trace.procs.id(proc).map_or(0, |id| id.0))
    }
}

fn heap_metric(met: Met<'_>) -> Step {
    met.need_proc()?;
    let (time, bytes) = (met.event.time, met.arg(0));
    if met.event.code == code::HEAP_ALLOC {
        met.out.heap_live(time, bytes);
    } else {
        met.out.heap_goal(time, bytes);
    }
    Ok(true)
}

fn alloc_free(met: Met<'_>) -> Step {
    use AllocFreeType as T;
    met.need_thread()?;
    let typed = |met: &Met<'_>| met.tables.types.get(met.arg(1)).map_or(0, |row| u64::from(row) + 1);
    let span = |met: &Met<'_>| met.arg(1) << 32 | met.arg(2) & u64::from(u32::MAX);
    let (kind, detail) = match met.event.code {
        code::SPAN => (T::Span, span(&met)),
        code::SPAN_ALLOC => (T::SpanAlloc, span(&met)),
        code::SPAN_FREE => (T::SpanFree, 0),
        code::OBJECT => (T::Object, typed(&met)),
        code::OBJECT_ALLOC => (T::ObjectAlloc, typed(&met)),
        code::OBJECT_FREE => (T::ObjectFree, 0),
        code::STACK_EXISTS => (T::Stack, met.arg(1)),
        code::STACK_ALLOC => (T::StackAlloc, met.arg(1)),
        _ => (T::StackFree, 0),
    };
    met.out.alloc_free(met.event.time, kind, met.arg(0), detail, met.now);
    Ok(true)
}
