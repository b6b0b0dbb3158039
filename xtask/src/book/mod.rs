//! The book: the chapters of `docs/` as pages of the site, below `book/`. A link that leads nowhere stops the build.

mod chapter;
mod page;

use std::collections::BTreeMap;
use std::path::Path;

use crate::dist::Files;
use chapter::Chapter;

/// Chapters in the order of reading; others of `docs/` come behind, by name.
const ORDER: [&str; 11] = [
    "capture",
    "views",
    "findings",
    "formats",
    "reliability",
    "privacy",
    "hosting",
    "annotations",
    "wire-format",
    "library",
    "benchmarks",
];

/// The files of the book, by their path on the site.
///
/// # Errors
/// When a chapter cannot be read, or links to what is not there.
pub(crate) fn book(root: &Path) -> Result<Files, String> {
    let docs = read(&root.join("docs"))?;
    let texts = docs.iter().filter_map(|(name, bytes)| Some((name.strip_suffix(".md")?, bytes)));
    let mut chapters = Vec::new();
    for (name, bytes) in texts {
        let text = std::str::from_utf8(bytes).map_err(|_| format!("docs/{name}.md is no text."))?;
        chapters.push(Chapter::parse(name, text)?);
    }
    let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    chapters.sort_by_key(|chapter| (place(&chapter.name), chapter.name.clone()));
    let mut files = Files::new();
    for (at, chapter) in chapters.iter().enumerate() {
        let (body, pictures) = chapter.body(&chapters, &|path| root.join(path).exists())?;
        for picture in pictures {
            let bytes =
                docs.get(&picture).ok_or_else(|| format!("docs/{}.md: there is no {picture}.", chapter.name))?;
            files.insert(format!("book/{picture}"), bytes.clone());
        }
        files.insert(format!("book/{}.html", chapter.name), page::of_chapter(&chapters, at, &body).into_bytes());
    }
    files.insert("book/index.html".to_owned(), page::index(&chapters).into_bytes());
    files.insert("book/book.css".to_owned(), page::STYLE.concat().into_bytes());
    files.insert("book/theme.js".to_owned(), page::THEME.as_bytes().to_vec());
    Ok(files)
}

/// The files of a folder, by name.
fn read(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}.", folder.display());
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) {
            files.insert(name.to_owned(), std::fs::read(&path).map_err(failed)?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn body(text: &str) -> Result<(String, Vec<String>), String> {
        let chapters = [Chapter::parse("a", text)?, Chapter::parse("b", "# B\n\n## The `end`, at last\n")?];
        chapters[0].body(&chapters, &|path| path == "contrib/x.yml")
    }

    #[test]
    fn every_chapter_becomes_a_page_and_no_link_of_it_is_dead() {
        let files = book(&crate::run::root()).unwrap();
        for name in ORDER.iter().filter(|name| crate::run::root().join(format!("docs/{name}.md")).exists()) {
            let page = String::from_utf8(files[&format!("book/{name}.html")].clone()).unwrap();
            assert!(page.contains("<h1 ") && page.contains("Content-Security-Policy"), "{name}");
            assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("<script>"), "{name}");
        }
        assert!(files.contains_key("book/findings.html"));
    }

    #[test]
    fn links_lead_to_chapters_and_their_sections() {
        let (html, _) = body("# A\n\n[b](b.md), [end](b.md#the-end-at-last), [a](#a)\n").unwrap();
        for link in ["href=\"b.html\"", "href=\"b.html#the-end-at-last\"", "href=\"#a\""] {
            assert!(html.contains(link), "{link}: {html}");
        }
    }

    #[test]
    fn no_table_has_a_style() {
        let (html, _) = body("# A\n\n| a | b |\n|--:|:-:|\n| 1 | 2 |\n").unwrap();
        assert!(html.contains("<td>1</td>") && !html.contains("style"), "{html}");
    }

    #[test]
    fn what_is_not_of_the_book_is_named_and_not_linked() {
        let (html, _) = body("# A\n\n[a workflow](../contrib/x.yml)\n").unwrap();
        assert!(html.contains("a workflow") && !html.contains("x.yml"), "{html}");
    }

    #[test]
    fn a_dead_link_stops_the_build() {
        for link in ["c.md", "b.md#nowhere", "#nowhere", "../contrib/y.yml", "x.txt", "javascript:alert(1)"] {
            let said = body(&format!("# A\n\n[x]({link})\n")).unwrap_err();
            assert!(said.contains(link), "{said}");
        }
    }

    #[test]
    fn two_sections_of_one_name_and_markup_of_html_are_refused() {
        assert!(body("# A\n\n## B\n\n## B\n").unwrap_err().contains("twice"));
        assert!(body("# A\n\n<script>x</script>\n").unwrap_err().contains("HTML"));
        assert!(body("# A\n\n<!-- a note -->\n").is_ok());
        assert!(body("No head\n").unwrap_err().contains("head"));
    }
}
