//! The questions the screen asks, and their answers in its words: plain serde data. One file a question.

mod call_graph;
mod clock;
mod contention;
mod dwell;
mod engine;
mod escape;
mod files;
mod flame;
mod gc;
mod groups;
mod growth;
mod inspect;
mod life;
mod measure;
mod objects;
mod package;
mod pools;
mod process;
mod sandwich;
mod states;
mod table;

use serde::{Deserialize, Serialize};

pub use call_graph::{CallGraphAnswer, GraphEdge, GraphNode};
pub use clock::{ClockAnswer, ClockRow, PlaceRow};
pub use contention::{
    AccessRow, Amount, ContentionAnswer, GroupAnswer, LockRow, PopulationRow, RaceRow, SideRow, SidesAnswer,
    StackFrame, StandingRow, WaitingGroup, contention, findings_of,
};
pub use dwell::{CurvePoint, DwellCurve, LengthBar, curve};
pub use engine::Engine;
pub use escape::{EscapeAnswer, EscapeHeap, EscapeReason, EscapeRow, escape};
pub use files::{FileRow, FileState, FilesAnswer, kind_of};
pub use flame::{FlameAnswer, FlameMode, FlameQuery};
pub use gc::{GcAnswer, GcLine, GcRow, GcRun, LineRole, SchedulerPoint, StopBar, gc};
pub use groups::{GroupsAnswer, MarkedFile, ProposalRow, groups};
pub use growth::{GrowthAnswer, GrowthLine, Point};
pub use inspect::{InspectAnswer, StackRow, ValueRow};
pub use life::{LifeAnswer, LifeEvent, LifeQuery};
pub(crate) use measure::profile_of;
pub use objects::{LifeSpan, ObjectRow, ObjectSort, ObjectsAnswer, ObjectsQuery};
pub use package::{Package, package_of};
pub use pools::{PoolRow, PoolsAnswer, pool_row};
pub use process::{CLASSES, Dump, GroupRow, HugeRow, KindRow, Moment, ProcessAnswer, RangeRow, ResidentRow, process};
pub use sandwich::{Neighbour, SandwichAnswer};
pub use states::{
    BalanceAnswer, Band, PoolKey, StateEdge, StateNode, StatesAnswer, StatesQuery, ViolationCount, edge_name,
};
pub use table::{SnapshotLabel, SortKey, TableAnswer, TableQuery, TableRow, TypeLabel};

use crate::findings::Diagnosis;
use crate::lens::{Filter, Lens, SourceId};
use crate::model::ProfileKind;
use crate::share::{Encoded, ShareQuery, SharedAnswer};

/// What the screen asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Query {
    /// Which files there are.
    Files,
    /// Whether a filter compiles.
    Check(Filter),
    /// Rows of the table.
    Table(TableQuery),
    /// What is known of one node.
    Inspect {
        /// How it is looked at.
        lens: Lens,
        /// Its printable name.
        node: String,
    },
    /// What is wrong, with lines moved as a link says ([`Thresholds::changed`](crate::findings::Thresholds::changed)).
    Findings(String),
    /// Boxes of the flame graph.
    Flame(FlameQuery),
    /// Callers and callees of one node.
    Sandwich {
        /// How it is looked at.
        lens: Lens,
        /// Its printable name.
        node: String,
    },
    /// The call graph.
    CallGraph {
        /// How it is looked at.
        lens: Lens,
        /// How many nodes at most.
        nodes: u32,
    },
    /// The largest sites over the snapshots.
    Growth {
        /// How it is looked at.
        lens: Lens,
        /// How many lines at most.
        lines: u32,
        /// A node that is always among them, empty for none.
        node: String,
    },
    /// All pools of all records of pools.
    Pools,
    /// The state graph of one pool.
    States(StatesQuery),
    /// Objects of one pool.
    Objects(ObjectsQuery),
    /// The life of one object.
    Life(LifeQuery),
    /// What pools had handed out at a moment, as a profile for the views of the heap; two of them are compared there.
    PoolsAt {
        /// The record.
        source: SourceId,
        /// Nanoseconds since its first event.
        time: i64,
    },
    /// What is known of the shared analysis that is open.
    Shared,
    /// The session as text for a link.
    Share(ShareQuery),
    /// Move files on the session's clock, as the link's pair `off` says: what is asked after is of files where they stand then.
    MoveClocks(String),
    /// Open an analysis out of a link: its files are then among those that [`Query::Files`] tells.
    OpenShared(String),
}

/// What the screen is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Query::Files`].
    Files(FilesAnswer),
    /// To [`Query::Check`]: it does.
    Compiles,
    /// To [`Query::Table`].
    Table(TableAnswer),
    /// To [`Query::Inspect`]; `None` when the lens shows no such node.
    Inspect(Option<InspectAnswer>),
    /// To [`Query::Findings`].
    Findings(Diagnosis),
    /// To [`Query::Flame`].
    Flame(FlameAnswer),
    /// To [`Query::Sandwich`]; `None` when the lens shows no such node.
    Sandwich(Option<SandwichAnswer>),
    /// To [`Query::CallGraph`].
    CallGraph(CallGraphAnswer),
    /// To [`Query::Growth`].
    Growth(GrowthAnswer),
    /// To [`Query::Pools`].
    Pools(PoolsAnswer),
    /// To [`Query::States`]; `None` when there is no such pool.
    States(Option<Box<StatesAnswer>>),
    /// To [`Query::Objects`]; `None` when there is no such pool.
    Objects(Option<ObjectsAnswer>),
    /// To [`Query::Life`]; `None` when there is no such object.
    Life(Option<LifeAnswer>),
    /// To [`Query::PoolsAt`]: the profile's number, for [`Lens::current`] and [`Lens::base`].
    PoolsAt(Option<SourceId>),
    /// To [`Query::Shared`]; `None` when none is open, or every file of it is here.
    Shared(Option<Box<SharedAnswer>>),
    /// To [`Query::Share`].
    Share(Encoded),
    /// To [`Query::OpenShared`]: it is open.
    OpenShared,
    /// To [`Query::MoveClocks`]: they stand there.
    ClocksMoved,
}

/// What a record of native pools is called on the screen and in reports.
pub const POOLS_KIND: &str = "pool trace";

/// What a kind of profile is called on the screen and in reports.
pub fn kind_name(kind: ProfileKind) -> &'static str {
    match kind {
        ProfileKind::Heap => "heap profile",
        ProfileKind::Allocs => "allocs profile",
        ProfileKind::Goroutine => "goroutine profile",
        ProfileKind::GoroutineLeak => "goroutine leak profile",
        ProfileKind::Mutex => "mutex profile",
        ProfileKind::Block => "block profile",
        ProfileKind::Contention => "contention profile",
        ProfileKind::ThreadCreate => "threadcreate profile",
        ProfileKind::Cpu => "CPU profile",
        ProfileKind::Pool => "pools at a moment",
        ProfileKind::AllocFreeTrace => "allocation trace",
        ProfileKind::NativeHeap => "native heap profile",
        ProfileKind::Dhat => "DHAT profile",
        ProfileKind::ClassHistogram => "class histogram",
        ProfileKind::Kernel => "kernel allocations",
        ProfileKind::Probe => "bpftrace maps",
        ProfileKind::Custom => "custom profile",
        ProfileKind::Trace(kind) => kind.words(),
    }
}
