//! Events by object, in the order of its life.
//!
//! Clocks of threads may disagree by more than a hand-over takes, but each hand-out has a number, the generation, and
//! within one hand-out an object can only be got before it is put, put before it is reset, and so on. So the order is by
//! generation, then by phase, then by time, then as the file has it.

use crate::model::ObjectId;
use crate::model::pool::{EventKind, History, ObjectEvent};

/// Events of all lives, one life behind the other.
pub(super) struct Grouped {
    /// Objects by pool, then by their number.
    pub(super) objects: Vec<ObjectId>,
    /// Where the events of each begin; one more than there are objects.
    pub(super) starts: Vec<u32>,
    /// The events.
    pub(super) events: Vec<ObjectEvent>,
}

/// When within one hand-out a kind of event can be.
#[inline]
fn phase(kind: EventKind) -> u8 {
    use EventKind as K;
    match kind {
        K::New | K::Attach => 0,
        K::Get => 1,
        K::FoundActive | K::Touch | K::Leak | K::Unleaked | K::Put | K::Detach => 2,
        K::Reset => 3,
        K::FoundIdle => 4,
        K::Age => 5,
        K::FoundVictim => 6,
        K::Drop => 7,
    }
}

#[inline]
fn key(event: &ObjectEvent) -> (u64, i64) {
    (u64::from(event.generation) << 3 | u64::from(phase(event.kind)), event.time)
}

/// Takes the events of a history apart: by counting, then sorting what is out of order in each life. Whole events are
/// moved, not their numbers: what follows walks them as they lie, and memory is read in order.
pub(super) fn by_life(history: &mut History) -> Grouped {
    let unordered = std::mem::take(&mut history.events);
    let mut objects: Vec<ObjectId> = history.objects().map(|(id, _)| id).collect();
    let place = |id: &ObjectId| history.object(*id).map(|object| (object.pool, object.number));
    if !objects.is_sorted_by_key(place) {
        objects.sort_by_key(place);
    }
    let mut rank = vec![0_u32; objects.len()];
    for (at, object) in (0_u32..).zip(&objects) {
        if let Some(place) = rank.get_mut(object.index()) {
            *place = at;
        }
    }
    let rank_of = |event: &ObjectEvent| rank.get(event.object.index()).map_or(0, |&rank| rank as usize);
    let mut starts = vec![0_u32; objects.len() + 1];
    for event in &unordered {
        if let Some(count) = starts.get_mut(rank_of(event) + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut free = starts.clone();
    let mut events = match unordered.first() {
        Some(&any) => vec![any; unordered.len()],
        None => Vec::new(),
    };
    for event in &unordered {
        if let Some(next) = free.get_mut(rank_of(event)) {
            if let Some(place) = events.get_mut(*next as usize) {
                *place = *event;
            }
            *next += 1;
        }
    }
    for bounds in starts.windows(2) {
        let [from, to] = *bounds else { continue };
        let life = events.get_mut(from as usize..to as usize).unwrap_or_default();
        if !life.is_sorted_by_key(key) {
            life.sort_by_key(key);
        }
    }
    Grouped { objects, starts, events }
}
