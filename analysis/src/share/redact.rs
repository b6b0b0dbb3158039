//! Names out of an analysis before it is shared: what a program's functions, packages, files, pools, labels and threads are
//! called is replaced, wherever it stands, by short hashes; what everyone has (the standard library) stays.
//!
//! Replaced is by text, not by place: each text of the analysis is searched for every name that the session knows, whole names
//! before their parts, so that a claim, a link and a call tree go on naming the same thing alike.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::Analysis;
use super::known_names::{is_known_file, is_known_function, is_known_word};
use super::names::{Kind, Name};
use super::replacer::Replacer;
use super::shred::{ALL_DIGITS, shred};
use super::unshred::{ANY_MEMORY, unshred};
use crate::link;
use crate::model::record::Record;
use crate::model::{LabelValue, StringId};
use crate::session::{Content, Session};

/// What is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Random letters: without them who guesses a name can try it. The same give the same names.
    pub salt: String,
    /// Names that begin with one of these stay, beside the standard libraries of Go, Rust and Java.
    pub allow: Vec<String>,
}

/// What a session calls things that are not everyone's.
pub(super) struct Secrets(Vec<Name>);

impl Secrets {
    /// Of all that is open.
    pub(super) fn of(session: &Session, policy: &Policy) -> Self {
        let mut found = Self(Vec::new());
        let symbols = &session.symbols;
        let text = |id: StringId| symbols.strings.get(id);
        for (_, function) in symbols.functions.iter() {
            found.add(Kind::Function, text(function.name));
            found.add(Kind::Function, text(function.system_name));
            found.add(Kind::Path, text(function.file));
        }
        for (_, mapping) in symbols.mappings.iter() {
            found.add(Kind::Path, text(mapping.file));
            found.add(Kind::Word, text(mapping.build_id));
        }
        // What is interned and looks like one is one: creators of goroutines, regions, owners of locks.
        for id in symbols.strings.iter() {
            let text = text(id);
            let is_path = text.starts_with('/') || text.contains('\\') || is_source(text);
            if is_path {
                found.add(Kind::Path, text);
            } else if (text.contains('.') || text.contains("::")) && !text.contains(' ') {
                found.add(Kind::Function, text);
            }
        }
        for (at, source) in session.sources.iter().enumerate() {
            if source.name.len() >= LEAST_LETTERS {
                found.0.push(Name::of_file(&source.name, at));
            }
            match &source.content {
                Content::Profile { profile, .. } => {
                    for (_, labels) in profile.labels.iter() {
                        for label in labels {
                            found.add(Kind::Word, text(label.key));
                            if let LabelValue::Text(value) = label.value {
                                found.add(Kind::Word, text(value));
                            }
                        }
                    }
                    profile.comments.iter().for_each(|&comment| found.add(Kind::Word, text(comment)));
                }
                Content::Pools { lifecycle, .. } => {
                    let history = &lifecycle.history;
                    for pool in &history.pools {
                        [pool.name, pool.type_name, pool.tenant]
                            .into_iter()
                            .for_each(|id| found.add(Kind::Word, text(id)));
                        found.add(Kind::Function, text(pool.type_name));
                    }
                    history.threads.iter().for_each(|thread| found.add(Kind::Word, text(thread.name)));
                    history.processes.iter().for_each(|process| found.add(Kind::Path, &process.program));
                }
                Content::Records { .. } | Content::Refused { .. } => {}
            }
            source.unread.first.iter().for_each(|line| found.add(Kind::Word, line));
            source.records.iter().for_each(|record| found.of_record(record, &text));
        }
        let mut seen: FxHashSet<(Kind, String)> = FxHashSet::default();
        found.0.retain(|name| {
            let is_allowed =
                policy.allow.iter().any(|allowed| !allowed.is_empty() && name.text.starts_with(allowed.as_str()));
            !is_allowed && seen.insert((name.kind, name.text.clone()))
        });
        found
    }

    fn of_record<'a>(&mut self, record: &Record, text: &dyn Fn(StringId) -> &'a str) {
        match record {
            Record::Stacks(dump) => {
                self.add(Kind::Word, &dump.reason);
                dump.reason.lines().for_each(|line| self.add(Kind::Word, line));
                // Types, packages and places, which rules take out of it.
                let words = dump.reason.split(|letter: char| letter.is_whitespace() || "*&,;()\"'".contains(letter));
                let names = words.map(|word| word.trim_matches(['.', ':'])).filter(|word| word.contains('.'));
                names.for_each(|name| self.add(Kind::Function, name));
                dump.rows.iter().for_each(|row| self.add(Kind::Word, text(row.name)));
            }
            Record::AddressSpace(space) => {
                self.add(Kind::Path, &space.program);
                space.ranges.iter().for_each(|range| self.add(Kind::Path, &range.path));
            }
            Record::Cgroup(group) => self.add(Kind::Path, &group.path),
            Record::Memory(series) => self.add(Kind::Path, &series.process),
            Record::Escape(notes) => {
                for note in &notes.notes {
                    self.add(Kind::Path, &note.file);
                    self.add(Kind::Function, &note.package);
                    self.add(Kind::Word, &note.subject);
                    note.flow.iter().for_each(|line| self.add(Kind::Word, line));
                }
            }
            Record::Trace(digest) => digest.regions.iter().for_each(|region| self.add(Kind::Word, text(region.name))),
            Record::GcLog(_) | Record::Races(_) => {}
        }
    }

    fn add(&mut self, kind: Kind, text: &str) {
        let is_known = match kind {
            Kind::Function => is_known_function(text),
            Kind::Path => is_known_file(text),
            Kind::Word | Kind::File => is_known_word(text),
        };
        if text.len() >= LEAST_LETTERS && !is_known {
            self.0.push(Name { kind, text: text.to_owned(), at: 0 });
        }
    }

    /// The analysis without them; and names and what they became, by what they are of and then by name.
    pub(super) fn redact(&self, mut analysis: Analysis, policy: &Policy) -> Option<(Analysis, Vec<(String, String)>)> {
        for source in &mut analysis.sources {
            let row = &mut source.row;
            row.comments.clear();
            row.unread_first.clear();
            row.build_id.clear();
            // Warnings quote what they warn of.
            if !row.words.is_empty() {
                row.words = vec!["What was said of this file was left out with the names in it.".to_owned()];
            }
        }
        let replacer = Replacer::new(&self.0, &policy.salt);
        let state = replaced_pairs(&analysis.state, &replacer);
        let mut columns = shred(&analysis, &|id| id, ALL_DIGITS).ok()?;
        columns.texts.iter_mut().for_each(|text| *text = replacer.replaced(text));
        let mut analysis: Analysis = unshred(&columns, &|id| id, ANY_MEMORY).ok()?;
        (analysis.is_redacted, analysis.state) = (true, state);
        Some((analysis, replacer.pairs()))
    }
}

/// Whether a text is the name of a source file.
fn is_source(text: &str) -> bool {
    const ENDS: [&str; 9] = [".go", ".rs", ".java", ".kt", ".c", ".cc", ".cpp", ".h", ".s"];
    ENDS.iter().any(|end| text.ends_with(end))
}

/// Shorter names stand in every text, and tell nothing.
const LEAST_LETTERS: usize = 3;

/// The pairs of an address with names in their values replaced.
fn replaced_pairs(state: &str, replacer: &Replacer) -> String {
    if state.is_empty() {
        return String::new();
    }
    let pairs = link::pairs(state).into_iter().filter(|(key, _)| key != "v");
    let pairs: Vec<(String, String)> = pairs.map(|(key, value)| (key, replacer.replaced(&value))).collect();
    link::fragment(pairs.iter().map(|(key, value)| (key.as_str(), value.clone())))
}
