//! The largest sites over the snapshots, with their intervals; hover reads values.

mod chart;

use analysis::query::{Answer, GrowthAnswer, Query};
use analysis::words::without_path;
use leptos::html::Canvas;
use leptos::prelude::*;

use super::Tabs;
use crate::canvas::use_redraw;
use crate::client::{Client, use_answer};
use crate::format::{Scale, value};
use crate::live::{effect, either, on, part, text, when};
use crate::markup::nothing_here;
use crate::state::Looking;
use chart::{draw, ink_of, snapshot_at};

/// Lines drawn at once; more cannot be told apart.
const LINES: u32 = 6;

fn use_growth(lines: u32, node: impl Fn() -> String + Send + Sync + 'static) -> Memo<Option<GrowthAnswer>> {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let answer = use_answer(move || {
        (client.epoch.get() > 0).then(|| Query::Growth { lens: looking.lens(), lines, node: node() })
    });
    Memo::new(move |before: Option<&Option<GrowthAnswer>>| match answer.get() {
        Some(Ok(Answer::Growth(growth))) => Some(growth),
        _ => before.cloned().flatten(),
    })
}

/// The page.
#[component]
pub(crate) fn GrowthPage() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let growth = use_growth(LINES, move || looking.state.with(|state| state.selected.clone()));
    let about = move || {
        growth.with(|growth| {
            growth.as_ref().map_or(String::new(), |growth| {
                let when =
                    if growth.has_times { "seconds since the first" } else { "the files have no times: by position" };
                format!("{}, own value of each function; band: 95% interval; {when}", growth.sample_type)
            })
        })
    };
    view! {
        <div class="hd"><h2>"Growth"</h2><span class="dim hide-m">{text(about)}</span><Tabs/></div>
        {either(move || growth.with(|g| g.as_ref().is_some_and(|g| g.snapshots.len() > 1)), move || view! {
            <Chart growth class="growthchart"/>
            <Lines growth/>
        }, || view! { <div inner_html=nothing_here("Growth needs two snapshots of one kind or more: take another one later and drop it here too.", "curl -so heap.1.pb.gz localhost:6060/debug/pprof/heap")></div> })}
    }
}

/// The chart of one function, for a finding.
#[component]
pub(crate) fn SmallGrowth(#[prop(into)] node: String) -> impl IntoView {
    let wanted = node.clone();
    let all = use_growth(1, move || wanted.clone());
    let only = Memo::new(move |_| {
        all.with(|growth| {
            growth.as_ref().map(|growth| {
                let mut growth = growth.clone();
                growth.lines.retain(|line| line.name == node);
                growth
            })
        })
        .filter(|growth| !growth.lines.is_empty() && growth.snapshots.len() > 1)
    });
    view! { {when(move || only.with(Option::is_some), move || view! {
        <div class="hd"><h2>{text(move || only.with(|g| g.as_ref().map_or(String::new(), |g| g.sample_type.clone())))}</h2><span class="dim">{part(move || only.with(|g| g.as_ref().and_then(|g| Some((g, g.lines.first()?))).map_or(String::new(), |(g, line)| format!("95% interval · Theil–Sen {}{} · Mann–Kendall p {:.3}", value(&g.unit, line.slope as i64), if g.has_times { "/s" } else { "" }, line.p))))}</span></div>
        <Chart growth=only class="smallchart"/>
    })} }
}

#[component]
fn Chart(growth: Memo<Option<GrowthAnswer>>, class: &'static str) -> impl IntoView {
    let looking = expect_context::<Looking>();
    let canvas = NodeRef::<Canvas>::new();
    let redraw = use_redraw(canvas);
    let hovered = RwSignal::new(None::<usize>);
    effect(move || {
        redraw.track();
        let Some(canvas) = canvas.get() else { return };
        let selected = looking.state.with(|state| state.selected.clone());
        growth.with(|growth| {
            if let Some(growth) = growth {
                draw(&canvas, growth, hovered.get(), &selected)
            }
        });
    });
    let follow = move |event: web_sys::MouseEvent| {
        let found = canvas.get_untracked().and_then(|canvas| {
            growth.with_untracked(|growth| snapshot_at(growth.as_ref()?, &canvas, f64::from(event.offset_x())))
        });
        hovered.set(found);
    };
    let keys = move |event: web_sys::KeyboardEvent| {
        let last = growth.with_untracked(|growth| growth.as_ref().map_or(0, |g| g.snapshots.len().saturating_sub(1)));
        let next = match (event.key().as_str(), hovered.get_untracked()) {
            ("ArrowRight", at) => Some(at.map_or(0, |at| (at + 1).min(last))),
            ("ArrowLeft", at) => Some(at.map_or(last, |at| at.saturating_sub(1))),
            ("Escape", _) => None,
            _ => return,
        };
        event.prevent_default();
        hovered.set(next);
    };
    let read = move || {
        let at = hovered.get()?;
        growth.with(|growth| {
            let growth = growth.as_ref()?;
            let (name, seconds, repeats) = growth.snapshots.get(at)?;
            let lines: Vec<_> = growth
                .lines
                .iter()
                .filter_map(|line| {
                    let point = line.points.get(at)?;
                    let ends = format!(
                        "{} – {}",
                        value(&growth.unit, point.low as i64),
                        value(&growth.unit, point.high as i64)
                    );
                    Some((without_path(&line.name).to_owned(), value(&growth.unit, point.value), ends))
                })
                .collect();
            let note = if *repeats { ", same numbers as before" } else { "" };
            let when = if growth.has_times { format!(", {seconds:.3} s") } else { String::new() };
            // Beside the line that is read, on the side with more room.
            let side = if 2 * at >= growth.snapshots.len() { "left" } else { "right" };
            Some((format!("{name}{when}{note}"), lines, side))
        })
    };
    view! {
        <div class="chartbox">
            <canvas node_ref=canvas class=class data-testid="growth" tabindex="0" role="img" aria-label="Values over the snapshots; the table has the numbers. Left and right read them one snapshot after the other." on:mousemove=on(follow) on:mouseleave=on(move |_| hovered.set(None)) on:keydown=on(keys) on:blur=on(move |_| hovered.set(None))></canvas>
            {part(move || read().map(|(head, lines, side)| view! {
                <div class=format!("tip fixed {side}") data-testid="growth-tip" aria-live="polite"><b>{head}</b><table>{lines.into_iter().map(|(name, words, ends)| view! { <tr><td class="l sym">{name}</td><td>{words}</td><td class="dim">{ends}</td></tr> }).collect_view()}</table></div>
            }))}
        </div>
    }
}

/// The numbers of the chart.
#[component]
fn Lines(growth: Memo<Option<GrowthAnswer>>) -> impl IntoView {
    view! {
        <div class="xscroll sec">{part(move || growth.with(|growth| growth.as_ref().map(|growth| view! { <Numbers growth=growth.clone()/> })))}</div>
    }
}

#[component]
fn Numbers(growth: GrowthAnswer) -> impl IntoView {
    let looking = expect_context::<Looking>();
    let selected = looking.state.with(|state| state.selected.clone());
    let largest = growth.lines.iter().flat_map(|line| &line.points).map(|point| point.value).max().unwrap_or(0);
    let scale = Scale::for_values(&growth.unit, largest);
    let steepest = growth.lines.iter().map(|line| line.slope.abs() as i64).max().unwrap_or(0);
    let slopes = Scale::for_values(&growth.unit, steepest);
    let unit = |scale: Scale| if scale.unit.is_empty() { growth.unit.clone() } else { scale.unit.to_owned() };
    let slope_unit = if growth.has_times { format!("{}/s", unit(slopes)) } else { unit(slopes) };
    view! {
        <table data-testid="growth-table">
            <thead><tr><th class="l">"Function"</th>
                {growth.snapshots.iter().map(|(name, ..)| view! { <th class="snap" title=name.clone()>{name.trim_end_matches(".gz").trim_end_matches(".pb").to_owned()}<small>{unit(scale)}</small></th> }).collect_view()}
                <th title="Theil–Sen">"slope"<small>{slope_unit}</small></th><th title="Mann–Kendall: chance of so steady a course without a trend">"p"</th><th title="Share of the growth of the whole">"share"<small>"%"</small></th></tr></thead>
            <tbody>{growth.lines.iter().enumerate().map(|(rank, line)| {
                let name = line.name.clone();
                view! { <tr class:on={line.name == selected}><td class="l sym" title=line.name.clone()><span class="chip" style=format!("background:var(--{})", ink_of(rank))></span><button class="name" on:click=on(move |_| looking.set(|s| s.selected.clone_from(&name)))>{without_path(&line.name).to_owned()}</button></td>
                    {line.points.iter().map(|point| view! { <td class:zero={point.value == 0} title=format!("95%: {} – {}", scale.with_unit(point.low), scale.with_unit(point.high))>{scale.text(point.value as f64)}</td> }).collect_view()}
                    <td>{slopes.text(line.slope)}</td><td>{format!("{:.3}", line.p)}</td><td>{format!("{:.1}", line.share * 100.0).replace('-', "−")}</td></tr> }
            }).collect_view()}</tbody>
        </table>
    }
}
