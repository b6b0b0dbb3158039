//! What goroutines and processors can be doing.

/// State of a goroutine (internal/trace, `GoState`).
///
/// ```text
///                   ┌────────────────────── unblock ◀── Waiting ◀─┐
///                   ▼                                             │ block
/// NotExist ─ create ▶ Runnable ──────── start ─────────▶ Running ─┴─▶ NotExist (destroy)
///                   ▲      ▲                              │    ▲
///                   │      └─────── stop (yields) ────────┤    │ syscall end
///                   └── syscall end, blocked ── Syscall ◀─┘────┘
/// ```
///
/// `Undetermined` comes before the first word about a goroutine that was there when the trace began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum GoState {
    /// Nothing is known yet.
    Undetermined,
    /// It has not been created, or has ended.
    NotExist,
    /// It could run and has no processor.
    Runnable,
    /// It runs.
    Running,
    /// It waits for something; the transition has the reason.
    Waiting,
    /// It is in a system call.
    Syscall,
}

/// State of a processor (internal/trace, `ProcState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ProcState {
    /// Nothing is known yet.
    Undetermined,
    /// GOMAXPROCS was too small for it.
    NotExist,
    /// A thread has it.
    Running,
    /// No thread has it.
    Idle,
}

impl GoState {
    /// Every state, in the order of their codes.
    pub const ALL: [Self; 6] =
        [Self::Undetermined, Self::NotExist, Self::Runnable, Self::Running, Self::Waiting, Self::Syscall];

    pub(super) fn from_bits(bits: u32) -> Self {
        match bits {
            1 => Self::NotExist,
            2 => Self::Runnable,
            3 => Self::Running,
            4 => Self::Waiting,
            5 => Self::Syscall,
            _ => Self::Undetermined,
        }
    }

    /// Go's own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undetermined => "Undetermined",
            Self::NotExist => "NotExist",
            Self::Runnable => "Runnable",
            Self::Running => "Running",
            Self::Waiting => "Waiting",
            Self::Syscall => "Syscall",
        }
    }
}

impl ProcState {
    /// Every state, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Undetermined, Self::NotExist, Self::Running, Self::Idle];

    pub(super) fn from_bits(bits: u32) -> Self {
        match bits {
            1 => Self::NotExist,
            2 => Self::Running,
            3 => Self::Idle,
            _ => Self::Undetermined,
        }
    }

    /// Go's own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undetermined => "Undetermined",
            Self::NotExist => "NotExist",
            Self::Running => "Running",
            Self::Idle => "Idle",
        }
    }
}
