//! The call graph of the heaviest nodes, laid out.

use serde::{Deserialize, Serialize};

use super::engine::NOTHING;
use super::measure::Measure;
use super::package::{Package, package_of};
use crate::edges::edges;
use crate::layout::layered;
use crate::lens::Lens;
use crate::order;
use crate::session::Session;

/// The drawing. Places are in node widths and layers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallGraphAnswer {
    /// Unit of the values.
    pub unit: String,
    /// What shares are of.
    pub total: i64,
    /// Nodes.
    pub nodes: Vec<GraphNode>,
    /// Edges.
    pub edges: Vec<GraphEdge>,
    /// How many layers.
    pub layers: u32,
    /// Width of the widest layer.
    pub width: f64,
    /// How many nodes are not drawn.
    pub left_out: u32,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphNode {
    /// Its name.
    pub name: String,
    /// Its package's group.
    pub package: Package,
    /// Its own value.
    pub flat: i64,
    /// With all it called.
    pub cum: i64,
    /// Its layer, 0 on top.
    pub layer: u32,
    /// Its centre.
    pub x: f64,
}

/// An edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphEdge {
    /// The caller, by position.
    pub from: u32,
    /// The callee, by position.
    pub to: u32,
    /// Value of the stacks that hold the call.
    pub weight: i64,
    /// Every such call is inlined.
    pub is_inlined: bool,
    /// It leaps over nodes that are not drawn.
    pub is_residual: bool,
    /// Centres it passes, a layer each, from its upper end.
    pub bends: Vec<f64>,
}

/// Edges below this share of the total are not drawn (pprof: `-edgefraction`).
const EDGE_FRACTION: f64 = 0.001;
/// Nodes below this share of the total are not drawn (pprof: `-nodefraction`).
const NODE_FRACTION: f64 = 0.005;

pub(super) fn call_graph(
    session: &Session,
    measure: &Measure,
    lens: &Lens,
    most: usize,
) -> Result<CallGraphAnswer, String> {
    let chosen = measure.chosen(session, lens).ok_or(NOTHING)?;
    let growth = &measure.growth;
    let measured = growth.measured.get(chosen.current).ok_or(NOTHING)?;
    let total = measured.selection.totals.get(chosen.column).copied().unwrap_or(0);
    let mut rows = measured.top.rows(chosen.column, lens.drop_negative);
    let all = rows.len();
    rows.retain(|row| row.cum.unsigned_abs() as f64 >= total.unsigned_abs() as f64 * NODE_FRACTION);
    // What has a value of its own matters beside what merely leads there.
    let score = |row: &crate::top::Row| row.cum.unsigned_abs() + row.flat.unsigned_abs();
    order::sort_by(&mut rows, |a, b| {
        score(b).cmp(&score(a)).then_with(|| measure.name(a.node).cmp(measure.name(b.node)))
    });
    rows.truncate(most);
    let mut place = vec![None; growth.projection.len()];
    for (at, row) in rows.iter().enumerate() {
        if let Some(slot) = place.get_mut(row.node.index()) {
            *slot = Some(at);
        }
    }
    let at = |node: crate::projection::NodeId| place.get(node.index()).copied().flatten();
    let mut found =
        edges(&session.symbols, &growth.projection, &measured.selection, chosen.column, |node| at(node).is_some());
    found.retain(|edge| edge.weight.unsigned_abs() as f64 >= total.unsigned_abs() as f64 * EDGE_FRACTION);
    let links: Vec<(usize, usize, f64)> = found
        .iter()
        .filter_map(|edge| Some((at(edge.from)?, at(edge.to)?, edge.weight.unsigned_abs() as f64)))
        .collect();
    let layout = layered(rows.len(), &links);
    let nodes = rows.iter().enumerate().map(|(at, row)| {
        let name = measure.name(row.node).to_owned();
        GraphNode {
            package: package_of(&name),
            name,
            flat: row.flat,
            cum: row.cum,
            layer: layout.layer.get(at).copied().unwrap_or(0) as u32,
            x: layout.x.get(at).copied().unwrap_or(0.0),
        }
    });
    let unit = measured.selection.sample_types.get(chosen.column).map_or("", |t| session.symbols.strings.get(t.unit));
    Ok(CallGraphAnswer {
        unit: unit.to_owned(),
        total,
        nodes: nodes.collect(),
        edges: found
            .iter()
            .zip(&links)
            .zip(&layout.bends)
            .map(|((edge, &(from, to, _)), bends)| GraphEdge {
                from: from as u32,
                to: to as u32,
                weight: edge.weight,
                is_inlined: edge.is_inlined,
                is_residual: edge.is_residual,
                bends: bends.clone(),
            })
            .collect(),
        layers: layout.layers as u32,
        width: layout.width,
        left_out: (all - rows.len()) as u32,
    })
}
