//! What a trace without annotations lets one see of pools: events that happened inside Get, or Put.
//!
//! Get and Put write no event of their own. But when something else happens inside (the goroutine blocks on the lock of
//! all pools, has to help the collector, is preempted or sampled) the event's stack says where that was. So these are
//! bounds: what is seen happened; what is not seen may have.

use rustc_hash::FxHashMap;

use super::intervals::OPEN;
use super::stack_marks::StackMarks;
use crate::model::StackId;
use crate::model::trace::{Event, EventType, GoState, Goroutine, Transition};
use crate::pools::PoolEnd;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// Blocked in `pinSlow`: the first use of a pool after a purge waits for the lock of all pools.
    PinSlow,
    /// Blocked inside Get, on a lock or a channel of a pool of the program's own.
    BlockedInGet,
    /// Blocked inside Put.
    BlockedInPut,
    /// Had to help the collector inside Get.
    AssistInGet,
    /// Get was making an object: a miss.
    NewUnderGet,
    /// Something else inside Get.
    InGet,
}

impl EvidenceKind {
    /// All, in the order of their declaration.
    pub const ALL: [Self; 6] =
        [Self::PinSlow, Self::BlockedInGet, Self::BlockedInPut, Self::AssistInGet, Self::NewUnderGet, Self::InGet];

    /// Whether it lasts; else it is a moment.
    pub fn lasts(self) -> bool {
        !matches!(self, Self::NewUnderGet | Self::InGet)
    }
}

/// Something that happened inside Get or Put.
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
    /// Whose end is yet to come: waits, and assists.
    waits: FxHashMap<Goroutine, usize>,
    assists: FxHashMap<Goroutine, usize>,
}

impl PoolEvidence {
    /// Takes the next event.
    pub fn see(&mut self, event: &Event<'_>, transition: Option<Transition>, marks: &StackMarks) {
        self.close(event, transition);
        // What the program annotated is counted there.
        if matches!(event.event_type, EventType::RegionBegin | EventType::RegionEnd | EventType::Log) {
            return;
        }
        let Some(stack) = event.stack() else { return };
        let mark = marks.of(Some(stack));
        let (Some(end), Some(goroutine)) = (mark.end, event.context.goroutine) else { return };
        let kind = match (event.event_type, end) {
            (EventType::GoBlock, _) if mark.is_in_pin_slow => EvidenceKind::PinSlow,
            (EventType::GoBlock, PoolEnd::Get) => EvidenceKind::BlockedInGet,
            (EventType::GoBlock, PoolEnd::Put) => EvidenceKind::BlockedInPut,
            (EventType::AssistBegin, PoolEnd::Get) => EvidenceKind::AssistInGet,
            (_, PoolEnd::Get) if mark.maker.is_some() => EvidenceKind::NewUnderGet,
            (_, PoolEnd::Get) => EvidenceKind::InGet,
            (_, PoolEnd::Put) => return,
        };
        match kind {
            EvidenceKind::AssistInGet => drop(self.assists.insert(goroutine, self.all.len())),
            kind if kind.lasts() => drop(self.waits.insert(goroutine, self.all.len())),
            _ => {}
        }
        let end = if kind.lasts() { OPEN } else { event.time };
        self.all.push(Evidence { begin: event.time, end, kind, goroutine, stack });
    }

    /// Ends what this event ends: an assist, or waiting, when the goroutine runs again.
    fn close(&mut self, event: &Event<'_>, transition: Option<Transition>) {
        let ended = match transition {
            Some(Transition::Goroutine { goroutine: Some(goroutine), to: GoState::Running, .. }) => {
                self.waits.remove(&goroutine)
            }
            _ if event.event_type == EventType::AssistEnd => {
                event.context.goroutine.and_then(|goroutine| self.assists.remove(&goroutine))
            }
            _ => return,
        };
        if let Some(evidence) = ended.and_then(|at| self.all.get_mut(at)) {
            evidence.end = event.time;
        }
    }
}
