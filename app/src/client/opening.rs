//! How long files take from the drop to the painted answer.

use leptos::prelude::*;

use super::Client;
use super::link::LINK;
use crate::file_entry::FileEntry;
use crate::performance::{measure, now};

/// Files from the drop to the painted answer.
pub(super) struct Opening {
    /// When the first of them was dropped.
    pub(super) since: f64,
    pub(super) keys: Vec<u32>,
    /// The views have been told of them, and ask.
    pub(super) is_asked: bool,
    /// The first answer has been painted.
    pub(super) is_open: bool,
}

impl Client {
    /// Marks that an answer has been painted: the first opens the files, with the last all of them is there.
    pub(super) fn painted(self) {
        let Some((since, keys, phases)) = LINK.with_borrow_mut(|link| {
            let is_last = link.asked.is_empty() && link.pages.is_empty();
            let opening = link.opening.as_mut().filter(|opening| opening.is_asked)?;
            let mut phases = Vec::new();
            if !std::mem::replace(&mut opening.is_open, true) {
                phases.push("open");
            }
            if is_last {
                phases.push("full");
            }
            let told = (opening.since, opening.keys.clone(), phases);
            if is_last {
                link.opening = None;
            }
            Some(told)
        }) else {
            return;
        };
        let mut kinds = self.files.with_untracked(|files| {
            let kind = |file: &FileEntry| Some(short_kind(&file.row.as_ref()?.kind));
            files.iter().filter(|file| keys.contains(&file.key)).filter_map(kind).collect::<Vec<_>>()
        });
        kinds.sort_unstable();
        kinds.dedup();
        // The frame after the next holds what was just put into the document.
        request_animation_frame(move || {
            request_animation_frame(move || {
                let Some(end) = now() else { return };
                for phase in phases {
                    for kind in &kinds {
                        measure(&format!("poolscope:{phase}:{kind}"), since, end);
                    }
                    if phase == "open" {
                        self.opened_in.set(Some((kinds.join(", "), end - since)));
                    }
                }
            });
        });
    }
}

/// A kind as measures name it: `heap profile` is `heap`.
fn short_kind(kind: &str) -> String {
    kind.trim_end_matches(" profile").replace(' ', "-").to_ascii_lowercase()
}
