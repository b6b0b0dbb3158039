//! One event, and what it says.

use super::event_table::{Context, NONE};
use super::event_type::{EventKind, EventType};
use super::resource::{Goroutine, Proc, Task};
use super::state::{GoState, ProcState};
use crate::model::{StackId, StringId};

/// One event of an [`EventTable`](super::EventTable).
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Its number in the table.
    pub index: usize,
    /// Trace time in nanoseconds.
    pub time: i64,
    /// What happened.
    pub event_type: EventType,
    /// Who was executing.
    pub context: Context,
    /// What its type holds.
    pub(super) words: &'a [u32],
    /// Pairs of a name and a stack, by row.
    pub(super) sites: &'a [[u32; 2]],
}

/// A change of state (internal/trace, `StateTransition`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Of a goroutine.
    Goroutine {
        /// Which, if the event had one at all.
        goroutine: Option<Goroutine>,
        /// From.
        from: GoState,
        /// To.
        to: GoState,
        /// Why; the empty string when nothing is said.
        reason: StringId,
        /// Where the goroutine itself is, if that is known: for a new one, where it will start.
        stack: Option<StackId>,
    },
    /// Of a processor.
    Proc {
        /// Which, if the event had one at all.
        proc: Option<Proc>,
        /// From.
        from: ProcState,
        /// To.
        to: ProcState,
    },
}

/// What a range is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RangeName {
    /// `stop-the-world (reason)`.
    StopTheWorld(StringId),
    /// `GC concurrent mark phase`.
    Mark,
    /// `GC incremental sweep`.
    Sweep,
    /// `GC mark assist`.
    Assist,
}

/// Whose a range is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RangeScope {
    /// Everybody's.
    Global,
    /// A goroutine's.
    Goroutine(Goroutine),
    /// A processor's.
    Proc(Proc),
}

/// Which end of a range an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangePart {
    /// It begins.
    Begin,
    /// It was there when the generation began.
    Active,
    /// It ends.
    End,
}

/// A task or a region as an event names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The task.
    pub task: Task,
    /// Type of the task or region, category of the log.
    pub name: StringId,
    /// Parent of a task; message of a log stands in [`Event::message`].
    pub parent: Option<Task>,
}

impl Event<'_> {
    /// What a reader of traces calls it.
    pub fn kind(&self) -> EventKind {
        self.event_type.kind()
    }

    #[inline]
    pub(super) fn word(&self, at: usize) -> u32 {
        match self.event_type.site_at() {
            Some(site) if at >= site => {
                let row = self.words.get(site).copied().unwrap_or(0) as usize;
                self.sites.get(row).and_then(|pair| pair.get(at - site)).copied().unwrap_or(0)
            }
            _ => self.words.get(at).copied().unwrap_or(0),
        }
    }

    /// The word, if it names anything: a damaged trace speaks of goroutines that it never named.
    #[inline]
    fn known_at(&self, at: usize) -> Option<u32> {
        Some(self.word(at)).filter(|&word| word != NONE)
    }

    fn stack_at(&self, at: usize) -> Option<StackId> {
        self.known_at(at).map(|word| StackId::from_index(word as usize))
    }

    fn string_at(&self, at: usize) -> StringId {
        StringId::from_index(self.word(at) as usize)
    }

    /// Where the executing code was.
    pub fn stack(&self) -> Option<StackId> {
        use EventType as T;
        match self.event_type {
            T::CpuSample | T::GoSyscallBegin | T::GcBegin | T::SweepBegin | T::AssistBegin => self.stack_at(0),
            T::ProcsChange | T::GoStop | T::GoBlock | T::GoUnblock | T::StwBegin => self.stack_at(1),
            T::GoCreate | T::GoCreateBlocked | T::GoStatus | T::RegionBegin | T::RegionEnd => self.stack_at(2),
            T::TaskBegin | T::TaskEnd | T::Log => self.stack_at(3),
            _ => None,
        }
    }

    /// The change of state, if it is one.
    #[inline]
    pub fn transition(&self) -> Option<Transition> {
        use EventType as T;
        use GoState::{NotExist, Runnable, Running, Syscall, Waiting};
        let none = StringId::from_index(0);
        let own = |from, to, reason, stack| Transition::Goroutine {
            goroutine: self.context.goroutine,
            from,
            to,
            reason,
            stack,
        };
        let other = |from, to, stack| Transition::Goroutine {
            goroutine: self.known_at(0).map(Goroutine::from_word),
            from,
            to,
            reason: none,
            stack,
        };
        let proc = |proc, from, to| Transition::Proc { proc, from, to };
        let named = || self.known_at(0).map(Proc::from_word);
        Some(match self.event_type {
            T::ProcStart => proc(named(), ProcState::Idle, ProcState::Running),
            T::ProcStop => proc(self.context.proc, ProcState::Running, ProcState::Idle),
            T::ProcSteal | T::ProcStatus => {
                let states = self.word(1);
                proc(named(), ProcState::from_bits(states >> 8), ProcState::from_bits(states & 0xff))
            }
            T::GoCreate => other(NotExist, Runnable, self.stack_at(1)),
            T::GoCreateBlocked => other(NotExist, Waiting, self.stack_at(1)),
            T::GoCreateSyscall => other(NotExist, Syscall, None),
            T::GoStart => other(Runnable, Running, None),
            T::GoDestroy => own(Running, NotExist, none, None),
            T::GoDestroySyscall => own(Syscall, NotExist, none, None),
            T::GoStop => own(Running, Runnable, self.string_at(0), self.stack_at(1)),
            T::GoBlock => own(Running, Waiting, self.string_at(0), self.stack_at(1)),
            T::GoUnblock => other(Waiting, Runnable, None),
            T::GoSyscallBegin => own(Running, Syscall, none, self.stack_at(0)),
            T::GoSyscallEnd => own(Syscall, Running, none, None),
            T::GoSyscallEndBlocked => own(Syscall, Runnable, none, None),
            T::GoStatus => {
                let states = self.word(1);
                other(GoState::from_bits(states >> 8), GoState::from_bits(states & 0xff), self.stack_at(2))
            }
            _ => return None,
        })
    }

    /// The range that begins, goes on or ends, if it is about one (internal/trace, `Range`).
    pub fn range(&self) -> Option<(RangePart, RangeName, RangeScope)> {
        use EventType as T;
        let part = match self.kind() {
            EventKind::RangeBegin => RangePart::Begin,
            EventKind::RangeActive => RangePart::Active,
            EventKind::RangeEnd => RangePart::End,
            _ => return None,
        };
        let of_goroutine = self.context.goroutine.map_or(RangeScope::Global, RangeScope::Goroutine);
        let (name, scope) = match self.event_type {
            T::StwBegin | T::StwEnd => (RangeName::StopTheWorld(self.string_at(0)), of_goroutine),
            T::GcActive | T::GcBegin | T::GcEnd => (RangeName::Mark, RangeScope::Global),
            T::SweepActive => {
                let named = self.known_at(0).map(Proc::from_word);
                (RangeName::Sweep, named.map_or(RangeScope::Global, RangeScope::Proc))
            }
            T::SweepBegin | T::SweepEnd => {
                (RangeName::Sweep, self.context.proc.map_or(RangeScope::Global, RangeScope::Proc))
            }
            T::AssistActive => {
                let named = self.known_at(0).map(Goroutine::from_word);
                (RangeName::Assist, named.map_or(RangeScope::Global, RangeScope::Goroutine))
            }
            T::AssistBegin | T::AssistEnd => (RangeName::Assist, of_goroutine),
            _ => return None,
        };
        Some((part, name, scope))
    }

    /// Bytes swept and bytes reclaimed, at the end of a sweep.
    pub fn swept(&self) -> Option<(u64, u64)> {
        let wide = |low: usize| u64::from(self.word(low)) | u64::from(self.word(low + 1)) << 32;
        (self.event_type == EventType::SweepEnd).then(|| (wide(0), wide(2)))
    }

    /// The task, region or log, if it is about one.
    pub fn resource(&self) -> Option<Resource> {
        use EventType as T;
        let task = Task::from_word(self.word(0));
        match self.event_type {
            T::TaskBegin | T::TaskEnd => {
                let parent = self.known_at(1).map(Task::from_word);
                Some(Resource { task, name: self.string_at(2), parent })
            }
            T::RegionBegin | T::RegionEnd | T::Log => Some(Resource { task, name: self.string_at(1), parent: None }),
            _ => None,
        }
    }

    /// What was logged.
    pub fn message(&self) -> Option<StringId> {
        (self.event_type == EventType::Log).then(|| self.string_at(2))
    }

    /// The label that was put on the running goroutine.
    pub fn label(&self) -> Option<StringId> {
        (self.event_type == EventType::GoLabel).then(|| self.string_at(0))
    }

    /// GOMAXPROCS, where it is about that.
    pub fn procs(&self) -> Option<u32> {
        (self.event_type == EventType::ProcsChange).then(|| self.word(0))
    }
}
