//! What every drawing needs: a canvas at the screen's own resolution, and the theme's colours.

use crate::live::effect;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// A canvas ready to be drawn on, in CSS pixels.
pub(crate) struct Surface {
    pub(crate) context: CanvasRenderingContext2d,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Fits the canvas to its box and clears it.
pub(crate) fn surface(canvas: &HtmlCanvasElement) -> Option<Surface> {
    let ratio = window().device_pixel_ratio().max(1.0);
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    let (wide, high) = ((width * ratio).round() as u32, (height * ratio).round() as u32);
    if canvas.width() != wide || canvas.height() != high {
        canvas.set_width(wide);
        canvas.set_height(high);
    }
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0).ok()?;
    context.clear_rect(0.0, 0.0, width, height);
    Some(Surface { context, width, height })
}

/// A colour of the theme, by the name of its token.
pub(crate) fn token(name: &str) -> String {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    style.and_then(|style| style.get_property_value(&format!("--{name}")).ok()).unwrap_or_default().trim().to_owned()
}

/// Goes up whenever drawings must be made anew though their data did not change: another size, another theme.
pub(crate) fn use_redraw(canvas: NodeRef<leptos::html::Canvas>) -> ReadSignal<u32> {
    let (count, set_count) = signal(0_u32);
    let theme = expect_context::<crate::theme::Theme>();
    let bump = move || {
        set_count.try_update(|count| *count += 1);
    };
    effect(move || {
        theme.0.track();
        // The attribute is set by an effect of its own.
        request_animation_frame(bump);
    });
    if let Ok(Some(dark)) = window().match_media("(prefers-color-scheme: dark)") {
        gloo::events::EventListener::new(&dark, "change", move |_| bump()).forget();
    }
    // An export looks over the shoulder of a drawing that is made anew (public/export).
    let asked = window_event_listener_untyped("poolscope:redraw", move |_| bump());
    on_cleanup(move || asked.remove());
    effect(move || {
        let Some(canvas) = canvas.get() else { return };
        let resized = Closure::<dyn FnMut()>::new(bump);
        if let Ok(observer) = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&canvas);
        }
        resized.forget();
    });
    count
}

/// Draws text, cut to a width that is measured.
pub(crate) fn fit_text(context: &CanvasRenderingContext2d, text: &str, x: f64, y: f64, width: f64) {
    let measured = context.measure_text(text).map_or(0.0, |measure| measure.width());
    let text = if measured <= width {
        text.to_owned()
    } else {
        fitted(text, width, measured / text.chars().count().max(1) as f64)
    };
    // A text that cannot be drawn stands in the table beside the drawing.
    let _ = context.fill_text(&text, x, y);
}

/// Text cut to a width, with an ellipsis where something is missing; empty when nothing fits.
pub(crate) fn fitted(text: &str, width: f64, char_width: f64) -> String {
    let room = (width / char_width).floor() as usize;
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    if room < 3 {
        return String::new();
    }
    text.chars().take(room - 1).chain(std::iter::once('…')).collect()
}
