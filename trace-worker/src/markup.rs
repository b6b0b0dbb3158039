//! Rows and sections as markup. It is made here, not on the page, so that a page without a trace does not carry it.

mod answer;

use std::fmt::Write;

use analysis::markup::escaped;
use trace_worker::Go;

pub(crate) use analysis::markup::chart::{Hit, Shape, ShapeKind};
pub(crate) use answer::{Cell, Column, Part, Table, answer};

/// A chart whose stretches lead into the timeline.
pub(crate) type Chart = analysis::markup::chart::Chart<Go>;

/// A part of the inspector.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Section {
    pub(crate) title: String,
    /// Beside the title.
    pub(crate) note: String,
    /// Heads over the values, if there is more than one.
    pub(crate) heads: &'static [&'static str],
    pub(crate) rows: Vec<Row>,
}

/// What, and how much.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
    pub(crate) go: Option<Go>,
}

/// The inspector. Links count rows over all sections.
pub(crate) fn sections(sections: &[Section]) -> String {
    let mut out = String::new();
    let mut at = 0;
    for section in sections {
        let (title, note) = (escaped(&section.title), escaped(&section.note));
        let _ = write!(
            out,
            "<div class=\"sec\"><div class=\"hd\"><h2 class=\"wrap\">{title}</h2><span class=\"dim end\">{note}</span></div><div class=\"pad\"><table class=\"kv\">"
        );
        if !section.heads.is_empty() {
            out.push_str("<thead><tr><th></th>");
            section.heads.iter().for_each(|head| {
                let _ = write!(out, "<th>{head}</th>");
            });
            out.push_str("</tr></thead>");
        }
        out.push_str("<tbody>");
        for row in &section.rows {
            let name = escaped(&row.name);
            match row.go {
                Some(_) => {
                    let _ = write!(out, "<tr><td><button class=\"link\" data-go=\"{at}\">{name}</button></td>");
                }
                None => {
                    let _ = write!(out, "<tr><td>{name}</td>");
                }
            }
            row.values.iter().for_each(|value| {
                let _ = write!(out, "<td>{}</td>", escaped(value));
            });
            out.push_str("</tr>");
            at += 1;
        }
        out.push_str("</tbody></table></div></div>");
    }
    out
}

/// Where a link of the inspector leads.
pub(crate) fn link(sections: &[Section], at: usize) -> Option<Go> {
    sections.iter().flat_map(|section| &section.rows).nth(at)?.go.clone()
}

/// How far a search is, and a button that ends it.
pub(crate) fn progress(share: f64) -> String {
    format!(
        "<p class=\"pad xs first\" role=\"status\"><progress value=\"{share:.3}\"></progress> searching, {:.0} % <button class=\"btn\" data-key=\"Stop\" data-testid=\"search-stop\">Stop</button></p>",
        share * 100.0
    )
}

/// Lines of a tip, the first strong.
pub(crate) fn tip(lines: &[String]) -> String {
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let tag = if at == 0 { "b" } else { "span" };
        let _ = write!(out, "<{tag}>{}</{tag}>", escaped(line));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_whatever_they_hold() {
        assert_eq!(tip(&["a<b".to_owned(), "c".to_owned()]), "<b>a&lt;b</b><span>c</span>");
    }

    #[test]
    fn links_of_the_inspector_count_over_all_sections() {
        let row = |go| Row { name: "x".to_owned(), values: vec!["1".to_owned()], go };
        let section = |rows| Section { title: "t".to_owned(), note: String::new(), heads: &[], rows };
        let all =
            [section(vec![row(None), row(None)]), section(vec![row(Some(Go { select: None, goroutine: Some(7) }))])];
        assert!(sections(&all).contains("data-go=\"2\""));
        assert_eq!(link(&all, 2).and_then(|go| go.goroutine), Some(7));
        assert_eq!(link(&all, 0), None);
    }
}
