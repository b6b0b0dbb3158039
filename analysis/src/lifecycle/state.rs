//! States of an object, and the step from one to another.

use serde::{Deserialize, Serialize};

use crate::model::pool::Source;

/// Where an object is.
///
/// ```text
/// OUTSIDE ─New─▶ ACTIVE ─Put─▶ RETURNED ─Reset─▶ IDLE ─Get─▶ ACTIVE
///                  │                              │ Age
///                  ▼                              ▼
///       ABANDONED, DETACHED           VICTIM ─Drop─▶ COLLECTED     (full, too large, closed: DROPPED)
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum State {
    /// Not made yet, or not met.
    #[default]
    Outside,
    /// Handed out.
    Active,
    /// Given back and not reset.
    Returned,
    /// In the pool, to be handed out.
    Idle,
    /// In the pool's victim generation: the next purge drops it.
    Victim,
    /// Dropped by a purge.
    Collected,
    /// Dropped for another reason: the pool was full, the object too large, the pool closed.
    Dropped,
    /// Its holder went away without giving it back.
    Abandoned,
    /// Taken out of the pool, legally.
    Detached,
    /// There, and the record does not say where.
    Unknown,
}

/// How many states there are.
pub const STATES: usize = 10;

impl State {
    /// Every state, in order.
    pub const ALL: [State; STATES] = [
        State::Outside,
        State::Active,
        State::Returned,
        State::Idle,
        State::Victim,
        State::Collected,
        State::Dropped,
        State::Abandoned,
        State::Detached,
        State::Unknown,
    ];

    /// States in which objects spend time that is worth a distribution.
    pub const TIMED: [State; 5] = [State::Active, State::Returned, State::Idle, State::Victim, State::Unknown];

    /// As it is written on the screen.
    pub fn name(self) -> &'static str {
        match self {
            State::Outside => "NEW",
            State::Active => "ACTIVE",
            State::Returned => "RETURNED",
            State::Idle => "IDLE",
            State::Victim => "VICTIM",
            State::Collected => "COLLECTED",
            State::Dropped => "DROPPED",
            State::Abandoned => "ABANDONED",
            State::Detached => "DETACHED",
            State::Unknown => "UNKNOWN",
        }
    }

    /// It has left the pool for good.
    pub fn is_end(self) -> bool {
        matches!(self, State::Collected | State::Dropped | State::Abandoned | State::Detached)
    }

    /// Whether a record of this kind can tell that an object is there. What it cannot tell is unknown, not 0.
    pub fn is_shown_by(self, source: Source) -> bool {
        use State as S;
        match source {
            Source::PoolTrace => true,
            Source::Annotations => matches!(self, S::Outside | S::Active | S::Idle | S::Victim | S::Collected),
            Source::AnnotationsWithFrees => {
                matches!(self, S::Outside | S::Active | S::Idle | S::Victim | S::Collected | S::Abandoned)
            }
            Source::AllocFree => matches!(self, S::Outside | S::Collected | S::Unknown),
        }
    }

    /// Its place in tables by state.
    pub fn index(self) -> usize {
        self as usize
    }

    fn from_nibble(nibble: u8) -> Self {
        State::ALL.get(usize::from(nibble)).copied().unwrap_or(State::Unknown)
    }
}

/// What an event did: from one state to another, in one byte. The default is no step at all.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step(u8);

impl Step {
    /// The event moved nothing.
    pub const NONE: Step = Step(0);

    /// From one state to another.
    pub fn new(from: State, to: State) -> Self {
        Step((from as u8) << 4 | to as u8)
    }

    /// Before.
    pub fn from(self) -> State {
        State::from_nibble(self.0 >> 4)
    }

    /// After.
    pub fn to(self) -> State {
        State::from_nibble(self.0 & 15)
    }

    /// Whether the event moved nothing.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Its place in tables by step, below 256.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The step of that place.
    pub fn from_index(index: usize) -> Self {
        Step(u8::try_from(index).unwrap_or(0))
    }

    /// Whether the contract of a pool allows it.
    pub fn is_legal(self) -> bool {
        use State as S;
        matches!(
            (self.from(), self.to()),
            (S::Unknown, _)
                | (_, S::Unknown)
                | (S::Outside, _)
                | (S::Active, S::Returned | S::Idle | S::Dropped | S::Abandoned | S::Detached)
                | (S::Returned, S::Idle | S::Collected | S::Dropped | S::Abandoned)
                | (S::Idle, S::Active | S::Victim | S::Collected | S::Dropped)
                | (S::Victim, S::Active | S::Idle | S::Collected | S::Dropped)
        )
    }
}

impl core::fmt::Debug for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} → {}", self.from().name(), self.to().name())
    }
}
