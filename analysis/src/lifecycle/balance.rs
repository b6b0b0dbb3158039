//! The conservation check: what came into a pool is somewhere.

use crate::model::pool::{Counter, Counts};

/// Objects of one pool, by where they came from and where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Made by the pool.
    pub new: u64,
    /// Brought in.
    pub attached: u64,
    /// There already when the record began.
    pub found: u64,
    /// Handed out.
    pub active: u64,
    /// Given back and not yet reset.
    pub returned: u64,
    /// In the primary generation.
    pub idle: u64,
    /// In the victim generation.
    pub victim: u64,
    /// Dropped by purges.
    pub purged: u64,
    /// Dropped because the pool was full or the object too large.
    pub dropped: u64,
    /// Dropped because the holder panicked, the pool closed, or memory was compacted.
    pub destroyed: u64,
    /// Taken out.
    pub detached: u64,
    /// There, and the record does not say where.
    pub unknown: u64,
}

impl Balance {
    /// What the pool itself counted; `None` where it did not count what is needed.
    pub fn counted(counts: &Counts) -> Option<Self> {
        use Counter as C;
        Some(Self {
            new: counts.get(C::News)?,
            attached: counts.get(C::Attached).unwrap_or(0),
            found: 0,
            active: counts.get(C::Active)?,
            returned: 0,
            idle: counts.get(C::Idle)?,
            victim: counts.get(C::Victim).unwrap_or(0),
            purged: counts.get(C::DroppedPurged).unwrap_or(0),
            dropped: counts.sum(&[C::DroppedCapacity, C::DroppedOversize]),
            destroyed: counts.sum(&[C::DroppedAbandoned, C::DroppedCompacted, C::DroppedPoolClosed]),
            detached: counts.get(C::Detached).unwrap_or(0),
            unknown: 0,
        })
    }

    /// Objects that came in.
    pub fn came(&self) -> u64 {
        [self.new, self.attached, self.found].into_iter().fold(0, u64::saturating_add)
    }

    /// Objects that are accounted for.
    pub fn accounted(&self) -> u64 {
        let kept = [self.active, self.returned, self.idle, self.victim, self.unknown];
        let gone = [self.purged, self.dropped, self.destroyed, self.detached];
        kept.into_iter().chain(gone).fold(0, u64::saturating_add)
    }

    /// Objects that came in less those accounted for: 0 when the check holds.
    pub fn unaccounted(&self) -> i64 {
        let difference = i128::from(self.came()) - i128::from(self.accounted());
        i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
    }

    /// Objects in the pool or out of its hands, not gone.
    pub fn alive(&self) -> u64 {
        [self.active, self.returned, self.idle, self.victim, self.unknown].into_iter().fold(0, u64::saturating_add)
    }
}
