//! A layered drawing of a directed graph (Sugiyama, Tagawa and Toda 1981): callers above callees, long edges through
//! points of their own, few crossings. Deterministic.

use crate::order;

/// Where everything goes, in layers and in places within a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The layer of each node, 0 on top.
    pub layer: Vec<usize>,
    /// The centre of each node in its layer, in units of `unit` widths.
    pub x: Vec<f64>,
    /// For each edge the centres it passes between its ends, from the upper end down.
    pub bends: Vec<Vec<f64>>,
    /// How many layers there are.
    pub layers: usize,
    /// The widest layer, in units.
    pub width: f64,
}

/// Sweeps over all layers; more gain nothing on graphs of a screen's size.
const SWEEPS: usize = 12;
/// Rounds in which nodes are pulled towards their neighbours.
const PULLS: usize = 24;

/// Lays out `nodes` nodes with `edges` (from, to, weight).
pub fn layered(nodes: usize, edges: &[(usize, usize, f64)]) -> Layout {
    let forward = without_cycles(nodes, edges);
    let layer = ranks(nodes, &forward);
    let layers = layer.iter().max().map_or(0, |deepest| deepest + 1);
    // Points of long edges are nodes as well from here on.
    let mut of_layer = layer.clone();
    let mut links: Vec<(usize, usize, f64)> = Vec::new();
    let mut points: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (edge, &(from, to, weight)) in forward.iter().enumerate() {
        let (top, bottom) = (at(&of_layer, from), at(&of_layer, to));
        let mut above = from;
        for between in top + 1..bottom {
            let point = of_layer.len();
            of_layer.push(between);
            if let Some(own) = points.get_mut(edge) {
                own.push(point);
            }
            links.push((above, point, weight));
            above = point;
        }
        if bottom > top {
            links.push((above, to, weight));
        }
    }
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); layers];
    for (node, &layer) in of_layer.iter().enumerate() {
        if let Some(row) = order.get_mut(layer) {
            row.push(node);
        }
    }
    reduce_crossings(&mut order, &links, of_layer.len());
    let x = places(&order, &links, of_layer.len(), nodes);
    let bends = points.iter().map(|own| own.iter().map(|&point| at(&x, point)).collect()).collect();
    let width = x.iter().copied().fold(0.0_f64, f64::max) + 0.5;
    Layout { layer, x: x.into_iter().take(nodes).collect(), bends, layers, width }
}

fn at<T: Copy + Default>(values: &[T], index: usize) -> T {
    values.get(index).copied().unwrap_or_default()
}

/// Edges that close a cycle are turned round.
fn without_cycles(nodes: usize, edges: &[(usize, usize, f64)]) -> Vec<(usize, usize, f64)> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (edge, &(from, ..)) in edges.iter().enumerate() {
        if let Some(own) = out.get_mut(from) {
            own.push(edge);
        }
    }
    // 0 not seen, 1 on the way, 2 done.
    let mut state = vec![0_u8; nodes];
    let mut turned = vec![false; edges.len()];
    for root in 0..nodes {
        let mut way = vec![(root, 0)];
        while let Some((node, next)) = way.pop() {
            if next == 0 {
                if at(&state, node) != 0 {
                    continue;
                }
                set(&mut state, node, 1);
            }
            match out.get(node).and_then(|own| own.get(next)) {
                Some(&edge) => {
                    way.push((node, next + 1));
                    let to = edges.get(edge).map_or(0, |edge| edge.1);
                    match at(&state, to) {
                        0 => way.push((to, 0)),
                        1 => set(&mut turned, edge, true),
                        _ => {}
                    }
                }
                None => set(&mut state, node, 2),
            }
        }
    }
    let turn = |(&(from, to, weight), &turned): (&(usize, usize, f64), &bool)| {
        if turned { (to, from, weight) } else { (from, to, weight) }
    };
    edges.iter().zip(&turned).map(turn).collect()
}

fn set<T>(values: &mut [T], index: usize, value: T) {
    if let Some(slot) = values.get_mut(index) {
        *slot = value;
    }
}

fn change<T: Copy>(values: &mut [T], index: usize, to: impl Fn(T) -> T) {
    if let Some(slot) = values.get_mut(index) {
        *slot = to(*slot);
    }
}

/// Longest path from a source.
fn ranks(nodes: usize, edges: &[(usize, usize, f64)]) -> Vec<usize> {
    let mut waiting = vec![0_usize; nodes];
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for &(from, to, _) in edges {
        if from != to {
            change(&mut waiting, to, |count| count + 1);
            if let Some(own) = out.get_mut(from) {
                own.push(to);
            }
        }
    }
    let mut rank = vec![0; nodes];
    let mut ready: Vec<usize> = (0..nodes).filter(|&node| at(&waiting, node) == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in out.get(node).map_or(&[][..], Vec::as_slice) {
            let below = at(&rank, node) + 1;
            change(&mut rank, to, |rank| rank.max(below));
            change(&mut waiting, to, |count| count.saturating_sub(1));
            if at(&waiting, to) == 0 {
                ready.push(to);
            }
        }
    }
    rank
}

/// Neighbours of every node: above and below.
fn neighbours(links: &[(usize, usize, f64)], count: usize) -> [Vec<Vec<(usize, f64)>>; 2] {
    let mut above = vec![Vec::new(); count];
    let mut below = vec![Vec::new(); count];
    for &(from, to, weight) in links {
        if let (Some(own), Some(other)) = (below.get_mut(from), above.get_mut(to)) {
            own.push((to, weight));
            other.push((from, weight));
        }
    }
    [above, below]
}

/// Orders each layer by the mean place of its neighbours, down and up in turn.
fn reduce_crossings(order: &mut [Vec<usize>], links: &[(usize, usize, f64)], count: usize) {
    let [above, below] = neighbours(links, count);
    let mut place = vec![0.0; count];
    for row in order.iter() {
        for (index, &node) in row.iter().enumerate() {
            set(&mut place, node, index as f64);
        }
    }
    for sweep in 0..SWEEPS {
        let side = if sweep % 2 == 0 { &above } else { &below };
        let layers: Vec<usize> =
            if sweep % 2 == 0 { (0..order.len()).collect() } else { (0..order.len()).rev().collect() };
        for layer in layers {
            let Some(row) = order.get_mut(layer) else { continue };
            let mean = |node: usize| {
                let own = side.get(node).map_or(&[][..], Vec::as_slice);
                if own.is_empty() {
                    return at(&place, node);
                }
                own.iter().map(|&(other, _)| at(&place, other)).sum::<f64>() / own.len() as f64
            };
            order::sort_by(row, |&a, &b| mean(a).total_cmp(&mean(b)).then(a.cmp(&b)));
            for (index, &node) in row.clone().iter().enumerate() {
                set(&mut place, node, index as f64);
            }
        }
    }
}

/// Places within layers: nodes are pulled to the weighted mean of their neighbours and pushed apart.
fn places(order: &[Vec<usize>], links: &[(usize, usize, f64)], count: usize, nodes: usize) -> Vec<f64> {
    let [above, below] = neighbours(links, count);
    // A point of an edge needs less room than a node.
    let half = |node: usize| if node < nodes { 0.5 } else { 0.12 };
    let mut x = vec![0.0; count];
    let widest = order.iter().map(Vec::len).max().unwrap_or(0) as f64;
    for row in order {
        let shift = (widest - row.len() as f64) / 2.0;
        for (index, &node) in row.iter().enumerate() {
            set(&mut x, node, index as f64 + shift);
        }
    }
    for pull in 0..PULLS {
        let layers: Vec<&Vec<usize>> =
            if pull % 2 == 0 { order.iter().collect() } else { order.iter().rev().collect() };
        for row in layers {
            let wanted: Vec<f64> = row
                .iter()
                .map(|&node| {
                    let all = [&above, &below].into_iter().filter_map(|side| side.get(node)).flatten();
                    let (sum, weights) = all.fold((0.0, 0.0), |(sum, weights), &(other, weight)| {
                        (sum + at(&x, other) * weight.max(1e-9), weights + weight.max(1e-9))
                    });
                    if weights > 0.0 { sum / weights } else { at(&x, node) }
                })
                .collect();
            spread(row, &wanted, &mut x, half);
        }
    }
    let least = x.iter().enumerate().map(|(node, &x)| x - half(node)).fold(f64::INFINITY, f64::min);
    if least.is_finite() {
        x.iter_mut().for_each(|x| *x -= least);
    }
    x
}

/// Puts a layer where it wants to be as far as its order and the room between neighbours allow: runs that would
/// overlap are moved together to their mean (pool adjacent violators).
fn spread(row: &[usize], wanted: &[f64], x: &mut [f64], half: impl Fn(usize) -> f64) {
    // Each block: the sum of its members' wishes for where it begins, and how many they are.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let mut offsets = Vec::with_capacity(row.len());
    let mut reach = 0.0;
    for (index, &node) in row.iter().enumerate() {
        if index > 0 {
            reach += half(at(row, index - 1)) + half(node) + 0.06;
        }
        offsets.push(reach);
        blocks.push((at(wanted, index) - reach, 1));
        while let [.., before, last] = blocks.as_mut_slice() {
            if before.0 / before.1 as f64 <= last.0 / last.1 as f64 {
                break;
            }
            *before = (before.0 + last.0, before.1 + last.1);
            blocks.pop();
        }
    }
    let mut index = 0;
    for (sum, members) in blocks {
        let start = sum / members as f64;
        for _ in 0..members {
            if let Some(&node) = row.get(index) {
                set(x, node, start + at(&offsets, index));
            }
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_above_callees_and_nothing_overlaps() {
        let edges = [(0, 1, 5.0), (0, 2, 3.0), (1, 3, 4.0), (2, 3, 1.0), (0, 3, 1.0), (3, 0, 1.0)];
        let layout = layered(4, &edges);
        assert_eq!(layout.layer, [0, 1, 1, 2]);
        assert!((layout.x[1] - layout.x[2]).abs() >= 1.0);
        assert_eq!(layout.bends[4].len(), 1, "a long edge passes one layer");
    }

    #[test]
    fn an_empty_graph_is_laid_out() {
        assert_eq!(layered(0, &[]).layers, 0);
    }
}
