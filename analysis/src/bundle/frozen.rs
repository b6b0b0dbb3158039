//! A session as an analysis only: what a bundle and a report without files hold.

use crate::export::Report;
use crate::findings::Thresholds;
use crate::query::Engine;
use crate::share::{Draft, Identity, Policy};

/// The most that its text may take: the address that opens it holds no more.
const MOST_BYTES: usize = 1 << 20;

/// What travels instead of the files.
pub struct Frozen {
    /// The analysis, as a link has it.
    pub(super) text: String,
    /// The files that it is of: name, size on disk, kind, and which bytes they are.
    pub(super) files: Vec<(String, u64, String, Option<Identity>)>,
    /// Names were replaced.
    pub(super) is_redacted: bool,
    /// Findings as JSON.
    pub findings: String,
    /// What is wrong, in a sentence.
    pub verdict: String,
    /// What was left out, a sentence each.
    pub left_out: Vec<String>,
}

impl Frozen {
    /// Of what an engine holds; `moved_lines` are thresholds that were changed, as a link has them. With a policy every name in
    /// it is replaced, those of the findings too.
    ///
    /// # Errors
    /// In words, when there is nothing to share, or too much.
    pub fn of(engine: &mut Engine, moved_lines: &str, redact: Option<&Policy>) -> Result<Self, String> {
        let draft = Draft::of(engine, moved_lines);
        let draft = match redact {
            Some(policy) => draft.redacted(engine.session(), policy).map_err(|error| error.to_string())?,
            None => draft,
        };
        let encoded = draft.encode(MOST_BYTES).map_err(|error| error.to_string())?;
        let whole = draft.whole();
        let files = whole.sources.iter().filter(|source| source.derived_from.is_none());
        let files = files
            .map(|source| (source.row.name.clone(), source.row.size_bytes, source.row.kind.clone(), source.identity));
        let files = files.collect();
        // Findings as the receiver's engine will say them.
        let mut receiver = Engine::default();
        receiver.session_mut().open_shared(&whole);
        let diagnosis = receiver.diagnose(&Thresholds::default()).clone();
        let report = Report { session: receiver.session(), diagnosis: &diagnosis, suppressed: 0 };
        let findings = format!("{:#}\n", report.json());
        let verdict = diagnosis.verdict.text.clone();
        Ok(Self {
            text: encoded.text,
            files,
            is_redacted: redact.is_some(),
            findings,
            verdict,
            left_out: encoded.left_out,
        })
    }
}
