//! Flame graph and icicle on canvas, with a table that says the same.

mod draw;

use analysis::order::sort_by_key;
use analysis::query::{Answer, FlameAnswer, FlameMode, FlameQuery, Query};
use analysis::words::without_path;
use leptos::html::Canvas;
use leptos::prelude::*;

use super::{NothingLeft, PACKAGES, Tabs, hue, hue_token};
use crate::canvas::use_redraw;
use crate::client::{Client, use_answer};
use crate::format::{share, value};
use crate::live::{effect, flag, on, part, text, when};
use crate::performance::{measure, now};
use crate::state::Looking;
use draw::{ROW_PX, box_at, draw};

/// Rows of the twin table.
const TWIN_ROWS: usize = 200;

/// The page.
#[component]
pub(crate) fn Flame() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let canvas = NodeRef::<Canvas>::new();
    let redraw = use_redraw(canvas);
    let hovered = RwSignal::new(None::<(usize, f64, f64)>);
    let cursor = RwSignal::new(None::<usize>);
    let width = Memo::new(move |_| {
        redraw.track();
        canvas.get().map_or(1000.0, |canvas| f64::from(canvas.client_width()).max(100.0))
    });
    let answer = use_answer(move || {
        if client.epoch.get() == 0 {
            return None;
        }
        let lens = looking.lens();
        Some(looking.state.with(|state| {
            Query::Flame(FlameQuery {
                lens,
                mode: state.mode,
                is_inverted: state.is_inverted,
                window: state.zoom,
                width_px: width.get(),
            })
        }))
    });
    let boxes = Memo::new(move |before: Option<&Option<FlameAnswer>>| match answer.get() {
        Some(Ok(Answer::Flame(found))) => Some(found),
        _ => before.cloned().flatten(),
    });
    // What is under way between two answers is drawn from the boxes at hand.
    let zoom = Memo::new(move |_| looking.state.with(|state| state.zoom));
    let look = Memo::new(move |_| {
        looking.state.with(|state| (state.selected.clone(), state.search.to_ascii_lowercase(), state.is_flame))
    });
    effect(move || {
        redraw.track();
        let (Some(canvas), zoom) = (canvas.get(), zoom.get()) else { return };
        let hovered = hovered.get().map(|(at, ..)| at);
        boxes.with(|boxes| {
            let Some(boxes) = boxes else { return };
            let start = now().unwrap_or(0.0);
            look.with(|(selected, search, is_flame)| {
                draw(&canvas, boxes, zoom, selected, search, hovered.or(cursor.get()), *is_flame)
            });
            measure("poolscope:frame", start, now().unwrap_or(start));
        });
    });
    let find = move |event: &web_sys::MouseEvent| {
        let element = canvas.get_untracked()?;
        let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        let found = boxes.with_untracked(|boxes| {
            box_at(boxes.as_ref()?, &element, zoom.get_untracked(), x, y, look.with_untracked(|look| look.2))
        });
        found.map(|at| (at, x, y))
    };
    let name_at = move |at: usize| {
        boxes.with_untracked(|boxes| {
            boxes.as_ref().and_then(|boxes| boxes.names.get(*boxes.name.get(at)? as usize).cloned())
        })
    };
    let select = move |at: usize| {
        if let Some(name) = name_at(at) {
            cursor.set(Some(at));
            looking.set(|state| state.selected = name);
        }
    };
    let zoom_to = move |at: usize| {
        let edges = boxes.with_untracked(|boxes| {
            boxes.as_ref().and_then(|boxes| Some([*boxes.left.get(at)?, *boxes.right.get(at)?]))
        });
        if let Some(edges) = edges {
            cursor.set(None);
            looking.set(|state| state.zoom = edges);
        }
    };
    let wheel = move |event: web_sys::WheelEvent| {
        if !event.ctrl_key() && !event.shift_key() && event.delta_x() == 0.0 {
            return;
        }
        event.prevent_default();
        let at = f64::from(event.offset_x()) / width.get_untracked();
        looking
            .set(|state| state.zoom = zoomed(state.zoom, at, event.delta_y(), event.delta_x() / width.get_untracked()));
    };
    let keys = move |event: web_sys::KeyboardEvent| {
        let at = cursor.get_untracked();
        let next =
            boxes.with_untracked(|boxes| step(boxes.as_ref()?, at, &event.key(), look.with_untracked(|look| look.2)));
        match (event.key().as_str(), next, at) {
            (_, Some(next), _) => {
                event.prevent_default();
                event.stop_propagation();
                select(next);
            }
            ("Enter", _, Some(at)) => zoom_to(at),
            ("Escape" | "Home", ..) => looking.set(|state| state.zoom = [0.0, 1.0]),
            _ => {}
        }
    };
    let height = move || {
        boxes.with(|boxes| {
            boxes
                .as_ref()
                .map_or(200.0, |boxes| (f64::from(boxes.depth.iter().copied().max().unwrap_or(0)) + 2.0) * ROW_PX)
        })
    };
    let has_base =
        move || client.files.with(|files| looking.state.with(|state| state.chosen_files(files).base.is_some()));
    let has_heap = move || {
        client.files.with(|files| {
            let types = looking.state.with(|state| crate::filter_bar::types_of(&state.chosen_files(files)));
            types.iter().any(|name| name == "inuse_space")
        })
    };
    let modes = [(FlameMode::Kept, "Allocated, kept"), (FlameMode::Value, "Value"), (FlameMode::Change, "Change")];
    let title = move || {
        boxes.with(|boxes| {
            boxes.as_ref().map_or("Reading".to_owned(), |boxes| match boxes.mode {
                FlameMode::Kept => "Where it was allocated, and what stayed".to_owned(),
                FlameMode::Value => boxes.width_type.clone(),
                FlameMode::Change => format!("{}, and its change", boxes.width_type),
            })
        })
    };
    let about = move || {
        boxes.with(|boxes| {
            boxes.as_ref().map_or(String::new(), |boxes| {
                let whole = value(&boxes.unit, boxes.totals[0]);
                match boxes.mode {
                    FlameMode::Kept => format!(
                        "width allocated ({whole}), fill still in use ({})",
                        value(&boxes.unit, boxes.totals[1])
                    ),
                    FlameMode::Value => format!("width {whole}"),
                    FlameMode::Change => format!("width now ({whole}); ▲ and hatch: more than in the base, ▼: less"),
                }
            })
        })
    };
    let matches = move || {
        look.with(|(_, search, _)| {
            boxes.with(|boxes| boxes.as_ref().map_or(String::new(), |boxes| matches_words(boxes, search)))
        })
    };
    view! {
        <div class="hd"><h2>{text(title)}</h2><span class="dim hide-m">{text(about)}</span><Tabs/></div>
        <div class="hd tools">
            <span class="seg" role="group" aria-label="What width and fill mean">{modes.into_iter().map(|(mode, words)| {
                let is_on = move || boxes.with(|boxes| boxes.as_ref().is_some_and(|boxes| boxes.mode == mode));
                view! { <button class:on=flag(is_on) aria-pressed=text(move || is_on().to_string()) disabled=flag(move || match mode { FlameMode::Kept => !has_heap(), FlameMode::Change => !has_base(), FlameMode::Value => false }) on:click=on(move |_| looking.set(|state| state.mode = mode))>{words}</button> }
            }).collect_view()}</span>
            <span class="seg" role="group" aria-label="Direction">
                <button class:on=flag(move || looking.state.with(|s| !s.is_flame)) on:click=on(move |_| looking.set(|s| s.is_flame = false))>"Icicle"</button>
                <button class:on=flag(move || looking.state.with(|s| s.is_flame)) on:click=on(move |_| looking.set(|s| s.is_flame = true))>"Flame"</button></span>
            <button class="btn" aria-pressed=text(move || looking.state.with(|s| s.is_inverted).to_string()) class:sel=flag(move || looking.state.with(|s| s.is_inverted)) on:click=on(move |_| looking.set(|s| { s.is_inverted = !s.is_inverted; s.zoom = [0.0, 1.0]; }))>"Leaves first"</button>
            <input class="search" type="search" aria-label="Search frames" data-testid="flame-search" placeholder="search" prop:value=text(move || looking.state.with(|s| s.search.clone())) on:input=on(move |event| looking.set(|s| s.search = event_target_value(&event)))/>
            <span class="dim xs" role="status" data-testid="flame-matches">{text(matches)}</span>
            {when(move || zoom.get() != [0.0, 1.0], move || view! {<button class="btn" data-testid="zoom-out" on:click=on(move |_| looking.set(|s| s.zoom = [0.0, 1.0]))>"All of it " <kbd>"Esc"</kbd></button>})}
        </div>
        <div class="flamebox" class:up=flag(move || looking.state.with(|s| s.is_flame))>
            <canvas node_ref=canvas class="flame" data-testid="flame" tabindex="0" role="img" aria-label="Flame graph; the table below says the same. Arrow keys move, Enter zooms, Escape zooms out."
                style:height=text(move || format!("{}px", height()))
                on:mousemove=on(move |event| hovered.set(find(&event))) on:mouseleave=on(move |_| hovered.set(None))
                on:click=on(move |event| if let Some((at, ..)) = find(&event) { select(at) })
                on:dblclick=on(move |event| if let Some((at, ..)) = find(&event) { zoom_to(at) })
                on:wheel=on(wheel) on:keydown=on(keys)></canvas>
            {when(move || hovered.get().is_some(), move || view! {<Tip hovered boxes/>})}
        </div>
        {when(move || boxes.with(|b| b.as_ref().is_some_and(|b| b.name.is_empty())), move || view! {<NothingLeft/>})}
        <Twin boxes zoom_to=Callback::new(zoom_to)/>
    }
}

/// How many of the frames drawn hold what is searched for.
fn matches_words(boxes: &FlameAnswer, search: &str) -> String {
    if search.is_empty() {
        return String::new();
    }
    let hits: Vec<bool> = boxes.names.iter().map(|name| name.to_ascii_lowercase().contains(search)).collect();
    let count = boxes.name.iter().filter(|&&name| hits.get(name as usize) == Some(&true)).count();
    format!("{count} of {} frames", boxes.name.len())
}

/// The window after a turn of the wheel at `at`, or a push sideways.
fn zoomed(window: [f64; 2], at: f64, turn: f64, push: f64) -> [f64; 2] {
    let span = window[1] - window[0];
    let wanted = (span * (turn * 0.0025).exp()).clamp(1e-9, 1.0);
    let fixed = window[0] + at * span;
    let left = (fixed - at * wanted + push * span).clamp(0.0, 1.0 - wanted);
    [left, left + wanted]
}

/// The box that an arrow key leads to.
fn step(boxes: &FlameAnswer, at: Option<usize>, key: &str, is_flame: bool) -> Option<usize> {
    let key = match (key, is_flame) {
        ("ArrowUp", true) => "ArrowDown",
        ("ArrowDown", true) => "ArrowUp",
        (key, _) => key,
    };
    if !key.starts_with("Arrow") {
        return None;
    }
    let Some(at) = at else { return (!boxes.name.is_empty()).then_some(0) };
    let (depth, left, right) = (*boxes.depth.get(at)?, *boxes.left.get(at)?, *boxes.right.get(at)?);
    let all = || {
        (0..boxes.name.len()).filter_map(|other| {
            Some((other, *boxes.depth.get(other)?, *boxes.left.get(other)?, *boxes.right.get(other)?))
        })
    };
    match key {
        "ArrowDown" => all()
            .filter(|&(_, d, l, r)| d == depth + 1 && l >= left - 1e-12 && r <= right + 1e-12)
            .max_by(|a, b| (a.3 - a.2).total_cmp(&(b.3 - b.2)))
            .map(|found| found.0),
        "ArrowUp" => {
            all().find(|&(_, d, l, r)| d + 1 == depth && l <= left + 1e-12 && r >= right - 1e-12).map(|found| found.0)
        }
        "ArrowRight" => all()
            .filter(|&(_, d, l, _)| d == depth && l >= right - 1e-12)
            .min_by(|a, b| a.2.total_cmp(&b.2))
            .map(|found| found.0),
        "ArrowLeft" => all()
            .filter(|&(_, d, _, r)| d == depth && r <= left + 1e-12)
            .max_by(|a, b| a.3.total_cmp(&b.3))
            .map(|found| found.0),
        _ => None,
    }
}

#[component]
fn Tip(hovered: RwSignal<Option<(usize, f64, f64)>>, boxes: Memo<Option<FlameAnswer>>) -> impl IntoView {
    let lines = move || {
        let (at, ..) = hovered.get()?;
        boxes.with(|boxes| {
            let boxes = boxes.as_ref()?;
            let name = boxes.names.get(*boxes.name.get(at)? as usize)?.clone();
            let (wide, fill, base) = (*boxes.value.get(at)?, *boxes.fill.get(at)?, *boxes.base.get(at)?);
            let whole =
                format!("{} of {}, {}", value(&boxes.unit, wide), boxes.width_type, share(wide, boxes.totals[0]));
            let more = match boxes.mode {
                FlameMode::Kept => format!("{} of it in use, {}", value(&boxes.unit, fill), share(fill, wide)),
                FlameMode::Change => format!(
                    "base {}, change {}",
                    value(&boxes.unit, base),
                    crate::format::Scale::for_values(&boxes.unit, wide.max(base)).delta(wide - base)
                ),
                FlameMode::Value => String::new(),
            };
            let inlined = boxes.inlined.get(at).copied().unwrap_or(false);
            Some((if inlined { format!("{name} (inlined)") } else { name }, whole, more))
        })
    };
    let place = move || {
        hovered.get().map_or(String::new(), |(_, x, y)| {
            format!("left:min({:.0}px, calc(100% - 320px));top:{:.0}px", x + 14.0, y + 18.0)
        })
    };
    part(move || {
        lines().map(|(name, whole, more)| view! { <div class="tip" style=text(place)><b class="sym">{name}</b><span>{whole}</span><span>{more}</span></div> })
    })
}

/// The same boxes as a table, the widest first, for keyboard and screen reader.
#[component]
fn Twin(boxes: Memo<Option<FlameAnswer>>, zoom_to: Callback<usize>) -> impl IntoView {
    let looking = expect_context::<Looking>();
    let rows = move || {
        boxes.with(|boxes| {
            let Some(boxes) = boxes.as_ref() else { return Vec::new() };
            let mut order: Vec<usize> = (0..boxes.name.len()).collect();
            sort_by_key(&mut order, |&at| {
                (
                    std::cmp::Reverse(boxes.value.get(at).copied().unwrap_or(0)),
                    boxes.depth.get(at).copied().unwrap_or(0),
                    at,
                )
            });
            order.truncate(TWIN_ROWS);
            order
                .into_iter()
                .filter_map(|at| {
                    let name = *boxes.name.get(at)? as usize;
                    Some((
                        at,
                        boxes.names.get(name)?.clone(),
                        *boxes.packages.get(name)?,
                        *boxes.depth.get(at)?,
                        *boxes.value.get(at)?,
                        *boxes.fill.get(at)?,
                        *boxes.base.get(at)?,
                        *boxes.inlined.get(at)?,
                        boxes.unit.clone(),
                        boxes.totals[0],
                        boxes.mode,
                    ))
                })
                .collect::<Vec<_>>()
        })
    };
    let drawn = move || {
        boxes.with(|boxes| {
            boxes.as_ref().map_or(String::new(), |boxes| {
                format!("{} frames drawn, {} too narrow to see", boxes.name.len(), boxes.narrow)
            })
        })
    };
    view! {
        <details class="twin"><summary>"As a table"<span class="dim xs">{text(drawn)}</span><span class="end keyrow">{PACKAGES.iter().map(|(package, words)| view! { <span class="key"><i class=format!("chip {}", hue(*package))></i>{*words}</span> }).collect_view()}<span class="key"><i class="inl"></i>"inlined"</span></span></summary>
            <table data-testid="flame-table"><thead><tr><th class="l">"Frame"</th><th>"depth"</th><th>"value"</th><th>"share"</th><th>"in use, or base"</th><th class="l">""</th></tr></thead><tbody>
                {part(move || rows().into_iter().map(|(at, name, package, depth, wide, fill, base, inlined, unit, whole, mode)| {
                    let chosen = name.clone();
                    let other = match mode { FlameMode::Kept => value(&unit, fill), FlameMode::Change => value(&unit, base), FlameMode::Value => "–".to_owned() };
                    view! { <tr><td class="l sym" title=name.clone()><span class="chip" style=format!("background:var(--{})", hue_token(package))></span><button class="name" on:click=on(move |_| looking.set(|s| s.selected.clone_from(&chosen)))>{without_path(&name).to_owned()}</button>{inlined.then(|| view! { <small class="dim">" inlined"</small> })}</td>
                        <td>{depth}</td><td>{value(&unit, wide)}</td><td>{share(wide, whole)}</td><td>{other}</td><td class="l"><button class="go" on:click=on(move |_| zoom_to.run(at))>"Zoom"</button></td></tr> }
                }).collect_view())}
            </tbody></table>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wheel_keeps_what_is_under_it() {
        let closer = zoomed([0.0, 1.0], 0.5, -400.0, 0.0);
        assert!((closer[0] + closer[1] - 1.0).abs() < 1e-9 && closer[1] - closer[0] < 0.5);
        assert_eq!(zoomed(closer, 0.5, 4000.0, 0.0), [0.0, 1.0]);
    }
}
