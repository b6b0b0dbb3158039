//! The same as `go build -gcflags=-json=0,DIRECTORY` writes it: a file for each source file, a line that tells of which,
//! then a diagnostic a line (cmd/compile/internal/logopt).

use serde::Deserialize;

use super::notes::{Notes, said};
use crate::formats::text::{Found, Line, LineReader};
use crate::model::Symbols;
use crate::model::record::{EscapeKind, EscapeNote, Record};

/// Reads such files, one after the other.
#[derive(Default)]
pub(in crate::formats) struct EscapeJson {
    notes: Notes,
    head: Option<Head>,
}

/// The first line.
#[derive(Deserialize)]
struct Head {
    package: String,
    file: String,
    #[serde(rename = "gc_version")]
    _compiler: String,
}

/// Another line.
#[derive(Deserialize)]
struct Diagnostic {
    range: Range,
    code: String,
    message: String,
    #[serde(default, rename = "relatedInformation")]
    related: Vec<Related>,
}

#[derive(Deserialize)]
struct Range {
    start: Start,
}

/// From 1, unlike the protocol whose form it has.
#[derive(Deserialize)]
struct Start {
    line: u32,
    character: u32,
}

#[derive(Deserialize)]
struct Related {
    location: Location,
    message: String,
}

#[derive(Deserialize)]
struct Location {
    uri: String,
    range: Range,
}

impl LineReader for EscapeJson {
    fn read(&mut self, line: &Line<'_>, _: &mut Symbols) -> bool {
        let text = line.text.trim();
        if !text.starts_with('{') {
            return false;
        }
        if let Some(head) = text.contains("\"gc_version\"").then(|| serde_json::from_str(text).ok()).flatten() {
            self.head = Some(head);
            return true;
        }
        let Some(head) = &self.head else { return false };
        let Ok(diagnostic) = serde_json::from_str::<Diagnostic>(text) else { return false };
        match note(head, &diagnostic) {
            Some(note) => _ = self.notes.add(note),
            None => self.notes.other(),
        }
        true
    }

    fn finish(self: Box<Self>, _: &mut Symbols) -> Found {
        let records = self.notes.finish().map(|notes| Record::Escape(Box::new(notes)));
        Found { records: records.into_iter().collect(), ..Found::default() }
    }
}

fn note(head: &Head, diagnostic: &Diagnostic) -> Option<EscapeNote> {
    let (kind, subject) = match diagnostic.code.as_str() {
        "escape" | "escapes" => said(&diagnostic.message)?,
        "leak" => {
            let (subject, to) = diagnostic.message.strip_prefix("parameter ")?.split_once(" leaks to ")?;
            (EscapeKind::LeakingParam, to.starts_with("{heap}").then_some(subject)?)
        }
        _ => return None,
    };
    Some(EscapeNote {
        file: head.file.replace('\\', "/"),
        line: diagnostic.range.start.line,
        column: diagnostic.range.start.character,
        kind,
        subject: subject.to_owned(),
        // The path of a main package is not told.
        package: if head.package == "main" { String::new() } else { head.package.clone() },
        flow: diagnostic.related.iter().filter_map(flow).collect(),
    })
}

/// A step of the way, as `-m=2` prints it.
fn flow(related: &Related) -> Option<String> {
    let step = related.message.strip_prefix("escflow:")?;
    let step = step.strip_prefix("    ").unwrap_or(step);
    if !step.trim_start().starts_with("from ") {
        return Some(step.to_owned());
    }
    let Start { line, character } = related.location.range.start;
    let file = related.location.uri.strip_prefix("file://").unwrap_or(&related.location.uri);
    Some(format!("{step} at {file}:{line}:{character}"))
}
