//! What turns out only later than it began, so that a summary up to any time counts it as one of all events would.

use super::goroutine::{Spent, Tally, add};
use crate::model::StringId;
use crate::model::trace::{GoState, Goroutine, RangeName};

/// What turns out only later than it began: see [`Ledger`](super::Ledger).
#[derive(Default)]
pub(super) struct Fates {
    /// States and ranges of which an event tells after they began.
    pub(super) late: Vec<Late>,
    /// Ranges that are never counted, by goroutine, name and beginning: another of the name began before they ended.
    pub(super) lost: Vec<(usize, RangeName, i64)>,
    /// By goroutine: when the system call began that it has not come back from, its processor lost; else 0.
    pub(super) hung: Vec<i64>,
}

/// A state or range that began at `since`, of which there is a word at `told`.
pub(super) struct Late {
    pub(super) goroutine: Goroutine,
    pub(super) since: i64,
    pub(super) told: i64,
    pub(super) what: LateWhat,
}

pub(super) enum LateWhat {
    State(GoState, StringId, bool),
    Range(RangeName),
}

impl Late {
    /// Adds the time from its beginning to `time`.
    pub(super) fn add_to(&self, spent: &mut Spent, time: i64) {
        match self.what {
            LateWhat::State(state, reason, has_proc) => spent.add_state(state, reason, has_proc, time - self.since),
            LateWhat::Range(name) => add(&mut spent.range_ns, name, time - self.since),
        }
    }
}

impl Fates {
    /// What a goroutine has spent at `time`, with what is pending.
    pub(super) fn settled(&self, tally: Tally, at: usize, time: i64) -> Spent {
        let pending = |since: i64| if since == 0 { 0 } else { time - since };
        let mut spent = tally.spent;
        spent.exec_ns += pending(tally.running_since);
        spent.sched_wait_ns += pending(tally.runnable_since);
        let hangs = self.hung.get(at).is_some_and(|&since| since != 0 && since == tally.syscall_since);
        match (tally.syscall_since, tally.syscall_blocked_since) {
            (0, _) => {}
            (since, blocked) if blocked == 0 || hangs => {
                spent.syscall_ns += pending(since);
                // As Go counts one that never ends.
                spent.sched_wait_ns += pending(blocked);
            }
            (since, blocked) => {
                spent.syscall_ns += blocked - since;
                spent.syscall_block_ns += pending(blocked);
            }
        }
        if let Some(reason) = tally.block_reason.filter(|_| tally.blocked_since != 0) {
            add(&mut spent.block_ns, reason, pending(tally.blocked_since));
        }
        for (name, since) in tally.ranges_since {
            if !self.is_lost(at, name, since) {
                add(&mut spent.range_ns, name, time - since);
            }
        }
        spent
    }

    /// Whether a range that is pending is never counted, because another begins before it ends.
    fn is_lost(&self, at: usize, name: RangeName, since: i64) -> bool {
        self.lost.contains(&(at, name, since))
    }
}
