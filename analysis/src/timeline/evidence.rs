//! What a trace without annotations lets one see of pools: events that happened inside Get.
//!
//! Get and Put write no event of their own. But when something else happens inside (the goroutine blocks on the lock of
//! all pools, has to help the collector, is preempted or sampled) the event's stack says where that was. So these are
//! bounds: what is seen happened; what is not seen may have.

use super::intervals::OPEN;
use super::stack_marks::StackMarks;
use crate::model::StackId;
use crate::model::trace::{Event, EventType, GoState, Goroutine, Transition};

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// Blocked in `pinSlow`: the first use of a pool after a purge waits for the lock of all pools.
    PinSlow,
    /// Had to help the collector inside Get.
    AssistInGet,
    /// Get was making an object: a miss.
    NewUnderGet,
    /// Something else inside Get.
    InGet,
}

/// Something that happened inside Get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// When.
    pub begin: i64,
    /// Until when, where that is known; else the same.
    pub end: i64,
    /// What.
    pub kind: EvidenceKind,
    /// Whose.
    pub goroutine: Goroutine,
    /// Where.
    pub stack: StackId,
}

/// All of it, by time.
#[derive(Clone, Debug, Default)]
pub struct PoolEvidence {
    /// By their beginning.
    pub all: Vec<Evidence>,
    /// Whose end is yet to come.
    open: Vec<usize>,
}

impl PoolEvidence {
    /// Takes the next event.
    pub fn see(&mut self, event: &Event<'_>, marks: &StackMarks) {
        self.close(event);
        // What the program annotated is counted there.
        if matches!(event.event_type, EventType::RegionBegin | EventType::RegionEnd | EventType::Log) {
            return;
        }
        let Some(stack) = event.stack() else { return };
        let mark = marks.of(Some(stack));
        let (true, Some(goroutine)) = (mark.is_in_get, event.context.goroutine) else { return };
        let kind = match event.event_type {
            EventType::GoBlock if mark.is_in_pin_slow => EvidenceKind::PinSlow,
            EventType::AssistBegin => EvidenceKind::AssistInGet,
            _ if mark.maker.is_some() => EvidenceKind::NewUnderGet,
            _ => EvidenceKind::InGet,
        };
        let lasts = matches!(kind, EvidenceKind::PinSlow | EvidenceKind::AssistInGet);
        if lasts {
            self.open.push(self.all.len());
        }
        let end = if lasts { OPEN } else { event.time };
        self.all.push(Evidence { begin: event.time, end, kind, goroutine, stack });
    }

    /// Ends what this event ends: an assist, or waiting, when the goroutine runs again.
    fn close(&mut self, event: &Event<'_>) {
        if self.open.is_empty() {
            return;
        }
        let (whose, kind) = match event.transition() {
            Some(Transition::Goroutine { goroutine, to: GoState::Running, .. }) => (goroutine, EvidenceKind::PinSlow),
            _ if event.event_type == EventType::AssistEnd => (event.context.goroutine, EvidenceKind::AssistInGet),
            _ => return,
        };
        let all = &mut self.all;
        self.open.retain(|&at| match all.get_mut(at) {
            Some(evidence) if Some(evidence.goroutine) == whose && evidence.kind == kind => {
                evidence.end = event.time;
                false
            }
            _ => true,
        });
    }
}
