//! Times of all sections onto one clock that begins with the first event.

use super::section::{Section, Tail};
use crate::formats::warnings::Warnings;
use crate::model::Nanos;
use crate::model::pool::History;

/// Brings all times onto one axis: by the wall clock where every process has it, else by the monotonic clock, which
/// processes of one machine share.
pub(super) fn onto_one(history: &mut History, sections: &[Section], warnings: &mut Warnings) {
    let by_wall = sections.iter().all(|section| section.wall_offset.is_some());
    if !by_wall && sections.len() > 1 {
        warnings.once(
            "Not every process wrote its wall clock: they are laid on one axis by their monotonic clocks, which is only \
             right for one machine."
                .to_owned(),
        );
    }
    let shift = |section: &Section| if by_wall { section.wall_offset.unwrap_or(0) } else { 0 };
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for section in sections {
        if let Some((first, last)) = section.times {
            low = low.min(first.saturating_add(shift(section)));
            high = high.max(last.saturating_add(shift(section)));
        }
    }
    if low > high {
        (low, high) = (0, 0);
    }
    for (row, section) in sections.iter().enumerate() {
        let move_by = shift(section).saturating_sub(low);
        let moved = |time: i64| time.saturating_add(move_by);
        let end = sections.get(row + 1).map_or(Tail::of(history), |next| next.tail);
        let from = section.tail;
        for event in history.events.get_mut(from.events..end.events).unwrap_or_default() {
            event.time = moved(event.time);
        }
        for mark in history.marks.get_mut(from.marks..end.marks).unwrap_or_default() {
            mark.time = moved(mark.time);
        }
        for counted in history.counted.get_mut(from.counted..end.counted).unwrap_or_default() {
            counted.time = moved(counted.time);
        }
        for set in history.live_sets.get_mut(from.live_sets..end.live_sets).unwrap_or_default() {
            set.time = moved(set.time);
        }
        if let Some(process) = history.processes.get_mut(row) {
            process.end = section.times.map_or(0, |(_, last)| moved(last));
        }
    }
    let first = sections.first();
    let first_shift = first.map_or(0, shift);
    history.origin = u64::try_from(low.saturating_sub(first_shift)).unwrap_or(0);
    history.wall = first
        .and_then(|section| section.wall_offset)
        .map(|offset| Nanos::from_unix_nanos(low.saturating_sub(first_shift).saturating_add(offset)));
    history.span = (0, high.saturating_sub(low));
}
