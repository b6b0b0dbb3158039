//! Ranges: the world stopped, the collector marking, sweeping, being helped.

use super::super::fault::fault;
use super::super::wire::code;
use super::state::{GoStatus, ProcStatus, Range};
use super::{Gc, Met, Order, Step};
use crate::model::trace::{EventType, GoId, ProcId, Word};

impl Order {
    pub(super) fn go_range_begin(&mut self, mut met: Met<'_>) -> Step {
        let goroutine = met.need_goroutine()?;
        let is_assist = met.event.code == code::ASSIST_BEGIN;
        let range = if is_assist { Range::Assist } else { Range::StopTheWorld(met.tables.string(met.arg(0))?) };
        self.exists(&met, goroutine)?;
        self.states.marks(goroutine).ranges.begin(range)?;
        if is_assist {
            let words = [met.stack(0)?];
            met.emit(EventType::AssistBegin, words);
        } else {
            let words = [met.string(0)?, met.stack(1)?];
            met.emit(EventType::StwBegin, words);
        }
        Ok(true)
    }

    pub(super) fn go_range_end(&mut self, mut met: Met<'_>) -> Step {
        let goroutine = met.need_goroutine()?;
        self.exists(&met, goroutine)?;
        let ranges = &mut self.states.marks(goroutine).ranges;
        if met.event.code == code::ASSIST_END {
            ranges.end("a mark assist", |range| *range == Range::Assist)?;
            met.emit(EventType::AssistEnd, []);
        } else {
            let ended = ranges.end("a stop-the-world", |range| matches!(range, Range::StopTheWorld(_)))?;
            let Range::StopTheWorld(reason) = ended else { return Ok(true) };
            met.emit(EventType::StwEnd, [reason.word()]);
        }
        Ok(true)
    }

    /// Not bound to the thread that writes it, like a status.
    pub(super) fn assist_active(&mut self, mut met: Met<'_>) -> Step {
        let Some(goroutine) = met.out.trace.goroutines.look_up(GoId(met.arg(0))) else {
            return fault!("{} of goroutine {}, which does not exist", met.name(), met.arg(0));
        };
        self.exists(&met, goroutine)?;
        let is_initial = self.is_initial(met.tables);
        self.states.marks(goroutine).ranges.is_active(Range::Assist, is_initial)?;
        met.emit(EventType::AssistActive, [goroutine.word()]);
        Ok(true)
    }

    fn exists(&mut self, met: &Met<'_>, goroutine: crate::model::trace::Goroutine) -> Result<(), super::Fault> {
        if self.states.goroutine(goroutine).status == GoStatus::None {
            return fault!("{} of {}, which does not exist", met.name(), met.called(goroutine));
        }
        Ok(())
    }

    pub(super) fn sweep_begin(&mut self, mut met: Met<'_>) -> Step {
        let proc = met.need_proc()?;
        self.states.proc(proc).ranges.begin(Range::Sweep)?;
        let words = [met.stack(0)?];
        met.emit(EventType::SweepBegin, words);
        Ok(true)
    }

    pub(super) fn sweep_active(&mut self, mut met: Met<'_>) -> Step {
        let is_initial = self.is_initial(met.tables);
        let proc = met.out.trace.procs.look_up(ProcId(met.arg(0)));
        let known = proc.filter(|&proc| self.states.proc(proc).status != ProcStatus::None);
        let Some(proc) = known else {
            return fault!("{} of processor {}, which does not exist", met.name(), met.arg(0));
        };
        self.states.proc(proc).ranges.is_active(Range::Sweep, is_initial)?;
        met.emit(EventType::SweepActive, [proc.word()]);
        Ok(true)
    }

    pub(super) fn sweep_end(&mut self, mut met: Met<'_>) -> Step {
        let proc = met.need_proc()?;
        self.states.proc(proc).ranges.end("a sweep", |range| *range == Range::Sweep)?;
        let (swept, reclaimed) = (met.arg(0), met.arg(1));
        let words = [swept as u32, (swept >> 32) as u32, reclaimed as u32, (reclaimed >> 32) as u32];
        met.emit(EventType::SweepEnd, words);
        Ok(true)
    }

    pub(super) fn gc_active(&mut self, mut met: Met<'_>) -> Step {
        let sequence = met.arg(0);
        if self.is_initial(met.tables) {
            if self.gc != Gc::Undetermined {
                return fault!("the collector is said to be marking, after it was heard of");
            }
            self.gc = Gc::Running;
        } else {
            if sequence != self.gc_sequence.wrapping_add(1) {
                return Ok(false);
            }
            if self.gc != Gc::Running {
                return fault!("the collector is said to be marking, and is not");
            }
            met.need_goroutine()?;
        }
        self.gc_sequence = sequence;
        met.emit(EventType::GcActive, []);
        Ok(true)
    }

    pub(super) fn gc_begin(&mut self, mut met: Met<'_>) -> Step {
        let sequence = met.arg(0);
        if self.gc != Gc::Undetermined {
            if sequence != self.gc_sequence.wrapping_add(1) {
                return Ok(false);
            }
            if self.gc == Gc::Running {
                return fault!("the collector begins to mark while it is marking");
            }
            met.need_goroutine()?;
        }
        (self.gc_sequence, self.gc) = (sequence, Gc::Running);
        let words = [met.stack(1)?];
        met.emit(EventType::GcBegin, words);
        Ok(true)
    }

    pub(super) fn gc_end(&mut self, mut met: Met<'_>) -> Step {
        let sequence = met.arg(0);
        if sequence != self.gc_sequence.wrapping_add(1) {
            return Ok(false);
        }
        if self.gc != Gc::Running {
            return fault!("the collector ends marking, and was not");
        }
        (self.gc_sequence, self.gc) = (sequence, Gc::NotRunning);
        met.need_goroutine()?;
        met.emit(EventType::GcEnd, []);
        Ok(true)
    }
}
