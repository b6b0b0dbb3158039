//! A tree of calls over all profiles of a kind, grown where the weight is, and cut to any size with every total kept.
//!
//! Growing is best first: of all nodes that could come next the heaviest comes, so that the first `k` nodes are a tree for
//! every `k`, and the right one. A stack whose end was cut off counts at the last node that is left of it, as `[pruned]`; its
//! leaf hangs below that where it is heavy, so that the flat values of what matters stay what they were.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::code::CodeTable;
use super::{Family, TreeNode};
use crate::limits::ANALYSIS_DEPTH;
use crate::model::{Profile, StackId, Symbols};
use crate::order;

/// Nodes that a tree grows to: more fit no link.
const MOST_NODES: usize = 2_000;
/// Leaves of cut stacks that are told apart.
const MOST_LEAVES: usize = 2_000;

/// A tree of calls, as large as it will be asked for.
pub(super) struct CallTree {
    /// Kind, columns, snapshots; without nodes.
    head: Family,
    nodes: Vec<TreeNode>,
    /// Numbers to a node or leaf: columns times snapshots.
    width: usize,
    /// Values of stacks that end at a node, by node.
    own: Vec<i64>,
    /// Values of stacks that were cut off below a node and have no leaf of their own.
    rest: Vec<i64>,
    /// Leaves of stacks that were cut off below a node.
    leaves: Vec<Leaf>,
    /// By column: what a sum over rows and snapshots is 1 of, and what one of changes is.
    scales: Vec<Scale>,
}

#[derive(Clone)]
struct Leaf {
    /// Position of the node.
    node: u32,
    /// Row of the location.
    location: u32,
    values: Vec<i64>,
}

#[derive(Clone, Copy, Default)]
struct Scale {
    value: f64,
    change: f64,
}

/// Rows that go on below a node by one call.
struct Branch {
    weight: f64,
    /// Position of the caller plus one; 0 for a root.
    parent: u32,
    location: u32,
    /// Calls from the root to it, itself included.
    depth: u32,
    rows: std::ops::Range<usize>,
}

impl CallTree {
    /// Grows the tree of profiles that have the columns of `head`.
    pub(super) fn grow(head: Family, profiles: &[&Profile], symbols: &Symbols, code: &mut CodeTable) -> Self {
        let columns = head.sample_types.len();
        let width = columns * profiles.len();
        let (stacks, values) = rows(profiles, columns, symbols.stacks.len());
        let scales = scales(&values, columns, profiles.len());
        let mut tree =
            Self { head, nodes: Vec::new(), width, own: Vec::new(), rest: Vec::new(), leaves: Vec::new(), scales };
        let weights: Vec<f64> = values.chunks(width.max(1)).map(|row| tree.weight(row)).collect();
        let mut order: Vec<u32> = (0..stacks.len() as u32).collect();
        let at = |row: u32, depth: u32| -> Option<crate::model::LocationId> {
            let stack = symbols.stacks.get(*stacks.get(row as usize)?);
            stack.get(stack.len().checked_sub(1 + depth as usize)?).copied()
        };
        let mut grouping = Grouping::default();
        let mut branches = BinaryHeap::new();
        // What has no stack at all is of the root, which is no node: it counts as cut off there.
        let whole = 0..order.len();
        let mut unplaced = grouping.split(
            &mut order,
            whole,
            0,
            0,
            &weights,
            &mut |row| Some(code.row(symbols, at(row, 0)?)),
            &mut branches,
        );
        let mut rootless: Vec<u32> = order.get(unplaced.clone()).unwrap_or(&[]).to_vec();
        let mut cut = Vec::new();
        while tree.nodes.len() < MOST_NODES
            && let Some(branch) = branches.pop()
        {
            if branch.depth > ANALYSIS_DEPTH {
                cut.push(branch);
                continue;
            }
            tree.nodes.push(TreeNode { parent: branch.parent, location: branch.location });
            tree.own.resize(tree.nodes.len() * width, 0);
            let node = tree.nodes.len() as u32;
            let mut next = |row: u32| Some(code.row(symbols, at(row, branch.depth)?));
            unplaced = grouping.split(&mut order, branch.rows, node, branch.depth, &weights, &mut next, &mut branches);
            for &row in order.get(unplaced.clone()).unwrap_or(&[]) {
                add(&mut tree.own, node as usize - 1, width, &values, row);
            }
        }
        tree.rest = vec![0; (tree.nodes.len() + 1) * width];
        cut.extend(branches);
        let leaf_of = |row: u32, code: &mut CodeTable| {
            let leaf = stacks.get(row as usize).and_then(|&stack| symbols.stacks.get(stack).first());
            leaf.map_or(0, |&leaf| code.row(symbols, leaf))
        };
        // By branch and leaf, where its rows go: a leaf of its own, or what is left.
        let mut sums: FxHashMap<(u32, u32), f64> = FxHashMap::default();
        let mut ends: Vec<((u32, u32), u32)> = Vec::new();
        for branch in &cut {
            for &row in order.get(branch.rows.clone()).unwrap_or(&[]) {
                let key = (branch.parent, leaf_of(row, code));
                *sums.entry(key).or_default() += weights.get(row as usize).copied().unwrap_or(0.0);
                ends.push((key, row));
            }
        }
        let mut heaviest: Vec<((u32, u32), f64)> = sums.into_iter().collect();
        let by_weight = |a: &((u32, u32), f64), b: &((u32, u32), f64)| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0));
        if heaviest.len() > MOST_LEAVES {
            heaviest.select_nth_unstable_by(MOST_LEAVES, by_weight);
            heaviest.truncate(MOST_LEAVES);
        }
        order::sort_by_key(&mut heaviest, |leaf| leaf.0);
        let place: FxHashMap<(u32, u32), usize> = heaviest.iter().enumerate().map(|(at, leaf)| (leaf.0, at)).collect();
        let mut sums = vec![0; heaviest.len() * width];
        for (key, row) in ends {
            match place.get(&key) {
                Some(&at) => add(&mut sums, at, width, &values, row),
                None => add(&mut tree.rest, key.0 as usize, width, &values, row),
            }
        }
        let leaf = |(at, ((node, location), _)): (usize, ((u32, u32), f64))| Leaf {
            node,
            location,
            values: slice(&sums, at, width).to_vec(),
        };
        tree.leaves = heaviest.into_iter().enumerate().map(leaf).collect();
        rootless.drain(..).for_each(|row| add(&mut tree.rest, 0, width, &values, row));
        tree
    }

    /// The tree of at most `most` nodes and as many leaves of cut stacks; and whether anything was cut off.
    pub(super) fn cut(&self, most: usize) -> (Family, bool) {
        let (width, kept) = (self.width, self.nodes.len().min(most));
        let mut own = self.own.clone();
        let mut rest = self.rest.clone();
        let mut leaves: FxHashMap<(u32, u32), Vec<i64>> = FxHashMap::default();
        let mut is_cut = false;
        // Where what hangs at a node counts once nodes are cut off: at the nearest that is kept.
        let mut home: Vec<u32> = Vec::with_capacity(self.nodes.len() + 1);
        home.push(0);
        for (at, node) in self.nodes.iter().enumerate() {
            let to = if at < kept { at as u32 + 1 } else { home.get(node.parent as usize).copied().unwrap_or(0) };
            home.push(to);
        }
        let mut hang = |node: u32, location: u32, values: &[i64]| {
            let sums = leaves.entry((node, location)).or_insert_with(|| vec![0; width]);
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
        };
        for (at, node) in self.nodes.iter().enumerate().skip(kept) {
            let values = slice(&self.own, at, width);
            if values.iter().any(|&value| value != 0) {
                hang(home.get(at + 1).copied().unwrap_or(0), node.location, values);
            }
            let values = slice(&self.rest, at + 1, width).to_vec();
            add_values(&mut rest, home.get(at + 1).copied().unwrap_or(0) as usize, width, &values);
        }
        for leaf in &self.leaves {
            hang(home.get(leaf.node as usize).copied().unwrap_or(0), leaf.location, &leaf.values);
        }
        own.truncate(kept * width);
        let mut leaves: Vec<((u32, u32), Vec<i64>)> = leaves.into_iter().collect();
        order::sort_by(&mut leaves, |a, b| self.weight(&b.1).total_cmp(&self.weight(&a.1)).then_with(|| a.0.cmp(&b.0)));
        for ((node, _), values) in leaves.drain(leaves.len().min(most)..) {
            add_values(&mut rest, node as usize, width, &values);
        }
        // Neighbours are alike: what hangs at one node stands together.
        order::sort_by_key(&mut leaves, |leaf| leaf.0);
        let mut family = self.head.clone();
        family.nodes = self.nodes.get(..kept).unwrap_or(&[]).to_vec();
        family.values = vec![Vec::new(); family.sample_types.len()];
        let snapshots = family.snapshots.len().max(1);
        let push = |family: &mut Family, node: usize, values: &[i64]| {
            if values.iter().any(|&value| value != 0) {
                family.rows.push(node as u32);
                family
                    .values
                    .iter_mut()
                    .zip(values.chunks(snapshots))
                    .for_each(|(all, own)| all.extend_from_slice(own));
            }
        };
        for at in 0..kept {
            push(&mut family, at, slice(&own, at, width));
        }
        let mut leaves = leaves.into_iter().peekable();
        for parent in 0..=kept {
            let cut = slice(&rest, parent, width);
            let has_leaves = leaves.peek().is_some_and(|((node, _), _)| *node as usize == parent);
            if !has_leaves && cut.iter().all(|&value| value == 0) {
                continue;
            }
            is_cut = true;
            family.nodes.push(TreeNode { parent: parent as u32, location: 0 });
            let pruned = family.nodes.len();
            push(&mut family, pruned - 1, cut);
            while let Some(((_, location), values)) = leaves.next_if(|((node, _), _)| *node as usize == parent) {
                family.nodes.push(TreeNode { parent: pruned as u32, location });
                let node = family.nodes.len() - 1;
                push(&mut family, node, &values);
            }
        }
        (family, is_cut)
    }

    fn weight(&self, values: &[i64]) -> f64 {
        let snapshots = self.head.snapshots.len().max(1);
        let weight = |(values, scale): (&[i64], &Scale)| {
            let sum: f64 = values.iter().map(|value| value.unsigned_abs() as f64).sum();
            let change = values.last().unwrap_or(&0).wrapping_sub(*values.first().unwrap_or(&0));
            sum * scale.value + change.unsigned_abs() as f64 * scale.change
        };
        values.chunks(snapshots).zip(&self.scales).map(weight).sum()
    }
}

/// Each stack of any of the profiles once, with its values: column behind column, in each the snapshots in their order.
fn rows(profiles: &[&Profile], columns: usize, stacks: usize) -> (Vec<StackId>, Vec<i64>) {
    const NONE: u32 = u32::MAX;
    let width = columns * profiles.len();
    let mut row_of = vec![NONE; stacks];
    let (mut found, mut values): (Vec<StackId>, Vec<i64>) = (Vec::new(), Vec::new());
    for (snapshot, profile) in profiles.iter().enumerate() {
        for (sample, &stack) in profile.stacks.iter().enumerate() {
            let Some(row) = row_of.get_mut(stack.index()) else { continue };
            if *row == NONE {
                *row = found.len() as u32;
                found.push(stack);
                values.resize(found.len() * width, 0);
            }
            let begin = *row as usize * width;
            for (column, numbers) in profile.values.iter().enumerate().take(columns) {
                let at = begin + column * profiles.len() + snapshot;
                if let (Some(sum), Some(value)) = (values.get_mut(at), numbers.get(sample)) {
                    *sum = sum.wrapping_add(*value);
                }
            }
        }
    }
    (found, values)
}

fn scales(values: &[i64], columns: usize, snapshots: usize) -> Vec<Scale> {
    let mut scales = vec![Scale::default(); columns];
    for row in values.chunks((columns * snapshots).max(1)) {
        for (scale, values) in scales.iter_mut().zip(row.chunks(snapshots.max(1))) {
            scale.value += values.iter().map(|value| value.unsigned_abs() as f64).sum::<f64>();
            let change = values.last().unwrap_or(&0).wrapping_sub(*values.first().unwrap_or(&0));
            scale.change += change.unsigned_abs() as f64;
        }
    }
    let inverse = |sum: f64| if sum > 0.0 { 1.0 / sum } else { 0.0 };
    scales.iter().map(|scale| Scale { value: inverse(scale.value), change: inverse(scale.change) }).collect()
}

fn slice(values: &[i64], row: usize, width: usize) -> &[i64] {
    values.get(row * width..(row + 1) * width).unwrap_or(&[])
}

fn add(sums: &mut [i64], to: usize, width: usize, values: &[i64], row: u32) {
    add_values(sums, to, width, slice(values, row as usize, width));
}

fn add_values(sums: &mut [i64], to: usize, width: usize, values: &[i64]) {
    let sums = sums.get_mut(to * width..(to + 1) * width).unwrap_or(&mut []);
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
}

/// Sorts rows by the call that they go on with. Kept from split to split: its buffers are reused.
#[derive(Default)]
struct Grouping {
    groups: FxHashMap<u32, usize>,
    found: Vec<(u32, f64, usize)>,
    of_row: Vec<u32>,
    sorted: Vec<u32>,
}

impl Grouping {
    /// Splits rows at `depth`, pushes a branch for each call, and gives where those lie that end here.
    #[allow(clippy::too_many_arguments)]
    fn split(
        &mut self,
        order: &mut [u32],
        rows: std::ops::Range<usize>,
        parent: u32,
        depth: u32,
        weights: &[f64],
        next: &mut dyn FnMut(u32) -> Option<u32>,
        branches: &mut BinaryHeap<Branch>,
    ) -> std::ops::Range<usize> {
        self.groups.clear();
        self.found.clear();
        self.of_row.clear();
        // Group 0 is of what ends here.
        self.found.push((0, 0.0, 0));
        let own = order.get_mut(rows.clone()).unwrap_or(&mut []);
        let mut last = (0, 0);
        for &row in own.iter() {
            let group = match next(row) {
                None => 0,
                Some(location) if last.1 != 0 && last.0 == location => last.1,
                Some(location) => {
                    let group = *self.groups.entry(location).or_insert_with(|| {
                        self.found.push((location, 0.0, 0));
                        self.found.len() - 1
                    });
                    last = (location, group);
                    group
                }
            };
            if let Some(found) = self.found.get_mut(group) {
                found.1 += weights.get(row as usize).copied().unwrap_or(0.0);
                found.2 += 1;
            }
            self.of_row.push(group as u32);
        }
        let mut starts: Vec<usize> = Vec::with_capacity(self.found.len());
        let mut start = 0;
        for found in &self.found {
            starts.push(start);
            start += found.2;
        }
        self.sorted.clear();
        self.sorted.resize(own.len(), 0);
        for (&row, &group) in own.iter().zip(&self.of_row) {
            if let Some(start) = starts.get_mut(group as usize) {
                if let Some(place) = self.sorted.get_mut(*start) {
                    *place = row;
                }
                *start += 1;
            }
        }
        own.copy_from_slice(&self.sorted);
        let mut begin = rows.start;
        let mut ends_here = rows.start..rows.start;
        for (group, &(location, weight, count)) in self.found.iter().enumerate() {
            let range = begin..begin + count;
            begin = range.end;
            match group {
                0 => ends_here = range,
                _ => branches.push(Branch { weight, parent, location, depth: depth + 1, rows: range }),
            }
        }
        ends_here
    }
}

impl PartialEq for Branch {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Branch {}

impl PartialOrd for Branch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The heaviest first; of equals the one whose caller came first.
impl Ord for Branch {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |branch: &Self| std::cmp::Reverse((branch.parent, branch.location));
        self.weight.total_cmp(&other.weight).then_with(|| key(self).cmp(&key(other)))
    }
}
