//! What page and worker say to each other, as bytes in a transferred buffer. Files travel beside it, as handles.

use analysis::lens::SourceId;
use analysis::query::{Answer, Query};
use js_sys::{Array, Uint8Array};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

/// To the worker.
#[derive(Serialize, Deserialize)]
pub(crate) enum ToWorker {
    /// Read the file that comes with this.
    Open {
        /// The page's number for it.
        key: u32,
        /// Its name.
        name: String,
    },
    /// Take a file out.
    Close(SourceId),
    /// Answer a question.
    Ask {
        /// Number of the question.
        seq: u32,
        /// The question.
        query: Box<Query>,
    },
}

/// From the worker.
#[derive(Serialize, Deserialize)]
pub(crate) enum FromWorker {
    /// It runs.
    Ready,
    /// How far a file is, from 0 to 1.
    Progress {
        /// The page's number for the file.
        key: u32,
        /// How far.
        fraction: f32,
    },
    /// A file was read, or refused.
    Opened {
        /// The page's number for it.
        key: u32,
        /// The engine's.
        id: SourceId,
    },
    /// An answer, or why there is none.
    Answer {
        /// Number of the question.
        seq: u32,
        /// What it says.
        answer: Result<Box<Answer>, String>,
    },
}

/// A message and its transfer list. `handle` goes along as it is.
pub(crate) fn packed(message: &impl Serialize, handle: Option<&JsValue>) -> Option<(Array, Array)> {
    let bytes = postcard::to_allocvec(message).ok()?;
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    let parts = Array::of1(&buffer);
    if let Some(handle) = handle {
        parts.push(handle);
    }
    Some((parts, Array::of1(&buffer)))
}

/// What [`packed`] made.
pub(crate) fn unpacked<T: DeserializeOwned>(data: &JsValue) -> Option<(T, JsValue)> {
    let parts = data.dyn_ref::<Array>()?;
    let bytes = Uint8Array::new(&parts.get(0)).to_vec();
    Some((postcard::from_bytes(&bytes).ok()?, parts.get(1)))
}
