//! The state graph: drawn anew for another answer, another width or another selection; a frame of the scrubber only
//! changes numbers, levels and widths in it.

mod draw;
mod layout;

use analysis::query::StatesAnswer;
use analysis::words::number;
use leptos::html::Div;
use leptos::prelude::*;
use web_sys::Element;

use super::data::{FRAMES, States, objects_at};
use super::look::{edge_key, key};
use crate::live::{effect, text};
use crate::markup::{Markup, width_of};
pub(super) use draw::token;
use draw::{Levels, drawing, stroke, taken};
use layout::Layout;

/// The drawing with what must be known to read it.
#[component]
pub(super) fn Graph() -> impl IntoView {
    let states = expect_context::<States>();
    let node = NodeRef::<Div>::new();
    let width = width_of(node);
    let layout = Memo::new(move |_| {
        let width = width.get();
        states.graph.with(|graph| graph.as_ref().map(|graph| Layout::new(graph, width)))
    });
    // Frames change elements that are there: this counts how often they were made.
    let made = RwSignal::new(0_u32);
    let of = move || {
        let look = states.look();
        let markup = layout.with(|layout| {
            states
                .graph
                .with(|graph| graph.as_ref().zip(layout.as_ref()).map(|(g, l)| drawing(g, l, &look, width.get())))
        });
        made.update(|made| *made += 1);
        markup.unwrap_or_default()
    };
    effect(move || {
        made.track();
        let Some(div) = node.get() else { return };
        layout.with_untracked(|layout| {
            states.graph.with_untracked(|graph| {
                if let Some((graph, layout)) = graph.as_ref().zip(layout.as_ref()) {
                    paint(&div, graph, layout, states.frame(graph));
                }
            });
        });
    });
    let scale = move || {
        let most = layout.with(|layout| layout.as_ref().map_or(0, |layout| layout.most));
        let every = states.graph.with(|graph| graph.as_ref().map_or(1, |graph| graph.record_every));
        let sampled = if every > 1 {
            format!(" One get in {every} is recorded: edges count those, boxes are the pool’s own counts.")
        } else {
            String::new()
        };
        format!(
            "Edge width is linear in count, 1 px at least ({} is {} px); p50: median time in the state it leaves; times and rates are the window’s. Boxes fill with their share. Dashed grey: this record cannot show it.{sampled}",
            number(most),
            draw::WIDEST
        )
    };
    view! {
        <Markup of=Box::new(of) class="graph" node/>
        <p class="pad xs dim graphnote">{text(scale)}</p>
    }
}

/// What the drawing shows at a frame.
fn paint(root: &Element, answer: &StatesAnswer, layout: &Layout, frame: u32) {
    let find = |name: &str, id: &str| root.query_selector(&format!("[data-{name}='{id}']")).ok().flatten();
    // Nothing is lost when the browser refuses an attribute: the table has the numbers.
    let set = |element: &Element, name: &str, value: f64| {
        let _ = element.set_attribute(name, &format!("{value:.1}"));
    };
    let levels = Levels::of(answer);
    for node in &answer.nodes {
        let Some(objects) = objects_at(answer, node.state, frame) else { continue };
        let id = key(node.state);
        if let Some(words) = find("objects", &id) {
            words.set_text_content(Some(&number(objects)));
        }
        let Some(level) = find("level", &id) else { continue };
        let full = level.get_attribute("data-full").and_then(|full| full.split('.').next()?.parse::<u32>().ok());
        let Some((full, place)) = full.zip(layout.places.iter().find(|place| place.state == node.state)) else {
            continue;
        };
        let height = levels.share(node.state, objects) * (f64::from(full) + 0.5);
        set(&level, "height", height);
        set(&level, "y", place.y + place.height - 0.75 - height);
    }
    for route in layout.routes.iter().filter(|route| !route.link.course.is_empty()) {
        let id = edge_key(route.link.from, route.link.to);
        let count = taken(&route.link, frame);
        if let Some(words) = find("taken", &id).filter(|_| count > 0 || frame + 1 < FRAMES || route.link.count > 0) {
            words.set_text_content(Some(&number(count)));
        }
        if let Some(line) = find("line", &id) {
            set(&line, "stroke-width", stroke(count, layout.most));
        }
    }
}
