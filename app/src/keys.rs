//! Every key, what it does, and the page that lists them.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::live::when;
use crate::state::{Looking, Tab, View};
use crate::theme::Theme;

/// The list, as shown.
const KEYS: &[(&str, &str)] = &[
    ("O", "Add files"),
    ("/", "Filter"),
    ("1 … 7", "Findings, Heap, Timeline, States, Contention, GC, Files"),
    ("T F S G R", "Heap: table, flame graph, sandwich, call graph, growth"),
    ("↑ ↓", "Row before, row after"),
    ("← → ↑ ↓", "Flame graph: neighbour, caller, callee"),
    ("Enter", "Flame graph: zoom to the frame"),
    ("Esc", "Zoom out, close, clear the selection"),
    ("+ − 0", "Call graph: closer, further, all of it"),
    ("D", "Light, dark, system"),
    ("?", "This list"),
];

/// Whether the list is open.
#[derive(Clone, Copy)]
pub(crate) struct KeyHelp(pub(crate) RwSignal<bool>);

/// Listens on the whole window.
pub(crate) fn listen(looking: Looking, theme: Theme, help: KeyHelp) {
    window_event_listener(leptos::ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let is_typing =
            target.is_some_and(|element| ["INPUT", "SELECT", "TEXTAREA"].contains(&element.tag_name().as_str()));
        if event.ctrl_key() || event.meta_key() {
            if event.key() == "k" {
                event.prevent_default();
                help.0.set(true);
            }
            return;
        }
        if event.alt_key() || (is_typing && event.key() != "Escape") {
            return;
        }
        let tab = |tab: Tab| looking.set(|state| (state.view, state.tab) = (View::Heap, tab));
        match event.key().as_str() {
            "?" => help.0.update(|open| *open = !*open),
            "Escape" if help.0.get_untracked() => help.0.set(false),
            "o" | "O" => click("[data-testid=file-input]"),
            "/" => {
                event.prevent_default();
                focus("[data-testid=filter-input]");
            }
            "d" | "D" => theme.turn(),
            "t" | "T" => tab(Tab::Table),
            "f" | "F" => tab(Tab::Flame),
            "s" | "S" => tab(Tab::Sandwich),
            "g" | "G" => tab(Tab::Graph),
            "r" | "R" => tab(Tab::Growth),
            digit => {
                if let Some(view) = digit.parse::<usize>().ok().and_then(|n| View::ALL.get(n.checked_sub(1)?).copied())
                {
                    looking.set(|state| state.view = view);
                }
            }
        }
    });
}

fn element(selector: &str) -> Option<web_sys::HtmlElement> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// Clicks the first element that matches.
pub(crate) fn click(selector: &str) {
    if let Some(found) = element(selector) {
        found.click();
    }
}

/// Focuses the first element that matches.
pub(crate) fn focus(selector: &str) {
    if let Some(found) = element(selector) {
        // Nothing is lost when an element cannot take the focus.
        let _ = found.focus();
    }
}

/// The list over the page.
#[component]
pub(crate) fn KeyList() -> impl IntoView {
    let help = expect_context::<KeyHelp>();
    let looking = expect_context::<Looking>();
    let rows = || {
        KEYS.iter()
            .map(|(keys, words)| view! { <tr><td class="l"><kbd>{*keys}</kbd></td><td class="l">{*words}</td></tr> })
            .collect_view()
    };
    let go = move |view: View, tab: Tab| {
        looking.set(|state| (state.view, state.tab) = (view, tab));
        help.0.set(false);
    };
    view! {
        {when(move || help.0.get(), move || view! {
            <div class="veil" on:click=move |_| help.0.set(false)>
                <div class="sheet" role="dialog" aria-modal="true" aria-label="Keys and commands" on:click=|event| event.stop_propagation()>
                    <div class="hd"><h2>"Keys and commands"</h2><button class="btn quiet end" autofocus on:click=move |_| help.0.set(false)>"Close " <kbd>"Esc"</kbd></button></div>
                    <div class="commands">
                        {View::ALL.iter().map(|&view| view! { <button class="btn" on:click=move |_| go(view, Tab::Table)>{view.title()}</button> }).collect_view()}
                        {Tab::ALL.iter().map(|&tab| view! { <button class="btn" on:click=move |_| go(View::Heap, tab)>{tab.title()}</button> }).collect_view()}
                    </div>
                    <table class="keys"><tbody>{rows}</tbody></table>
                    <p class="pad dim">"MB is 1,048,576 bytes, as pprof prints it. Nothing you open leaves this machine."</p>
                </div>
            </div>
        })}
    }
}
