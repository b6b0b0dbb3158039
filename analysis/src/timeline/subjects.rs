//! Which events are about which goroutine, two bytes an event.

use super::window::Window;
use crate::model::trace::{Event, EventTable, Goroutine, Transition};

/// Events of a segment: their places in it fit into two bytes.
const SEGMENT: usize = 1 << 16;
const NOBODY: u32 = u32::MAX;

/// Events by the goroutine that they are about: whose state changes, or who runs. Grows with the table.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    segments: Vec<Segment>,
    /// Subjects of the events after the last segment.
    pending: Vec<u32>,
    /// Place of a goroutine in the segment being made, kept to make no table twice.
    places: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Segment {
    /// Goroutines with events here, rising.
    goroutines: Vec<u32>,
    /// Where each one's events end in `order`.
    ends: Vec<u32>,
    order: Vec<u16>,
}

/// Whom an event is about.
#[inline]
pub fn subject(event: &Event<'_>, transition: Option<Transition>) -> Option<Goroutine> {
    match transition {
        Some(Transition::Goroutine { goroutine, .. }) => goroutine,
        _ => event.context.goroutine,
    }
}

impl Subjects {
    /// Takes the next event.
    #[inline]
    pub fn push(&mut self, subject: Option<Goroutine>) {
        self.pending.push(subject.map_or(NOBODY, |goroutine| goroutine.index() as u32));
        if self.pending.len() == SEGMENT {
            self.seal();
        }
    }

    /// Sorts the pending events by goroutine: counted, then put into their places, so in time order within each.
    fn seal(&mut self) {
        let mut goroutines: Vec<u32> = Vec::new();
        for &subject in self.pending.iter().filter(|&&subject| subject != NOBODY) {
            let row = subject as usize;
            if row >= self.places.len() {
                self.places.resize(row + 1, 0);
            }
            if let Some(count) = self.places.get_mut(row) {
                if *count == 0 {
                    goroutines.push(subject);
                }
                *count += 1;
            }
        }
        goroutines.sort_unstable();
        let (mut ends, mut total) = (Vec::with_capacity(goroutines.len()), 0);
        for &goroutine in &goroutines {
            if let Some(place) = self.places.get_mut(goroutine as usize) {
                let count = std::mem::replace(place, total);
                total += count;
                ends.push(total);
            }
        }
        let mut order = vec![0_u16; total as usize];
        for (at, &subject) in self.pending.iter().enumerate() {
            if let Some(place) = self.places.get_mut(subject as usize)
                && let Some(slot) = order.get_mut(*place as usize)
            {
                *slot = at as u16;
                *place += 1;
            }
        }
        for &goroutine in &goroutines {
            if let Some(place) = self.places.get_mut(goroutine as usize) {
                *place = 0;
            }
        }
        self.segments.push(Segment { goroutines, ends, order });
        self.pending.clear();
    }

    /// Numbers of the events about `goroutine` among those from `from` up to `to`, rising.
    pub fn of(&self, goroutine: Goroutine, from: usize, to: usize) -> impl Iterator<Item = usize> {
        let wanted = goroutine.index() as u32;
        let pending = self.segments.len() * SEGMENT;
        let segments =
            self.segments.iter().enumerate().skip(from / SEGMENT).take_while(move |(at, _)| at * SEGMENT < to);
        let sealed = segments.flat_map(move |(at, segment)| {
            let events = segment.of(wanted).iter();
            events.map(move |&place| at * SEGMENT + place as usize)
        });
        let open = self.pending.iter().enumerate().filter(move |&(_, &subject)| subject == wanted);
        sealed.chain(open.map(move |(at, _)| pending + at)).filter(move |&at| at >= from && at < to)
    }

    /// As [`of`](Self::of), for the events in a stretch of time.
    pub fn in_window<'a>(
        &'a self,
        events: &'a EventTable,
        goroutine: Goroutine,
        window: Window,
    ) -> impl Iterator<Item = Event<'a>> {
        let (from, to) = (events.first_at(window.start), events.first_at(window.end));
        self.of(goroutine, from, to).filter_map(|at| events.get(at))
    }

    /// The last event about `goroutine` before the event numbered `before`.
    pub fn last_before(&self, goroutine: Goroutine, before: usize) -> Option<usize> {
        let wanted = goroutine.index() as u32;
        let pending = self.segments.len() * SEGMENT;
        let open = self.pending.get(..before.saturating_sub(pending).min(self.pending.len())).unwrap_or(&[]);
        if let Some(at) = open.iter().rposition(|&subject| subject == wanted) {
            return Some(pending + at);
        }
        (0..self.segments.len().min(before / SEGMENT + 1)).rev().find_map(|at| {
            let places = self.segments.get(at)?.of(wanted);
            let count = places.partition_point(|&place| at * SEGMENT + (place as usize) < before);
            Some(at * SEGMENT + *places.get(count.checked_sub(1)?)? as usize)
        })
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        let segments = self.segments.iter().map(|segment| segment.order.len() * 2 + segment.goroutines.len() * 8);
        segments.sum::<usize>() + self.pending.len() * 4 + self.places.len() * 4
    }
}

impl Segment {
    fn of(&self, goroutine: u32) -> &[u16] {
        let Ok(at) = self.goroutines.binary_search(&goroutine) else { return &[] };
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        self.ends.get(at).and_then(|&end| self.order.get(start..end as usize)).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::trace::{GoId, Goroutines};

    #[test]
    fn every_event_is_found_under_its_goroutine() {
        let mut table = Goroutines::default();
        let rows: Vec<Goroutine> = (0..900).map(|id| table.intern(GoId(id))).collect();
        let whose = |at: usize| (at % 11 != 3).then(|| rows[at * at % 900]);
        let mut subjects = Subjects::default();
        let count = 3 * SEGMENT + 1_000;
        (0..count).for_each(|at| subjects.push(whose(at)));
        for &row in [rows[0], rows[1], rows[144], rows[899]].iter() {
            let slow: Vec<usize> = (0..count).filter(|&at| whose(at) == Some(row)).collect();
            assert_eq!(subjects.of(row, 0, count).collect::<Vec<_>>(), slow);
            let part: Vec<usize> = slow.iter().copied().filter(|at| (70_000..198_000).contains(at)).collect();
            assert_eq!(subjects.of(row, 70_000, 198_000).collect::<Vec<_>>(), part);
            for before in [0, 65_536, 70_001, count] {
                assert_eq!(subjects.last_before(row, before), slow.iter().copied().rfind(|&at| at < before));
            }
        }
        assert!(subjects.held_bytes() < 3 * count);
    }
}
