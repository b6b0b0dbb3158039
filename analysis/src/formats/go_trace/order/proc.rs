//! Processors: taken, given up, stolen from threads in system calls.

use super::super::fault::fault;
use super::state::{ProcStatus, Sequence};
use super::{Met, Order, Step};
use crate::model::trace::{Context, EventType, Proc, ProcId, ProcState, ThreadId, Word};

fn state_of(status: ProcStatus) -> ProcState {
    match status {
        ProcStatus::None => ProcState::NotExist,
        ProcStatus::Running | ProcStatus::Syscall => ProcState::Running,
        ProcStatus::Idle | ProcStatus::Abandoned => ProcState::Idle,
    }
}

impl Order {
    pub(super) fn proc_status(&mut self, mut met: Met<'_>) -> Step {
        let mut status = match met.arg(1) {
            1 => ProcStatus::Running,
            2 => ProcStatus::Idle,
            3 => ProcStatus::Syscall,
            4 => ProcStatus::Abandoned,
            other => return fault!("processor {} has a status {other} that does not exist", met.arg(0)),
        };
        let said = status;
        let proc = met.proc(0);
        let is_initial = self.is_initial(met.tables);
        let known = self.states.proc(proc);
        let from = match (known.status, status) {
            (ProcStatus::None, _) => {
                known.status = status;
                if is_initial { ProcState::Undetermined } else { ProcState::NotExist }
            }
            // Information was lost, and we have it: it is in a system call that we know of.
            (ProcStatus::Syscall, ProcStatus::Abandoned) => {
                status = ProcStatus::Syscall;
                ProcState::Running
            }
            (before, _) if before == status => state_of(status),
            (before, _) => {
                return fault!("{} is said to be {status:?}, and was {before:?}", met.called_proc(proc));
            }
        };
        known.sequence = Sequence::new(met.tables.number, 0);
        let mut happens = met.now;
        // It is about to be stolen, and another thread says so: it happens where the processor is.
        if said == ProcStatus::Abandoned && from == ProcState::Running {
            let Some((row, held)) = self.states.holders(proc).last() else {
                return fault!("{} is about to be stolen, and no thread has it", met.called_proc(proc));
            };
            let thread = met.out.trace.threads.iter().nth(row).map(|(thread, _)| thread);
            happens = Context { goroutine: held.goroutine, proc: Some(proc), thread };
        }
        let words = [proc.word(), (from, state_of(status)).word()];
        met.emit_in(happens, EventType::ProcStatus, words);
        if matches!(said, ProcStatus::Running | ProcStatus::Syscall) {
            self.hold_proc(&met, Some(proc));
        }
        Ok(true)
    }

    pub(super) fn proc_start(&mut self, mut met: Met<'_>) -> Step {
        let Some(proc) = met.out.trace.procs.look_up(ProcId(met.arg(0))) else { return Ok(false) };
        let sequence = Sequence::new(met.tables.number, met.arg(1));
        let state = self.states.proc(proc);
        // A thread in a system call may have one still, until we see that it was stolen.
        if state.status != ProcStatus::Idle || !sequence.succeeds(state.sequence) || met.now.proc.is_some() {
            return Ok(false);
        }
        met.need_thread()?;
        (state.status, state.sequence) = (ProcStatus::Running, sequence);
        met.emit(EventType::ProcStart, [proc.word()]);
        self.hold_proc(&met, Some(proc));
        Ok(true)
    }

    pub(super) fn proc_stop(&mut self, mut met: Met<'_>) -> Step {
        let proc = met.need_proc()?;
        let state = self.states.proc(proc);
        if !matches!(state.status, ProcStatus::Running | ProcStatus::Syscall) {
            return fault!("{} of {}, which is {:?}", met.name(), met.called_proc(proc), state.status);
        }
        state.status = ProcStatus::Idle;
        met.emit(EventType::ProcStop, []);
        self.hold_proc(&met, None);
        Ok(true)
    }

    pub(super) fn proc_steal(&mut self, mut met: Met<'_>) -> Step {
        let Some(proc) = met.out.trace.procs.look_up(ProcId(met.arg(0))) else { return Ok(false) };
        let sequence = Sequence::new(met.tables.number, met.arg(1));
        let state = self.states.proc(proc);
        let before = state.status;
        if !matches!(before, ProcStatus::Syscall | ProcStatus::Abandoned) || !sequence.succeeds(state.sequence) {
            return Ok(false);
        }
        met.need_thread()?;
        (state.status, state.sequence) = (ProcStatus::Idle, sequence);
        // Where information was lost, its thread may have gone on to anything: leave that alone.
        if before != ProcStatus::Abandoned {
            if met.arg(2) == met.thread {
                if met.now.proc != Some(proc) {
                    return fault!("a thread steals {} from itself, and does not have it", met.called_proc(proc));
                }
                self.hold_proc(&met, None);
            } else {
                self.take_from(&met, proc)?;
            }
        }
        let from = if before == ProcStatus::Abandoned { ProcState::Idle } else { ProcState::Running };
        let words = [proc.word(), (from, ProcState::Idle).word()];
        met.emit(EventType::ProcSteal, words);
        Ok(true)
    }

    /// The other thread must know that it has no processor, so that it can come out of its system call.
    fn take_from(&mut self, met: &Met<'_>, proc: Proc) -> Result<(), super::Fault> {
        let other = met.out.trace.threads.find(ThreadId(met.arg(2)));
        let Some(held) = other.and_then(|thread| self.states.known_thread(thread)) else {
            return fault!("{} is stolen from thread {}, which does not exist", met.called_proc(proc), met.arg(2));
        };
        if held.proc != Some(proc) {
            return fault!("{} is stolen from thread {}, which does not have it", met.called_proc(proc), met.arg(2));
        }
        held.proc = None;
        Ok(())
    }
}
