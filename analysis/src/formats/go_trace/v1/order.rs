//! One order for the events of all processors (internal/tracev1, `parseEventBatches` and order.go).
//!
//! Events of a batch are in order. Of the first event of every processor that has all it depends on behind it, the one
//! with the lowest time comes next: so the order holds together even where clocks of processors disagree.

use super::cursor::{ANY, Cursor, Head, RISE, State, Subject};
use super::heap::{pop, push};
use super::index::Index;
use super::kind::Kind;
use super::place::{Place, entry};
use crate::formats::warnings::Warnings;
use crate::model::trace::Goroutines;

/// Events in order.
pub(super) struct Ordered {
    pub(super) events: Vec<Place>,
    /// When the first event came without what it depends on, in ticks.
    pub(super) partial_from: Option<i64>,
}

/// Orders the events that `index` points at; it keeps its batches no longer.
pub(super) fn order(
    bytes: &[u8],
    minor: u8,
    index: &mut Index<'_>,
    goroutines: &mut Goroutines,
    warnings: &mut Warnings,
) -> Ordered {
    let mut cursors: Vec<Cursor<'_>> = Vec::new();
    for (proc, mut batches) in std::mem::take(&mut index.batches) {
        batches.reverse();
        cursors.push(Cursor::new(bytes, minor, proc, batches, Vec::new()));
    }
    cursors.push(Cursor::new(bytes, minor, 0, Vec::new(), std::mem::take(&mut index.samples)));
    let mut merge = Merge::default();
    merge.run(&mut cursors, goroutines);
    merge.say(warnings);
    // A system call's end moves back to when it was; everything else is in order.
    merge.events.sort_by_key(|event| event.time);
    mark_blocking_calls(&mut merge.events);
    Ordered { events: merge.events, partial_from: merge.partial_from }
}

#[derive(Default)]
struct Merge {
    events: Vec<Place>,
    states: Vec<State>,
    collector: State,
    /// When each goroutine last went into a system call.
    calls: Vec<i64>,
    latest: Option<i64>,
    back_steps: u64,
    widest_step: i64,
    stray_ends: u64,
    partial_from: Option<i64>,
    /// How many events came without what they depend on, and what the first lacked.
    forced: u64,
    lacking: String,
}

impl Merge {
    /// Merges all. Go's reader gives up where no event is ready; we take the earliest then, so that a file that lost
    /// what one processor wrote still shows what the others did.
    fn run(&mut self, cursors: &mut [Cursor<'_>], goroutines: &mut Goroutines) {
        let mut waiting: Vec<usize> = (0..cursors.len()).collect();
        let mut ready: Vec<(i64, usize)> = Vec::new();
        loop {
            let mut at = 0;
            while let Some(&which) = waiting.get(at) {
                let head = cursors.get_mut(which).and_then(|cursor| cursor.head(goroutines));
                match head {
                    Some(head) if !self.is_ready(&head) => {
                        at += 1;
                        continue;
                    }
                    Some(head) => push(&mut ready, (head.place.time, which)),
                    None => {}
                }
                waiting.swap_remove(at);
            }
            let next = pop(&mut ready).map(|(_, which)| which).or_else(|| {
                let time = |&at: &usize| waiting.get(at).and_then(|&which| Some(cursors.get(which)?.head?.place.time));
                let earliest = (0..waiting.len()).min_by_key(time)?;
                Some(waiting.swap_remove(earliest))
            });
            let Some(next) = next else { return };
            let Some(head) = cursors.get_mut(next).and_then(|cursor| cursor.head.take()) else { return };
            if !self.is_ready(&head) {
                self.force(&head, goroutines);
            }
            self.add(head);
            waiting.push(next);
        }
    }

    #[cold]
    fn force(&mut self, head: &Head, goroutines: &Goroutines) {
        self.forced += 1;
        if self.partial_from.is_some() {
            return;
        }
        self.partial_from = Some(head.place.time);
        let who = match head.subject {
            Subject::Goroutine(slot) => {
                let id = goroutines.iter().nth((slot as usize).wrapping_sub(1)).map_or(0, |(_, id)| id.0);
                format!("goroutine {id} to be {:?}", head.needs.status).to_lowercase()
            }
            _ => format!("collection {} to be next", head.needs.seq),
        };
        self.lacking = format!("{} at byte {} needs {who}", head.place.kind.name(), head.place.at);
    }

    fn state(&self, subject: Subject) -> State {
        match subject {
            Subject::Nobody => State::default(),
            Subject::Collector => self.collector,
            Subject::Goroutine(slot) => self.states.get(slot as usize).copied().unwrap_or_default(),
        }
    }

    fn is_ready(&self, head: &Head) -> bool {
        let state = self.state(head.subject);
        head.subject == Subject::Nobody
            || (head.needs.seq == ANY || head.needs.seq == state.seq) && head.needs.status == state.status
    }

    fn add(&mut self, head: Head) {
        let mut state = head.leaves;
        state.seq = match state.seq {
            ANY => self.state(head.subject).seq,
            RISE => self.state(head.subject).seq.wrapping_add(1),
            seq => seq,
        };
        match head.subject {
            Subject::Nobody => {}
            Subject::Collector => self.collector = state,
            Subject::Goroutine(slot) => {
                if let Some(entry) = entry(&mut self.states, slot) {
                    *entry = state;
                }
            }
        }
        let mut place = head.place;
        // Go's reader refuses the whole trace here. The order holds all the same, since it does not come from the clock,
        // as long as nothing is missing; then times are all there is.
        let latest = self.latest.unwrap_or(place.time);
        if place.time < latest && self.partial_from.is_none() {
            self.back_steps += 1;
            self.widest_step = self.widest_step.max(latest.saturating_sub(place.time));
            place.time = latest;
        }
        self.latest = Some(place.time.max(latest));
        match place.kind {
            Kind::GoSysBlock | Kind::GoInSyscall => {
                if let Some(call) = entry(&mut self.calls, place.goroutine) {
                    *call = place.time;
                }
            }
            Kind::GoSysExit if head.ended != 0 => {
                let call = self.calls.get(place.goroutine as usize).copied().unwrap_or(0);
                if call == 0 || head.ended < call {
                    self.stray_ends += 1;
                } else {
                    place.time = head.ended;
                }
            }
            _ => {}
        }
        self.events.push(place);
    }

    fn say(&self, warnings: &mut Warnings) {
        if self.back_steps > 0 {
            warnings.once(format!(
                "The clock goes back {} times, by {} ticks at most: the processors' clocks did not agree. The order of \
                 events is right, since it does not come from the clock; times there are too late, and durations \
                 across them wrong.",
                self.back_steps, self.widest_step
            ));
        }
        if self.forced > 0 {
            warnings.once(format!(
                "{} events lack what must come before them (the first: {}): some of what another processor wrote is \
                 missing. They were put in by their times.",
                self.forced, self.lacking
            ));
        }
        if self.stray_ends > 0 {
            warnings.once(format!(
                "{} system calls end before they begin; their end was taken to be when it was written down.",
                self.stray_ends
            ));
        }
    }
}

/// Marks the system calls that the goroutine's next event says it blocked in (internal/trace, tracev1.go).
fn mark_blocking_calls(events: &mut [Place]) {
    /// No call is open.
    const NONE: usize = usize::MAX;
    let mut open = Vec::new();
    for at in 0..events.len() {
        let Some(&event) = events.get(at) else { return };
        if open.len() <= event.goroutine as usize {
            open.resize(event.goroutine as usize + 1, NONE);
        }
        let Some(call) = open.get_mut(event.goroutine as usize) else { return };
        if let Some(call) = events.get_mut(*call) {
            call.is_blocking = event.kind == Kind::GoSysBlock;
        }
        *call = if event.kind == Kind::GoSysCall { at } else { NONE };
    }
}
