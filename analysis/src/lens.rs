//! How the user looks at the session: what the filter bar says. Every query carries one.

use serde::{Deserialize, Serialize};

/// A file of the session, by the number it got when it was opened. Never reused within a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId(pub u32);

/// What is looked at, and how: pprof's options in pprof's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Lens {
    /// Sample type by name; `None` is the profile's default (pprof: `sample_index`).
    pub sample_type: Option<String>,
    /// The profile looked at; `None` is the latest of the most useful kind.
    pub current: Option<SourceId>,
    /// What is subtracted from it, and how percentages are taken.
    pub base: Base,
    /// Which samples and frames are left.
    pub filter: Filter,
    /// What a node is.
    pub granularity: Granularity,
    /// Inlined functions count as their caller (pprof: `noinlines`).
    pub no_inlines: bool,
    /// The base is scaled to the total of the current profile first (pprof: `normalize`).
    pub normalize: bool,
    /// Nodes with negative values are dropped (pprof: `drop_negative`).
    pub drop_negative: bool,
    /// Percentages are of what is left after filters (pprof: `relative_percentages`).
    pub relative_percentages: bool,
}

/// What is subtracted from the current profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Base {
    /// Nothing.
    #[default]
    None,
    /// This profile; percentages are of the difference (pprof: `-base`).
    Base(SourceId),
    /// This profile; percentages are of the base (pprof: `-diff_base`).
    DiffBase(SourceId),
}

/// Regular expressions and tag filters; an empty string is no filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Keep samples with a frame that matches.
    pub focus: String,
    /// Drop samples with a frame that matches.
    pub ignore: String,
    /// Drop frames that match.
    pub hide: String,
    /// Drop frames that do not match.
    pub show: String,
    /// Drop frames above the outermost that matches.
    pub show_from: String,
    /// Keep samples whose labels match: `regexp`, `key=regexp`, or a range such as `bytes=1kb:64kb`.
    pub tagfocus: String,
    /// Drop samples whose labels match.
    pub tagignore: String,
}

/// What the nodes of a report are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Granularity {
    /// A function name.
    #[default]
    Functions,
    /// A function name in a file.
    FileFunctions,
    /// A file.
    Files,
    /// A line of a function.
    Lines,
    /// A program counter.
    Addresses,
}
