//! The page and its worker, one WASM module for both: in a page it draws, in a worker it is the engine.

// The component macro makes its properties public.
#![allow(unreachable_pub)]

mod app;
mod canvas;
mod client;
mod empty;
mod filter_bar;
mod findings;
mod format;
mod heap;
mod inspector;
mod keys;
mod live;
mod other;
mod palette;
mod protocol;
mod rail;
mod sheet;
mod state;
mod status;
mod theme;
mod timeline;
mod worker;

use wasm_bindgen::JsCast;

fn main() {
    console_error_panic_hook::set_once();
    match js_sys::global().dyn_into::<web_sys::DedicatedWorkerGlobalScope>() {
        Ok(scope) => worker::start(scope),
        Err(_) => leptos::mount::mount_to_body(app::App),
    }
}
