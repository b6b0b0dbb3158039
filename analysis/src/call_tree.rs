//! The call tree of a selection, which is never built: rows sorted by their stacks, root first, are the tree. A node is
//! a run of rows that share a prefix, and its value a difference of two prefix sums. Only what is wide enough to be seen
//! is expanded, so that an answer costs by pixels, not by stacks.

use crate::model::Symbols;
use crate::order;
use crate::projection::{NodeId, Projection};
use crate::selection::Selection;

/// Rows in the order of their stacks.
pub struct CallTree {
    /// Nodes of all rows, root first, with the inlined flag in the lowest bit.
    frames: Vec<u32>,
    /// Where each row (in sorted order) begins and ends in `frames`.
    spans: Vec<(u32, u32)>,
    /// Sums of all rows before each, by measure.
    sums: Vec<[i64; MEASURES]>,
}

/// How many measures a node has: width, fill, base.
pub const MEASURES: usize = 3;

/// One measure of the tree: a column of a selection.
#[derive(Clone, Copy)]
pub struct Measure<'a> {
    /// Where the rows come from.
    pub selection: &'a Selection,
    /// Which column.
    pub column: usize,
    /// Which measure it adds to.
    pub into: usize,
}

/// A node that is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreeBox {
    /// The node.
    pub node: NodeId,
    /// 0 for a root.
    pub depth: u32,
    /// Left and right edge, as shares of the whole width.
    pub x: [f64; 2],
    /// Width, fill, base.
    pub values: [i64; MEASURES],
    /// It is inlined into the one above.
    pub is_inlined: bool,
}

impl CallTree {
    /// Sorts the rows of all `measures`; rows of the same selection are taken once.
    pub fn new(symbols: &Symbols, projection: &Projection, measures: &[Measure<'_>], inverted: bool) -> Self {
        let mut frames = Vec::new();
        let mut rows: Vec<((u32, u32), [i64; MEASURES])> = Vec::new();
        for (at, measure) in measures.iter().enumerate() {
            let same = |other: &Measure<'_>| std::ptr::eq(other.selection, measure.selection);
            if measures.get(..at).unwrap_or(&[]).iter().any(same) {
                continue;
            }
            for row in 0..measure.selection.len() {
                let mut values = [0; MEASURES];
                for other in measures.iter().filter(|other| same(other)) {
                    let value = other.selection.values.get(other.column).and_then(|column| column.get(row));
                    if let Some(slot) = values.get_mut(other.into) {
                        *slot += value.copied().unwrap_or(0);
                    }
                }
                if values == [0; MEASURES] {
                    continue;
                }
                let start = frames.len();
                push_frames(symbols, projection, measure.selection, row, &mut frames);
                // Collected leaf first, which is what an inverted tree begins with.
                if !inverted && let Some(own) = frames.get_mut(start..) {
                    own.reverse();
                }
                rows.push(((start as u32, frames.len() as u32), values));
            }
        }
        let stack = |span: &(u32, u32)| frames.get(span.0 as usize..span.1 as usize).unwrap_or(&[]);
        rows.sort_unstable_by(|(a, _), (b, _)| stack(a).cmp(stack(b)));
        let mut sums = Vec::with_capacity(rows.len() + 1);
        let mut sum = [0_i64; MEASURES];
        sums.push(sum);
        for (_, values) in &rows {
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
            sums.push(sum);
        }
        Self { spans: rows.into_iter().map(|(span, _)| span).collect(), frames, sums }
    }

    /// Values of the whole.
    pub fn total(&self) -> [i64; MEASURES] {
        self.sums.last().copied().unwrap_or_default()
    }

    /// Every node that is at least `min_share` of the whole width and reaches into `window`, parents before children,
    /// the widest child first. The second value counts what was too narrow.
    pub fn boxes(&self, window: [f64; 2], min_share: f64) -> (Vec<TreeBox>, u64) {
        let whole = self.total()[0].max(1) as f64;
        let (mut boxes, mut narrow) = (Vec::new(), 0);
        let mut open = vec![(0..self.spans.len(), 0_u32, 0.0_f64)];
        let mut children: Vec<(std::ops::Range<usize>, u32, i64)> = Vec::new();
        while let Some((range, depth, left)) = open.pop() {
            children.clear();
            self.group(range, depth, &mut children);
            order::sort_by(&mut children, |a, b| b.2.cmp(&a.2).then(a.1.cmp(&b.1)));
            let mut x = left;
            for (rows, frame, width) in children.drain(..) {
                let right = x + width.max(0) as f64 / whole;
                if right - x >= min_share && right > window[0] && x < window[1] {
                    boxes.push(TreeBox {
                        node: NodeId::from_row((frame >> 1) as usize),
                        depth,
                        x: [x, right],
                        values: self.values(&rows),
                        is_inlined: frame & 1 == 1,
                    });
                    open.push((rows, depth + 1, x));
                } else if right > x {
                    narrow += 1;
                }
                x = right;
            }
        }
        (boxes, narrow)
    }

    fn values(&self, rows: &std::ops::Range<usize>) -> [i64; MEASURES] {
        let at = |row: usize| self.sums.get(row).copied().unwrap_or_default();
        let (before, after) = (at(rows.start), at(rows.end));
        std::array::from_fn(|measure| after[measure].wrapping_sub(before[measure]))
    }

    fn frame(&self, row: usize, depth: u32) -> Option<u32> {
        let &(start, end) = self.spans.get(row)?;
        let at = start.checked_add(depth)?;
        if at < end { self.frames.get(at as usize).copied() } else { None }
    }

    /// Runs of rows with the same frame at `depth`; rows that end before it are the node's own.
    fn group(&self, range: std::ops::Range<usize>, depth: u32, into: &mut Vec<(std::ops::Range<usize>, u32, i64)>) {
        let mut row = range.start;
        while row < range.end {
            let Some(frame) = self.frame(row, depth) else {
                row += 1;
                continue;
            };
            // Rows are sorted, so the end of the run is found by halving.
            let mut end = row + 1;
            let mut step = 1;
            while end < range.end && self.frame(end, depth) == Some(frame) {
                let next = (end + step).min(range.end);
                if self.frame(next - 1, depth) == Some(frame) {
                    end = next;
                    step *= 2;
                } else if step == 1 {
                    end += 1;
                } else {
                    step /= 2;
                }
            }
            let width = self.values(&(row..end))[0];
            into.push((row..end, frame, width));
            row = end;
        }
    }
}

/// Visible frames of a row, leaf first.
fn push_frames(symbols: &Symbols, projection: &Projection, selection: &Selection, row: usize, into: &mut Vec<u32>) {
    for &location in selection.locations(symbols, row) {
        let nodes = projection.nodes_of(location);
        for (at, node) in nodes.iter().enumerate() {
            into.push((node.index() as u32) << 1 | u32::from(at + 1 < nodes.len()));
        }
    }
}
