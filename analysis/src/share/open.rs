//! A shared analysis as a session: its profiles are ordinary ones, pruned; what cannot be asked of them is answered as the
//! sender's engine answered it. A file that turns out to be one of the sender's takes its place.

use serde::{Deserialize, Serialize};

use super::prune::title_rules;
use super::{Analysis, CodeLocation, Family, Identity, Note, SharedSnapshot};
use crate::lens::SourceId;
use crate::model::{
    Function, FunctionId, LabelSets, Line, Location, LocationId, Mapping, Nanos, NanosDelta, Profile, SampleType,
    Symbols,
};
use crate::query::{ContentionAnswer, GcAnswer, PoolKey, StatesAnswer};
use crate::session::{Content, Session, Source};

/// What a session holds of an analysis while one of its files is not here.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// As the sender's engine said it, with the numbers that files have here.
    pub analysis: Analysis,
    /// Files of it that are here by now.
    pub arrived: usize,
}

/// What the screen is told of a shared analysis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SharedAnswer {
    /// What made it.
    pub made_by: String,
    /// What was left out, a sentence each.
    pub left_out: Vec<String>,
    /// Names were replaced.
    pub is_redacted: bool,
    /// Notes of the sender.
    pub notes: Vec<Note>,
    /// What the sender looked at; empty where the address says it.
    pub state: String,
    /// Files that are not here: name, size on disk, identity.
    pub missing: Vec<MissingFile>,
    /// Files of the analysis that are here by now.
    pub arrived: u32,
}

/// A file of a shared analysis that is not here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MissingFile {
    /// Its number.
    pub id: SourceId,
    /// Its name.
    pub name: String,
    /// Size on disk.
    pub size_bytes: u64,
    /// Which bytes it is, if the sender knew.
    pub identity: Option<Identity>,
}

impl Session {
    /// Adds the files of an analysis, as far as they are in it. What was loaded is left alone.
    pub fn open_shared(&mut self, analysis: &Analysis) {
        let mut ids = Vec::with_capacity(analysis.sources.len());
        for source in &analysis.sources {
            // A file that is here already is not missing.
            let same =
                |own: &&Source| own.identity.is_some() && own.identity == source.identity && own.shared.is_none();
            if let Some(known) = self.sources.iter().find(same) {
                ids.push(known.id);
                continue;
            }
            let id = self.add(&source.row.name, source.row.size_bytes, Content::Records { warnings: Vec::new() });
            if let Some(added) = self.sources.last_mut() {
                added.shared = Some(Box::new(source.row.clone()));
                added.identity = source.identity;
                added.derived_from = source.derived_from.and_then(|at| ids.get(at as usize).copied());
            }
            ids.push(id);
        }
        let locations = locations(&analysis.code, &mut self.symbols);
        for family in &analysis.families {
            for (at, snapshot) in family.snapshots.iter().enumerate() {
                let row = analysis.sources.get(snapshot.source.0 as usize).map(|source| &source.row);
                let mut profile = profile(family, at, snapshot, &locations, &mut self.symbols);
                if let Some(row) = row.filter(|row| !row.binary.is_empty() || !row.build_id.is_empty()) {
                    let strings = &mut self.symbols.strings;
                    let (file, build_id) = (strings.intern(&row.binary), strings.intern(&row.build_id));
                    let mapping = Mapping { start: 0, limit: 0, offset: 0, file, build_id };
                    profile.mappings.push(self.symbols.mappings.intern(mapping));
                }
                let id = ids.get(snapshot.source.0 as usize).copied();
                let own = self.sources.iter_mut().find(|source| Some(source.id) == id);
                if let Some(source) = own.filter(|source| source.shared.is_some()) {
                    source.content = Content::Profile { profile: Box::new(profile), warnings: Vec::new() };
                }
            }
        }
        let number = |at: u32| ids.get(at as usize).map_or(u32::MAX, |id: &SourceId| id.0);
        self.shared = analysis.renumbered(&number).map(|mut analysis| {
            title_rules(&mut analysis.diagnosis);
            Box::new(Shared { analysis, arrived: 0 })
        });
    }

    /// The shared analysis, while a file of it is not here.
    pub fn shared(&self) -> Option<&Shared> {
        self.shared.as_deref().filter(|_| self.sources.iter().any(Source::is_missing))
    }
}

/// What was answered where the file is not here: each of these is `None` for what is here, or was never shared.
impl Shared {
    /// The state graph of a pool.
    pub(crate) fn states(&self, key: PoolKey) -> Option<&StatesAnswer> {
        self.analysis.states.iter().find(|own| own.key == key).map(|own| &own.answer)
    }

    /// What the collector did in the run of that position, or the first.
    pub(crate) fn collector(&self, run: usize) -> Option<&GcAnswer> {
        let all = &self.analysis.collector;
        all.iter().find(|own| own.shown == run).or(all.first())
    }

    /// What waits, with one thing picked if that was shared.
    pub(crate) fn contention(&self, pick: &str) -> Option<&ContentionAnswer> {
        let all = &self.analysis.contention;
        let is_picked = |own: &&ContentionAnswer| {
            let group = own.group.as_ref().map(|group| group.row.pick.as_str());
            !pick.is_empty() && (group == Some(pick) || own.sides.as_ref().is_some_and(|sides| sides.pick == pick))
        };
        all.iter().find(is_picked).or(all.first())
    }
}

impl Session {
    /// Whether a file is not here, only what a shared analysis says of it.
    pub fn is_shared(&self, id: SourceId) -> bool {
        self.source(id).is_some_and(|source| source.shared.is_some())
    }
}

/// What the screen is told; `None` where nothing is shared, or all of it is here.
pub(crate) fn shared_answer(session: &Session) -> Option<SharedAnswer> {
    let Shared { analysis, arrived } = session.shared()?;
    let missing = session.sources.iter().filter(|source| source.is_missing());
    let missing = missing.map(|source| MissingFile {
        id: source.id,
        name: source.name.clone(),
        size_bytes: source.size_bytes,
        identity: source.identity,
    });
    Some(SharedAnswer {
        made_by: analysis.made_by.clone(),
        left_out: analysis.left_out.clone(),
        is_redacted: analysis.is_redacted,
        notes: analysis.notes.clone(),
        state: analysis.state.clone(),
        missing: missing.collect(),
        arrived: *arrived as u32,
    })
}

fn locations(code: &super::Code, symbols: &mut Symbols) -> Vec<LocationId> {
    let functions: Vec<FunctionId> = code
        .functions
        .iter()
        .map(|function| {
            let (name, file) = (symbols.strings.intern(&function.name), symbols.strings.intern(&function.file));
            symbols.functions.intern(Function { name, system_name: name, file, start_line: function.start_line })
        })
        .collect();
    let mut intern = |location: &CodeLocation| {
        let line = |line: &super::CodeLine| Line {
            function: line.function.and_then(|row| functions.get(row as usize).copied()),
            line: line.line,
            column: 0,
        };
        let lines: Vec<Line> = location.lines.iter().map(line).collect();
        symbols.locations.intern(Location { mapping: None, address: location.address, lines: &lines })
    };
    code.locations.iter().map(&mut intern).collect()
}

fn profile(
    family: &Family,
    at: usize,
    snapshot: &SharedSnapshot,
    locations: &[LocationId],
    symbols: &mut Symbols,
) -> Profile {
    let mut pair = |(name, unit): &(String, String)| SampleType {
        name: symbols.strings.intern(name),
        unit: symbols.strings.intern(unit),
    };
    let sample_types: Vec<SampleType> = family.sample_types.iter().map(&mut pair).collect();
    let period_type = snapshot.period_type.as_ref().map(&mut pair);
    let labels = LabelSets::default();
    let mut profile = Profile {
        kind: family.kind,
        values: vec![Vec::new(); sample_types.len()],
        sample_types,
        default_sample_type: snapshot.default_sample_type.map(|at| at as usize),
        period_type,
        period: snapshot.period,
        time: snapshot.time_nanos.map(Nanos::from_unix_nanos),
        as_of: snapshot.as_of_nanos.map(Nanos::from_unix_nanos),
        duration: snapshot.duration_nanos.map(NanosDelta::from_nanos),
        ..Profile::default()
    };
    let snapshots = family.snapshots.len();
    let mut stack = Vec::new();
    for (row, &node) in family.rows.iter().enumerate() {
        let own = |column: usize| {
            let values = family.values.get(column);
            values.and_then(|values| values.get(row * snapshots + at)).copied().unwrap_or(0)
        };
        if (0..profile.values.len()).all(|column| own(column) == 0) {
            continue;
        }
        stack.clear();
        let mut node = node as usize + 1;
        // A node comes after its parent, so this ends.
        while let Some(found) = node.checked_sub(1).and_then(|at| family.nodes.get(at)) {
            stack.extend(locations.get(found.location as usize));
            node = (found.parent as usize).min(node - 1);
        }
        profile.stacks.push(symbols.stacks.intern(&stack));
        profile.label_sets.push(labels.empty());
        for (column, values) in profile.values.iter_mut().enumerate() {
            values.push(own(column));
        }
    }
    profile
}
