//! Pages beside findings and heap: the files, contention profiles, and what is to come.

use analysis::order::sort_by;
use analysis::query::FileRow;
use leptos::prelude::*;

use crate::client::Client;
use crate::format::value;
use crate::live::{list, on, when};
use crate::state::{Looking, View};

/// Everything a file says of itself.
#[component]
pub(crate) fn Files() -> impl IntoView {
    let client = expect_context::<Client>();
    let rows = move || {
        let mut rows: Vec<FileRow> = client.files.get().into_iter().filter_map(|file| file.row).collect();
        sort_by(&mut rows, |a, b| {
            let key = |row: &FileRow| (row.time_nanos.is_none(), row.time_nanos);
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        rows
    };
    view! {
        <div class="hd"><h2>"Files"</h2><span class="dim">"as they describe themselves"</span></div>
        <div class="xscroll sec"><table class="filetable" data-testid="files-table">
            <thead><tr><th class="l">"File"</th><th class="l">"Kind"</th><th>"Size"</th><th class="l">"Captured (UTC)"</th><th>"Samples"</th><th>"Every"</th><th class="l">"Sample types"</th><th class="l">"Binary"</th><th class="l">"Build"</th></tr></thead>
            <tbody>{list(rows, |row| {
                let words = row.words.join(" ");
                view! {
                    <tr><td class="l"><code>{row.name.clone()}</code></td><td class="l">{row.kind.clone()}</td><td>{value("bytes", row.size_bytes as i64)}</td><td class="l">{row.time_nanos.map_or("–".to_owned(), utc)}</td>
                        <td>{analysis::words::count(row.samples as i64)}</td><td>{if row.period.is_empty() { "–".to_owned() } else { row.period.clone() }}</td><td class="l">{row.sample_types.join(", ")}</td><td class="l">{row.binary.clone()}</td><td class="l"><code>{row.build_id.chars().take(12).collect::<String>()}</code></td></tr>
                    {(!words.is_empty()).then(|| view! { <tr class="wordsrow"><td class="l warn" colspan="9">{words.clone()}</td></tr> })}
                }
            })}</tbody>
        </table></div>
    }
}

/// Date and time in UTC, to the second.
fn utc(nanos: i64) -> String {
    let date = js_sys::Date::new(&(nanos as f64 / 1e6).into());
    let text = String::from(date.to_iso_string());
    text.replace('T', " ").chars().take(19).collect()
}

/// Profiles that tell of waiting, which open in the table.
#[component]
pub(crate) fn Contention() -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let found = move || {
        let kinds =
            ["mutex profile", "block profile", "contention profile", "goroutine profile", "goroutine leak profile"];
        client
            .files
            .get()
            .into_iter()
            .filter_map(|file| file.row)
            .filter(|row| kinds.contains(&row.kind.as_str()))
            .collect::<Vec<_>>()
    };
    view! {
        <div class="hd"><h2>"Contention"</h2></div>
        <p class="pad prose">"Mutex, block and goroutine profiles open in the table, the flame graph and the call graph like any other. Joining them, with who holds what others wait for, is not part of this version."</p>
        <div class="pad"><ul class="links">{list(found, move |row| {
            let name = row.name.clone();
            view! { <li><span class="t"><code>{row.name.clone()}</code>" "<span class="dim">{row.kind.clone()}</span></span>
                <button class="go" on:click=on(move |_| looking.set(|state| { state.view = View::Heap; state.current.clone_from(&name); state.base.clear(); state.sample_type.clear(); }))>"Open"</button></li> }
        })}</ul></div>
        {when(move || found().is_empty(), move || view! {<p class="pad dim">"No such profile is open: curl -so mutex.pb.gz localhost:6060/debug/pprof/mutex"</p>})}
    }
}

/// A page whose sources this version does not read yet.
#[component]
pub(crate) fn Later(view: View) -> impl IntoView {
    let words = "Collector logs and memory statistics are not read by this version. What the heap profiles say of allocation rates is in Findings and in Heap.";
    view! { <div class="hd"><h2>{view.title()}</h2></div><p class="pad prose">{words}</p> }
}
