//! What the page and its workers pass to each other: messages as bytes in a transferred buffer, with a file or a canvas
//! beside them as it is; and files, read in slices. What the messages say is each worker's own library.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DedicatedWorkerGlobalScope};

/// A message, and the list of what is handed over with it. `handle` goes along as it is.
pub fn packed(message: &impl Serialize, handle: Option<&JsValue>) -> Option<(Array, Array)> {
    let bytes = postcard::to_allocvec(message).ok()?;
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    let parts = Array::of1(&buffer);
    if let Some(handle) = handle {
        parts.push(handle);
    }
    Some((parts, Array::of1(&buffer)))
}

/// What [`packed`] made, with the handle beside it (undefined where there was none).
pub fn unpacked<T: DeserializeOwned>(data: &JsValue) -> Option<(T, JsValue)> {
    let parts = data.dyn_ref::<Array>()?;
    let bytes = Uint8Array::new(&parts.get(0)).to_vec();
    Some((postcard::from_bytes(&bytes).ok()?, parts.get(1)))
}

/// A worker tells the page.
pub fn say(scope: &DedicatedWorkerGlobalScope, message: &impl Serialize) {
    say_with(scope, message, None);
}

/// A worker tells the page, with a handle beside it.
pub fn say_with(scope: &DedicatedWorkerGlobalScope, message: &impl Serialize, handle: Option<&JsValue>) {
    if let Some((parts, transfer)) = packed(message, handle) {
        // The page may be going away; then nobody is left to tell.
        let _ = scope.post_message_with_transfer(&parts, &transfer);
    }
}

/// A value as a file of the browser's: what is handed from worker to worker takes no room in the page.
pub fn file_of(value: &impl Serialize) -> Option<Blob> {
    let bytes = postcard::to_allocvec(value).ok()?;
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes.as_slice()))).ok()
}

/// What [`file_of`] made such a file of, from its bytes.
pub fn value_of<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// At most `length` bytes of a file from `at` on.
///
/// # Errors
/// In words, when the browser cannot read it.
pub async fn slice(file: &Blob, at: f64, length: f64) -> Result<Uint8Array, String> {
    let unreadable = |_| "The browser could not read this file. It may have moved or changed: add it again.".to_owned();
    let slice = file.slice_with_f64_and_f64(at, (at + length).min(file.size())).map_err(unreadable)?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(unreadable)?;
    Ok(Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>()))
}
