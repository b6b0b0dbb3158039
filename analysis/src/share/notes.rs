//! What readers write to findings, call sites and stretches of time; travels with links, bundles and reports.

use serde::{Deserialize, Serialize};

/// A note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it is pinned to.
    pub on: Pin,
    /// What it says, as plain text of at most [`Note::MOST_CHARS`].
    pub text: String,
}

/// What a note is pinned to, in words that hold when the files are opened anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pin {
    /// All of it.
    #[default]
    Session,
    /// A finding, by its rule and where it is.
    Finding {
        /// Such as `heap-leak`.
        rule: String,
        /// The function or pool that it speaks of; empty where it is of a whole file.
        place: String,
    },
    /// A call site, by its printable name.
    Site {
        /// Such as `main.(*T).f`.
        node: String,
    },
    /// A stretch of a file's time, in nanoseconds since its beginning.
    Range {
        /// The file's name.
        file: String,
        /// First moment.
        from: i64,
        /// Last moment.
        to: i64,
    },
}

impl Note {
    /// The longest that is kept: a note is no document.
    pub const MOST_CHARS: usize = 500;
    /// How many are kept.
    pub const MOST: usize = 64;

    /// A note, cut to what is kept; `None` without words.
    pub fn new(on: Pin, text: &str) -> Option<Self> {
        let text: String = text.trim().chars().take(Self::MOST_CHARS).collect();
        (!text.is_empty()).then_some(Self { on, text })
    }
}
