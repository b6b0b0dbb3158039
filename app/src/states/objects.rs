//! The objects of a pool: those with breaches first, then those out longest. A page at a time.

use std::fmt::Write;

use analysis::lifecycle::State;
use analysis::markup::escaped;
use analysis::query::{Answer, LifeSpan, ObjectRow, ObjectSort, ObjectsAnswer, ObjectsQuery, Query};
use analysis::words::number;
use leptos::html::Div;
use leptos::prelude::*;

use super::data::States;
use super::graph::token;
use super::look::Pick;
use crate::client::use_answer;
use crate::format::value;
use crate::live::{on, text};
use crate::markup::{Markup, attribute, time};

/// Rows on a page: what is drawn does not grow with the pool.
const ROWS: u32 = 50;
/// Pixels of a life line.
const LINE: u32 = 150;
const SORTS: [(&str, &str, ObjectSort); 5] = [
    ("suspicion", "suspicion", ObjectSort::Suspicion),
    ("number", "object", ObjectSort::Number),
    ("age", "age", ObjectSort::Age),
    ("uses", "uses", ObjectSort::Uses),
    ("size", "bytes", ObjectSort::Size),
];

/// The table.
#[component]
pub(super) fn Objects() -> impl IntoView {
    let states = expect_context::<States>();
    let sort = RwSignal::new(ObjectSort::Suspicion);
    let offset = RwSignal::new(0_u32);
    let filter = Memo::new(move |_| {
        let look = states.look();
        (states.shown.with(|row| row.as_ref().map(|row| row.key)), look.pick, look.window, look.moment, sort.get())
    });
    // Another list begins at its first row.
    let list = Memo::new(move |_| {
        let filter = filter.get();
        offset.set(0);
        filter
    });
    let answer = use_answer(move || {
        let (key, pick, window, moment, sort) = list.get();
        let span = states.graph.with(|graph| graph.as_ref().map(|graph| graph.span))?;
        let (from, to) = window.unwrap_or(span);
        let (state, took) = match pick {
            Pick::Nothing | Pick::State(State::Outside) => (None, None),
            Pick::State(state) => (Some(state), None),
            Pick::Edge(from, to) => (None, Some((from, to))),
        };
        let window = (window.is_some() || moment.is_some()).then(|| (from, moment.unwrap_or(to)));
        let query =
            ObjectsQuery { key: key?, sort, state, took, offset: offset.get(), limit: ROWS, window, columns: LINE };
        Some(Query::Objects(query))
    });
    let page = Memo::new(move |before: Option<&Option<ObjectsAnswer>>| match answer.get() {
        Some(Ok(Answer::Objects(page))) => page,
        _ => before.cloned().flatten(),
    });
    let bounds = move || {
        let look = states.look();
        let span = states.graph.with(|graph| graph.as_ref().map_or((0, 0), |graph| graph.span));
        let (from, to) = look.window.unwrap_or(span);
        (from, look.moment.unwrap_or(to))
    };
    let of = move || {
        let selected = states.look().object;
        page.with(|page| {
            page.as_ref().map_or(String::new(), |page| table(page, bounds(), sort.get(), selected, states.is_type()))
        })
    };
    let about = move || {
        let total = page.with(|page| page.as_ref().map_or(0, |page| page.total));
        format!("{} · {}", number(total), which(states.look().pick, states.is_type()))
    };
    let click = move |event: web_sys::MouseEvent| {
        if let Some(wanted) = attribute(&event, "data-sort") {
            if let Some((.., by)) = SORTS.iter().find(|(key, ..)| *key == wanted) {
                sort.set(*by);
            }
        } else if let Some(step) = attribute(&event, "data-page") {
            let back = step == "back";
            offset.update(|offset| *offset = if back { offset.saturating_sub(ROWS) } else { *offset + ROWS });
        }
    };
    let node = NodeRef::<Div>::new();
    view! {
        <div class="sec" on:click=on(click) data-testid="objects">
            <div class="hd"><h2>"Objects"</h2><span class="dim" data-testid="objects-about">{text(about)}</span></div>
            <Markup of=Box::new(of) class="xscroll" node/>
        </div>
    }
}

/// What the rows are.
fn which(pick: Pick, is_type: bool) -> String {
    match pick {
        Pick::Nothing | Pick::State(State::Outside) if is_type => "longest there first".to_owned(),
        Pick::Nothing | Pick::State(State::Outside) => "breaches first, then out longest".to_owned(),
        Pick::State(state) => format!("{} at this moment", state.name()),
        Pick::Edge(State::Outside, to) => {
            format!("came to {} in the window", to.name())
        }
        Pick::Edge(from, to) => format!("went from {} to {} in the window", from.name(), to.name()),
    }
}

fn table(page: &ObjectsAnswer, bounds: (i64, i64), sort: ObjectSort, selected: Option<u64>, is_type: bool) -> String {
    let head = |key: &str, words: &str, unit: &str, class: &str| {
        let by = SORTS.iter().find(|known| known.0 == key).map(|known| known.2);
        let is_on = by == Some(sort);
        format!(
            r#"<th class="{class}{}"><button class="thb" id="sort-{key}" data-sort="{key}" aria-pressed="{is_on}">{words}</button>{unit}</th>"#,
            if is_on { " on" } else { "" }
        )
    };
    let mut out = String::from(r#"<table class="objects"><thead><tr>"#);
    out += &head("number", "object", "", "l");
    out += if is_type {
        r#"<th title="Cycles of the collector that it survived; known once it is freed">cycles</th>"#
    } else {
        r#"<th title="How often it was handed out">hand-outs</th>"#
    };
    out += r#"<th class="l">state</th>"#;
    out += &head("age", "age", "", "");
    out += &head("uses", "gets", "", "hide-m");
    out += &head("size", "size", "", "");
    out += r#"<th class="l">life</th><th class="l hide-m">last at</th>"#;
    out += &head("suspicion", "note", "", "l");
    out += "</tr></thead><tbody>";
    for row in &page.rows {
        self::row(&mut out, row, bounds, selected == Some(row.number), is_type);
    }
    out += "</tbody></table>";
    if page.rows.is_empty() {
        out += r#"<p class="pad dim first">No object.</p>"#;
    }
    let last = page.offset as usize + page.rows.len();
    if page.total > page.rows.len() as u64 {
        let off = |is_off: bool| if is_off { " disabled" } else { "" };
        let _ = write!(
            out,
            r#"<div class="hd pages"><button class="btn" id="page-back" data-page="back"{}>Before</button><span class="dim">{} – {} of {}</span><button class="btn" id="page-next" data-page="next" data-testid="next-page"{}>Next</button></div>"#,
            off(page.offset == 0),
            number(u64::from(page.offset) + 1),
            number(last as u64),
            number(page.total),
            off(last as u64 >= page.total),
        );
    }
    out
}

fn row(out: &mut String, row: &ObjectRow, bounds: (i64, i64), is_on: bool, is_type: bool) {
    let note = if row.violations > 0 {
        format!(r#"<span class="bad">◆ {}</span>"#, escaped(&row.note))
    } else {
        escaped(&row.note)
    };
    let _ = write!(
        out,
        r#"<tr class="{on}" data-number="{n}"><td class="l"><button class="name sym" id="object-{n}" data-object="{n}" aria-pressed="{is_on}">#{n}</button></td><td>{generation}</td><td class="l"><i class="chip" style="--c:var(--{ink})"></i>{state}</td><td>{age}</td><td class="hide-m">{uses}</td><td>{size}</td><td class="l">{line}</td><td class="l sym hide-m" title="{at}">{short}</td><td class="l" title="{plain}">{note}</td></tr>"#,
        on = if is_on { "on" } else { "" },
        n = row.number,
        // Of what lives on, nobody knows yet how many cycles it survives.
        generation = if is_type && !row.state.is_end() { "–".to_owned() } else { number(u64::from(row.generation)) },
        ink = token(row.state),
        state = row.state.name(),
        age = row.age_nanos.map_or("–".to_owned(), time),
        uses = if is_type { "–".to_owned() } else { number(u64::from(row.uses)) },
        size = if row.bytes == 0 { "–".to_owned() } else { value("bytes", row.bytes as i64) },
        line = line(&row.line, bounds),
        at = escaped(&row.last_at),
        short = escaped(last_part(&row.last_at)),
        plain = escaped(&row.note),
    );
}

/// A place without the folders of its file: the end of a path tells more than its beginning.
pub(super) fn last_part(at: &str) -> &str {
    at.rsplit_once('/').map_or(at, |(_, last)| last)
}

/// The states of a life, as one line.
fn line(spans: &[LifeSpan], (from, to): (i64, i64)) -> String {
    let width = f64::from(LINE);
    let x =
        |time: i64| (time.saturating_sub(from) as f64 / to.saturating_sub(from).max(1) as f64).clamp(0.0, 1.0) * width;
    let mut out = format!(
        r#"<svg class="lifeline" viewBox="0 0 {LINE} 10" height="10" preserveAspectRatio="none" aria-hidden="true">"#
    );
    for span in spans {
        let (left, right) = (x(span.from), x(span.to));
        let _ = write!(
            out,
            r#"<rect x="{left:.1}" y="1" width="{:.1}" height="8" fill="var(--{})"/>"#,
            (right - left).max(0.6),
            token(span.state)
        );
    }
    out + "</svg>"
}
