//! Drawings and tables as markup: one piece of code for all of them, and one listener for what is clicked in them.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, HtmlElement};

use crate::live::effect;

/// A box of markup that follows its signals. What has the focus in it has it again when the markup is new: by its id, or by
/// its place among those of its kind.
#[component]
pub(crate) fn Markup(of: Box<dyn Fn() -> String + Send>, class: &'static str, node: NodeRef<Div>) -> impl IntoView {
    effect(move || {
        let markup = of();
        let Some(div) = node.get() else { return };
        let focused = document().active_element().filter(|element| div.contains(Some(element)));
        let place = focused.and_then(|element| place_in(&div, &element));
        div.set_inner_html(&markup);
        if let Some(again) = place.and_then(|place| at_place(&div, &place)) {
            focus(&again);
        }
    });
    view! { <div class=class node_ref=node></div> }
}

/// The id of an element, what it is, and how many of that kind stand before it.
fn place_in(root: &Element, element: &Element) -> Option<(String, String, u32)> {
    let kind = element.local_name();
    let all = root.query_selector_all(&kind).ok()?;
    let before = (0..all.length()).find(|&at| all.get(at).is_some_and(|node| node.is_same_node(Some(element))))?;
    Some((element.id(), kind, before))
}

fn at_place(root: &Element, (id, kind, before): &(String, String, u32)) -> Option<Element> {
    if !id.is_empty() {
        return document().get_element_by_id(id);
    }
    root.query_selector_all(kind).ok()?.get(*before)?.dyn_into().ok()
}

/// Said in place of a view that has nothing to show: why, the command that makes it, and the way to the script that collects
/// it with all else.
pub(crate) fn nothing_here(why: &str, command: &str) -> String {
    format!(
        r##"<div class="pad first" data-testid="nothing-here"><p class="prose">{why}</p><div class="cmd"><span>{command}</span><button class="go" data-copy>Copy</button></div><p class="prose also">Or take it with all else that is read here: <a class="btn" href="#v=1&view=files&page=capture">Capture script</a></p></div>"##
    )
}

/// Copies the words before a button that says so, wherever it stands.
pub(crate) fn listen() {
    window_event_listener(leptos::ev::click, |event| {
        let Some(button) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if button.has_attribute("data-copy") {
            let words = button.previous_element_sibling().and_then(|before| before.text_content()).unwrap_or_default();
            // Without a clipboard the words can be selected by hand.
            let _ = window().navigator().clipboard().write_text(&words);
            button.set_text_content(Some("Copied"));
        }
    });
}

/// Gives the focus to an element, drawn or written.
pub(super) fn focus(element: &Element) {
    // An element of a drawing is no HtmlElement, and has the same method.
    let _ = element.unchecked_ref::<HtmlElement>().focus();
}

/// An attribute of what an event is about, or of what that is in.
pub(crate) fn attribute(event: &Event, name: &str) -> Option<String> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(&format!("[{name}]")).ok()??.get_attribute(name)
}

/// The width of a box in pixels, 0 until it is there.
pub(super) fn width_of(node: NodeRef<Div>) -> RwSignal<f64> {
    let width = RwSignal::new(0.0);
    effect(move || {
        let Some(div) = node.get() else { return };
        let measured = div.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            let now = f64::from(measured.client_width());
            if width.try_get_untracked().is_some_and(|known| known != now) {
                width.set(now);
            }
        });
        if let Ok(observer) = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&div);
        }
        resized.forget();
    });
    width
}

/// A time in the unit that fits it.
pub(super) fn time(nanos: u64) -> String {
    crate::format::value("nanoseconds", i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// A moment, in seconds since the file's first event.
pub(super) fn moment(nanos: i64) -> String {
    format!("{:.3} s", nanos as f64 / 1e9).replace('-', "−")
}

/// How often a second.
pub(super) fn rate(per_second: f64) -> String {
    if per_second >= 100.0 { analysis::words::number(per_second.round() as u64) } else { format!("{per_second:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!((rate(0.04), rate(8.44), rate(1234.6)), ("0.0".into(), "8.4".into(), "1,235".into()));
        assert_eq!((moment(1_500_000_000), moment(-2_000_000)), ("1.500 s".into(), "−0.002 s".into()));
    }
}
