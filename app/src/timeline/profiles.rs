//! From the timeline to the flame graph of what is selected, and back.

use analysis::model::TraceProfileKind;
use leptos::prelude::*;
use trace_worker::Whose;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, HtmlInputElement, MouseEvent};

use super::is_part;
use super::link::{Traces, attribute};
use crate::client::Client;
use crate::live::{on, part, text};
use crate::state::{Looking, View};

/// The browser's own popover, which closes on Escape and on a click elsewhere, below the button that opens it. What it
/// offers is the worker's markup.
#[component]
pub(super) fn Menu() -> impl IntoView {
    let traces = expect_context::<Traces>();
    let place = RwSignal::new(String::new());
    let opens = move |_: Event| {
        let button = document().query_selector("[popovertarget=profiles]").ok().flatten();
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            let at = button.get_bounding_client_rect();
            place.set(format!(
                "inset:{:.0}px auto auto min({:.0}px, calc(100vw - 370px))",
                at.bottom() + 4.0,
                at.left()
            ));
        }
    };
    let click = move |event: MouseEvent| {
        let kind = attribute(&event, "data-profile").and_then(|at| at.parse::<usize>().ok());
        if let Some(&kind) = kind.and_then(|at| TraceProfileKind::ALL.get(at)) {
            let whose = document().query_selector("#profiles input:checked").ok().flatten();
            let whose = whose.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()).map(|input| input.value());
            let whose = match whose.as_deref() {
                Some("group") => Whose::Group,
                Some("one") => Whose::One,
                _ => Whose::All,
            };
            traces.profile(kind, whose);
        }
    };
    view! {
        <div id="profiles" class="pop menu" popover="auto" aria-label="Flame graphs" data-testid="profiles" style=text(move || place.get()) on:beforetoggle=on(opens) on:click=on(click)>
            <div inner_html=text(move || traces.menu.get())></div>
            <p class="warn" role="status" data-testid="profile-words">{text(move || traces.menu_words.get())}</p>
        </div>
    }
}

/// Over the drawings of a profile that was made out of a trace: what it tells, and the way back. Where a link names one
/// that is not there: what is missing.
#[component]
pub(crate) fn PartHead() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let shown = Memo::new(move |_| {
        client.files.with(|files| {
            looking.state.with(|state| {
                let found =
                    state.chosen_files(files).current.and_then(|file| Some((file.name.clone(), file.part_of?.1)));
                let is_missing = is_part(&state.current) && !files.iter().any(|file| file.name == state.current);
                (found, is_missing.then(|| state.current.clone()))
            })
        })
    });
    let back = move |_| looking.set(|state| state.view = View::Timeline);
    part(move || {
        match shown.get() {
        (_, Some(name)) => view! {
            <p class="pad warn parthead" role="status" data-testid="part-missing">{format!("The link shows “{name}”. It is made out of the trace that it names: drop that here too.")}</p>
        }.into_any(),
        (Some((name, kind)), None) => view! {
            <div class="hd parthead" data-testid="part-head"><button class="btn" data-testid="to-timeline" on:click=on(back)>"◀ Timeline"</button><span><b>{name}</b><span class="dim">{about(kind)}</span></span></div>
        }.into_any(),
        _ => ().into_any(),
    }
    })
}

/// What such a profile tells.
fn about(kind: TraceProfileKind) -> &'static str {
    match kind {
        TraceProfileKind::Sync => "How long goroutines waited for channels, locks and select, by where the wait began.",
        TraceProfileKind::Network => "How long goroutines waited for the network, by where the wait began.",
        TraceProfileKind::Syscall => "How long goroutines were in system calls, by who made them.",
        TraceProfileKind::Sched => "How long goroutines were ready and had no processor, by where they became so.",
        TraceProfileKind::Cpu => "What ran, a hundred samples a second.",
    }
}
