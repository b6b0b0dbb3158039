//! The browser's clock and its performance measures.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

/// Milliseconds since the page began.
pub(crate) fn now() -> Option<f64> {
    Some(window().performance()?.now())
}

/// A performance measure, for the browser's tools and tests.
pub(crate) fn measure(name: &str, start: f64, end: f64) {
    let options = js_sys::Object::new();
    let set = |key: &str, value: f64| js_sys::Reflect::set(&options, &key.into(), &value.into()).is_ok();
    if !(set("start", start) && set("end", end)) {
        return;
    }
    let Some(performance) = window().performance() else { return };
    let function = js_sys::Reflect::get(&performance, &"measure".into()).ok();
    if let Some(function) = function.and_then(|function| function.dyn_into::<js_sys::Function>().ok()) {
        // Measures are for looking at; a browser without them misses nothing.
        let _ = function.call2(&performance, &name.into(), &options);
    }
}
