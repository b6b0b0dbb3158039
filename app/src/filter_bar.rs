//! What every view obeys: sample type, base and current, granularity, and pprof's filters as tokens.

use analysis::filter::CompiledFilter;
use analysis::lens::{Filter, Granularity};
use leptos::prelude::*;

use crate::client::Client;
use crate::live::{flag, list, text, when};
use crate::state::Looking;

/// pprof's filters by their words.
const WORDS: [&str; 7] = ["focus", "ignore", "hide", "show", "show_from", "tagfocus", "tagignore"];

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

/// What was typed: `hide: runtime` names the filter, plain text is focus.
fn typed(text: &str) -> (&str, &str) {
    match text.split_once([':', '=']) {
        Some((word, rest)) if WORDS.contains(&word.trim()) => (word.trim(), rest.trim()),
        _ => ("focus", text.trim()),
    }
}

/// The bar.
#[component]
pub(crate) fn FilterBar() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let entry = RwSignal::new(String::new());
    let trouble = RwSignal::new(String::new());
    let add = move || {
        let entered = entry.get();
        let (word, value) = typed(&entered);
        let mut filter = looking.state.with_untracked(|state| state.filter.clone());
        if let Some(slot) = slot(&mut filter, word) {
            value.clone_into(slot);
        }
        match CompiledFilter::new(&filter) {
            Ok(_) => {
                looking.set(|state| (state.filter, state.zoom) = (filter, [0.0, 1.0]));
                entry.set(String::new());
                trouble.set(String::new());
            }
            Err(error) => trouble.set(error.to_string()),
        }
    };
    let tokens = move || {
        let mut filter = looking.state.with(|state| state.filter.clone());
        WORDS
            .iter()
            .filter_map(|&word| Some((word, slot(&mut filter, word)?.clone())))
            .filter(|(_, value)| !value.is_empty())
            .collect::<Vec<_>>()
    };
    let drop_token = move |word: &'static str| {
        looking.set(|state| {
            if let Some(slot) = slot(&mut state.filter, word) {
                slot.clear()
            }
        });
    };
    view! {
        <div class="filter" role="search">
            <Values/>
            <BaseAndCurrent/>
            <Options/>
            <div class="q">
                {list(tokens, move |token| view! {
                    <span class="tok" data-testid="token"><b>{token.0}</b>{token.1}<button class="link" aria-label=format!("Drop {}", token.0) on:click=move |_| drop_token(token.0)>"×"</button></span>
                })}
                <input type="text" data-testid="filter-input" aria-label="Filter" spellcheck="false" autocomplete="off"
                    placeholder="focus, or ignore: hide: show: show_from: tagfocus: tagignore:"
                    prop:value=text(move || entry.get()) on:input=move |event| { entry.set(event_target_value(&event)); trouble.set(String::new()); }
                    on:keydown=move |event| match event.key().as_str() {
                        "Enter" => add(),
                        "Escape" => { entry.set(String::new()); trouble.set(String::new()); }
                        "Backspace" if entry.with(String::is_empty) => if let Some((word, _)) = tokens().pop() { drop_token(word) },
                        _ => {}
                    }/>
                {when(move || trouble.with(|words| !words.is_empty()), move || view! {<span class="bad-words" role="alert">{text(move || trouble.get())}</span>})}
            </div>
            <div class="hide-m"><kbd>"/"</kbd><span class="lab">"filter"</span></div>
        </div>
    }
}

#[component]
fn Values() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let types = Memo::new(move |_| {
        client.files.with(|files| {
            looking.state.with(|state| {
                let row = state.chosen_files(files).current.and_then(|file| file.row.clone());
                let name = |text: &String| text.split(' ').next().unwrap_or("").to_owned();
                row.map_or(Vec::new(), |row| row.sample_types.iter().map(name).collect::<Vec<_>>())
            })
        })
    });
    let chosen = move || {
        looking.state.with(|state| {
            if state.sample_type.is_empty() { default_type(&types.get()) } else { state.sample_type.clone() }
        })
    };
    view! {
        <label><span class="lab">"value"</span>
            <select data-testid="sample-type" aria-label="Sample type" on:change=move |event| looking.set(|state| { state.sample_type = event_target_value(&event); state.zoom = [0.0, 1.0]; })>
                {list(move || types.get(), move |name| {
                    let value = name.clone();
                    view! { <option value=name.clone() prop:selected=flag(move || chosen() == value)>{name.clone()}</option> }
                })}
            </select>
        </label>
    }
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
                    |file: Option<&crate::client::FileEntry>| file.map_or(String::new(), |file| file.name.clone());
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
                <select data-testid="base" aria-label="Base" on:change=move |event| looking.set(|state| state.base = event_target_value(&event))>
                    <option value="-" prop:selected=flag(move || options.with(|o| o.1.is_empty()))>"none"</option>
                    {list(move || options.get().0, move |name| {
                        let value = name.clone();
                        view! { <option value=name.clone() prop:selected=flag(move || options.with(|o| o.1 == value))>{short(&name)}</option> }
                    })}
                </select>
            </label>
            <span class="dim">"→"</span>
            <label><span class="lab">"current"</span>
                <select data-testid="current" aria-label="Current" on:change=move |event| looking.set(|state| state.current = event_target_value(&event))>
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
fn Options() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let granularities = [
        (Granularity::Functions, "functions"),
        (Granularity::FileFunctions, "filefunctions"),
        (Granularity::Files, "files"),
        (Granularity::Lines, "lines"),
        (Granularity::Addresses, "addresses"),
    ];
    view! {
        <label class="hide-s"><span class="lab">"by"</span>
            <select data-testid="granularity" aria-label="Granularity" on:change=move |event| {
                let name = event_target_value(&event);
                if let Some((granularity, _)) = granularities.iter().find(|(_, known)| *known == name) {
                    looking.set(|state| (state.granularity, state.selected) = (*granularity, String::new()));
                }
            }>
                {granularities.iter().map(|&(granularity, name)| view! { <option value=name prop:selected=flag(move || looking.state.with(|state| state.granularity == granularity))>{name}</option> }).collect_view()}
            </select>
        </label>
        <div class="flags hide-m">
            <label title="Inlined functions count as their caller"><input type="checkbox" prop:checked=flag(move || looking.state.with(|s| s.no_inlines)) on:change=move |event| looking.set(|s| s.no_inlines = event_target_checked(&event))/>"noinlines"</label>
            <label title="Percentages of what the filters leave"><input type="checkbox" prop:checked=flag(move || looking.state.with(|s| s.relative)) on:change=move |event| looking.set(|s| s.relative = event_target_checked(&event))/>"relative"</label>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_focus() {
        assert_eq!(typed("main\\.init"), ("focus", "main\\.init"));
        assert_eq!(typed("hide: runtime"), ("hide", "runtime"));
        assert_eq!(typed("tagfocus=bytes=1kb:"), ("tagfocus", "bytes=1kb:"));
        assert_eq!(typed("std::vector"), ("focus", "std::vector"));
    }
}
