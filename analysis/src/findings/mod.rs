//! What is wrong, said in a sentence with numbers: the shape of a finding, and the rules.

mod chain;
mod collector;
mod conflict;
mod context;
mod decision;
mod escape_site;
mod evidence_quality;
mod forced;
mod heap_churn;
mod heap_hoard;
mod heap_leak;
mod keeper;
mod lives;
mod misuse;
mod never_freed;
mod next;
mod pool_miss;
mod pool_oversize;
mod pool_per_request;
mod pool_retained;
mod process;
mod said;
mod snapshot_hygiene;
mod states_place;
mod thresholds;
mod verdict;
mod waits;

use serde::{Deserialize, Serialize};

pub use chain::Link;
pub use conflict::Conflict;
pub use context::{Context, Measured};
pub use decision::{Said, Step, path};
pub use next::Next;
pub(crate) use process::{Facts as ProcessFacts, RuntimeMemory};
pub use states_place::StatesPlace;
pub use thresholds::{Threshold, Thresholds};
pub use verdict::{Diagnosis, RuleReport, Segment, Verdict, diagnose, diagnose_measured};

use crate::lens::{Lens, SourceId};

/// One way in which things go wrong.
pub trait Rule {
    /// Its name, such as `heap-leak`.
    fn name(&self) -> &'static str;
    /// What it looks for, in a few words.
    fn title(&self) -> &'static str;
    /// The files that it needs, as what follows “needs”.
    fn needs(&self) -> &'static str;
    /// Looks, and adds what it finds.
    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked;
}

/// What a rule saw where it found nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checked {
    /// It looked; the number is the largest that it saw.
    Clear(String),
    /// The files that are here cannot tell.
    NotCovered,
}

/// Every rule, in the order in which equals are shown.
pub fn all_rules() -> Vec<Box<dyn Rule>> {
    let mut rules: Vec<Box<dyn Rule>> = vec![
        Box::new(heap_leak::HeapLeak),
        Box::new(heap_hoard::HeapHoard),
        Box::new(pool_retained::PoolRetained),
        Box::new(pool_oversize::PoolOversize),
        Box::new(pool_miss::PoolMiss),
        Box::new(pool_per_request::PoolPerRequest),
        Box::new(heap_churn::HeapChurn),
        Box::new(escape_site::EscapeSite),
    ];
    rules.extend(collector::rules());
    rules.extend(lives::rules());
    rules.extend(process::rules());
    rules.extend(waits::rules());
    rules.push(Box::new(snapshot_hygiene::SnapshotHygiene));
    rules.push(Box::new(evidence_quality::EvidenceQuality));
    rules
}

/// Where the book explains a rule, from where the site lies.
pub fn section_of(rule: &str) -> String {
    format!("book/findings.html#{rule}")
}

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
    /// Size of the effect, for ranking within a rule.
    pub weight: i64,
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

#[cfg(test)]
impl Finding {
    /// One that says nothing but where it is, for tests of what is made of several.
    fn bare(rule: &str, severity: Severity, function: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            severity,
            known: Decidability::Sampled,
            claim: String::new(),
            detail: String::new(),
            weight: 0,
            headline: String::new(),
            site: Site { function: function.to_owned(), ..Site::default() },
            evidence: Vec::new(),
            facts: Vec::new(),
            disproof: String::new(),
            fix: String::new(),
            next: String::new(),
            command: String::new(),
        }
    }
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
    /// The state graph; the node is a [`StatesPlace`].
    States,
    /// Files.
    Files,
    /// Contention; the node is what is picked there.
    Contention,
    /// GC & memory; the node is what is picked there.
    Gc,
    /// Heap: what the compiler says of values that escape; the node is `file:line`.
    Escape,
    /// Timeline; the node is the view of it as links have it.
    Timeline,
}
