//! The page of files.

use analysis::order::sort_by;
use analysis::query::FileRow;
use leptos::prelude::*;

use crate::client::Client;
use crate::format::value;
use crate::live::list;

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
                        <td>{analysis::words::count(row.samples as i64)}</td><td>{if row.period.is_empty() { "–".to_owned() } else { row.period.clone() }}</td><td class="l" title=row.sample_types.join(", ")>{row.sample_types.join(", ")}</td><td class="l">{row.binary.clone()}</td><td class="l"><code>{row.build_id.chars().take(12).collect::<String>()}</code></td></tr>
                    {(row.unread > 0).then(|| view! { <tr class="wordsrow"><td class="l dim" colspan="9">{format!("{} lines are of no kind known here", analysis::words::count(row.unread as i64))}<code class="unread">{row.unread_first.join("\n")}</code></td></tr> })}
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
