//! The scrubber: a moment of the window, moved by hand or played.

use leptos::prelude::*;

use super::data::{FRAMES, States, frame_of, moment_of};
use crate::live::{effect, flag, on, text, when};
use crate::markup::moment;
use crate::performance::now;

/// A window is played in so long.
const PLAY_MILLIS: f64 = 7_000.0;
/// Without motion: so many pictures, each standing so long.
const STILLS: u32 = 12;
const STILL_MILLIS: u32 = 700;

fn is_still() -> bool {
    let asked = window().match_media("(prefers-reduced-motion: reduce)");
    asked.ok().flatten().is_some_and(|query| query.matches())
}

/// Play, pause, drag, arrow keys.
#[component]
pub(super) fn Scrubber() -> impl IntoView {
    let states = expect_context::<States>();
    let bounds = Memo::new(move |_| states.graph.with(|graph| graph.as_ref().map_or((0, 0), |graph| graph.window)));
    let frame = move || frame_of(bounds.get(), states.moment.get());
    let go = move |frame: u32| states.move_to(moment_of(bounds.get_untracked(), frame));
    let stop = move || {
        states.is_playing.set(false);
        states.move_to(states.moment.get_untracked());
    };
    let play = move |_| {
        if states.is_playing.get_untracked() {
            return stop();
        }
        let at = frame_of(bounds.get_untracked(), states.moment.get_untracked());
        states.is_playing.set(true);
        let from = if at + 1 >= FRAMES { 0 } else { at };
        if is_still() { still(states, bounds, from) } else { run(states, bounds, from, now().unwrap_or(0.0)) }
    };
    // Another window or another pool is another film.
    effect(move || {
        bounds.track();
        if states.is_playing.get_untracked() {
            states.is_playing.set(false);
        }
    });
    let has_window = move || states.look().window.is_some();
    // The window begins or ends at the moment: what a drag on the chart does, for those who have no pointer.
    let cut = move |is_start: bool| {
        let (from, to) = bounds.get_untracked();
        let at = states.moment.get_untracked().unwrap_or(to);
        let window = if is_start { (at, to) } else { (from, at) };
        if window.0 < window.1 {
            states.set(|look| (look.window, look.moment) = (Some(window), None));
        }
    };
    let shown = move || moment(states.moment.get().unwrap_or(bounds.get().1));
    view! {
        <div class="scrub" role="group" aria-label="Moment">
            <button class="btn" data-testid="play" aria-label=text(move || if states.is_playing.get() { "Pause" } else { "Play" }.to_owned()) on:click=on(play)>{text(move || if states.is_playing.get() { "❚❚" } else { "▶" }.to_owned())}</button>
            <input type="range" data-testid="scrubber" min="0" max=FRAMES - 1 aria-label="Moment of the window" aria-valuetext=text(shown)
                prop:value=text(move || frame().to_string())
                on:input=on(move |event| { states.is_playing.set(false); if let Ok(frame) = event_target_value(&event).parse() { go(frame) } })/>
            <output class="strong" data-testid="moment">{text(shown)}</output>
            <button class="btn quiet" title="The window begins at this moment" on:click=on(move |_| cut(true))>"From here"</button>
            <button class="btn quiet" data-testid="to-here" title="The window ends at this moment" on:click=on(move |_| cut(false))>"To here"</button>
            {when(has_window, move || view! { <button class="btn quiet" data-testid="whole" class:on=flag(|| false) on:click=on(move |_| states.set(|look| (look.window, look.moment) = (None, None)))>"Whole record"</button> })}
        </div>
    }
}

/// Frame by frame of the screen.
fn run(states: States, bounds: Memo<(i64, i64)>, from: u32, since: f64) {
    request_animation_frame(move || {
        if !states.is_playing.try_get_untracked().unwrap_or(false) {
            return;
        }
        let gone = (now().unwrap_or(0.0) - since) / PLAY_MILLIS * f64::from(FRAMES);
        let frame = from + gone.max(0.0) as u32;
        if frame + 1 >= FRAMES {
            states.is_playing.set(false);
            return states.move_to(None);
        }
        states.moment.set(moment_of(bounds.get_untracked(), frame));
        run(states, bounds, from, since);
    });
}

/// Picture by picture.
fn still(states: States, bounds: Memo<(i64, i64)>, frame: u32) {
    if !states.is_playing.try_get_untracked().unwrap_or(false) {
        return;
    }
    if frame + 1 >= FRAMES {
        states.is_playing.set(false);
        return states.move_to(None);
    }
    states.moment.set(moment_of(bounds.get_untracked(), frame));
    gloo::timers::callback::Timeout::new(STILL_MILLIS, move || still(states, bounds, frame + FRAMES / STILLS)).forget();
}
