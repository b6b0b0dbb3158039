//! What the walk over a pool's objects counts besides steps.

use rustc_hash::FxHashMap;

use super::balance::Balance;
use super::judge::Verdict;
use super::state::{STATES, State};
use super::{Handover, Site};
use crate::model::StackId;
use crate::model::pool::{DropReason, EventKind, ObjectEvent, Tier};

/// What a pool's walk counts besides steps.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) balance: Balance,
    pub(super) tiers: [u64; Tier::ALL.len()],
    pub(super) drops: [u64; DropReason::ALL.len()],
    pub(super) puts: u64,
    pub(super) gaps: u64,
    pub(super) unexplained: u64,
    pub(super) bytes: [u64; STATES],
    pub(super) handovers: Handovers,
    pub(super) sites: Sites,
}

impl Tally {
    #[inline]
    pub(super) fn see(&mut self, event: &ObjectEvent, from: State, verdict: Verdict) {
        let balance = &mut self.balance;
        match event.kind {
            EventKind::Get => {
                if let Some(count) = self.tiers.get_mut(usize::from(event.detail)) {
                    *count += 1;
                }
            }
            EventKind::Put => self.puts += u64::from(!matches!(verdict, Verdict::Violation(_))),
            EventKind::New => balance.new += u64::from(from == State::Outside),
            EventKind::Attach => balance.attached += u64::from(from == State::Outside),
            EventKind::FoundActive | EventKind::FoundIdle | EventKind::FoundVictim => {
                balance.found += u64::from(from == State::Outside);
            }
            EventKind::Drop => {
                if let Some(count) = self.drops.get_mut(usize::from(event.detail)).filter(|_| verdict != Verdict::Note)
                {
                    *count += 1;
                }
            }
            _ => {}
        }
    }

    pub(super) fn at_end(&mut self, state: State, bytes: u64) {
        if let Some(sum) = self.bytes.get_mut(state.index()) {
            *sum = sum.saturating_add(bytes);
        }
        let balance = &mut self.balance;
        match state {
            State::Outside => {}
            State::Active => balance.active += 1,
            State::Returned => balance.returned += 1,
            State::Idle => balance.idle += 1,
            State::Victim => balance.victim += 1,
            State::Collected => balance.purged += 1,
            State::Dropped => balance.dropped += 1,
            State::Abandoned => balance.destroyed += 1,
            State::Detached => balance.detached += 1,
            State::Unknown => balance.unknown += 1,
        }
    }
}

/// Hand-outs that ended, by where they began and where they ended.
#[derive(Default)]
pub(super) struct Handovers {
    rows: FxHashMap<(StackId, StackId), u32>,
    all: Vec<Handover>,
    /// The row of the last, since many in a row are of one place.
    last: Option<(StackId, StackId, u32)>,
}

impl Handovers {
    #[inline]
    pub(super) fn add(&mut self, got_at: StackId, put_at: StackId, nanos: u64, is_across: bool) {
        let row = match self.last {
            Some((got, put, row)) if (got, put) == (got_at, put_at) => row,
            _ => {
                let next = self.all.len() as u32;
                let row = *self.rows.entry((got_at, put_at)).or_insert(next);
                if row == next {
                    self.all.push(Handover { got_at, put_at, ..Handover::default() });
                }
                self.last = Some((got_at, put_at, row));
                row
            }
        };
        if let Some(handover) = self.all.get_mut(row as usize) {
            handover.count += 1;
            handover.across_threads += u64::from(is_across);
            handover.nanos = handover.nanos.saturating_add(nanos);
            handover.max_nanos = handover.max_nanos.max(nanos);
        }
    }

    pub(super) fn into_sorted(mut self) -> Vec<Handover> {
        self.all.sort_by_key(|handover| (std::cmp::Reverse(handover.count), handover.got_at, handover.put_at));
        self.all
    }
}

/// Objects that are out at the end, by where they were got.
#[derive(Default)]
pub(super) struct Sites(FxHashMap<StackId, Site>);

impl Sites {
    pub(super) fn add(&mut self, got_at: StackId, age: u64, bytes: u64) {
        let site = self.0.entry(got_at).or_insert(Site { got_at, ..Site::default() });
        site.out += 1;
        site.bytes = site.bytes.saturating_add(bytes);
        site.oldest_nanos = site.oldest_nanos.max(age);
        site.ages.push(age);
    }

    pub(super) fn into_sorted(self) -> Vec<Site> {
        let mut all: Vec<Site> = self.0.into_values().collect();
        all.iter_mut().for_each(|site| site.ages.sort_unstable());
        all.sort_by_key(|site| (std::cmp::Reverse(site.out), site.got_at));
        all
    }
}
