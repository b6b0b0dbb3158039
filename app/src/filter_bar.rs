//! What every view obeys: sample type, base and current, granularity, and pprof's filters as tokens.

use analysis::lens::Filter;
use analysis::query::Query;
use leptos::prelude::*;

use crate::client::Client;
use crate::live::{either, flag, list, on, text};
use crate::state::{ChosenFiles, GRANULARITIES, Looking, ViewState};

/// pprof's filters by their words.
const WORDS: [&str; 7] = ["focus", "ignore", "hide", "show", "show_from", "tagfocus", "tagignore"];

/// The filters that are set, by their words.
pub(crate) fn named(filter: &Filter) -> impl Iterator<Item = (&'static str, String)> {
    let mut filter = filter.clone();
    let all: Vec<_> = WORDS.iter().filter_map(|&word| Some((word, slot(&mut filter, word)?.clone()))).collect();
    all.into_iter().filter(|(_, value)| !value.is_empty())
}

fn slot<'a>(filter: &'a mut Filter, word: &str) -> Option<&'a mut String> {
    Some(match word {
        "focus" => &mut filter.focus,
        "ignore" => &mut filter.ignore,
        "hide" => &mut filter.hide,
        "show" => &mut filter.show,
        "show_from" => &mut filter.show_from,
        "tagfocus" => &mut filter.tagfocus,
        "tagignore" => &mut filter.tagignore,
        _ => return None,
    })
}

/// What was typed: `hide: runtime` names the filter, text without a name is for the one that was chosen.
fn typed<'a>(text: &'a str, chosen: &'a str) -> (&'a str, &'a str) {
    match text.split_once([':', '=']) {
        Some((word, rest)) if WORDS.contains(&word.trim()) => (word.trim(), rest.trim()),
        _ => (chosen, text.trim()),
    }
}

/// The bar.
#[component]
pub(crate) fn FilterBar() -> impl IntoView {
    view! {
        <div class="filter" role="search" aria-label="What every view obeys">
            <Values/>
            <BaseAndCurrent/>
            <Nodes/>
            <Filters/>
            <Options/>
        </div>
    }
}

#[component]
fn Filters() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let word = RwSignal::new("focus".to_owned());
    let entry = RwSignal::new(String::new());
    let trouble = RwSignal::new(String::new());
    let add = move || {
        let entered = entry.get();
        let (word, value) = word.with(|plain| {
            let (word, value) = typed(&entered, plain);
            (word.to_owned(), value.to_owned())
        });
        let mut filter = looking.state.with_untracked(|state| state.filter.clone());
        if let Some(slot) = slot(&mut filter, &word) {
            *slot = value;
        }
        client.ask(Query::Check(filter.clone()), move |answer| match answer {
            Ok(_) => {
                looking.set(|state| (state.filter, state.zoom) = (filter, [0.0, 1.0]));
                // The bar is gone with the last file.
                entry.try_set(String::new());
                trouble.try_set(String::new());
            }
            Err(words) => {
                trouble.try_set(words);
            }
        });
    };
    let tokens = move || looking.state.with(|state| named(&state.filter).collect::<Vec<_>>());
    let drop_token = move |word: &'static str| {
        looking.set(|state| {
            if let Some(slot) = slot(&mut state.filter, word) {
                slot.clear()
            }
        });
    };
    let edit = move |(name, value): (&'static str, String)| {
        drop_token(name);
        word.set(name.to_owned());
        entry.set(value);
        crate::keys::focus("[data-testid=filter-input]");
    };
    let keys = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "Enter" => add(),
        "Escape" => {
            entry.set(String::new());
            trouble.set(String::new());
        }
        "Backspace" if entry.with(String::is_empty) => {
            if let Some((word, _)) = tokens().pop() {
                drop_token(word);
            }
        }
        _ => {}
    };
    view! {
        <div class="q">
            <select data-testid="filter-word" aria-label="Kind of filter" on:change=on(move |event| word.set(event_target_value(&event)))>
                {WORDS.iter().map(|&name| view! { <option value=name prop:selected=flag(move || word.with(|word| word == name))>{name}</option> }).collect_view()}
            </select>
            {list(tokens, move |token| {
                let again = token.clone();
                view! {
                    <span class="tok" data-testid="token"><button title="Change it" on:click=on(move |_| edit(again.clone()))><b>{token.0}</b>" "{token.1}</button><button class="link" aria-label=format!("Drop {}", token.0) on:click=on(move |_| drop_token(token.0))>"×"</button></span>
                }
            })}
            <input type="text" data-testid="filter-input" aria-label="Filter" spellcheck="false" autocomplete="off" class:bad=flag(move || trouble.with(|words| !words.is_empty()))
                placeholder=text(move || word.with(|word| hint(word).to_owned()))
                prop:value=text(move || entry.get()) on:input=on(move |event| { entry.set(event_target_value(&event)); trouble.set(String::new()); }) on:keydown=on(keys)/>
            {either(move || trouble.with(|words| !words.is_empty()), move || view! {<span class="bad-words" role="alert" title=text(move || trouble.get())>{text(move || trouble.get())}</span>}, || view! { <kbd>"/"</kbd> })}
        </div>
    }
}

/// What a filter keeps or takes away, in the words of the empty field.
fn hint(word: &str) -> &'static str {
    match word {
        "focus" => "only stacks with a frame like this (regular expression)",
        "ignore" => "no stacks with a frame like this",
        "hide" => "stacks without these frames",
        "show" => "of the stacks only these frames",
        "show_from" => "of the stacks what is below this frame",
        "tagfocus" => "only samples with a label, such as bytes=1kb:64kb",
        _ => "no samples with a label",
    }
}

#[component]
fn Values() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let types =
        Memo::new(move |_| client.files.with(|files| looking.state.with(|state| types_of(&state.chosen_files(files)))));
    let chosen = move || {
        looking.state.with(|state| {
            if state.sample_type.is_empty() { default_type(&types.get()) } else { state.sample_type.clone() }
        })
    };
    view! {
        <label><span class="lab">"value"</span>
            <select data-testid="sample-type" aria-label="Sample type" on:change=on(move |event| looking.set(|state| { state.sample_type = event_target_value(&event); state.zoom = [0.0, 1.0]; }))>
                {list(move || types.get(), move |name| {
                    let value = name.clone();
                    view! { <option value=name.clone() prop:selected=flag(move || chosen() == value)>{name.clone()}</option> }
                })}
            </select>
        </label>
    }
}

/// Names of the sample types that can be looked at.
pub(crate) fn types_of(chosen: &ChosenFiles<'_>) -> Vec<String> {
    let name = |text: &String| text.split(' ').next().unwrap_or("").to_owned();
    let row = chosen.current.and_then(|file| file.row.as_ref());
    row.map_or(Vec::new(), |row| row.sample_types.iter().map(name).collect())
}

/// What pprof shows when nothing is named: the last type.
fn default_type(types: &[String]) -> String {
    types.last().cloned().unwrap_or_default()
}

#[component]
fn BaseAndCurrent() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let options = Memo::new(move |_| {
        client.files.with(|files| {
            looking.state.with(|state| {
                let chosen = state.chosen_files(files);
                let name =
                    |file: Option<&crate::file_entry::FileEntry>| file.map_or(String::new(), |file| file.name.clone());
                (
                    chosen.same.iter().map(|file| file.name.clone()).collect::<Vec<_>>(),
                    name(chosen.base),
                    name(chosen.current),
                )
            })
        })
    });
    view! {
        <div class="pairing">
            <label><span class="lab">"base"</span>
                <select data-testid="base" aria-label="Base" on:change=on(move |event| looking.set(|state| state.base = event_target_value(&event)))>
                    <option value="-" prop:selected=flag(move || options.with(|o| o.1.is_empty()))>"none"</option>
                    {list(move || options.get().0, move |name| {
                        let value = name.clone();
                        view! { <option value=name.clone() prop:selected=flag(move || options.with(|o| o.1 == value))>{short(&name)}</option> }
                    })}
                </select>
            </label>
            <span class="dim">"→"</span>
            <label><span class="lab">"current"</span>
                <select data-testid="current" aria-label="Current" on:change=on(move |event| looking.set(|state| state.current = event_target_value(&event)))>
                    {list(move || options.get().0, move |name| {
                        let value = name.clone();
                        view! { <option value=name.clone() prop:selected=flag(move || options.with(|o| o.2 == value))>{short(&name)}</option> }
                    })}
                </select>
            </label>
        </div>
    }
}

fn short(name: &str) -> String {
    name.trim_end_matches(".gz").trim_end_matches(".pb").to_owned()
}

#[component]
fn Nodes() -> impl IntoView {
    let looking = expect_context::<Looking>();
    view! {
        <label><span class="lab">"by"</span>
            <select data-testid="granularity" aria-label="Granularity" on:change=on(move |event| {
                let name = event_target_value(&event);
                if let Some((granularity, _)) = GRANULARITIES.iter().find(|(_, known)| *known == name) {
                    looking.set(|state| (state.granularity, state.selected) = (*granularity, String::new()));
                }
            })>
                {GRANULARITIES.iter().map(|&(granularity, name)| view! { <option value=name prop:selected=flag(move || looking.state.with(|state| state.granularity == granularity))>{name}</option> }).collect_view()}
            </select>
        </label>
    }
}

/// pprof's name, what it does, and where it stands in the state.
type Switch = (&'static str, &'static str, fn(&mut ViewState) -> &mut bool);

const SWITCHES: [Switch; 4] = [
    ("noinlines", "Inlined functions count as their caller", |state| &mut state.no_inlines),
    ("relative", "Percentages are of what the filters leave", |state| &mut state.relative),
    ("normalize", "The base is scaled to the current total first", |state| &mut state.normalize),
    ("drop_negative", "Functions that fell against the base are left out", |state| &mut state.drop_negative),
];

/// Switches in the browser's own popover, which closes on Escape and on a click elsewhere.
#[component]
fn Options() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let is_on = move |of: Switch| looking.state.with(|state| *of.2(&mut state.clone()));
    let names = move || SWITCHES.into_iter().filter(|&of| is_on(of)).map(|of| of.0).collect::<Vec<_>>().join(", ");
    view! {
        <div class="options">
            <button class="btn quiet" data-testid="options" popovertarget="options">{text(move || { let names = names(); if names.is_empty() { "Options".to_owned() } else { names } })}" ▾"</button>
            <div id="options" class="pop" popover="auto" aria-label="Options">
                {SWITCHES.iter().map(|&of| view! {
                    <label><input type="checkbox" data-testid=of.0 prop:checked=flag(move || is_on(of)) on:change=on(move |event| looking.set(|state| *of.2(state) = event_target_checked(&event)))/><code>{of.0}</code><span>{of.1}</span></label>
                }).collect_view()}
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_a_name_is_for_the_chosen_filter() {
        assert_eq!(typed("main\\.init", "focus"), ("focus", "main\\.init"));
        assert_eq!(typed("hide: runtime", "focus"), ("hide", "runtime"));
        assert_eq!(typed("tagfocus=bytes=1kb:", "hide"), ("tagfocus", "bytes=1kb:"));
        assert_eq!(typed("std::vector", "ignore"), ("ignore", "std::vector"));
    }
}
