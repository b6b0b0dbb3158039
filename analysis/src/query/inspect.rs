//! All that is known of one node.

use serde::{Deserialize, Serialize};

use super::growth::Point;
use super::measure::Measure;
use super::package::{Package, package_of};
use super::table::{size, survival};
use crate::findings::{Diagnosis, SiteFrame};
use crate::growth::Scope;
use crate::lens::Lens;
use crate::order;
use crate::projection::NodeId;
use crate::session::Session;
use crate::words::{bytes, percent, seconds};

/// The inspector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectAnswer {
    /// The node.
    pub node: String,
    /// Its package's group.
    pub package: Package,
    /// `file:line` of its heaviest stack, empty when unknown.
    pub place: String,
    /// Name of the base, empty for none.
    pub base: String,
    /// Name of the current snapshot.
    pub current: String,
    /// Seconds between, if known.
    pub seconds: Option<f64>,
    /// Values by sample type.
    pub values: Vec<ValueRow>,
    /// Shown type over the snapshots, with what it called.
    pub series: Vec<Point>,
    /// Its name and unit.
    pub series_type: (String, String),
    /// How many samples stand behind the current value; `None` when it is exact.
    pub samples: Option<f64>,
    /// What the numbers read as: label and value.
    pub reads_as: Vec<(String, String)>,
    /// The heaviest stacks through it, leaf first.
    pub stacks: Vec<StackRow>,
    /// How many stacks go through it.
    pub stack_count: u32,
    /// Findings that speak of it: position and claim.
    pub findings: Vec<(u32, String)>,
}

/// One sample type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueRow {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Own value now.
    pub flat: i64,
    /// Value before, with what it called.
    pub base: Option<i64>,
    /// Value now, with what it called.
    pub current: i64,
    /// Change.
    pub delta: Option<i64>,
    /// The change is more than sampling explains.
    pub is_significant: bool,
    /// Change per second.
    pub per_second: Option<f64>,
}

/// One call stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackRow {
    /// Value in the shown type.
    pub value: i64,
    /// Frames, leaf first.
    pub frames: Vec<SiteFrame>,
}

/// How many stacks are shown.
const STACKS: usize = 5;

pub(super) fn inspect(
    session: &Session,
    measure: &Measure,
    diagnosis: Option<&Diagnosis>,
    lens: &Lens,
    name: &str,
) -> Option<InspectAnswer> {
    let chosen = measure.chosen(session, lens)?;
    let node = measure.node(name, chosen)?;
    let growth = &measure.growth;
    let measured = growth.measured.get(chosen.current)?;
    let seconds = chosen.base.and_then(|base| growth.series.seconds(base, chosen.current));
    let text = |id| session.symbols.strings.get(id).to_owned();
    let value_row = |(column, t): (usize, &crate::model::SampleType)| {
        let delta = measure.delta(chosen, node, column);
        ValueRow {
            name: text(t.name),
            unit: text(t.unit),
            flat: growth.value(chosen.current, node, column, Scope::Flat),
            base: measure.base_value(chosen, node, column),
            current: growth.value(chosen.current, node, column, Scope::Cum),
            delta: delta.map(|delta| delta.value),
            is_significant: delta.is_some_and(crate::growth::Delta::is_significant),
            per_second: delta.zip(seconds).map(|(delta, seconds)| delta.value as f64 / seconds),
        }
    };
    let point = |at: usize| {
        let interval = growth.interval(at, node, chosen.column, Scope::Cum);
        Point { value: growth.value(at, node, chosen.column, Scope::Cum), low: interval.low, high: interval.high }
    };
    let variance = growth.variance(chosen.current, node, chosen.column, Scope::Cum);
    let value = growth.value(chosen.current, node, chosen.column, Scope::Cum) as f64;
    let (stacks, stack_count) = stacks(session, measure, chosen.current, chosen.column, node);
    let place = stacks.first().and_then(|stack| stack.frames.iter().find(|frame| name.contains(&frame.function)));
    let file_name = |at: usize| {
        let id = measure.source(at);
        id.and_then(|id| session.source(id)).map_or(String::new(), |source| source.name.clone())
    };
    let findings = diagnosis.map_or(&[][..], |diagnosis| &diagnosis.findings).iter().enumerate();
    Some(InspectAnswer {
        node: name.to_owned(),
        package: package_of(name),
        place: place.map_or(String::new(), |frame| format!("{}:{}", frame.file, frame.line)),
        base: chosen.base.map_or(String::new(), file_name),
        current: file_name(chosen.current),
        seconds,
        values: measured.selection.sample_types.iter().enumerate().map(value_row).collect(),
        series: (0..growth.measured.len()).map(point).collect(),
        series_type: measured
            .selection
            .sample_types
            .get(chosen.column)
            .map_or_else(Default::default, |t| (text(t.name), text(t.unit))),
        samples: (variance > 0.0).then(|| value * value / variance),
        reads_as: reads_as(measure, chosen, node),
        stacks,
        stack_count,
        findings: findings
            .filter(|(_, finding)| finding.site.function == name)
            .map(|(at, finding)| (at as u32, finding.claim.clone()))
            .collect(),
    })
}

/// A mean age that changed by less is steady: sampling alone moves it by some per cent.
const DRIFT: f64 = 0.1;

fn reads_as(measure: &Measure, chosen: super::measure::Chosen, node: NodeId) -> Vec<(String, String)> {
    let growth = &measure.growth;
    let Some(heap) = growth.heap else { return Vec::new() };
    let mut out = Vec::new();
    let value = |at: usize, column: usize| growth.value(at, node, column, Scope::Cum);
    if let Some(survival) = survival(measure, chosen, node) {
        let words = match survival {
            s if s >= 0.95 => "nothing freed",
            s if s >= 0.5 => "most of it stays",
            s if s >= 0.1 => "some of it stays",
            _ => "nearly all freed",
        };
        out.push(("Survival".to_owned(), format!("{:.2} {words}", survival.clamp(-9.99, 9.99))));
    }
    let ages = growth.mean_ages(node, Scope::Cum);
    if let Some(now) = ages.last() {
        let trend = match ages.drift() {
            Some(drift) if drift > DRIFT => ", rising",
            Some(drift) if drift < -DRIFT => ", falling",
            Some(_) => ", steady",
            None => "",
        };
        out.push(("Mean age".to_owned(), format!("{}{trend}", seconds(now))));
    }
    if let Some(now) = size(measure, chosen, node) {
        let before = chosen.base.and_then(|base| {
            let objects = value(base, heap.inuse_objects);
            (objects > 0).then(|| value(base, heap.inuse_space) as f64 / objects as f64)
        });
        let drift = match before {
            Some(before) if (now / before - 1.0).abs() >= 0.05 => format!(", from {}", bytes(before as i64)),
            Some(_) => ", no drift".to_owned(),
            None => String::new(),
        };
        out.push(("Mean size".to_owned(), format!("{}{drift}", bytes(now as i64))));
    }
    if let Some(base) = chosen.base {
        let total = growth.total(chosen.current, chosen.column) - growth.total(base, chosen.column);
        let delta = value(chosen.current, chosen.column) - value(base, chosen.column);
        if total > 0 && delta > 0 {
            out.push(("Share of growth".to_owned(), percent(delta as f64 / total as f64)));
        }
    }
    if let Some(trend) = growth.trend(node, heap.inuse_space, Scope::Cum).filter(|_| growth.series.has_times()) {
        out.push(("In use, slope".to_owned(), format!("{}/s, p {:.3}", bytes(trend.slope as i64), trend.p)));
    }
    out
}

/// The heaviest stacks through a node, and how many there are.
fn stacks(session: &Session, measure: &Measure, at: usize, column: usize, node: NodeId) -> (Vec<StackRow>, u32) {
    let symbols = &session.symbols;
    let Some(measured) = measure.growth.measured.get(at) else { return (Vec::new(), 0) };
    let selection = &measured.selection;
    let value = |row: usize| selection.values.get(column).and_then(|values| values.get(row)).copied().unwrap_or(0);
    let goes_through = |row: &usize| {
        let locations = selection.locations(symbols, *row).iter();
        locations.flat_map(|&location| measure.growth.projection.nodes_of(location)).any(|&other| other == node)
    };
    let mut rows: Vec<usize> = (0..selection.len()).filter(|&row| value(row) != 0).filter(goes_through).collect();
    let count = rows.len() as u32;
    order::sort_by_key(&mut rows, |&row| (std::cmp::Reverse(value(row).unsigned_abs()), row));
    let frames = |row: usize| {
        let locations = selection.locations(symbols, row).iter();
        let lines = locations.flat_map(|&location| symbols.locations.get(location).lines);
        lines
            .filter_map(|line| {
                let function = symbols.functions.get(line.function?)?;
                Some(SiteFrame {
                    function: symbols.strings.get(function.name).to_owned(),
                    file: symbols.strings.get(function.file).to_owned(),
                    line: line.line,
                })
            })
            .collect()
    };
    (rows.into_iter().take(STACKS).map(|row| StackRow { value: value(row), frames: frames(row) }).collect(), count)
}
