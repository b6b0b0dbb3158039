//! Rows of the table: one node each, with its values, its change and its course over the snapshots.

use serde::{Deserialize, Serialize};

use super::engine::NOTHING;
use super::measure::{Chosen, Measure};
use super::package::{Package, package_of};
use crate::growth::Scope;
use crate::lens::{Lens, SourceId};
use crate::order;
use crate::projection::NodeId;
use crate::session::Session;

/// Which rows are wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableQuery {
    /// How the session is looked at; its base is what Δ is against.
    pub lens: Lens,
    /// What rows are sorted by.
    pub sort: SortKey,
    /// Smallest first.
    pub ascending: bool,
    /// Only names that hold this text, in any case.
    pub search: String,
    /// First row wanted.
    pub offset: u32,
    /// How many are wanted.
    pub limit: u32,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    /// Name.
    Name,
    /// The node's own value.
    #[default]
    Flat,
    /// The value with all it called.
    Cum,
    /// Change against the base; what is noise comes last.
    Delta,
    /// The value with all it called in another sample type.
    Type(u32),
    /// Share of new bytes that stayed.
    Survival,
    /// Mean size of an object in use.
    Size,
}

/// The rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableAnswer {
    /// What the profile is, in words.
    pub kind: String,
    /// Sample types.
    pub types: Vec<TypeLabel>,
    /// The one that is shown first.
    pub column: u32,
    /// Snapshots in time order.
    pub snapshots: Vec<SnapshotLabel>,
    /// Which of them is looked at.
    pub current: u32,
    /// Which of them Δ is against.
    pub base: Option<u32>,
    /// Total by sample type.
    pub totals: Vec<i64>,
    /// How many rows there are in all.
    pub total_rows: u32,
    /// How many rows there were before the search.
    pub all_rows: u32,
    /// Number of the first row here.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<TableRow>,
    /// Where the selected node is, if asked for by the lens.
    pub is_heap: bool,
}

/// A sample type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TypeLabel {
    /// Such as `inuse_space`.
    pub name: String,
    /// Such as `bytes`.
    pub unit: String,
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotLabel {
    /// Its file.
    pub source: SourceId,
    /// Its name.
    pub name: String,
    /// Seconds since the first, or its position without times.
    pub at_seconds: f64,
    /// It repeats the one before.
    pub repeats: bool,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableRow {
    /// Printable name.
    pub name: String,
    /// Its package's group.
    pub package: Package,
    /// Its own value in the shown type.
    pub flat: i64,
    /// With all it called, by type.
    pub cum: Vec<i64>,
    /// Change against the base, with all it called.
    pub delta: Option<i64>,
    /// The change is more than sampling explains.
    pub is_significant: bool,
    /// 95 % interval of the cumulative value; equal ends when exact.
    pub interval: [f64; 2],
    /// Cumulative value in every snapshot.
    pub series: Vec<i64>,
    /// Share of new bytes that stayed.
    pub survival: Option<f64>,
    /// Mean size of an object in use.
    pub size: Option<f64>,
}

/// Measured series, snapshots and column, sort key, direction, search, without negatives.
type OrderKey = (u64, Chosen, SortKey, bool, String, bool);

/// Rows in the order last asked for.
pub(super) struct Order {
    key: OrderKey,
    nodes: Vec<NodeId>,
    all: u32,
}

pub(super) fn table(
    session: &Session,
    measure: &Measure,
    order: &mut Option<Order>,
    query: &TableQuery,
) -> Result<TableAnswer, String> {
    let chosen = measure.chosen(session, &query.lens).ok_or(NOTHING)?;
    let growth = &measure.growth;
    let selection = &growth.measured.get(chosen.current).ok_or(NOTHING)?.selection;
    let key = (
        measure.serial,
        chosen,
        query.sort,
        query.ascending,
        query.search.to_ascii_lowercase(),
        query.lens.drop_negative,
    );
    let order = match order.take().filter(|order| order.key == key) {
        Some(known) => order.insert(known),
        None => order.insert(sorted(measure, key)),
    };
    let strings = &session.symbols.strings;
    let offset = (query.offset as usize).min(order.nodes.len());
    let end = offset.saturating_add(query.limit as usize).min(order.nodes.len());
    let snapshot = |snapshot: &crate::series::Snapshot| SnapshotLabel {
        source: snapshot.source,
        name: session.source(snapshot.source).map_or(String::new(), |source| source.name.clone()),
        at_seconds: snapshot.at_seconds,
        repeats: snapshot.repeats,
    };
    let kind = measure.source(chosen.current).and_then(|id| session.profile(id)).map(|profile| profile.kind);
    Ok(TableAnswer {
        kind: kind.map_or("", super::kind_name).to_owned(),
        types: selection
            .sample_types
            .iter()
            .map(|t| TypeLabel { name: strings.get(t.name).to_owned(), unit: strings.get(t.unit).to_owned() })
            .collect(),
        column: chosen.column as u32,
        snapshots: growth.series.snapshots.iter().map(snapshot).collect(),
        current: chosen.current as u32,
        base: chosen.base.map(|base| base as u32),
        totals: selection.totals.clone(),
        total_rows: order.nodes.len() as u32,
        all_rows: order.all,
        offset: offset as u32,
        rows: order.nodes.get(offset..end).unwrap_or(&[]).iter().map(|&node| row(measure, chosen, node)).collect(),
        is_heap: growth.heap.is_some(),
    })
}

fn sorted(measure: &Measure, key: OrderKey) -> Order {
    let (_, chosen, sort, ascending, search, drop_negative) = &key;
    let growth = &measure.growth;
    let rows = growth.measured.get(chosen.current).map(|measured| measured.top.rows(chosen.column, *drop_negative));
    let mut nodes: Vec<NodeId> = rows.unwrap_or_default().into_iter().map(|row| row.node).collect();
    // What is gone since the base has no value now, and is news all the same; so is what other types still count.
    let columns = growth.measured.get(chosen.current).map_or(0, |measured| measured.selection.values.len());
    let has_other = |node: NodeId| {
        let other = (0..columns).any(|column| growth.value(chosen.current, node, column, Scope::Cum) != 0);
        let before = chosen.base.is_some_and(|base| growth.value(base, node, chosen.column, Scope::Cum) != 0);
        let now = growth.measured.get(chosen.current).map(|measured| measured.top.get(node, chosen.column));
        now.is_none_or(|row| row.flat == 0 && row.cum == 0) && (other || before)
    };
    if *drop_negative {
        nodes.retain(|&node| delta_of(measure, *chosen, node).is_none_or(|delta| delta.value >= 0));
    } else {
        nodes.extend(growth.projection.iter().map(|(node, _)| node).filter(|&node| has_other(node)));
    }
    let all = nodes.len() as u32;
    if !search.is_empty() {
        nodes.retain(|&node| measure.name(node).to_ascii_lowercase().contains(search.as_str()));
    }
    let value = |node: NodeId| -> f64 {
        let cum = |column: usize| growth.value(chosen.current, node, column, Scope::Cum).unsigned_abs() as f64;
        match sort {
            SortKey::Name => 0.0,
            SortKey::Flat => growth.value(chosen.current, node, chosen.column, Scope::Flat).unsigned_abs() as f64,
            SortKey::Cum => cum(chosen.column),
            SortKey::Type(column) => cum(*column as usize),
            SortKey::Delta => {
                let delta = delta_of(measure, *chosen, node);
                // Noise never ranks above what is sure.
                delta.map_or(0.0, |delta| {
                    if delta.is_significant() { delta.value as f64 } else { (delta.value as f64).signum() * 1e-3 }
                })
            }
            SortKey::Survival => survival(measure, *chosen, node).unwrap_or(-1.0),
            SortKey::Size => size(measure, *chosen, node).unwrap_or(-1.0),
        }
    };
    let cum_of = |node: NodeId| growth.value(chosen.current, node, chosen.column, Scope::Cum).unsigned_abs();
    let mut keyed: Vec<(f64, NodeId)> = nodes.into_iter().map(|node| (value(node), node)).collect();
    order::sort_by(&mut keyed, |a, b| {
        let by_value = if *ascending { a.0.total_cmp(&b.0) } else { b.0.total_cmp(&a.0) };
        // Many functions have nothing of their own: among them, what they called counts, as in pprof.
        let by_cum = || match sort {
            SortKey::Flat => cum_of(b.1).cmp(&cum_of(a.1)),
            _ => std::cmp::Ordering::Equal,
        };
        let by_name = || measure.name(a.1).cmp(measure.name(b.1));
        let by_name = || if *sort == SortKey::Name && !*ascending { by_name().reverse() } else { by_name() };
        by_value.then_with(by_cum).then_with(by_name).then(a.1.cmp(&b.1))
    });
    Order { nodes: keyed.into_iter().map(|(_, node)| node).collect(), all, key }
}

pub(super) fn delta_of(measure: &Measure, chosen: Chosen, node: NodeId) -> Option<crate::growth::Delta> {
    measure.delta(chosen, node, chosen.column)
}

/// Δ in use over Δ allocated, in bytes.
pub(super) fn survival(measure: &Measure, chosen: Chosen, node: NodeId) -> Option<f64> {
    let heap = measure.growth.heap?;
    let delta = |column: usize| {
        let now = measure.growth.value(chosen.current, node, column, Scope::Cum);
        now - chosen.base.map_or(0, |base| measure.growth.value(base, node, column, Scope::Cum))
    };
    let allocated = delta(heap.alloc_space?);
    (allocated > 0).then(|| delta(heap.inuse_space) as f64 / allocated as f64)
}

/// Mean size of objects in use.
pub(super) fn size(measure: &Measure, chosen: Chosen, node: NodeId) -> Option<f64> {
    let heap = measure.growth.heap?;
    let value = |column: usize| measure.growth.value(chosen.current, node, column, Scope::Cum);
    let objects = value(heap.inuse_objects);
    (objects > 0).then(|| value(heap.inuse_space) as f64 / objects as f64)
}

fn row(measure: &Measure, chosen: Chosen, node: NodeId) -> TableRow {
    let growth = &measure.growth;
    let columns = growth.measured.get(chosen.current).map_or(0, |measured| measured.selection.values.len());
    let interval = growth.interval(chosen.current, node, chosen.column, Scope::Cum);
    let delta = delta_of(measure, chosen, node);
    let name = measure.name(node).to_owned();
    TableRow {
        package: package_of(&name),
        name,
        flat: growth.value(chosen.current, node, chosen.column, Scope::Flat),
        cum: (0..columns).map(|column| growth.value(chosen.current, node, column, Scope::Cum)).collect(),
        delta: delta.map(|delta| delta.value),
        is_significant: delta.is_some_and(crate::growth::Delta::is_significant),
        interval: [interval.low, interval.high],
        series: growth.values(node, chosen.column, Scope::Cum),
        survival: survival(measure, chosen, node),
        size: size(measure, chosen, node),
    }
}
