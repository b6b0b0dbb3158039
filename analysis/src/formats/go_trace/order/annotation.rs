//! What the program says of itself: tasks, regions, logs; and instants that only need a goroutine.

use super::super::fault::fault;
use super::super::wire::code;
use super::state::GoStatus;
use super::{Met, NOBODY, Order, Step};
use crate::model::StringId;
use crate::model::trace::{EventType, TaskId, Word};

/// A task that has begun and not ended.
pub(super) struct ActiveTask {
    name: StringId,
    parent: u64,
}

pub(super) fn instant(mut met: Met<'_>) -> Step {
    met.need_goroutine()?;
    match met.event.code {
        code::PROCS_CHANGE => {
            let words = [met.arg(0) as u32, met.stack(1)?];
            met.emit(EventType::ProcsChange, words);
        }
        code::GO_LABEL => {
            let words = [met.string(0)?];
            met.emit(EventType::GoLabel, words);
        }
        _ => {
            let task = met.task(met.arg(0));
            let words = [task.word(), met.string(1)?, met.string(2)?, met.stack(3)?];
            met.emit(EventType::Log, words);
        }
    }
    Ok(true)
}

impl Order {
    pub(super) fn task_begin(&mut self, mut met: Met<'_>) -> Step {
        let id = TaskId(met.arg(0));
        if self.tasks.contains_key(&id) {
            return fault!("task {} begins, and has begun already", id.0);
        }
        // Here 0 means no parent, not the background task.
        let parent = if met.arg(1) == 0 { NOBODY } else { met.arg(1) };
        let name = met.tables.string(met.arg(2))?;
        self.tasks.insert(id, ActiveTask { name, parent });
        met.need_goroutine()?;
        self.emit_task(&mut met, EventType::TaskBegin, ActiveTask { name, parent }, 3)?;
        Ok(true)
    }

    /// May come more than once for a task, and without a begin.
    pub(super) fn task_end(&mut self, mut met: Met<'_>) -> Step {
        let known = self.tasks.remove(&TaskId(met.arg(0)));
        let task = known.unwrap_or(ActiveTask { name: StringId::default(), parent: NOBODY });
        met.need_goroutine()?;
        self.emit_task(&mut met, EventType::TaskEnd, task, 1)?;
        Ok(true)
    }

    fn emit_task(
        &self,
        met: &mut Met<'_>,
        event_type: EventType,
        task: ActiveTask,
        stack_at: usize,
    ) -> Result<(), super::Fault> {
        let row = met.task(met.arg(0));
        let parent = (task.parent != NOBODY).then(|| met.task(task.parent));
        let words = [row.word(), parent.word(), task.name.word(), met.stack(stack_at)?];
        met.emit(event_type, words);
        Ok(())
    }

    pub(super) fn region(&mut self, mut met: Met<'_>) -> Step {
        let goroutine = met.need_goroutine()?;
        let region = (TaskId(met.arg(0)), met.tables.string(met.arg(1))?);
        if self.states.goroutine(goroutine).status == GoStatus::None {
            return fault!("{} of {}, which does not exist", met.name(), met.called(goroutine));
        }
        let regions = &mut self.states.marks(goroutine).regions;
        let is_begin = met.event.code == code::REGION_BEGIN;
        if is_begin {
            regions.push(region);
        } else {
            match regions.last() {
                // It began before the trace did.
                None => {}
                Some(innermost) if *innermost == region => {
                    regions.pop();
                }
                Some(_) => {
                    return fault!("{} ends a region that is not its innermost one", met.called(goroutine));
                }
            }
        }
        let task = met.task(region.0.0);
        let words = [task.word(), region.1.word(), met.stack(2)?];
        met.emit(if is_begin { EventType::RegionBegin } else { EventType::RegionEnd }, words);
        Ok(true)
    }
}
