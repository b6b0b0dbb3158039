//! The heap's page: one lens, five drawings of it.

mod call_graph;
mod flame;
pub(crate) mod growth;
mod sandwich;
mod table;

use analysis::lens::Filter;
use analysis::query::Package;
use leptos::prelude::*;

use crate::live::{flag, on, part, text, when};
use crate::state::{Looking, Tab};

/// The page.
#[component]
pub(crate) fn Heap() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let tab = Memo::new(move |_| looking.state.with(|state| state.tab));
    view! {
        <crate::timeline::PartHead/>
        {part(move || match tab.get() {
            Tab::Table => view! { <table::Table/> }.into_any(),
            Tab::Flame => view! { <flame::Flame/> }.into_any(),
            Tab::Sandwich => view! { <sandwich::Sandwich/> }.into_any(),
            Tab::Graph => view! { <call_graph::CallGraph/> }.into_any(),
            Tab::Growth => view! { <growth::GrowthPage/> }.into_any(),
            Tab::Escape => view! { <div class="hd"><h2>"Escape"</h2><Tabs/></div><crate::made::MadePage/> }.into_any(),
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
                view! { <button class:on=flag(is_on) aria-pressed=text(move || is_on().to_string()) data-testid=format!("heap-{}", tab.key()) on:click=on(move |_| looking.set(|state| state.tab = tab))>{tab.title()}</button> }
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
pub(crate) fn hue_token(package: Package) -> &'static str {
    match package {
        Package::Main => "pk-main-f",
        Package::Sync => "pk-sync-f",
        Package::Runtime => "pk-runtime-f",
        Package::Compress => "pk-compress-f",
        Package::Other => "pk-other-f",
    }
}

/// Said in place of a drawing that has nothing to draw, with the way out.
#[component]
pub(crate) fn NothingLeft() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let why = move || looking.state.with(|state| why_nothing(&state.filter, &state.search));
    let is_filtered = move || looking.state.with(|state| state.filter != Filter::default() || !state.search.is_empty());
    view! {
        <div class="nothing" data-testid="nothing"><p>{text(why)}</p>
            {when(is_filtered, move || view! { <button class="btn" on:click=on(move |_| looking.set(|state| { state.filter = Filter::default(); state.search.clear(); }))>"Drop filters and search"</button> })}
        </div>
    }
}

/// What took everything away.
fn why_nothing(filter: &Filter, search: &str) -> String {
    let words: Vec<String> = crate::filter_bar::named(filter).map(|(word, value)| format!("{word} {value}")).collect();
    match (words.is_empty(), search.is_empty()) {
        (true, true) => "There is nothing of this kind in the profile: it has no samples with this value.".to_owned(),
        (true, false) => format!("No name holds “{search}”."),
        (false, true) => format!("Nothing is left after {}.", words.join(" and ")),
        (false, false) => format!("No name that {} leaves holds “{search}”.", words.join(" and ")),
    }
}

/// All groups, for keys to drawings.
pub(crate) const PACKAGES: [(Package, &str); 5] = [
    (Package::Main, "main"),
    (Package::Sync, "sync"),
    (Package::Runtime, "runtime"),
    (Package::Compress, "compress"),
    (Package::Other, "other"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_everything_away_is_named() {
        let filter = Filter { focus: "main".to_owned(), hide: "gc".to_owned(), ..Filter::default() };
        assert_eq!(why_nothing(&filter, ""), "Nothing is left after focus main and hide gc.");
        assert_eq!(why_nothing(&Filter::default(), "xyz"), "No name holds “xyz”.");
        assert!(why_nothing(&Filter::default(), "").contains("no samples"));
    }
}
