//! Objects that the program made, what is left of them, and how long they live; by type and by who made them.

use std::collections::BTreeMap;

use analysis::model::StringId;
use analysis::order::sort_by_key;
use analysis::timeline::{Window, nanos_words};
use analysis::trace_tables::{Heap, Lifetimes, MakerLife, Place, TypeLife, lifetimes};
use analysis::words::{bytes, count};
use trace_worker::Go;

use super::{Rows, kilobytes, left, number, right, text, titled};
use crate::markup::{Cell, Chart, Part, Shape, ShapeKind};
use crate::open::Open;

/// Types whose survival is drawn.
const CURVES: [&str; 4] = ["--st-active", "--an-get", "--an-init", "--st-returned"];
/// A curve is drawn by at most so many points.
const MOST_POINTS: usize = 400;
/// Curves are drawn until this share is gone.
const SHOWN: f64 = 0.995;
/// Names in the key are cut to so many letters.
const KEY_LETTERS: usize = 32;

pub(super) fn objects(open: &Open, scope: Window) -> Vec<Part> {
    if open.trace().alloc_free.is_empty() {
        return vec![Part::Words(
            "This trace holds no events of allocation. Run the program with GODEBUG=traceallocfree=1 (Go 1.23 and later) and \
             record a short trace: every object is written down, so it grows fast."
                .to_owned(),
        )];
    }
    let found = lifetimes(open.trace(), &open.symbols, &open.survey, scope);
    if found.types.iter().all(|life| life.allocated.objects == 0) {
        return vec![Part::Words("Nothing was allocated in this part of the trace.".to_owned())];
    }
    let mut parts = vec![Part::Claim(claim(open, &found)), Part::Words(reading(&found))];
    parts.extend(chart(open, &found).map(Part::Chart));
    parts.push(titled("trace-table", by_type(open, &found, scope)));
    parts.push(titled("object-makers", by_maker(open, &found)));
    parts
}

fn type_name(open: &Open, name: Option<StringId>) -> &str {
    name.map_or("(no type: strings, grown slices)", |name| open.symbols.strings.get(name))
}

fn claim(open: &Open, found: &Lifetimes) -> String {
    let sum = |of: fn(&TypeLife) -> Heap| {
        found
            .types
            .iter()
            .map(of)
            .fold((0_i64, 0_i64), |sum, heap| (sum.0 + heap.objects as i64, sum.1 + heap.bytes as i64))
    };
    let (made, left) = (sum(|life| life.allocated), sum(|life| life.outstanding));
    let most = found.types.first().filter(|life| life.outstanding.objects > 0);
    let most = most.map_or(String::new(), |life| {
        format!(
            " By bytes most are {}: {} of {} made, {}.",
            type_name(open, life.name),
            count(life.outstanding.objects as i64),
            count(life.allocated.objects as i64),
            bytes(life.outstanding.bytes as i64)
        )
    });
    format!(
        "Of {} objects ({}) made here, {} ({}) are outstanding at the end.{most}",
        count(made.0),
        bytes(made.1),
        count(left.0),
        bytes(left.1)
    )
}

fn reading(found: &Lifetimes) -> String {
    let cycles = match found.cycles {
        0 => {
            "No cycle of the collector ended here, so nothing could be found dead: outstanding means no more than made."
                .to_owned()
        }
        1 => "One cycle ended here.".to_owned(),
        cycles => format!("{cycles} cycles ended here."),
    };
    format!(
        "{cycles} An object ends when it is swept, up to a cycle after nobody could reach it. What is not swept is at least as \
         old as it looks (right-censored): it may be in use, leaked, or dead and not yet found. Ages take that into account \
         (Kaplan–Meier): \u{201c}> 0.3 s\u{201d} says that fewer than that share had ended among those watched so long. Bytes are of \
         the slots that objects take. Events of allocation carry no stack: places are the region that the goroutine was in."
    )
}

/// How much is left of each type by age.
fn chart(open: &Open, found: &Lifetimes) -> Option<Chart> {
    let mut types: Vec<_> =
        found.types.iter().filter(|life| life.ages.steps.len() > 1 && life.name.is_some()).collect();
    sort_by_key(&mut types, |life| std::cmp::Reverse(life.allocated.bytes));
    types.truncate(CURVES.len());
    // A few old ones would squeeze the rest.
    let shown = |life: &&&TypeLife| life.ages.gone_by(SHOWN).unwrap_or(life.ages.longest);
    let last = types.iter().map(|life| shown(&life) / 20 * 21).max().filter(|&last| last > 0)?;
    let shapes = types.iter().zip(CURVES).map(|(life, color)| {
        let steps = &life.ages.steps;
        let stride = steps.len() / MOST_POINTS + 1;
        let points = std::iter::once((0.0, 1.0)).chain(
            steps
                .iter()
                .enumerate()
                .filter(|(at, _)| at % stride == 0 || at + 1 == steps.len())
                .map(|(_, &(time, left))| (time as f64 / last as f64, left)),
        );
        Shape { kind: ShapeKind::Steps, points: points.collect(), color, title: key(type_name(open, life.name)) }
    });
    let ruler = analysis::timeline::ruler(Window::new(0, last), 0, 6);
    let ticks = ruler.ticks.iter().map(|(time, words)| (*time as f64 / last as f64, format!("{words} {}", ruler.unit)));
    Some(Chart {
        id: "survival-chart",
        title: "Not yet swept".to_owned(),
        note: "share of objects by age; those outstanding count as at least so old".to_owned(),
        x_ticks: ticks.collect(),
        y_ticks: [0.0, 0.5, 1.0].map(|share| (share, format!("{:.0}%", share * 100.0))).to_vec(),
        shapes: shapes.collect(),
        ..Chart::default()
    })
}

fn key(name: &str) -> String {
    match name.char_indices().nth(KEY_LETTERS) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or(name)),
        None => name.to_owned(),
    }
}

/// A time by which a share was gone, or how long that was not so.
fn gone(life: &TypeLife, share: f64) -> Cell {
    match life.ages.gone_by(share) {
        _ if life.allocated.objects == 0 => text("–"),
        Some(nanos) => Cell::Number(nanos as f64, nanos_words(nanos)),
        None => Cell::Number(life.ages.longest as f64 + 0.5, format!("> {}", nanos_words(life.ages.longest))),
    }
}

/// The middle and the highest of counted numbers.
fn cycles(counts: &BTreeMap<usize, u64>, sign: &str) -> Cell {
    let all: u64 = counts.values().sum();
    let Some((&most, _)) = counts.last_key_value() else { return text("–") };
    let mut seen = 0;
    let middle = counts.iter().find(|(_, count)| {
        seen += **count;
        seen * 2 >= all
    });
    let middle = middle.map_or(0, |(&cycles, _)| cycles);
    Cell::Number(most as f64 + middle as f64 * 1e-6, format!("{sign}{middle} / {sign}{most}"))
}

fn oldest(oldest: Option<(i64, Option<analysis::model::trace::Goroutine>)>) -> Option<Go> {
    oldest.map(|(time, goroutine)| Go {
        select: Some(Window::new(time, time + 1)),
        goroutine: goroutine.map(|row| row.index() as u32),
    })
}

fn by_type(open: &Open, found: &Lifetimes, scope: Window) -> Rows {
    let row = |life: &TypeLife| {
        let age = life
            .oldest
            .map_or(text("–"), |(time, _)| Cell::Number((scope.end - time) as f64, nanos_words(scope.end - time)));
        let cells = vec![
            text(type_name(open, life.name)),
            number(life.allocated.objects),
            kilobytes(life.allocated.bytes),
            number(life.outstanding.objects),
            kilobytes(life.outstanding.bytes),
            age,
            gone(life, 0.5),
            gone(life, 0.99),
            cycles(&life.survived, ""),
            cycles(&life.surviving, "≥ "),
            number(life.before.objects),
            number(life.before_freed),
        ];
        (cells, oldest(life.oldest))
    };
    let columns = vec![
        left("Type"),
        right("made", ""),
        right("made", "kB"),
        right("outstanding", ""),
        right("outstanding", "kB"),
        right("oldest", "age"),
        right("half gone by", "age"),
        right("99% gone by", "age"),
        right("GCs survived", "swept: p50 / max"),
        right("GCs survived", "outstanding: p50 / max"),
        right("there before", ""),
        right("of these swept", ""),
    ];
    Rows {
        note: "types, by bytes outstanding; a row leads to where its oldest outstanding object was made".to_owned(),
        columns,
        rows: found.types.iter().map(row).collect(),
    }
}

fn place_words(open: &Open, place: &Place) -> String {
    let name = |name: StringId| open.symbols.strings.get(name);
    match place.functions {
        [Some(inner), Some(outer)] => format!("{}, called by {}", name(inner), name(outer)),
        [inner, _] => inner.map_or(String::new(), |inner| name(inner).to_owned()),
    }
}

fn by_maker(open: &Open, found: &Lifetimes) -> Rows {
    let row = |life: &MakerLife| {
        let name = |name: Option<StringId>| name.map_or("", |name| open.symbols.strings.get(name));
        let cells = vec![
            text(type_name(open, life.name)),
            number(life.allocated.objects),
            number(life.outstanding.objects),
            kilobytes(life.outstanding.bytes),
            text(name(life.place.region)),
            text(place_words(open, &life.place)),
            text(name(life.place.group)),
        ];
        (cells, oldest(life.oldest))
    };
    let columns = vec![
        left("Type"),
        right("made", ""),
        right("outstanding", ""),
        right("outstanding", "kB"),
        left("In region"),
        left("which began in"),
        left("Goroutine began with"),
    ];
    Rows {
        note: "types and places, by bytes outstanding".to_owned(),
        columns,
        rows: found.makers.iter().map(row).collect(),
    }
}
