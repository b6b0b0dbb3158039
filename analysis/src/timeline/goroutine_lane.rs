//! What one goroutine did, made when its lane is first looked at.

use super::spans::{LaneState, Spans};
use super::subjects::Subjects;
use crate::model::trace::{EventTable, EventType, GoState, Goroutine, Transition};

/// The lane of `goroutine` over the first `count` events.
pub fn goroutine_lane(
    events: &EventTable,
    subjects: &Subjects,
    goroutine: Goroutine,
    is_collector: bool,
    count: usize,
) -> Spans {
    let mut lane = Spans::default();
    for event in subjects.of(goroutine, 0, count).filter_map(|at| events.get(at)) {
        let state = match event.transition() {
            Some(Transition::Goroutine { to, .. }) => state_of(to, is_collector),
            _ => match event.event_type {
                EventType::AssistBegin => LaneState::Assisting,
                EventType::AssistEnd => state_of(GoState::Running, is_collector),
                EventType::SweepBegin => LaneState::Sweeping,
                EventType::SweepEnd => state_of(GoState::Running, is_collector),
                _ => continue,
            },
        };
        // Said again at the start of each generation.
        if event.event_type != EventType::GoStatus || lane.state() != state {
            lane.push(event.time, state);
        }
    }
    lane
}

fn state_of(state: GoState, is_collector: bool) -> LaneState {
    match state {
        GoState::Undetermined | GoState::NotExist => LaneState::Absent,
        GoState::Runnable => LaneState::Runnable,
        GoState::Running if is_collector => LaneState::Collecting,
        GoState::Running => LaneState::Running,
        GoState::Waiting => LaneState::Waiting,
        GoState::Syscall => LaneState::Syscall,
    }
}
