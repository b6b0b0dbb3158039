//! The page's side of `poolscope serve` (`public/keep/served.js`): takes up the command's token, and takes out snapshots that the
//! command no longer keeps.

use js_sys::{Array, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CustomEvent, Event};

use crate::client::Client;

/// What this tab keeps the token as, for when it is loaded anew.
const KEPT: &str = "poolscope-serve";

/// Listens for the token, and for names of files that are gone. One that is still being read stays: to stop it would restart
/// the engine.
pub(crate) fn listen(client: Client) {
    take_token();
    window_event_listener(leptos::ev::hashchange, |_| take_token());
    window_event_listener_untyped("poolscope:close", move |event: Event| {
        let names = event.dyn_into::<CustomEvent>().map(|event| Array::from(&event.detail())).unwrap_or_default();
        let names: Vec<String> = names.iter().filter_map(|name| name.as_string()).collect();
        let gone = client.files.with_untracked(|files| {
            let gone = files.iter().filter(|file| file.id.is_some() && names.contains(&file.name));
            gone.map(|file| file.key).collect::<Vec<_>>()
        });
        gone.into_iter().for_each(|key| client.remove(key));
    });
}

/// The token comes in the address (`serve=`). It does not stay there: it is of this machine alone, and no part of what is shared.
fn take_token() {
    let kept = window().session_storage().ok().flatten();
    let address = window().location().hash().unwrap_or_default();
    let told = address.split(['#', '&']).find_map(|pair| pair.strip_prefix("serve="));
    if let (Some(token), Some(kept)) = (told, &kept) {
        // Where nothing can be kept, the printed address opens the files again.
        let _ = kept.set_item(KEPT, token);
    }
    if let Some(token) = told.map(str::to_owned).or_else(|| kept?.get_item(KEPT).ok()?) {
        let _ = Reflect::set(&window(), &"poolscopeServe".into(), &token.into());
        crate::keep::load(false);
    }
}
