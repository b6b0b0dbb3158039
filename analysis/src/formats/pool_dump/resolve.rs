//! Codes of the wire to those of the model. What a newer minor brought becomes “unknown”.

use pool_dump as wire;

use crate::model::pool::{Counter, Counts, DropReason, Misuse, Tier};

pub(super) fn tier(tier: wire::Tier) -> Tier {
    match tier {
        wire::Tier::Private => Tier::Private,
        wire::Tier::Shared => Tier::Shared,
        wire::Tier::Stolen => Tier::Stolen,
        wire::Tier::Victim => Tier::Victim,
        wire::Tier::New => Tier::New,
        wire::Tier::Other(_) => Tier::Unknown,
    }
}

pub(super) fn reason(reason: wire::DropReason) -> DropReason {
    match reason {
        wire::DropReason::Purged => DropReason::Purged,
        wire::DropReason::Capacity => DropReason::Capacity,
        wire::DropReason::Oversize => DropReason::Oversize,
        wire::DropReason::Abandoned => DropReason::Abandoned,
        wire::DropReason::PoolClosed => DropReason::PoolClosed,
        wire::DropReason::Compacted => DropReason::Compacted,
        wire::DropReason::Other(_) => DropReason::Unknown,
    }
}

pub(super) fn misuse(misuse: wire::Misuse) -> Misuse {
    match misuse {
        wire::Misuse::DoublePut => Misuse::DoublePut,
        wire::Misuse::ForeignPut => Misuse::ForeignPut,
        wire::Misuse::StaleGeneration => Misuse::StaleGeneration,
        wire::Misuse::WrongPool => Misuse::WrongPool,
        wire::Misuse::UseAfterPut => Misuse::UseAfterPut,
        wire::Misuse::DirtyReuse => Misuse::DirtyReuse,
        wire::Misuse::NilPut => Misuse::NilPut,
        wire::Misuse::Other(_) => Misuse::Unknown,
    }
}

/// The most that a count is believed: years of threads' nanoseconds, and a few of them still add up in 64 bits.
const MOST_COUNTED: u64 = 1 << 58;

pub(super) fn counts(counts: &[(wire::Counter, u64)]) -> Counts {
    Counts::new(counts.iter().filter_map(|&(name, count)| Some((counter(name)?, count.min(MOST_COUNTED)))).collect())
}

fn counter(counter: wire::Counter) -> Option<Counter> {
    use wire::Counter as W;
    Some(match counter {
        W::Gets => Counter::Gets,
        W::Puts => Counter::Puts,
        W::News => Counter::News,
        W::Attached => Counter::Attached,
        W::Detached => Counter::Detached,
        W::HitsPrivate => Counter::HitsPrivate,
        W::HitsShared => Counter::HitsShared,
        W::HitsStolen => Counter::HitsStolen,
        W::HitsVictim => Counter::HitsVictim,
        W::DroppedPurged => Counter::DroppedPurged,
        W::DroppedCapacity => Counter::DroppedCapacity,
        W::DroppedOversize => Counter::DroppedOversize,
        W::DroppedAbandoned => Counter::DroppedAbandoned,
        W::DroppedCompacted => Counter::DroppedCompacted,
        W::DroppedPoolClosed => Counter::DroppedPoolClosed,
        W::Purges => Counter::Purges,
        W::Waits => Counter::Waits,
        W::Timeouts => Counter::Timeouts,
        W::Contended => Counter::Contended,
        W::ContendedNanos => Counter::ContendedNanos,
        W::Misuses => Counter::Misuses,
        W::Leaks => Counter::Leaks,
        W::Unleaked => Counter::Unleaked,
        W::QuotaRefused => Counter::QuotaRefused,
        W::Active => Counter::Active,
        W::Idle => Counter::Idle,
        W::Victim => Counter::Victim,
        W::AllocatedBytes => Counter::AllocatedBytes,
        W::PeakBytes => Counter::PeakBytes,
        W::ChunkBytes => Counter::ChunkBytes,
        W::FreeInPartBytes => Counter::FreeInPartBytes,
        W::Preallocated => Counter::Preallocated,
        W::Compactions => Counter::Compactions,
        W::CompactionsFailed => Counter::CompactionsFailed,
        W::AllocsFailed => Counter::AllocsFailed,
        W::Other(_) => return None,
    })
}
