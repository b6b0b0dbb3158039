//! Messages as bytes in a transferred buffer, and what comes beside them.

use js_sys::{Array, Uint8Array};
use trace_worker::{FromTrace, ToTrace};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// Tells the page.
pub(crate) fn say(scope: &DedicatedWorkerGlobalScope, message: &FromTrace) {
    let Ok(bytes) = postcard::to_allocvec(message) else { return };
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    // The page may be going away; then nobody is left to tell.
    let _ = scope.post_message_with_transfer(&Array::of1(&buffer), &Array::of1(&buffer));
}

/// What the page told.
pub(crate) fn heard(data: &JsValue) -> Option<(ToTrace, JsValue)> {
    let parts = data.dyn_ref::<Array>()?;
    let bytes = Uint8Array::new(&parts.get(0)).to_vec();
    Some((postcard::from_bytes(&bytes).ok()?, parts.get(1)))
}
