//! The heap's page: one lens, five drawings of it.

mod call_graph;
mod flame;
pub(crate) mod growth;
mod sandwich;
mod table;

use analysis::query::Package;
use leptos::prelude::*;

use crate::live::{flag, part, text};
use crate::state::{Looking, Tab};

/// The page.
#[component]
pub(crate) fn Heap() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let tab = Memo::new(move |_| looking.state.with(|state| state.tab));
    view! {
        {part(move || match tab.get() {
            Tab::Table => view! { <table::Table/> }.into_any(),
            Tab::Flame => view! { <flame::Flame/> }.into_any(),
            Tab::Sandwich => view! { <sandwich::Sandwich/> }.into_any(),
            Tab::Graph => view! { <call_graph::CallGraph/> }.into_any(),
            Tab::Growth => view! { <growth::GrowthPage/> }.into_any(),
        })}
    }
}

/// Which drawing.
#[component]
pub(crate) fn Tabs() -> impl IntoView {
    let looking = expect_context::<Looking>();
    view! {
        <span class="end seg" role="group" aria-label="Drawings">
            {Tab::ALL.iter().map(|&tab| {
                let is_on = move || looking.state.with(|state| state.tab == tab);
                view! { <button class:on=flag(is_on) aria-pressed=text(move || is_on().to_string()) data-testid=format!("heap-{}", tab.key()) on:click=move |_| looking.set(|state| state.tab = tab)>{tab.title()}</button> }
            }).collect_view()}
        </span>
    }
}

/// The class of a package's hue.
pub(crate) fn hue(package: Package) -> &'static str {
    match package {
        Package::Main => "main",
        Package::Sync => "sync",
        Package::Runtime => "runtime",
        Package::Compress => "compress",
        Package::Other => "other",
    }
}

/// The token of a package's strong hue.
pub(crate) fn hue_token(package: Package) -> String {
    format!("pk-{}-f", hue(package))
}

/// All groups, for keys to drawings.
pub(crate) const PACKAGES: [(Package, &str); 5] = [
    (Package::Main, "main and modules"),
    (Package::Sync, "sync"),
    (Package::Runtime, "runtime"),
    (Package::Compress, "compress"),
    (Package::Other, "standard library"),
];
