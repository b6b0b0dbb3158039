//! What a stack waits for, told by its innermost functions, in the words of Go's own dumps.

/// What calls wait for. Within a stack the outermost of the library's own frames tells: a mutex lies within many things.
const GO: [(&str, &str); 27] = [
    ("runtime.chansend", "chan send"),
    ("runtime.chanrecv", "chan receive"),
    ("runtime.selectgo", "select"),
    ("runtime.block", "select (no cases)"),
    ("runtime.netpollblock", "IO wait"),
    ("internal/poll.runtime_pollWait", "IO wait"),
    ("runtime.timeSleep", "sleep"),
    ("time.Sleep", "sleep"),
    ("sync.(*Mutex).Lock", "sync.Mutex.Lock"),
    ("sync.(*Mutex).lockSlow", "sync.Mutex.Lock"),
    ("internal/sync.(*Mutex).Lock", "sync.Mutex.Lock"),
    ("internal/sync.(*Mutex).lockSlow", "sync.Mutex.Lock"),
    ("sync.runtime_SemacquireMutex", "sync.Mutex.Lock"),
    ("internal/sync.runtime_SemacquireMutex", "sync.Mutex.Lock"),
    ("sync.(*RWMutex).Lock", "sync.RWMutex.Lock"),
    ("sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock"),
    ("sync.(*RWMutex).RLock", "sync.RWMutex.RLock"),
    ("sync.runtime_SemacquireRWMutexR", "sync.RWMutex.RLock"),
    ("sync.(*Cond).Wait", "sync.Cond.Wait"),
    ("sync.runtime_notifyListWait", "sync.Cond.Wait"),
    ("sync.(*WaitGroup).Wait", "sync.WaitGroup.Wait"),
    ("sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait"),
    ("sync.runtime_Semacquire", "semacquire"),
    ("syscall.Syscall", "syscall"),
    ("syscall.RawSyscall", "syscall"),
    ("runtime.goroutineProfileWithLabels", "running"),
    ("runtime.goparkunlock", ""),
];

/// Of native threads: pieces of names, those first that say more.
const NATIVE: [(&[&str], &str); 7] = [
    (&["Condvar", "condvar", "cond_wait", "cond_timedwait"], "condition wait"),
    (&["lock_contended", "mutex_lock", "lll_lock_wait", "rwlock"], "mutex lock"),
    (&["mpmc", "mpsc"], "channel wait"),
    (&["nanosleep", "usleep"], "sleep"),
    (&["epoll_wait", "recv", "accept", "__read", "poll"], "IO wait"),
    (&["park"], "parked"),
    (&["futex"], "futex wait"),
];

/// How many frames of a native thread are looked at: what waits is at the leaf.
const NATIVE_FRAMES: usize = 16;

/// What a Go stack waits for; empty where its functions do not tell.
pub(super) fn of_go<'a>(names: impl Iterator<Item = &'a str>) -> &'static str {
    let mut state = "";
    for name in names.take_while(|name| crate::pools::is_standard(name)) {
        if let Some((_, words)) = GO.iter().find(|(known, _)| *known == name.trim_end_matches(['1', '2'])) {
            state = words;
        }
    }
    state
}

/// What a native thread waits for; empty where its functions do not tell.
pub(super) fn of_native<'a>(names: impl Iterator<Item = &'a str>) -> &'static str {
    let names: Vec<&str> = names.take(NATIVE_FRAMES).collect();
    let found =
        NATIVE.iter().find(|(pieces, _)| names.iter().any(|name| pieces.iter().any(|piece| name.contains(piece))));
    found.map_or("", |(_, words)| words)
}

/// Whether a state is waiting for another goroutine or thread, rather than for time, the network or work to do.
pub(super) fn is_for_another(state: &str) -> bool {
    const STATES: [&str; 15] = [
        "chan send",
        "chan receive",
        "select",
        "semacquire",
        "sync.Mutex.Lock",
        "sync.RWMutex.Lock",
        "sync.RWMutex.RLock",
        "sync.Cond.Wait",
        "sync.WaitGroup.Wait",
        "condition wait",
        "mutex lock",
        "channel wait",
        "BLOCKED (on object monitor)",
        "WAITING (on object monitor)",
        "WAITING (parking)",
    ];
    STATES.contains(&state)
        || state.starts_with("TIMED_WAITING (") && !state.contains("sleeping")
        || state.starts_with("chan send")
}

/// Whether a state is waiting for a lock that somebody holds.
pub fn is_lock(state: &str) -> bool {
    const STATES: [&str; 5] =
        ["sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock", "mutex lock", "BLOCKED (on object monitor)"];
    STATES.contains(&state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaf_tells_the_state() {
        let of = |names: &[&'static str]| of_go(names.iter().copied());
        assert_eq!(of(&["runtime.gopark", "runtime.chansend", "runtime.chansend1", "main.f"]), "chan send");
        assert_eq!(of(&["sync.(*Mutex).Lock", "sync.(*RWMutex).Lock", "main.f"]), "sync.RWMutex.Lock");
        assert_eq!(of(&["runtime.gopark", "runtime.selectgo", "net/http.(*persistConn).writeLoop"]), "select");
        assert_eq!(of(&["main.f", "runtime.selectgo"]), "");
        assert_eq!(
            of_native(["syscall", "std::sys::futex::futex_wait", "a::Condvar::wait", "x"].into_iter()),
            "condition wait"
        );
    }
}
