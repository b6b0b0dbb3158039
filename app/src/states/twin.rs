//! The drawings as tables: states, transitions, breaches, objects over time.

use std::fmt::Write;

use analysis::lifecycle::State;
use analysis::markup::escaped;
use analysis::query::StatesAnswer;
use analysis::words::number;
use leptos::html::Div;
use leptos::prelude::*;

use super::data::{FRAMES, States, objects_at};
use super::graph::token;
use super::look::{Look, Pick, edge_key, key};
use crate::live::text;
use crate::markup::{Markup, moment, rate, time};

/// Rows of the table over time.
const MOMENTS: u32 = 12;

/// The tables.
#[component]
pub(super) fn Twin() -> impl IntoView {
    let states = expect_context::<States>();
    let of = move || {
        let look = states.look();
        states
            .graph
            .with(|graph| graph.as_ref().map_or(String::new(), |graph| tables(graph, &look, states.frame(graph))))
    };
    let node = NodeRef::<Div>::new();
    let when = move || {
        states.graph.with(|graph| {
            graph.as_ref().map_or(String::new(), |graph| {
                format!("objects as of {}", moment(states.moment.get().unwrap_or(graph.window.1)))
            })
        })
    };
    view! {
        <p class="pad xs dim">{text(when)}</p>
        <Markup of=Box::new(of) class="twins" node/>
    }
}

fn tables(answer: &StatesAnswer, look: &Look, frame: u32) -> String {
    let mut out = String::from(
        r#"<div class="xscroll"><table data-testid="states-table"><thead><tr><th class="l">state</th><th>objects</th><th>stays ended</th><th>not ended</th><th>p50</th><th>p90</th><th>p99</th><th title="Of all stays, those that had not ended at the longest time seen">still there<small>%</small></th></tr></thead><tbody>"#,
    );
    for node in &answer.nodes {
        let is_on = look.pick == Pick::State(node.state);
        let id = key(node.state);
        let objects = objects_at(answer, node.state, frame).map_or("unknown".to_owned(), number);
        let _ = write!(
            out,
            r#"<tr class="{}"><td class="l"><button class="name" id="row-{id}" data-pick="{id}" aria-pressed="{is_on}"><i class="chip" style="--c:var(--{})"></i>{}</button></td><td data-state="{id}">{objects}</td>"#,
            if is_on { "on" } else { "" },
            token(node.state),
            node.name
        );
        let timed = answer.dwell.iter().find(|dwell| dwell.state == node.state && dwell.ended + dwell.censored > 0);
        let quantile = |value: Option<u64>| value.map_or("–".to_owned(), time);
        out += &timed.map_or(r#"<td colspan="6"></td></tr>"#.to_owned(), |dwell| {
            format!(
                "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.1}</td></tr>",
                number(dwell.ended),
                number(dwell.censored),
                quantile(dwell.p50_nanos),
                quantile(dwell.p90_nanos),
                quantile(dwell.p99_nanos),
                dwell.still_there * 100.0
            )
        });
    }
    out += r#"</tbody></table></div><div class="xscroll sec"><table data-testid="edges-table"><thead><tr><th class="l">transition</th><th class="l">from</th><th class="l">to</th><th>count</th><th>a second</th><th title="Half of the objects stayed in the state it leaves no longer">p50 before</th></tr></thead><tbody>"#;
    for edge in &answer.edges {
        let id = edge_key(edge.from, edge.to);
        let is_on = look.pick == Pick::Edge(edge.from, edge.to);
        let count = if frame + 1 >= FRAMES {
            edge.count
        } else {
            edge.course.get(frame as usize).copied().unwrap_or(edge.count)
        };
        let (mark, class) = if edge.is_violation { ("◆ ", "bad") } else { ("", "") };
        let median = edge.median_nanos.filter(|_| edge.count > 0).map_or("–".to_owned(), time);
        let _ = write!(
            out,
            r#"<tr class="{}"><td class="l"><button class="name {class}" id="row-{id}" data-pick="{id}" aria-pressed="{is_on}">{mark}{}</button></td><td class="l">{}</td><td class="l">{}</td><td data-edge="{id}">{}</td><td>{}</td><td>{median}</td></tr>"#,
            if is_on { "on" } else { "" },
            escaped(&edge.name),
            edge.from.name(),
            edge.to.name(),
            number(count),
            rate(edge.per_second)
        );
    }
    out += "</tbody></table></div>";
    if !answer.violations.is_empty() {
        out += r#"<div class="xscroll sec"><table data-testid="breaches-table"><thead><tr><th class="l">breach of the contract</th><th>count</th><th>refused by the pool</th></tr></thead><tbody>"#;
        for kind in &answer.violations {
            let _ = write!(
                out,
                r#"<tr><td class="l bad">◆ {}</td><td>{}</td><td>{}</td></tr>"#,
                escaped(&kind.name),
                number(kind.count),
                number(kind.refused)
            );
        }
        out += "</tbody></table></div>";
    }
    over_time(&mut out, answer);
    out
}

fn over_time(out: &mut String, answer: &StatesAnswer) {
    *out += r#"<div class="xscroll sec"><table><thead><tr><th class="l">objects at</th>"#;
    let shown: Vec<&analysis::query::Band> = answer.bands.iter().filter(|band| band.state != State::Outside).collect();
    for band in &shown {
        let _ = write!(out, "<th>{}</th>", band.state.name());
    }
    *out += "</tr></thead><tbody>";
    let (from, to) = answer.window;
    for row in 0..MOMENTS {
        let column = (row + 1) * FRAMES / MOMENTS - 1;
        let at =
            from.saturating_add((to.saturating_sub(from) as f64 * f64::from(column + 1) / f64::from(FRAMES)) as i64);
        let _ = write!(out, r#"<tr><td class="l">{}</td>"#, moment(at));
        for band in &shown {
            let _ = write!(out, "<td>{}</td>", number(band.counts.get(column as usize).copied().unwrap_or(0)));
        }
        *out += "</tr>";
    }
    *out += "</tbody></table></div>";
}
