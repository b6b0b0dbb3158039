//! One profile: samples as columns over the session's [`Symbols`](super::Symbols).

use super::id::{LabelSetId, MappingId, StackId, StringId};
use super::label::LabelSets;
use super::unit::{Nanos, NanosDelta};

/// A profile of any kind (profile.proto, `Profile`).
///
/// Row `i` of `stacks`, `label_sets` and of every column of `values` is sample `i`, in file order.
#[derive(Clone, Default)]
pub struct Profile {
    /// What it measures, told by its sample types and stacks.
    pub kind: ProfileKind,
    /// What each column of `values` counts.
    pub sample_types: Vec<SampleType>,
    /// The column that the file names as its default, if it names one that is there.
    pub default_sample_type: Option<usize>,
    /// The stack of each sample.
    pub stacks: Vec<StackId>,
    /// The labels of each sample.
    pub label_sets: Vec<LabelSetId>,
    /// One column per sample type. Negative values are legal: a diff is a profile.
    pub values: Vec<Vec<i64>>,
    /// The sets that `label_sets` names.
    pub labels: LabelSets,
    /// Mapped objects in file order; the first is the main binary.
    pub mappings: Vec<MappingId>,
    /// What `period` counts.
    pub period_type: Option<SampleType>,
    /// Mean distance of two samples, in units of `period_type`; 0 when unknown.
    pub period: i64,
    /// Unix time of the capture (of its start for a CPU profile); `None` when the file has none.
    pub time: Option<Nanos>,
    /// When the collection ended whose state it shows, where that is all that is told of its time.
    pub as_of: Option<Nanos>,
    /// How long the capture took; `None` when the file says nothing.
    pub duration: Option<NanosDelta>,
    /// Free-form notes.
    pub comments: Vec<StringId>,
    /// Where the profile is explained.
    pub doc_url: Option<StringId>,
    /// Functions whose frames the file asks to drop, with what they call (a regular expression).
    pub drop_frames: Option<StringId>,
    /// Functions that are kept although `drop_frames` matches them (a regular expression).
    pub keep_frames: Option<StringId>,
}

/// What one column counts (profile.proto, `ValueType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SampleType {
    /// Such as `inuse_space`.
    pub name: StringId,
    /// Such as `bytes`.
    pub unit: StringId,
}

/// What a profile measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum ProfileKind {
    /// Live and allocated objects and bytes; `/debug/pprof/heap`.
    Heap,
    /// The same samples as [`Heap`](Self::Heap), opened at `alloc_space`; `/debug/pprof/allocs`.
    Allocs,
    /// Stacks of all goroutines.
    Goroutine,
    /// Stacks of goroutines that can never run again (Go 1.26 and later).
    GoroutineLeak,
    /// Time lost by others while a mutex was held.
    Mutex,
    /// Time spent blocked.
    Block,
    /// `contentions` and `delay`, and nothing tells whether of mutexes or of blocking.
    Contention,
    /// Stacks that led to new threads.
    ThreadCreate,
    /// Time on the processor.
    Cpu,
    /// What native pools had handed out at one moment, made of their trace.
    Pool,
    /// Every allocation and every free of an old Go program (`GODEBUG=allocfreetrace=1`), summed up.
    AllocFreeTrace,
    /// The heap of a native program, sampled (jemalloc, gperftools).
    NativeHeap,
    /// The heap of a native program, every allocation (DHAT).
    Dhat,
    /// Objects of a Java heap by class (`jcmd PID GC.class_histogram`).
    ClassHistogram,
    /// What the kernel allocated and had not freed at the end of a record of its allocation events.
    Kernel,
    /// Maps of a probe (bpftrace), each a column.
    Probe,
    /// A profile of the program's own (`pprof.NewProfile`) or of another tool.
    #[default]
    Custom,
    /// Made out of an execution trace, for a range and some of its goroutines.
    Trace(TraceProfileKind),
}

/// What a profile out of a trace is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum TraceProfileKind {
    /// Waiting for the network.
    Network,
    /// Waiting for channels, locks and the like.
    Sync,
    /// System calls.
    Syscall,
    /// Runnable, until a processor is free.
    Sched,
    /// Running, by the samples of a CPU profile that ran at the time.
    Cpu,
}

impl TraceProfileKind {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Sync, Self::Network, Self::Syscall, Self::Sched, Self::Cpu];

    /// What it is called.
    pub fn words(self) -> &'static str {
        match self {
            Self::Sync => "sync blocking",
            Self::Network => "network blocking",
            Self::Syscall => "system calls",
            Self::Sched => "scheduler wait",
            Self::Cpu => "CPU samples",
        }
    }
}

impl Profile {
    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.stacks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }
}
