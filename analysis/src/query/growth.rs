//! The course of the largest sites over the snapshots.

use serde::{Deserialize, Serialize};

use super::engine::NOTHING;
use super::measure::Measure;
use super::package::{Package, package_of};
use crate::growth::Scope;
use crate::lens::Lens;
use crate::order;
use crate::projection::NodeId;
use crate::session::Session;

/// The lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GrowthAnswer {
    /// Sample type shown.
    pub sample_type: String,
    /// Its unit.
    pub unit: String,
    /// Whether positions are seconds; else they are numbers of snapshots.
    pub has_times: bool,
    /// Snapshot names, and which repeat the one before.
    pub snapshots: Vec<(String, f64, bool)>,
    /// The lines, the largest change first.
    pub lines: Vec<GrowthLine>,
}

/// One node over the snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrowthLine {
    /// Its name.
    pub name: String,
    /// Its package's group.
    pub package: Package,
    /// By snapshot.
    pub points: Vec<Point>,
    /// Robust slope per second (per snapshot without times).
    pub slope: f64,
    /// Chance of so steady a course without trend.
    pub p: f64,
    /// Share of the change of the whole.
    pub share: f64,
}

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The value.
    pub value: i64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

pub(super) fn growth(
    session: &Session,
    measure: &Measure,
    lens: &Lens,
    most: usize,
    wanted: &str,
) -> Result<GrowthAnswer, String> {
    let chosen = measure.chosen(session, lens).ok_or(NOTHING)?;
    let growth = &measure.growth;
    let selection = &growth.measured.get(chosen.current).ok_or(NOTHING)?.selection;
    let (first, last) = (growth.series.distinct().next().unwrap_or(0), growth.series.distinct().last().unwrap_or(0));
    let change = |node: NodeId| growth.delta(first, last, node, chosen.column, Scope::Flat);
    let mut nodes: Vec<NodeId> = growth.projection.iter().map(|(node, _)| node).collect();
    let largest =
        |node: NodeId| growth.values(node, chosen.column, Scope::Flat).into_iter().map(i64::unsigned_abs).max();
    nodes.retain(|&node| largest(node).is_some_and(|value| value > 0));
    // Sure changes first, then by size.
    let mut keyed: Vec<_> = nodes.into_iter().map(|node| (change(node), node)).collect();
    order::sort_by(&mut keyed, |(a, node), (b, other)| {
        let size =
            |delta: &crate::growth::Delta| (!delta.is_significant(), std::cmp::Reverse(delta.value.unsigned_abs()));
        size(a).cmp(&size(b)).then_with(|| measure.name(*node).cmp(measure.name(*other)))
    });
    let mut nodes: Vec<NodeId> = keyed.into_iter().take(most).map(|(_, node)| node).collect();
    if let Some(node) = measure.node(wanted, chosen).filter(|node| !wanted.is_empty() && !nodes.contains(node)) {
        nodes.insert(0, node);
    }
    let total = growth.total(last, chosen.column) - growth.total(first, chosen.column);
    let line = |node: NodeId| {
        // A function that allocates nothing itself is shown with what it called.
        let scope = if largest(node) == Some(0) { Scope::Cum } else { Scope::Flat };
        let point = |at: usize| {
            let interval = growth.interval(at, node, chosen.column, scope);
            Point { value: growth.value(at, node, chosen.column, scope), low: interval.low, high: interval.high }
        };
        let trend = growth.trend(node, chosen.column, scope);
        let delta = growth.delta(first, last, node, chosen.column, scope);
        let name = measure.name(node).to_owned();
        GrowthLine {
            package: package_of(&name),
            name,
            points: (0..growth.measured.len()).map(point).collect(),
            slope: trend.map_or(0.0, |trend| trend.slope),
            p: trend.map_or(1.0, |trend| trend.p),
            share: if total == 0 { 0.0 } else { delta.value as f64 / total as f64 },
        }
    };
    let label = selection.sample_types.get(chosen.column);
    let text = |id: Option<crate::model::StringId>| id.map_or("", |id| session.symbols.strings.get(id)).to_owned();
    let snapshot = |snapshot: &crate::series::Snapshot| {
        let name = session.source(snapshot.source).map_or(String::new(), |source| source.name.clone());
        (name, snapshot.at_seconds, snapshot.repeats)
    };
    Ok(GrowthAnswer {
        sample_type: text(label.map(|t| t.name)),
        unit: text(label.map(|t| t.unit)),
        has_times: growth.series.has_times(),
        snapshots: growth.series.snapshots.iter().map(snapshot).collect(),
        lines: nodes.into_iter().map(line).collect(),
    })
}
