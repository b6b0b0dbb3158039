//! Execution traces: a canvas that their own worker draws on, tables of what it shows, and the worker itself. The page
//! passes hands on, and shows words; most of the markup is the worker's, so that a page without a trace stays small.

mod hands;
mod link;
mod pin;
mod profiles;

use leptos::html::Canvas;
use leptos::prelude::*;
use trace_worker::{TableName, TableQuery, ToTrace};
use wasm_bindgen::JsValue;
use web_sys::MouseEvent;

use crate::canvas::use_redraw;
use crate::client::Client;
use crate::live::{effect, either, flag, on, part, text, when};
use crate::markup::{Markup, nothing_here};
use crate::state::Looking;
pub(crate) use link::{Traces, close, is_part, is_trace, open};
use link::{attribute, send};
pub(crate) use profiles::PartHead;

/// Views of a trace, by the key in the address and their titles; the first is the drawing.
const TABS: [(&str, &str, TableName); 13] = [
    ("", "Timeline", TableName::Lanes),
    ("stops", "STW", TableName::Stops),
    ("gc", "GC", TableName::Cycles),
    ("mmu", "MMU", TableName::Mmu),
    ("purges", "New after purge", TableName::Purges),
    ("gets", "Pool Get", TableName::Gets),
    ("inits", "Init", TableName::Inits),
    ("escapes", "Escape windows", TableName::Escapes),
    ("goroutines", "Goroutines", TableName::Goroutines),
    ("regions", "Regions & tasks", TableName::Regions),
    ("objects", "Objects", TableName::Objects),
    ("events", "Events", TableName::Events),
    ("pins", "Pins", TableName::Pins),
];

/// What can be done without keys: each button does what its key does.
const TOOLS: &str = concat!(
    r#"<button class="btn" data-key="," data-testid="previous-stop" title="Stop of the world before (,)" aria-label="Stop of the world before">◀</button>"#,
    r#"<button class="btn" data-key="." data-testid="next-stop" title="Next stop of the world (.)">STW ▶</button>"#,
    r#"<button class="btn" data-key="P" data-testid="previous-purge" title="Purge before (Shift P)" aria-label="Purge before">◀</button>"#,
    r#"<button class="btn" data-key="p" data-testid="next-purge" title="Next purge (P)">purge ▶</button>"#,
    r#"<button class="btn" data-key="G" data-testid="previous-slow-get" title="Slow Get before (Shift G)" aria-label="Slow Get before">◀</button>"#,
    r#"<button class="btn" data-key="g" data-testid="next-slow-get" title="Next Get among the slowest of a hundred (G)">slow Get ▶</button>"#,
    r#"<button class="btn" data-key="N" data-testid="previous-pin" title="Pin before (Shift N)" aria-label="Pin before">◀</button>"#,
    r#"<button class="btn" data-key="n" data-testid="next-pin" title="Next file of the session on this clock (N)">pin ▶</button>"#,
    r#"<button class="btn" data-key="Home" data-testid="timeline-all" title="All of the range (Home)">All</button>"#,
    r#"<button class="btn" data-key="Enter" data-testid="timeline-commit" title="Every table obeys the selection (Enter)">Use as range</button>"#,
    r#"<button class="btn" data-key="Backspace" data-testid="timeline-back" title="To the range before (Backspace)">Back</button>"#,
    r#"<button class="btn" popovertarget="profiles" data-testid="timeline-profiles" title="Where goroutines waited or ran, of the selection or the range">Flame graph ▾</button>"#,
    r#"<span class="end keyrow"><span class="key"><i class="chip" style="--c:var(--an-stw)"></i>stop the world</span><span class="key"><i class="chip" style="--c:var(--an-get)"></i>pool Get</span><span class="key"><i class="chip" style="--c:var(--an-init)"></i>init</span><span class="key"><i class="chip" style="--c:var(--st-active)"></i>running</span><span class="key"><i class="chip" style="--c:var(--go-ready)"></i>ready</span><span class="key"><i class="chip" style="--c:var(--go-syscall)"></i>system call</span><span class="key"><i class="chip" style="--c:var(--gc-band)"></i>collecting</span></span>"#,
);

/// What stands where no trace is open.
const NONE: (&str, &str) = (
    "No execution trace is open. Record one while the program does what it is slow at, and drop it here:",
    "curl -so trace.out localhost:6060/debug/pprof/trace?seconds=5",
);

/// Rows at first, and with each turn five times as many.
const ROWS: u32 = 200;

/// The page.
#[component]
pub(crate) fn Timeline() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let traces = expect_context::<Traces>();
    let has_trace = move || client.files.with(|files| files.iter().any(|file| file.is_trace));
    let tab = Memo::new(move |_| looking.state.with(|state| state.trace_tab.clone()));
    let is_drawn = move || tab.with(String::is_empty);
    let click = move |event: MouseEvent| {
        if let Some(key) = attribute(&event, "data-tab") {
            looking.set(|state| state.trace_tab = key);
        } else if let Some(key) = attribute(&event, "data-key") {
            hands::press(&key, matches!(key.as_str(), "P" | "G" | "N"));
        }
    };
    view! {
        <div class="hd"><h2 data-testid="timeline-window">{text(move || if has_trace() { traces.title.get() } else { "Timeline".to_owned() })}</h2><span class="dim">{text(move || traces.note.get())}</span></div>
        <p class="pad warn" role="status" class:gone=flag(move || traces.words.with(String::is_empty))>{text(move || traces.words.get())}</p>
        {either(has_trace, move || view! {
            <div on:click=on(click)><Markup of=Box::new(move || tabs(&tab.get())) class="subtabs" node=NodeRef::new()/></div>
        }, || view! { <div inner_html=nothing_here(NONE.0, NONE.1)></div> })}
        {part(move || {
            traces.generation.track();
            when(move || has_trace() && is_drawn(), || view! { <Lanes/> })
        })}
        <profiles::Menu/>
        {when(move || has_trace() && !is_drawn(), || view! { <Rows is_twin=false/> })}
    }
}

fn tabs(shown: &str) -> String {
    let mut out = r#"<div role="tablist" aria-label="Views of the trace">"#.to_owned();
    for (key, title, _) in TABS {
        let is_on = key == shown;
        let id = if key.is_empty() { "timeline" } else { key };
        out += &format!(
            r#"<button role="tab" data-tab="{key}" data-testid="trace-tab-{id}" aria-selected="{is_on}">{title}</button>"#
        );
    }
    out += "</div>";
    if shown.is_empty() {
        out += &format!(r#"<div class="hd tools">{TOOLS}</div>"#);
    }
    out
}

/// The canvas, with its twin.
#[component]
fn Lanes() -> impl IntoView {
    let traces = expect_context::<Traces>();
    let canvas = NodeRef::<Canvas>::new();
    let redraw = use_redraw(canvas);
    let is_given = StoredValue::new(false);
    effect(move || {
        redraw.track();
        let Some(canvas) = canvas.get() else { return };
        if !is_given.get_value() {
            is_given.set_value(true);
            hands::give(&canvas);
        }
        send(ToTrace::Screen(hands::screen(&canvas)), JsValue::NULL);
    });
    let is_open = RwSignal::new(false);
    view! {
        <div class="lanes">
            <canvas node_ref=canvas data-testid="timeline" tabindex="0" role="img"
                aria-label="Timeline of the trace; the table below says the same. W and S zoom, A and D move, comma and full stop go to pauses, Enter takes the selection as range."></canvas>
            <div class="tip" data-testid="timeline-tip" class:gone=flag(move || traces.tip.with(String::is_empty)) style=text(move || traces.tip_place.get()) inner_html=text(move || traces.tip.get())></div>
            {when(move || traces.card.with(Option::is_some), || view! { <pin::Card/> })}
        </div>
        <div class="twin">
            <button class="btn quiet" data-testid="timeline-twin" aria-expanded=text(move || is_open.get().to_string()) on:click=on(move |_| is_open.update(|open| *open = !*open))>"As a table"</button>
            {when(move || is_open.get(), || view! { <Rows is_twin=true/> })}
        </div>
    }
}

/// A table, with a field to search it. Its markup is the worker's; clicks on it are passed on.
#[component]
fn Rows(is_twin: bool) -> impl IntoView {
    let looking = expect_context::<Looking>();
    let traces = expect_context::<Traces>();
    let search = RwSignal::new(String::new());
    let sort = StoredValue::new(None::<(u32, bool)>);
    let limit = RwSignal::new(ROWS);
    // Goes up when another order is wanted.
    let turn = RwSignal::new(0_u32);
    let markup = RwSignal::new(String::new());
    effect(move || {
        traces.version.track();
        traces.view.track();
        turn.track();
        let tab = if is_twin { String::new() } else { looking.state.with(|state| state.trace_tab.clone()) };
        let Some((.., table)) = TABS.into_iter().find(|(key, ..)| *key == tab) else { return };
        let query = TableQuery { table, search: search.get(), sort: sort.get_value(), limit: limit.get() };
        link::ask(query, markup);
    });
    let click = move |event: MouseEvent| {
        let number = |name: &str| attribute(&event, name)?.parse::<u32>().ok();
        if let Some(at) = number("data-go") {
            send(ToTrace::Follow { is_table: true, at }, JsValue::NULL);
            looking.set(|state| state.trace_tab.clear());
        } else if let Some(by) = number("data-sort") {
            sort.update_value(|sort| *sort = Some((by, *sort == Some((by, false)))));
            turn.update(|turn| *turn += 1);
        } else if number("data-more").is_some() {
            limit.update(|limit| *limit *= 5);
        } else if let Some(key) = attribute(&event, "data-key") {
            hands::press(&key, false);
        }
    };
    view! {
        <div class="hd tools"><input class="search" type="search" data-testid="trace-search" aria-label="Search names, stacks, logs, goroutines" placeholder="search" on:input=on(move |event| search.set(event_target_value(&event)))/></div>
        <div class="tablescroll" on:click=on(click)><Markup of=Box::new(move || markup.get()) class="rows" node=NodeRef::new()/></div>
    }
}

/// What is selected and picked, as the worker tells it.
#[component]
pub(crate) fn TraceInspector() -> impl IntoView {
    let traces = expect_context::<Traces>();
    let follow = move |event: MouseEvent| {
        if let Some(at) = attribute(&event, "data-go").and_then(|at| at.parse().ok()) {
            send(ToTrace::Follow { is_table: false, at }, JsValue::NULL);
        }
    };
    view! { <div on:click=on(follow) inner_html=text(move || traces.inspector.get())></div> }
}
