//! Everything known of what is selected.

use analysis::query::{Answer, InspectAnswer, Query, ValueRow};
use leptos::prelude::*;

use crate::client::use_answer;
use crate::findings::FindingDetail;
use crate::format::{Scale, millis, value};
use crate::heap::hue;
use crate::live::{on, part};
use crate::made::MadePage;
use crate::state::{Looking, Tab, View};

/// The panel on the right: a finding's whole story on its page, a node's elsewhere.
#[component]
pub(crate) fn Inspector() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let shown = Memo::new(move |_| looking.state.with(|state| state.view));
    view! {
        <aside class="insp" aria-label="Inspector" data-testid="inspector">
            {part(move || match shown.get() {
                View::Findings => view! { <FindingDetail/> }.into_any(),
                View::Timeline => view! { <crate::timeline::TraceInspector/> }.into_any(),
                View::States => view! { <crate::states::StatesInspector/> }.into_any(),
                _ => view! { <Node/> }.into_any(),
            })}
            <MadePage part="note"/>
        </aside>
    }
}

#[component]
fn Node() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let answer = use_answer(move || {
        let node = looking.state.with(|state| state.selected.clone());
        (!node.is_empty()).then(|| Query::Inspect { lens: looking.lens(), node })
    });
    part(move || {
        match answer.get() {
        None => view! { <p class="pad dim first">"Select a function to see its values, its stacks and its course over the snapshots."</p> }.into_any(),
        Some(Ok(Answer::Inspect(Some(found)))) => view! { <Known found/> }.into_any(),
        Some(Ok(_)) => {
            let name = looking.state.with(|state| state.selected.clone());
            view! { <p class="pad dim first">{format!("{name} is not in what the filters leave.")}</p> }.into_any()
        }
        Some(Err(words)) => view! { <p class="pad warn first">{words}</p> }.into_any(),
    }
    })
}

#[component]
fn Known(found: InspectAnswer) -> impl IntoView {
    let looking = expect_context::<Looking>();
    let has_base = !found.base.is_empty();
    let elapsed =
        found.seconds.map_or(String::new(), |seconds| format!("per second over {}", millis(seconds * 1000.0)));
    let go = move |tab: Tab| looking.set(|state| (state.view, state.tab) = (View::Heap, tab));
    let unit = found.series_type.1.clone();
    let stacks = found.stacks.clone();
    let count = found.stack_count;
    let samples = found.samples.map_or("exact".to_owned(), |samples| format!("{samples:.0} samples, 95% interval"));
    view! {
        <div class="hd"><span class=format!("chip {}", hue(found.package))></span><h2 class="sym wrap">{found.node.clone()}</h2></div>
        <p class="xs dim pad path" title=found.place.clone()>"\u{200e}" {found.place.clone()}</p>
        <div class="sec"><div class="hd"><h2>"Values"</h2><span class="dim">{elapsed}</span></div>
            <div class="pad"><table class="kv">
                <thead><tr><th class="l">"with all it called"</th>{has_base.then(|| view! { <th>"base"</th> })}<th>"now"</th>{has_base.then(|| view! { <th>"Δ"</th><th>"/s"</th> })}</tr></thead>
                <tbody>{found.values.iter().map(|row| view! { <Value row=row.clone() has_base/> }).collect_view()}</tbody>
            </table></div></div>
        {(found.series.len() > 1).then(|| {
            let largest = found.series.iter().map(|point| point.high as i64).max().unwrap_or(0);
            let scale = Scale::for_values(&unit, largest);
            view! {
                <div class="sec"><div class="hd"><h2>{found.series_type.0.clone()}</h2><span class="dim">{format!("{} {samples}", scale.unit)}</span></div>
                    <div class="pad"><Course points=found.series.clone() scale/></div></div>
            }
        })}
        {(!found.reads_as.is_empty()).then(|| view! {
            <div class="sec"><div class="hd"><h2>"Reads as"</h2></div><div class="pad"><table class="kv"><tbody>
                {found.reads_as.iter().map(|(label, words)| view! { <tr><td>{label.clone()}</td><td>{words.clone()}</td></tr> }).collect_view()}
            </tbody></table></div></div>
        })}
        <div class="sec"><div class="hd"><h2>"Stacks"</h2><span class="dim">{format!("{} of {count}", stacks.len())}</span></div>
            {stacks.into_iter().map(|stack| view! { <div class="pad"><p class="xs dim">{value(&unit, stack.value)}</p><Frames frames=stack.frames selected=found.node.clone()/></div> }).collect_view()}
        </div>
        <div class="sec"><div class="hd"><h2>"Also in"</h2></div><div class="pad"><ul class="links">
            <li><span class="t">"Callers and callees"</span><button class="go" on:click=on(move |_| go(Tab::Sandwich))>"Sandwich"</button></li>
            <li><span class="t">"Over the snapshots"</span><button class="go" on:click=on(move |_| go(Tab::Growth))>"Growth"</button></li>
            {found.findings.iter().map(|(at, claim)| {
                let at = *at as usize;
                view! { <li><span class="t" title=claim.clone()>{claim.clone()}</span><button class="go" on:click=on(move |_| looking.set(|state| (state.view, state.finding) = (View::Findings, at)))>"Finding"</button></li> }
            }).collect_view()}
        </ul></div></div>
    }
}

#[component]
fn Value(row: ValueRow, has_base: bool) -> impl IntoView {
    let largest = row.current.unsigned_abs().max(row.base.unwrap_or(0).unsigned_abs()).min(i64::MAX as u64) as i64;
    let scale = Scale::for_values(&row.unit, largest);
    let name = if scale.unit.is_empty() { row.name.clone() } else { format!("{} {}", row.name, scale.unit) };
    let sign = match row.delta {
        Some(delta) if delta > 0 && row.is_significant => "plus",
        Some(delta) if delta < 0 && row.is_significant => "minus",
        _ => "dim",
    };
    let noise =
        (row.delta.is_some_and(|delta| delta != 0) && !row.is_significant).then_some("within what sampling explains");
    view! {
        <tr><td><code>{name}</code></td>
            {has_base.then(|| view! { <td>{row.base.map(|base| scale.text(base as f64))}</td> })}
            <td><b>{scale.text(row.current as f64)}</b></td>
            {has_base.then(|| view! { <td class=sign title=noise>{row.delta.map(|delta| scale.delta(delta).replace("▲ ", "").replace("▼ ", ""))}</td><td>{row.per_second.map(|rate| scale.text(rate.round()))}</td> })}
        </tr>
    }
}

/// A line with its interval over the snapshots.
#[component]
pub(crate) fn Course(points: Vec<analysis::query::Point>, scale: Scale) -> impl IntoView {
    const WIDTH: f64 = 236.0;
    const HEIGHT: f64 = 56.0;
    let top = points.iter().map(|point| point.high).fold(1.0_f64, f64::max);
    let step = WIDTH / (points.len().max(2) - 1) as f64;
    let y = move |value: f64| 4.0 + HEIGHT - value.max(0.0) / top * HEIGHT;
    let at = |(index, value): (usize, f64)| format!("{:.1},{:.1}", 6.0 + index as f64 * step, y(value));
    let line: Vec<String> = points.iter().map(|point| point.value as f64).enumerate().map(at).collect();
    let mut band: Vec<String> = points.iter().map(|point| point.high).enumerate().map(at).collect();
    band.extend(points.iter().map(|point| point.low).enumerate().map(at).collect::<Vec<_>>().into_iter().rev());
    let last = points.last().copied();
    let end = last.map_or(0.0, |point| point.value as f64);
    let half = last.map_or(0.0, |point| (point.high - point.low) / 2.0);
    let dots = line
        .iter()
        .filter_map(|point| point.split_once(','))
        .map(|(x, y)| view! { <circle cx=x.to_owned() cy=y.to_owned() r="2.2" fill="var(--plus)"/> })
        .collect_view();
    view! {
        <svg viewBox="0 0 300 76" width="100%" role="img" aria-label="Over the snapshots; the growth view has the numbers">
            <path d=format!("M6 {}H{}", HEIGHT + 4.5, WIDTH + 6.0) stroke="var(--line-2)"/>
            <polygon points=band.join(" ") fill="var(--plus-fill)" opacity=".25"/>
            <polyline points=line.join(" ") fill="none" stroke="var(--plus)" stroke-width="1.5"/>{dots}
            <text class="v" x=WIDTH + 13.0 y=y(end).clamp(12.0, 48.0)>{scale.text(end)}</text>
            <text x=WIDTH + 13.0 y=y(end).clamp(12.0, 48.0) + 13.0>{(half > 0.0).then(|| format!("± {}", scale.text(half)))}</text>
            <text x="3" y="74">"first"</text><text x=WIDTH - 10.0 y="74">"last"</text>
        </svg>
    }
}

/// A stack, leaf first; the selected frame is strong.
#[component]
pub(crate) fn Frames(frames: Vec<analysis::findings::SiteFrame>, selected: String) -> impl IntoView {
    const SHOWN: usize = 12;
    let more = frames.len().saturating_sub(SHOWN);
    view! {
        <ol class="frames">
            {frames.into_iter().take(SHOWN).map(|frame| {
                let strong = frame.function == selected;
                let place = format!("{}:{}", frame.file, frame.line);
                view! { <li style=format!("--c:var(--{})", crate::heap::hue_token(analysis::query::package_of(&frame.function))) title=place><span class:strong=strong>{frame.function.clone()}</span><span class="ln">{(frame.line > 0).then_some(frame.line)}</span></li> }
            }).collect_view()}
            {(more > 0).then(|| view! { <li><span class="dim">{format!("{more} more")}</span></li> })}
        </ol>
    }
}
