//! Events as they lie on disk (internal/trace/tracev2, events.go): codes and how many numbers follow each.

use super::fault::{Fault, fault};
use crate::formats::cursor::Cursor;

/// Codes of what frames a generation.
pub(super) mod frame {
    pub(crate) const BATCH: u8 = 1;
    pub(crate) const STACKS: u8 = 2;
    pub(crate) const STACK: u8 = 3;
    pub(crate) const STRINGS: u8 = 4;
    pub(crate) const STRING: u8 = 5;
    pub(crate) const CPU_SAMPLES: u8 = 6;
    pub(crate) const CPU_SAMPLE: u8 = 7;
    pub(crate) const FREQUENCY: u8 = 8;
    pub(crate) const EXPERIMENTAL_BATCH: u8 = 49;
    pub(crate) const SYNC: u8 = 50;
    pub(crate) const END_OF_GENERATION: u8 = 52;
}

macro_rules! codes {
    ($($code:literal $name:ident $args:literal $text:literal)*) => {
        /// Codes of events with a time.
        pub(super) mod code {
            $(pub(crate) const $name: u8 = $code;)*
        }

        /// How many numbers follow the time of each code; `u8::MAX` for what has no time.
        const ARGS: [u8; 256] = {
            let mut args = [u8::MAX; 256];
            $(args[$code] = $args;)*
            args
        };

        /// What Go calls an event.
        pub(super) fn name(code: u8) -> &'static str {
            match code { $($code => $text,)* _ => "an event" }
        }
    };
}

codes! {
    9 PROCS_CHANGE 2 "ProcsChange"
    10 PROC_START 2 "ProcStart"
    11 PROC_STOP 0 "ProcStop"
    12 PROC_STEAL 3 "ProcSteal"
    13 PROC_STATUS 2 "ProcStatus"
    14 GO_CREATE 3 "GoCreate"
    15 GO_CREATE_SYSCALL 1 "GoCreateSyscall"
    16 GO_START 2 "GoStart"
    17 GO_DESTROY 0 "GoDestroy"
    18 GO_DESTROY_SYSCALL 0 "GoDestroySyscall"
    19 GO_STOP 2 "GoStop"
    20 GO_BLOCK 2 "GoBlock"
    21 GO_UNBLOCK 3 "GoUnblock"
    22 GO_SYSCALL_BEGIN 2 "GoSyscallBegin"
    23 GO_SYSCALL_END 0 "GoSyscallEnd"
    24 GO_SYSCALL_END_BLOCKED 0 "GoSyscallEndBlocked"
    25 GO_STATUS 3 "GoStatus"
    26 STW_BEGIN 2 "STWBegin"
    27 STW_END 0 "STWEnd"
    28 GC_ACTIVE 1 "GCActive"
    29 GC_BEGIN 2 "GCBegin"
    30 GC_END 1 "GCEnd"
    31 SWEEP_ACTIVE 1 "GCSweepActive"
    32 SWEEP_BEGIN 1 "GCSweepBegin"
    33 SWEEP_END 2 "GCSweepEnd"
    34 ASSIST_ACTIVE 1 "GCMarkAssistActive"
    35 ASSIST_BEGIN 1 "GCMarkAssistBegin"
    36 ASSIST_END 0 "GCMarkAssistEnd"
    37 HEAP_ALLOC 1 "HeapAlloc"
    38 HEAP_GOAL 1 "HeapGoal"
    39 GO_LABEL 1 "GoLabel"
    40 TASK_BEGIN 4 "UserTaskBegin"
    41 TASK_END 2 "UserTaskEnd"
    42 REGION_BEGIN 3 "UserRegionBegin"
    43 REGION_END 3 "UserRegionEnd"
    44 LOG 4 "UserLog"
    45 GO_SWITCH 2 "GoSwitch"
    46 GO_SWITCH_DESTROY 2 "GoSwitchDestroy"
    47 GO_CREATE_BLOCKED 3 "GoCreateBlocked"
    48 GO_STATUS_STACK 4 "GoStatusStack"
    51 CLOCK_SNAPSHOT 3 "ClockSnapshot"
    128 SPAN 3 "Span"
    129 SPAN_ALLOC 3 "SpanAlloc"
    130 SPAN_FREE 1 "SpanFree"
    131 OBJECT 2 "HeapObject"
    132 OBJECT_ALLOC 2 "HeapObjectAlloc"
    133 OBJECT_FREE 1 "HeapObjectFree"
    134 STACK_EXISTS 2 "GoroutineStack"
    135 STACK_ALLOC 2 "GoroutineStackAlloc"
    136 STACK_FREE 1 "GoroutineStackFree"
}

/// An event as its thread wrote it, its time worked out.
#[derive(Clone, Copy, Default)]
pub(super) struct WireEvent {
    /// Nanoseconds of the trace's clock.
    pub(super) time: i64,
    pub(super) code: u8,
    /// As many as the code has; the rest is left over from the event before.
    pub(super) args: [u64; 4],
}

/// Reads the next event but for its time, and returns the ticks since the one before.
#[inline]
pub(super) fn read(cursor: &mut Cursor<'_>, event: &mut WireEvent) -> Result<u64, Fault> {
    let code = cursor.byte()?;
    let args = ARGS.get(usize::from(code)).copied().unwrap_or(u8::MAX);
    if args == u8::MAX {
        return fault!("a batch holds code {code}, which is no event with a time");
    }
    event.code = code;
    let ticks = cursor.varint()?;
    for slot in event.args.iter_mut().take(usize::from(args)) {
        *slot = cursor.varint()?;
    }
    Ok(ticks)
}
