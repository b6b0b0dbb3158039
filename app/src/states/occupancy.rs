//! Objects by state over time, stacked; small states once more on a scale of their own. Drag takes a window.

mod chart;

use analysis::markup::escaped;
use analysis::words::number;
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use web_sys::PointerEvent;

use super::data::States;
use crate::canvas::use_redraw;
use crate::client::Client;
use crate::live::{effect, flag, on, text};
use crate::markup::{Markup, moment};
use chart::{Frame, draw};

/// Less than this is a click.
const DRAG_PX: f64 = 4.0;

/// The chart.
#[component]
pub(super) fn Occupancy() -> impl IntoView {
    let states = expect_context::<States>();
    let client = expect_context::<Client>();
    let canvas = NodeRef::<Canvas>::new();
    let redraw = use_redraw(canvas);
    let frame = RwSignal::new(Frame::default());
    effect(move || {
        redraw.track();
        let Some(canvas) = canvas.get() else { return };
        states.graph.with(|graph| {
            if let Some(drawn) = graph.as_ref().and_then(|graph| draw(&canvas, graph)) {
                frame.set(drawn);
            }
        });
    });
    let bounds = move || states.graph.with(|graph| graph.as_ref().map_or((0, 0), |graph| graph.window));
    let drag = RwSignal::new(None::<(f64, f64)>);
    let x_of = |event: &PointerEvent| f64::from(event.offset_x());
    let down = move |event: PointerEvent| {
        if event.button() == 0 {
            if let Some(canvas) = canvas.get_untracked() {
                // Without it a drag ends at the canvas's edge.
                let _ = canvas.set_pointer_capture(event.pointer_id());
            }
            drag.set(Some((x_of(&event), x_of(&event))));
        }
    };
    let follow = move |event: PointerEvent| {
        if drag.get_untracked().is_some() {
            drag.update(|drag| *drag = drag.map(|(from, _)| (from, x_of(&event))));
        }
    };
    let up = move |_| {
        let Some((from, to)) = drag.get_untracked() else { return };
        drag.set(None);
        let frame = frame.get_untracked();
        let (from, to) = (from.min(to), from.max(to));
        let time = |x: f64| frame.time_at(x, bounds());
        if to - from < DRAG_PX {
            states.is_playing.set(false);
            states.move_to(Some(time(to)));
        } else if time(from) < time(to) {
            let window = (time(from), time(to));
            states.set(|look| (look.window, look.moment) = (Some(window), None));
        }
    };
    let selected = move || {
        let frame = frame.get();
        drag.get().filter(|(from, to)| (from - to).abs() >= DRAG_PX).map_or("display:none".to_owned(), |(from, to)| {
            let (left, right) = (from.min(to).max(frame.left), from.max(to).min(frame.right));
            format!("left:{left:.0}px;width:{:.0}px", (right - left).max(0.0))
        })
    };
    let now = move || {
        let place = states.moment.get().map(|moment| frame.get().x_of(moment, bounds()));
        place.map_or("display:none".to_owned(), |x| format!("left:{x:.1}px"))
    };
    let pins = move || {
        let frame = frame.get();
        let wall = states.graph.with(|graph| graph.as_ref().and_then(|graph| graph.wall_nanos));
        let Some(wall) = wall.filter(|_| frame.right > frame.left) else { return String::new() };
        let (from, to) = bounds();
        let mut out = String::new();
        client.files.with(|files| {
            for file in files.iter().filter(|file| file.pools.is_none()) {
                let Some((row, time)) =
                    file.row.as_ref().and_then(|row| Some((row, row.time_nanos?.checked_sub(wall)?)))
                else {
                    continue;
                };
                if (from..=to).contains(&time) {
                    let (x, name, badge) = (frame.x_of(time, (from, to)), escaped(&row.name), escaped(&row.badge));
                    out += &format!(
                        r#"<span class="pin" style="left:{x:.1}px" title="{name}, {}">{badge}</span>"#,
                        moment(time)
                    );
                }
            }
        });
        out
    };
    let about = move || {
        states.graph.with(|graph| {
            graph.as_ref().map_or(String::new(), |graph| {
                let by = if graph.is_counted { "the pool’s own counts" } else { "count" };
                let breaches: u64 = graph.breaches.iter().map(|(_, count)| count).sum();
                let breaches =
                    if breaches > 0 { format!(", ◆ {} breaches", number(breaches)) } else { String::new() };
                let purges = match graph.purges.len() {
                    // Of a type nobody knows.
                    _ if states.is_type() => String::new(),
                    0 => "; no purges".to_owned(),
                    count => format!("; red ticks: purges, {}", number(count as u64)),
                };
                format!("{by}{purges}{breaches}; drag to look closer")
            })
        })
    };
    let pin_node = NodeRef::<Div>::new();
    view! {
        <div class="hd"><h2>"Objects by state"</h2><span class="dim">{text(about)}</span></div>
        <div class="chartbox occ">
            <canvas node_ref=canvas class="occupancy" data-testid="occupancy" role="img" aria-label="Objects by state over time; the table has the numbers. Drag takes a window; so do From here and To here above."
                on:pointerdown=on(down) on:pointermove=on(follow) on:pointerup=on(up) on:pointercancel=on(move |_| drag.set(None))></canvas>
            <div class="chosen" style=text(selected)></div>
            <div class="now" class:gone=flag(move || states.moment.get().is_none()) style=text(now)></div>
            <Markup of=Box::new(pins) class="pins" node=pin_node/>
        </div>
    }
}
