//! The kinds of events of the old format.

macro_rules! kinds {
    ($($name:ident [$($arg:ident)*])*) => {
        /// What an event is, with its arguments on the wire: `dt` counts clock ticks since the event before
        /// (runtime/trace.go of Go 1.21, `traceEv…`; internal/tracev1, `EventDescriptions`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Kind {
            $(#[doc = concat!($("`", stringify!($arg), "` "),*)] $name),*
        }

        impl Kind {
            /// In the order of their codes, the first of which is 1.
            const ALL: &'static [Self] = &[$(Self::$name),*];

            const HAS_STACK: &'static [bool] = &[$(
                matches!(stringify!($($arg)*).as_bytes(), [.., b' ', b's', b't', b'a', b'c', b'k'])
            ),*];

            /// What Go calls it.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// How many arguments it has on the wire.
            #[inline]
            pub(super) fn args(self) -> usize {
                const COUNTS: &[u8] = &[$(<[&str]>::len(&[$(stringify!($arg)),*]) as u8),*];
                COUNTS.get(self as usize).map_or(0, |&count| usize::from(count))
            }
        }
    };
}

kinds! {
    Batch [proc ticks]
    Frequency [ticks_per_second]
    Stack [id frames]
    Gomaxprocs [dt procs stack]
    ProcStart [dt thread]
    ProcStop [dt]
    GcStart [dt seq stack]
    GcDone [dt]
    StwStart [dt kind]
    StwDone [dt]
    SweepStart [dt stack]
    SweepDone [dt swept reclaimed]
    GoCreate [dt g new_stack stack]
    GoStart [dt g seq]
    GoEnd [dt]
    GoStop [dt stack]
    GoSched [dt stack]
    GoPreempt [dt stack]
    GoSleep [dt stack]
    GoBlock [dt stack]
    GoUnblock [dt g seq stack]
    GoBlockSend [dt stack]
    GoBlockRecv [dt stack]
    GoBlockSelect [dt stack]
    GoBlockSync [dt stack]
    GoBlockCond [dt stack]
    GoBlockNet [dt stack]
    GoSysCall [dt stack]
    GoSysExit [dt g seq ticks]
    GoSysBlock [dt]
    GoWaiting [dt g]
    GoInSyscall [dt g]
    HeapAlloc [dt bytes]
    HeapGoal [dt bytes]
    TimerGoroutine [g]
    FutileWakeup [dt]
    String [id]
    GoStartLocal [dt g]
    GoUnblockLocal [dt g stack]
    GoSysExitLocal [dt g ticks]
    GoStartLabel [dt g seq label]
    GoBlockGc [dt stack]
    AssistStart [dt stack]
    AssistDone [dt]
    UserTaskCreate [dt task parent name stack]
    UserTaskEnd [dt task stack]
    UserRegion [dt task mode name stack]
    UserLog [dt task category stack]
    CpuSample [dt ticks proc g stack]
}

impl Kind {
    /// The kind of that number on the wire.
    #[inline]
    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code.checked_sub(1)?)).copied()
    }

    /// Whether its last argument is a stack.
    #[inline]
    pub(super) fn has_stack(self) -> bool {
        Self::HAS_STACK.get(self as usize).is_some_and(|&has| has)
    }

    /// The first minor version of the format that has it, of those that are read.
    pub(super) fn since(self) -> u8 {
        if self == Self::CpuSample { 19 } else { 11 }
    }

    /// Whether the goroutine that runs gives its processor up with it.
    pub(super) fn ends_running(self) -> bool {
        self.blocks() || matches!(self, Self::GoEnd | Self::GoStop | Self::GoSched | Self::GoPreempt | Self::GoSysBlock)
    }

    /// Whether the goroutine that runs waits from then on, other than for a system call.
    pub(super) fn blocks(self) -> bool {
        use Kind as K;
        matches!(
            self,
            K::GoSleep
                | K::GoBlock
                | K::GoBlockSend
                | K::GoBlockRecv
                | K::GoBlockSelect
                | K::GoBlockSync
                | K::GoBlockCond
                | K::GoBlockNet
                | K::GoBlockGc
        )
    }

    /// Without the distinction that only ordering needs.
    pub(super) fn without_local(self) -> Self {
        match self {
            Self::GoStartLocal => Self::GoStart,
            Self::GoUnblockLocal => Self::GoUnblock,
            Self::GoSysExitLocal => Self::GoSysExit,
            other => other,
        }
    }
}
