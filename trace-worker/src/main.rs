//! The worker of traces: reads a file in slices, keeps its trace, answers, and draws the timeline on a canvas that the
//! page has handed over, so that the page does nothing for a frame.

mod canvas;
mod draw;
mod hands;
mod inspect;
mod inspector;
mod lanes;
mod markup;
mod note;
mod open;
mod palette;
mod pin;
mod pixmap;
mod profile;
mod read;
mod search;
mod stage;
mod tables;
mod tip;
mod told;
mod view;

use wasm_bindgen::JsCast;

fn main() {
    console_error_panic_hook::set_once();
    if let Ok(scope) = js_sys::global().dyn_into::<web_sys::DedicatedWorkerGlobalScope>() {
        stage::start(scope);
    }
}
