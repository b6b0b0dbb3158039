//! The life of every pooled object: a replay of the state graph from what was recorded.
//!
//! [`replay`] walks each object's events once, in the order of its life, and keeps for each event the step that it made.
//! What the screen asks of a window of time (how often each step was made, how many objects were in each state) is a
//! scan over two columns. Same record, same answer: nothing depends on the order in which threads were written.

mod alloc_free;
mod annotations;
mod balance;
mod certainty;
mod dwell;
mod from_trace;
mod group;
mod judge;
mod occupancy;
mod replay;
mod site;
mod snapshot;
mod state;
mod tally;
mod violation;

use std::ops::Range;

pub use balance::Balance;
pub use certainty::Certainty;
pub use dwell::{Bucket, Dwell, Survival, dwell_in};
pub use from_trace::{TraceWalk, from_trace, is_walked};
pub use occupancy::{Occupancy, Window, courses, occupancy, steps_in};
pub use replay::replay;
pub use site::site;
pub use snapshot::snapshot;
pub use state::{STATES, State, Step};
pub use violation::Violation;

use crate::model::pool::{Counts, DropReason, EventKind, History, ObjectEvent, Tier};
use crate::model::{ObjectId, PoolId, StackId};

/// What became of a record.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// What it was made from, without the objects' events, which are [`rows`](Self::rows) now.
    pub history: History,
    /// Events of all objects with the step each made.
    pub rows: Rows,
    /// Every object, in the order of its rows: by pool, then by number.
    pub lives: Vec<Life>,
    /// By pool.
    pub pools: Vec<PoolLife>,
    /// By time.
    pub violations: Vec<Violation>,
}

/// Events as columns, one life behind the other.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Nanoseconds on the history's clock.
    pub times: Vec<i64>,
    /// What each did.
    pub steps: Vec<Step>,
    /// What else is known of each.
    pub facts: Vec<Fact>,
}

/// What is known of an event besides its time and its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// As [`ObjectEvent::value`].
    pub value: u64,
    /// Who did it.
    pub stack: StackId,
    /// How often the object had been handed out.
    pub generation: u32,
    /// Row of the thread.
    pub thread: u16,
    /// What happened.
    pub kind: EventKind,
    /// As [`ObjectEvent::detail`].
    pub detail: u8,
}

impl Rows {
    fn with_capacity(rows: usize) -> Self {
        Self { times: Vec::with_capacity(rows), steps: Vec::with_capacity(rows), facts: Vec::with_capacity(rows) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    #[inline]
    fn push(&mut self, event: &ObjectEvent, step: Step) {
        let ObjectEvent { time, value, generation, stack, thread, kind, detail, .. } = *event;
        self.times.push(time);
        self.steps.push(step);
        self.facts.push(Fact { value, stack, generation, thread, kind, detail });
    }
}

/// One object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Which.
    pub object: ObjectId,
    /// Its first row; its last is before the next life's first.
    pub first_row: u32,
    /// Where it is at the end.
    pub state: State,
    /// Since when, if that is known.
    pub since: Option<i64>,
    /// How often it was handed out in all.
    pub generation: u32,
    /// Of those, how many gets were recorded.
    pub uses: u32,
    /// Its size when it was last measured.
    pub bytes: u64,
    /// Breaches of the contract.
    pub violations: u32,
}

/// One pool.
#[derive(Clone, Debug)]
pub struct PoolLife {
    /// Which.
    pub pool: PoolId,
    /// Its objects among [`Lifecycle::lives`].
    pub lives: Range<usize>,
    /// Their rows.
    pub rows: Range<usize>,
    /// When its record ends.
    pub end: i64,
    /// How much of what happened is in the record.
    pub certainty: Certainty,
    /// How often each step was made, in the order of steps.
    pub steps: Vec<(Step, u64)>,
    /// Recorded gets by [`Tier`].
    pub tiers: [u64; Tier::ALL.len()],
    /// Objects that left by [`DropReason`].
    pub drops: [u64; DropReason::ALL.len()],
    /// Recorded puts that were right.
    pub puts: u64,
    /// Places at which events are missing.
    pub gaps: u64,
    /// Objects of which nothing says where they came from.
    pub unexplained: u64,
    /// Breaches of the contract.
    pub violations: u64,
    /// Time in [`State::TIMED`].
    pub dwell: [Dwell; 5],
    /// The conservation check on the record.
    pub balance: Balance,
    /// The same on what the pool last counted itself.
    pub counted: Option<Balance>,
    /// Bytes of all objects by state at the end.
    pub bytes: [u64; STATES],
    /// Hand-outs that ended, the most frequent first.
    pub handovers: Vec<Handover>,
    /// Objects that are out at the end by where they were got, the most first.
    pub sites: Vec<Site>,
}

/// Hand-outs of one get site that ended at one put site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handover {
    /// Where they began.
    pub got_at: StackId,
    /// Where they ended.
    pub put_at: StackId,
    /// How many.
    pub count: u64,
    /// Of those, given back by another thread than took it.
    pub across_threads: u64,
    /// How long all were out together.
    pub nanos: u64,
    /// The longest.
    pub max_nanos: u64,
}

/// Objects that are out at the end, got at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Where.
    pub got_at: StackId,
    /// How many.
    pub out: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The longest that one has been out.
    pub oldest_nanos: u64,
    /// How long each has been out, ascending.
    pub ages: Vec<u64>,
}

impl Lifecycle {
    /// The pool of that number.
    pub fn pool(&self, id: PoolId) -> Option<&PoolLife> {
        self.pools.get(id.index())
    }

    /// The rows of a life.
    pub fn rows_of(&self, at: usize) -> Range<usize> {
        let first = self.lives.get(at).map_or(0, |life| life.first_row as usize);
        let end = self.lives.get(at + 1).map_or(self.rows.len(), |next| next.first_row as usize);
        first..end.max(first)
    }

    /// The last counts of a pool's own.
    pub fn last_counts(&self, pool: PoolId) -> Option<&Counts> {
        self.counts_at(pool, i64::MAX)
    }

    /// The last counts of a pool's own that were taken by `time`.
    pub fn counts_at(&self, pool: PoolId, time: i64) -> Option<&Counts> {
        let own = self.history.counted.iter().filter(|counted| counted.pool == pool && counted.time <= time);
        own.max_by_key(|counted| counted.time).map(|counted| &counted.counts)
    }
}

impl PoolLife {
    /// How often a step was made.
    pub fn count(&self, from: State, to: State) -> u64 {
        let step = Step::new(from, to);
        self.steps.iter().find(|(known, _)| *known == step).map_or(0, |(_, count)| *count)
    }

    /// Recorded gets.
    pub fn gets(&self) -> u64 {
        self.tiers.iter().sum()
    }

    /// Recorded gets that found their object in a tier.
    pub fn gets_of(&self, tier: Tier) -> u64 {
        self.tiers.get(tier as usize).copied().unwrap_or(0)
    }

    /// Objects that left for a reason.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.drops.get(reason as usize).copied().unwrap_or(0)
    }

    /// Time in a state, if that is measured.
    pub fn dwell_in(&self, state: State) -> Option<&Dwell> {
        let at = State::TIMED.iter().position(|timed| *timed == state)?;
        self.dwell.get(at)
    }

    /// The conservation check that counts: the pool's own counts where the record is sampled, else the record.
    pub fn best_balance(&self) -> &Balance {
        self.counted.as_ref().filter(|_| !self.certainty.is_whole()).unwrap_or(&self.balance)
    }

    /// Whether it is known how many objects are out and idle: a sample of gets does not tell, the pool's own counts do.
    pub fn knows_where(&self) -> bool {
        self.certainty.every <= 1 || self.counted.is_some()
    }

    /// Whether everything that came in is accounted for, by the record and by the pool's own counts.
    pub fn is_conserved(&self) -> bool {
        let by_record = self.certainty.every > 1 || self.balance.unaccounted() == 0;
        let by_counts = self.counted.is_none_or(|counted| counted.unaccounted() == 0);
        by_record && by_counts
    }

    /// Whether verdicts on this pool rest on everything that happened.
    pub fn is_sure(&self) -> bool {
        !self.certainty.has_losses() && self.is_conserved()
    }

    /// What makes verdicts on this pool less sure, a sentence each; nothing when all is there.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = self.certainty.doubts();
        if !self.knows_where() {
            doubts.push(format!(
                "One get in {} was recorded, and the pool's own counts are missing: how many objects are out or idle is \
                 not known.",
                self.certainty.every
            ));
        }
        if !self.is_conserved() {
            let by_record = Some(self.balance.unaccounted()).filter(|_| self.certainty.every <= 1);
            let by_counts = self.counted.map(|counted| counted.unaccounted());
            let off = by_record.into_iter().chain(by_counts).find(|off| *off != 0).unwrap_or(0);
            let sense = if off > 0 { "made and not accounted for" } else { "there and never made" };
            doubts.push(format!(
                "Objects do not add up: {} {sense}.",
                crate::words::count(i64::try_from(off.unsigned_abs()).unwrap_or(i64::MAX))
            ));
        }
        doubts
    }
}
