//! Minimum mutator utilization: in the worst window of a length, how much of the processors the collector left.

use analysis::timeline::{Window, nanos_words};
use analysis::trace_tables::{MmuCurve, MmuPoint, Utilization};
use trace_worker::Go;

use super::{Rows, moment, percent, range, right, titled};
use crate::markup::{Cell, Chart, Hit, Part, Shape, ShapeKind};
use crate::open::Open;

/// Lengths of which the worst windows are listed.
const LISTED_NANOS: [i64; 3] = [1_000_000, 10_000_000, 100_000_000];
/// How many of each.
const WORST: usize = 5;

pub(super) fn mmu(open: &Open, scope: Window) -> Vec<Part> {
    let (trace, symbols) = (open.trace(), &open.symbols);
    let range = range(open, scope);
    let ours = Utilization::of(trace, symbols).within(&range);
    let Some(curve) = MmuCurve::new(&ours) else {
        let words = "Nothing can be said of the processors' time here: the trace does not say how many there are.";
        return vec![Part::Words(words.to_owned())];
    };
    let points = curve.points();
    let as_go = MmuCurve::new(&Utilization::as_go(trace, symbols).within(&range));
    let theirs: Vec<MmuPoint> = as_go.as_ref().map_or(Vec::new(), |curve| {
        points.iter().filter(|at| at.window_nanos <= curve.nanos()).map(|at| curve.mmu(at.window_nanos)).collect()
    });
    let ends = as_go.filter(|theirs| theirs.nanos() < curve.nanos()).map_or(String::new(), |theirs| {
        format!(
            " From then on it takes every processor for busy and tells no more: its curve is of the first {} here.",
            nanos_words(theirs.nanos())
        )
    });
    vec![
        Part::Claim(claim(&ours, &points)),
        Part::Words(format!(
            "Mutator utilization is the share of the processors that the collector leaves to the program: it stops the world, \
             marks, and makes goroutines help. For each length of window, the curve has the least share in any window so long: \
             a request that takes so long can have had that little. go tool trace shows other numbers, told beside ours: it \
             counts each mark worker once more every time the worker starts, and never takes that back.{ends}"
        )),
        Part::Chart(chart(&points, &theirs)),
        titled("worst-windows", worst(open, &ours)),
        titled("trace-table", by_length(open, &points, &theirs)),
    ]
}

fn claim(utilization: &Utilization, points: &[MmuPoint]) -> String {
    let whole = points.last().map_or(1.0, |point| point.share) * 100.0;
    match utilization.longest_stop() {
        Some((_, nanos)) => format!(
            "The collector left the program {whole:.1}% of the processors; for {} at a stretch it left none.",
            nanos_words(nanos)
        ),
        None => format!("The collector left the program {whole:.1}% of the processors, and always some."),
    }
}

/// Lengths from 1 µs to the whole, by their logarithm.
fn chart(points: &[MmuPoint], as_go: &[MmuPoint]) -> Chart {
    let log = |nanos: i64| (nanos.max(1) as f64).log10();
    let (first, last) = points
        .first()
        .zip(points.last())
        .map_or((0.0, 1.0), |(first, last)| (log(first.window_nanos), log(last.window_nanos)));
    let x = |nanos: i64| (log(nanos) - first) / (last - first).max(1e-9);
    let line = |points: &[MmuPoint], color, title: &str| Shape {
        kind: ShapeKind::Line,
        points: points.iter().map(|point| (x(point.window_nanos), point.share)).collect(),
        color,
        title: title.to_owned(),
    };
    let decade = |nanos: i64| {
        let is_decade = 10_i64.checked_pow(log(nanos).round() as u32) == Some(nanos);
        is_decade.then(|| (x(nanos), nanos_words(nanos).replace(".00", "").replace(".0", "")))
    };
    let hit = |(at, point): (usize, &MmuPoint)| {
        let edge = |other: Option<&MmuPoint>| other.map(|other| (x(point.window_nanos) + x(other.window_nanos)) / 2.0);
        Hit {
            from: at.checked_sub(1).and_then(|at| edge(points.get(at))).unwrap_or(0.0),
            to: edge(points.get(at + 1)).unwrap_or(1.0),
            words: format!(
                "{}: at least {:.1}% left; click for the worst",
                nanos_words(point.window_nanos),
                point.share * 100.0
            ),
            link: go(point),
        }
    };
    Chart {
        id: "mmu-chart",
        title: "Minimum mutator utilization".to_owned(),
        note: "least share in any window of a length, by that length".to_owned(),
        x_ticks: points.iter().filter_map(|point| decade(point.window_nanos)).collect(),
        y_ticks: [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| (share, format!("{:.0}%", share * 100.0))).to_vec(),
        shapes: vec![
            line(as_go, "--heap-goal", "as go tool trace"),
            line(points, "--st-active", "left to the program"),
        ],
        hits: points.iter().enumerate().map(hit).collect(),
        ..Chart::default()
    }
}

fn go(point: &MmuPoint) -> Option<Go> {
    let end = point.worst.saturating_add(point.window_nanos);
    Some(Go { select: Some(Window::new(point.worst, end)), goroutine: None })
}

fn length(nanos: i64) -> Cell {
    Cell::Number(nanos as f64, nanos_words(nanos))
}

fn by_length(open: &Open, points: &[MmuPoint], as_go: &[MmuPoint]) -> Rows {
    let zero = open.bounds().start;
    let row = |(at, point): (usize, &MmuPoint)| {
        let theirs = as_go.get(at).map_or(Cell::Text("–".to_owned()), |point| percent(point.share));
        (vec![length(point.window_nanos), percent(point.share), moment(point.worst - zero), theirs], go(point))
    };
    let columns =
        vec![right("Window", ""), right("least left", "%"), right("worst at", "s"), right("as go tool trace", "%")];
    Rows {
        note: "lengths of window; each leads to the worst of its length".to_owned(),
        columns,
        rows: points.iter().enumerate().map(row).collect(),
    }
}

fn worst(open: &Open, utilization: &Utilization) -> Rows {
    let zero = open.bounds().start;
    let mut rows = Vec::new();
    for nanos in LISTED_NANOS {
        for (rank, point) in utilization.worst(nanos, WORST).iter().enumerate() {
            let end = point.worst.saturating_add(nanos);
            let cycle =
                open.survey.collector.cycles.iter().position(|cycle| cycle.begin < end && point.worst < cycle.end);
            let cells = vec![
                length(nanos),
                super::number(rank as u64 + 1),
                percent(point.share),
                moment(point.worst - zero),
                cycle.map_or(Cell::Text("–".to_owned()), |at| super::number(at as u64 + 1)),
            ];
            rows.push((cells, go(point)));
        }
    }
    let columns = vec![right("Window", ""), right("rank", ""), right("left", "%"), right("at", "s"), right("GC", "")];
    let note = "the worst windows of three lengths, each at another stretch of collecting".to_owned();
    Rows { note, columns, rows }
}
