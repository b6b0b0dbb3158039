//! One cycle of the collector: why it began, and what it cost whom.

use crate::model::trace::Goroutine;
use crate::model::{StackId, StringId, Symbols};

/// Why a cycle began (runtime/mgc.go, `gcTrigger`), as the stack of its beginning shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// An allocation found the heap at its goal.
    Heap,
    /// The program called `runtime.GC`.
    Forced,
    /// None had been for two minutes (runtime/proc.go, `forcegcperiod`).
    Periodic,
    /// It was under way when the trace began, or its beginning has no stack.
    Unknown,
}

impl Trigger {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Heap => "heap at its goal",
            Self::Forced => "runtime.GC called",
            Self::Periodic => "two minutes without",
            Self::Unknown => "not in the trace",
        }
    }

    pub(super) fn of(symbols: &Symbols, stack: Option<StackId>) -> Self {
        let Some(stack) = stack else { return Self::Unknown };
        let locations = symbols.stacks.get(stack);
        let known = symbols.function_names(locations).find_map(|name| match symbols.strings.get(name) {
            "runtime.GC" => Some(Self::Forced),
            "runtime.forcegchelper" => Some(Self::Periodic),
            name if name.starts_with("runtime.mallocgc") => Some(Self::Heap),
            _ => None,
        });
        // All other callers of gcStart allocate too (runtime/arena.go).
        known.unwrap_or(if locations.is_empty() { Self::Unknown } else { Self::Heap })
    }
}

/// What a cycle cost the goroutines of one start function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The function that they began with; `None` where no stack says it.
    pub group: Option<StringId>,
    /// How often one of them had to help.
    pub assists: usize,
    /// How long in all, waiting for work within it included.
    pub assist_nanos: i64,
    /// How long the world stood still for those of them that were running when it was stopped, who stopped it included.
    pub stopped_nanos: i64,
}

/// Time of mark workers on a processor, by the label that the runtime gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarkWorkers {
    /// A processor of their own.
    pub dedicated_nanos: i64,
    /// A share of one.
    pub fractional_nanos: i64,
    /// What nobody else wanted.
    pub idle_nanos: i64,
}

/// One cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleBlame {
    /// From 1, over the whole trace.
    pub number: usize,
    /// When it began to mark, in trace time.
    pub begin: i64,
    /// When marking ended; the end of the trace for one that was still going on.
    pub end: i64,
    /// Why it began.
    pub trigger: Trigger,
    /// Who began it.
    pub goroutine: Option<Goroutine>,
    /// The function that this goroutine began with.
    pub group: Option<StringId>,
    /// Where it was.
    pub stack: Option<StackId>,
    /// How long the world stood still for its beginning and its end.
    pub stopped_nanos: i64,
    /// Its workers.
    pub workers: MarkWorkers,
    /// Who paid, those that helped longest first.
    pub costs: Vec<Cost>,
}

impl CycleBlame {
    /// How long goroutines helped, all together.
    pub fn assist_nanos(&self) -> i64 {
        self.costs.iter().map(|cost| cost.assist_nanos).sum()
    }

    /// How often.
    pub fn assists(&self) -> usize {
        self.costs.iter().map(|cost| cost.assists).sum()
    }
}
