//! What goes through all lanes: stops of the world, pins, the selection; and the picture of the whole on top.

use analysis::timeline::{StopKind, Window, nanos_words};

use super::scene::Scene;
use super::{HEAD_PX, MINI_PX, Pointer};
use crate::lanes::{Kind, Lane};
use crate::open::Open;
use crate::pin;
use crate::view::View;

/// Heap, purges and pins of everything, with the window.
pub(super) fn mini(scene: &mut Scene<'_>, open: &Open, view: &View, bounds: Window) {
    let (trace, survey) = open.front();
    let (left, right) = (scene.left, scene.right);
    let x = |time: i64| left + (right - left) * bounds.share_of(time);
    let columns = scene.columns();
    let find = || survey.live.columns(&trace.heap_live, bounds, columns);
    let live = scene.kept.ranges((Kind::Heap, 2), bounds, columns, find);
    let most = live.iter().flatten().map(|range| range.high).max().unwrap_or(1).max(1) as f64;
    let base = MINI_PX - 6.0;
    for (at, range) in live.iter().enumerate() {
        if let Some(range) = range {
            let at = scene.column_x(at);
            scene.rect((at, base - range.high as f64 / most * 28.0), (at + 1.0 / scene.ratio, base), "bg-3");
        }
    }
    scene.rect((left, base), (right, base + 1.0), "line-2");
    let mut last = f64::MIN;
    for stop in &survey.collector.stops {
        let at = x(stop.begin);
        let is_purge = stop.kind == StopKind::Purge;
        if at - last >= 1.0 || is_purge {
            scene.rect((at, if is_purge { base - 4.0 } else { base + 1.0 }), (at + 1.0, MINI_PX - 1.0), "an-stw");
            last = at;
        }
    }
    for place in open.pins.iter().filter(|place| bounds.start <= place.time && place.time <= bounds.end) {
        let at = x(place.time);
        scene.rect((at, 6.0), (at + 1.0, base), "ink-3");
    }
    for range in &view.ranges {
        scene.rect((x(range.start), 2.0), (x(range.end).max(x(range.start) + 1.0), 4.0), "accent-line");
    }
    let (from, to) = (x(view.window.start), x(view.window.end).max(x(view.window.start) + 3.0));
    let tint = scene.faint("accent", 0.12);
    scene.fill((from, 4.0), (to, MINI_PX - 3.0), tint);
    scene.frame((from, 4.0), (to, MINI_PX - 3.0), "accent");
    scene.words("All", 12.0, 14.0, "ink-2", "left");
    scene.words(&nanos_words(bounds.nanos()), 12.0, 29.0, "ink-3", "left");
    scene.rect((left - 1.0, 0.0), (left, HEAD_PX), "line");
}

/// Below the lanes: where nothing is decoded yet, and the bands of pauses.
pub(super) fn under(scene: &mut Scene<'_>, open: &Open, view: &View) {
    let until = open.decoded_until();
    if until < view.window.end {
        let from = scene.x(until).clamp(scene.left, scene.right);
        scene.hatch((from, HEAD_PX), (scene.right, scene.height), "line");
    }
    let (_, survey) = open.front();
    let band = scene.palette.get("an-stw-bg");
    let height = scene.height;
    for stop in survey.collector.stops_in(view.window) {
        let window = Window::new(stop.begin, stop.end.min(view.window.end));
        if stop.kind == StopKind::Purge || scene.x(window.end) - scene.x(window.start) > 3.0 {
            let wide = scene.x(window.end) - scene.x(window.start) > 3.0;
            let room = if wide { 0 } else { view.window.nanos() / 400 };
            scene.stretch(Window::new(window.start - room, window.end + room), (HEAD_PX, height), 1.0, band);
        }
    }
}

/// Above the lanes.
pub(super) fn over(scene: &mut Scene<'_>, open: &Open, view: &View, shown: &[Lane], pointer: Pointer) {
    let (_, survey) = open.front();
    let (left, right, height) = (scene.left, scene.right, scene.height);
    // One red line a pixel at most.
    let red = scene.palette.get("an-stw");
    let mut last = f64::MIN;
    for stop in survey.collector.stops_in(view.window).iter().filter(|stop| stop.kind == StopKind::Purge) {
        let x = scene.x(stop.begin);
        if x >= left && x - last >= 1.0 {
            scene.fill((x, HEAD_PX), (x + 1.0, height), red);
            last = x;
        }
    }
    pins(scene, open, view);
    if let Some(selection) = view.selection {
        let tint = scene.faint("accent", 0.13);
        let accent = scene.palette.get("accent");
        if scene.stretch(selection, (HEAD_PX, height), 1.0, tint) {
            for time in [selection.start, selection.end] {
                let x = scene.x(time);
                if x >= left && x <= right {
                    scene.fill((x, HEAD_PX), (x + 1.0, height), accent);
                }
            }
        }
        if selection.meets(view.window) {
            let at = scene.x(selection.start);
            label(scene, &nanos_words(selection.nanos()), at, (MINI_PX + 3.0, "accent", "ink-inv"));
        }
    }
    wake(scene, open, view, shown);
    if let Some((x, _)) = pointer.at.filter(|&(x, y)| x >= left && x <= right && y > MINI_PX) {
        let faint = scene.faint("ink", 0.25);
        scene.fill((x, MINI_PX), (x + 1.0, height), faint);
    }
}

/// Other files, where they were captured; a heap profile also points at the mark termination whose heap it shows.
fn pins(scene: &mut Scene<'_>, open: &Open, view: &View) {
    let height = scene.height;
    for pin in pin::labels(open, view.window, (scene.left, scene.right)) {
        let x = pin.x;
        scene.rect((x, HEAD_PX), (x + 1.0, height), "ink-3");
        if let Some(time) = pin.place.describes {
            let from = scene.x(time).max(scene.left);
            scene.rect((from, HEAD_PX + 2.0), (x, HEAD_PX + 3.0), "ink-3");
            scene.rect((from, HEAD_PX), (from + 1.0, HEAD_PX + 6.0), "ink-3");
        }
        if let Some((words, ..)) = pin.words {
            label(scene, words, x, (MINI_PX + 3.0, "ink", "bg"));
        }
    }
}

/// Words on a ground of their own.
fn label(scene: &mut Scene<'_>, words: &str, x: f64, (y, ground, ink): (f64, &'static str, &'static str)) {
    let wide = Scene::width_of(words) + 12.0;
    let from = x.clamp(scene.left, (scene.right - wide).max(scene.left));
    scene.clip(0.0, scene.height);
    scene.cover((from, y), (from + wide, y + 16.0), ground);
    scene.words(words, from + 6.0, y + 8.0, ink, "left");
    scene.clip(HEAD_PX, scene.height);
}

/// From who let the picked goroutine run, to it.
fn wake(scene: &mut Scene<'_>, open: &Open, view: &View, shown: &[Lane]) {
    let Some(picked) = view.picked else { return };
    let time = view.selection.map_or(view.window.time_at(0.5), |selection| selection.end);
    let Some((waker, woken, ran)) = open.goroutine(picked).and_then(|row| open.waker(row, time)) else { return };
    if !Window::new(woken, ran).meets(view.window) {
        return;
    }
    let middle = |row: u32| {
        let lane = shown.iter().find(|lane| lane.kind == Kind::Goroutine(row))?;
        Some(HEAD_PX + lane.top - view.scroll_px + lane.height / 2.0)
    };
    let place = |time: i64| scene.x(time).clamp(scene.left, scene.right);
    let (from, to) = (place(woken), place(ran));
    if let Some(y) = middle(picked) {
        let start = middle(waker.index() as u32).unwrap_or(y - 16.0);
        scene.line((from, start), (to, y), "accent");
        scene.rect((to - 2.0, y - 2.0), (to + 3.0, y + 3.0), "accent");
        let words = format!("woken by {}", open.goroutine_words(waker));
        scene.words(&words, (from - 5.0).max(scene.left + 90.0), start - 8.0, "accent", "right");
    }
}
