//! Text dumps and logs, a target for each kind: its seeds, its words. All go through the one door, as a line of one kind may
//! stand in a log of another.

use analysis::formats::parse;
use analysis::model::Symbols;

use super::{Target, go_on};
use crate::mutate;
use crate::seeds::Fixture;

/// The first lines of a text say what the rest does: small inputs are fast.
const SEED_BYTES: usize = 2 << 10;

const fn text(name: &'static str, seed: fn(&Fixture) -> Option<Vec<u8>>, written: &'static [&'static str]) -> Target {
    Target { name, run, repair: mutate::nothing, reshape: Some(mutate::lines), seed, written }
}

/// A fixture whose name ends so, cut at the end of a line.
fn ends(fixture: &Fixture, ends: &[&str]) -> Option<Vec<u8>> {
    ends.iter().any(|end| fixture.is(end)).then(|| start(fixture))
}

/// A fixture below this folder that is text, cut so.
fn below(fixture: &Fixture, folder: &str) -> Option<Vec<u8>> {
    let is_text = [".txt", ".txt.gz", ".json"].iter().any(|end| fixture.is(end));
    (is_text && fixture.name.starts_with(folder)).then(|| start(fixture))
}

fn start(fixture: &Fixture) -> Vec<u8> {
    let mut bytes = fixture.inflated().unwrap_or_else(|| fixture.bytes());
    if let Some(short) = bytes.get(..SEED_BYTES) {
        let end = short.iter().rposition(|&byte| byte == b'\n').map_or(SEED_BYTES, |at| at + 1);
        bytes.truncate(end);
    }
    bytes
}

pub(super) const HEAP_TEXT: Target =
    text("heap_text", |fixture| ends(fixture, &[".debug1.txt", ".gc0.txt", ".gc1.txt", ".gc2.txt", ".top.txt"]), &[]);
pub(super) const ALLOC_FREE: Target =
    text("alloc_free", |fixture| ends(fixture, &["allocfreetrace-go1.19.8.txt"]), &[]);
pub(super) const JEMALLOC: Target = text("jemalloc", |fixture| ends(fixture, &[".jemalloc.heap"]), &[]);
pub(super) const DHAT: Target = text("dhat", |fixture| ends(fixture, &[".dhat.json"]), &[]);
pub(super) const CLASS_HISTOGRAM: Target =
    text("class_histogram", |fixture| ends(fixture, &["class_histogram.jdk17.txt", "class_histogram.jdk25.txt"]), &[]);
pub(super) const GOROUTINES: Target = text(
    "goroutines",
    |fixture| ends(fixture, &[".debug2.txt", "stuck-goroutine.txt"]).or_else(|| below(fixture, "text-stacks-quit")),
    &["goroutine 1 [running]:\nmain.main()\n\t/a/b.go:7 +0x1d\n", "goroutine profile: total 1\n1 @ 0x1 0x2\n"],
);
pub(super) const PANIC_RACE: Target = text(
    "panic_race",
    |fixture| {
        ["race", "deadlock", "map-writes", "wrong-type"]
            .iter()
            .find_map(|kind| below(fixture, &format!("text-stacks-{kind}")))
    },
    &["panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\n"],
);
pub(super) const NATIVE_STACKS: Target = text("native_stacks", |fixture| below(fixture, "text-stacks-gdb"), &[]);
pub(super) const JSTACK: Target = text("jstack", |fixture| below(fixture, "text-stacks-jstack"), &[]);
pub(super) const GCTRACE: Target = text(
    "gctrace",
    |fixture| ends(fixture, &["gctrace.txt"]),
    &["SCHED 1009ms: gomaxprocs=4 idleprocs=2 threads=8 spinningthreads=0 idlethreads=3 runqueue=0 [0 0 1 0]\n\
       scvg: 8 MB released\nscav 0 KiB work (bg), 0 KiB work (eager), 8192 KiB now, 50% util\n\
       pacer: assist ratio=+2.1e+000 (scan 0 MB in 4->5 MB) workers=1++0.000000e+000\n"],
);
pub(super) const JVM_GC: Target =
    text("jvm_gc", |fixture| below(fixture, "jvm_gc-").filter(|_| !fixture.name.contains("jstat")), &[]);
pub(super) const MEMSTATS: Target = text(
    "memstats",
    |fixture| {
        let name = &fixture.name;
        let is_vars = (name.contains("vars.") || name.contains("metrics.")) && fixture.is(".json");
        if is_vars { Some(start(fixture)) } else { ends(fixture, &["memstats.jsonl"]) }
    },
    &["{\"memstats\":{\"Alloc\":1,\"HeapSys\":2,\"NumGC\":3,\"PauseNs\":[1,2],\"LastGC\":4}}"],
);
pub(super) const PROMETHEUS: Target = text("prometheus", |fixture| ends(fixture, &[".prom.txt"]), &[]);
pub(super) const JSTAT: Target = text("jstat", |fixture| below(fixture, "jvm_gc-jstat"), &[]);
pub(super) const ESCAPE: Target = text("escape", |fixture| below(fixture, "text-escape-"), &[]);
pub(super) const PROCESS: Target = text(
    "process",
    |fixture| {
        let folders = ["cgroup", "healthy", "native", "huge", "fragmented"];
        folders.iter().find_map(|folder| below(fixture, &format!("process-{folder}-")))
    },
    &["7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \nSize: 4 kB\nRss: 4 kB\n"],
);
pub(super) const KERNEL: Target =
    text("kernel", |fixture| below(fixture, "process-kernel-").or_else(|| below(fixture, "process-bpftrace-")), &[]);

fn run(bytes: &[u8]) {
    let mut symbols = Symbols::default();
    match parse(bytes, &mut symbols, &mut go_on) {
        Ok(parsed) => {
            let profiles = parsed.later.iter().map(AsRef::as_ref);
            for profile in profiles.chain(match &parsed.body {
                analysis::formats::Body::Profile(profile) => Some(profile.as_ref()),
                _ => None,
            }) {
                assert_eq!(profile.stacks.len(), profile.label_sets.len());
                assert!(profile.values.iter().all(|column| column.len() == profile.stacks.len()));
            }
        }
        Err(error) => assert!(error.words.ends_with(['.', '\n']) || error.words.contains(':'), "{}", error.words),
    }
}
