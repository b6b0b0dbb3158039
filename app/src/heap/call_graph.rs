//! The call graph: callers above callees, edges as wide as what goes through them, pan and zoom.

mod draw;

use analysis::order::sort_by_key;
use analysis::query::{Answer, CallGraphAnswer, Query};
use leptos::html::Canvas;
use leptos::prelude::*;
use web_sys::HtmlCanvasElement;

use super::{NothingLeft, Tabs};
use crate::canvas::use_redraw;
use crate::client::{Client, use_answer};
use crate::format::{share, value};
use crate::live::{effect, on, part, text, when};
use crate::performance::{measure, now};
use crate::state::Looking;
use draw::{Camera, draw, fit, node_at, start};

/// More than this is not read any more.
const NODES: u32 = 60;

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
        move |graph: &CallGraphAnswer, canvas: &HtmlCanvasElement| camera.get().unwrap_or_else(|| start(graph, canvas));
    effect(move || {
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
        let old = camera.get_untracked().unwrap_or_else(|| start(&graph, &canvas));
        let scale = (old.scale * by).clamp(0.1, 4.0);
        let grown = scale / old.scale;
        camera.set(Some(Camera { x: x - (x - old.x) * grown, y: y - (y - old.y) * grown, scale }));
    };
    let under = move |event: &web_sys::MouseEvent| {
        let canvas = canvas.get_untracked()?;
        let (x, y) = (event.offset_x().into(), event.offset_y().into());
        graph.with_untracked(|graph| {
            let graph = graph.as_ref()?;
            let camera = camera.get_untracked().unwrap_or_else(|| start(graph, &canvas));
            node_at(graph, camera, x, y).map(|node| node.name.clone())
        })
    };
    let show_all = move || {
        let all = canvas.get_untracked().zip(graph.get_untracked()).map(|(canvas, graph)| fit(&graph, &canvas));
        camera.set(all);
    };
    let keys = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "+" | "=" => zoom_at(300.0, 200.0, 1.25),
        "-" => zoom_at(300.0, 200.0, 0.8),
        "0" => {
            event.stop_propagation();
            show_all();
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
                let old = camera.get_untracked().unwrap_or_else(|| start(&graph, &canvas));
                camera.set(Some(Camera { x: old.x + dx, y: old.y + dy, ..old }));
            }
        }
        _ => {}
    };
    let about = move || {
        graph.with(|graph| {
            graph.as_ref().map_or(String::new(), |graph| {
                let left_out = if graph.left_out > 0 {
                    format!(", {} small ones left out", graph.left_out)
                } else {
                    String::new()
                };
                format!("{} functions{left_out}; dashed: inlined, dotted: over functions left out", graph.nodes.len())
            })
        })
    };
    view! {
        <div class="hd"><h2>"Call graph"</h2><span class="dim hide-m">{text(about)}</span><Tabs/></div>
        <div class="graphbox">
            <canvas node_ref=canvas class="callgraph" data-testid="call-graph" tabindex="0" role="img" aria-label="Call graph; the table below says the same. Arrow keys move, plus and minus zoom, 0 shows all."
                on:pointerdown=on(move |event: web_sys::PointerEvent| dragged.set_value(Some((event.client_x().into(), event.client_y().into()))))
                on:pointerup=on(move |_| dragged.set_value(None)) on:pointerleave=on(move |_| dragged.set_value(None))
                on:pointermove=on(move |event: web_sys::PointerEvent| {
                    let (Some((x, y)), Some(canvas)) = (dragged.get_value(), canvas.get_untracked()) else { return };
                    let (to_x, to_y) = (f64::from(event.client_x()), f64::from(event.client_y()));
                    dragged.set_value(Some((to_x, to_y)));
                    let old = camera.get_untracked().or_else(|| graph.with_untracked(|graph| graph.as_ref().map(|graph| start(graph, &canvas))));
                    if let Some(old) = old { camera.set(Some(Camera { x: old.x + to_x - x, y: old.y + to_y - y, ..old })); }
                })
                on:click=on(move |event: web_sys::MouseEvent| if let Some(name) = under(&event) { looking.set(|state| state.selected = name) })
                on:wheel=on(move |event: web_sys::WheelEvent| { event.prevent_default(); zoom_at(event.offset_x().into(), event.offset_y().into(), (-event.delta_y() * 0.0015).exp()); })
                on:keydown=on(keys)></canvas>
            <div class="zoomers"><button class="btn" aria-label="Closer" on:click=on(move |_| zoom_at(300.0, 200.0, 1.25))>"+"</button><button class="btn" aria-label="Further" on:click=on(move |_| zoom_at(300.0, 200.0, 0.8))>"−"</button><button class="btn" on:click=on(move |_| show_all())>"All"</button></div>
        </div>
        {when(move || graph.with(|g| g.as_ref().is_some_and(|g| g.nodes.is_empty())), || view! { <NothingLeft/> })}
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
