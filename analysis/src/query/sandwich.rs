//! Who calls a node, and whom it calls.

use serde::{Deserialize, Serialize};

use super::measure::Measure;
use super::package::{Package, package_of};
use crate::edges::edges;
use crate::growth::Scope;
use crate::lens::Lens;
use crate::order;
use crate::session::Session;

/// Callers and callees, the heaviest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SandwichAnswer {
    /// The node.
    pub node: String,
    /// Its own value.
    pub flat: i64,
    /// With all it called.
    pub cum: i64,
    /// What shares are of.
    pub total: i64,
    /// Unit of the values.
    pub unit: String,
    /// Who calls it.
    pub callers: Vec<Neighbour>,
    /// Whom it calls.
    pub callees: Vec<Neighbour>,
}

/// One neighbour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Its package's group.
    pub package: Package,
    /// Value of the stacks that hold the call.
    pub weight: i64,
    /// Every such call is inlined.
    pub is_inlined: bool,
}

pub(super) fn sandwich(session: &Session, measure: &Measure, lens: &Lens, name: &str) -> Option<SandwichAnswer> {
    let chosen = measure.chosen(session, lens)?;
    let node = measure.node(name, chosen)?;
    let growth = &measure.growth;
    let selection = &growth.measured.get(chosen.current)?.selection;
    let all = edges(&session.symbols, &growth.projection, selection, chosen.column, |_| true);
    let side = |pick: &dyn Fn(&crate::edges::Edge) -> Option<crate::projection::NodeId>| {
        let mut found: Vec<Neighbour> = all
            .iter()
            .filter_map(|edge| {
                let name = measure.name(pick(edge)?).to_owned();
                Some(Neighbour { package: package_of(&name), name, weight: edge.weight, is_inlined: edge.is_inlined })
            })
            .collect();
        order::sort_by(&mut found, |a, b| {
            b.weight.unsigned_abs().cmp(&a.weight.unsigned_abs()).then_with(|| a.name.cmp(&b.name))
        });
        found
    };
    let unit = selection.sample_types.get(chosen.column).map_or("", |t| session.symbols.strings.get(t.unit));
    Some(SandwichAnswer {
        node: name.to_owned(),
        flat: growth.value(chosen.current, node, chosen.column, Scope::Flat),
        cum: growth.value(chosen.current, node, chosen.column, Scope::Cum),
        total: selection.totals.get(chosen.column).copied().unwrap_or(0),
        unit: unit.to_owned(),
        callers: side(&|edge| (edge.to == node).then_some(edge.from)),
        callees: side(&|edge| (edge.from == node).then_some(edge.to)),
    })
}
