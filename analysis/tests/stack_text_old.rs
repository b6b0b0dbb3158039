//! Goroutines as Go 1.11 to 1.18 print them. Releases before 1.21 were not at hand: the texts are written by what their
//! runtime prints (runtime/traceback.go, panic.go, signal_unix.go; runtime/pprof/pprof.go of each).
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::ops::ControlFlow;

use analysis::findings::{Diagnosis, Severity, Thresholds, diagnose};
use analysis::model::record::{Record, StackDump};
use analysis::session::Session;

fn opened(text: &str) -> Session {
    let mut session = Session::default();
    session.open("stacks.txt", text.as_bytes(), &mut |_| ControlFlow::Continue(())).unwrap();
    let unread = &session.sources[0].unread;
    assert_eq!((unread.lines, &unread.first), (0, &Vec::new()), "{text}");
    session
}

fn dumps(session: &Session) -> Vec<&StackDump> {
    let stacks = session.records().filter_map(|(_, record)| match record {
        Record::Stacks(dump) => Some(&**dump),
        _ => None,
    });
    stacks.collect()
}

/// Functions of the stack of a row.
fn functions(session: &Session, dump: &StackDump, row: usize) -> Vec<String> {
    let symbols = &session.symbols;
    let names = symbols.function_names(symbols.stacks.get(dump.rows[row].stack));
    names.map(|name| symbols.strings.get(name).to_owned()).collect()
}

fn said(diagnosis: &Diagnosis) -> Vec<(&str, &str)> {
    let worse = diagnosis.findings.iter().filter(|finding| finding.severity > Severity::L1);
    worse.map(|finding| (finding.rule.as_str(), finding.site.function.as_str())).collect()
}

/// Of each release: how a goroutine looks that waits for the lock of a pool.
const WAITING: [(&str, &str); 4] = [
    (
        "1.11",
        "sync.runtime_SemacquireMutex(0xc0000a4004, 0x0)\n\t/usr/local/go/src/runtime/sema.go:71 +0x3d\n\
         sync.(*Mutex).Lock(0xc0000a4000)\n\t/usr/local/go/src/sync/mutex.go:134 +0xff\n\
         main.(*LockedPool).Put(0xc0000a4000, 0xc0000b8000, 0x400, 0x400)\n\t/src/main.go:41 +0x3c\n",
    ),
    (
        "1.14",
        "sync.runtime_SemacquireMutex(0xc0000a4004, 0x0, 0x1)\n\t/usr/local/go/src/runtime/sema.go:71 +0x47\n\
         sync.(*Mutex).lockSlow(0xc0000a4000)\n\t/usr/local/go/src/sync/mutex.go:138 +0xfc\n\
         sync.(*Mutex).Lock(...)\n\t/usr/local/go/src/sync/mutex.go:81\n\
         main.(*LockedPool).Put(0xc0000a4000, 0xc0000b8000, 0x400, 0x400)\n\t/src/main.go:41 +0x47\n",
    ),
    (
        "1.17",
        "sync.runtime_SemacquireMutex(0x0, 0x0, 0x0)\n\t/usr/local/go/src/runtime/sema.go:71 +0x25\n\
         sync.(*Mutex).lockSlow(0xc0000a4000)\n\t/usr/local/go/src/sync/mutex.go:138 +0x165\n\
         sync.(*Mutex).Lock(...)\n\t/usr/local/go/src/sync/mutex.go:81\n\
         main.(*LockedPool).Put(0xc0000a4000, {0xc0000b8000, 0x400, 0x400})\n\t/src/main.go:41 +0x51\n",
    ),
    (
        "1.18",
        "sync.runtime_SemacquireMutex(0x44d0e5?, 0x1?, 0xc0000b8000?)\n\t/usr/local/go/src/runtime/sema.go:71 +0x25\n\
         sync.(*Mutex).lockSlow(0xc0000a4000)\n\t/usr/local/go/src/sync/mutex.go:162 +0x165\n\
         sync.(*Mutex).Lock(...)\n\t/usr/local/go/src/sync/mutex.go:81\n\
         main.(*LockedPool).Put(0xc0000a4000, {0xc0000b8000?, 0x400?, 0x400?})\n\t/src/main.go:41 +0x51\n",
    ),
];

/// `?debug=2`: up to Go 1.19 who waits for a lock stands in `semacquire`, and only its functions tell for what.
#[test]
fn who_waits_for_a_lock_is_told_by_functions_where_the_state_is_vague() {
    for (version, frames) in WAITING {
        let mut text = "goroutine 1 [running]:\nruntime/pprof.writeGoroutineStacks(0x5a5a20, 0xc00009a000, 0x0, 0x0)\n\
                        \t/usr/local/go/src/runtime/pprof/pprof.go:665 +0x9d\nmain.main()\n\t/src/main.go:60 +0x7b\n\n"
            .to_owned();
        for number in 0..30 {
            text.push_str(&format!(
                "goroutine {} [semacquire, 3 minutes]:\n{frames}created by main.main\n\t/src/main.go:55 +0x6a\n\n",
                18 + number
            ));
        }
        let session = opened(&text);
        let [dump] = dumps(&session)[..] else { panic!("{version}") };
        let row = &dump.rows[30];
        assert_eq!(
            (dump.rows.len(), row.wait_minutes, row.waits_for),
            (31, Some(3), Some(0xc0_000a_4000)),
            "{version}"
        );
        assert!(row.created_at.is_some() && row.created_by.is_none());
        let names = functions(&session, dump, 30);
        assert_eq!(names.last().map(String::as_str), Some("main.(*LockedPool).Put"), "{version}");
        let diagnosis = diagnose(&session, &Thresholds::default());
        assert_eq!(
            said(&diagnosis),
            [("put-blocked", "main.(*LockedPool).Put")],
            "{version}: {:?}",
            diagnosis.findings
        );
        assert!(diagnosis.findings[0].claim.contains("Mutex"), "{version}: {}", diagnosis.findings[0].claim);
    }
}

/// States that later releases do not have, and such that came later.
#[test]
fn every_state_of_old_releases_is_kept() {
    let states = [
        "timer goroutine (idle)",
        "force gc (idle)",
        "GC sweep wait",
        "GC scavenge wait",
        "GC worker (idle)",
        "GC assist wait",
        "finalizer wait",
        "chan receive (nil chan)",
        "select (no cases)",
        "IO wait",
        "sleep",
        "syscall",
        "runnable",
        "copystack",
        "preempted",
        "trace reader (blocked)",
        "semacquire",
    ];
    let rows = states.iter().enumerate().map(|(at, state)| {
        format!("goroutine {} [{state}, locked to thread]:\nmain.f(0x1, 0x0)\n\t/src/m.go:3 +0x1\n\n", at + 1)
    });
    let session = opened(&rows.collect::<String>());
    let [dump] = dumps(&session)[..] else { panic!() };
    let told: Vec<&str> = dump.rows.iter().map(|row| session.symbols.strings.get(row.state)).collect();
    assert_eq!(told, states);
    assert!(dump.rows.iter().all(|row| row.is_locked && row.wait_minutes.is_none()));
}

/// `?debug=1`, without labels and with those that came with Go 1.14; threads that were made nowhere.
#[test]
fn debug_1_of_old_releases() {
    let text = "goroutine profile: total 4\n\
        3 @ 0x42c66b 0x43bd2d 0x43bd03 0x43ba74 0x46a3a5 0x4a1f2c 0x4551d1\n\
        #\t0x43ba73\tsync.runtime_SemacquireMutex+0x3c\t/usr/local/go/src/runtime/sema.go:71\n\
        #\t0x46a3a4\tsync.(*Mutex).Lock+0xfe\t\t/usr/local/go/src/sync/mutex.go:134\n\
        #\t0x4a1f2b\tmain.(*LockedPool).Put+0x3b\t/src/main.go:41\n\n\
        1 @ 0x4a2000 0x4551d1\n\
        # labels: {\"route\":\"/a\"}\n\
        #\t0x4a1fff\tmain.main+0x7a\t/src/main.go:60\n\n";
    let session = opened(text);
    let profile = session.profile(session.sources[0].id).unwrap();
    assert_eq!(profile.values, [[3, 1]]);
    let threads = opened(
        "threadcreate profile: total 6\n5 @ \n#\t0x0\n\n1 @ 0x42f2c8 0x42f8d2\n#\t0x42f2c7\truntime.allocm+0x157\t/usr/local/go/src/runtime/proc.go:1390\n\n",
    );
    assert_eq!(threads.profile(threads.sources[0].id).unwrap().values[0].iter().sum::<i64>(), 6);
}

/// What crashes leave: the reason, whose stack it is, and no line that is not understood.
#[test]
fn crashes_of_old_releases() {
    let stack = "goroutine 1 [running]:\nmain.fill(0xc000092000, 0x3, 0x4)\n\t/src/main.go:9 +0x11\nmain.main()\n\t/src/main.go:14 +0x2a\nexit status 2\n";
    for (version, head, reason) in [
        ("1.11, an index", "panic: runtime error: index out of range\n\n", "panic: runtime error: index out of range"),
        (
            "1.13, an index",
            "panic: runtime error: index out of range [5] with length 3\n\n",
            "panic: runtime error: index out of range [5] with length 3",
        ),
        (
            "1.11, a value",
            "panic: (main.failure) (0x4602a0,0xc000010010)\n\n",
            "panic: (main.failure) (0x4602a0,0xc000010010)",
        ),
        ("1.12, again", "panic: first [recovered]\n\tpanic: second\n\n", "panic: first [recovered]; panic: second"),
        (
            "1.11, a nil pointer",
            "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x44d4f0]\n\n",
            "panic: runtime error: invalid memory address or nil pointer dereference",
        ),
        (
            "1.12, a fault",
            "unexpected fault address 0x7f3a00000000\nfatal error: fault\n[signal SIGBUS: bus error code=0x2 addr=0x7f3a00000000 pc=0x44d4f0]\n\n",
            "fatal error: fault; unexpected fault address 0x7f3a00000000",
        ),
        (
            "1.14, in the runtime",
            "fatal error: runtime: out of memory\n\nruntime stack:\nruntime.throw(0x4a8e83, 0x16)\n\t/usr/local/go/src/runtime/panic.go:1116 +0x72\nruntime.sysMap(0xc004000000, 0x40000000, 0x54f6b8)\n\t/usr/local/go/src/runtime/mem_linux.go:169 +0xc5\n\n",
            "fatal error: runtime: out of memory",
        ),
    ] {
        let session = opened(&format!("{head}{stack}"));
        let [dump] = dumps(&session)[..] else { panic!("{version}: {}", dumps(&session).len()) };
        assert_eq!((dump.reason.as_str(), dump.rows.len()), (reason, 1), "{version}");
        assert_eq!(functions(&session, dump, 0), ["main.fill", "main.main"], "{version}");
        let diagnosis = diagnose(&session, &Thresholds::default());
        assert_eq!(said(&diagnosis), [("panic", "main.fill")], "{version}");
    }
}

/// SIGQUIT up to Go 1.20: no addresses in the heads, registers at the end, a goroutine that runs on another thread, and C.
#[test]
fn sigquit_of_old_releases() {
    let text = "SIGQUIT: quit\nPC=0x44f8a1 m=0 sigcode=0\n\ngoroutine 0 [idle]:\nruntime.futex(0x5419c8, 0x80, 0x0, 0x0)\n\
        \t/usr/local/go/src/runtime/sys_linux_amd64.s:536 +0x21\n\n\
        goroutine 5 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by main.main\n\t/src/main.go:12 +0x4a\n\n\
        goroutine 7 [syscall, 2 minutes, locked to thread]:\nruntime.cgocall(0x4523a0, 0xc000044f58)\n\t/usr/local/go/src/runtime/cgocall.go:133 +0x5b\n\
        non-Go function\n\tpc=0x7f2a10c2b7a0\n...additional frames elided...\n\n\
        rax    0xca\nrbx    0x541880\nrflags 0x286\ncs     0x33\n";
    let session = opened(text);
    let [dump] = dumps(&session)[..] else { panic!("{}", dumps(&session).len()) };
    assert_eq!(dump.reason, "SIGQUIT: quit");
    let numbers: Vec<u64> = dump.rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, [0, 5, 7]);
    assert!(dump.rows[1].created_at.is_some() && dump.rows[2].is_locked);
    // Where the first goroutine has no stack, that is no part of the reason.
    let cut = format!("SIGQUIT: quit\n\n{}", &text[text.find("goroutine 5").unwrap()..]);
    assert_eq!(dumps(&opened(&cut))[0].reason, "SIGQUIT: quit");
}
