//! Files that a shared analysis is of, as they come: a file with the same bytes takes the place of what was said of it, with its
//! number and name, so that links and evidence go on pointing at it.

use super::Identity;
use crate::lens::SourceId;
use crate::model::ProfileKind;
use crate::query::FileState;
use crate::session::{Content, Session, Source};

impl Source {
    /// Whether it is a file that is not here and could be: not one that its owner could not read either, nor a part of another.
    pub(crate) fn is_missing(&self) -> bool {
        let is_part =
            matches!(&self.content, Content::Profile { profile, .. } if matches!(profile.kind, ProfileKind::Trace(_)));
        let row = self.shared.as_ref().filter(|row| row.state != FileState::Refused && row.kind != ARCHIVE);
        row.is_some() && !is_part && self.derived_from.is_none()
    }
}

/// What an archive is called, whose members are files of their own ([`crate::query::kind_of`]).
const ARCHIVE: &str = "archive";

impl Session {
    /// Says which bytes a file is. If these are the bytes of a shared one that is not here, it takes that one's place; gives its
    /// number from now on. Another file of a shared one's name is told that it is another.
    pub fn identify(&mut self, id: SourceId, identity: Identity) -> SourceId {
        let Some(source) = self.sources.iter_mut().find(|source| source.id == id) else { return id };
        if source.identity.replace(identity) == Some(identity) {
            return id;
        }
        let name = source.name.clone();
        let is_asked_for = |other: &Source| other.is_missing() && other.id != id;
        if let Some(shared) = self.sources.iter().position(|s| is_asked_for(s) && s.identity == Some(identity)) {
            return self.replace(shared, id);
        }
        let namesake = self.sources.iter().find(|other| is_asked_for(other) && other.name == name);
        let words = namesake.and_then(|other| other.identity).map(|expected| {
            format!(
                "This is not the file that the shared analysis is of, which has the same name: that one has {} bytes and SHA-256 \
                 {}…, this one {} bytes and {}…. Both are kept.",
                expected.length_bytes,
                expected.short_hex(),
                identity.length_bytes,
                identity.short_hex()
            )
        });
        if let (Some(words), Some(source)) = (words, self.sources.iter_mut().find(|source| source.id == id)) {
            source.content.warn(words);
        }
        id
    }

    /// Puts a file that was opened where a shared one stands, and what was made of it where what was made of that stands.
    fn replace(&mut self, shared: usize, id: SourceId) -> SourceId {
        let Some((place, name)) = self.sources.get(shared).map(|source| (source.id, source.name.clone())) else {
            return id;
        };
        let own_name = self.source(id).map_or(String::new(), |source| source.name.clone());
        let is_of = |source: &Source, of: SourceId| source.id == of || source.derived_from == Some(of);
        let (came, mut kept): (Vec<Source>, Vec<Source>) =
            std::mem::take(&mut self.sources).into_iter().partition(|source| is_of(source, id));
        let mut renamed: Vec<Source> = Vec::new();
        for mut source in came {
            // Parts are called after their file.
            let rest = source.name.strip_prefix(own_name.as_str()).unwrap_or("").to_owned();
            source.name = format!("{name}{rest}");
            let before = kept.iter().find(|other| is_of(other, place) && other.name == source.name);
            source.id = if source.id == id { place } else { before.map_or(source.id, |before| before.id) };
            source.derived_from = source.derived_from.map(|_| place);
            renamed.push(source);
        }
        // What was shared of it and is not made anew has had its time.
        let at = kept.iter().take_while(|other| !is_of(other, place)).count();
        kept.retain(|other| !is_of(other, place));
        kept.splice(at..at, renamed);
        self.sources = kept;
        if let Some(shared) = &mut self.shared {
            shared.arrived += 1;
        }
        place
    }
}
