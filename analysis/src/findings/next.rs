//! The one capture that would decide most where the evidence does not suffice: the file that is not here and on which the
//! worst finding and what it could be instead differ.

use serde::{Deserialize, Serialize};

use super::chain::Link;
use super::context::Context;
use super::{Decidability, Finding, Severity, heap_hoard};
use crate::model::ProfileKind;
use crate::model::record::Record;

/// A capture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Next {
    /// The file, in a few words.
    pub file: String,
    /// What it would decide.
    pub why: String,
    /// The command that makes it.
    pub command: String,
}

/// A file that may be missing.
#[derive(Clone, Copy, PartialEq)]
enum Missing {
    SecondHeap,
    ThirdHeap,
    ForcedHeaps,
    IdleHeap,
    SecondGoroutines,
    GoroutineText,
    Mutex,
    Block,
    Trace,
    PoolRecord,
    GcLog,
    Escape,
    Smaps,
}

/// What decides, of the worst finding, in the order of how much each tells.
struct Decides {
    rules: &'static [&'static str],
    missing: Missing,
    why: &'static str,
}

const fn decides(rules: &'static [&'static str], missing: Missing, why: &'static str) -> Decides {
    Decides { rules, missing, why }
}

const DECIDES: &[Decides] = &[
    decides(&["heap-leak"], Missing::ThirdHeap, "two points cannot tell growth that goes on from a burst; three can"),
    decides(
        &["heap-leak"],
        Missing::ForcedHeaps,
        "an idle hoard of a pool falls after two forced collections, and a leak stays",
    ),
    decides(&["heap-leak"], Missing::SecondGoroutines, "it tells whether goroutines that pile up keep what stays"),
    decides(
        &["heap-leak"],
        Missing::IdleHeap,
        "what a timeout or a queue keeps goes when the load has stopped for as long; what a table keeps stays",
    ),
    decides(
        &["pool-retained", "pool-oversize"],
        Missing::ForcedHeaps,
        "what lies in a sync.Pool goes after two forced collections, and what a cache keeps stays",
    ),
    decides(
        &["pool-retained", "pool-oversize", "dirty-reuse", "pool-gc-mismatch", "pool-miss"],
        Missing::PoolRecord,
        "it counts every Get and Put, and sees what objects go back with; samples of a heap do not",
    ),
    decides(
        &["pool-balance", "quota-near", "gc-thrash"],
        Missing::SecondHeap,
        "counters name no function; what grows between two heap profiles does",
    ),
    decides(&["heap-churn", "gc-pressure"], Missing::Escape, "the compiler says why each value is allocated at all"),
    decides(&["heap-churn", "pool-miss"], Missing::GcLog, "it tells what the allocations cost in collections"),
    decides(
        &["gc-pressure", "gc-assist"],
        Missing::SecondHeap,
        "a collector’s log names no function; what is allocated between two heap profiles does",
    ),
    decides(
        &["gc-stw-long", "gc-forced", "gc-assist"],
        Missing::Trace,
        "it shows which goroutine it is, and its stack",
    ),
    decides(
        &["put-blocked", "lock-contention", "pool-contention", "goroutine-leak"],
        Missing::Mutex,
        "stacks tell who waits; who holds what they wait for is in the mutex profile",
    ),
    decides(
        &["lock-contention", "pool-contention"],
        Missing::Block,
        "the mutex profile tells who held a lock; who waited for it, and how long, is in the block profile",
    ),
    decides(
        &["put-blocked", "goroutine-leak"],
        Missing::SecondGoroutines,
        "one snapshot cannot tell those that stay from those that come and go",
    ),
    decides(
        &["put-blocked", "goroutine-leak", "lock-contention", "pool-contention"],
        Missing::GoroutineText,
        "it says for how many minutes each has waited, and who started it",
    ),
    decides(
        &["never-returned", "put-missing-on-error-path"],
        Missing::SecondHeap,
        "it tells whether what is not put back is kept, which leaks, or collected, which costs",
    ),
    decides(
        &["fragmentation", "quota-near", "gc-thrash"],
        Missing::Smaps,
        "it tells which mappings the memory lies in",
    ),
];

/// The next capture; `None` where what is here suffices, or nothing would decide more.
pub(super) fn next(context: &Context<'_>, findings: &[Finding], chain: &[Link]) -> Option<Next> {
    let Some(worst) = findings.first().filter(|worst| worst.severity > Severity::L1) else {
        return has_one_heap(context)
            .then(|| Missing::SecondHeap.asks("a second one, minutes later, tells a leak from a large heap"));
    };
    // Where a chain leads to a cause, its own rule is what is open.
    let root = chain.first().and_then(|link| findings.get(link.finding as usize)).unwrap_or(worst);
    if suffices(worst) && suffices(root) {
        return None;
    }
    let open = if suffices(root) { worst } else { root };
    let is_asked =
        |decides: &&Decides| decides.rules.contains(&open.rule.as_str()) && decides.missing.is_missing(context, open);
    if let Some(decides) = DECIDES.iter().find(is_asked) {
        return Some(decides.missing.asks(decides.why));
    }
    // What the rule itself asks for, where all rests on one file and nothing is known to decide more.
    let is_known = DECIDES.iter().any(|decides| decides.rules.contains(&open.rule.as_str()));
    (!is_known && files(open) < 2 && !open.command.is_empty()).then(|| Next {
        file: "What the finding asks for".to_owned(),
        why: open.next.clone(),
        command: open.command.clone(),
    })
}

/// Files behind a finding.
fn files(finding: &Finding) -> usize {
    let mut files: Vec<_> = finding.evidence.iter().map(|evidence| evidence.source).collect();
    files.sort_unstable();
    files.dedup();
    files.len()
}

/// Whether a finding needs no more: an exact record says so, in more than one file or in what a program says when it ends.
fn suffices(finding: &Finding) -> bool {
    let is_last_word = matches!(finding.rule.as_str(), "panic" | "deadlock" | "data-race" | "type-mismatch");
    finding.known == Decidability::Proven && (is_last_word || files(finding) > 1)
}

fn has_one_heap(context: &Context<'_>) -> bool {
    context.go_heap().is_some_and(|heap| !heap.has_change())
}

impl Missing {
    fn is_missing(self, context: &Context<'_>, finding: &Finding) -> bool {
        let session = context.session;
        let has = |kind: ProfileKind| {
            session.sources.iter().filter_map(|source| session.profile(source.id)).any(|profile| profile.kind == kind)
        };
        let has_record = |is: fn(&Record) -> bool| session.records().any(|(_, record)| is(record));
        let moments = context.waits.goroutines().map_or(0, |population| population.moments().len());
        match self {
            Self::SecondHeap => context.go_heap().is_none_or(|heap| !heap.has_change()),
            Self::ThirdHeap => context.go_heap().is_some_and(|heap| heap.points() < 3),
            Self::ForcedHeaps => context.go_heap().is_some_and(|heap| {
                let end = heap.series.snapshots.len().saturating_sub(1);
                let forced = heap.forced.between(heap.first, end);
                forced.is_none_or(|forced| forced < heap_hoard::EMPTIES)
            }),
            // Only where a keeper that ends by itself is probable.
            Self::IdleHeap => finding.fix.contains("timeout") || finding.fix.contains("until it fires"),
            Self::SecondGoroutines => moments < 2,
            Self::GoroutineText => !has_record(|record| matches!(record, Record::Stacks(_))),
            Self::Mutex => context.waits.mutex.sources.is_empty() || context.waits.mutex.is_off,
            Self::Block => context.waits.block.sources.is_empty() || context.waits.block.is_off,
            Self::Trace => !has_record(|record| matches!(record, Record::Trace(_))),
            Self::PoolRecord => session.sources.iter().all(|source| session.pools(source.id).is_none()),
            Self::GcLog => !has_record(|record| matches!(record, Record::GcLog(_))),
            Self::Escape => !has_record(|record| matches!(record, Record::Escape(_))) && !has(ProfileKind::NativeHeap),
            Self::Smaps => !has_record(|record| matches!(record, Record::AddressSpace(_))),
        }
    }

    fn asks(self, why: &str) -> Next {
        let (file, command) = match self {
            Self::SecondHeap => {
                ("Another heap profile", "sleep 120; curl -so heap.next.pb.gz localhost:6060/debug/pprof/heap")
            }
            Self::ThirdHeap => (
                "More heap profiles",
                "for i in 3 4 5; do sleep 60; curl -so heap.$i.pb.gz localhost:6060/debug/pprof/heap; done",
            ),
            Self::ForcedHeaps => ("Heap profiles after forced collections", heap_hoard::CAPTURES),
            Self::IdleHeap => (
                "A heap profile after the load has stopped",
                "sleep 600; curl -so heap.idle.pb.gz 'localhost:6060/debug/pprof/heap?gc=1'",
            ),
            Self::SecondGoroutines => (
                "Goroutine profiles beside heap profiles",
                "for i in 1 2; do curl -so goroutine.$i.pb.gz localhost:6060/debug/pprof/goroutine; sleep 60; done",
            ),
            Self::GoroutineText => {
                ("All stacks as text", "curl -so goroutine.txt 'localhost:6060/debug/pprof/goroutine?debug=2'")
            }
            Self::Mutex => (
                "A mutex profile (after runtime.SetMutexProfileFraction(5) in the program)",
                "curl -so mutex.pb.gz 'localhost:6060/debug/pprof/mutex?seconds=30'",
            ),
            Self::Block => (
                "A block profile (after runtime.SetBlockProfileRate(10000) in the program)",
                "curl -so block.pb.gz 'localhost:6060/debug/pprof/block?seconds=30'",
            ),
            Self::Trace => ("An execution trace", "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'"),
            Self::PoolRecord => (
                "A trace of the program with contrib/go/poolscope in the place of its sync.Pool",
                "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'",
            ),
            Self::GcLog => ("The collector’s log", "GODEBUG=gctrace=1 ./program 2> gc.log"),
            Self::Escape => {
                ("What the compiler says of values that escape", "go build -gcflags=-m ./... 2> escape.txt")
            }
            Self::Smaps => ("The kernel’s map of the process", "cat /proc/$PID/smaps > smaps.txt"),
        };
        Next { file: file.to_owned(), why: why.to_owned(), command: command.to_owned() }
    }
}
