//! The lanes of what is counted: the heap, goroutines, threads.

use analysis::timeline::{Course, Extremes, LaneState, Range, Window};

use super::scene::Scene;
use crate::lanes::Kind;
use crate::open::Open;

const MB: f64 = 1_048_576.0;

pub(super) fn heap(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
    let (trace, survey) = open.front();
    let (count, window) = (scene.columns(), scene.window);
    let find = |extremes: &Extremes, series| extremes.columns(series, window, count);
    let live = scene.kept.ranges((Kind::Heap, 0), window, count, || find(&survey.live, &trace.heap_live));
    let goal = scene.kept.ranges((Kind::Heap, 1), window, count, || find(&survey.goal, &trace.heap_goal));
    let most = live.iter().flatten().map(|range| range.high).max().unwrap_or(0);
    // A goal far above says little; the line leaves the lane then.
    let nearest = goal.iter().flatten().map(|range| range.low).min().unwrap_or(0);
    let most = most.max(if nearest < most * 3 { nearest } else { 0 }).max(1) as f64 * 1.08;
    let (base, room) = (bottom - 6.0, bottom - top - 16.0);
    let y = |value: u64| base - value as f64 / most * room;
    let step = nice(most / MB / 2.0);
    let mut mark = step;
    while mark * MB < most && step > 0.0 {
        let at = base - mark * MB / most * room;
        scene.rect((scene.left, at), (scene.right, at + 1.0), "grid");
        scene.words(&format!("{mark}"), scene.left - 8.0, at, "ink-3", "right");
        mark += step;
    }
    scene.words("MB", 12.0, top + 29.0, "ink-3", "left");
    for (at, range) in goal.iter().enumerate() {
        if let Some(range) = range.filter(|range| (range.high as f64) < most && (at / 4) % 2 == 0) {
            let x = scene.column_x(at);
            scene.rect((x, y(range.high)), (x + 1.0 / scene.ratio, y(range.high) + 1.0), "heap-goal");
        }
    }
    course(scene, &live, &y, "heap-line");
    if let Some(last) = live.iter().flatten().next_back() {
        let words = format!("{:.1}", last.high as f64 / MB);
        scene.bold(&words, scene.right - 4.0, (y(last.high) - 8.0).max(top + 8.0), "heap-line", "right");
    }
}

/// A line with its band: from the lowest to the highest of each column.
fn course(scene: &mut Scene<'_>, columns: &[Option<Range>], y: &dyn Fn(u64) -> f64, token: &str) {
    let color = scene.palette.get(token);
    for (at, range) in columns.iter().enumerate() {
        if let Some(range) = range {
            let x = scene.column_x(at);
            scene.fill((x, y(range.high)), (x + 1.0 / scene.ratio, y(range.low) + 1.5), color);
        }
    }
}

pub(super) fn goroutines(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
    let (_, survey) = open.front();
    let roster = &survey.roster;
    let alive = ranges(scene, (Kind::Goroutines, 0), &roster.alive);
    let most = alive.iter().flatten().map(|range| range.high).max().unwrap_or(1).max(1);
    let (base, room) = (bottom - 5.0, bottom - top - 14.0);
    let y = |value: u64| base - value as f64 / most as f64 * room;
    let runnable = ranges(scene, (Kind::Goroutines, 1), &open.survey.roster.runnable);
    let ready = scene.palette.get("go-ready");
    for (at, range) in runnable.iter().enumerate() {
        if let Some(range) = range.filter(|range| range.high > 0) {
            let x = scene.column_x(at);
            scene.fill((x, y(range.high)), (x + 1.0 / scene.ratio, base), ready);
        }
    }
    course(scene, &alive, &y, "ink-2");
    scene.words("all, and ready", 12.0, top + 29.0, "ink-3", "left");
    scene.words(&analysis::words::count(most as i64), scene.left - 8.0, top + 10.0, "ink-3", "right");
}

pub(super) fn threads(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
    let roster = &open.survey.roster;
    let running = ranges(scene, (Kind::Threads, 0), &roster.running);
    let syscalls = ranges(scene, (Kind::Threads, 1), &roster.syscalls);
    let high = |range: &Option<Range>| range.map_or(0, |range| range.high);
    let most = running.iter().zip(&syscalls).map(|(a, b)| high(a) + high(b)).max().unwrap_or(1).max(1);
    let (base, room) = (bottom - 4.0, bottom - top - 8.0);
    let (run, call) = (scene.palette.state(LaneState::Running), scene.palette.state(LaneState::Syscall));
    for (at, (running, syscalls)) in running.iter().zip(&syscalls).enumerate() {
        let (x, right) = (scene.column_x(at), scene.column_x(at + 1));
        let lower = base - high(running) as f64 / most as f64 * room;
        let upper = lower - high(syscalls) as f64 / most as f64 * room;
        scene.fill((x, lower), (right, base), run);
        scene.fill((x, upper), (right, lower), call);
    }
    scene.words(&format!("{most}"), scene.left - 8.0, top + 9.0, "ink-3", "right");
}

/// One range a column.
fn ranges(scene: &mut Scene<'_>, course: (Kind, u8), of: &Course) -> Vec<Option<Range>> {
    let grid = scene.grid;
    let find = |at: usize| of.range_in(Window::new(grid.edge(at), grid.edge(at + 1)));
    scene.kept.ranges(course, grid.window(), grid.count(), || (0..grid.count()).map(find).collect())
}

/// The nearest of 1, 2, 5 and their tens that is not above.
fn nice(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-9).log10().floor());
    let lead = value / power;
    let lead = if lead >= 5.0 {
        5.0
    } else if lead >= 2.0 {
        2.0
    } else {
        1.0
    };
    // Below one the words would need decimals that floats print badly.
    if power < 1.0 { 1.0_f64.min((value * 10.0).round() / 10.0) } else { lead * power }
}
