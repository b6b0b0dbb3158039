//! What stands around a chapter: the head, the table of contents, the way to the next.

use pulldown_cmark::{Event, html};

use super::chapter::Chapter;

/// Tokens of the page, then the book's own.
pub(super) const STYLE: [&str; 2] = [include_str!("../../../app/style/tokens.css"), include_str!("book.css")];
/// Light or dark as the reader chose it on the page.
pub(super) const THEME: &str = include_str!("theme.js");

/// The book needs its own files and nothing else.
const POLICY: &str =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

/// The page of a chapter.
pub(super) fn of_chapter(all: &[Chapter], at: usize, body: &str) -> String {
    let Some(own) = all.get(at) else { return String::new() };
    let beside = |other: Option<usize>, rel: &str, words: &str| {
        let chapter = other.and_then(|other| all.get(other));
        chapter.map_or(String::new(), |chapter| {
            format!(
                "<a rel=\"{rel}\" href=\"{}.html\"><small>{words}</small>{}</a>",
                chapter.name,
                text(&chapter.title)
            )
        })
    };
    let ways = beside(at.checked_sub(1), "prev", "Before") + &beside(Some(at + 1), "next", "Next");
    framed(
        &own.title,
        &format!(
            "<main>\n{body}<nav class=\"ways\" aria-label=\"Chapters beside\">{ways}</nav>\n</main>\n{}",
            contents(all, Some(at))
        ),
    )
}

/// The first page: all chapters with their sections.
pub(super) fn index(all: &[Chapter]) -> String {
    let chapter = |chapter: &Chapter| {
        let majors = chapter.sections.iter().filter(|section| section.is_major);
        let majors: Vec<String> = majors
            .map(|section| format!("<a href=\"{}.html#{}\">{}</a>", chapter.name, section.id, text(&section.words)))
            .collect();
        format!(
            "<h2><a href=\"{}.html\">{}</a></h2>\n<p>{}</p>\n",
            chapter.name,
            text(&chapter.title),
            majors.join(" · ")
        )
    };
    let chapters: String = all.iter().map(chapter).collect();
    framed("Poolscope: the book", &format!("<main class=\"index\">\n<h1>The book</h1>\n{chapters}</main>\n"))
}

/// All chapters; of the one that is open, its sections.
fn contents(all: &[Chapter], open: Option<usize>) -> String {
    let chapter = |(at, chapter): (usize, &Chapter)| {
        let is_open = open == Some(at);
        let current = if is_open { " aria-current=\"page\"" } else { "" };
        let sections: String = chapter
            .sections
            .iter()
            .filter(|_| is_open)
            .map(|section| {
                let rank = if section.is_major { "" } else { " class=\"minor\"" };
                format!("<li{rank}><a href=\"#{}\">{}</a></li>", section.id, text(&section.words))
            })
            .collect();
        let sections = if sections.is_empty() { sections } else { format!("<ol>{sections}</ol>") };
        format!("<li><a href=\"{}.html\"{current}>{}</a>{sections}</li>\n", chapter.name, text(&chapter.title))
    };
    let chapters: String = all.iter().enumerate().map(chapter).collect();
    format!("<nav id=\"contents\" class=\"contents\" aria-label=\"Contents\"><ol>\n{chapters}</ol></nav>\n")
}

fn framed(title: &str, inner: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{0} · Poolscope</title>\n\
         <link rel=\"icon\" href=\"../icon.svg\" type=\"image/svg+xml\">\n<link rel=\"stylesheet\" href=\"book.css\">\n\
         <script src=\"theme.js\"></script>\n</head>\n<body>\n\
         <header><a href=\"../\">Poolscope</a><a href=\"index.html\">The book</a><a class=\"skip\" href=\"#contents\">Contents</a></header>\n\
         {inner}</body>\n</html>\n",
        text(title)
    )
}

/// Words in markup.
fn text(words: &str) -> String {
    let mut out = String::new();
    html::push_html(&mut out, std::iter::once(Event::Text(words.into())));
    out
}
