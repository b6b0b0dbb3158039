//! Boxes of the flame graph, as many as can be seen.

use serde::{Deserialize, Serialize};

use super::engine::NOTHING;
use super::measure::{Chosen, Measure, scaled};
use super::package::{Package, package_of};
use crate::call_tree::{CallTree, Measure as Column};
use crate::growth::HeapColumns;
use crate::lens::Lens;
use crate::session::Session;

/// Which part is wanted, and how wide it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlameQuery {
    /// How the session is looked at.
    pub lens: Lens,
    /// What width and fill mean.
    pub mode: FlameMode,
    /// Leaves at the root.
    pub is_inverted: bool,
    /// Left and right edge of what is looked at, as shares of the whole.
    pub window: [f64; 2],
    /// How wide the window is drawn.
    pub width_px: f64,
}

/// What width and fill mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlameMode {
    /// Width is the shown value.
    #[default]
    Value,
    /// Width is what was allocated, fill what of it is in use.
    Kept,
    /// Width is the shown value, colour its change against the base.
    Change,
}

/// The boxes, as columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlameAnswer {
    /// What was asked for.
    pub mode: FlameMode,
    /// Name of the width's sample type.
    pub width_type: String,
    /// Its unit.
    pub unit: String,
    /// Whole width, fill and base.
    pub totals: [i64; 3],
    /// Names that boxes point at.
    pub names: Vec<String>,
    /// Group of each name.
    pub packages: Vec<Package>,
    /// By box: row from the root.
    pub depth: Vec<u16>,
    /// By box: left edge as a share of the whole.
    pub left: Vec<f64>,
    /// By box: right edge.
    pub right: Vec<f64>,
    /// By box: which name.
    pub name: Vec<u32>,
    /// By box: value of the width.
    pub value: Vec<i64>,
    /// By box: value of the fill.
    pub fill: Vec<i64>,
    /// By box: value in the base.
    pub base: Vec<i64>,
    /// By box: inlined into its parent.
    pub inlined: Vec<bool>,
    /// How many boxes were too narrow to draw.
    pub narrow: u64,
}

/// Boxes narrower than this are not drawn.
const MIN_PX: f64 = 0.6;

/// The tree last asked for.
pub(super) struct Tree {
    key: (u64, Chosen, FlameMode, bool),
    tree: CallTree,
}

pub(super) fn flame(
    session: &Session,
    measure: &Measure,
    tree: &mut Option<Tree>,
    query: &FlameQuery,
) -> Result<FlameAnswer, String> {
    let chosen = measure.chosen(session, &query.lens).ok_or(NOTHING)?;
    let growth = &measure.growth;
    let selection = &growth.measured.get(chosen.current).ok_or(NOTHING)?.selection;
    let base = chosen.base.and_then(|base| growth.measured.get(base)).map(|measured| &measured.selection);
    // Without a heap or a base the plain value is all there is.
    let (mode, width) = match (query.mode, growth.heap, base) {
        (FlameMode::Kept, Some(HeapColumns { alloc_space: Some(width), .. }), _) => (FlameMode::Kept, width),
        (FlameMode::Change, _, Some(_)) => (FlameMode::Change, chosen.column),
        _ => (FlameMode::Value, chosen.column),
    };
    let mut columns = vec![Column { selection, column: width, into: 0 }];
    match (mode, growth.heap, base) {
        (FlameMode::Kept, Some(heap), _) => columns.push(Column { selection, column: heap.inuse_space, into: 1 }),
        (FlameMode::Change, _, Some(base)) => columns.push(Column { selection: base, column: width, into: 2 }),
        _ => {}
    }
    let key = (measure.serial, chosen, mode, query.is_inverted);
    let known = tree.take().filter(|tree| tree.key == key);
    let known = known.unwrap_or_else(|| Tree {
        key,
        tree: CallTree::new(&session.symbols, &growth.projection, &columns, query.is_inverted),
    });
    let tree = &tree.insert(known).tree;
    let span = (query.window[1] - query.window[0]).clamp(1e-12, 1.0);
    let (boxes, narrow) = tree.boxes(query.window, MIN_PX * span / query.width_px.max(1.0));
    let label = selection.sample_types.get(width);
    let base_scale = measure.base_scale(chosen, width);
    let [value, fill, before] = tree.total();
    let text = |id: Option<crate::model::StringId>| id.map_or("", |id| session.symbols.strings.get(id)).to_owned();
    let mut answer = FlameAnswer {
        mode,
        width_type: text(label.map(|t| t.name)),
        unit: text(label.map(|t| t.unit)),
        totals: [value, fill, scaled(before, base_scale)],
        narrow,
        ..FlameAnswer::default()
    };
    let mut rows = vec![None; growth.projection.len()];
    for found in boxes {
        let Some(slot) = rows.get_mut(found.node.index()) else { continue };
        let name = *slot.get_or_insert_with(|| {
            let name = measure.name(found.node).to_owned();
            answer.packages.push(package_of(&name));
            answer.names.push(name);
            answer.names.len() as u32 - 1
        });
        answer.depth.push(found.depth.min(u32::from(u16::MAX)) as u16);
        answer.left.push(found.x[0]);
        answer.right.push(found.x[1]);
        answer.name.push(name);
        answer.value.push(found.values[0]);
        answer.fill.push(found.values[1]);
        answer.base.push(scaled(found.values[2], base_scale));
        answer.inlined.push(found.is_inlined);
    }
    Ok(answer)
}
