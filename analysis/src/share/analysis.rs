//! What travels: what an engine says of a session, small enough for a link, and enough of its profiles that the views of the
//! heap go on working.

use serde::{Deserialize, Serialize};

use super::shred::{ALL_DIGITS, shred};
use super::unshred::{ANY_MEMORY, unshred};
use super::{Identity, Note, ShareError};
use crate::findings::Diagnosis;
use crate::lens::SourceId;
use crate::limits::{ANALYSIS_CALLS, ANALYSIS_DEPTH};
use crate::model::ProfileKind;
use crate::query::{
    ClockAnswer, ContentionAnswer, FileRow, GcAnswer, PoolKey, PoolsAnswer, ProcessAnswer, StatesAnswer,
};

/// A session in sum. Numbers of files in it are positions in [`sources`](Self::sources).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// What made it, such as `Poolscope 0.1.0`.
    pub made_by: String,
    /// The files.
    pub sources: Vec<SharedSource>,
    /// Functions and locations that [`families`](Self::families) point at.
    pub code: Code,
    /// Profiles, those of a kind together.
    pub families: Vec<Family>,
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// The table of pools.
    pub pools: PoolsAnswer,
    /// State graphs of pools, over the whole of their records.
    pub states: Vec<SharedStates>,
    /// What collectors did, run by run.
    pub collector: Vec<GcAnswer>,
    /// What the process holds.
    pub process: Option<ProcessAnswer>,
    /// What waits: as it is first shown, then with one thing picked each.
    pub contention: Vec<ContentionAnswer>,
    /// How files were put on one clock.
    pub clock: ClockAnswer,
    /// Notes of the sender.
    pub notes: Vec<Note>,
    /// What was looked at, as the address of the page has it; empty where it stands beside the analysis.
    pub state: String,
    /// What was left out to make it small, a sentence each.
    pub left_out: Vec<String>,
    /// Names were replaced.
    pub is_redacted: bool,
}

/// A file of the sender's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SharedSource {
    /// What the engine says of it.
    pub row: FileRow,
    /// Which bytes it is; `None` where these were not at hand.
    pub identity: Option<Identity>,
    /// The file that it was made of, if it was never a file itself.
    pub derived_from: Option<u32>,
}

/// The code that stacks point at. Row 0 of everything stands for what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Functions.
    pub functions: Vec<CodeFunction>,
    /// Locations.
    pub locations: Vec<CodeLocation>,
}

/// A location: what its lines say. Addresses and mapped objects stay with the sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CodeLocation {
    /// Its lines, the innermost inlined function first.
    pub lines: Vec<CodeLine>,
    /// The address of one without lines, which has no other name; else 0.
    pub address: u64,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CodeFunction {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Its first line, 0 when unknown.
    pub start_line: i64,
}

/// A line of a location, the innermost inlined function first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CodeLine {
    /// Row of the function; `None` without symbols.
    pub function: Option<u32>,
    /// The line, 0 when unknown.
    pub line: i64,
}

/// Profiles of a kind as one tree of calls, pruned: what was cut off hangs as one node at the place where it was cut, so that
/// every total is that of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// What they measure.
    pub kind: ProfileKind,
    /// Name and unit of each column.
    pub sample_types: Vec<(String, String)>,
    /// The profiles.
    pub snapshots: Vec<SharedSnapshot>,
    /// The tree, roots first: a node comes after its parent.
    pub nodes: Vec<TreeNode>,
    /// Nodes at which stacks end.
    pub rows: Vec<u32>,
    /// Their values by column: row behind row, in each the snapshots in their order.
    pub values: Vec<Vec<i64>>,
}

/// A node of a tree of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeNode {
    /// Position of the caller plus one; 0 for a root.
    pub parent: u32,
    /// Row of the location; 0 for what was left out.
    pub location: u32,
}

/// What a profile says beside its samples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedSnapshot {
    /// The file.
    pub source: SourceId,
    /// The column that is shown first, if the file names one.
    pub default_sample_type: Option<u32>,
    /// What the period counts: name and unit.
    pub period_type: Option<(String, String)>,
    /// Mean distance of two samples.
    pub period: i64,
    /// Unix time of the capture in nanoseconds.
    pub time_nanos: Option<i64>,
    /// When the collection ended whose state it shows.
    pub as_of_nanos: Option<i64>,
    /// How long the capture took, in nanoseconds.
    pub duration_nanos: Option<i64>,
    /// How many samples the file has.
    pub samples: u64,
}

/// The state graph of a pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SharedStates {
    /// The pool.
    pub key: PoolKey,
    /// What is drawn.
    pub answer: StatesAnswer,
}

/// Files, kinds of profiles, columns of one, snapshots of one, nodes of one: far above what is made.
const MOST_OF: [usize; 5] = [10_000, 200, 256, 2_000, 100_000];

impl Analysis {
    /// With other numbers of files.
    pub(super) fn renumbered(&self, renumber: &dyn Fn(u32) -> u32) -> Option<Self> {
        unshred(&shred(self, renumber, ALL_DIGITS).ok()?, &|id| id, ANY_MEMORY).ok()
    }

    /// What holds for every analysis that is made here, and may not for one that comes from elsewhere.
    pub(super) fn check(&self) -> Result<(), ShareError> {
        let [sources, families, columns, snapshots, nodes] = MOST_OF;
        if self.sources.len() > sources || self.families.len() > families || self.notes.len() > Note::MOST {
            return Err(ShareError::TooMuch("files, profiles or notes", sources as u64));
        }
        let mut calls = 0_usize;
        for family in &self.families {
            let counts = [
                (family.sample_types.len(), columns),
                (family.snapshots.len(), snapshots),
                (family.nodes.len(), nodes),
            ];
            if let Some((_, most)) = counts.iter().find(|(count, most)| count > most) {
                return Err(ShareError::TooMuch("columns, snapshots or calls of a profile", *most as u64));
            }
            let mut depths: Vec<u32> = Vec::with_capacity(family.nodes.len());
            for node in &family.nodes {
                let depth = match node.parent.checked_sub(1) {
                    None => Some(0),
                    Some(parent) => depths.get(parent as usize).copied(),
                };
                let depth = depth.ok_or(ShareError::Damaged("a call stands before its caller"))? + 1;
                if depth > ANALYSIS_DEPTH + 2 {
                    return Err(ShareError::TooMuch("calls one in the other", ANALYSIS_DEPTH.into()));
                }
                depths.push(depth);
            }
            let width = family.rows.len().saturating_mul(family.snapshots.len());
            if family.values.len() != family.sample_types.len() || family.values.iter().any(|own| own.len() != width) {
                return Err(ShareError::Damaged("values are missing"));
            }
            for &row in &family.rows {
                let depth = depths.get(row as usize).ok_or(ShareError::Damaged("a stack ends nowhere"))?;
                calls = calls.saturating_add(*depth as usize * family.snapshots.len());
            }
        }
        if calls > ANALYSIS_CALLS { Err(ShareError::TooMuch("calls", ANALYSIS_CALLS as u64)) } else { Ok(()) }
    }
}
