//! The body of each lane.

use analysis::timeline::{Intervals, LaneState, OPEN, STATES, Spans, Window};

use super::scene::Scene;
use super::{Pointer, collector, counts, goroutine, pool};
use crate::lanes::Kind;
use crate::open::Open;
use crate::palette::Color;
use crate::view::View;

/// States from the bottom up, and how much of the lane's height each may fill: waiting for a processor, and system
/// calls, are lower than running, so that they are told apart without colour.
const STACKED: [(LaneState, f64); 6] = [
    (LaneState::Running, 1.0),
    (LaneState::Collecting, 1.0),
    (LaneState::Assisting, 1.0),
    (LaneState::Sweeping, 0.8),
    (LaneState::Syscall, 0.55),
    (LaneState::Runnable, 0.35),
];

pub(crate) fn draw(scene: &mut Scene<'_>, open: &Open, view: &View, kind: Kind, at: (f64, f64), pointer: Pointer) {
    match kind {
        Kind::Gc => collector::gc(scene, open, at),
        Kind::Purges => collector::purges(scene, open, at, pointer),
        Kind::Heap => counts::heap(scene, open, at),
        Kind::Goroutines => counts::goroutines(scene, open, at),
        Kind::Threads => counts::threads(scene, open, at),
        Kind::Proc(row) => {
            if let Some(lane) = open.survey.procs.lanes().get(row as usize) {
                states(scene, kind, lane, at);
                goroutine::proc_words(scene, open, lane, at);
            }
        }
        Kind::Pool => pool::draw(scene, open, at),
        Kind::Evidence => pool::evidence(scene, open, at),
        Kind::Region(row) => {
            if let Some(kind) = open.survey.annotations.kinds.get(row as usize) {
                let token = kind.role.map_or("proc", pool::role_token);
                intervals(scene, &kind.regions, at, scene.palette.get(token));
            }
        }
        Kind::Tasks => intervals(scene, &open.survey.annotations.tasks, at, scene.palette.get("proc")),
        Kind::Logs => logs(scene, open, at),
        Kind::Head(_) => {}
        Kind::Goroutine(row) => {
            if let Some(lane) = open.lane(row) {
                states(scene, kind, lane, at);
            }
            goroutine::detail(scene, open, row, at);
            if view.picked == Some(row) {
                let color = scene.faint("accent", 0.10);
                scene.fill((scene.left, at.0), (scene.right, at.1), color);
            }
        }
        Kind::Thread(row) => {
            if let Some(lane) = open.threads().get(row as usize) {
                states(scene, kind, lane, at);
            }
        }
    }
}

/// A lane of states, a column a pixel.
pub(crate) fn states(scene: &mut Scene<'_>, kind: Kind, lane: &Spans, (top, bottom): (f64, f64)) {
    let columns = scene.kept.states(kind, lane, &scene.grid).to_vec();
    let colors: [Color; STATES] = std::array::from_fn(|_| [0; 4]);
    let mut colors = colors;
    for (state, _) in STACKED {
        if let Some(color) = colors.get_mut(state as usize) {
            *color = scene.palette.state(state);
        }
    }
    let (base, room) = (bottom - 3.0, bottom - top - 6.0);
    let pixel = 1.0 / scene.ratio;
    let waiting = scene.palette.state(LaneState::Waiting);
    // Equal neighbours become one rectangle.
    let mut from = 0;
    while let Some(column) = columns.get(from) {
        let mut to = from + 1;
        while columns.get(to) == Some(column) {
            to += 1;
        }
        let (left, right) = (scene.column_x(from), scene.column_x(to));
        let mut y = base;
        for (state, share) in STACKED {
            let fill = column.get(state as usize).copied().unwrap_or(0);
            if fill > 0 {
                let height = (f64::from(fill) / 255.0 * room * share).max(pixel);
                scene.fill((left, y - height), (right, y), colors.get(state as usize).copied().unwrap_or(waiting));
                y -= height;
            }
        }
        let is_there = column.get(LaneState::Waiting as usize).is_some_and(|&fill| fill > 0);
        if is_there && y == base {
            scene.fill((left, base - 1.0), (right, base), waiting);
        }
        from = to;
    }
}

/// Intervals: one by one when they are few, else how many a column.
pub(crate) fn intervals(scene: &mut Scene<'_>, all: &Intervals, (top, bottom): (f64, f64), color: Color) {
    let columns = scene.columns();
    let (top, bottom) = (top + 3.0, bottom - 3.0);
    if let Some(few) = all.few_in(scene.window, columns / 2) {
        for interval in few {
            let end = if interval.end == OPEN { scene.window.end } else { interval.end };
            scene.stretch(Window::new(interval.begin, end), (top, bottom), 1.0 / scene.ratio, color);
        }
        return;
    }
    let counts = all.columns(scene.window, columns);
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    for (at, &count) in counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
        let height = (f64::from(count) / f64::from(most) * (bottom - top)).max(1.0);
        let x = scene.column_x(at);
        scene.fill((x, bottom - height), (x + 1.0 / scene.ratio, bottom), color);
    }
}

fn logs(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
    let logs = &open.survey.annotations.logs;
    let mut at = logs.partition_point(|&time| time < scene.window.start);
    while let Some(&time) = logs.get(at).filter(|&&time| time < scene.window.end) {
        let x = scene.x(time);
        scene.rect((x, top + 5.0), (x + 1.0, bottom - 5.0), "ink-2");
        // The next that falls into another pixel.
        let past = scene.window.time_at((x + 1.0 - scene.left) / (scene.right - scene.left));
        at += logs.get(at..).map_or(1, |rest| rest.partition_point(|&time| time < past)).max(1);
    }
}
