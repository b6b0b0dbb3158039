//! Callers above, the function, callees below.

use analysis::query::{Answer, Neighbour, Query, SandwichAnswer};
use leptos::prelude::*;

use super::{Tabs, hue};
use crate::client::{Client, use_answer};
use crate::format::{Scale, share};
use crate::live::{on, part};
use crate::state::Looking;

/// The page.
#[component]
pub(crate) fn Sandwich() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let answer = use_answer(move || {
        let node = looking.state.with(|state| state.selected.clone());
        (client.epoch.get() > 0 && !node.is_empty()).then(|| Query::Sandwich { lens: looking.lens(), node })
    });
    view! {
        <div class="hd"><h2>"Callers and callees"</h2><span class="dim">"a call counts once per stack, as in pprof’s peek"</span><Tabs/></div>
        {part(move || match answer.get() {
            None => view! { <p class="pad dim first">"Select a function in the table or the flame graph; its callers and callees stand here."</p> }.into_any(),
            Some(Ok(Answer::Sandwich(Some(found)))) => view! { <Both found/> }.into_any(),
            Some(Err(words)) => view! { <p class="pad warn first">{words}</p> }.into_any(),
            Some(Ok(_)) => view! { <p class="pad dim first">"The selected function is not in what the filters leave."</p> }.into_any(),
        })}
    }
}

#[component]
fn Both(found: SandwichAnswer) -> impl IntoView {
    let scale = Scale::for_values(&found.unit, found.cum);
    let unit = if scale.unit.is_empty() { found.unit.clone() } else { scale.unit.to_owned() };
    let cum = found.cum;
    view! {
        <div class="xscroll"><Side title="Called by" empty="Nobody: it is at the root of its stacks." rows=found.callers.clone() scale cum unit=unit.clone() testid="callers-table"/></div>
        <div class="middle"><b class="sym">{found.node.clone()}</b>
            <span>{format!("flat {}", scale.with_unit(found.flat as f64))}</span><span>{format!("cum {}, {} of all", scale.with_unit(found.cum as f64), share(found.cum, found.total))}</span></div>
        <div class="xscroll"><Side title="Calls" empty="Nobody: it is the leaf of its stacks." rows=found.callees.clone() scale cum unit testid="callees-table"/></div>
    }
}

#[component]
fn Side(
    title: &'static str,
    empty: &'static str,
    rows: Vec<Neighbour>,
    scale: Scale,
    cum: i64,
    unit: String,
    testid: &'static str,
) -> impl IntoView {
    let looking = expect_context::<Looking>();
    if rows.is_empty() {
        return view! { <p class="pad dim first">{format!("{title}: {empty}")}</p> }.into_any();
    }
    view! {
        <table data-testid=testid><thead><tr><th class="l">{title}</th><th>"value"<small>{unit}</small></th><th>"share"</th><th class="l bar">"of the function’s value"</th></tr></thead><tbody>
            {rows.into_iter().map(|row| {
                let name = row.name.clone();
                let part = if cum == 0 { 0.0 } else { (row.weight as f64 / cum as f64).clamp(0.0, 1.0) * 100.0 };
                view! { <tr><td class="l sym" title=row.name.clone()><span class=format!("chip {}", hue(row.package))></span><button class="name" on:click=on(move |_| looking.set(|state| state.selected.clone_from(&name)))>{row.name.clone()}</button>{row.is_inlined.then(|| view! { <small class="dim">" inlined"</small> })}</td>
                    <td>{scale.text(row.weight as f64)}</td><td>{share(row.weight, cum)}</td><td class="l bar"><i class=hue(row.package) style=format!("width:{part:.1}%")></i></td></tr> }
            }).collect_view()}
        </tbody></table>
    }.into_any()
}
