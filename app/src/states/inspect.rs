//! Everything known of what is selected: an object's life, a state, an edge; and whether the pool adds up.

use std::fmt::Write;

use analysis::lifecycle::State;
use analysis::markup::escaped;
use analysis::query::{Answer, LifeAnswer, LifeEvent, LifeQuery, PoolRow, Query, StatesAnswer};
use analysis::words::number;
use leptos::html::Div;
use leptos::prelude::*;

use super::data::{FRAMES, States, objects_at};
use super::graph::token;
use super::look::{Pick, key};
use super::objects::last_part;
use super::pools::verdict;
use super::{act, moments};
use crate::client::use_answer;
use crate::format::{share, sparkline, value};
use crate::live::on;
use crate::markup::{Markup, attribute, moment, rate, time};
use crate::state::{Looking, Tab};

/// Events of a life at first; each turn shows as many more.
const EVENTS: u32 = 40;

/// The panel.
#[component]
pub(crate) fn StatesInspector() -> impl IntoView {
    let states = expect_context::<States>();
    let looking = expect_context::<Looking>();
    let limit = RwSignal::new(EVENTS);
    let wanted = Memo::new(move |_| {
        let life = states.look().object;
        limit.set(EVENTS);
        states.shown.with(|row| row.as_ref().map(|row| row.key)).zip(life)
    });
    let answer = use_answer(move || {
        let (key, number) = wanted.get()?;
        Some(Query::Life(LifeQuery { key, number, offset: 0, limit: limit.get() }))
    });
    let of = move || {
        let look = states.look();
        let life = wanted.get().and_then(|_| match answer.get() {
            Some(Ok(Answer::Life(life))) => life,
            _ => None,
        });
        let row = states.shown.get();
        states.graph.with(|graph| {
            let Some((graph, row)) = graph.as_ref().zip(row.as_ref()) else {
                return r#"<p class="pad dim first">Choose a pool to see its objects' states.</p>"#.to_owned();
            };
            let mut out = String::new();
            if let Some(life) = &life {
                self::life(&mut out, life, graph, row.gets.is_none());
            }
            match look.pick {
                Pick::State(state) => self::state(&mut out, graph, state),
                Pick::Edge(from, to) => edge(&mut out, graph, from, to),
                Pick::Nothing if life.is_none() => {
                    out += r#"<p class="pad dim first">Select a box, an edge or an object: the table below follows, and this panel tells more.</p>"#;
                }
                Pick::Nothing => {}
            }
            balance(&mut out, graph);
            pool(&mut out, row);
            if row.gets.is_some() {
                two_moments(&mut out, graph, states.moment.get());
            }
            doubts(&mut out, graph);
            out
        })
    };
    let click = move |event: web_sys::MouseEvent| {
        if attribute(&event, "data-more").is_some() {
            return limit.update(|limit| *limit = limit.saturating_mul(5));
        }
        if let Some(wanted) = attribute(&event, "data-compare") {
            let bounds = states.graph.with_untracked(|graph| graph.as_ref().map_or((0, 0), |graph| graph.window));
            let to = states.moment.get_untracked().unwrap_or(bounds.1);
            let file = states.shown.with_untracked(|row| row.as_ref().map_or(String::new(), |row| row.file.clone()));
            let tab = if wanted == "flame" { Tab::Flame } else { Tab::Table };
            return moments::compare(looking, &file, (bounds.0, to), tab);
        }
        act(states, &event);
    };
    let node = NodeRef::<Div>::new();
    view! { <div on:click=on(click)><Markup of=Box::new(of) class="statesinsp" node/></div> }
}

fn head(out: &mut String, title: &str, note: &str) {
    let _ = write!(out, r#"<div class="hd"><h2>{title}</h2><span class="dim">{note}</span></div>"#);
}

/// Rows of words and values.
fn rows(out: &mut String, rows: &[(String, String)]) {
    *out += r#"<div class="pad"><table class="kv"><tbody>"#;
    for (words, value) in rows {
        let _ = write!(out, "<tr><td>{words}</td><td>{value}</td></tr>");
    }
    *out += "</tbody></table></div>";
}

fn row(words: &str, value: String) -> (String, String) {
    (words.to_owned(), value)
}

fn life(out: &mut String, life: &LifeAnswer, answer: &StatesAnswer, is_type: bool) {
    let object = &life.object;
    let cycles = u64::from(object.generation);
    let uses = match () {
        () if !is_type => format!("handed out {}, ", times(cycles)),
        () if object.state.is_end() => format!("survived {} of the collector, ", cycle_words(cycles)),
        () => String::new(),
    };
    let age = object.age_nanos.map_or(String::new(), |age| format!(" for {}", time(age)));
    let _ = write!(
        out,
        r#"<div class="hd"><h2>Object #{}</h2><span class="dim">{}{age}</span><button class="go" data-object="" aria-label="Drop the selection of the object">×</button></div><p class="pad xs dim">{uses}{} events, {}</p>"#,
        object.number,
        object.state.name(),
        number(life.total),
        if object.bytes == 0 { "size not measured".to_owned() } else { value("bytes", object.bytes as i64) },
    );
    if let Some((&first, &last)) = life.sizes.first().zip(life.sizes.last())
        && life.sizes.iter().any(|(_, bytes)| *bytes != first.1)
    {
        let series: Vec<i64> = life.sizes.iter().map(|(_, bytes)| *bytes as i64).collect();
        let most = series.iter().copied().max().unwrap_or(0);
        head(
            out,
            "Size",
            &format!(
                "{} to {}, at most {}",
                value("bytes", first.1 as i64),
                value("bytes", last.1 as i64),
                value("bytes", most)
            ),
        );
        let _ = write!(
            out,
            r#"<div class="pad"><svg viewBox="-2 -2 290 46" width="100%" role="img" aria-label="Sizes over the life"><path d="M0 42H286" stroke="var(--line-2)"/><polyline points="{}" fill="none" stroke="var(--ink-2)" stroke-width="1.5"/></svg></div>"#,
            sparkline(&series, 286.0, 42.0)
        );
    }
    head(out, "Life", "when, what, where, how long");
    *out += r#"<ol class="life" data-testid="life">"#;
    // The recorder notes again and again that an object is still out: once, with how often, is enough.
    let is_again =
        |a: &LifeEvent, b: &LifeEvent| a.stays_nanos.is_none() && b.stays_nanos.is_none() && a.what == b.what;
    for events in life.events.chunk_by(is_again) {
        if let Some(first) = events.first() {
            self::event(out, first, events.len());
        }
    }
    *out += "</ol>";
    let rest = life.total.saturating_sub(life.events.len() as u64);
    if rest > 0 {
        let _ = write!(
            out,
            r#"<p class="pad"><button class="btn" id="life-more" data-more="1">{} more</button></p>"#,
            number(rest)
        );
    } else {
        let _ = write!(out, r#"<p class="pad xs dim">The record ends at {}.</p>"#, moment(answer.span.1));
    }
}

fn cycle_words(count: u64) -> String {
    if count == 1 { "1 cycle".to_owned() } else { format!("{} cycles", number(count)) }
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{} times", number(count)),
    }
}

fn event(out: &mut String, event: &LifeEvent, times: usize) {
    let is_bad = !event.violation.is_empty();
    let what = if is_bad { format!("◆ {}: {}", event.what, event.violation) } else { event.what.clone() };
    let what = if times > 1 { format!("{what} × {times}") } else { what };
    let mut notes: Vec<String> = Vec::new();
    if !event.at.is_empty() {
        notes.push(format!("<code>{}</code>", escaped(last_part(&event.at))));
    }
    if !event.thread.is_empty() {
        notes.push(escaped(&event.thread));
    }
    if let Some(bytes) = event.bytes.filter(|bytes| *bytes > 0) {
        notes.push(value("bytes", bytes as i64));
    }
    let stay = event.stays_nanos.map_or(String::new(), |nanos| format!("{} {}", event.state.name(), time(nanos)));
    let stack = event.stack.iter().map(|frame| escaped(frame)).collect::<Vec<_>>().join("\n");
    let _ = write!(
        out,
        r#"<li class="{}" style="--c:var(--{})" title="{stack}"><span class="w">{}</span><span class="t">{}</span><span class="n">{}</span><span class="s">{stay}</span></li>"#,
        if is_bad { "bad" } else { "" },
        token(event.state),
        escaped(&what),
        moment(event.time),
        notes.join(" · "),
    );
}

fn state(out: &mut String, answer: &StatesAnswer, state: State) {
    let said = match state {
        State::Outside => "made by the pool or brought in",
        State::Active => "handed out",
        State::Returned => "given back, not yet reset",
        State::Idle => "in the pool, to be handed out",
        State::Victim => "outlived one purge: the next drops it",
        State::Collected => "dropped by a purge, or freed",
        State::Dropped => "the pool was full, the object too large, or the pool closed",
        State::Abandoned => "its holder went away without giving it back",
        State::Detached => "taken out of the pool, legally",
        State::Unknown => "there, and the record does not say where",
    };
    let _ = write!(
        out,
        r#"<div class="hd"><i class="chip" style="--c:var(--{})"></i><h2>{}</h2><span class="dim">{said}</span><button class="go" data-pick="{}" aria-label="Drop the selection">×</button></div>"#,
        token(state),
        state.name(),
        key(state)
    );
    let Some(objects) = objects_at(answer, state, FRAMES - 1) else {
        *out += r#"<p class="pad">This record cannot tell which objects are here: unknown, not none.</p>"#;
        return;
    };
    let mut facts = vec![row("Objects at the window's end", number(objects))];
    if let Some(dwell) = answer.dwell.iter().find(|dwell| dwell.state == state && dwell.ended + dwell.censored > 0) {
        let quantile = |value: Option<u64>| value.map_or("more than was seen".to_owned(), time);
        facts.extend([
            row("Half stay at most", quantile(dwell.p50_nanos)),
            row("90 of 100", quantile(dwell.p90_nanos)),
            row("99 of 100", quantile(dwell.p99_nanos)),
            row("Stays that ended", number(dwell.ended)),
            row("Not ended with the window", number(dwell.censored)),
        ]);
    }
    rows(out, &facts);
    let way = |edge: &&analysis::query::StateEdge| edge.count > 0;
    for (title, is_in) in [("Comes from", true), ("Goes to", false)] {
        let own = |edge: &&analysis::query::StateEdge| if is_in { edge.to == state } else { edge.from == state };
        let ways: Vec<(String, String)> = answer
            .edges
            .iter()
            .filter(own)
            .filter(way)
            .map(|edge| {
                let other = if is_in { edge.from } else { edge.to };
                (format!("{} ({})", escaped(&edge.name), other.name()), number(edge.count))
            })
            .collect();
        if !ways.is_empty() {
            head(out, title, "in the window");
            rows(out, &ways);
        }
    }
}

fn edge(out: &mut String, answer: &StatesAnswer, from: State, to: State) {
    let origin = if from == State::Outside { "NEW or elsewhere" } else { from.name() };
    let taken = answer.edges.iter().find(|edge| (edge.from, edge.to) == (from, to));
    let kinds: Vec<_> = answer.violations.iter().filter(|kind| (kind.from, kind.to) == (from, to)).collect();
    let name =
        taken.map(|edge| edge.name.clone()).or_else(|| kinds.first().map(|kind| kind.name.clone())).unwrap_or_default();
    let class = if kinds.is_empty() { "" } else { "bad" };
    let mark = if kinds.is_empty() { "" } else { "◆ " };
    let _ = write!(
        out,
        r#"<div class="hd"><h2 class="{class}">{mark}{}</h2><span class="dim">{origin} → {}</span><button class="go" data-pick="{}" aria-label="Drop the selection">×</button></div>"#,
        escaped(&name),
        to.name(),
        Pick::Edge(from, to).to_text()
    );
    let mut facts = Vec::new();
    if let Some(edge) = taken {
        facts.push(row("In the window", number(edge.count)));
        facts.push(row("A second", rate(edge.per_second)));
        if let Some(median) = edge.median_nanos {
            facts.push((format!("Half stay {} at most", from.name()), time(median)));
        }
        let leaving: u64 = answer.edges.iter().filter(|edge| edge.from == from).map(|edge| edge.count).sum();
        if leaving > 0 && from != State::Outside {
            facts.push((format!("Of all that leave {}", from.name()), share(edge.count as i64, leaving as i64)));
        }
    }
    for kind in kinds {
        facts.push((format!(r#"<span class="bad">◆ {}</span>"#, escaped(&kind.name)), number(kind.count)));
        facts.push(row("refused by the pool", number(kind.refused)));
    }
    rows(out, &facts);
}

fn balance(out: &mut String, answer: &StatesAnswer) {
    let balance = &answer.balance;
    head(
        out,
        "Balance",
        if balance.is_counted {
            "objects made = accounted for; the pool’s own counts"
        } else {
            "objects made = accounted for; whole record"
        },
    );
    let chip = |name: &str| {
        let state = match name {
            "Active" => State::Active,
            "Idle" => State::Idle,
            "Victim" => State::Victim,
            "Returned" => State::Returned,
            "There" | "Not known where" => State::Unknown,
            _ => State::Collected,
        };
        format!(r#"<i class="chip" style="--c:var(--{})"></i> {name}"#, token(state))
    };
    let mut facts: Vec<(String, String)> = balance.came.iter().map(|(name, count)| row(name, number(*count))).collect();
    facts.extend(balance.accounted.iter().map(|(name, count)| (chip(name), number(*count))));
    rows(out, &facts);
    let _ = write!(out, r#"<p class="pad" data-testid="balance">{}</p>"#, verdict(balance.unaccounted));
}

fn pool(out: &mut String, pool: &PoolRow) {
    let Some(gets) = pool.gets else { return };
    head(out, "Gets", &format!("{}, by where they were served", number(gets)));
    let part = |count: u64| format!("{} · {}", number(count), share(count as i64, gets as i64));
    let served = [
        ("Private slot", pool.hits_private),
        ("Own queue", pool.hits_shared),
        ("Stolen", pool.hits_stolen),
        ("Idle, tier not told", Some(pool.hits_unplaced).filter(|&hits| hits > 0)),
        ("Victims", pool.hits_victim),
        ("Missed, made anew", pool.missed),
    ];
    // What the record cannot tell has no row.
    let mut facts: Vec<(String, String)> =
        served.into_iter().filter_map(|(words, count)| Some(row(words, part(count?)))).collect();
    if pool.waits > 0 {
        let waited = if pool.wait_nanos > 0 { format!(", {}", time(pool.wait_nanos)) } else { String::new() };
        facts.push(row("Waits", format!("{}{waited}", number(pool.waits))));
    }
    if let Some(contended) = pool.contended.filter(|&count| count > 0) {
        facts.push(row("Locked queues", format!("{}, {}", number(contended), time(pool.contended_nanos))));
    }
    if let Some(bytes) = pool.retained_bytes {
        facts.push(row("Retains", value("bytes", bytes as i64)));
    }
    rows(out, &facts);
}

fn two_moments(out: &mut String, answer: &StatesAnswer, at: Option<i64>) {
    let to = at.unwrap_or(answer.window.1);
    head(out, "Two moments", "by call site");
    let _ = write!(
        out,
        r#"<p class="pad">What was handed out and is out at {} against {}, of all pools of the file.</p><p class="pad"><button class="btn" id="compare-table" data-compare="table" data-testid="compare-table">Table</button> <button class="btn" id="compare-flame" data-compare="flame" data-testid="compare-flame">Flame graph</button></p>"#,
        moment(to),
        moment(answer.window.0)
    );
}

fn doubts(out: &mut String, answer: &StatesAnswer) {
    if answer.doubts.is_empty() && answer.record_every <= 1 {
        return;
    }
    head(out, "Less sure here", "");
    for doubt in &answer.doubts {
        let _ = write!(out, r#"<p class="pad warn">{}</p>"#, escaped(doubt));
    }
    if answer.record_every > 1 {
        let _ = write!(
            out,
            r#"<p class="pad">One get in {} is recorded with its put: edges and times are of those{}.</p>"#,
            number(u64::from(answer.record_every)),
            if answer.balance.is_counted { ", counts of objects are the pool’s own" } else { "" }
        );
    }
}
