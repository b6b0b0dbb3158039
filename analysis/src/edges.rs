//! Who calls whom, weighted as pprof's graph: an edge counts once per stack (pprof: `graph.newGraph`).

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::Symbols;
use crate::order;
use crate::projection::{NodeId, Projection};
use crate::selection::Selection;

/// Calls from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The caller.
    pub from: NodeId,
    /// The callee.
    pub to: NodeId,
    /// Value of the stacks that hold the call.
    pub weight: i64,
    /// Every such call is inlined.
    pub is_inlined: bool,
    /// It leaps over nodes that are not kept.
    pub is_residual: bool,
}

/// All edges between nodes for which `keep` holds, in order of caller and callee.
pub fn edges(
    symbols: &Symbols,
    projection: &Projection,
    selection: &Selection,
    column: usize,
    keep: impl Fn(NodeId) -> bool,
) -> Vec<Edge> {
    let mut found: FxHashMap<(NodeId, NodeId), Edge> = FxHashMap::default();
    let mut seen: FxHashSet<(NodeId, NodeId)> = FxHashSet::default();
    for row in 0..selection.len() {
        let weight = selection.values.get(column).and_then(|values| values.get(row)).copied().unwrap_or(0);
        if weight == 0 {
            continue;
        }
        seen.clear();
        let mut parent: Option<NodeId> = None;
        let mut is_residual = false;
        for &location in selection.locations(symbols, row).iter().rev() {
            let nodes = projection.nodes_of(location);
            for (at, &node) in nodes.iter().enumerate().rev() {
                if !keep(node) {
                    is_residual = true;
                    continue;
                }
                if let Some(from) = parent
                    && from != node
                    && seen.insert((from, node))
                {
                    let is_inlined = at + 1 < nodes.len();
                    let edge = found.entry((from, node)).or_insert(Edge {
                        from,
                        to: node,
                        weight: 0,
                        is_inlined: true,
                        is_residual: false,
                    });
                    edge.weight = edge.weight.wrapping_add(weight);
                    edge.is_inlined &= is_inlined;
                    edge.is_residual |= is_residual;
                }
                parent = Some(node);
                is_residual = false;
            }
        }
    }
    let mut edges: Vec<Edge> = found.into_values().collect();
    order::sort_by_key(&mut edges, |edge| (edge.from, edge.to));
    edges
}
