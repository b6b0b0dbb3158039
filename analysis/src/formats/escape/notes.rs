//! Notes put together: the compiler tells one value twice, with its way and without, and once for each build.

use rustc_hash::FxHashMap;

use crate::model::record::{EscapeKind, EscapeNote, EscapeNotes};

/// Notes, each once.
#[derive(Default)]
pub(super) struct Notes {
    found: EscapeNotes,
    places: FxHashMap<Place, usize>,
}

type Place = (String, u32, u32, String);

impl Notes {
    /// One more; one that is known of the same value takes what is new in it. Gives its number.
    pub(super) fn add(&mut self, note: EscapeNote) -> usize {
        self.found.has_flow |= !note.flow.is_empty();
        let place = (note.file.clone(), note.line, note.column, note.subject.clone());
        let next = self.found.notes.len();
        let at = *self.places.entry(place).or_insert(next);
        if at == next {
            self.found.notes.push(note);
        } else if let Some(known) = self.found.notes.get_mut(at) {
            // With its way, a variable “escapes”; then it is said to be moved.
            known.kind = known.kind.min(note.kind);
            if known.flow.is_empty() {
                known.flow = note.flow;
            }
        }
        at
    }

    /// One more line of the way of a note.
    pub(super) fn flow(&mut self, at: usize, line: &str) {
        if let Some(note) = self.found.notes.get_mut(at) {
            note.flow.push(line.to_owned());
            self.found.has_flow = true;
        }
    }

    /// How many lines of its way a note has.
    pub(super) fn flow_len(&self, at: usize) -> usize {
        self.found.notes.get(at).map_or(0, |note| note.flow.len())
    }

    /// One of those that are not kept.
    pub(super) fn other(&mut self) {
        self.found.others += 1;
    }

    /// All of them; `None` when there are none at all.
    pub(super) fn finish(self) -> Option<EscapeNotes> {
        (!self.found.notes.is_empty() || self.found.others > 0).then_some(self.found)
    }
}

/// What the compiler says of a value, taken apart; `None` when it is something else.
pub(super) fn said(text: &str) -> Option<(EscapeKind, &str)> {
    if let Some(subject) = text.strip_prefix("moved to heap: ") {
        return Some((EscapeKind::MovedToHeap, subject));
    }
    if let Some(subject) = text.strip_suffix(" escapes to heap") {
        return Some((EscapeKind::EscapesToHeap, subject));
    }
    // What goes only to a result is the caller's to decide.
    let param = text.strip_prefix("leaking param: ").or_else(|| text.strip_prefix("leaking param content: "))?;
    (!param.contains(" to result ")).then_some((EscapeKind::LeakingParam, param))
}
