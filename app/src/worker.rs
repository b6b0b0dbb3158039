//! Starts workers. Each is a WASM module of its own beside the page's, fetched when it is started.

use js_sys::{Array, Reflect};
use leptos::prelude::window;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};
use worker_io::unpacked;

use crate::parts::address;

/// Starts the program of that name; `heard` is told what it says and given what came beside that, `failed` why it stopped.
pub(crate) fn start<M: DeserializeOwned>(
    program: &str,
    mut heard: impl FnMut(M, JsValue) + 'static,
    failed: impl Fn(&str) + 'static,
) -> Option<Worker> {
    let (worker, said) = match (program == "heap-worker").then(early).flatten() {
        Some(early) => early,
        None => (loading(program)?, Array::new()),
    };
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some((message, handle)) = unpacked(&event.data()) {
            heard(message, handle);
        }
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
        event.prevent_default();
        let words = event.message();
        failed(words.trim_start_matches("Uncaught ").trim_end_matches('.'));
    });
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
    for event in said.iter() {
        // What it said before anyone listened.
        let _ = worker.dispatch_event(event.unchecked_ref());
    }
    Some(worker)
}

/// A worker that fetches the program of that name.
fn loading(program: &str) -> Option<Worker> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(&address("worker.js"), &options).ok()?;
    // From the worker's own place.
    let file = |end: &str| JsValue::from(format!("./{program}{end}"));
    worker.post_message(&Array::of2(&file(".js"), &file("_bg.wasm"))).ok()?;
    Some(worker)
}

/// The engine that came up beside the page (`public/boot.js`), and the events of it so far; once.
fn early() -> Option<(Worker, Array)> {
    let early = Reflect::get(&window(), &"earlyEngine".into()).ok()?;
    let part = |key: &str| Reflect::get(&early, &key.into()).ok();
    let found = (part("worker")?.dyn_into().ok()?, part("said")?.dyn_into().ok()?);
    Reflect::set(&window(), &"earlyEngine".into(), &JsValue::NULL).ok()?;
    Some(found)
}

/// Posts a message with what goes beside it (null for nothing); what can be transferred and `is_given` is the worker's
/// from then on.
pub(crate) fn post(worker: &Worker, message: &impl serde::Serialize, handle: &JsValue, is_given: bool) {
    let Some((parts, transfer)) = worker_io::packed(message, (!handle.is_null()).then_some(handle)) else { return };
    if is_given {
        transfer.push(handle);
    }
    // A message that cannot be sent has nobody to go to: the worker is dead, and that is told.
    let _ = worker.post_message_with_transfer(&parts, &transfer);
}
