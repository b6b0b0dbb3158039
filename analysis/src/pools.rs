//! How pools look in a call stack: names of functions, as data.

use std::borrow::Cow;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::model::{StringId, Symbols};

/// A family of pools. Names are full function names as the dump has them; type arguments may be written `[...]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolPattern {
    /// What it is called.
    pub family: String,
    /// Functions that hand an object out; what they call to make one is `New`.
    pub acquire: Vec<String>,
    /// Functions that take one back; what they allocate is the pool's own bookkeeping.
    pub release: Vec<String>,
    /// Functions below `acquire` whose allocations are the pool's own bookkeeping.
    pub overhead: Vec<String>,
}

/// A [`PoolPattern`] that is known without being told.
struct Known {
    family: &'static str,
    acquire: &'static [&'static str],
    release: &'static [&'static str],
    overhead: &'static [&'static str],
}

/// Sources: sync/pool.go, sync/poolqueue.go; github.com/valyala/bytebufferpool, pool.go.
const KNOWN: [Known; 2] = [
    Known {
        family: "bytebufferpool",
        acquire: &["github.com/valyala/bytebufferpool.(*Pool).Get", "github.com/valyala/bytebufferpool.Get"],
        release: &[],
        overhead: &[],
    },
    Known {
        family: "sync.Pool",
        acquire: &["sync.(*Pool).Get"],
        release: &["sync.(*poolChain).pushHead", "sync.(*poolDequeue).pushHead"],
        overhead: &["sync.(*Pool).pinSlow", "sync.(*Pool).pin"],
    },
];

/// The user's families, then the known ones.
pub(crate) fn patterns(users: &[PoolPattern]) -> Vec<PoolPattern> {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let known = KNOWN.iter().map(|known| PoolPattern {
        family: known.family.to_owned(),
        acquire: names(known.acquire),
        release: names(known.release),
        overhead: names(known.overhead),
    });
    users.iter().cloned().chain(known).collect()
}

/// Whether `function` is among `names`.
pub(crate) fn is_named(names: &[String], function: &str) -> bool {
    let folded = without_type_arguments(function);
    names.iter().any(|name| name == function || *name == folded)
}

/// Which end of a pool a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolEnd {
    /// It hands objects out.
    Get,
    /// It takes them back.
    Put,
}

/// What methods of pools are called, in lower case.
const GETS: [&str; 7] = ["get", "acquire", "borrow", "take", "lease", "checkout", "alloc"];
const PUTS: [&str; 7] = ["put", "release", "return", "giveback", "restore", "checkin", "free"];

/// Which end of a pool a function is, told by its name: one of the pools that are known, or a method of a type that is
/// called a pool, such as `main.(*ConnPool).acquire`.
pub fn end_of(function: &str) -> Option<PoolEnd> {
    for known in &KNOWN {
        if known.acquire.contains(&function) {
            return Some(PoolEnd::Get);
        }
    }
    if function == "sync.(*Pool).Put" {
        return Some(PoolEnd::Put);
    }
    let name = without_type_arguments(function).replace("[...]", "");
    let (of_type, method) = name.rsplit_once('.')?;
    let of_type = of_type.rsplit(['.', '/']).next()?.to_ascii_lowercase();
    let of_type = of_type.trim_start_matches("(*").trim_end_matches(')');
    if is_standard(function) || !of_type.ends_with("pool") {
        return None;
    }
    method_end(method)
}

/// Which end a function is, told by the name it has within its type alone.
pub(crate) fn method_end(method: &str) -> Option<PoolEnd> {
    let method = method.to_ascii_lowercase();
    match () {
        () if GETS.iter().any(|name| method.starts_with(name)) => Some(PoolEnd::Get),
        () if PUTS.iter().any(|name| method.starts_with(name)) => Some(PoolEnd::Put),
        () => None,
    }
}

/// `main.(*Depot[int]).Borrow` as `main.(*Depot[...]).Borrow`.
fn without_type_arguments(function: &str) -> Cow<'_, str> {
    let arguments = function.split_once('[').and_then(|(head, rest)| Some((head, rest.rsplit_once(']')?.1)));
    arguments.map_or(Cow::Borrowed(function), |(head, tail)| Cow::Owned(format!("{head}[...]{tail}")))
}

/// First parts of the import paths of Go's standard library.
const STANDARD: &[&str] = &[
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "vendor",
    "weak",
];

/// Whether a function is of Go's standard library or runtime.
pub fn is_standard(function: &str) -> bool {
    is_standard_root(function.split(['/', '.']).next().unwrap_or(""))
}

/// Whether the first part of an import path is of Go's standard library.
pub(crate) fn is_standard_root(first: &str) -> bool {
    STANDARD.binary_search(&first).is_ok()
}

/// Functions that use a pool in any stack of the files, with the end of the pool that each calls first.
pub(crate) fn users(symbols: &Symbols) -> Vec<(StringId, StringId)> {
    let text = |name: StringId| symbols.strings.get(name);
    let is_end = |name: StringId| end_of(text(name)).is_some();
    // Few locations are ends of pools, and most programs have none.
    let location_ends = symbols.locations.iter().map(|(_, location)| {
        location.lines.iter().filter_map(|line| symbols.functions.get(line.function?)).any(|f| is_end(f.name))
    });
    let ends: Vec<bool> = location_ends.collect();
    let mut users: Vec<(StringId, StringId)> = Vec::new();
    if !ends.contains(&true) {
        return users;
    }
    let mut seen = FxHashSet::default();
    for (_, stack) in symbols.stacks.iter() {
        if !stack.iter().any(|id| ends.get(id.index()) == Some(&true)) {
            continue;
        }
        let mut names = symbols.function_names(stack);
        let end = names.find(|&name| is_end(name));
        let user = names.find(|&name| !is_standard(text(name)) && !is_end(name));
        users.extend(user.zip(end).filter(|(user, _)| seen.insert(*user)));
    }
    users
}

/// Functions that take, write or serve profiles and traces: what they allocate is the measurement's, not the program's.
/// `runtime/pprof.Do`, `trace.StartRegion` and the like are not among them: they run in the program's own stacks.
const MEASURING: &[&str] = &[
    "runtime/pprof.StartCPUProfile",
    "runtime/pprof.StopCPUProfile",
    "runtime/pprof.profileWriter",
    "runtime/pprof.write",
    "runtime/pprof.Write",
    "runtime/pprof.(*Profile)",
    "runtime/pprof.(*profileBuilder)",
    "runtime/trace.(*traceMultiplexer)",
    "runtime/trace.(*FlightRecorder)",
    "runtime/trace.readBatch",
    "net/http/pprof.",
];

/// `runtime/trace.Start` and `Stop` themselves, and closures in them.
const MEASURING_WHOLE: &[&str] = &["runtime/trace.Start", "runtime/trace.Stop"];

/// Whether a function belongs to taking profiles and traces.
pub(crate) fn is_measuring(function: &str) -> bool {
    MEASURING.iter().any(|start| function.starts_with(start))
        || MEASURING_WHOLE
            .iter()
            .filter_map(|name| function.strip_prefix(name))
            .any(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_packages_are_told_from_others() {
        assert!(is_standard("net/http.(*conn).serve") && is_standard("strings.(*Builder).Write"));
        assert!(!is_standard("main.main") && !is_standard("github.com/a/b.F") && !is_standard("poolcorpus/rec.Run"));
        assert!(STANDARD.is_sorted());
    }

    #[test]
    fn pools_of_ones_own_are_told_by_name() {
        let get = ["sync.(*Pool).Get", "main.(*LockedPool).Get", "a.b/c.(*connPool[go.shape.int]).acquireConn"];
        assert!(get.iter().all(|name| end_of(name) == Some(PoolEnd::Get)));
        assert_eq!(end_of("main.(*ChanPool).Put"), Some(PoolEnd::Put));
        assert_eq!(end_of("main.Pool.Release"), Some(PoolEnd::Put));
        let others = ["net/http.(*connPool).Get", "main.(*Cache).Get", "main.getPool", "main.(*Pool).Len", "Get", ""];
        assert!(others.iter().all(|name| end_of(name).is_none()));
    }

    #[test]
    fn type_arguments_need_not_be_written() {
        let names = ["main.(*Depot[...]).Borrow".to_owned()];
        assert!(is_named(&names, "main.(*Depot[go.shape.struct { x [4]int }]).Borrow"));
        assert!(!is_named(&names, "main.(*Depot[...]).Return"));
    }

    #[test]
    fn the_programs_own_use_of_labels_and_regions_counts() {
        assert!(is_measuring("runtime/trace.Start.func1") && is_measuring("runtime/pprof.writeHeap"));
        assert!(!is_measuring("runtime/trace.StartRegion") && !is_measuring("runtime/pprof.Do"));
    }
}
