//! A chapter: its text as events of Markdown, its sections, and its body as HTML.

use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// One chapter.
pub(super) struct Chapter {
    /// The name of its file, without the end.
    pub(super) name: String,
    /// Its first heading.
    pub(super) title: String,
    /// Its headings below the first.
    pub(super) sections: Vec<Section>,
    events: Vec<Event<'static>>,
}

/// One heading.
pub(super) struct Section {
    pub(super) id: String,
    pub(super) words: String,
    /// A heading of the second rank; those below are of the third or less.
    pub(super) is_major: bool,
}

impl Chapter {
    /// # Errors
    /// When it has no head, holds HTML, or names two sections alike.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let parser = Parser::new_ext(text, Options::ENABLE_TABLES).map(Event::into_static);
        let mut chapter =
            Self { name: name.to_owned(), title: String::new(), sections: Vec::new(), events: Vec::new() };
        for event in parser {
            match event {
                // Marks between which a command writes.
                Event::Html(html) if html.trim_start().starts_with("<!--") => {}
                Event::Html(html) | Event::InlineHtml(html) => {
                    return Err(format!("docs/{name}.md holds HTML, which the book does not take: {html}"));
                }
                event => chapter.events.push(event),
            }
        }
        chapter.number_headings()?;
        Ok(chapter)
    }

    /// Gives each heading its id, which is its words as GitHub has them in links.
    fn number_headings(&mut self) -> Result<(), String> {
        let ranks: Vec<(usize, HeadingLevel, String)> =
            (0..self.events.len()).filter_map(|at| self.heading(at)).collect();
        for (at, rank, words) in ranks {
            let own = slug(&words);
            if self.has(&own) {
                return Err(format!("docs/{}.md has the section “{words}” twice.", self.name));
            }
            if let Some(Event::Start(Tag::Heading { id, .. })) = self.events.get_mut(at) {
                *id = Some(CowStr::from(own.clone()));
            }
            match rank {
                HeadingLevel::H1 => self.title = words,
                _ => self.sections.push(Section { id: own, words, is_major: rank == HeadingLevel::H2 }),
            }
        }
        if self.title.is_empty() { Err(format!("docs/{}.md has no head.", self.name)) } else { Ok(()) }
    }

    /// Rank and words of the heading that begins at an event.
    fn heading(&self, at: usize) -> Option<(usize, HeadingLevel, String)> {
        let Some(Event::Start(Tag::Heading { level, .. })) = self.events.get(at) else { return None };
        let inner =
            self.events.iter().skip(at + 1).take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
        let words = inner.filter_map(|event| match event {
            Event::Text(words) | Event::Code(words) => Some(words.as_ref()),
            _ => None,
        });
        Some((at, *level, words.collect()))
    }

    fn has(&self, id: &str) -> bool {
        slug(&self.title) == id || self.sections.iter().any(|section| section.id == id)
    }

    /// As HTML, and the pictures in it.
    ///
    /// # Errors
    /// When a link leads nowhere: to no chapter, to no section, or to a file (asked of `is_file`) that is not there.
    pub(super) fn body(&self, all: &[Self], is_file: &dyn Fn(&str) -> bool) -> Result<(String, Vec<String>), String> {
        let (mut events, mut pictures) = (Vec::with_capacity(self.events.len()), Vec::new());
        // Whether each link that is open is shown as one.
        let mut open = Vec::new();
        for event in &self.events {
            match event {
                Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                    let target = self.target(dest_url, all, is_file)?;
                    open.push(target.is_some());
                    if let Some(target) = target {
                        let (link_type, title, id) = (*link_type, title.clone(), id.clone());
                        events.push(Event::Start(Tag::Link { link_type, dest_url: target.into(), title, id }));
                    }
                }
                Event::End(TagEnd::Link) => {
                    if open.pop() == Some(true) {
                        events.push(event.clone());
                    }
                }
                Event::Start(Tag::Image { dest_url, .. }) => {
                    pictures.push(dest_url.to_string());
                    events.push(event.clone());
                }
                // A wide table moves by itself, and the page stays.
                // Its columns are not aligned: that would be by a style.
                Event::Start(Tag::Table(columns)) => {
                    events.push(Event::Html("<div class=\"wide\" tabindex=\"0\">".into()));
                    events.push(Event::Start(Tag::Table(vec![Alignment::None; columns.len()])));
                }
                Event::End(TagEnd::Table) => {
                    events.push(event.clone());
                    events.push(Event::Html("</div>".into()));
                }
                event => events.push(event.clone()),
            }
        }
        let mut out = String::new();
        html::push_html(&mut out, events.into_iter());
        Ok((out, pictures))
    }

    /// Where a link leads in the book; `None` for a file that is not of it.
    fn target(&self, link: &str, all: &[Self], is_file: &dyn Fn(&str) -> bool) -> Result<Option<String>, String> {
        let dead = || format!("docs/{}.md: the link {link} leads nowhere.", self.name);
        if link.starts_with("https://") {
            return Ok(Some(link.to_owned()));
        }
        if let Some(path) = link.strip_prefix("../") {
            return if is_file(path) { Ok(None) } else { Err(dead()) };
        }
        let (file, section) = link.split_once('#').unwrap_or((link, ""));
        let chapter = match file {
            "" => Some(self),
            file => file.strip_suffix(".md").and_then(|name| all.iter().find(|chapter| chapter.name == name)),
        };
        let chapter = chapter.filter(|chapter| section.is_empty() || chapter.has(section)).ok_or_else(dead)?;
        let page = if file.is_empty() { String::new() } else { format!("{}.html", chapter.name) };
        Ok(Some(if section.is_empty() { page } else { format!("{page}#{section}") }))
    }
}

/// Words as a part of a link: letters, digits, `-` and `_`, spaces as `-`.
fn slug(words: &str) -> String {
    let kept = words.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' '));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}
