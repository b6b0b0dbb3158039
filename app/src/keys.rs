//! Every key, what it does, and the page that lists them.

use crate::live::on;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::palette::PaletteOpen;
use crate::sheet::Sheet;
use crate::state::{Looking, Tab, View};
use crate::theme::Theme;

/// The list, as shown.
const KEYS: &[(&str, &str)] = &[
    ("Ctrl K  ⌘ K", "Commands, files and functions by name"),
    ("O", "Add files"),
    ("/", "Filter"),
    ("1 … 7", "Findings, Heap, Timeline, States, Contention, GC, Files"),
    ("T F S G R", "Heap: table, flame graph, sandwich, call graph, growth"),
    ("↑ ↓  Page ↑ ↓", "Rows of a table, findings"),
    ("← → ↑ ↓", "Flame graph: neighbour, caller, callee"),
    ("Enter", "Flame graph: zoom to the frame"),
    ("Esc", "Flame graph: zoom out; close what is open"),
    ("← → ↑ ↓ + − 0", "Call graph: move, closer, further, all of it"),
    ("← →", "Growth chart: snapshot before, snapshot after"),
    ("Shift or Ctrl and wheel", "Flame graph: zoom where the pointer is"),
    ("W S A D  ← → ↑ ↓ Home", "Timeline: closer, further, earlier, later, lanes, all of it"),
    ("Wheel, drag, Shift and drag", "Timeline: zoom where the pointer is, move, select"),
    (", .  P  G", "Timeline: stop of the world before and after; purge; slow Get (with Shift the one before)"),
    ("Enter, Backspace", "Timeline: the selection becomes the range of every view; back to the range before"),
    ("U", "Timeline: to who woke the picked goroutine"),
    ("N", "Timeline: next pin, with its card; Enter opens that file (with Shift the one before)"),
    ("Tab  ← →  Enter", "States: to the graph, from box to edge to box, select; Esc drops the selection"),
    ("← →", "States: a moment earlier, later, on the scrubber"),
    ("D", "Light, dark, system"),
    ("?", "This list"),
];

/// Whether the list is open.
#[derive(Clone, Copy)]
pub(crate) struct KeyHelp(pub(crate) RwSignal<bool>);

/// Listens on the whole window.
pub(crate) fn listen(looking: Looking, theme: Theme, help: KeyHelp, palette: PaletteOpen) {
    window_event_listener(leptos::ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let is_typing =
            target.is_some_and(|element| ["INPUT", "SELECT", "TEXTAREA"].contains(&element.tag_name().as_str()));
        if event.ctrl_key() || event.meta_key() {
            if event.key() == "k" {
                event.prevent_default();
                help.0.set(false);
                palette.0.update(|open| *open = !*open);
            }
            return;
        }
        // A sheet has its keys to itself.
        if event.alt_key() || is_typing || palette.0.get_untracked() {
            return;
        }
        let tab = |tab: Tab| looking.set(|state| (state.view, state.tab) = (View::Heap, tab));
        match event.key().as_str() {
            "?" => help.0.update(|open| *open = !*open),
            _ if help.0.get_untracked() => {}
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
                    looking.set(|state| state.go(view));
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

/// Scrolls to the first element that matches.
pub(crate) fn reveal(selector: &str) {
    if let Some(found) = element(selector) {
        let nearest = web_sys::ScrollIntoViewOptions::new();
        nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
        found.scroll_into_view_with_scroll_into_view_options(&nearest);
    }
}

/// The list over the page.
#[component]
pub(crate) fn KeyList() -> impl IntoView {
    let open = expect_context::<KeyHelp>().0;
    view! {
        <Sheet open label="All keys">
            <div class="hd"><h2>"Keys"</h2><button class="btn quiet end" autofocus on:click=on(move |_| open.set(false))>"Close " <kbd>"Esc"</kbd></button></div>
            <table class="keys"><tbody>
                {KEYS.iter().map(|(keys, words)| view! { <tr><td class="l"><kbd>{*keys}</kbd></td><td class="l">{*words}</td></tr> }).collect_view()}
            </tbody></table>
            <p class="pad dim first">"MB is 1,048,576 bytes, as pprof prints it."</p>
        </Sheet>
    }
}
