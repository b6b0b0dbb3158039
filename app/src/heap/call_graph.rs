//! The call graph: callers above callees, edges as wide as what goes through them, pan and zoom.

use analysis::order::sort_by_key;
use analysis::query::{Answer, CallGraphAnswer, Query};
use leptos::html::Canvas;
use leptos::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::{Tabs, hue_token};
use crate::canvas::{Surface, fitted, surface, token, use_redraw};
use crate::client::{Client, measure, now, use_answer};
use crate::format::{share, value};
use crate::live::{part, text};
use crate::state::Looking;

/// A node's box and the room around it.
const NODE: [f64; 2] = [176.0, 40.0];
const STEP: [f64; 2] = [192.0, 84.0];
/// More than this is not read any more.
const NODES: u32 = 60;

/// Where the drawing is: its left upper corner on the canvas, and its scale.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Camera {
    x: f64,
    y: f64,
    scale: f64,
}

/// The page.
#[component]
pub(crate) fn CallGraph() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let canvas = NodeRef::<Canvas>::new();
    let redraw = use_redraw(canvas);
    let camera = RwSignal::new(None::<Camera>);
    let dragged = StoredValue::new(None::<(f64, f64)>);
    let answer =
        use_answer(move || (client.epoch.get() > 0).then(|| Query::CallGraph { lens: looking.lens(), nodes: NODES }));
    let graph = Memo::new(move |before: Option<&Option<CallGraphAnswer>>| match answer.get() {
        Some(Ok(Answer::CallGraph(graph))) => Some(graph),
        _ => before.cloned().flatten(),
    });
    let seen =
        move |graph: &CallGraphAnswer, canvas: &HtmlCanvasElement| camera.get().unwrap_or_else(|| fit(graph, canvas));
    Effect::new(move |_| {
        redraw.track();
        let Some(canvas) = canvas.get() else { return };
        let selected = looking.state.with(|state| state.selected.clone());
        graph.with(|graph| {
            let Some(graph) = graph else { return };
            let start = now().unwrap_or(0.0);
            draw(&canvas, graph, seen(graph, &canvas), &selected);
            measure("poolscope:frame", start, now().unwrap_or(start));
        });
    });
    let zoom_at = move |x: f64, y: f64, by: f64| {
        let (Some(canvas), Some(graph)) = (canvas.get_untracked(), graph.get_untracked()) else { return };
        let old = camera.get_untracked().unwrap_or_else(|| fit(&graph, &canvas));
        let scale = (old.scale * by).clamp(0.1, 4.0);
        let grown = scale / old.scale;
        camera.set(Some(Camera { x: x - (x - old.x) * grown, y: y - (y - old.y) * grown, scale }));
    };
    let node_at = move |event: &web_sys::MouseEvent| {
        let canvas = canvas.get_untracked()?;
        graph.with_untracked(|graph| {
            let graph = graph.as_ref()?;
            let camera = camera.get_untracked().unwrap_or_else(|| fit(graph, &canvas));
            let (x, y) = (
                (f64::from(event.offset_x()) - camera.x) / camera.scale,
                (f64::from(event.offset_y()) - camera.y) / camera.scale,
            );
            let inside = |node: &&analysis::query::GraphNode| {
                let centre = centre(node.x, node.layer);
                (x - centre.0).abs() <= NODE[0] / 2.0 && (y - centre.1).abs() <= NODE[1] / 2.0
            };
            graph.nodes.iter().find(inside).map(|node| node.name.clone())
        })
    };
    let keys = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "+" | "=" => zoom_at(300.0, 200.0, 1.25),
        "-" => zoom_at(300.0, 200.0, 0.8),
        "0" => {
            event.stop_propagation();
            camera.set(None);
        }
        key @ ("ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown") => {
            event.prevent_default();
            let (dx, dy) = match key {
                "ArrowLeft" => (60.0, 0.0),
                "ArrowRight" => (-60.0, 0.0),
                "ArrowUp" => (0.0, 60.0),
                _ => (0.0, -60.0),
            };
            if let (Some(canvas), Some(graph)) = (canvas.get_untracked(), graph.get_untracked()) {
                let old = camera.get_untracked().unwrap_or_else(|| fit(&graph, &canvas));
                camera.set(Some(Camera { x: old.x + dx, y: old.y + dy, ..old }));
            }
        }
        _ => {}
    };
    let about = move || {
        graph.with(|graph| graph.as_ref().map_or(String::new(), |graph| {
        let left_out = if graph.left_out > 0 { format!(", {} small ones left out", graph.left_out) } else { String::new() };
        format!("{} nodes{left_out}; an edge is as wide as what goes through it, 1 px at least; dashed: inlined, dotted: over nodes left out", graph.nodes.len())
    }))
    };
    view! {
        <div class="hd"><h2>"Call graph"</h2><span class="dim hide-m">{text(about)}</span><Tabs/></div>
        <div class="graphbox">
            <canvas node_ref=canvas class="callgraph" data-testid="call-graph" tabindex="0" role="img" aria-label="Call graph; the table below says the same. Arrow keys move, plus and minus zoom, 0 shows all."
                on:pointerdown=move |event| dragged.set_value(Some((event.client_x().into(), event.client_y().into())))
                on:pointerup=move |_| dragged.set_value(None) on:pointerleave=move |_| dragged.set_value(None)
                on:pointermove=move |event| {
                    let (Some((x, y)), Some(canvas)) = (dragged.get_value(), canvas.get_untracked()) else { return };
                    let (to_x, to_y) = (f64::from(event.client_x()), f64::from(event.client_y()));
                    dragged.set_value(Some((to_x, to_y)));
                    let old = camera.get_untracked().or_else(|| graph.with_untracked(|graph| graph.as_ref().map(|graph| fit(graph, &canvas))));
                    if let Some(old) = old { camera.set(Some(Camera { x: old.x + to_x - x, y: old.y + to_y - y, ..old })); }
                }
                on:click=move |event| if let Some(name) = node_at(&event) { looking.set(|state| state.selected = name) }
                on:wheel=move |event| { event.prevent_default(); zoom_at(event.offset_x().into(), event.offset_y().into(), (-event.delta_y() * 0.0015).exp()); }
                on:keydown=keys></canvas>
            <div class="zoomers"><button class="btn" aria-label="Closer" on:click=move |_| zoom_at(300.0, 200.0, 1.25)>"+"</button><button class="btn" aria-label="Further" on:click=move |_| zoom_at(300.0, 200.0, 0.8)>"−"</button><button class="btn" on:click=move |_| camera.set(None)>"All"</button></div>
        </div>
        <details class="twin"><summary>"As a table"</summary>
            <table data-testid="call-graph-table"><thead><tr><th class="l">"Caller"</th><th class="l">"Callee"</th><th>"value"</th><th>"share"</th></tr></thead><tbody>
                {part(move || graph.with(|graph| graph.as_ref().map(|graph| rows(graph).into_iter().map(|(from, to, weight, portion)| view! { <tr><td class="l sym">{from}</td><td class="l sym">{to}</td><td>{weight}</td><td>{portion}</td></tr> }).collect_view())))}
            </tbody></table>
        </details>
    }
}

fn rows(graph: &CallGraphAnswer) -> Vec<(String, String, String, String)> {
    let mut edges: Vec<_> = graph.edges.iter().collect();
    sort_by_key(&mut edges, |edge| (std::cmp::Reverse(edge.weight.unsigned_abs()), edge.from, edge.to));
    let name = |at: u32| graph.nodes.get(at as usize).map_or(String::new(), |node| node.name.clone());
    edges
        .into_iter()
        .map(|edge| (name(edge.from), name(edge.to), value(&graph.unit, edge.weight), share(edge.weight, graph.total)))
        .collect()
}

fn centre(x: f64, layer: u32) -> (f64, f64) {
    (x * STEP[0], (f64::from(layer) + 0.5) * STEP[1])
}

/// All of it, as large as it fits, and not so small that nothing can be read.
fn fit(graph: &CallGraphAnswer, canvas: &HtmlCanvasElement) -> Camera {
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    let (wide, high) = ((graph.width * STEP[0]).max(1.0), (f64::from(graph.layers) * STEP[1]).max(1.0));
    let scale = (width / wide).min(height / high).clamp(0.35, 1.0);
    Camera { x: (width - wide * scale).max(16.0) / 2.0, y: 6.0, scale }
}

fn draw(canvas: &HtmlCanvasElement, graph: &CallGraphAnswer, camera: Camera, selected: &str) {
    let Some(Surface { context, .. }) = surface(canvas) else { return };
    let moved = context.translate(camera.x, camera.y).and_then(|()| context.scale(camera.scale, camera.scale));
    if moved.is_err() {
        return;
    }
    let widest = graph.edges.iter().map(|edge| edge.weight.unsigned_abs()).max().unwrap_or(1).max(1) as f64;
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (graph.nodes.get(edge.from as usize), graph.nodes.get(edge.to as usize)) else {
            continue;
        };
        let is_selected = !selected.is_empty() && (from.name == selected || to.name == selected);
        context.set_line_width((edge.weight.unsigned_abs() as f64 / widest * 10.0).max(1.0));
        context.set_stroke_style_str(&token(if is_selected { "accent-line" } else { "line-2" }));
        let dash = if edge.is_residual {
            js_sys::Array::of2(&2.0.into(), &4.0.into())
        } else if edge.is_inlined {
            js_sys::Array::of2(&7.0.into(), &4.0.into())
        } else {
            js_sys::Array::new()
        };
        // Without dashes the edge is still there.
        let _ = context.set_line_dash(&dash);
        curve(&context, from, to, &edge.bends);
    }
    let _ = context.set_line_dash(&js_sys::Array::new());
    for node in &graph.nodes {
        draw_node(&context, graph, node, selected);
    }
}

/// A smooth line through the edge's points.
fn curve(
    context: &CanvasRenderingContext2d,
    from: &analysis::query::GraphNode,
    to: &analysis::query::GraphNode,
    bends: &[f64],
) {
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
}

fn draw_node(
    context: &CanvasRenderingContext2d,
    graph: &CallGraphAnswer,
    node: &analysis::query::GraphNode,
    selected: &str,
) {
    let (x, y) = centre(node.x, node.layer);
    let (left, top) = (x - NODE[0] / 2.0, y - NODE[1] / 2.0);
    let strong = hue_token(node.package);
    context.set_fill_style_str(&token(strong.trim_end_matches("-f")));
    context.fill_rect(left, top, NODE[0], NODE[1]);
    let part = (node.flat.unsigned_abs() as f64 / node.cum.unsigned_abs().max(1) as f64).clamp(0.0, 1.0);
    context.set_fill_style_str(&token(&strong));
    context.fill_rect(left, top, NODE[0] * part, NODE[1]);
    context.set_line_width(if node.name == selected { 2.0 } else { 1.0 });
    context.set_stroke_style_str(&token(if node.name == selected { "accent" } else { "line-2" }));
    context.stroke_rect(left, top, NODE[0], NODE[1]);
    context.set_fill_style_str(&token("ink"));
    context.set_text_baseline("alphabetic");
    context.set_font("600 11px ui-monospace, SFMono-Regular, Menlo, Consolas, \"Liberation Mono\", monospace");
    let name = node.name.rsplit('/').next().unwrap_or(&node.name);
    // A name that cannot be drawn stands in the table below.
    let _ = context.fill_text(&fitted(name, NODE[0] - 12.0, 6.7), left + 6.0, top + 16.0);
    context.set_font("11px -apple-system, \"Segoe UI\", Roboto, \"Liberation Sans\", Arial, sans-serif");
    context.set_fill_style_str(&token("ink-2"));
    let words = format!(
        "{} own, {} ({})",
        value(&graph.unit, node.flat),
        value(&graph.unit, node.cum),
        share(node.cum, graph.total)
    );
    let _ = context.fill_text(&fitted(&words, NODE[0] - 8.0, 5.6), left + 6.0, top + 32.0);
}
