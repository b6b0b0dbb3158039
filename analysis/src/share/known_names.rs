//! Names that everyone has: standard libraries, and words that Poolscope itself says.

use crate::pools::is_standard_root;

/// What stands first in names of everyone's Go programs beside [`is_standard_root`]: types that the compiler makes, and a
/// package that is standard from Go 1.27 on.
const GO: [&str; 2] = ["type", "uuid"];
/// Crates of Rust's standard library and those that it is made with.
const RUST: [&str; 6] = ["std", "core", "alloc", "proc_macro", "hashbrown", "backtrace"];
/// Packages of Java's standard library.
const JAVA: [&str; 6] = ["java.", "javax.", "jdk.", "sun.", "com.sun.", "kotlin."];

/// Words that Poolscope's own sentences, kinds and columns are made of: as names of packages or labels they tell nothing, and
/// replaced they would make its sentences unreadable.
const WORDS: [&str; 96] = [
    "active",
    "alloc",
    "alloc_objects",
    "alloc_space",
    "bench",
    "block",
    "bucket",
    "buffer",
    "buffers",
    "bytes",
    "cache",
    "call",
    "channel",
    "chunk",
    "client",
    "clock",
    "close",
    "contentions",
    "count",
    "cpu",
    "delay",
    "drop",
    "error",
    "event",
    "events",
    "file",
    "files",
    "func1",
    "func2",
    "function",
    "get",
    "Get",
    "goroutine",
    "group",
    "handle",
    "handler",
    "heap",
    "http",
    "idle",
    "init",
    "inuse_objects",
    "inuse_space",
    "item",
    "items",
    "key",
    "lock",
    "log",
    "main",
    "make",
    "memory",
    "metrics",
    "model",
    "mutex",
    "name",
    "nanoseconds",
    "New",
    "new",
    "node",
    "object",
    "objects",
    "open",
    "pool",
    "Pool",
    "pools",
    "process",
    "pprof",
    "profile",
    "put",
    "Put",
    "queue",
    "read",
    "record",
    "request",
    "requests",
    "reset",
    "Reset",
    "run",
    "samples",
    "server",
    "serve",
    "session",
    "set",
    "site",
    "size",
    "space",
    "stack",
    "start",
    "state",
    "store",
    "task",
    "test",
    "thread",
    "trace",
    "type",
    "value",
    "worker",
];

/// Whether a function is of a standard library.
pub(super) fn is_known_function(name: &str) -> bool {
    // Poolscope's own, for what is no call.
    if [super::code::PRUNED, "(idle in the pool)"].contains(&name) {
        return true;
    }
    // Types have a star before them; generic ones say their parameters, which are the program's.
    let name = name.trim_start_matches(['*', '[', ']']);
    if name.contains("[") && !name.contains("[go.shape") && !name.contains("[...]") {
        return false;
    }
    let (package, _) = super::names::package_and_rest(name);
    if name.contains("::") {
        let first = package.trim_start_matches('<').split(' ').next().unwrap_or("");
        return RUST.contains(&first) && !name.contains('<');
    }
    let is_go = is_go_root(package.split('/').next().unwrap_or("")) && !package.is_empty();
    is_go || JAVA.iter().any(|known| name.starts_with(known)) || is_known_word(name)
}

/// Whether a file is of a standard library: its folder says so.
pub(super) fn is_known_file(path: &str) -> bool {
    const PLACES: [&str; 5] = ["/usr/local/go/src/", "/usr/lib/go/src/", "/rustc/", "[", "/usr/lib/x86_64-linux-gnu/"];
    let (first, _) = path.split_once('/').unwrap_or(("", ""));
    // Built with -trimpath: `runtime/malloc.go`.
    let is_trimmed = is_go_root(first) && (path.ends_with(".go") || path.ends_with(".s"));
    let in_go = path.find("/src/").and_then(|at| path.get(at + 5..)).is_some_and(|rest| {
        let first = rest.split('/').next().unwrap_or("");
        is_go_root(first) && (rest.ends_with(".go") || rest.ends_with(".s")) && path.contains("go")
    });
    is_trimmed || in_go || PLACES.iter().any(|place| path.starts_with(place)) || is_known_word(path)
}

/// Whether the first part of a name is everyone's in Go.
fn is_go_root(first: &str) -> bool {
    is_standard_root(first) || GO.contains(&first)
}

/// Whether a word is one of everyone's.
pub(super) fn is_known_word(word: &str) -> bool {
    WORDS.contains(&word) || is_go_root(word) || word.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
}
