//! Which nodes a location stands for: granularity, `noinlines`, and the frames that `hide`, `show`
//! and `show_from` leave visible. Computed once per question for every location, so that walking
//! stacks afterwards is table look-ups.

use crate::model::{LocationId, MappingId, StringId};

/// A node of a report: what pprof calls `NodeInfo`. Rows of one [`Projection`] only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(u32);

/// What a node is, as far as the granularity keeps it apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    /// Function name; empty at granularity `files` and where there are no symbols.
    pub name: StringId,
    /// Source file, where the granularity keeps it.
    pub file: StringId,
    /// Line, 0 where the granularity folds it.
    pub line: i64,
    /// Address, 0 where the granularity folds it.
    pub address: u64,
    /// The object, only where there is no function name.
    pub mapping: Option<MappingId>,
}

/// Nodes of every location, leaf (innermost inlined) first.
pub struct Projection {
    nodes: Vec<Node>,
    /// Where the nodes of each location end in `of_location`.
    ends: Vec<u32>,
    of_location: Vec<NodeId>,
}

impl NodeId {
    /// The row, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Projection {
    /// The nodes of a location, innermost first; none when every frame of it is hidden.
    pub fn nodes_of(&self, location: LocationId) -> &[NodeId] {
        let row = location.index();
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        self.ends.get(row).and_then(|&end| self.of_location.get(start..end as usize)).unwrap_or(&[])
    }

    /// What a node is.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    /// How many nodes there are; columns by node have this length.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}
