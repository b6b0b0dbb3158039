//! How many objects were made in the stead of ones that had been dropped: what fills a pool for the first time is not.

use super::Seen;
use crate::model::pool::{DropReason, EventKind};

/// Objects of a pool that were made after others had been dropped for one of these reasons, each drop counted once.
pub(super) fn remade(seen: &Seen<'_>, reasons: &[DropReason]) -> u64 {
    let rows = &seen.lifecycle.rows;
    let facts = rows.facts.get(seen.life.rows.clone()).unwrap_or_default();
    let times = rows.times.get(seen.life.rows.clone()).unwrap_or_default();
    let is_dropped = |detail: u8| DropReason::from_code(detail).is_some_and(|reason| reasons.contains(&reason));
    let kind = |(&time, fact): (&i64, &crate::lifecycle::Fact)| match fact.kind {
        EventKind::New => Some((time, true)),
        EventKind::Drop if is_dropped(fact.detail) => Some((time, false)),
        _ => None,
    };
    let mut events: Vec<(i64, bool)> = times.iter().zip(facts).filter_map(kind).collect();
    // A drop before a new one of the same time.
    events.sort_unstable();
    let (mut missing, mut again) = (0_u64, 0);
    for (_, is_new) in events {
        match (is_new, missing) {
            (false, _) => missing += 1,
            (true, 1..) => (missing, again) = (missing - 1, again + 1),
            (true, 0) => {}
        }
    }
    again
}
