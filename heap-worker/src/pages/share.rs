//! The sheet that shares: the link of the state, and the link that holds the analysis, with what it costs and leaves out.

use std::fmt::Write;

use analysis::link::{entries, fitted};
use analysis::markup::escaped;
use analysis::note_list::notes;
use analysis::query::{Answer, Engine, Query};
use analysis::share::{AMBER_BYTES, GREEN_BYTES, Policy, RED_BYTES, ShareError, ShareQuery, share};
use analysis::words::size;

use super::Here;

/// How large a link may be: name, bytes, and where such a link passes.
const BUDGETS: [(&str, usize, &str); 3] = [
    ("green", GREEN_BYTES, "passes through every chat and mail program that was tried"),
    ("amber", AMBER_BYTES, "most programs take it; some wrap or shorten it"),
    ("red", RED_BYTES, "browsers take it; many chats and mail programs do not"),
];

/// Pairs that are the sheet's and no part of an address.
const OF_SHEET: [&str; 3] = ["share", "from", "salt"];
/// Pairs that do not stand beside an analysis: the sheet's, and what the analysis holds itself.
const BESIDE: [&str; 7] = ["share", "from", "salt", "notes", "files", "url", "hash"];
/// Names that are shown before they are sent.
const PREVIEWED: usize = 8;

/// What the reader chose on the sheet (`share`, an entry a choice).
#[derive(Default)]
struct Choices {
    /// Row of [`BUDGETS`]; without one, the first that the analysis fits.
    budget: Option<usize>,
    is_redacted: bool,
    /// Beginnings of names that stay.
    allow: Vec<String>,
    without_notes: bool,
}

impl Choices {
    fn new(here: &Here) -> Self {
        let mut choices = Self::default();
        for (name, value) in entries(here.get("share")) {
            match name.as_str() {
                "budget" => choices.budget = value.parse().ok().filter(|&at| at < BUDGETS.len()),
                "allow" => {
                    choices.allow = value.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
                }
                "redact" => choices.is_redacted = value == "1",
                "bare" => choices.without_notes = value == "1",
                _ => {}
            }
        }
        choices
    }
}

/// A link with its button. The button copies the words before it.
fn link(id: &str, link: &str) -> String {
    format!(
        "<div class=\"linkbox\"><code data-testid=\"{id}\" tabindex=\"0\">{}</code><button class=\"btn prime\" data-copy data-testid=\"{id}-copy\">Copy</button></div>",
        escaped(link)
    )
}

/// The page. `from` is the page's own address without its fragment.
pub(super) fn page(engine: &mut Engine, here: &Here) -> String {
    let choices = Choices::new(here);
    let (state, gave_way) = fitted(&here.fragment(&OF_SHEET.map(|key| (key, ""))));
    let state_link = format!("{}{state}", here.get("from"));
    let mut out = format!(
        "<div class=\"share\" data-testid=\"share-sheet\"><section><h3>Link to this view</h3><p class=\"prose\">For those who have the files: it names them, and holds what is looked at and your notes. {} of 2 kB.</p>{}",
        size(state_link.len() as u64),
        link("state-link", &state_link)
    );
    if !gave_way.is_empty() {
        let _ = write!(
            out,
            "<p class=\"warn\" data-testid=\"gave-way\">Left out, for chats and mail programs cut longer links: {}</p>",
            gave_way.join(" ")
        );
    }
    out.push_str(only_here(here.get("from")));
    out.push_str("</section><section><h3>Link that holds the analysis</h3><p class=\"prose\">For those who have nothing: findings, verdict, call sites, pools and clocks travel in the link itself, behind the #, which no server is sent.</p>");
    let own_notes = notes(here.get("notes"));
    let query = |at: usize| ShareQuery {
        moved_lines: here.get("th").to_owned(),
        notes: if choices.without_notes { Vec::new() } else { own_notes.clone() },
        state: here.fragment(&BESIDE.map(|key| (key, ""))),
        budget_bytes: BUDGETS.get(at).map_or(RED_BYTES, |budget| budget.1) as u32,
        redact: choices.is_redacted.then(|| Policy { salt: here.get("salt").to_owned(), allow: choices.allow.clone() }),
    };
    let mut at = choices.budget.unwrap_or(0);
    let mut made = share(engine, &query(at));
    if let (None, Err(ShareError::TooLarge { least, budget })) = (choices.budget, &made) {
        // What stands beside the analysis takes its part of what is allowed.
        let needed = least + BUDGETS[0].1.saturating_sub(*budget);
        at = BUDGETS.iter().position(|(_, bytes, _)| needed <= *bytes).unwrap_or(BUDGETS.len() - 1);
        made = share(engine, &query(at));
    }
    let budget = BUDGETS.get(at).copied().unwrap_or(BUDGETS[0]);
    out.push_str("<div class=\"choices\"><label>At most <select id=\"share-budget\" data-pair=\"share\" data-name=\"budget\" data-testid=\"share-budget\">");
    for (row, (_, bytes, words)) in BUDGETS.iter().enumerate() {
        let _ = write!(
            out,
            "<option value=\"{row}\"{}>{} — {words}</option>",
            if row == at { " selected" } else { "" },
            size(*bytes as u64)
        );
    }
    out.push_str("</select></label>");
    let tick = |name: &str, is_on: bool, label: &str, why: &str| {
        format!(
            "<label class=\"tick\"><input type=\"checkbox\" id=\"share-{name}\" data-pair=\"share\" data-name=\"{name}\" data-testid=\"share-{name}\"{}><b>{label}</b><span>{why}</span></label>",
            if is_on { " checked" } else { "" }
        )
    };
    out += &tick(
        "redact",
        choices.is_redacted,
        "Hide names",
        "Names of packages, functions and files become hashes (the standard library keeps its own); labels, mappings, comments, paths and messages are dropped.",
    );
    if choices.is_redacted {
        let _ = write!(
            out,
            "<label class=\"allow\">Keep names that begin with <input id=\"share-allow\" data-pair=\"share\" data-name=\"allow\" data-testid=\"share-allow\" value=\"{}\" placeholder=\"github.com/prometheus/\"></label>",
            escaped(&choices.allow.join(", "))
        );
    }
    if !own_notes.is_empty() {
        out += &tick(
            "bare",
            choices.without_notes,
            "Leave notes out",
            &format!(
                "{} of yours would travel.",
                if own_notes.len() == 1 { "1 note".to_owned() } else { format!("{} notes", own_notes.len()) }
            ),
        );
    }
    out.push_str("</div>");
    match made {
        Ok(made) => {
            let whole = format!("{}{}", here.get("from"), made.fragment);
            let level = BUDGETS.iter().find(|(_, bytes, _)| made.fragment.len() <= *bytes).copied().unwrap_or(budget);
            let _ = write!(
                out,
                "<div class=\"budget {}\" data-testid=\"budget\" data-level=\"{}\"><i style=\"width:{:.1}%\"></i></div><p class=\"prose\" data-testid=\"budget-words\"><b>{}</b> of {}: {}.</p>{}",
                level.0,
                level.0,
                (made.fragment.len() as f64 / budget.1 as f64 * 100.0).min(100.0),
                size(made.fragment.len() as u64),
                size(budget.1 as u64),
                level.2,
                link("analysis-link", &whole),
            );
            if choices.is_redacted {
                let _ = write!(
                    out,
                    "<details open><summary>{} names are hidden; this is how they will read</summary><table class=\"pgtable\" data-testid=\"replaced\"><tbody>",
                    made.replaced.len()
                );
                for (before, after) in made.replaced.iter().take(PREVIEWED) {
                    let _ = write!(
                        out,
                        "<tr><td class=\"l\"><code>{}</code></td><td class=\"l\">→ <code>{}</code></td></tr>",
                        escaped(before),
                        escaped(after)
                    );
                }
                out.push_str("</tbody></table></details>");
            }
            if !made.left_out.is_empty() {
                out.push_str("<details open><summary>Left out to make it fit; the reader is told</summary><ul data-testid=\"left-out\">");
                for words in &made.left_out {
                    let _ = write!(out, "<li>{}</li>", escaped(words));
                }
                out.push_str("</ul></details>");
            }
        }
        Err(error) => {
            let _ = write!(
                out,
                "<p class=\"warn\" role=\"status\" data-testid=\"share-refused\">{}</p>",
                escaped(&error.to_string())
            );
        }
    }
    out.push_str("</section>");
    out.push_str(FILES);
    out.push_str("</div>");
    out
}

/// Words for a page whose address nobody else can open, as of `poolscope serve` and of a report on a disk.
fn only_here(address: &str) -> &'static str {
    let host = address.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(""));
    let name = if host.starts_with('[') { host.split_inclusive(']').next() } else { host.split(':').next() };
    match name {
        Some("localhost" | "127.0.0.1" | "[::1]") => {
            "<p class=\"warn\" data-testid=\"only-here\">This page is served to this machine alone, and so are its links. For others: a bundle or a report below, or what stands from the # on, put behind the address where Poolscope is hosted for all.</p>"
        }
        _ if address.starts_with("file:") => {
            "<p class=\"warn\" data-testid=\"only-here\">This page is a file on this machine, and so is where its links lead. For others: the file itself, a bundle, or what stands from the # on, put behind the address where Poolscope is hosted for all.</p>"
        }
        _ => "",
    }
}

/// What is shared as a file: the dialog of exports makes it.
const FILES: &str = concat!(
    "<section><h3>One file</h3><p class=\"prose\">For what no link holds, and for those who must not or cannot reach this page.</p><div class=\"asfile\">",
    "<button class=\"btn\" data-press=\"[data-testid=export]\" data-testid=\"share-bundle\">Bundle…</button><span>a <code>.poolscope</code> file with the files or only the analysis, your notes and this view; dropped on this page it restores them</span>",
    "<button class=\"btn\" data-press=\"[data-testid=export]\" data-testid=\"share-report\">Report…</button><span>one HTML file that opens from a disk, without this page and without a network</span>",
    "<button class=\"btn\" data-press=\"[data-testid=export]\" data-testid=\"share-export\">Export…</button><span>findings as Markdown for an issue, tables, drawings, profiles for other tools</span></div></section>"
);

/// Over every view of a shared analysis: that it is one, of what, and what is not in it.
pub(super) fn banner(engine: &mut Engine) -> Option<String> {
    let Ok(Answer::Shared(Some(shared))) = engine.answer(&Query::Shared) else { return None };
    let times = engine.session().sources.iter().filter_map(|source| source.shared.as_ref()?.time_nanos);
    let (first, last) = times.fold((None, None), |(first, last): (Option<i64>, Option<i64>), time| {
        (Some(first.map_or(time, |first| first.min(time))), Some(last.map_or(time, |last| last.max(time))))
    });
    let when = first.zip(last).map_or(String::new(), |(first, last)| {
        let (first, last) = (utc(first), utc(last));
        if first == last { format!(", captured {first} UTC") } else { format!(", captured {first} to {last} UTC") }
    });
    let total = shared.missing.len() as u32 + shared.arrived;
    let mut out = format!(
        "<section class=\"sharedbar\" data-testid=\"shared\" aria-label=\"Shared analysis\"><b>Shared analysis</b><span>made by {} of {}{when}.{}{}</span>",
        escaped(&shared.made_by),
        if total == 1 { "1 file".to_owned() } else { format!("{total} files") },
        if shared.is_redacted { " Names are hidden." } else { "" },
        match (shared.arrived, shared.missing.len()) {
            (0, 1) => " Drop the file, and it takes the place of what the link holds.".to_owned(),
            (0, _) => " Drop the files, and they take the place of what the link holds.".to_owned(),
            (here, _) => format!(" {here} of them are here."),
        },
    );
    out.push_str("<details><summary>What it holds</summary><div>");
    if shared.left_out.is_empty() {
        out.push_str("<p>Nothing was left out to make it fit.</p>");
    } else {
        out.push_str("<p>Left out to make it fit:</p><ul data-testid=\"shared-left-out\">");
        for words in &shared.left_out {
            let _ = write!(out, "<li>{}</li>", escaped(words));
        }
        out.push_str("</ul>");
    }
    out.push_str("<p>Not here:</p><ul>");
    for file in &shared.missing {
        let hash = file.identity.map_or(String::new(), |identity| format!(", SHA-256 {}", identity.short_hex()));
        let _ = write!(
            out,
            "<li data-testid=\"shared-missing\">{} ({}{hash})</li>",
            escaped(&file.name),
            size(file.size_bytes)
        );
    }
    out.push_str("</ul></div></details></section>");
    Some(out)
}

/// Day and time of a Unix time, to the minute (days from civil, Howard Hinnant).
fn utc(nanos: i64) -> String {
    let minutes = nanos.div_euclid(60_000_000_000);
    let (day, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{:02} {:02}:{:02}", doy - (153 * mp + 2) / 5 + 1, minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_dates() {
        assert_eq!(utc(0), "1970-01-01 00:00");
        assert_eq!(utc(1_709_209_380_000_000_000), "2024-02-29 12:23");
        assert_eq!(utc(-60_000_000_000), "1969-12-31 23:59");
    }

    #[test]
    fn links_that_nobody_else_can_open_are_told() {
        for address in ["http://localhost/", "http://127.0.0.1:8080/a/", "http://[::1]:80/", "file:///tmp/report.html"]
        {
            assert!(only_here(address).contains("only-here"), "{address}");
        }
        for address in [
            "https://example.com/localhost/",
            "http://localhost.example.com/",
            "http://127.0.0.10/",
            "https://[::2]:1/",
            "",
        ] {
            assert_eq!(only_here(address), "", "{address}");
        }
    }

    #[test]
    fn without_files_there_is_nothing_to_share_and_it_says_so() {
        let made = page(&mut Engine::default(), &Here::new("#v=1&view=heap&share=budget:1&from=http%3A//x/"));
        assert!(made.contains("http://x/#v=1&amp;view=heap<") && made.contains("share-refused"), "{made}");
        assert!(made.contains("data-testid=\"share-redact\""), "{made}");
        assert_eq!(banner(&mut Engine::default()), None);
    }
}
