//! Flat and cumulative values of every node (pprof: `graph.newGraph`, `Nodes.Sort`).

use crate::model::Symbols;
use crate::order;
use crate::projection::{NodeId, Projection};
use crate::selection::Selection;

/// One node with its values in one sample type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The node.
    pub node: NodeId,
    /// What the node itself has.
    pub flat: i64,
    /// What it has with all it called, counted once per stack.
    pub cum: i64,
}

/// Values of every node in every sample type.
pub struct Top {
    /// How many sample types there are.
    types: usize,
    /// By node, then type.
    flat: Vec<i64>,
    cum: Vec<i64>,
}

impl Top {
    /// One pass over the selected stacks. Sums wrap, as pprof's do.
    pub fn new(symbols: &Symbols, projection: &Projection, selection: &Selection) -> Self {
        let types = selection.values.len();
        let mut top = Self { types, flat: vec![0; projection.len() * types], cum: vec![0; projection.len() * types] };
        let mut values = vec![0; types];
        let mut current = usize::MAX;
        walk(symbols, projection, selection, |row, node, is_leaf| {
            if current != row {
                current = row;
                for (value, column) in values.iter_mut().zip(&selection.values) {
                    *value = column.get(row).copied().unwrap_or(0);
                }
            }
            add(&mut top.cum, node, &values);
            if is_leaf {
                add(&mut top.flat, node, &values);
            }
        });
        top
    }

    /// Flat and cumulative value of a node.
    pub fn get(&self, node: NodeId, sample_type: usize) -> Row {
        let at = node.index() * self.types + sample_type;
        let value = |column: &[i64]| column.get(at).copied().unwrap_or(0);
        Row { node, flat: value(&self.flat), cum: value(&self.cum) }
    }

    /// Nodes that are not zero in a sample type, unsorted. With `drop_negative`, those below zero are left out too.
    pub fn rows(&self, sample_type: usize, drop_negative: bool) -> Vec<Row> {
        let nodes = self.flat.len().checked_div(self.types).unwrap_or(0);
        (0..nodes)
            .map(|at| self.get(NodeId::from_row(at), sample_type))
            .filter(|row| row.flat != 0 || row.cum != 0)
            .filter(|row| !drop_negative || !(row.flat < 0 || row.flat == 0 && row.cum < 0))
            .collect()
    }
}

/// Calls `visit` with every node of every row, each once per row however often it is in the stack, leaf first; the
/// flag says whether the node is the row's leaf.
#[inline]
pub(crate) fn walk(
    symbols: &Symbols,
    projection: &Projection,
    selection: &Selection,
    mut visit: impl FnMut(usize, NodeId, bool),
) {
    // The last row that met each node.
    let mut seen = vec![u32::MAX; projection.len()];
    for row in 0..selection.len() {
        let mut is_leaf = true;
        for &location in selection.locations(symbols, row) {
            for &node in projection.nodes_of(location) {
                if let Some(last) = seen.get_mut(node.index())
                    && std::mem::replace(last, row as u32) != row as u32
                {
                    visit(row, node, is_leaf);
                }
                is_leaf = false;
            }
        }
    }
}

fn add(column: &mut [i64], node: NodeId, values: &[i64]) {
    let start = node.index() * values.len();
    if let Some(sums) = column.get_mut(start..start + values.len()) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = sum.wrapping_add(*value);
        }
    }
}

/// Which value rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Flat, then name.
    #[default]
    Flat,
    /// Cumulative, then name (pprof: `-cum`).
    Cum,
}

/// A row with the name it is shown by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRow {
    /// Printable name.
    pub name: String,
    /// Values.
    pub row: Row,
}

/// Names the rows and puts them in pprof's order: the largest absolute value first, then by name.
pub fn sorted(symbols: &Symbols, projection: &Projection, rows: Vec<Row>, order: Order) -> Vec<NamedRow> {
    let mut named: Vec<NamedRow> =
        rows.into_iter().map(|row| NamedRow { name: projection.name(symbols, row.node), row }).collect();
    let value = |row: &Row, first: bool| match (order, first) {
        (Order::Flat, true) | (Order::Cum, false) => row.flat.unsigned_abs(),
        (Order::Flat, false) | (Order::Cum, true) => row.cum.unsigned_abs(),
    };
    order::sort_by(&mut named, |left, right| {
        let larger = |first| value(&right.row, first).cmp(&value(&left.row, first));
        larger(true).then_with(|| left.name.cmp(&right.name)).then_with(|| larger(false))
    });
    named
}
