//! An analysis out of an engine, as large as it will be asked for; and its text, cut to a budget.

use serde::{Deserialize, Serialize};

use super::code::CodeTable;
use super::prune::{Detail, LAST_STEP};
use super::redact::Secrets;
use super::tree::CallTree;
use super::{Analysis, Code, Family, Note, Policy, ShareError, SharedSnapshot, SharedSource, SharedStates, wire};
use crate::findings::Thresholds;
use crate::lens::SourceId;
use crate::link;
use crate::model::{Nanos, Profile, ProfileKind, SampleType, StringId};
use crate::order;
use crate::query::{Answer, Engine, Query, StatesQuery, process};
use crate::session::Session;
use crate::words::count;

/// An analysis that is going to be shared: all of it, to be cut as the budget asks.
pub struct Draft {
    /// All but the profiles and their code.
    analysis: Analysis,
    code: Code,
    trees: Vec<CallTree>,
    replaced: Vec<(String, String)>,
}

/// What a link is to hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShareQuery {
    /// Thresholds that were changed, as a link has them.
    pub moved_lines: String,
    /// Notes of the sender.
    pub notes: Vec<Note>,
    /// What is looked at, as the address has it.
    pub state: String,
    /// The most bytes that the fragment may have; more than [`RED_BYTES`](super::RED_BYTES) are never given.
    pub budget_bytes: u32,
    /// How names are replaced; `None` leaves them.
    pub redact: Option<Policy>,
}

/// An analysis as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoded {
    /// The text: letters, digits, `-` and `_`.
    pub text: String,
    /// The fragment of the address with it: `#v=1&view=…&a=…`.
    pub fragment: String,
    /// What was left out, a sentence each.
    pub left_out: Vec<String>,
    /// Names that were replaced, and what by: for a look before it is sent. Empty without redaction.
    pub replaced: Vec<(String, String)>,
}

/// The session as a link.
///
/// # Errors
/// When there is nothing, or too much of it for the budget.
pub fn share(engine: &mut Engine, query: &ShareQuery) -> Result<Encoded, ShareError> {
    if engine.session().sources.is_empty() {
        return Err(ShareError::Nothing);
    }
    let mut draft = Draft::of(engine, &query.moved_lines).with_notes(query.notes.clone()).with_state(&query.state);
    if let Some(policy) = &query.redact {
        draft = draft.redacted(engine.session(), policy)?;
    }
    // The address says what is looked at: it does not travel twice.
    let pairs = link::pairs(&std::mem::take(&mut draft.analysis.state));
    let pairs: Vec<(String, String)> =
        pairs.into_iter().filter(|(key, _)| key != "v" && key != link::ANALYSIS).collect();
    let pairs = || pairs.iter().map(|(key, value)| (key.as_str(), value.clone()));
    let budget = (query.budget_bytes as usize).min(super::RED_BYTES);
    let beside = link::fragment(pairs()).len() + "&a=".len();
    let mut encoded = draft.encode(budget.saturating_sub(beside))?;
    encoded.fragment = link::fragment(pairs().chain([(link::ANALYSIS, encoded.text.clone())]));
    Ok(encoded)
}

impl Draft {
    /// Takes it out of an engine; `moved_lines` are the thresholds that were changed, as a link has them.
    pub fn of(engine: &mut Engine, moved_lines: &str) -> Self {
        let diagnosis = engine.diagnose(&Thresholds::changed(moved_lines)).clone();
        let rows = match engine.answer(&Query::Files) {
            Ok(Answer::Files(answer)) => {
                let made = answer.made.into_iter().map(|(_, row)| row);
                answer.files.into_iter().chain(made).collect()
            }
            _ => Vec::new(),
        };
        let pools = match engine.answer(&Query::Pools) {
            Ok(Answer::Pools(answer)) => answer,
            _ => Default::default(),
        };
        let mut states = Vec::new();
        for pool in pools.pools.iter().filter(|pool| pool.is_used()) {
            let query = StatesQuery { key: pool.key, window: None, columns: 0 };
            if let Ok(Answer::States(Some(answer))) = engine.answer(&Query::States(query)) {
                states.push(SharedStates { key: pool.key, answer: *answer });
            }
        }
        let clock = engine.clock();
        let contention = engine.contention("").into_iter().collect();
        let runs = engine.gc(0).map_or(0, |answer| answer.runs.len());
        let collector = (0..runs).filter_map(|run| engine.gc(run)).collect();
        let session = engine.session();
        let source = |row: crate::query::FileRow| {
            let own = session.source(row.id)?;
            let derived_from = own.derived_from.and_then(|of| position(session, of));
            Some(SharedSource { identity: own.identity, derived_from, row })
        };
        let mut sources: Vec<SharedSource> = rows.into_iter().filter_map(source).collect();
        order::sort_by_key(&mut sources, |source| source.row.id);
        let mut code = CodeTable::new(&session.symbols);
        let trees = families(session)
            .into_iter()
            .map(|(head, profiles)| CallTree::grow(head, &profiles, &session.symbols, &mut code));
        let trees = trees.collect();
        let analysis = Analysis {
            made_by: concat!("Poolscope ", env!("CARGO_PKG_VERSION")).to_owned(),
            sources,
            diagnosis,
            pools,
            states,
            collector,
            process: process(session, None),
            contention,
            clock,
            ..Analysis::default()
        };
        // Numbers of files become positions: in another session they have others.
        let analysis =
            analysis.renumbered(&|id| position(session, SourceId(id)).unwrap_or(u32::MAX)).unwrap_or_default();
        Self { analysis, code: code.into_code(), trees, replaced: Vec::new() }
    }

    /// Without the names of the program.
    ///
    /// # Errors
    /// Never for what is made here.
    pub fn redacted(mut self, session: &Session, policy: &Policy) -> Result<Self, ShareError> {
        self.analysis.code = self.code;
        let redacted = Secrets::of(session, policy).redact(self.analysis, policy).ok_or(ShareError::Nothing)?;
        (self.analysis, self.replaced) = redacted;
        self.code = std::mem::take(&mut self.analysis.code);
        Ok(self)
    }

    /// With notes.
    pub fn with_notes(mut self, notes: Vec<Note>) -> Self {
        self.analysis.notes = notes;
        self
    }

    /// With what was looked at, as the address of the page has it.
    pub fn with_state(mut self, state: &str) -> Self {
        state.clone_into(&mut self.analysis.state);
        self
    }

    /// As much of it as is ever kept.
    pub fn whole(&self) -> Analysis {
        self.cut(&Detail::at(0))
    }

    /// As text of at most `budget_bytes`: as much of it as fits.
    ///
    /// # Errors
    /// When it does not fit, however much is left out.
    pub fn encode(&self, budget_bytes: usize) -> Result<Encoded, ShareError> {
        let (mut fits, mut above, mut least) = (None, 0, 0);
        let mut below = LAST_STEP + 1;
        // The first step that fits; steps below it are smaller.
        while above < below {
            let step = (above + below) / 2;
            let detail = Detail::at(step);
            let analysis = self.cut(&detail);
            let text = wire::encode(&analysis, detail.digits)?;
            if text.len() <= budget_bytes {
                fits = Some((text, analysis.left_out));
                below = step;
            } else {
                least = text.len();
                above = step + 1;
            }
        }
        let (text, left_out) = fits.ok_or(ShareError::TooLarge { least, budget: budget_bytes })?;
        let fragment = link::fragment([(link::ANALYSIS, text.clone())]);
        Ok(Encoded { text, fragment, left_out, replaced: self.replaced.clone() })
    }

    fn cut(&self, detail: &Detail) -> Analysis {
        let mut analysis = self.analysis.clone();
        let cut = self.trees.iter().map(|tree| tree.cut(detail.nodes));
        let (mut families, are_cut): (Vec<Family>, Vec<bool>) = cut.unzip();
        analysis.code = self.code.used(&mut families);
        if are_cut.iter().any(|&is_cut| is_cut) {
            let stacks = families.iter().map(|family| family.rows.len()).sum::<usize>();
            analysis.left_out.push(format!(
                "Calls: {} stacks, the heaviest. What was cut off of others is one node, [pruned], at the place where it was \
                 cut off, so that totals are those of the files.",
                count(stacks as i64)
            ));
        }
        analysis.families = families;
        analysis.left_out.push(
            "Labels, addresses and mapped objects of profiles; objects of pools one by one; events of \
                                traces."
                .to_owned(),
        );
        analysis.thin(detail);
        analysis
    }
}

fn position(session: &Session, id: SourceId) -> Option<u32> {
    session.sources.iter().position(|source| source.id == id).map(|at| at as u32)
}

/// Profiles that have the same kind and columns, with what they say beside their samples.
fn families(session: &Session) -> Vec<(Family, Vec<&Profile>)> {
    type Key = (ProfileKind, Vec<SampleType>);
    let mut families: Vec<(Key, Family, Vec<&Profile>)> = Vec::new();
    let text = |id: StringId| session.symbols.strings.get(id).to_owned();
    let pair = |of: SampleType| (text(of.name), text(of.unit));
    let own = session.sources.iter().filter_map(|source| Some((source, session.profile(source.id)?)));
    for (source, profile) in own {
        let key = (profile.kind, profile.sample_types.clone());
        let at = match families.iter().position(|(known, ..)| *known == key) {
            Some(at) => at,
            None => {
                let sample_types = profile.sample_types.iter().map(|&of| pair(of)).collect();
                families.push((key, Family { kind: profile.kind, sample_types, ..Family::default() }, Vec::new()));
                families.len() - 1
            }
        };
        let Some((_, family, profiles)) = families.get_mut(at) else { continue };
        family.snapshots.push(SharedSnapshot {
            source: SourceId(position(session, source.id).unwrap_or(u32::MAX)),
            default_sample_type: profile.default_sample_type.map(|at| at as u32),
            period_type: profile.period_type.map(pair),
            period: profile.period,
            time_nanos: profile.time.map(Nanos::unix_nanos),
            as_of_nanos: profile.as_of.map(Nanos::unix_nanos),
            duration_nanos: profile.duration.map(|duration| duration.nanos()),
            samples: profile.len() as u64,
        });
        profiles.push(profile);
    }
    families.into_iter().map(|(_, family, profiles)| (family, profiles)).collect()
}
