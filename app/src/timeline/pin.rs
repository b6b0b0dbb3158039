//! The card at a pin: how another file came to stand on the trace's clock, where it leads, and the clock's offset by hand.

use leptos::prelude::*;
use trace_worker::{Command, Go, Input, PinCard, ToTrace};
use wasm_bindgen::JsValue;
use web_sys::KeyboardEvent;

use super::link::{Traces, send};
use crate::live::{effect, on, part, text, when};
use crate::state::{Looking, View};

/// The card, while a pin is looked at. The keyboard is led into it, and out of it again.
#[component]
pub(super) fn Card() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let traces = expect_context::<Traces>();
    let card = traces.card;
    let with =
        move |get: fn(&PinCard) -> String| text(move || card.with(|card| card.as_deref().map(get).unwrap_or_default()));
    let name = Memo::new(move |_| card.with(|card| card.as_ref().map(|card| card.name.clone())));
    effect(move || {
        if name.get().is_some() {
            request_animation_frame(|| crate::keys::focus("[data-testid=pin-open]"));
        }
    });
    let open = move |_| {
        if let Some(name) = name.get_untracked() {
            looking.set(|state| (state.view, state.current) = (View::Heap, name));
        }
    };
    let cycle = move |_| {
        if let Some(select) = card.with_untracked(|card| card.as_ref()?.describes) {
            command(Command::Go(Go { select: Some(select), goroutine: None }));
        }
    };
    let shift = move |millis: Option<f64>| send(ToTrace::Shift(millis), JsValue::NULL);
    let keys = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.stop_propagation();
            command(Command::Clear);
            crate::keys::focus("[data-testid=timeline]");
        }
        "n" | "N" => {
            event.stop_propagation();
            command(Command::Pin(!event.shift_key()));
        }
        _ => {}
    };
    let describes = move || card.with(|card| card.as_ref().is_some_and(|card| card.describes.is_some()));
    let is_by_hand = move || card.with(|card| card.as_ref().is_some_and(|card| card.is_by_hand));
    let place =
        with(|card| format!("left:clamp(4px, {:.0}px, calc(100% - 330px));top:{:.0}px", card.x - 12.0, card.y + 4.0));
    view! {
        <div class="pincard" role="dialog" aria-label="Pin" data-testid="pin-card" style=place on:keydown=on(keys)>
            <div class="tiplines" inner_html=with(|card| card.markup.clone())></div>
            <div class="row">
                <button class="btn prime" data-testid="pin-open" on:click=on(open)>"Open snapshot"</button>
                {when(describes, move || view! { <button class="btn" data-testid="pin-cycle" on:click=on(cycle)>"Go to the mark termination"</button> })}
            </div>
            <label class="row"><span class="lab">"shift all pins by"</span>
                {part(move || {
                    // Made anew with each value, so that what was typed and not taken does not stay.
                    let value = card.with(|card| card.as_ref().map(|card| card.shift_millis.to_string()).unwrap_or_default());
                    view! { <input type="number" step="any" data-testid="pin-shift" value=value on:change=on(move |event| shift(number(&event)))/> }
                })}
                <span>"ms"</span>
                {when(is_by_hand, move || view! { <button class="btn" data-testid="pin-reset" on:click=on(move |_| shift(None))>"Reset"</button> })}
            </label>
        </div>
    }
}

fn command(command: Command) {
    send(ToTrace::Input(Input::Do(command)), JsValue::NULL);
}

/// What a field holds; none for what is no number.
fn number(event: &web_sys::Event) -> Option<f64> {
    let value = event_target::<web_sys::HtmlInputElement>(event).value_as_number();
    value.is_finite().then_some(value)
}
