//! The canvas: handed over to the worker, and what hands do on it.

use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use trace_worker::{Command, Input, Jump, Screen, ToTrace};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

use super::link::send;
use crate::canvas::token;

/// Colours that the worker draws with.
const TOKENS: &[&str] = &[
    "bg",
    "bg-3",
    "line",
    "line-2",
    "grid",
    "ink",
    "ink-2",
    "ink-3",
    "ink-inv",
    "accent",
    "accent-bg",
    "accent-line",
    "st-active",
    "st-idle",
    "st-idle-t",
    "st-victim",
    "st-victim-t",
    "st-returned",
    "an-stw",
    "an-stw-t",
    "an-stw-bg",
    "an-get",
    "an-get-t",
    "an-init",
    "an-init-t",
    "heap-line",
    "heap-goal",
    "proc",
    "gc-band",
    "go-ready",
    "go-syscall",
    "gc-assist",
    "gc-sweep",
];
/// A wheel that counts in lines.
const LINE_PX: f64 = 16.0;

/// How many pixels of a plain wheel zoom as much as one of a pinch.
const PINCH: f64 = 4.0;

/// Hands the canvas over, and listens to it.
pub(super) fn give(canvas: &HtmlCanvasElement) {
    if let Ok(handle) = canvas.transfer_control_to_offscreen() {
        send(ToTrace::Canvas, handle.into());
    }
    // Keys work at once, but for who walks the tabs of views by keys; nothing is lost when they must be clicked for.
    if document().query_selector("[role=tab]:focus-visible").ok().flatten().is_none() {
        let _ = canvas.focus();
    }
    for kind in ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave", "wheel", "keydown"] {
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(canvas, kind, options, heard).forget();
    }
}

fn heard(event: &Event) {
    if let Some(input) = input(event) {
        send(ToTrace::Input(input), JsValue::NULL);
    }
}

/// What an event means; none for a key of no meaning here.
fn input(event: &Event) -> Option<Input> {
    if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return None;
        }
        let command = command(&event.key(), event.shift_key())?;
        event.prevent_default();
        event.stop_propagation();
        return Some(Input::Do(command));
    }
    let mouse = event.dyn_ref::<MouseEvent>()?;
    let (x, y, is_shift) = (f64::from(mouse.offset_x()), f64::from(mouse.offset_y()), mouse.shift_key());
    if let Some(event) = event.dyn_ref::<WheelEvent>() {
        event.prevent_default();
        // Two fingers on a touch pad that part or close come as a wheel with the control key, a hundredth of an e-fold
        // a pixel.
        let pinch = if event.ctrl_key() { PINCH } else { 1.0 };
        let scale = if event.delta_mode() == 0 { pinch } else { LINE_PX };
        return Some(Input::Wheel { x, y, dx: event.delta_x() * scale, dy: event.delta_y() * scale, is_shift });
    }
    let pointer = event.dyn_ref::<PointerEvent>()?;
    let id = pointer.pointer_id();
    Some(match event.type_().as_str() {
        "pointerdown" if mouse.button() != 0 => return None,
        "pointerdown" => {
            let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
            // Without it a drag ends at the canvas's edge.
            let _ = target.set_pointer_capture(id);
            Input::Down { id, x, y, is_shift }
        }
        "pointermove" => Input::Move { id, x, y },
        "pointerleave" => Input::Leave,
        _ => Input::Up { id },
    })
}

pub(super) fn screen(canvas: &HtmlCanvasElement) -> Screen {
    Screen {
        width: f64::from(canvas.client_width()),
        height: f64::from(canvas.client_height()),
        ratio: window().device_pixel_ratio().max(1.0),
        colors: TOKENS.iter().map(|&name| (name.to_owned(), token(name))).collect(),
        font: token("font-ui"),
    }
}

/// Does what a key does.
pub(super) fn press(key: &str, is_shift: bool) {
    if let Some(command) = command(key, is_shift) {
        send(ToTrace::Input(Input::Do(command)), JsValue::NULL);
    }
}

/// The command of a key.
fn command(key: &str, is_shift: bool) -> Option<Command> {
    Some(match key {
        "w" | "W" | "+" | "=" => Command::Zoom(0.7),
        "s" | "S" | "-" => Command::Zoom(1.0 / 0.7),
        "a" | "A" | "ArrowLeft" => Command::Pan(-0.15),
        "d" | "D" | "ArrowRight" => Command::Pan(0.15),
        "ArrowUp" => Command::Scroll(-60.0),
        "ArrowDown" => Command::Scroll(60.0),
        "PageUp" => Command::Scroll(-400.0),
        "PageDown" => Command::Scroll(400.0),
        "Home" | "0" => Command::All,
        "Enter" => Command::Commit,
        "Backspace" => Command::Back,
        "Escape" => Command::Clear,
        "," => Command::Jump(Jump::Stop, false),
        "." => Command::Jump(Jump::Stop, true),
        "p" | "P" => Command::Jump(Jump::Purge, !is_shift),
        "g" | "G" => Command::Jump(Jump::SlowGet, !is_shift),
        "u" | "U" => Command::Waker,
        "n" | "N" => Command::Pin(!is_shift),
        // Not a key: what a button of a search says.
        "Stop" => Command::Stop,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shift_goes_back() {
        assert_eq!(command("p", false), Some(Command::Jump(Jump::Purge, true)));
        assert_eq!(command("P", true), Some(Command::Jump(Jump::Purge, false)));
        assert_eq!(command("x", false), None);
    }
}
