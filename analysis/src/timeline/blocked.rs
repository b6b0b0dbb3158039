//! Where goroutines waited, for what, and how long.

use rustc_hash::FxHashMap;

use crate::model::trace::{Event, EventType, GoState, Transition};
use crate::model::{StackId, StringId};

/// Waits by where and why. Grows with the table of events.
#[derive(Clone, Debug, Default)]
pub struct Blocked {
    /// By row of a goroutine.
    waiting: Vec<Option<Wait>>,
    ended: FxHashMap<(Option<StackId>, StringId), Waits>,
}

/// A goroutine that waits.
#[derive(Clone, Copy, Debug)]
struct Wait {
    since: i64,
    reason: StringId,
    stack: Option<StackId>,
}

/// Waits at one place for one reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// How many.
    pub count: u64,
    /// How long they lasted together, in nanoseconds.
    pub total_nanos: i64,
    /// How long the longest lasted.
    pub longest_nanos: i64,
    /// How many had not ended.
    pub still: u64,
}

impl Blocked {
    /// Takes the next event.
    #[inline]
    pub fn see(&mut self, event: &Event<'_>, transition: Option<Transition>) {
        let Some(Transition::Goroutine { goroutine: Some(goroutine), to, reason, stack, .. }) = transition else {
            return;
        };
        if goroutine.index() >= self.waiting.len() {
            self.waiting.resize(goroutine.index() + 1, None);
        }
        let Some(slot) = self.waiting.get_mut(goroutine.index()) else { return };
        match (*slot, to) {
            (None, GoState::Waiting) => {
                // One that waited when the trace began says nowhere why.
                let is_status = event.event_type == EventType::GoStatus;
                let stack = if is_status { stack } else { event.stack().or(stack) };
                *slot = Some(Wait { since: event.time, reason, stack });
            }
            (Some(_), GoState::Waiting) | (None, _) => {}
            (Some(wait), _) => {
                *slot = None;
                add(&mut self.ended, wait, event.time, false);
            }
        }
    }

    /// Waits by stack and reason, in no order; those that had not ended by `end` last until then.
    pub fn until(&self, end: i64) -> impl Iterator<Item = (Option<StackId>, StringId, Waits)> + use<> {
        let mut all = self.ended.clone();
        self.waiting.iter().flatten().for_each(|&wait| add(&mut all, wait, end, true));
        all.into_iter().map(|((stack, reason), waits)| (stack, reason, waits))
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.waiting.len() * size_of::<Option<Wait>>() + self.ended.len() * size_of::<(StackId, StringId, Waits)>()
    }
}

fn add(sums: &mut FxHashMap<(Option<StackId>, StringId), Waits>, wait: Wait, end: i64, is_still: bool) {
    let nanos = end.saturating_sub(wait.since);
    let waits = sums.entry((wait.stack, wait.reason)).or_default();
    waits.count += 1;
    waits.total_nanos = waits.total_nanos.saturating_add(nanos);
    waits.longest_nanos = waits.longest_nanos.max(nanos);
    waits.still += u64::from(is_still);
}
