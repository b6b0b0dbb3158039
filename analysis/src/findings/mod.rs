//! What is wrong, said in a sentence with numbers: the shape of a finding, and the rules.

use serde::{Deserialize, Serialize};

use crate::lens::{Lens, SourceId};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Look at it.
    L1,
    /// A warning.
    L2,
    /// Critical.
    L3,
}

/// How it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decidability {
    /// An exact record says so.
    Proven,
    /// Samples say so, with an interval.
    Sampled,
    /// It cannot be decided without a file that is not here; `next` names the command that makes it.
    NeedsAnnotation,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that found it, such as `heap-leak`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// How it is known.
    pub known: Decidability,
    /// One sentence with numbers.
    pub claim: String,
    /// One line below the claim: why it reads so.
    pub detail: String,
    /// The one number of the row, such as `+30.5 MB`.
    pub headline: String,
    /// Where.
    pub site: Site,
    /// Facts, each of which opens a view that shows it.
    pub evidence: Vec<Evidence>,
    /// Up to four numbers for the inspector's head.
    pub facts: Vec<Fact>,
    /// What would show that it is wrong.
    pub disproof: String,
    /// How to fix it.
    pub fix: String,
    /// What to capture next: words, then the command if there is one.
    pub next: String,
    /// A command that captures what is missing; empty when nothing is.
    pub command: String,
}

/// A number with its label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// The number with its unit, as it is shown.
    pub value: String,
    /// What it is.
    pub label: String,
}

/// The place a finding speaks of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Full name as the dump has it; empty when the finding is about a whole file or session.
    pub function: String,
    /// Source file, empty when unknown.
    pub file: String,
    /// Line, 0 when unknown.
    pub line: i64,
    /// The pool, when the finding is about one.
    pub pool: Option<String>,
    /// The call stack that stands for it, leaf first, as `function` and `file:line`.
    pub stack: Vec<SiteFrame>,
}

/// One frame of [`Site::stack`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteFrame {
    /// Full function name.
    pub function: String,
    /// Source file.
    pub file: String,
    /// Line, 0 when unknown.
    pub line: i64,
}

/// One fact behind a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The file it comes from.
    pub source: SourceId,
    /// The fact, with its numbers.
    pub text: String,
    /// The view that shows it.
    pub view: EvidenceView,
    /// The lens that shows it there.
    pub lens: Lens,
    /// The node to select there, empty for none.
    pub node: String,
}

/// Which view shows a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceView {
    /// Heap: table.
    HeapTable,
    /// Heap: flame graph.
    HeapFlame,
    /// Heap: growth chart.
    HeapGrowth,
    /// Files.
    Files,
}
