//! What one event does to one object: the state graph, as one match.

use super::state::State;
use crate::model::pool::{DropReason, EventKind, Misuse, ObjectEvent, Tier};

/// What must be known of a pool to judge its objects.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    /// A put is followed by a reset.
    pub(super) has_reset: bool,
    /// Not every get and put is recorded, or some were lost: what looks wrong may be what is missing.
    pub(super) is_partial: bool,
    /// Events tell where an object is; else only that it is there.
    pub(super) knows_place: bool,
}

/// What is known of an object before an event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    pub(super) state: State,
    pub(super) generation: u32,
    /// It was made, for a get that comes next.
    pub(super) is_made: bool,
}

/// How an event fits what was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// An edge of the graph.
    Legal,
    /// It tells something and moves nothing.
    Note,
    /// Something between was not recorded: where the object was until now is not known.
    Gap,
    /// Nothing says where the object came from.
    Unexplained,
    /// It may not be.
    Violation(Misuse),
}

/// Where the object is after `event`, and how that fits. `next` is the object's next event.
#[inline]
pub(super) fn judge(known: Known, event: &ObjectEvent, next: Option<&ObjectEvent>, rules: Rules) -> (State, Verdict) {
    if !rules.knows_place {
        return without_place(known.state, event.kind);
    }
    let (state, verdict) = by_the_graph(known, event, next, rules);
    match verdict {
        // A touch tells nothing of where it is now.
        Verdict::Violation(Misuse::UseAfterPut | Misuse::UseAfterDrop) if rules.is_partial && state == known.state => {
            (state, Verdict::Note)
        }
        Verdict::Violation(Misuse::DoublePut) if rules.is_partial => (state, Verdict::Note),
        Verdict::Violation(_) if rules.is_partial => (state, Verdict::Gap),
        verdict => (state, verdict),
    }
}

/// Objects come and go, and nothing between is known.
fn without_place(state: State, kind: EventKind) -> (State, Verdict) {
    use EventKind as K;
    match (kind, state) {
        (K::New | K::Attach | K::FoundActive | K::FoundIdle | K::FoundVictim, State::Outside) => {
            (State::Unknown, Verdict::Legal)
        }
        (K::Drop, State::Unknown) => (State::Collected, Verdict::Legal),
        (K::Drop, State::Outside) => (State::Collected, Verdict::Unexplained),
        _ => (state, Verdict::Note),
    }
}

#[inline]
fn by_the_graph(known: Known, event: &ObjectEvent, next: Option<&ObjectEvent>, rules: Rules) -> (State, Verdict) {
    use EventKind as K;
    use State as S;
    use Verdict::{Gap, Legal, Note, Unexplained, Violation};
    let state = known.state;
    // Hand-outs between the last event and this one were not recorded.
    let is_ahead = event.generation > known.generation.saturating_add(u32::from(event.kind == K::Get));
    match (event.kind, state) {
        (K::New | K::Attach, S::Outside) => match event.kind {
            K::Attach => (S::Idle, Legal),
            _ if next.is_some_and(is_get_of_new) => (S::Outside, Note),
            // Made ahead of need. Where gets are sampled, it may as well have gone out.
            _ if rules.is_partial => (S::Unknown, Legal),
            _ => (S::Idle, Legal),
        },
        (K::FoundActive | K::FoundIdle | K::FoundVictim, _) => {
            let found = match event.kind {
                K::FoundActive => S::Active,
                K::FoundIdle => S::Idle,
                _ => S::Victim,
            };
            match state {
                S::Outside => (found, Legal),
                S::Unknown => (found, Gap),
                _ if event.generation > known.generation => (found, Gap),
                _ => (state, Note),
            }
        }
        // It tells that the object is out, and since when.
        (K::Leak, S::Outside) => (S::Active, Unexplained),
        (K::Leak, S::Unknown) => (S::Active, Gap),
        (K::Leak, _) if is_ahead => (S::Active, Gap),
        (K::New | K::Attach | K::Leak | K::Unleaked, _) => (state, Note),
        (K::Touch, S::Outside | S::Unknown | S::Active) => (state, Note),
        (K::Touch, _) if is_ahead => (state, Note),
        (K::Touch, state) if state.is_end() => (state, Violation(Misuse::UseAfterDrop)),
        (K::Touch, _) => (state, Violation(Misuse::UseAfterPut)),

        (K::Get, S::Outside) => (S::Active, if known.is_made { Legal } else { Unexplained }),
        (K::Get, S::Unknown) => (S::Active, Gap),
        (K::Get, state) if state.is_end() => (S::Active, Violation(Misuse::UseAfterDrop)),
        (K::Get, _) if is_ahead => (S::Active, Gap),
        (K::Get, S::Active) => (S::Active, Violation(Misuse::SecondHolder)),
        (K::Get, S::Returned) => (S::Active, Violation(Misuse::DirtyReuse)),
        (K::Get, _) => (S::Active, Legal),

        (K::Put, state) => {
            let to = if rules.has_reset { S::Returned } else { S::Idle };
            match state {
                S::Outside => (to, Unexplained),
                S::Unknown => (to, Gap),
                state if state.is_end() => (state, Violation(Misuse::UseAfterDrop)),
                _ if is_ahead => (to, Gap),
                S::Active => (to, Legal),
                _ => (state, Violation(Misuse::DoublePut)),
            }
        }

        (K::Reset | K::Age | K::Detach | K::Drop, state) if state.is_end() => (state, Note),
        (K::Reset, S::Outside) => (S::Idle, Unexplained),
        (K::Reset, S::Returned) if !is_ahead => (S::Idle, Legal),
        (K::Reset, S::Idle | S::Victim) if !is_ahead => (state, Note),
        (K::Reset, _) => (S::Idle, Gap),

        (K::Age, S::Outside) => (S::Victim, if known.is_made { Legal } else { Unexplained }),
        (K::Age, S::Idle) if !is_ahead => (S::Victim, Legal),
        (K::Age, S::Victim) if !is_ahead => (state, Note),
        (K::Age, _) => (S::Victim, Gap),

        (K::Detach, S::Outside) => (S::Detached, Unexplained),
        (K::Detach, S::Active) if !is_ahead => (S::Detached, Legal),
        (K::Detach, _) => (S::Detached, Gap),

        (K::Drop, state) => {
            let reason = DropReason::from_code(event.detail).unwrap_or(DropReason::Unknown);
            let (to, is_expected) = match reason {
                DropReason::Purged => (S::Collected, matches!(state, S::Idle | S::Victim)),
                DropReason::Abandoned => (S::Abandoned, matches!(state, S::Active | S::Returned)),
                _ => (S::Dropped, true),
            };
            match state {
                S::Outside if known.is_made => (to, Legal),
                S::Outside => (to, Unexplained),
                S::Unknown => (to, Gap),
                _ if is_ahead || !is_expected => (to, Gap),
                _ => (to, Legal),
            }
        }
    }
}

#[inline]
fn is_get_of_new(event: &ObjectEvent) -> bool {
    event.kind == EventKind::Get && event.detail == Tier::New as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Rules = Rules { has_reset: true, is_partial: false, knows_place: true };

    fn event(kind: EventKind, generation: u32, detail: u8) -> ObjectEvent {
        let mut symbols = crate::model::Symbols::default();
        let mut history = crate::model::pool::History::default();
        let pool = history.add_pool(crate::model::pool::Pool::default());
        let object = history.add_object(crate::model::pool::Object { pool, number: 1 });
        let stack = symbols.stacks.intern(&[]);
        ObjectEvent { time: 0, value: 0, object, generation, stack, thread: 0, kind, detail }
    }

    fn known(state: State, generation: u32) -> Known {
        Known { state, generation, is_made: false }
    }

    /// Every state under every kind of event, in one table: a change of the graph is a change of this.
    #[test]
    fn every_event_in_every_state() {
        use EventKind as K;
        let kinds = [K::Get, K::Put, K::Reset, K::Age, K::Drop, K::Detach, K::Touch];
        let states = [
            State::Outside,
            State::Active,
            State::Returned,
            State::Idle,
            State::Victim,
            State::Collected,
            State::Unknown,
        ];
        let mut table = String::new();
        for state in states {
            for kind in kinds {
                let generation = 4 + u32::from(kind == K::Get);
                let (to, verdict) = judge(known(state, 4), &event(kind, generation, 0), None, WHOLE);
                let verdict = match verdict {
                    Verdict::Legal => "",
                    Verdict::Note => "=",
                    Verdict::Gap => "?",
                    Verdict::Unexplained => "!",
                    Verdict::Violation(_) => "×",
                };
                table.push_str(&format!("{}{verdict} ", to.name()));
            }
            table.push('\n');
        }
        let wanted = "\
ACTIVE! RETURNED! IDLE! VICTIM! COLLECTED! DETACHED! NEW= 
ACTIVE× RETURNED IDLE? VICTIM? COLLECTED? DETACHED ACTIVE= 
ACTIVE× RETURNED× IDLE VICTIM? COLLECTED? DETACHED? RETURNED× 
ACTIVE IDLE× IDLE= VICTIM COLLECTED DETACHED? IDLE× 
ACTIVE VICTIM× VICTIM= VICTIM= COLLECTED DETACHED? VICTIM× 
ACTIVE× COLLECTED× COLLECTED= COLLECTED= COLLECTED= COLLECTED= COLLECTED× 
ACTIVE? RETURNED? IDLE? VICTIM? COLLECTED? DETACHED? UNKNOWN= 
";
        assert_eq!(table, wanted);
    }

    #[test]
    fn what_was_not_recorded_is_no_violation() {
        let partial = Rules { is_partial: true, ..WHOLE };
        let get = event(EventKind::Get, 5, 0);
        assert_eq!(judge(known(State::Active, 4), &get, None, partial), (State::Active, Verdict::Gap));
        // A hand-out between is missing, whatever is said of the record.
        assert_eq!(judge(known(State::Active, 2), &get, None, WHOLE), (State::Active, Verdict::Gap));
    }
}
