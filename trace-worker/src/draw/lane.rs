//! The body of each lane.

use analysis::timeline::{
    Course, Extremes, Intervals, LaneState, OPEN, Range, STATES, Spans, StopKind, Window, nanos_words,
};

use super::scene::Scene;
use super::{Pointer, goroutine, pool};
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
        Kind::Gc => gc(scene, open, at),
        Kind::Purges => purges(scene, open, at, pointer),
        Kind::Heap => heap(scene, open, at),
        Kind::Goroutines => goroutines(scene, open, at),
        Kind::Threads => threads(scene, open, at),
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

fn gc(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
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
fn purges(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64), pointer: Pointer) {
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
    let time = |tick: i64| analysis::timeline::time_words(tick - zero, 10_000_000_000);
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
    let Some((x, _)) = pointer.at.filter(|&(x, y)| x >= scene.left && x <= scene.right && y > super::MINI_PX) else {
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

const MB: f64 = 1_048_576.0;

fn heap(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
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

fn goroutines(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
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

fn threads(scene: &mut Scene<'_>, open: &Open, (top, bottom): (f64, f64)) {
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
