//! Where the parts of the site lie that are loaded later: in a folder that is called by what is in it, or, of a report, in the
//! report itself.

use js_sys::Reflect;
use leptos::prelude::window;

fn global(key: &str) -> wasm_bindgen::JsValue {
    Reflect::get(&window(), &key.into()).unwrap_or_default()
}

/// Where the book explains a rule; a report has no book beside it.
pub(crate) fn section_of(rule: &str) -> Option<String> {
    global("poolscopeParts").is_undefined().then(|| analysis::findings::section_of(rule))
}

/// The address of a part.
pub(crate) fn address(name: &str) -> String {
    let own = Reflect::get(&global("poolscopeParts"), &name.into()).ok().and_then(|own| own.as_string());
    own.unwrap_or_else(|| format!("{}{name}", global("partsAt").as_string().unwrap_or_else(|| "./".to_owned())))
}
