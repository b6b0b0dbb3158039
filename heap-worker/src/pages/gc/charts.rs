//! Charts of the collector: the heap from cycle to cycle, stops by their length, objects, the scheduler.

use analysis::markup::chart::{Chart, Hit, Round, Shape, ShapeKind, ticks};
use analysis::query::{GcAnswer, LineRole};
use analysis::words::{bytes, count, number, seconds, time};

use super::pick::{Pick, What};
use crate::pages::Here;

/// Links are addresses, made by [`Pick::href`].
fn href(link: &String) -> String {
    format!(" href=\"{link}\"")
}

/// Times along the lower edge, or numbers of readings that have none.
fn time_ticks(answer: &GcAnswer, from: f64, to: f64) -> Vec<(f64, String)> {
    if answer.is_by_reading {
        return ticks(to - from, Round::Ten, |at| format!("reading {}", at as u64 + 1));
    }
    let words = |at: f64| if at == 0.0 { seconds_of(from) } else { format!("+{}", seconds_of(at)) };
    if from == 0.0 { ticks(to, Round::Ten, seconds_of) } else { ticks(to - from, Round::Ten, words) }
}

fn seconds_of(at: f64) -> String {
    match at {
        0.0 => "0".to_owned(),
        at if at < 1.0 => format!("{:.0} ms", at * 1000.0),
        at if at < 120.0 => format!("{} s", (at * 100.0).round() / 100.0),
        at => seconds(at),
    }
}

/// First and last time of points; a range without length shows nothing.
fn range(points: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (from, to) = points.fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), at| (from.min(at), to.max(at)));
    // What began soon after the program is shown from its beginning.
    let from = if from < 0.2 * to { 0.0 } else { from };
    (to > from).then_some((from, to))
}

/// Height of the longest stop's stroke.
const STOP_HEIGHT: f64 = 0.3;
/// Cycles of which each has a stretch of its own under the pointer.
const MOST_HITS: usize = 400;

/// The heap from cycle to cycle, with stops as strokes.
pub(super) fn heap(here: &Here, answer: &GcAnswer, out: &mut String) {
    let all = || answer.heap.iter().flat_map(|line| &line.points);
    let Some((from, to)) = range(all().map(|point| point.0)) else { return };
    let most = all().map(|point| point.1).fold(0.0, f64::max) * 1.05;
    if most <= 0.0 {
        return;
    }
    let x = |at: f64| (at - from) / (to - from);
    let shape = |line: &analysis::query::GcLine| {
        let (kind, color) = match line.role {
            LineRole::Heap => (ShapeKind::Area, "--heap-line"),
            LineRole::Live => (ShapeKind::Line, "--an-init"),
            LineRole::Goal => (ShapeKind::Steps, "--heap-goal"),
            LineRole::Other => (ShapeKind::Line, "--st-returned"),
        };
        let points = line.points.iter().map(|&(at, bytes)| (x(at), bytes / most)).collect();
        Shape { kind, points, color, title: line.title.clone() }
    };
    let mut shapes: Vec<Shape> = answer.heap.iter().map(shape).collect();
    let longest = answer.stops.iter().map(|stop| stop.1).max().unwrap_or(0).max(1) as f64;
    let strokes: Vec<(f64, f64)> = answer
        .stops
        .iter()
        .map(|&(at, nanos, _)| (x(at), (nanos as f64 / longest * STOP_HEIGHT).max(0.02)))
        .filter(|(at, _)| (0.0..=1.0).contains(at))
        .collect();
    if !strokes.is_empty() {
        let title = format!("stops, up to {}", time(longest as i64));
        shapes.push(Shape { kind: ShapeKind::Ticks, points: strokes, color: "--an-stw", title });
    }
    let pick = Pick::of(here);
    let step = answer.cycles.len().div_ceil(MOST_HITS).max(1);
    let mut hits = Vec::new();
    let firsts = answer.cycles.iter().step_by(step);
    let nexts = answer.cycles.iter().step_by(step).skip(1).map(|row| row.at).chain([to]);
    for (row, next) in firsts.zip(nexts) {
        let size = |at: usize| row.heap.get(at).copied().flatten().map_or("–".to_owned(), |size| bytes(size as i64));
        let words = format!(
            "Cycle {} at {}: {} before, {} live, goal {}; stopped {}",
            row.number,
            seconds_of(row.at),
            size(0),
            size(2),
            size(3),
            time(row.nanos[0].saturating_add(row.nanos[2]))
        );
        let href = Pick { what: What::Cycle(row.number), ..pick }.href(here);
        hits.push(Hit { from: x(row.at).clamp(0.0, 1.0), to: x(next).clamp(0.0, 1.0), words, link: Some(href) });
    }
    let twin = answer.heap.iter().flat_map(|line| {
        let step = line.points.len().div_ceil(40).max(1);
        line.points.iter().step_by(step).map(|&(at, size)| vec![line.title.clone(), seconds_of(at), bytes(size as i64)])
    });
    let note = match answer.cycles.is_empty() {
        true => "as readings have it",
        false if answer.is_each_cycle => "grows to the next cycle, falls to what lives",
        false => "between the two courses it rises and falls with every cycle",
    };
    Chart {
        id: "gc-heap",
        title: "Heap over time".to_owned(),
        note: note.to_owned(),
        x_ticks: time_ticks(answer, from, to),
        y_ticks: ticks(most, Round::Two, |size| {
            if size == 0.0 { "0".to_owned() } else { bytes(size as i64).replace(".0 ", " ") }
        }),
        shapes,
        hits,
        twin: (["course", "at", "size"].map(str::to_owned).to_vec(), twin.collect()),
    }
    .write(out, href);
}

/// Stops by their length, each bar twice as long as the one before.
pub(super) fn lengths(answer: &GcAnswer, out: &mut String) {
    let Some(most) = answer.lengths.iter().map(|bar| bar.count).max().filter(|&most| most > 0) else { return };
    let bars = answer.lengths.len() as f64;
    // Counts by their square root: single long ones stay in sight beside many short ones.
    let height = |count: u64| (count as f64 / most as f64).sqrt() * 0.95;
    let place = |at: usize| at as f64 / bars;
    let words = |bar: &analysis::query::StopBar| format!("{} to {}", time(bar.from_nanos), time(bar.to_nanos));
    let every = answer.lengths.len().div_ceil(8).max(1);
    let y = |count: u64| (height(count), number(count));
    Chart {
        id: "gc-lengths",
        title: "Stops by length".to_owned(),
        note: "heights are square roots of counts".to_owned(),
        x_ticks: answer
            .lengths
            .iter()
            .enumerate()
            .step_by(every)
            .map(|(at, bar)| (place(at), time(bar.from_nanos)))
            .collect(),
        y_ticks: if most >= 8 {
            vec![(0.0, "0".to_owned()), y(most / 4), y(most)]
        } else {
            vec![(0.0, "0".to_owned()), y(most)]
        },
        shapes: vec![Shape {
            kind: ShapeKind::Bars,
            points: answer.lengths.iter().enumerate().map(|(at, bar)| (place(at), height(bar.count))).collect(),
            color: "--an-stw",
            title: "stops".to_owned(),
        }],
        hits: answer
            .lengths
            .iter()
            .enumerate()
            .map(|(at, bar)| Hit {
                from: place(at),
                to: place(at + 1),
                words: format!("{}: {} stops", words(bar), number(bar.count)),
                link: None,
            })
            .collect(),
        twin: (
            ["length", "stops"].map(str::to_owned).to_vec(),
            answer.lengths.iter().map(|bar| vec![words(bar), number(bar.count)]).collect(),
        ),
    }
    .write(out, href);
}

/// Objects that were allocated and not freed.
pub(super) fn objects(answer: &GcAnswer, out: &mut String) {
    let points = &answer.objects;
    let Some((from, to)) = range(points.iter().map(|point| point.0)) else { return };
    let most = points.iter().map(|point| point.1).fold(0.0, f64::max) * 1.05;
    if most <= 0.0 {
        return;
    }
    let x = |at: f64| (at - from) / (to - from);
    let step = points.len().div_ceil(100).max(1);
    let hit = |pair: &[(f64, f64)]| match pair {
        [(at, objects), (next, _)] => Some(Hit {
            from: x(*at),
            to: x(*next),
            words: format!("{} objects at {}", count(*objects as i64), seconds_of(*at)),
            link: None,
        }),
        _ => None,
    };
    Chart {
        id: "gc-objects",
        title: "Objects".to_owned(),
        note: "allocated and not freed: Mallocs − Frees".to_owned(),
        x_ticks: time_ticks(answer, from, to),
        y_ticks: ticks(most, Round::Ten, |at| count(at as i64)),
        shapes: vec![Shape {
            kind: ShapeKind::Line,
            points: points.iter().map(|&(at, objects)| (x(at), objects / most)).collect(),
            color: "--st-active",
            title: String::new(),
        }],
        hits: points.windows(2).step_by(step).filter_map(hit).collect(),
        twin: (
            ["at", "objects"].map(str::to_owned).to_vec(),
            points.iter().map(|&(at, objects)| vec![seconds_of(at), count(objects as i64)]).collect(),
        ),
    }
    .write(out, href);
}

/// Who waits for a processor, and which have nothing to do.
pub(super) fn scheduler(answer: &GcAnswer, out: &mut String) {
    let points = &answer.scheduler;
    let Some((from, to)) = range(points.iter().map(|point| point.at)) else { return };
    let most =
        points.iter().map(|point| point.waiting.max(u64::from(point.threads))).max().unwrap_or(0).max(1) as f64 * 1.05;
    let x = |at: f64| (at - from) / (to - from);
    let line = |title: &str, color, kind, of: fn(&analysis::query::SchedulerPoint) -> f64| Shape {
        kind,
        points: points.iter().map(|point| (x(point.at), of(point) / most)).collect(),
        color,
        title: title.to_owned(),
    };
    Chart {
        id: "gc-scheduler",
        title: "Scheduler".to_owned(),
        note: format!("schedtrace: {} processors", answer.procs),
        x_ticks: time_ticks(&GcAnswer::default(), from, to),
        y_ticks: ticks(most, Round::Ten, |at| ((at * 10.0).round() / 10.0).to_string()),
        shapes: vec![
            line("goroutines that wait for a processor", "--an-get", ShapeKind::Steps, |point| point.waiting as f64),
            line("processors without work", "--proc", ShapeKind::Steps, |point| f64::from(point.idle)),
            line("threads", "--st-collected", ShapeKind::Steps, |point| f64::from(point.threads)),
        ],
        hits: Vec::new(),
        twin: (
            ["at", "waiting", "idle processors", "threads"].map(str::to_owned).to_vec(),
            points
                .iter()
                .map(|point| {
                    vec![seconds_of(point.at), number(point.waiting), point.idle.to_string(), point.threads.to_string()]
                })
                .collect(),
        ),
    }
    .write(out, href);
}
