//! The life of pooled objects: the state graph with its scrubber, occupancy, times in state, objects, pools. Drawings and
//! tables are markup that is made here and clicked through one listener, so that the page stays small.

mod data;
mod dwell;
mod graph;
mod inspect;
mod look;
mod moments;
mod objects;
mod occupancy;
mod pools;
mod scrub;
mod twin;

use analysis::markup::escaped;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};

use crate::client::Client;
use crate::live::{either, flag, on, part, text, when};
use crate::markup::{attribute, focus, moment, nothing_here};
pub(crate) use data::States;
use data::{MOST_POOLS, pool_key};
pub(crate) use inspect::StatesInspector;
pub(crate) use look::{Look, Pick};

/// The page.
#[component]
pub(crate) fn StatesPage() -> impl IntoView {
    let client = expect_context::<Client>();
    let states = expect_context::<States>();
    let has_pools = move || states.pools.with(|pools| !pools.is_empty());
    let is_one = move || states.shown.with(Option::is_some);
    let is_table = move || states.look().is_table;
    let click = move |event: web_sys::MouseEvent| act(states, &event);
    let keys = move |event: KeyboardEvent| press(states, &event);
    view! {
        {either(has_pools, move || view! {
            <div class="states" on:click=on(click) on:keydown=on(keys)>
                <Head/>
                <Doubts/>
                {when(is_one, move || view! {
                    {either(is_table, || view! { <twin::Twin/> }, || view! { <graph::Graph/> })}
                    <scrub::Scrubber/>
                    {when(move || !is_table(), || view! {
                        <div class="pair sec"><div><occupancy::Occupancy/></div><div><dwell::Dwell/></div></div>
                    })}
                    <objects::Objects/>
                })}
                <pools::Pools/>
            </div>
        }, move || view! {
            <div class="hd"><h2>"States"</h2></div>
            <div inner_html=text(move || nothing(client))></div>
        })}
    }
}

/// What is said when there are no pools to look at.
fn nothing(client: Client) -> String {
    let (has_record, of_trace) = client.files.with(|files| {
        let of_trace = files.iter().find(|file| !file.pools_words.is_empty()).map(|file| file.pools_words.clone());
        (files.iter().any(|file| file.pools.is_some()), of_trace)
    });
    if has_record {
        return "<p class=\"pad prose\">The pool trace names no pool: its recorder was started and nothing was done with a pool, or that part of the file is lost. Record again while the program uses it.</p>".to_owned();
    }
    // What a trace says comes from its worker, with names of the program in it.
    let why = of_trace.map_or("No record of a pool is open. Programs that use the crate poolscope-pool leave NAME.pooltrace where Recorder::builder().in_folder(…) says; Go programs tell of their pools in an execution trace with contrib/go/poolscope, or of all objects as below. Drop either here. Pools in Go heap profiles are judged in Findings.".to_owned(), |words| escaped(&words));
    nothing_here(
        &why,
        "GODEBUG=traceallocfree=1 ./program & curl -so trace.out localhost:6060/debug/pprof/trace?seconds=5",
    )
}

#[component]
fn Head() -> impl IntoView {
    let states = expect_context::<States>();
    let names = move || {
        let pools = states.pools.get();
        let has_files = pools.first().is_some_and(|first| pools.iter().any(|row| row.file != first.file));
        // The one that is shown is a choice, however little it did.
        let shown = states.shown.with(|row| row.as_ref().map(|row| row.key));
        let used = pools.iter().filter(|row| row.is_used()).enumerate();
        let named = used.filter(|(at, row)| *at < MOST_POOLS || Some(row.key) == shown);
        named
            .map(|(_, row)| row)
            .map(|row| {
                (pool_key(row), if has_files { format!("{} · {}", row.name, row.file) } else { row.name.clone() })
            })
            .collect::<Vec<_>>()
    };
    let shown = move || states.shown.with(|row| row.as_ref().map_or(look::ALL.to_owned(), pool_key));
    let about = move || {
        let kind = states.shown.with(|row| row.as_ref().map_or(String::new(), |row| row.type_name.clone()));
        // A type stands there as the name.
        let kind = if kind.is_empty() || states.is_type() { String::new() } else { format!("{kind} · ") };
        states.graph.with(|graph| {
            graph
                .as_ref()
                .map_or(String::new(), |graph| format!("{kind}{} – {}", moment(graph.window.0), moment(graph.window.1)))
        })
    };
    let is_table = move || states.look().is_table;
    let turn = move |is_table: bool| states.set(|look| look.is_table = is_table);
    view! {
        <div class="hd">
            <h2><label>{text(move || if states.is_type() { "Type " } else { "Pool " }.to_owned())}<select data-testid="pool" aria-label="Pool" on:change=on(move |event| { let pool = event_target_value(&event); states.set(|look| look.turn_to(pool)) })>
                <option value=look::ALL prop:selected=flag(move || shown() == look::ALL)>"All pools"</option>
                {part(move || names().into_iter().map(|(key, name)| { let value = key.clone(); view! { <option value=key prop:selected=flag(move || shown() == value)>{name}</option> } }).collect_view())}
            </select></label></h2>
            <span class="dim" data-testid="states-about">{text(about)}</span>
            <span class="end seg" role="group" aria-label="Drawing or tables">
                <button class:on=flag(move || !is_table()) aria-pressed=text(move || (!is_table()).to_string()) data-testid="states-graph" on:click=on(move |_| turn(false))>"Graph"</button>
                <button class:on=flag(is_table) aria-pressed=text(move || is_table().to_string()) data-testid="states-twin" on:click=on(move |_| turn(true))>"Table"</button>
            </span>
        </div>
    }
}

/// What the record cannot show; what was lost of it, and what that makes less sure.
#[component]
fn Doubts() -> impl IntoView {
    let client = expect_context::<Client>();
    let states = expect_context::<States>();
    let words = move || {
        let file = states.shown.with(|row| row.as_ref().map(|row| (row.file.clone(), row.doubts.clone())));
        let mut words: Vec<String> = client.files.with(|files| {
            let own = |entry: &&crate::file_entry::FileEntry| file.as_ref().is_none_or(|(name, _)| entry.name == *name);
            files
                .iter()
                .filter(|entry| entry.pools.is_some())
                .filter(own)
                .filter_map(|entry| entry.row.as_ref())
                .flat_map(|row| row.words.clone())
                .collect()
        });
        for doubt in file.map(|(_, doubts)| doubts).unwrap_or_default() {
            if !words.contains(&doubt) {
                words.push(doubt);
            }
        }
        words.join(" ")
    };
    let about = move || states.graph.with(|graph| graph.as_ref().map_or(String::new(), |graph| graph.about.clone()));
    view! {
        {when(move || !about().is_empty(), move || view! { <p class="pad xs dim" data-testid="states-source">{text(about)}</p> })}
        {when(move || !words().is_empty(), move || view! { <p class="pad warn" role="status" data-testid="states-doubts">{text(words)}</p> })}
    }
}

/// Does what was clicked: an element names in its attributes what it selects.
fn act(states: States, event: &Event) {
    if let Some(pick) = attribute(event, "data-pick") {
        let pick = Pick::from_text(&pick);
        // The same again selects nothing.
        states.set(|look| look.pick = if look.pick == pick { Pick::Nothing } else { pick });
    } else if let Some(object) = attribute(event, "data-object") {
        let object = object.parse().ok();
        states.set(|look| look.object = if look.object == object { None } else { object });
    } else if let Some(pool) = attribute(event, "data-pool") {
        states.set(|look| look.turn_to(pool));
    }
}

/// Keys in the drawing: Enter selects, arrows walk, Escape drops what is selected.
fn press(states: States, event: &KeyboardEvent) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let is_drawn = target.closest(".stategraph [data-pick]").ok().flatten().is_some();
    match event.key().as_str() {
        "Enter" | " " if is_drawn => {
            event.prevent_default();
            act(states, event);
        }
        "ArrowRight" | "ArrowDown" if is_drawn => {
            event.prevent_default();
            walk(&target, 1);
        }
        "ArrowLeft" | "ArrowUp" if is_drawn => {
            event.prevent_default();
            walk(&target, -1);
        }
        "Escape" => states.set(|look| {
            if look.object.take().is_none() {
                look.pick = Pick::Nothing;
            }
        }),
        _ => {}
    }
}

/// The next box or edge of the drawing.
fn walk(from: &Element, step: i64) {
    let Ok(Some(drawing)) = from.closest(".stategraph") else { return };
    let Ok(all) = drawing.query_selector_all("[data-pick]") else { return };
    let elements: Vec<Element> = (0..all.length()).filter_map(|at| all.get(at)?.dyn_into().ok()).collect();
    let Some(at) = elements.iter().position(|element| element == from) else { return };
    let next = (at as i64 + step).rem_euclid(elements.len() as i64) as usize;
    if let Some(next) = elements.get(next) {
        focus(next);
    }
}
