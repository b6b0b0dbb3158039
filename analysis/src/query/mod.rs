//! The questions the screen asks, and their answers in its words: plain serde data.

use crate::model::ProfileKind;

/// What a kind of profile is called on the screen and in reports.
pub fn kind_name(kind: ProfileKind) -> &'static str {
    match kind {
        ProfileKind::Heap => "heap profile",
        ProfileKind::Allocs => "allocs profile",
        ProfileKind::Goroutine => "goroutine profile",
        ProfileKind::GoroutineLeak => "goroutine leak profile",
        ProfileKind::Mutex => "mutex profile",
        ProfileKind::Block => "block profile",
        ProfileKind::Contention => "contention profile",
        ProfileKind::ThreadCreate => "threadcreate profile",
        ProfileKind::Cpu => "CPU profile",
        ProfileKind::Custom => "custom profile",
    }
}
