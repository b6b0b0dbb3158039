//! The table of pools: hits by tier, misses, steals, waits, purges, what they hold.

use serde::{Deserialize, Serialize};

use super::states::PoolKey;
use crate::lens::SourceId;
use crate::lifecycle::{Lifecycle, PoolLife, State};
use crate::model::pool::{Counter, DropReason, Mark, Source, Tier};
use crate::session::Session;

/// All pools of all files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolsAnswer {
    /// Those with most violations first, then the busiest.
    pub pools: Vec<PoolRow>,
}

/// One pool. Counts are the pool's own where the file has them, else those of recorded events. What a record of this kind
/// cannot tell is `None`, which is not 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolRow {
    /// Which.
    pub key: PoolKey,
    /// Its file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The type of its objects.
    pub type_name: String,
    /// Whose quota it is charged to, empty for nobody's.
    pub tenant: String,
    /// The process.
    pub pid: u32,
    /// Counts are the pool's own.
    pub is_counted: bool,
    /// One get in so many is recorded.
    pub record_every: u32,
    /// Objects handed out; `None` for objects that are told of by their type and by no pool.
    pub gets: Option<u64>,
    /// Objects given back.
    pub puts: Option<u64>,
    /// Gets that the thread's private slot served.
    pub hits_private: Option<u64>,
    /// Gets that the own queue served.
    pub hits_shared: Option<u64>,
    /// Gets that another thread's or shard's objects served.
    pub hits_stolen: Option<u64>,
    /// Gets that the victim generation served.
    pub hits_victim: Option<u64>,
    /// Gets that an idle object served, of which the record does not say in which tier it was.
    pub hits_unplaced: u64,
    /// Gets that none of these served: a new object was made.
    pub missed: Option<u64>,
    /// Objects made.
    pub made: u64,
    /// Share of gets that needed no new object; `None` without gets.
    pub hit_ratio: Option<f64>,
    /// Gets that waited.
    pub waits: u64,
    /// Gets that waited in vain.
    pub timeouts: u64,
    /// Time waited in all, in nanoseconds, of recorded waits.
    pub wait_nanos: u64,
    /// Times a queue was locked by another thread.
    pub contended: Option<u64>,
    /// Time stood at locked queues, in nanoseconds.
    pub contended_nanos: u64,
    /// Purges.
    pub purges: Option<u64>,
    /// Objects that purges dropped; that were freed, where no pool is told of.
    pub purged: u64,
    /// Objects dropped because the pool was full.
    pub dropped_full: u64,
    /// Objects dropped because they were too large.
    pub dropped_oversize: u64,
    /// Objects that were there when the record began.
    pub found: u64,
    /// Objects out at the end; `None` also where only a sample was recorded, and the pool's own counts are missing.
    pub active: Option<u64>,
    /// Idle objects at the end.
    pub idle: Option<u64>,
    /// Victims at the end.
    pub victims: Option<u64>,
    /// Objects that are there at the end, wherever.
    pub alive: u64,
    /// Bytes of all objects at the end.
    pub bytes: u64,
    /// The most that was ever; `None` where the pool did not count it.
    pub peak_bytes: Option<u64>,
    /// Bytes of idle objects and victims at the end: what the pool retains. `None` also where only a sample was recorded.
    pub retained_bytes: Option<u64>,
    /// Breaches of the contract.
    pub violations: u64,
    /// Came less accounted for; 0 when the check holds.
    pub unaccounted: i64,
    /// What makes this less sure, a sentence each.
    pub doubts: Vec<String>,
}

impl PoolRow {
    /// Whether anything happened to it.
    pub fn is_used(&self) -> bool {
        self.gets.unwrap_or(0) + self.made + self.found + self.violations > 0
    }
}

pub(super) fn pools(session: &Session) -> PoolsAnswer {
    let mut rows = Vec::new();
    for source in &session.sources {
        let Some(lifecycle) = session.pools(source.id) else { continue };
        rows.extend(lifecycle.pools.iter().map(|pool| pool_row(session, source.id, lifecycle, pool)));
    }
    let shared = session.shared().map_or(&[][..], |shared| &shared.analysis.pools.pools);
    rows.extend(shared.iter().filter(|row| session.is_shared(row.key.source)).cloned());
    crate::order::sort_by_key(&mut rows, |row: &PoolRow| {
        std::cmp::Reverse((row.violations, row.gets, row.made + row.found))
    });
    PoolsAnswer { pools: rows }
}

/// The row of one pool.
pub fn pool_row(session: &Session, source: SourceId, lifecycle: &Lifecycle, pool: &PoolLife) -> PoolRow {
    let history = &lifecycle.history;
    let setup = history.pool(pool.pool).copied().unwrap_or_default();
    let text = |id| session.symbols.strings.get(id).to_owned();
    let counts = lifecycle.last_counts(pool.pool);
    let counted = |counter, recorded: u64| counts.and_then(|counts| counts.get(counter)).unwrap_or(recorded);
    let marks = Marks::of(lifecycle, pool);
    let balance = pool.best_balance();
    let is_pool = history.source != Source::AllocFree;
    let has_tiers = history.source == Source::PoolTrace;
    let gets = is_pool.then(|| counted(Counter::Gets, pool.gets()));
    let tier = |counter, tier| has_tiers.then(|| counted(counter, pool.gets_of(tier)));
    let (hits_private, hits_shared) =
        (tier(Counter::HitsPrivate, Tier::Private), tier(Counter::HitsShared, Tier::Shared));
    let hits_stolen = tier(Counter::HitsStolen, Tier::Stolen);
    let hits_victim = is_pool.then(|| counted(Counter::HitsVictim, pool.gets_of(Tier::Victim)));
    // A record of Go's pools says that a get hit, not where.
    let hits_unplaced = pool.gets_of(Tier::Unknown);
    let all_hits = [hits_private, hits_shared, hits_stolen, hits_victim, Some(hits_unplaced)];
    let hits = all_hits.into_iter().flatten().fold(0, u64::saturating_add);
    let bytes_in = |states: &[State]| {
        let own = states.iter().filter_map(|state| pool.bytes.get(state.index()));
        own.fold(0_u64, |sum, &bytes| sum.saturating_add(bytes))
    };
    let retained = bytes_in(&[State::Idle, State::Victim, State::Returned]);
    let placed = |objects: u64| (is_pool && pool.knows_where()).then_some(objects);
    PoolRow {
        key: PoolKey { source, pool: pool.pool.index() as u32 },
        file: session.source(source).map_or(String::new(), |source| source.name.clone()),
        name: text(setup.name),
        type_name: text(setup.type_name),
        tenant: text(setup.tenant),
        pid: history.process_of(&setup).map_or(0, |process| process.pid),
        is_counted: counts.is_some(),
        record_every: pool.certainty.every,
        gets,
        puts: is_pool.then(|| counted(Counter::Puts, pool.puts)),
        hits_private,
        hits_shared,
        hits_stolen,
        hits_victim,
        hits_unplaced,
        missed: gets.map(|gets| gets.saturating_sub(hits)),
        made: counted(Counter::News, pool.balance.new),
        hit_ratio: gets.filter(|&gets| gets > 0).map(|gets| (hits as f64 / gets as f64).min(1.0)),
        waits: counted(Counter::Waits, marks.waits),
        timeouts: counted(Counter::Timeouts, marks.timeouts),
        wait_nanos: marks.wait_nanos,
        contended: has_tiers.then(|| counted(Counter::Contended, marks.contended)),
        contended_nanos: counted(Counter::ContendedNanos, marks.contended_nanos),
        purges: is_pool.then(|| counted(Counter::Purges, marks.purges)),
        purged: counted(Counter::DroppedPurged, pool.dropped(DropReason::Purged)),
        dropped_full: counted(Counter::DroppedCapacity, pool.dropped(DropReason::Capacity)),
        dropped_oversize: counted(Counter::DroppedOversize, pool.dropped(DropReason::Oversize)),
        found: balance.found,
        active: placed(balance.active),
        idle: placed(balance.idle),
        victims: placed(balance.victim),
        alive: balance.alive(),
        bytes: counted(Counter::AllocatedBytes, retained.saturating_add(bytes_in(&[State::Active, State::Unknown]))),
        peak_bytes: counts.and_then(|counts| counts.get(Counter::PeakBytes)),
        retained_bytes: (is_pool && pool.certainty.every <= 1).then_some(retained),
        violations: pool.violations,
        unaccounted: balance.unaccounted(),
        doubts: pool.doubts(),
    }
}

/// Sums of what happened to a pool as a whole.
#[derive(Default)]
struct Marks {
    waits: u64,
    timeouts: u64,
    wait_nanos: u64,
    contended: u64,
    contended_nanos: u64,
    purges: u64,
}

impl Marks {
    fn of(lifecycle: &Lifecycle, pool: &PoolLife) -> Self {
        let mut sums = Self::default();
        for mark in lifecycle.history.marks.iter().filter(|mark| mark.pool == pool.pool) {
            match mark.what {
                Mark::Wait { nanos, timed_out } => {
                    sums.waits += 1;
                    sums.timeouts += u64::from(timed_out);
                    sums.wait_nanos = sums.wait_nanos.saturating_add(nanos);
                }
                Mark::Contended { nanos } => {
                    sums.contended += 1;
                    sums.contended_nanos = sums.contended_nanos.saturating_add(nanos);
                }
                Mark::Purge { .. } => sums.purges += 1,
                _ => {}
            }
        }
        sums
    }
}
