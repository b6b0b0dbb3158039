//! The files of the session, in the order of time.

use analysis::order::sort_by;
use analysis::query::FileState;
use leptos::prelude::*;

use crate::client::Client;
use crate::file_entry::FileEntry;
use crate::format::value;
use crate::keys::click;
use crate::live::{flag, list, on, text, when};
use crate::state::{Looking, View};

/// The list on the left.
#[component]
pub(crate) fn Rail() -> impl IntoView {
    let client = expect_context::<Client>();
    let order = Memo::new(move |_| client.files.with(|files| in_time(files)));
    let first = Memo::new(move |_| times(client).first().map(|&(_, time)| time));
    let total = move || client.files.with(|files| files.iter().map(|file| file.size_bytes).sum::<f64>());
    view! {
        <aside class="rail" aria-label="Files">
            <div class="hd"><h2>"Files"</h2><span class="dim end">{text(move || format!("{} · {}", client.files.with(Vec::len), value("bytes", total() as i64)))}</span></div>
            <Clock/>
            <ul class="files" data-testid="session-list">{list(move || order.get(), move |key| view! { <Row key first/> })}</ul>
            <button class="add" aria-label="+ Add files or drop anywhere" on:click=on(|_| click("[data-testid=file-input]"))><b>"+"</b><span>"Add files or drop anywhere"</span></button>
        </aside>
    }
}

/// Keys by time, then by name; what is still being read comes last.
fn in_time(files: &[FileEntry]) -> Vec<u32> {
    let mut files: Vec<&FileEntry> = files.iter().collect();
    sort_by(&mut files, |a, b| {
        let key = |file: &FileEntry| {
            let row = file.row.as_ref();
            (row.is_none(), row.and_then(|row| row.time_nanos).unwrap_or(i64::MAX))
        };
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    files.into_iter().map(|file| file.key).collect()
}

/// Files with a time, the earliest first.
fn times(client: Client) -> Vec<(u32, i64)> {
    let mut times: Vec<(u32, i64)> = client
        .files
        .with(|files| files.iter().filter_map(|file| Some((file.key, file.row.as_ref()?.time_nanos?))).collect());
    sort_by(&mut times, |a, b| (a.1, a.0).cmp(&(b.1, b.0)));
    times
}

/// When the files were captured, on one line; base and current stand out.
#[component]
fn Clock() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let marks = move || {
        let times = times(client);
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return Vec::new() };
        let span = (last.1 - first.1).max(1) as f64;
        let key = |file: Option<&FileEntry>| file.map(|file| file.key);
        let (base, current) = client.files.with(|files| {
            looking.state.with(|state| {
                let chosen = state.chosen_files(files);
                (key(chosen.base), key(chosen.current))
            })
        });
        let mark = |&(key, time): &(u32, i64)| {
            let is_chosen = Some(key) == base || Some(key) == current;
            (format!("left:{:.2}%", (time - first.1) as f64 / span * 100.0), is_chosen)
        };
        times.iter().map(mark).collect()
    };
    let end = move || {
        let times = times(client);
        times.first().zip(times.last()).map_or(String::new(), |(first, last)| seconds(last.1 - first.1))
    };
    view! {
        {when(move || times(client).len() > 1, move || view! {
            <div class="clock" aria-hidden="true"><div>{list(marks, |(place, is_chosen)| view! { <i style=place class:on=is_chosen></i> })}</div><span>"0"</span><span class="end">{text(end)}</span></div>
        })}
    }
}

/// A time since the first capture.
fn seconds(nanos: i64) -> String {
    format!("{:.3} s", nanos as f64 / 1e9)
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
        time.zip(first.get())
            .map_or(String::new(), |(time, first)| seconds(time - first).trim_end_matches(" s").to_owned())
    };
    let words = move || {
        file.with(|file| match file.as_ref() {
            Some(file) if file.id.is_none() => {
                let read = f64::from(file.fraction) * file.size_bytes;
                format!(
                    "{:.0}%, {} of {}",
                    file.fraction * 100.0,
                    value("bytes", read as i64),
                    value("bytes", file.size_bytes as i64)
                )
            }
            Some(file) => file.row.as_ref().map_or(String::new(), |row| row.words.join(" ")),
            None => String::new(),
        })
    };
    let name = move || file.with(|file| file.as_ref().map(|file| file.name.clone()).unwrap_or_default());
    // What cannot be looked at says why on its own page.
    let choose = move |_| {
        let entry = file.with(|file| file.as_ref().map(|file| (file.name.clone(), state_of(file))));
        match entry {
            Some((name, "ready" | "damaged")) => looking.set(|state| state.current = name),
            Some((_, "refused")) => looking.set(|state| state.view = View::Files),
            _ => {}
        }
    };
    let as_base = move |_| {
        if let Some(name) = file.with(|file| file.as_ref().map(|file| file.name.clone())) {
            looking.set(|state| state.base = name);
        }
    };
    view! {
        <li class="file" class:on=flag(move || role.get() == "current") class:two=flag(move || !words().is_empty()) data-testid="session-file" data-state=text(move || state().to_owned()) data-name=text(name) title=text(move || [name(), words()].join("\n").trim_end().to_owned())>
            <span class="kind" class:bad=flag(move || state() == "damaged") class:err=flag(move || state() == "refused")>{with(|file| file.row.as_ref().map_or("··".to_owned(), |row| row.badge.clone()))}</span>
            <button class="nm" on:click=on(choose) aria-label=text(move || format!("Look at {}", name()))>
                <span class="who"><span class="dir">{text(move || name().rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/")))}</span><span>{text(move || name().rsplit('/').next().unwrap_or_default().to_owned())}</span>{when(move || !role.get().is_empty(), move || view! {<i class="role">{text(move || role.get().to_owned())}</i>})}</span>
                <small>{text(words)}</small>
                {when(move || state() == "parsing", move || view! {<span class="prog"><i style:width=text(move || format!("{:.0}%", file.with(|f| f.as_ref().map_or(0.0, |f| f.fraction)) * 100.0))></i></span>})}
            </button>
            <span class="t">{text(time)}</span>
            <span class="does">
                {when(move || state() == "ready" && role.get().is_empty(), move || view! {<button class="link" title="Compare with this one" on:click=on(as_base)>"base"</button>})}
                <button class="link" data-testid="remove-file" aria-label=text(move || format!("{} {}", if state() == "parsing" { "Stop" } else { "Remove" }, name())) on:click=on(move |_| client.remove(key))>{text(move || if state() == "parsing" { "Stop" } else { "×" }.to_owned())}</button>
            </span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use analysis::query::FileRow;

    use super::*;

    #[test]
    fn what_is_being_read_comes_last() {
        let entry = |key: u32, name: &str, time_nanos: Option<i64>, is_read: bool| FileEntry {
            key,
            name: name.to_owned(),
            size_bytes: 0.0,
            fraction: 0.0,
            id: None,
            row: is_read.then(|| FileRow { time_nanos, ..FileRow::default() }),
            is_trace: false,
            pools: None,
            told: None,
            pools_words: String::new(),
            part_of: None,
            made_of: None,
            is_hashed: false,
            identity: None,
            deaths: Vec::new(),
        };
        let files = [
            entry(1, "a", None, false),
            entry(2, "b", Some(20), true),
            entry(3, "c", Some(10), true),
            entry(4, "d", None, true),
            entry(5, "a", Some(20), true),
        ];
        assert_eq!(in_time(&files), [3, 5, 2, 4, 1]);
    }
}
