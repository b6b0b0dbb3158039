//! Every key, what it does, and the page that lists them.

use crate::live::{on, part};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::palette::PaletteOpen;
use crate::sheet::Sheet;
use crate::state::{Looking, Tab, View};
use crate::theme::Theme;

/// The list, as shown: the view or the drawing that hears them, or everywhere.
const KEYS: &[(&str, &str, &str)] = &[
    ("", "?", "This list"),
    ("", "Ctrl K  ⌘ K", "Commands, files and functions by name"),
    ("", "O", "Add files"),
    ("", "/", "Filter"),
    ("", "1 … 7", "Findings, Heap, Timeline, States, Contention, GC, Files"),
    ("", "T F S G R", "Heap: table, flame graph, sandwich, call graph, growth"),
    ("", "D", "Light, dark, system"),
    ("", "Esc", "Close what is open"),
    ("Findings", "↑ ↓", "The finding before, the next"),
    ("Table", "↑ ↓  Page ↑ ↓", "Rows"),
    ("Flame graph", "← → ↑ ↓", "Neighbour, caller, callee"),
    ("Flame graph", "Enter", "Zoom to the frame"),
    ("Flame graph", "Esc", "Zoom out"),
    ("Flame graph", "Shift or Ctrl and wheel", "Zoom where the pointer is"),
    ("Call graph", "← → ↑ ↓ + − 0", "Move, closer, further, all of it"),
    ("Growth", "← →", "Snapshot before, snapshot after"),
    ("Timeline", "W S A D  ← → ↑ ↓ Home", "Closer, further, earlier, later, lanes, all of it"),
    ("Timeline", "Wheel, drag, Shift and drag", "Zoom where the pointer is, move, select"),
    ("Timeline", ", .  P  G", "Stop of the world before and after; purge; slow Get (with Shift the one before)"),
    ("Timeline", "Enter, Backspace", "The selection becomes the range of every view; back to the range before"),
    ("Timeline", "U", "To who woke the picked goroutine"),
    ("Timeline", "N", "Next pin, with its card; Enter opens that file (with Shift the one before)"),
    ("States", "Tab  ← →  Enter", "To the graph, from box to edge to box, select; Esc drops the selection"),
    ("States", "← →", "A moment earlier, later, on the scrubber"),
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

/// The list over the page: what the view one is in hears, what is heard everywhere, and the rest.
#[component]
pub(crate) fn KeyList() -> impl IntoView {
    let open = expect_context::<KeyHelp>().0;
    let looking = expect_context::<Looking>();
    let here = move || {
        looking.state.with_untracked(|state| match state.view {
            View::Heap => state.tab.title(),
            view => view.title(),
        })
    };
    view! {
        <Sheet open label="Keys">
            <div class="hd"><h2>"Keys"</h2><button class="btn quiet end" autofocus on:click=on(move |_| open.set(false))>"Close " <kbd>"Esc"</kbd></button></div>
            {part(move || {
                let here = here();
                let is_here = |place: &str| place == here;
                view! {
                    {rows(here, &is_here)}
                    {rows("Everywhere", &|place| place.is_empty())}
                    <details><summary class="pad">"In other views"</summary>{rows("", &|place| !place.is_empty() && place != here)}</details>
                }
            })}
            <p class="pad dim first">"MB is 1,048,576 bytes, as pprof prints it."</p>
        </Sheet>
    }
}

/// The keys of some places under a title; those of several places say which.
fn rows(title: &'static str, is_wanted: &dyn Fn(&str) -> bool) -> impl IntoView + use<> {
    let wanted: Vec<_> = KEYS.iter().filter(|(place, ..)| is_wanted(place)).collect();
    (!wanted.is_empty()).then(|| {
        let row = |&&(place, keys, words): &&(&'static str, &'static str, &'static str)| {
            let place = title.is_empty().then(|| view! { <td class="l dim">{place}</td> });
            view! { <tr>{place}<td class="l"><kbd>{keys}</kbd></td><td class="l">{words}</td></tr> }
        };
        view! { {(!title.is_empty()).then(|| view! { <h3 class="pad">{title}</h3> })}<table class="keys" aria-label=if title.is_empty() { "In other views" } else { title }><tbody>{wanted.iter().map(row).collect_view()}</tbody></table> }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_a_view_or_a_drawing() {
        let is_known = |place: &str| {
            View::ALL.iter().any(|view| view.title() == place) || Tab::ALL.iter().any(|tab| tab.title() == place)
        };
        for (place, keys, words) in KEYS {
            assert!(place.is_empty() || is_known(place), "{place}");
            assert!(!keys.is_empty() && !words.is_empty());
        }
    }
}
