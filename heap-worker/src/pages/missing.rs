//! The files that a link names and that are not here: each with its size and hash, and what of the files that are here fits.

use std::fmt::Write;

use analysis::linked::{self, LinkedFile};
use analysis::markup::escaped;
use analysis::query::Engine;
use analysis::session::Source;
use analysis::words::size;

use super::Here;

/// How a file of the link stands.
enum Found {
    /// Its bytes are here, under this name.
    Here(String),
    /// A file of its name is here, and its bytes begin so.
    Other(String),
    /// Nothing of it.
    Missing,
}

/// What of the session a file of a link is.
fn found(engine: &Engine, file: &LinkedFile) -> Found {
    let read = || engine.session().sources.iter().filter(|source| source.shared.is_none());
    let hash = |source: &Source| source.identity.map(|identity| identity.hex());
    if let Some(same) = read().find(|source| hash(source).is_some_and(|hex| file.is(&hex))) {
        return Found::Here(same.name.clone());
    }
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    match read().find(|source| last(&source.name) == last(&file.name)) {
        Some(other) => Found::Other(hash(other).unwrap_or_default()),
        None => Found::Missing,
    }
}

/// The page: nothing once all of them are here.
pub(super) fn page(engine: &Engine, here: &Here) -> String {
    let files = linked::files(here.get("files"));
    let found: Vec<(LinkedFile, Found)> =
        files.into_iter().map(|file| (found(engine, &file), file)).map(|(f, file)| (file, f)).collect();
    let missing: Vec<&LinkedFile> =
        found.iter().filter(|(_, found)| !matches!(found, Found::Here(_))).map(|(file, _)| file).collect();
    if missing.is_empty() {
        return String::new();
    }
    let is_empty = engine.session().sources.is_empty();
    let bytes = missing.iter().map(|file| file.size_bytes).fold(0_u64, u64::saturating_add);
    let title = match (missing.len(), is_empty) {
        (1, true) => "This link shows a file that is not here".to_owned(),
        (n, true) => format!("This link shows {n} files that are not here"),
        (n, false) => format!("{n} of {} files of this link are not here yet", found.len()),
    };
    let mut out = format!(
        "<section class=\"need\" data-testid=\"missing\" aria-label=\"Files of this link\"><h1>{title}</h1><p class=\"prose\">A link holds what is looked at, and no file. Drop {} here ({}), packed or not: what is dropped is checked by its SHA-256, and the linked view opens. Nothing is uploaded.</p><table class=\"pgtable\"><thead><tr><th class=\"l\">File</th><th>Size</th><th class=\"l\">SHA-256</th><th class=\"l\">Here</th></tr></thead><tbody>",
        if missing.len() == 1 { "it" } else { "them" },
        size(bytes),
    );
    let is_awaited = |name: &str| missing.iter().any(|file| file.name == name);
    for (file, found) in &found {
        // A file of the reader's that only has the name is told of in the row of the one that is awaited.
        if matches!(found, Found::Here(_)) && is_awaited(&file.name) {
            continue;
        }
        let (state, mark, words) = match found {
            Found::Here(name) if *name == file.name => ("here", "✓", String::new()),
            Found::Here(name) => ("here", "✓", format!("called {} here", escaped(name))),
            Found::Other(hash) => ("other", "≠", other(hash)),
            Found::Missing => ("missing", "·", "not here".to_owned()),
        };
        let _ = write!(
            out,
            "<tr data-testid=\"needed\" data-state=\"{state}\" data-name=\"{}\"><td class=\"l nm\"><i>{mark}</i>{}</td><td>{}</td><td class=\"l\"><code>{}</code></td><td class=\"l words\">{words}</td></tr>",
            escaped(&file.name),
            escaped(&file.name),
            size(file.size_bytes),
            escaped(file.hash.get(..12).unwrap_or(&file.hash)),
        );
    }
    out.push_str("</tbody></table>");
    let more = linked::unnamed(here.get("files"));
    if more > 0 {
        let _ = write!(
            out,
            "<p class=\"dim\">The sender had {more} more files, which the link has no room to name: the view may differ without them.</p>"
        );
    }
    let _ = write!(
        out,
        "<div class=\"row\"><button class=\"btn prime\" data-press=\"[data-testid=file-input]\">Choose files</button><a class=\"btn\" data-testid=\"without\" href=\"{}\">{}</a><button class=\"link\" data-keep=\"settings\">Keep files in this browser</button></div></section>",
        here.with(&[("files", "")]),
        if is_empty { "Start without them" } else { "Go on without" },
    );
    out
}

/// What is said of a file that only has the name.
fn other(hash: &str) -> String {
    let Some(short) = hash.get(..12) else {
        return "a file of this name is here; its bytes are not known".to_owned();
    };
    format!(
        "the file of this name here is another one: its SHA-256 begins with <code>{}</code>. Of another moment, or changed since",
        escaped(short)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "#v=1&view=heap&files=a%3A1200.0123456789abcdef%3B%253Cb%253E%3A5.fedcba9876543210%3B%2B3";

    #[test]
    fn each_file_is_named_and_names_are_text() {
        let made = page(&Engine::default(), &Here::new(LINK));
        assert!(made.contains("shows 2 files that are not here") && made.contains("3 more files"), "{made}");
        assert!(made.contains("0123456789ab") && made.contains("&lt;b&gt;") && !made.contains("<b>"), "{made}");
        assert!(made.contains("href=\"#v=1&amp;view=heap\""), "{made}");
        assert_eq!(page(&Engine::default(), &Here::new("#v=1")), "");
    }
}
