//! The lanes of the collector: its cycles, and what its purges do to pools.

use analysis::timeline::{LaneState, OPEN, StopKind, Window, nanos_words, time_words};

use super::lane::intervals;
use super::scene::Scene;
use super::{MINI_PX, Pointer};
use crate::lanes::Kind;
use crate::open::Open;

/// Sweeping above, marking with the stops in the middle, assists below.
pub(super) fn gc(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
    let (_, survey) = open.front();
    let band = scene.palette.get("gc-band");
    let window = scene.window;
    for cycle in survey.collector.cycles.iter().filter(|cycle| cycle.end > window.start && cycle.begin < window.end) {
        scene.stretch(Window::new(cycle.begin, cycle.end.min(window.end)), (top + 16.0, bottom - 16.0), 1.0, band);
    }
    intervals(scene, &survey.collector.assists, (bottom - 17.0, bottom + 1.0), scene.palette.get("gc-assist"));
    let sweeps = scene.kept.states(Kind::Gc, &survey.collector.sweeping, &scene.grid).to_vec();
    let color = scene.palette.get("gc-sweep");
    for (at, column) in sweeps.iter().enumerate() {
        let share = f64::from(column.get(LaneState::Sweeping as usize).copied().unwrap_or(0)) / 255.0;
        if share > 0.0 {
            let base = top + 14.0;
            scene.fill((scene.column_x(at), base - (share * 10.0).max(1.0)), (scene.column_x(at + 1), base), color);
        }
    }
    for (words, y) in [("sweep", top + 9.0), ("mark", (top + bottom) / 2.0), ("assist", bottom - 8.0)] {
        scene.words(words, scene.left - 8.0, y, "ink-3", "right");
    }
    let red = scene.palette.get("an-stw");
    let mut free_from = scene.left;
    for stop in survey.collector.stops_in(window) {
        let end = stop.end.min(window.end);
        scene.stretch(Window::new(stop.begin, end), (top + 3.0, bottom - 3.0), 1.5, red);
        let words = nanos_words(stop.end.min(scene.window.end) - stop.begin);
        let x = scene.x(end) + 5.0;
        let is_cycle = stop.kind != StopKind::Other;
        if stop.end != OPEN
            && x > free_from
            && x + Scene::width_of(&words) < scene.right
            && (is_cycle || free_from > scene.left)
        {
            free_from = x + Scene::width_of(&words) + 24.0;
            let (color, y) = (if is_cycle { "an-stw-t" } else { "ink-3" }, (top + bottom) / 2.0);
            scene.words(&words, x, y, color, "left");
        }
    }
}

/// Ticks, and the two-tick life of what was idle at the pointer's time.
pub(super) fn purges(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64), pointer: Pointer) {
    let (_, survey) = open.front();
    let line = top + 14.0;
    scene.rect((scene.left, line), (scene.right, line + 1.0), "line-2");
    let red = scene.palette.get("an-stw");
    let window = scene.window;
    let ticks: Vec<i64> = survey.collector.purges().map(|stop| stop.begin).collect();
    for &tick in ticks.iter().filter(|&&tick| window.start <= tick && tick < window.end) {
        let x = scene.x(tick);
        scene.fill((x - 1.0, line - 7.0), (x + 2.0, line + 8.0), red);
    }
    let before = ticks.iter().rposition(|&tick| tick < window.start);
    let zero = scene.zero;
    let time = |tick: i64| time_words(tick - zero, 10_000_000_000);
    let left = before.and_then(|at| ticks.get(at)).map(|&tick| format!("← purge {}", time(tick)));
    let right = ticks.iter().find(|&&tick| tick >= window.end).map(|&tick| format!("purge {} →", time(tick)));
    if let Some(words) = left {
        scene.words(&words, scene.left + 6.0, line - 7.0, "ink-3", "left");
    }
    if let Some(words) = right {
        scene.words(&words, scene.right - 4.0, line - 7.0, "ink-3", "right");
    }
    if ticks.is_empty() {
        scene.words(
            "no purge in this trace: pools keep what is put back",
            scene.left + 6.0,
            line + 14.0,
            "ink-3",
            "left",
        );
        return;
    }
    let Some((x, _)) = pointer.at.filter(|&(x, y)| x >= scene.left && x <= scene.right && y > MINI_PX) else {
        return;
    };
    let put = window.time_at((x - scene.left) / (scene.right - scene.left));
    let next = ticks.partition_point(|&tick| tick <= put);
    let (first, second) = (ticks.get(next).copied(), ticks.get(next + 1).copied());
    let life = (bottom - 13.0, bottom - 7.0);
    let idle = Window::new(put, first.unwrap_or(window.end));
    scene.stretch(idle, life, 1.0, scene.palette.get("st-idle"));
    scene.words("put here: idle", (x - 6.0).max(scene.left + 86.0), (life.0 + life.1) / 2.0, "st-idle-t", "right");
    if let Some(first) = first {
        let victim = Window::new(first, second.unwrap_or(window.end));
        if scene.stretch(victim, life, 1.0, scene.palette.get("st-victim")) {
            let words = second
                .map_or("victim until the next purge".to_owned(), |tick| format!("victim, dropped at {}", time(tick)));
            let at = scene.x(first).max(scene.left) + 8.0;
            if at + Scene::width_of(&words) < scene.right {
                scene.rect((at - 4.0, life.0 - 3.0), (at + Scene::width_of(&words) + 4.0, life.1 + 3.0), "bg");
                scene.words(&words, at, (life.0 + life.1) / 2.0, "st-victim-t", "left");
            }
        }
    }
}
