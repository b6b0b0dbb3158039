//! Who calls whom, weighted as pprof's graph: an edge counts once per stack (pprof: `graph.newGraph`).

use rustc_hash::FxHashMap;

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
    edges_into(symbols, projection, selection, column, keep, |_| true)
}

/// As [`edges`], only those to callees for which `wanted` holds.
pub fn edges_into(
    symbols: &Symbols,
    projection: &Projection,
    selection: &Selection,
    column: usize,
    keep: impl Fn(NodeId) -> bool,
    wanted: impl Fn(NodeId) -> bool,
) -> Vec<Edge> {
    // Beside each edge the last row that counted for it: however often a stack holds the call, it counts once.
    let mut found: FxHashMap<(NodeId, NodeId), (Edge, usize)> = FxHashMap::default();
    for row in 0..selection.len() {
        let weight = selection.values.get(column).and_then(|values| values.get(row)).copied().unwrap_or(0);
        if weight == 0 {
            continue;
        }
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
                    && wanted(node)
                {
                    let new = Edge { from, to: node, weight: 0, is_inlined: true, is_residual: false };
                    let (edge, last) = found.entry((from, node)).or_insert((new, usize::MAX));
                    if std::mem::replace(last, row) != row {
                        edge.weight = edge.weight.wrapping_add(weight);
                        edge.is_inlined &= at + 1 < nodes.len();
                        edge.is_residual |= is_residual;
                    }
                }
                parent = Some(node);
                is_residual = false;
            }
        }
    }
    let mut edges: Vec<Edge> = found.into_values().map(|(edge, _)| edge).collect();
    order::sort_by_key(&mut edges, |edge| (edge.from, edge.to));
    edges
}
