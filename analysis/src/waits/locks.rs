//! Locks: who waits for one (block profiles, groups that stand there), who holds it (mutex profiles, dumps that tell), paired
//! by whose they are.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::frames::{Frame, frames, is_runtime, own_frame};
use super::groups::Population;
use super::shape::{Shapes, owner_of};
use super::state;
use crate::lens::SourceId;
use crate::model::{Profile, ProfileKind, StackId, Symbols};
use crate::order;
use crate::series::Series;
use crate::session::Session;

/// A lock, or a channel of a pool.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    /// Whose it is: a type, such as `main.(*LockedPool)`, or the function that takes it.
    pub owner: String,
    /// What it is: `sync.Mutex`, `sync.RWMutex`, or what is waited for, in the words of states.
    pub kind: String,
    /// Its owner is a pool.
    pub is_pool: bool,
    /// It is one of the runtime's own.
    pub is_runtime: bool,
    /// Who waits, the longest first; of block profiles.
    pub waiters: Vec<Side>,
    /// Who holds it while others wait, the longest first; of mutex profiles.
    pub holders: Vec<Side>,
    /// How many wait for it in the last snapshot of goroutines or threads.
    pub waiting_now: u64,
    /// Groups that wait, as population and group.
    pub groups: Vec<(usize, usize)>,
    /// Groups that a dump says hold it.
    pub holding: Vec<(usize, usize)>,
}

/// One place on a side of a lock.
#[derive(Clone, Debug)]
pub struct Side {
    /// The innermost frame of the program's own.
    pub place: Option<Frame>,
    /// The stack that weighs most.
    pub stack: StackId,
    /// Over the whole run.
    pub total: Delay,
    /// Between the first and the last snapshot; equal to `total` where there is only one.
    pub change: Delay,
}

/// How often and how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// How often.
    pub contentions: i64,
    /// How long, in nanoseconds.
    pub nanos: i64,
}

impl Delay {
    /// Mean of one, in nanoseconds; 0 of none.
    pub fn mean(self) -> i64 {
        self.nanos.checked_div(self.contentions).unwrap_or(0)
    }

    fn add(&mut self, more: Self) {
        self.contentions = self.contentions.saturating_add(more.contentions);
        self.nanos = self.nanos.saturating_add(more.nanos);
    }

    fn less(self, before: Self) -> Self {
        let contentions = self.contentions.saturating_sub(before.contentions).max(0);
        Self { contentions, nanos: self.nanos.saturating_sub(before.nanos).max(0) }
    }
}

impl Lock {
    /// How links name it.
    pub fn pick(&self) -> String {
        format!("lock:{}@{}", self.kind, self.owner)
    }

    /// Whether one who unlocks it can be told, as of no channel.
    pub fn is_mutex(&self) -> bool {
        self.kind.starts_with("sync.") && self.kind.contains("Mutex")
    }

    /// Time of those who wait.
    pub fn waited(&self) -> Delay {
        sum(&self.waiters, |side| side.change)
    }

    /// Time that others lost while it was held.
    pub fn held(&self) -> Delay {
        sum(&self.holders, |side| side.change)
    }

    /// What is known of it: the waiters' time, or else that of which holders are told.
    pub fn delay(&self) -> Delay {
        if self.waiters.is_empty() { self.held() } else { self.waited() }
    }

    /// Frames of its own that the heaviest waiter and the heaviest holder have in common.
    pub fn shared(&self, symbols: &Symbols) -> Vec<Frame> {
        let (Some(waiter), Some(holder)) = (self.waiters.first(), self.holders.first()) else { return Vec::new() };
        let held = frames(symbols, holder.stack);
        let is_shared = |frame: &Frame| held.iter().any(|other| other.function == frame.function);
        let own = |frame: &Frame| !is_runtime(symbols.strings.get(frame.function));
        frames(symbols, waiter.stack).into_iter().filter(|frame| own(frame) && is_shared(frame)).collect()
    }
}

fn sum(sides: &[Side], of: impl Fn(&Side) -> Delay) -> Delay {
    sides.iter().fold(Delay::default(), |mut sum, side| {
        sum.add(of(side));
        sum
    })
}

/// Profiles of one side.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files, in time order.
    pub sources: Vec<SourceId>,
    /// Seconds between the first and the last, where times are told.
    pub seconds: Option<f64>,
    /// None of them holds a sample.
    pub is_empty: bool,
    /// A file says that the rate is 0.
    pub is_off: bool,
}

/// All locks, and what they rest on.
pub(super) struct Found {
    pub(super) locks: Vec<Lock>,
    pub(super) mutex: Coverage,
    pub(super) block: Coverage,
}

/// Finds them. `populations` say who waits now.
pub(super) fn locks(session: &Session, shapes: &Shapes<'_>, populations: &[Population]) -> Found {
    let symbols = &session.symbols;
    let mut by_key: BTreeMap<(String, String), Lock> = BTreeMap::new();
    let (waiters, block) = sides(session, &[ProfileKind::Block, ProfileKind::Contention], false);
    let (holders, mutex) = sides(session, &[ProfileKind::Mutex, ProfileKind::Contention], true);
    for (side, frames) in waiters {
        let names = frames.iter().map(|frame| symbols.strings.get(frame.function));
        let state = state::of_go(names);
        let end = shapes.end_in(&frames);
        // Who waits at a channel or for work is no lock's, save a pool's.
        if !state::is_lock(state) && end.is_none() {
            continue;
        }
        let owner = end.map_or_else(|| owner(symbols, &frames), |end| end.owner);
        by_key.entry((owner, class(state).to_owned())).or_default().waiters.push(side);
    }
    for (side, frames) in holders {
        let end = shapes.end_in(&frames);
        let owner = end.map_or_else(|| owner(symbols, &frames), |end| end.owner);
        let kind = if frames.first().is_some_and(|frame| symbols.strings.get(frame.function).contains("RWMutex")) {
            "sync.RWMutex"
        } else {
            "sync.Mutex"
        };
        by_key.entry((owner, kind.to_owned())).or_default().holders.push(side);
    }
    for (population_at, population) in populations.iter().enumerate() {
        standing(symbols, population, population_at, &mut by_key);
    }
    let mut locks: Vec<Lock> = by_key
        .into_iter()
        .map(|((owner, kind), mut lock)| {
            for sides in [&mut lock.waiters, &mut lock.holders] {
                order::sort_by_key(sides, |side| (std::cmp::Reverse(side.change.nanos), side.place));
            }
            let is_runtime = is_runtime(&owner);
            Lock { is_pool: shapes.is_pool(&owner), is_runtime, owner, kind, ..lock }
        })
        .collect();
    order::sort_by(&mut locks, |a, b| {
        let weight = |lock: &Lock| (!lock.is_runtime, lock.delay().nanos, lock.waiting_now);
        weight(b).cmp(&weight(a)).then_with(|| (&a.owner, &a.kind).cmp(&(&b.owner, &b.kind)))
    });
    Found { locks, mutex, block }
}

/// Groups that wait for a lock, or in a pool.
fn standing(
    symbols: &Symbols,
    population: &Population,
    population_at: usize,
    by_key: &mut BTreeMap<(String, String), Lock>,
) {
    let mut holders: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    for (at, group) in population.groups.iter().enumerate() {
        for &address in &group.holds {
            holders.entry(address).or_default().push(at);
        }
    }
    for (at, group) in population.groups.iter().enumerate() {
        let of_address = !group.waits_for.is_empty() && group.is_waiting() && group.state != "sync.WaitGroup.Wait";
        if !(state::is_lock(&group.state) || group.end.is_some() || of_address) {
            continue;
        }
        let mut holding: Vec<usize> =
            group.waits_for.iter().filter_map(|(address, _)| holders.get(address)).flatten().copied().collect();
        holding.sort_unstable();
        holding.dedup();
        // Machines have threads that rest in their own libraries.
        if own_frame(symbols, &group.frames).is_none() && group.end.is_none() && holding.is_empty() {
            continue;
        }
        let owner = group.end.as_ref().map_or_else(|| owner(symbols, &group.frames), |end| end.owner.clone());
        let lock = by_key.entry((owner, class(&group.state).to_owned())).or_default();
        lock.waiting_now = lock.waiting_now.saturating_add(population.count(group));
        lock.groups.push((population_at, at));
        for holder in holding {
            if !lock.holding.contains(&(population_at, holder)) {
                lock.holding.push((population_at, holder));
            }
        }
    }
}

/// Both ways to take a lock are of one lock.
fn class(state: &str) -> &str {
    match state {
        "sync.RWMutex.RLock" | "sync.RWMutex.Lock" => "sync.RWMutex",
        "sync.Mutex.Lock" => "sync.Mutex",
        "BLOCKED (on object monitor)" | "WAITING (on object monitor)" => "monitor",
        state => state,
    }
}

/// Whose a lock is: that of the innermost frame of the program's own, or of the runtime.
fn owner(symbols: &Symbols, frames: &[Frame]) -> String {
    let frame = own_frame(symbols, frames).or_else(|| frames.get(1).or(frames.first()).copied());
    let all_runtime = frames.iter().all(|frame| is_runtime(symbols.strings.get(frame.function)));
    let leaf = frames.first().map_or("", |frame| symbols.strings.get(frame.function));
    match frame {
        // Locks of the runtime itself are held deep in it, whoever called.
        _ if all_runtime || leaf.starts_with("runtime.unlock") || leaf.starts_with("runtime._Lost") => {
            "runtime.".to_owned()
        }
        Some(frame) => owner_of(symbols.strings.get(frame.function)),
        None => String::new(),
    }
}

/// Stacks of one side, the same place once, with what they rest on.
fn sides(session: &Session, kinds: &[ProfileKind], wants_holders: bool) -> (Vec<(Side, Vec<Frame>)>, Coverage) {
    let symbols = &session.symbols;
    let series = kinds.iter().map(|&kind| Series::of_kind(session, kind)).find(|series| !series.snapshots.is_empty());
    let Some(series) = series else { return (Vec::new(), Coverage { is_empty: true, ..Coverage::default() }) };
    let measured: Vec<usize> = series.distinct().collect();
    let profile = |at: Option<&usize>| session.profile(series.snapshots.get(*at?)?.source);
    let (first, last) = (profile(measured.first()), profile(measured.last()));
    let Some(last) = last else { return (Vec::new(), Coverage { is_empty: true, ..Coverage::default() }) };
    let before = first.filter(|_| measured.len() > 1).map(|first| by_stack(symbols, first));
    // A series whose counters fell is of two runs: nothing is subtracted.
    let before = before.filter(|_| series.is_comparable());
    let mut found: FxHashMap<(Vec<Frame>, bool), (Side, Vec<Frame>)> = FxHashMap::default();
    let mut rows: Vec<(StackId, Delay)> = by_stack(symbols, last).into_iter().collect();
    order::sort_by_key(&mut rows, |&(stack, delay)| (std::cmp::Reverse(delay.nanos), stack));
    for (stack, total) in rows {
        let frames = frames(symbols, stack);
        if is_holder(symbols, &frames, last.kind) != wants_holders {
            continue;
        }
        let earlier = before.as_ref().and_then(|before| before.get(&stack)).copied().unwrap_or_default();
        let change = total.less(earlier);
        let place = own_frame(symbols, &frames);
        let side = Side { place, stack, total, change };
        match found.entry((
            place.into_iter().collect(),
            state::is_lock(state::of_go(frames.iter().map(|f| symbols.strings.get(f.function)))),
        )) {
            std::collections::hash_map::Entry::Occupied(mut known) => {
                known.get_mut().0.total.add(total);
                known.get_mut().0.change.add(change);
            }
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert((side, frames));
            }
        }
    }
    let seconds = match (measured.first(), measured.last()) {
        (Some(&a), Some(&b)) if series.has_times() && before.is_some() => {
            let at = |at: usize| series.snapshots.get(at).map_or(0.0, |snapshot| snapshot.at_seconds);
            Some(at(b) - at(a)).filter(|&seconds| seconds > 0.0)
        }
        _ => None,
    };
    let is_off = series
        .snapshots
        .iter()
        .filter_map(|snapshot| session.profile(snapshot.source))
        .any(|profile| profile.comments.iter().any(|&note| symbols.strings.get(note) == "sampling period=0"));
    let coverage = Coverage {
        sources: measured.iter().filter_map(|&at| Some(series.snapshots.get(at)?.source)).collect(),
        seconds,
        is_empty: found.is_empty(),
        is_off,
    };
    let mut found: Vec<(Side, Vec<Frame>)> = found.into_values().collect();
    order::sort_by_key(&mut found, |(side, _)| (std::cmp::Reverse(side.total.nanos), side.place, side.stack));
    (found, coverage)
}

/// A mutex profile charges who unlocks; where the kind is not told, the leaf tells.
fn is_holder(symbols: &Symbols, frames: &[Frame], kind: ProfileKind) -> bool {
    match kind {
        ProfileKind::Mutex => true,
        ProfileKind::Block => false,
        _ => frames.first().is_some_and(|frame| {
            let name = symbols.strings.get(frame.function);
            name.to_ascii_lowercase().contains("unlock")
        }),
    }
}

fn by_stack(symbols: &Symbols, profile: &Profile) -> FxHashMap<StackId, Delay> {
    let column = |name: &str| {
        let at = profile.sample_types.iter().position(|t| symbols.strings.get(t.name) == name)?;
        profile.values.get(at)
    };
    let (counts, nanos) = (column("contentions"), column("delay"));
    let mut sums: FxHashMap<StackId, Delay> = FxHashMap::default();
    for (row, &stack) in profile.stacks.iter().enumerate() {
        let value = |column: Option<&Vec<i64>>| column.and_then(|column| column.get(row)).copied().unwrap_or(0);
        sums.entry(stack).or_default().add(Delay { contentions: value(counts), nanos: value(nanos) });
    }
    sums
}
