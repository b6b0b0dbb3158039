//! What each goroutine, processor and thread is known to be doing, by row.

use super::super::fault::{Fault, fault};
use crate::model::trace::{Goroutine, Proc, Thread};
use crate::model::{StringId, trace::TaskId};

/// Position in the partial order of a goroutine or processor: a generation, and a count within it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sequence {
    generation: u64,
    count: u64,
}

impl Sequence {
    pub(super) fn new(generation: u64, count: u64) -> Self {
        Self { generation, count }
    }

    pub(super) fn succeeds(self, before: Self) -> bool {
        self.generation == before.generation && self.count == before.count.wrapping_add(1)
    }
}

/// As the runtime writes it (tracev2, `GoStatus`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum GoStatus {
    /// No such goroutine.
    #[default]
    None,
    Runnable,
    Running,
    Syscall,
    Waiting,
}

/// As the runtime writes it (tracev2, `ProcStatus`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ProcStatus {
    /// No such processor.
    #[default]
    None,
    Running,
    Idle,
    Syscall,
    /// In a system call, and nothing tells whose.
    Abandoned,
}

#[derive(Clone, Copy, Default)]
pub(super) struct GoroutineState {
    pub(super) status: GoStatus,
    pub(super) sequence: Sequence,
}

#[derive(Clone, Default)]
pub(super) struct ProcState {
    pub(super) status: ProcStatus,
    pub(super) sequence: Sequence,
    pub(super) ranges: Ranges,
}

/// What a thread holds.
#[derive(Clone, Copy, Default)]
pub(super) struct ThreadState {
    pub(super) is_known: bool,
    pub(super) goroutine: Option<Goroutine>,
    pub(super) proc: Option<Proc>,
}

/// What a goroutine is in the middle of.
#[derive(Clone, Default)]
pub(super) struct Marks {
    /// Regions, the innermost last.
    pub(super) regions: Vec<(TaskId, StringId)>,
    pub(super) ranges: Ranges,
}

/// A range in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    StopTheWorld(StringId),
    Sweep,
    Assist,
}

/// Ranges in progress.
#[derive(Clone, Default)]
pub(super) struct Ranges(Vec<Range>);

impl Ranges {
    pub(super) fn begin(&mut self, range: Range) -> Result<(), Fault> {
        if self.0.contains(&range) {
            return fault!("{} begins while one is in progress", called(range));
        }
        self.0.push(range);
        Ok(())
    }

    /// The generation begins with it in progress.
    pub(super) fn is_active(&mut self, range: Range, is_initial: bool) -> Result<(), Fault> {
        match (self.0.contains(&range), is_initial) {
            (true, true) => fault!("{} is said to be in progress, after it has begun", called(range)),
            (false, false) => fault!("{} is said to be in progress, and never began", called(range)),
            (true, false) => Ok(()),
            (false, true) => {
                self.0.push(range);
                Ok(())
            }
        }
    }

    /// Ends the first that `is_it`.
    pub(super) fn end(&mut self, what: &str, is_it: impl Fn(&Range) -> bool) -> Result<Range, Fault> {
        match self.0.iter().position(is_it) {
            Some(at) => Ok(self.0.swap_remove(at)),
            None => fault!("{what} ends, and none is in progress"),
        }
    }
}

fn called(range: Range) -> &'static str {
    match range {
        Range::StopTheWorld(_) => "a stop-the-world",
        Range::Sweep => "a sweep",
        Range::Assist => "a mark assist",
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct States {
    goroutines: Vec<GoroutineState>,
    marks: Vec<Marks>,
    procs: Vec<ProcState>,
    threads: Vec<ThreadState>,
}

impl States {
    /// State of a goroutine, `None` status when it is not there.
    #[inline]
    pub(super) fn goroutine(&mut self, row: Goroutine) -> &mut GoroutineState {
        slot(&mut self.goroutines, row.index())
    }

    pub(super) fn marks(&mut self, row: Goroutine) -> &mut Marks {
        slot(&mut self.marks, row.index())
    }

    /// A goroutine has ended.
    pub(super) fn remove(&mut self, row: Goroutine) {
        *self.goroutine(row) = GoroutineState::default();
        if let Some(marks) = self.marks.get_mut(row.index()) {
            *marks = Marks::default();
        }
    }

    #[inline]
    pub(super) fn proc(&mut self, row: Proc) -> &mut ProcState {
        slot(&mut self.procs, row.index())
    }

    /// State of a thread, which is known from now on.
    #[inline]
    pub(super) fn thread(&mut self, row: Thread) -> &mut ThreadState {
        let state = slot(&mut self.threads, row.index());
        state.is_known = true;
        state
    }

    /// State of a thread, if it is known.
    pub(super) fn known_thread(&mut self, row: Thread) -> Option<&mut ThreadState> {
        self.threads.get_mut(row.index()).filter(|state| state.is_known)
    }

    /// Rows of the threads that hold `proc`, with what they hold.
    pub(super) fn holders(&self, proc: Proc) -> impl Iterator<Item = (usize, ThreadState)> {
        self.threads.iter().copied().enumerate().filter(move |(_, state)| state.is_known && state.proc == Some(proc))
    }
}

#[inline]
fn slot<T: Clone + Default>(column: &mut Vec<T>, row: usize) -> &mut T {
    if row >= column.len() {
        column.resize(row + 1, T::default());
    }
    &mut column[row] // ok: the line above makes room for it.
}
