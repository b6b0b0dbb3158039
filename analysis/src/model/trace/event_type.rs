//! What can happen, and what is kept of it.

macro_rules! event_types {
    ($($(#[$doc:meta])* $name:ident $kind:ident [$($arg:ident)*])*) => {
        /// What happened, as the runtime distinguishes it (internal/trace/tracev2, events.go). Behind each stands what
        /// an event of it holds, in words of 32 bits.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum EventType {
            $(
                $(#[$doc])*
                #[doc = concat!("", $("`", stringify!($arg), "` ",)*)]
                $name,
            )*
        }

        impl EventType {
            /// Every type, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// How many words an event of it holds.
            pub const fn words(self) -> usize {
                const WORDS: &[u8] = &[$(<[&str]>::len(&[$(stringify!($arg)),*]) as u8),*];
                WORDS[self as usize] as usize
            }

            /// What a reader of traces calls it.
            pub const fn kind(self) -> EventKind {
                match self { $(Self::$name => EventKind::$kind),* }
            }
        }
    };
}

event_types! {
    /// A generation begins, or the trace ends.
    Sync Sync [n]
    /// GOMAXPROCS.
    ProcsChange Metric [value stack]
    /// A thread took a processor.
    ProcStart StateTransition [proc]
    /// The thread gave its processor up.
    ProcStop StateTransition []
    /// The processor of a thread in a system call was taken; `states` holds the state before.
    ProcSteal StateTransition [proc states]
    /// State at the start of a generation.
    ProcStatus StateTransition [proc states]
    /// A goroutine was created, runnable.
    GoCreate StateTransition [goroutine new_stack stack]
    /// A goroutine was created, waiting (coroutines).
    GoCreateBlocked StateTransition [goroutine new_stack stack]
    /// A goroutine appeared in a system call (a callback from C).
    GoCreateSyscall StateTransition [goroutine]
    /// A goroutine began to run.
    GoStart StateTransition [goroutine]
    /// The running goroutine ended.
    GoDestroy StateTransition []
    /// The goroutine of a callback from C ended.
    GoDestroySyscall StateTransition []
    /// The running goroutine yielded or was preempted.
    GoStop StateTransition [reason stack]
    /// The running goroutine blocked.
    GoBlock StateTransition [reason stack]
    /// A goroutine became runnable.
    GoUnblock StateTransition [goroutine stack]
    /// The running goroutine entered a system call.
    GoSyscallBegin StateTransition [stack]
    /// It came back with its processor.
    GoSyscallEnd StateTransition []
    /// It came back without its processor.
    GoSyscallEndBlocked StateTransition []
    /// State at the start of a generation.
    GoStatus StateTransition [goroutine states stack]
    /// The world stopped.
    StwBegin RangeBegin [reason stack]
    /// The world runs again.
    StwEnd RangeEnd [reason]
    /// The collector was marking when the generation began.
    GcActive RangeActive []
    /// The collector began to mark.
    GcBegin RangeBegin [stack]
    /// The collector ended marking.
    GcEnd RangeEnd []
    /// A processor was sweeping when the generation began.
    SweepActive RangeActive [proc]
    /// A processor began to sweep.
    SweepBegin RangeBegin [stack]
    /// A processor ended sweeping; bytes as low and high words.
    SweepEnd RangeEnd [swept_low swept_high reclaimed_low reclaimed_high]
    /// A goroutine was helping the collector when the generation began.
    AssistActive RangeActive [goroutine]
    /// The running goroutine began to help the collector.
    AssistBegin RangeBegin [stack]
    /// The running goroutine ended helping.
    AssistEnd RangeEnd []
    /// The running goroutine got a label (the runtime labels its workers so).
    GoLabel Label [label]
    /// trace.NewTask.
    TaskBegin TaskBegin [task parent name stack]
    /// The task ended.
    TaskEnd TaskEnd [task parent name stack]
    /// trace.StartRegion.
    RegionBegin RegionBegin [task name stack]
    /// The region ended.
    RegionEnd RegionEnd [task name stack]
    /// trace.Log.
    Log Log [task category message stack]
    /// Where a thread was, a hundred times a second, while a CPU profile ran.
    CpuSample StackSample [stack]
}

impl EventType {
    /// The most words that a type has.
    pub(super) const MOST_WORDS: usize = 4;

    /// Where it holds a name and, right behind it, a stack. The two come together again and again, so the table keeps
    /// each pair once and one word for it.
    pub(super) const fn site_at(self) -> Option<usize> {
        match self {
            Self::GoStop | Self::GoBlock | Self::StwBegin => Some(0),
            Self::RegionBegin | Self::RegionEnd => Some(1),
            Self::TaskBegin | Self::TaskEnd => Some(2),
            _ => None,
        }
    }

    /// How many words the table keeps of it.
    pub(super) const fn kept_words(self) -> usize {
        self.words() - if self.site_at().is_some() { 1 } else { 0 }
    }

    pub(super) fn from_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Sync)
    }
}

/// What a reader of traces calls an event (internal/trace, `EventKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// Everything that exists has been named.
    Sync,
    /// A number changed.
    Metric,
    /// A label was put on a goroutine.
    Label,
    /// A sample of the CPU profile.
    StackSample,
    /// A range began.
    RangeBegin,
    /// A range was there when the generation began.
    RangeActive,
    /// A range ended.
    RangeEnd,
    /// A task began.
    TaskBegin,
    /// A task ended.
    TaskEnd,
    /// A region began.
    RegionBegin,
    /// A region ended.
    RegionEnd,
    /// A log message.
    Log,
    /// A goroutine or processor changed its state.
    StateTransition,
    /// An event of an experiment, such as an allocation.
    Experimental,
}

impl EventKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 14] = [
        Self::Sync,
        Self::Metric,
        Self::Label,
        Self::StackSample,
        Self::RangeBegin,
        Self::RangeActive,
        Self::RangeEnd,
        Self::TaskBegin,
        Self::TaskEnd,
        Self::RegionBegin,
        Self::RegionEnd,
        Self::Log,
        Self::StateTransition,
        Self::Experimental,
    ];

    /// Go's own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "Sync",
            Self::Metric => "Metric",
            Self::Label => "Label",
            Self::StackSample => "StackSample",
            Self::RangeBegin => "RangeBegin",
            Self::RangeActive => "RangeActive",
            Self::RangeEnd => "RangeEnd",
            Self::TaskBegin => "TaskBegin",
            Self::TaskEnd => "TaskEnd",
            Self::RegionBegin => "RegionBegin",
            Self::RegionEnd => "RegionEnd",
            Self::Log => "Log",
            Self::StateTransition => "StateTransition",
            Self::Experimental => "Experimental",
        }
    }
}
