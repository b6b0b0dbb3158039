//! One line at the bottom: how the engine is, and how long the last files took.

use leptos::prelude::*;

use crate::client::{Client, EngineState};
use crate::format::millis;
use crate::live::text;

/// The line.
#[component]
pub(crate) fn Status() -> impl IntoView {
    let client = expect_context::<Client>();
    let engine = move || {
        let reading = client.files.with(|files| files.iter().filter(|file| file.id.is_none()).count());
        match client.engine.get() {
            EngineState::Starting => "Starting the engine".to_owned(),
            EngineState::Died(_) => "The engine stopped".to_owned(),
            EngineState::Ready if reading == 0 => "Ready".to_owned(),
            EngineState::Ready if reading == 1 => "Reading 1 file".to_owned(),
            EngineState::Ready => format!("Reading {reading} files"),
        }
    };
    let took = move || {
        client
            .opened_in
            .get()
            .map_or(String::new(), |(what, taken)| format!("{what}: drop to answer {}", millis(taken)))
    };
    view! {
        <footer class="status" data-testid="status" role="status">
            <span>{text(engine)}</span><span class="hide-s">{text(took)}</span>
            // What `public/keep/served.js` watches; it counts down, which nobody wants read aloud.
            <span id="served" class="served" aria-live="off"></span>
            <span class="end">"Nothing leaves this machine"</span><span class="hide-s">{format!("Version {}", env!("CARGO_PKG_VERSION"))}</span>
        </footer>
    }
}
