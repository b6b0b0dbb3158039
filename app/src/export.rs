//! What leaves the page as a file. The dialog and drawings are a module that is loaded when it is wanted (`public/export`);
//! the engine makes the rest, and this is between them.

use js_sys::{Function, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, HtmlElement};

use crate::client::Client;
use crate::parts::address;
use crate::state::Looking;

/// Passes on what the module asks for: `detail` of the event says what it is, what it is made with, and who is to be told.
pub(crate) fn listen(client: Client, looking: Looking) {
    window_event_listener_untyped("poolscope:make", move |event: Event| {
        let field = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).unwrap_or_default();
        let detail = field(&event, "detail");
        let done: Function = field(&detail, "done").unchecked_into();
        let lens = client.files.with_untracked(|files| looking.state.with_untracked(|state| state.lens(files)));
        client.make(
            field(&detail, "what").as_string().unwrap_or_default(),
            lens,
            &field(&detail, "given"),
            move |words, file| {
                // A dialog that was closed in between hears it for nothing.
                let _ = done.call2(&JsValue::NULL, &words.into(), &file);
            },
        );
    });
}

/// Shows the dialog: loads the module, or tells it.
pub(crate) fn open() {
    if document().get_element_by_id("export").is_some() {
        let told = Event::new("poolscope:export").map(|event| window().dispatch_event(&event));
        return drop(told);
    }
    let Some(script) = document().create_element("script").ok().and_then(|made| made.dyn_into::<HtmlElement>().ok())
    else {
        return;
    };
    for (name, value) in [("id", "export"), ("type", "module"), ("src", &address("export/main.js"))] {
        // A plain name is never refused.
        let _ = script.set_attribute(name, value);
    }
    let _ = document().head().map(|head| head.append_child(&script));
}
