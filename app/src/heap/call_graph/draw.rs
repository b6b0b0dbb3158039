//! Where the boxes of the call graph are, and putting them on the canvas.

use analysis::query::{CallGraphAnswer, GraphEdge, GraphNode};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::super::hue_token;
use crate::canvas::{Surface, fit_text, surface, token};
use crate::format::{share, value};
use analysis::words::without_path;

/// A node's box and the room around it.
const NODE: [f64; 2] = [184.0, 36.0];
const STEP: [f64; 2] = [200.0, 66.0];
/// Smaller than this, names cannot be read.
const READABLE: f64 = 0.8;
const MONO: &str = "600 11px ui-monospace, SFMono-Regular, Menlo, Consolas, \"Liberation Mono\", monospace";
const PLAIN: &str = "11px -apple-system, \"Segoe UI\", Roboto, \"Liberation Sans\", Arial, sans-serif";

/// Where the drawing is: its left upper corner on the canvas, and its scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Camera {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) scale: f64,
}

/// All of it.
pub(super) fn fit(graph: &CallGraphAnswer, canvas: &HtmlCanvasElement) -> Camera {
    fit_in(graph, f64::from(canvas.client_width()), f64::from(canvas.client_height()))
}

fn fit_in(graph: &CallGraphAnswer, width: f64, height: f64) -> Camera {
    let (wide, high) = ((graph.width * STEP[0]).max(1.0), (f64::from(graph.layers) * STEP[1]).max(1.0));
    let scale = (width / wide).min(height / high).clamp(0.1, 1.0);
    Camera { x: (width - wide * scale) / 2.0, y: 6.0, scale }
}

/// Where one begins: all of it when that can be read, else the heaviest root, at a size that can.
pub(super) fn start(graph: &CallGraphAnswer, canvas: &HtmlCanvasElement) -> Camera {
    start_in(graph, f64::from(canvas.client_width()), f64::from(canvas.client_height()))
}

fn start_in(graph: &CallGraphAnswer, width: f64, height: f64) -> Camera {
    let all = fit_in(graph, width, height);
    if all.scale >= READABLE {
        return all;
    }
    let wide = graph.width * STEP[0] * READABLE;
    let root = graph.nodes.iter().filter(|node| node.layer == 0).max_by_key(|node| node.cum.unsigned_abs());
    let wanted = width / 2.0 - root.map_or(wide / 2.0, |root| root.x * STEP[0] * READABLE);
    // What is as wide as the canvas is not pushed out of it.
    let x = if wide <= width { (width - wide) / 2.0 } else { wanted.clamp(width - wide, 0.0) };
    Camera { x, y: 6.0, scale: READABLE }
}

fn centre(x: f64, layer: u32) -> (f64, f64) {
    (x * STEP[0], (f64::from(layer) + 0.5) * STEP[1])
}

/// The node under a point of the canvas.
pub(super) fn node_at(graph: &CallGraphAnswer, camera: Camera, x: f64, y: f64) -> Option<&GraphNode> {
    let (x, y) = ((x - camera.x) / camera.scale, (y - camera.y) / camera.scale);
    graph.nodes.iter().find(|node| {
        let (middle_x, middle_y) = centre(node.x, node.layer);
        (x - middle_x).abs() <= NODE[0] / 2.0 && (y - middle_y).abs() <= NODE[1] / 2.0
    })
}

/// Draws edges, then nodes, then what goes through the edges.
pub(super) fn draw(canvas: &HtmlCanvasElement, graph: &CallGraphAnswer, camera: Camera, selected: &str) {
    let Some(Surface { context, .. }) = surface(canvas) else { return };
    let moved = context.translate(camera.x, camera.y).and_then(|()| context.scale(camera.scale, camera.scale));
    if moved.is_err() {
        return;
    }
    let widest = graph.edges.iter().map(|edge| edge.weight.unsigned_abs()).max().unwrap_or(1).max(1) as f64;
    let mut middles = Vec::with_capacity(graph.edges.len());
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (graph.nodes.get(edge.from as usize), graph.nodes.get(edge.to as usize)) else {
            continue;
        };
        let is_selected = !selected.is_empty() && (from.name == selected || to.name == selected);
        let width = (edge.weight.unsigned_abs() as f64 / widest * 10.0).max(1.0);
        context.set_line_width(width);
        let ink = token(if is_selected { "accent-line" } else { "line-2" });
        context.set_stroke_style_str(&ink);
        context.set_fill_style_str(&ink);
        let dash = match edge {
            GraphEdge { is_residual: true, .. } => js_sys::Array::of2(&2.0.into(), &4.0.into()),
            GraphEdge { is_inlined: true, .. } => js_sys::Array::of2(&7.0.into(), &4.0.into()),
            _ => js_sys::Array::new(),
        };
        // Without dashes the edge is still there.
        let _ = context.set_line_dash(&dash);
        let (x, y) = curve(&context, from, to, &edge.bends);
        middles.push((edge.weight, (x + width / 2.0 + 4.0, y)));
        arrow(&context, from, to, width);
    }
    let _ = context.set_line_dash(&js_sys::Array::new());
    for node in &graph.nodes {
        draw_node(&context, graph, node, selected);
    }
    if camera.scale >= READABLE {
        weights(&context, graph, &middles);
    }
}

/// A smooth line through the edge's points; gives the middle of its first piece.
fn curve(context: &CanvasRenderingContext2d, from: &GraphNode, to: &GraphNode, bends: &[f64]) -> (f64, f64) {
    // An edge that was turned round runs upwards.
    let (top, bottom) = if from.layer <= to.layer { (from, to) } else { (to, from) };
    let start = centre(top.x, top.layer);
    let end = centre(bottom.x, bottom.layer);
    let mut points = vec![(start.0, start.1 + NODE[1] / 2.0)];
    points.extend(bends.iter().enumerate().map(|(at, &x)| centre(x, top.layer + 1 + at as u32)));
    points.push((end.0, end.1 - NODE[1] / 2.0));
    context.begin_path();
    if let Some(&(x, y)) = points.first() {
        context.move_to(x, y);
    }
    for pair in points.windows(2) {
        if let [(x0, y0), (x1, y1)] = *pair {
            let middle = (y0 + y1) / 2.0;
            context.bezier_curve_to(x0, middle, x1, middle, x1, y1);
        }
    }
    context.stroke();
    match points.as_slice() {
        [(x0, y0), (x1, y1), ..] => ((x0 + x1) / 2.0, (y0 + y1) / 2.0),
        _ => start,
    }
}

/// The head of an arrow, at the callee.
fn arrow(context: &CanvasRenderingContext2d, from: &GraphNode, to: &GraphNode, width: f64) {
    let (x, y) = centre(to.x, to.layer);
    let up = if from.layer <= to.layer { -1.0 } else { 1.0 };
    let (tip, half) = (y + up * NODE[1] / 2.0, 3.0 + width * 0.6);
    context.begin_path();
    context.move_to(x, tip);
    context.line_to(x - half, tip + up * half * 1.4);
    context.line_to(x + half, tip + up * half * 1.4);
    context.fill();
}

/// What goes through each edge, right of it, on a ground of its own so that it can be read over lines.
fn weights(context: &CanvasRenderingContext2d, graph: &CallGraphAnswer, middles: &[(i64, (f64, f64))]) {
    context.set_font(PLAIN);
    context.set_text_baseline("middle");
    for &(weight, (x, y)) in middles {
        let words = value(&graph.unit, weight);
        let wide = context.measure_text(&words).map_or(0.0, |measure| measure.width());
        context.set_fill_style_str(&token("bg"));
        context.fill_rect(x - 1.0, y - 6.0, wide + 2.0, 12.0);
        context.set_fill_style_str(&token("ink-3"));
        // A weight that cannot be drawn stands in the table.
        let _ = context.fill_text(&words, x, y);
    }
}

fn draw_node(context: &CanvasRenderingContext2d, graph: &CallGraphAnswer, node: &GraphNode, selected: &str) {
    let (x, y) = centre(node.x, node.layer);
    let (left, top) = (x - NODE[0] / 2.0, y - NODE[1] / 2.0);
    let strong = hue_token(node.package);
    context.set_fill_style_str(&token(strong.trim_end_matches("-f")));
    context.fill_rect(left, top, NODE[0], NODE[1]);
    let part = (node.flat.unsigned_abs() as f64 / node.cum.unsigned_abs().max(1) as f64).clamp(0.0, 1.0);
    context.set_fill_style_str(&token(strong));
    context.fill_rect(left, top, NODE[0] * part, NODE[1]);
    context.set_line_width(if node.name == selected { 2.0 } else { 1.0 });
    context.set_stroke_style_str(&token(if node.name == selected { "accent" } else { "line-2" }));
    context.stroke_rect(left, top, NODE[0], NODE[1]);
    context.set_fill_style_str(&token("ink"));
    context.set_text_baseline("alphabetic");
    context.set_font(MONO);
    fit_text(context, without_path(&node.name), left + 7.0, top + 15.0, NODE[0] - 14.0);
    context.set_font(PLAIN);
    let cum = format!("{}, {}", value(&graph.unit, node.cum), share(node.cum, graph.total));
    let words = if node.flat == 0 { cum } else { format!("{} of {cum}", value(&graph.unit, node.flat)) };
    fit_text(context, &words, left + 7.0, top + 29.0, NODE[0] - 14.0);
}

#[cfg(test)]
mod tests {
    use analysis::query::Package;

    use super::*;

    fn graph(width: f64, layers: u32) -> CallGraphAnswer {
        let node =
            |x: f64, cum: i64| GraphNode { name: String::new(), package: Package::Main, flat: 0, cum, layer: 0, x };
        CallGraphAnswer { nodes: vec![node(0.5, 1), node(width - 0.5, 9)], width, layers, ..CallGraphAnswer::default() }
    }

    #[test]
    fn one_begins_where_names_can_be_read() {
        let small = graph(2.0, 3);
        assert_eq!(start_in(&small, 800.0, 600.0), fit_in(&small, 800.0, 600.0));
        let wide = graph(20.0, 3);
        let camera = start_in(&wide, 800.0, 600.0);
        assert_eq!(camera.scale, READABLE);
        // The heaviest root is the one on the right: it is in sight.
        let found = node_at(&wide, camera, 800.0 - 0.5 * STEP[0] * READABLE, 6.0 + 0.5 * STEP[1] * READABLE);
        assert_eq!(found.map(|node| node.cum), Some(9));
    }
}
