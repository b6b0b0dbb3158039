//! The state graph as SVG. Boxes and edges are buttons, in the order of a life; numbers and widths have names, so that a
//! frame of the scrubber changes them in place.

use std::fmt::Write;

use analysis::lifecycle::State;
use analysis::markup::escaped;
use analysis::query::StatesAnswer;
use analysis::words::number;

use super::super::data::{FRAMES, objects_at};
use super::super::look::{Look, Pick, edge_key, key};
use super::layout::{Layout, Link, Place, Route, Way};
use crate::markup::{rate, time};

/// Width of the most taken edge in pixels.
pub(super) const WIDEST: f64 = 14.0;

/// The colour of a state.
pub(crate) fn token(state: State) -> &'static str {
    match state {
        State::Outside => "ink-3",
        State::Active => "st-active",
        State::Returned => "st-returned",
        State::Idle => "st-idle",
        State::Victim => "st-victim",
        State::Unknown => "st-unknown",
        State::Collected | State::Dropped | State::Abandoned | State::Detached => "st-collected",
    }
}

/// What becomes of an edge at a frame: its count.
pub(super) fn taken(link: &Link, frame: u32) -> u64 {
    if frame + 1 >= FRAMES { link.count } else { link.course.get(frame as usize).copied().unwrap_or(link.count) }
}

/// Linear in the count, 1 pixel at least.
pub(super) fn stroke(count: u64, most: u64) -> f64 {
    (WIDEST * count as f64 / most.max(1) as f64).max(1.0)
}

/// How full a box is, from 0 to 1: of the living, of the most that were alive at once; of the rest, of all that came.
pub(super) struct Levels {
    alive: u64,
    came: u64,
}

impl Levels {
    pub(super) fn of(answer: &StatesAnswer) -> Self {
        let alive = |at: usize| {
            let bands = answer.bands.iter().filter(|band| !band.state.is_end());
            bands.map(|band| band.counts.get(at).copied().unwrap_or(0)).sum::<u64>()
        };
        let came = objects_at(answer, State::Outside, FRAMES - 1).unwrap_or(0);
        Self { alive: (0..FRAMES as usize).map(alive).max().unwrap_or(0).max(1), came: came.max(1) }
    }

    pub(super) fn share(&self, state: State, objects: u64) -> f64 {
        let whole = if state.is_end() || state == State::Outside { self.came } else { self.alive };
        (objects as f64 / whole as f64).min(1.0)
    }
}

/// The drawing.
pub(super) fn drawing(answer: &StatesAnswer, layout: &Layout, look: &Look, width: f64) -> String {
    let mut out = format!(
        r#"<svg class="stategraph" width="{width:.0}" height="{:.0}" role="group" aria-label="State graph of {}; the table holds the same counts">"#,
        layout.height,
        escaped(&answer.pool)
    );
    let levels = Levels::of(answer);
    // Breaches last, so that nothing lies over them.
    for is_violation in [false, true] {
        for route in layout.routes.iter().filter(|route| route.link.is_violation == is_violation) {
            edge(&mut out, answer, layout, route, look);
        }
    }
    for place in &layout.places {
        node(&mut out, answer, place, &levels, look);
    }
    out += "</svg>";
    out
}

fn node(out: &mut String, answer: &StatesAnswer, place: &Place, levels: &Levels, look: &Look) {
    let Place { state, x, y, width, height, .. } = *place;
    let objects = objects_at(answer, state, FRAMES - 1);
    let (name, id, ink) = (state.name(), key(state), token(state));
    let is_on = look.pick == Pick::State(state);
    let (words, class) = match objects {
        Some(0) => ("0".to_owned(), if state.is_end() { "zero end" } else { "zero" }),
        Some(count) => (number(count), ""),
        None => ("unknown".to_owned(), "unknown"),
    };
    let what = if state == State::Outside { "came so far" } else { "objects" };
    let said = if objects.is_some() {
        format!("{name}, {words} {what}")
    } else {
        format!("{name}, unknown: this record cannot tell")
    };
    let level = levels.share(state, objects.unwrap_or(0)) * (height - 5.5);
    let middle = x + width / 2.0;
    // Writing to a string does not fail.
    let _ = write!(
        out,
        r#"<g class="node {class}{on}" id="st-{id}" data-pick="{id}" role="button" tabindex="0" aria-pressed="{is_on}" aria-label="{said}" style="--c:var(--{ink})"><rect class="ring" x="{rx}" y="{ry}" width="{rw}" height="{rh}"/><rect class="box" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height}"/><rect class="level" data-level="{id}" data-full="{full}" x="{lx:.1}" y="{ly:.1}" width="{lw:.1}" height="{level:.1}"/><rect class="cap" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="4"/><text x="{middle:.1}" y="{ny:.1}">{name}</text><text class="ct" data-objects="{id}" x="{middle:.1}" y="{cy:.1}">{words}</text></g>"#,
        on = if is_on { " on" } else { "" },
        rx = x - 3.5,
        ry = y - 3.5,
        rw = width + 7.0,
        rh = height + 7.0,
        full = height - 5.5,
        lx = x + 0.75,
        ly = y + height - 0.75 - level,
        lw = width - 1.5,
        ny = y + if height > 50.0 { 22.0 } else { 18.0 },
        cy = y + if height > 50.0 { 43.0 } else { 36.0 },
    );
}

fn edge(out: &mut String, answer: &StatesAnswer, layout: &Layout, route: &Route, look: &Look) {
    let link = &route.link;
    let id = edge_key(link.from, link.to);
    let is_on = look.pick == Pick::Edge(link.from, link.to);
    let is_shown = |state| objects_at(answer, state, FRAMES - 1).is_some();
    // An edge into a box that the record cannot tell of cannot be told of either.
    let is_unknown = link.count == 0 && !(is_shown(link.from) && is_shown(link.to));
    let class = match () {
        () if link.is_violation => "breach",
        () if is_unknown => "unknown",
        () if link.count == 0 => "zero",
        // A hairline needs its whole colour to be seen.
        () if stroke(link.count, layout.most) < 2.5 => "thin",
        () => "",
    };
    let ink = if link.is_violation { "violation" } else { token(link.from) };
    let wide = stroke(link.count, layout.most);
    let head = (wide * 0.75).clamp(4.0, 9.5);
    let (path, arrow) = ways(route.way, head);
    let dash = if link.is_violation {
        format!(r#" stroke-dasharray="{:.1} {:.1}""#, (wide * 1.3).max(6.0), (wide * 0.4).max(3.0))
    } else {
        String::new()
    };
    let _ = write!(
        out,
        r#"<g class="edge {class}{on}" id="st-{id}" data-pick="{id}" role="button" tabindex="0" aria-pressed="{is_on}" aria-label="{said}" style="--c:var(--{ink})"><path class="hit" d="{path}"/><path class="line" data-line="{id}" d="{path}" stroke-width="{wide:.1}"{dash}/><path class="head" d="{arrow}"/>"#,
        on = if is_on { " on" } else { "" },
        said = escaped(&said(link, is_unknown)),
    );
    label(out, answer, link, &id, route.way, wide, is_unknown);
    *out += "</g>";
}

/// An edge in a sentence.
fn said(link: &Link, is_unknown: bool) -> String {
    let from = if link.is_violation && link.from == State::Outside { "elsewhere" } else { link.from.name() };
    let mut words = format!("{}: {from} to {}, ", link.name, link.to.name());
    if is_unknown {
        return words + "unknown: this record cannot tell";
    }
    words += &format!("{} times, {} a second", number(link.count), rate(link.per_second));
    if let Some(nanos) = link.median_nanos.filter(|_| link.count > 0) {
        words += &format!(", half stay {from} no longer than {}", time(nanos));
    }
    if link.is_violation {
        words += &format!("; forbidden, {} refused by the pool", number(link.refused));
    }
    words
}

/// The line and its head.
fn ways(way: Way, head: f64) -> (String, String) {
    const R: f64 = 7.0;
    let tip = |x: f64, y: f64, dx: f64, dy: f64| {
        // From the tip back along the way, and to both sides.
        let (bx, by) = (x - dx * head * 1.25, y - dy * head * 1.25);
        format!(
            "M{x:.1} {y:.1}L{:.1} {:.1}L{:.1} {:.1}Z",
            bx + dy * head,
            by + dx * head,
            bx - dy * head,
            by - dx * head
        )
    };
    let room = head * 1.1;
    match way {
        Way::Across { x1, x2, y } => {
            let sign = (x2 - x1).signum();
            (format!("M{x1:.1} {y:.1}H{:.1}", x2 - sign * room), tip(x2, y, sign, 0.0))
        }
        Way::Down { x, y1, y2 } => (format!("M{x:.1} {y1:.1}V{:.1}", y2 - room), tip(x, y2, 0.0, 1.0)),
        Way::Stub { x, y1, y2 } => {
            let diamond = format!("M{x:.1} {:.1}l4 4l-4 4l-4 -4Z", y1 - 8.0);
            (format!("M{x:.1} {y1:.1}V{:.1}", y2 - room), diamond + &tip(x, y2, 0.0, 1.0))
        }
        Way::Over { x1, x2, y, top } => {
            let r = 11.0;
            let sign = (x2 - x1).signum();
            let path = format!(
                "M{x1:.1} {y:.1}V{:.1}Q{x1:.1} {top} {:.1} {top}H{:.1}Q{x2:.1} {top} {x2:.1} {:.1}V{:.1}",
                top + r,
                x1 + sign * r,
                x2 - sign * r,
                top + r,
                y - room
            );
            (path, tip(x2, y, 0.0, 1.0))
        }
        Way::Lane { x1, y1, x2, y2, lane } => {
            let sign = if x2 < x1 { -1.0 } else { 1.0 };
            let r = R.min((x2 - x1).abs() / 2.0);
            let (leave, enter) = (if y1 < lane { 1.0 } else { -1.0 }, if y2 < lane { -1.0 } else { 1.0 });
            let path = format!(
                "M{x1:.1} {y1:.1}V{:.1}Q{x1:.1} {lane:.1} {:.1} {lane:.1}H{:.1}Q{x2:.1} {lane:.1} {x2:.1} {:.1}V{:.1}",
                lane - leave * r,
                x1 + sign * r,
                x2 - sign * r,
                lane + enter * r,
                y2 - enter * room
            );
            (path, tip(x2, y2, 0.0, enter))
        }
    }
}

/// Count, name, rate and time beside the line.
fn label(out: &mut String, answer: &StatesAnswer, link: &Link, id: &str, way: Way, wide: f64, is_unknown: bool) {
    let name = escaped(&link.name);
    let count = if is_unknown { "unknown".to_owned() } else { number(link.count) };
    let count = format!(r#"<tspan class="n" data-taken="{id}">{count}</tspan>"#);
    let median = link.median_nanos.filter(|_| link.count > 0).map(time);
    let mark = if link.is_violation { "◆ " } else { "" };
    let mut text = |x: f64, y: f64, anchor: &str, class: &str, words: &str| {
        let _ = write!(out, r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#);
    };
    match way {
        Way::Across { x1, x2, y } if y < 130.0 => {
            let x = (x1 + x2) / 2.0 - 2.0;
            let half = wide / 2.0;
            text(x, y - half - 18.0, "middle", "", &name);
            text(x, y - half - 5.0, "middle", "", &count);
            if link.count > 0 {
                text(x, y + half + 13.0, "middle", "", &format!("{}/s", rate(link.per_second)));
                if let Some(median) = median {
                    text(
                        x,
                        y + half + 26.0,
                        "middle",
                        "",
                        &if x2 - x1 > 66.0 { format!("p50 {median}") } else { median },
                    );
                }
            }
        }
        Way::Across { x1, x2, y } => {
            let x = (x1 + x2) / 2.0;
            text(x, y - wide / 2.0 - 5.0, "middle", "", &count);
            // Between the boxes there may be too little room for a name.
            text(x, y + 37.0, "middle", "", &name);
        }
        Way::Down { x, y2, .. } => text(x + wide / 2.0 + 5.0, y2 - 11.0, "start", "", &format!("{count} {name}")),
        Way::Over { x1, x2, top, .. } => {
            let hits = hit_words(answer);
            let stay = median.map_or(String::new(), |median| format!(" · p50 idle {median}"));
            let y = top - wide / 2.0 - 7.0;
            text(
                (x1 + x2) / 2.0,
                y,
                "middle",
                "",
                &format!("{name} {count}{hits} · {}/s{stay}", rate(link.per_second)),
            );
        }
        Way::Stub { x, y1, .. } => text(x + 9.0, y1 + 2.0, "start", "bad", &format!("{count} {name}")),
        Way::Lane { x1, x2, lane, .. } => {
            let class = if link.is_violation { "bad" } else { "" };
            let x = (x1 + x2) / 2.0;
            text(x, lane - wide / 2.0 - 4.0, "middle", class, &format!("{mark}{count} {name}"));
        }
    }
}

/// Which share of gets needed no new object.
fn hit_words(answer: &StatesAnswer) -> String {
    let count = |from, to| {
        let edge = answer.edges.iter().find(|edge| (edge.from, edge.to) == (from, to));
        edge.map_or(0, |edge| edge.count)
    };
    let hits = count(State::Idle, State::Active) + count(State::Victim, State::Active);
    let all = hits + count(State::Outside, State::Active);
    if all == 0 { String::new() } else { format!(" ({} of gets hit)", crate::format::share(hits as i64, all as i64)) }
}
