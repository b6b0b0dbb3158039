//! The page's side of what is kept and fetched (`public/keep`): loads it when it is wanted, tells it which files are open,
//! and opens what it hands over.

use js_sys::{Array, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CustomEvent, Event, HtmlElement};

use crate::client::{Client, EngineState};
use crate::file_entry::FileEntry;
use crate::live::effect;
use crate::markup::attribute;
use crate::parts::address;
use crate::rail::state_of;
use crate::state::Looking;

/// Listens for files that are handed over, and for what needs the modules.
pub(crate) fn listen(client: Client, looking: Looking) {
    window_event_listener_untyped("poolscope:open", move |event: Event| {
        let files = event.dyn_into::<CustomEvent>().map(|event| Array::from(&event.detail())).unwrap_or_default();
        client.open(files.iter().filter_map(|file| file.dyn_into().ok()).collect());
    });
    window_event_listener_untyped("poolscope:state", move |event: Event| {
        let Ok(event) = event.dyn_into::<CustomEvent>() else { return };
        // Who asks gave an object to be written on.
        let _ = Reflect::set(&event.detail(), &"files".into(), &states(client));
    });
    window_event_listener(leptos::ev::click, |event| {
        if attribute(&event, "data-keep").is_some() {
            show();
        }
    });
    let keeps = |key: &str| {
        window().local_storage().ok().flatten().is_some_and(|kept| matches!(kept.get_item(key), Ok(Some(_))))
    };
    let is_wanted = Memo::new(move |_| looking.state.with(|state| !state.remote.is_empty()) || looking.awaits_files());
    effect(move || {
        if is_wanted.get() || keeps("poolscope-keep") || keeps("poolscope-handles") {
            load(false);
        }
    });
}

/// Of every file: its number, name, state, and what was said of it.
fn states(client: Client) -> Array {
    let trouble = client.engine.with_untracked(|state| match state {
        EngineState::Died(words) => Some(words.clone()),
        _ => None,
    });
    client.files.with_untracked(|files| {
        let tell = |file: &FileEntry| {
            let (state, words) = match (&file.row, &trouble) {
                (Some(row), _) => (state_of(file), row.words.join(" ")),
                (None, Some(words)) => ("refused", words.clone()),
                (None, None) => ("parsing", String::new()),
            };
            Array::of4(&file.key.into(), &file.name.as_str().into(), &state.into(), &words.into())
        };
        files.iter().map(tell).collect()
    })
}

/// Shows what is kept.
pub(crate) fn show() {
    if !load(true) {
        tell_of("poolscope:keep");
    }
}

/// Loads the modules, once; `opens` shows their dialog then. Whether they were not there before.
pub(crate) fn load(opens: bool) -> bool {
    if document().get_element_by_id("keep").is_some() {
        return false;
    }
    let Some(script) = document().create_element("script").ok().and_then(|made| made.dyn_into::<HtmlElement>().ok())
    else {
        return false;
    };
    let place = address("keep/main.js");
    let mut attributes = vec![("id", "keep"), ("type", "module"), ("src", place.as_str())];
    if opens {
        attributes.push(("data-opens", "1"));
    }
    for (name, value) in attributes {
        // A plain name is never refused.
        let _ = script.set_attribute(name, value);
    }
    // Without it nothing is kept or fetched, and all else works.
    let _ = document().head().map(|head| head.append_child(&script));
    true
}

/// Tells which files are open: identity, name and file each.
pub(crate) fn tell(files: &Array) {
    let _ = Reflect::set(&window(), &JsValue::from("poolscopeFiles"), files);
    tell_of("poolscope:files");
}

fn tell_of(what: &str) {
    if let Ok(event) = Event::new(what) {
        // An event that is not kept from its default has no answer.
        let _ = window().dispatch_event(&event);
    }
}
