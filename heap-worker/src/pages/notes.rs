//! Notes: the field for what is looked at, and the list of all of them.

use std::fmt::Write;

use analysis::findings::{Finding, Thresholds};
use analysis::link::{encoded, entries};
use analysis::markup::escaped;
use analysis::model::record::Record;
use analysis::note_list::{key, notes};
use analysis::query::Engine;
use analysis::share::{Note, Pin};
use analysis::words::{seconds, size};

use super::Here;

/// What a link may take to pass everywhere: the whole address, of which the page's own is some dozen bytes.
const MOST_LINK_BYTES: usize = 2048;

/// What a finding is known by.
fn pin_of(finding: &Finding) -> Pin {
    let place =
        finding.site.pool.clone().filter(|pool| !pool.is_empty()).unwrap_or_else(|| finding.site.function.clone());
    Pin::Finding { rule: finding.rule.clone(), place }
}

/// What is looked at, if a note can be pinned to it.
fn looked_at(engine: &mut Engine, here: &Here) -> Option<Pin> {
    match here.get("view") {
        "findings" => {
            let at = here.get("finding").parse::<usize>().unwrap_or(0);
            engine.diagnose(&Thresholds::changed(here.get("th"))).findings.get(at).map(pin_of)
        }
        "heap" => Some(Pin::Site { node: here.get("sel").to_owned() }).filter(|_| !here.get("sel").is_empty()),
        "timeline" => {
            let (from, to) = selection(here.get("at"))?;
            Some(Pin::Range { file: trace(engine, here)?, from, to })
        }
        _ => None,
    }
}

/// The trace that is shown.
fn trace(engine: &Engine, here: &Here) -> Option<String> {
    let mut traces =
        engine.session().sources.iter().filter(|source| matches!(source.records.first(), Some(Record::Trace(_))));
    let named = here.get("cur");
    traces.clone().find(|source| source.name == named).or_else(|| traces.next()).map(|source| source.name.clone())
}

/// The stretch of time that is selected in the timeline, or that all of it is narrowed to.
fn selection(at: &str) -> Option<(i64, i64)> {
    let window = |sort: char| {
        let (from, to) = at.split(';').rev().find_map(|part| part.strip_prefix(sort))?.split_once('-')?;
        Some((from.parse().ok()?, to.parse().ok()?))
    };
    window('s').or_else(|| window('r'))
}

/// A field that holds a note, or a place for one.
fn field(pin: &Pin, text: &str, label: &str) -> String {
    let key = escaped(&key(pin));
    format!(
        "<textarea id=\"note-{}\" rows=\"{}\" maxlength=\"{}\" data-pair=\"notes\" data-name=\"{key}\" data-testid=\"note\" aria-label=\"{label}\" placeholder=\"What should others know of this?\">{}</textarea>",
        encoded(&key).replace('%', "."),
        text.lines().count().clamp(2, 8),
        Note::MOST_CHARS,
        escaped(text),
    )
}

/// The field for what is looked at, with the other notes of the same trace; nothing where nothing can be pinned.
pub(super) fn editor(engine: &mut Engine, here: &Here) -> String {
    let all = notes(here.get("notes"));
    let pinned = looked_at(engine, here);
    let mut out = String::new();
    if let Some(pin) = &pinned {
        let text = all.iter().find(|note| note.on == *pin).map_or("", |note| note.text.as_str());
        let _ = write!(
            out,
            "<div class=\"sec notebox\"><div class=\"hd\"><h2>Note</h2><span class=\"dim\">{}</span><a class=\"go end\" href=\"{}\">All notes</a></div><div class=\"pad\">{}</div></div>",
            if text.is_empty() { "travels with the link" } else { "kept in the address" },
            here.to(&[("view", "findings"), ("page", "notes")]),
            field(pin, text, "Note on what is selected"),
        );
    }
    if here.get("view") == "timeline" {
        let file = trace(engine, here);
        let others = all.iter().filter(|note| Some(&note.on) != pinned.as_ref());
        let ranges: Vec<&Note> = others
            .filter(|note| matches!(&note.on, Pin::Range { file: of, .. } if Some(of) == file.as_ref()))
            .collect();
        if !ranges.is_empty() {
            out.push_str(
                "<div class=\"sec notebox\"><div class=\"hd\"><h2>Notes on this trace</h2></div><div class=\"pad\">",
            );
            for note in ranges {
                let _ = write!(
                    out,
                    "<p class=\"noted\"><a class=\"link\" href=\"{}\">{}</a> {}</p>",
                    lead(engine, here, &note.on),
                    escaped(&named(&note.on).1),
                    escaped(&note.text)
                );
            }
            out.push_str("</div></div>");
        }
    }
    out
}

/// What a note is pinned to, in words: what kind of thing, and which.
fn named(pin: &Pin) -> (&'static str, String) {
    match pin {
        Pin::Session => ("All of it", String::new()),
        Pin::Finding { rule, place } => ("Finding", format!("{rule} {place}").trim_end().to_owned()),
        Pin::Site { node } => ("Call site", node.clone()),
        Pin::Range { file, from, to } => {
            let at = |nanos: i64| nanos as f64 / 1e9;
            ("Time", format!("{:.3}–{:.3} s of {file} ({})", at(*from), at(*to), seconds(at(to.saturating_sub(*from)))))
        }
    }
}

/// Where a note leads.
fn lead(engine: &mut Engine, here: &Here, pin: &Pin) -> String {
    match pin {
        Pin::Session => here.to(&[("view", "findings")]),
        Pin::Finding { .. } => {
            let found = &engine.diagnose(&Thresholds::changed(here.get("th"))).findings;
            let at = found.iter().position(|finding| pin_of(finding) == *pin).unwrap_or(0);
            here.to(&[("view", "findings"), ("finding", &at.to_string())])
        }
        Pin::Site { node } => here.to(&[("view", "heap"), ("sel", node)]),
        Pin::Range { file, from, to } => {
            here.to(&[("view", "timeline"), ("cur", file), ("at", &format!("s{from}-{to}"))])
        }
    }
}

/// What the notes do to the length of the address, where that is too much.
pub(super) fn too_long(here: &Here) -> Option<String> {
    let length = here.with(&[]).replace("&amp;", "&").len();
    (length > MOST_LINK_BYTES).then(|| {
        format!(
            "With its notes the link is {} long. Some chats and mail programs cut links above 2 kB: share these notes in an analysis link, a bundle or a report, or shorten them.",
            size(length as u64)
        )
    })
}

/// The list.
pub(super) fn page(engine: &mut Engine, here: &Here) -> String {
    let all = notes(here.get("notes"));
    let mut out = format!(
        "<div class=\"hd\"><h2>Notes</h2><span class=\"dim\">{}, in the link, in bundles and in reports; select a finding, a function or a stretch of time to pin one</span></div>",
        match all.len() {
            0 => "none yet; they travel".to_owned(),
            1 => "1 note, which travels".to_owned(),
            n => format!("{n} notes, which travel"),
        }
    );
    if let Some(words) = too_long(here) {
        let _ = write!(out, "<p class=\"pad warn\" role=\"status\" data-testid=\"notes-long\">{words}</p>");
    }
    out.push_str("<div class=\"notes\" data-testid=\"notes\">");
    let whole = all.iter().find(|note| note.on == Pin::Session).map_or("", |note| note.text.as_str());
    let _ = write!(
        out,
        "<article><header><b>All of it</b></header>{}</article>",
        field(&Pin::Session, whole, "Note on all of it")
    );
    for (on, text) in entries(here.get("notes")) {
        let Some(pin) = analysis::note_list::pin(&on).filter(|pin| *pin != Pin::Session) else { continue };
        let (kind, which) = named(&pin);
        let _ = write!(
            out,
            "<article data-testid=\"note-item\"><header><b>{kind}</b> <a class=\"link\" href=\"{}\">{}</a><button class=\"link end\" data-pair=\"notes\" data-name=\"{}\" data-unset data-testid=\"note-delete\">Delete</button></header>{}</article>",
            lead(engine, here, &pin),
            escaped(&which),
            escaped(&on),
            field(&pin, &text, "Note"),
        );
    }
    out.push_str("</div>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_listed_as_text_and_lead_to_where_they_are() {
        let list = analysis::note_list::list(&[
            Note { on: Pin::Site { node: "main.<b>".to_owned() }, text: "<script>x</script>".to_owned() },
            Note {
                on: Pin::Range { file: "t".to_owned(), from: 1_000_000_000, to: 1_500_000_000 },
                text: "stall".to_owned(),
            },
        ]);
        let here = Here::new(&format!("#v=1&view=findings&page=notes&notes={}", encoded(&list)));
        let made = page(&mut Engine::default(), &here);
        assert!(made.contains("2 notes") && !made.contains("<script>") && !made.contains("main.<b>"), "{made}");
        assert!(made.contains("1.000–1.500 s of t (500 ms)") && made.contains("at=s1000000000-1500000000"), "{made}");
        assert!(too_long(&here).is_none());
        assert_eq!(selection("w0-9;r1-2;r3-4;g7"), Some((3, 4)));
        assert_eq!(selection("r3-4;s5-6"), Some((5, 6)));
    }
}
