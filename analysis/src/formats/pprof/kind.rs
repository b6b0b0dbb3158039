//! What a profile measures, told by its sample types and, where two kinds share them, by its stacks.

use crate::model::{Profile, ProfileKind, Symbols};

/// Functions that end a stack of a mutex profile: whoever unlocks is charged (runtime/mprof.go).
const MUTEX_LEAVES: [&str; 5] = [
    "sync.(*Mutex).Unlock",
    "sync.(*RWMutex).Unlock",
    "sync.(*RWMutex).RUnlock",
    "runtime.unlock",
    "runtime._LostContendedRuntimeLock",
];
/// Functions that end a stack of a block profile: whoever waits is charged.
const BLOCK_LEAVES: [&str; 9] = [
    "runtime.selectgo",
    "runtime.chanrecv",
    "runtime.chansend",
    "sync.(*Mutex).Lock",
    "sync.(*RWMutex).Lock",
    "sync.(*RWMutex).RLock",
    "sync.(*WaitGroup).Wait",
    "sync.(*Cond).Wait",
    "internal/sync.(*Mutex).Lock",
];

/// The kind of `profile`, whose columns are filled.
pub(super) fn kind_of(profile: &Profile, symbols: &Symbols) -> ProfileKind {
    let name_at = |at: usize| profile.sample_types.get(at).map_or("", |t| symbols.strings.get(t.name));
    let has = |name: &str| (0..profile.sample_types.len()).any(|at| name_at(at) == name);
    match (profile.sample_types.len(), name_at(0)) {
        _ if has("inuse_space") && has("alloc_space") => {
            let default = profile.default_sample_type.map_or("", name_at);
            if default.starts_with("alloc") { ProfileKind::Allocs } else { ProfileKind::Heap }
        }
        (1, "goroutine") => ProfileKind::Goroutine,
        (1, "goroutineleak") => ProfileKind::GoroutineLeak,
        (1, "threadcreate") => ProfileKind::ThreadCreate,
        (2, "contentions") if has("delay") => contention_kind(profile, symbols),
        _ if has("cpu") => ProfileKind::Cpu,
        _ => ProfileKind::Custom,
    }
}

fn contention_kind(profile: &Profile, symbols: &Symbols) -> ProfileKind {
    let (mut mutex, mut block) = (0_usize, 0_usize);
    for &stack in &profile.stacks {
        let leaf = symbols.stacks.get(stack).first().and_then(|&at| symbols.locations.get(at).lines.first());
        let function = leaf.and_then(|line| line.function).and_then(|id| symbols.functions.get(id));
        let name = function.map_or("", |function| symbols.strings.get(function.name));
        mutex += usize::from(MUTEX_LEAVES.iter().any(|known| name.starts_with(known)));
        block += usize::from(BLOCK_LEAVES.iter().any(|known| name.starts_with(known)));
    }
    match mutex.cmp(&block) {
        std::cmp::Ordering::Greater => ProfileKind::Mutex,
        std::cmp::Ordering::Less => ProfileKind::Block,
        std::cmp::Ordering::Equal => ProfileKind::Contention,
    }
}
