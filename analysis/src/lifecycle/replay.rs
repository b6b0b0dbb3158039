//! Walks every object's events once, and keeps what each did.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::balance::Balance;
use super::dwell::Lengths;
use super::group::{self, Grouped};
use super::judge::{Known, Rules, Verdict, judge};
use super::state::{State, Step};
use super::tally::Tally;
use super::violation::Violation;
use super::{Certainty, Life, Lifecycle, PoolLife, Rows};
use crate::model::pool::{EventKind, History, Mark, Misuse, ObjectEvent, Source};
use crate::model::{PoolId, StackId};

/// Replays a history. Its events become rows; everything else of it stays.
pub fn replay(mut history: History) -> Lifecycle {
    let grouped = group::by_life(&mut history);
    let mut replay = Replay {
        history: &history,
        grouped: &grouped,
        rows: Rows::with_capacity(grouped.events.len()),
        lives: Vec::with_capacity(grouped.objects.len()),
        violations: Vec::new(),
        lengths: Default::default(),
        steps: vec![0; 256],
    };
    let mut pools = Vec::with_capacity(history.pools.len());
    let mut first = 0;
    for (id, _) in history.pools() {
        let own = grouped.objects.get(first..).unwrap_or_default();
        let of_pool = |object: &&crate::model::ObjectId| history.object(**object).is_some_and(|o| o.pool == id);
        let count = own.iter().take_while(of_pool).count();
        pools.push(replay.pool(id, first..first + count));
        first += count;
    }
    let Replay { rows, mut lives, mut violations, .. } = replay;
    refused(&history, &mut violations);
    violations.sort_by_key(|violation| violation.time);
    count_violations(&violations, &mut lives, &mut pools);
    Lifecycle { history, rows, lives, pools, violations }
}

/// What the pools saw and refused themselves. A reuse without reset that the order of events shows too is one.
fn refused(history: &History, violations: &mut Vec<Violation>) {
    let dirty: rustc_hash::FxHashSet<_> = violations
        .iter()
        .filter(|violation| violation.kind == Misuse::DirtyReuse)
        .map(|violation| (violation.object, violation.generation))
        .collect();
    for mark in &history.marks {
        let Mark::Misuse { kind, object, generation, owner } = mark.what else { continue };
        if kind == Misuse::DirtyReuse && dirty.contains(&(object, generation)) {
            continue;
        }
        violations.push(Violation {
            kind,
            pool: mark.pool,
            object,
            generation,
            time: mark.time,
            thread: mark.thread,
            stack: mark.stack,
            owner,
            // A native pool hands out what it could not reset, and says so; all else it refuses. Go's takes anything.
            was_refused: history.source == Source::PoolTrace && kind != Misuse::DirtyReuse,
        });
    }
}

fn count_violations(violations: &[Violation], lives: &mut [Life], pools: &mut [PoolLife]) {
    let mut by_object: FxHashMap<_, u32> = FxHashMap::default();
    for violation in violations {
        if let Some(pool) = pools.get_mut(violation.pool.index()) {
            pool.violations += 1;
        }
        if let Some(object) = violation.object {
            *by_object.entry(object).or_default() += 1;
        }
    }
    if by_object.is_empty() {
        return;
    }
    for life in lives {
        life.violations = by_object.get(&life.object).copied().unwrap_or(0);
    }
}

struct Replay<'a> {
    history: &'a History,
    grouped: &'a Grouped,
    rows: Rows,
    lives: Vec<Life>,
    violations: Vec<Violation>,
    /// Of the pool that is walked; by the order of [`State::TIMED`].
    lengths: [Lengths; 5],
    steps: Vec<u64>,
}

/// Where an object is while its events are walked.
#[derive(Default)]
struct Walk {
    known: Known,
    /// When it came there, if that is known.
    since: Option<i64>,
    bytes: u64,
    /// Of the hand-out that is under way: where and by which thread it was got.
    got: (StackId, u16),
    uses: u32,
}

impl Replay<'_> {
    fn pool(&mut self, id: PoolId, lives: Range<usize>) -> PoolLife {
        let setup = self.history.pool(id).copied().unwrap_or_default();
        let process = self.history.process_of(&setup);
        let certainty = Certainty {
            lost_events: process.map_or(0, |process| process.lost_events),
            is_damaged: process.is_some_and(|process| process.is_damaged),
            is_ended: process.is_none_or(|process| process.is_ended),
            every: setup.record_every.max(1),
        };
        let knows_place = self.history.source != Source::AllocFree;
        let rules = Rules { has_reset: setup.has_reset, is_partial: !certainty.is_whole(), knows_place };
        let end = process.map_or(self.history.span.1, |process| process.end);
        let first_row = self.rows.len();
        let mut tally = Tally::default();
        for at in lives.clone() {
            self.life(at, id, rules, end, &mut tally);
        }
        let used = self.steps.iter_mut().enumerate().filter(|(_, count)| **count > 0);
        let steps = used.map(|(index, count)| (Step::from_index(index), std::mem::take(count))).collect();
        let counted = self.history.counted.iter().rev().find(|counted| counted.pool == id);
        let dwell = self.lengths.each_mut().map(Lengths::take);
        PoolLife {
            pool: id,
            lives,
            rows: first_row..self.rows.len(),
            end,
            certainty,
            steps,
            tiers: tally.tiers,
            drops: tally.drops,
            puts: tally.puts,
            gaps: tally.gaps,
            unexplained: tally.unexplained,
            violations: 0,
            dwell,
            balance: tally.balance,
            counted: counted.and_then(|counted| Balance::counted(&counted.counts)),
            bytes: tally.bytes,
            handovers: tally.handovers.into_sorted(),
            sites: tally.sites.into_sorted(),
        }
    }

    fn life(&mut self, at: usize, pool: PoolId, rules: Rules, end: i64, tally: &mut Tally) {
        let grouped = self.grouped;
        let (Some(&object), Some(&from)) = (grouped.objects.get(at), grouped.starts.get(at)) else { return };
        let to = grouped.starts.get(at + 1).copied().unwrap_or(from);
        let events = grouped.events.get(from as usize..to as usize).unwrap_or_default();
        let first_row = self.rows.len() as u32;
        let mut walk = Walk::default();
        for (at, event) in events.iter().enumerate() {
            self.event(&mut walk, event, events.get(at + 1), pool, rules, tally);
        }
        self.end_of_life(&walk, rules, end, tally);
        self.lives.push(Life {
            object,
            first_row,
            state: walk.known.state,
            since: walk.since,
            generation: walk.known.generation,
            uses: walk.uses,
            bytes: walk.bytes,
            violations: 0,
        });
    }

    #[inline]
    fn event(
        &mut self,
        walk: &mut Walk,
        event: &ObjectEvent,
        next: Option<&ObjectEvent>,
        pool: PoolId,
        rules: Rules,
        tally: &mut Tally,
    ) {
        let from = walk.known.state;
        let (to, verdict) = judge(walk.known, event, next, rules);
        tally.see(event, from, verdict);
        walk.known.is_made |= event.kind == EventKind::New;
        walk.known.generation = walk.known.generation.max(event.generation);
        if measures(event.kind) && (event.value > 0 || walk.bytes == 0) {
            walk.bytes = event.value;
        }
        match verdict {
            Verdict::Gap => tally.gaps += 1,
            Verdict::Unexplained => tally.unexplained += 1,
            Verdict::Violation(kind) => self.violations.push(Violation {
                kind,
                pool,
                object: Some(event.object),
                generation: event.generation,
                time: event.time,
                thread: event.thread,
                stack: event.stack,
                owner: None,
                was_refused: false,
            }),
            Verdict::Legal | Verdict::Note => {}
        }
        // A second holder is a step too, from out to out.
        let is_step = from != to || matches!(verdict, Verdict::Violation(Misuse::SecondHolder));
        let step = if is_step { Step::new(from, to) } else { Step::NONE };
        if is_step {
            self.leave(walk, event, from, verdict, tally);
            if let Some(count) = self.steps.get_mut(step.index()) {
                *count += 1;
            }
            walk.known.state = to;
            walk.since = since(event);
            if to == State::Active {
                walk.got = (event.stack, event.thread);
            }
        }
        walk.uses += u32::from(event.kind == EventKind::Get);
        self.rows.push(event, step);
    }

    /// The time in a state is over.
    #[inline]
    fn leave(&mut self, walk: &Walk, event: &ObjectEvent, from: State, verdict: Verdict, tally: &mut Tally) {
        let Some(since) = walk.since.filter(|_| verdict != Verdict::Gap) else { return };
        // Two clocks may disagree by a little: no time is less than none.
        let nanos = event.time.saturating_sub(since).max(0) as u64;
        if let Some(lengths) = timed(from).and_then(|at| self.lengths.get_mut(at)) {
            lengths.ended(nanos);
        }
        if from == State::Active && matches!(event.kind, EventKind::Put | EventKind::Detach) {
            let (got_at, got_by) = walk.got;
            tally.handovers.add(got_at, event.stack, nanos, got_by != event.thread && got_by != u16::MAX);
        }
    }

    fn end_of_life(&mut self, walk: &Walk, rules: Rules, end: i64, tally: &mut Tally) {
        let state = walk.known.state;
        tally.at_end(state, walk.bytes);
        let Some(since) = walk.since else { return };
        let nanos = end.saturating_sub(since).max(0) as u64;
        // What is idle may have gone out unseen; what is out would have been seen to come back.
        if let Some(lengths) = timed(state).and_then(|at| self.lengths.get_mut(at))
            && (state == State::Active || !rules.is_partial)
        {
            lengths.censored(nanos);
        }
        if state == State::Active {
            tally.sites.add(walk.got.0, nanos, walk.bytes);
        }
    }
}

/// Whether an event tells the size of the object.
#[inline]
fn measures(kind: EventKind) -> bool {
    use EventKind as K;
    matches!(kind, K::New | K::Attach | K::Put | K::FoundActive | K::FoundIdle | K::FoundVictim)
}

/// Since when the object is where an event put it.
#[inline]
fn since(event: &ObjectEvent) -> Option<i64> {
    match event.kind {
        EventKind::FoundActive | EventKind::FoundIdle | EventKind::FoundVictim => {
            (event.detail != 0).then_some(event.time)
        }
        EventKind::Leak => Some(event.time.saturating_sub(i64::try_from(event.value).unwrap_or(i64::MAX))),
        _ => Some(event.time),
    }
}

#[inline]
fn timed(state: State) -> Option<usize> {
    match state {
        State::Active => Some(0),
        State::Returned => Some(1),
        State::Idle => Some(2),
        State::Victim => Some(3),
        State::Unknown => Some(4),
        _ => None,
    }
}
