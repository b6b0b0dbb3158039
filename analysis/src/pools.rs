//! How pools look in a call stack: names of functions, as data.

/// A family of pools.
pub(crate) struct PoolPattern {
    /// What it is called.
    pub(crate) family: &'static str,
    /// Functions that hand an object out; what they call to make one is `New`.
    pub(crate) acquire: &'static [&'static str],
    /// Functions whose allocations are the pool's own bookkeeping.
    pub(crate) overhead: &'static [&'static str],
}

/// Known families (sync/pool.go, sync/poolqueue.go; github.com/valyala/bytebufferpool, pool.go).
pub(crate) const PATTERNS: &[PoolPattern] = &[
    PoolPattern {
        family: "bytebufferpool",
        acquire: &["github.com/valyala/bytebufferpool.(*Pool).Get", "github.com/valyala/bytebufferpool.Get"],
        overhead: &[],
    },
    PoolPattern {
        family: "sync.Pool",
        acquire: &["sync.(*Pool).Get"],
        overhead: &[
            "sync.(*Pool).pinSlow",
            "sync.(*Pool).pin",
            "sync.(*poolChain).pushHead",
            "sync.(*poolDequeue).pushHead",
        ],
    },
];

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
    let first = function.split(['/', '.']).next().unwrap_or("");
    STANDARD.binary_search(&first).is_ok()
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
    fn the_programs_own_use_of_labels_and_regions_counts() {
        assert!(is_measuring("runtime/trace.Start.func1") && is_measuring("runtime/pprof.writeHeap"));
        assert!(!is_measuring("runtime/trace.StartRegion") && !is_measuring("runtime/pprof.Do"));
    }
}
