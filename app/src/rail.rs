//! The files of the session, in the order of time.

use analysis::order::sort_by;
use analysis::query::FileState;
use leptos::prelude::*;

use crate::client::{Client, FileEntry};
use crate::format::value;
use crate::keys::click;
use crate::live::{flag, text, when};
use crate::state::Looking;

/// The list on the left.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    let client = expect_context::<Client>();
    let sorted = Memo::new(move |_| {
        let mut files = client.files.get();
        // By time, then by name; what is still being read comes last.
        sort_by(&mut files, |a, b| {
            let key = |file: &FileEntry| {
                let row = file.row.as_ref();
                (row.is_none(), row.and_then(|row| row.time_nanos).unwrap_or(i64::MAX))
            };
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        files
    });
    let first = Memo::new(move |_| sorted.with(|files| files.iter().filter_map(|f| f.row.as_ref()?.time_nanos).min()));
    let total = move || client.files.with(|files| files.iter().map(|file| file.size_bytes).sum::<f64>());
    view! {
        <aside class="rail" aria-label="Files">
            <div class="hd"><h2>"Files"</h2><span class="dim end">{text(move || format!("{} · {}", client.files.with(Vec::len), value("bytes", total() as i64)))}</span></div>
            <ul class="files" data-testid="session-list">
                <For each=move || sorted.get() key=|file| (file.key, file.row.is_some()) let:file><Row key=file.key first/></For>
            </ul>
            <button class="add" on:click=|_| click("[data-testid=file-input]")><b>"+"</b><span>"Add files or drop anywhere"</span></button>
        </aside>
    }
}

/// How a file is, in the words that tests and styles know.
pub(crate) fn state_of(file: &FileEntry) -> &'static str {
    match (file.id, file.row.as_ref().map(|row| row.state)) {
        (None, _) => "parsing",
        (Some(_), Some(FileState::Damaged)) => "damaged",
        (Some(_), Some(FileState::Refused)) => "refused",
        (Some(_), _) => "ready",
    }
}

#[component]
fn Row(key: u32, first: Memo<Option<i64>>) -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let file = Memo::new(move |_| client.files.with(|files| files.iter().find(|file| file.key == key).cloned()));
    let with =
        move |get: fn(&FileEntry) -> String| text(move || file.with(|file| file.as_ref().map(get).unwrap_or_default()));
    let state = move || file.with(|file| file.as_ref().map_or("ready", state_of));
    let role = Memo::new(move |_| {
        client.files.with(|files| {
            looking.state.with(|state| {
                let chosen = state.chosen_files(files);
                match () {
                    () if chosen.current.is_some_and(|file| file.key == key) => "current",
                    () if chosen.base.is_some_and(|file| file.key == key) => "base",
                    () => "",
                }
            })
        })
    });
    let time = move || {
        let time = file.with(|file| file.as_ref().and_then(|file| file.row.as_ref()?.time_nanos));
        time.zip(first.get()).map_or(String::new(), |(time, first)| format!("{:.3}", (time - first) as f64 / 1e9))
    };
    let words = move || {
        file.with(|file| match file.as_ref() {
            Some(file) if file.id.is_none() => format!("reading {:.0}%", file.fraction * 100.0),
            Some(file) => file.row.as_ref().map_or(String::new(), |row| row.words.join(" ")),
            None => String::new(),
        })
    };
    let name = move || file.with(|file| file.as_ref().map(|file| file.name.clone()).unwrap_or_default());
    let choose = move |_| {
        let chosen = file.with(|file| {
            file.as_ref()
                .filter(|f| f.row.as_ref().is_some_and(|r| r.state != FileState::Refused))
                .map(|f| f.name.clone())
        });
        if let Some(name) = chosen {
            looking.set(|state| state.current = name);
        }
    };
    let as_base = move |_| {
        if let Some(name) = file.with(|file| file.as_ref().map(|file| file.name.clone())) {
            looking.set(|state| state.base = name);
        }
    };
    view! {
        <li class="file" class:on=flag(move || role.get() == "current") class:two=flag(move || !words().is_empty()) data-testid="session-file" data-state=text(move || state().to_owned()) data-name=text(name) title=text(words)>
            <span class="kind" class:bad=flag(move || state() == "damaged") class:err=flag(move || state() == "refused")>{with(|file| file.row.as_ref().map_or("··".to_owned(), |row| row.badge.clone()))}</span>
            <button class="nm" on:click=choose aria-label=text(move || format!("Look at {}", name()))>
                <span>{text(name)}</span>{when(move || !role.get().is_empty(), move || view! {<i class="role">{text(move || role.get().to_owned())}</i>})}
                <small>{text(words)}</small>
                {when(move || state() == "parsing", move || view! {<span class="prog"><i style:width=text(move || format!("{:.0}%", file.with(|f| f.as_ref().map_or(0.0, |f| f.fraction)) * 100.0))></i></span>})}
            </button>
            <span class="t">{text(time)}</span>
            <span class="does">
                {when(move || state() == "ready" && role.get().is_empty(), move || view! {<button class="link" title="Compare with this one" on:click=as_base>"base"</button>})}
                <button class="link" data-testid="remove-file" aria-label=text(move || format!("{} {}", if state() == "parsing" { "Stop" } else { "Remove" }, name())) on:click=move |_| client.remove(key)>{text(move || if state() == "parsing" { "Stop" } else { "×" }.to_owned())}</button>
            </span>
        </li>
    }
}
