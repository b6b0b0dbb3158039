//! Goroutines: created, started, stopped, blocked, woken, in system calls and out.

use super::super::fault::fault;
use super::super::wire::code;
use super::state::{GoStatus, ProcStatus, Sequence};
use super::{Met, NOBODY, Order, Step};
use crate::model::trace::{Context, EventType, GoId, GoState, Goroutine, ProcState, ThreadId, Word};

fn state_of(status: GoStatus) -> GoState {
    match status {
        GoStatus::None => GoState::NotExist,
        GoStatus::Runnable => GoState::Runnable,
        GoStatus::Running => GoState::Running,
        GoStatus::Syscall => GoState::Syscall,
        GoStatus::Waiting => GoState::Waiting,
    }
}

impl Order {
    pub(super) fn go_status(&mut self, mut met: Met<'_>) -> Step {
        let status = match met.arg(2) {
            1 => GoStatus::Runnable,
            2 => GoStatus::Running,
            3 => GoStatus::Syscall,
            4 => GoStatus::Waiting,
            other => return fault!("goroutine {} has a status {other} that does not exist", met.arg(0)),
        };
        let goroutine = met.goroutine(0);
        let (generation, is_initial) = (met.tables.number, self.is_initial(met.tables));
        let known = self.states.goroutine(goroutine);
        let from = match known.status {
            GoStatus::None if is_initial => {
                known.status = status;
                GoState::Undetermined
            }
            GoStatus::None => {
                return fault!("{} is first heard of after the first generation, by its status", met.called(goroutine));
            }
            before if before != status => {
                return fault!("{} is said to be {status:?}, and was {before:?}", met.called(goroutine));
            }
            _ => state_of(status),
        };
        known.sequence = Sequence::new(generation, 0);
        let (mut happens, mut runs_here) = (met.now, false);
        match status {
            GoStatus::Running => runs_here = true,
            GoStatus::Syscall if met.arg(1) == NOBODY => {
                return fault!("{} is in a system call without a thread", met.called(goroutine));
            }
            // The system call is on the thread that writes this.
            GoStatus::Syscall if met.arg(1) == met.thread => {
                if !is_initial && met.now.goroutine != Some(goroutine) {
                    return fault!("{} is in a system call on a thread that has another", met.called(goroutine));
                }
                runs_here = true;
            }
            // A thread that has been in a system call for the whole generation, without a processor.
            GoStatus::Syscall => {
                let other = met.out.trace.threads.intern(ThreadId(met.arg(1)));
                match self.states.known_thread(other).map(|thread| thread.goroutine) {
                    Some(held) if held != Some(goroutine) => {
                        return fault!("{} is in a system call on a thread that has another", met.called(goroutine));
                    }
                    Some(held) => happens.goroutine = held,
                    None => self.states.thread(other).goroutine = Some(goroutine),
                }
                happens.thread = Some(other);
            }
            _ => {}
        }
        let stack =
            if met.event.code == code::GO_STATUS_STACK { met.stack(3)? } else { None::<crate::model::StackId>.word() };
        let words = [goroutine.word(), (from, state_of(status)).word(), stack];
        met.emit_in(happens, EventType::GoStatus, words);
        if runs_here {
            self.hold_goroutine(&met, Some(goroutine));
        }
        Ok(true)
    }

    pub(super) fn go_create(&mut self, mut met: Met<'_>) -> Step {
        met.need_proc()?;
        if let Some(creator) = met.now.goroutine {
            let status = self.states.goroutine(creator).status;
            if !matches!(status, GoStatus::None | GoStatus::Running) {
                return fault!("{} creates another, and is {status:?}", met.called(creator));
            }
        }
        let is_blocked = met.event.code == code::GO_CREATE_BLOCKED;
        let status = if is_blocked { GoStatus::Waiting } else { GoStatus::Runnable };
        let created = self.create(&mut met, status)?;
        let words = [created.word(), met.stack(1)?, met.stack(2)?];
        met.emit(if is_blocked { EventType::GoCreateBlocked } else { EventType::GoCreate }, words);
        Ok(true)
    }

    pub(super) fn go_create_syscall(&mut self, mut met: Met<'_>) -> Step {
        met.need_thread()?;
        met.need_no_goroutine()?;
        let created = self.create(&mut met, GoStatus::Syscall)?;
        met.emit(EventType::GoCreateSyscall, [created.word()]);
        self.hold_goroutine(&met, Some(created));
        Ok(true)
    }

    fn create(&mut self, met: &mut Met<'_>, status: GoStatus) -> Result<Goroutine, super::Fault> {
        let created = met.goroutine(0);
        let state = self.states.goroutine(created);
        if state.status != GoStatus::None {
            return fault!("{} is created, and is there already", met.called(created));
        }
        (state.status, state.sequence) = (status, Sequence::new(met.tables.number, 0));
        Ok(created)
    }

    /// The goroutine that runs on the thread; it must, since a running goroutine is bound to its thread.
    fn running(&mut self, met: &Met<'_>, wanted: GoStatus) -> Result<Goroutine, super::Fault> {
        let goroutine = met.need_goroutine()?;
        match self.states.goroutine(goroutine).status {
            status if status == wanted => Ok(goroutine),
            GoStatus::None => fault!("{} of {}, which does not exist", met.name(), met.called(goroutine)),
            status => fault!("{} of {}, which is {status:?}", met.name(), met.called(goroutine)),
        }
    }

    /// It ends, yields or blocks.
    pub(super) fn go_stop(&mut self, mut met: Met<'_>) -> Step {
        let goroutine = self.running(&met, GoStatus::Running)?;
        match met.event.code {
            code::GO_DESTROY => {
                self.states.remove(goroutine);
                met.emit(EventType::GoDestroy, []);
            }
            code::GO_STOP => {
                self.states.goroutine(goroutine).status = GoStatus::Runnable;
                let words = [met.string(0)?, met.stack(1)?];
                met.emit(EventType::GoStop, words);
            }
            _ => {
                self.states.goroutine(goroutine).status = GoStatus::Waiting;
                let words = [met.string(0)?, met.stack(1)?];
                met.emit(EventType::GoBlock, words);
            }
        }
        self.hold_goroutine(&met, None);
        Ok(true)
    }

    /// The goroutine that argument 0 names goes from one status to the other, if it is in the first and the event is
    /// its next; otherwise nothing can be said: what makes it so may still come on another thread.
    #[inline]
    fn go_on(&mut self, met: &mut Met<'_>, from: GoStatus, to: GoStatus) -> Option<Goroutine> {
        let goroutine = met.out.trace.goroutines.look_up(GoId(met.arg(0)))?;
        let state = self.states.goroutine(goroutine);
        let sequence = Sequence::new(met.tables.number, met.arg(1));
        if state.status != from || !sequence.succeeds(state.sequence) {
            return None;
        }
        (state.status, state.sequence) = (to, sequence);
        Some(goroutine)
    }

    pub(super) fn go_start(&mut self, mut met: Met<'_>) -> Step {
        let Some(goroutine) = self.go_on(&mut met, GoStatus::Runnable, GoStatus::Running) else { return Ok(false) };
        met.need_proc()?;
        met.need_no_goroutine()?;
        met.emit(EventType::GoStart, [goroutine.word()]);
        self.hold_goroutine(&met, Some(goroutine));
        Ok(true)
    }

    pub(super) fn go_unblock(&mut self, mut met: Met<'_>) -> Step {
        let Some(goroutine) = self.go_on(&mut met, GoStatus::Waiting, GoStatus::Runnable) else { return Ok(false) };
        let words = [goroutine.word(), met.stack(2)?];
        met.emit(EventType::GoUnblock, words);
        Ok(true)
    }

    /// Three in one: the other is woken, this one blocks or ends, the other starts.
    pub(super) fn go_switch(&mut self, mut met: Met<'_>) -> Step {
        let goroutine = self.running(&met, GoStatus::Running)?;
        let Some(next) = self.go_on(&mut met, GoStatus::Waiting, GoStatus::Running) else { return Ok(false) };
        let no_stack = None::<crate::model::StackId>.word();
        met.emit(EventType::GoUnblock, [next.word(), no_stack]);
        if met.event.code == code::GO_SWITCH {
            self.states.goroutine(goroutine).status = GoStatus::Waiting;
            met.emit(EventType::GoBlock, [crate::model::StringId::default().word(), no_stack]);
        } else {
            self.states.remove(goroutine);
            met.emit(EventType::GoDestroy, []);
        }
        met.emit_in(Context { goroutine: None, ..met.now }, EventType::GoStart, [next.word()]);
        self.hold_goroutine(&met, Some(next));
        Ok(true)
    }

    pub(super) fn go_syscall_begin(&mut self, mut met: Met<'_>) -> Step {
        let goroutine = self.running(&met, GoStatus::Running)?;
        let proc = met.need_proc()?;
        self.states.goroutine(goroutine).status = GoStatus::Syscall;
        let sequence = Sequence::new(met.tables.number, met.arg(0));
        let state = self.states.proc(proc);
        if state.status == ProcStatus::None {
            return fault!("{} with {}, which does not exist", met.name(), met.called_proc(proc));
        }
        state.status = ProcStatus::Syscall;
        // The processor runs, so its sequence must be right at once: it tells later steals apart.
        if !sequence.succeeds(state.sequence) {
            return fault!("{} is out of the order of {}", met.name(), met.called_proc(proc));
        }
        state.sequence = sequence;
        let words = [met.stack(1)?];
        met.emit(EventType::GoSyscallBegin, words);
        Ok(true)
    }

    pub(super) fn go_syscall_end(&mut self, mut met: Met<'_>) -> Step {
        let goroutine = self.running(&met, GoStatus::Syscall)?;
        let proc = met.need_proc()?;
        self.states.goroutine(goroutine).status = GoStatus::Running;
        let state = self.states.proc(proc);
        if state.status != ProcStatus::Syscall {
            return fault!("{} with {}, which is {:?}", met.name(), met.called_proc(proc), state.status);
        }
        state.status = ProcStatus::Running;
        met.emit(EventType::GoSyscallEnd, []);
        Ok(true)
    }

    /// Its processor will have been lost before this: as long as it is held, the time has not come.
    pub(super) fn go_syscall_end_blocked(&mut self, mut met: Met<'_>) -> Step {
        if let Some(proc) = met.now.proc {
            match self.states.proc(proc).status {
                ProcStatus::None => {
                    return fault!("{} with {}, which does not exist", met.name(), met.called_proc(proc));
                }
                ProcStatus::Syscall => return Ok(false),
                _ => {}
            }
        }
        let goroutine = self.in_syscall(&met)?;
        self.states.goroutine(goroutine).status = GoStatus::Runnable;
        met.emit(EventType::GoSyscallEndBlocked, []);
        self.hold_goroutine(&met, None);
        Ok(true)
    }

    /// A callback from C returns, or its thread ends. The thread's number may be used again, so the processor is lost.
    pub(super) fn go_destroy_syscall(&mut self, mut met: Met<'_>) -> Step {
        let goroutine = self.in_syscall(&met)?;
        self.states.remove(goroutine);
        if let Some(proc) = met.now.proc {
            let state = self.states.proc(proc);
            if state.status != ProcStatus::Syscall {
                return fault!("{} with {}, which is {:?}", met.name(), met.called_proc(proc), state.status);
            }
            state.status = ProcStatus::Abandoned;
            let words = [proc.word(), (ProcState::Running, ProcState::Idle).word()];
            met.emit(EventType::ProcSteal, words);
        }
        met.emit(EventType::GoDestroySyscall, []);
        self.hold_goroutine(&met, None);
        self.hold_proc(&met, None);
        Ok(true)
    }

    /// The goroutine in a system call on the thread, with or without a processor.
    fn in_syscall(&mut self, met: &Met<'_>) -> Result<Goroutine, super::Fault> {
        met.need_thread()?;
        let Some(goroutine) = met.now.goroutine else {
            return fault!("{} comes where no goroutine runs", met.name());
        };
        match self.states.goroutine(goroutine).status {
            GoStatus::Syscall => Ok(goroutine),
            GoStatus::None => fault!("{} of {}, which does not exist", met.name(), met.called(goroutine)),
            status => fault!("{} of {}, which is {status:?}", met.name(), met.called(goroutine)),
        }
    }
}
