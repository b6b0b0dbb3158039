//! The largest sites over the snapshots, with their intervals; hover reads values.

mod chart;

use analysis::query::{Answer, GrowthAnswer, Query};
use leptos::html::Canvas;
use leptos::prelude::*;

use super::Tabs;
use crate::canvas::use_redraw;
use crate::client::{Client, use_answer};
use crate::format::{Scale, value};
use crate::live::{either, part, text, when};
use crate::state::Looking;
use chart::{draw, snapshot_at};

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
        }, || view! { <p class="pad dim first">"Growth needs two snapshots of one kind or more: take another one later and drop it here too. curl -so heap.1.pb.gz localhost:6060/debug/pprof/heap"</p> })}
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
    Effect::new(move |_| {
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
                    Some((
                        line.name.clone(),
                        format!(
                            "{} ({} – {})",
                            value(&growth.unit, point.value),
                            value(&growth.unit, point.low as i64),
                            value(&growth.unit, point.high as i64)
                        ),
                    ))
                })
                .collect();
            let note = if *repeats { ", same numbers as before" } else { "" };
            Some((format!("{name}, {seconds:.3}{note}"), lines))
        })
    };
    view! {
        <div class="chartbox">
            <canvas node_ref=canvas class=class data-testid="growth" role="img" aria-label="Values over the snapshots; the table has the numbers" on:mousemove=follow on:mouseleave=move |_| hovered.set(None)></canvas>
            {part(move || read().map(|(head, lines)| view! { <div class="tip fixed"><b>{head}</b>{lines.into_iter().map(|(name, words)| view! { <span><code>{name}</code>" "{words}</span> }).collect_view()}</div> }))}
        </div>
    }
}

/// The numbers of the chart.
#[component]
fn Lines(growth: Memo<Option<GrowthAnswer>>) -> impl IntoView {
    let looking = expect_context::<Looking>();
    view! {
        <div class="xscroll sec"><table data-testid="growth-table">
            <thead><tr><th class="l">"Function"</th>{part(move || growth.with(|g| g.as_ref().map(|g| g.snapshots.iter().map(|(name, ..)| view! { <th>{name.split('.').take(2).collect::<Vec<_>>().join(".")}</th> }).collect_view())))}<th>"slope"</th><th>"p"</th><th>"share of growth"</th></tr></thead>
            <tbody>{part(move || growth.with(|g| g.as_ref().map(|g| {
                let largest = g.lines.iter().flat_map(|line| &line.points).map(|point| point.value).max().unwrap_or(0);
                let scale = Scale::for_values(&g.unit, largest);
                g.lines.iter().map(|line| {
                    let name = line.name.clone();
                    let slope = format!("{}{}", value(&g.unit, line.slope as i64), if g.has_times { "/s" } else { "" });
                    view! { <tr><td class="l sym"><span class=format!("chip {}", super::hue(line.package))></span><button class="name" on:click=move |_| looking.set(|s| s.selected.clone_from(&name))>{line.name.clone()}</button></td>
                        {line.points.iter().map(|point| view! { <td title=format!("95%: {} – {}", scale.with_unit(point.low), scale.with_unit(point.high))>{scale.with_unit(point.value as f64)}</td> }).collect_view()}
                        <td>{slope}</td><td>{format!("{:.3}", line.p)}</td><td>{analysis::words::percent(line.share)}</td></tr> }
                }).collect_view()
            })))}</tbody>
        </table></div>
    }
}
