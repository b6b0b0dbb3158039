//! From the messages of the file to the model, in the order in which they depend on each other.

use std::ops::ControlFlow;

use super::kind::kind_of;
use super::prune::{Cut, Pruner};
use super::samples;
use super::wire::{Sections, fields};
use crate::formats::error::ParseError;
use crate::formats::wire_ids::WireIds;
use crate::formats::{Body, Parsed, Progress, Warnings};
use crate::model::{
    Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, Nanos, NanosDelta, Profile, SampleType,
    StringId, Symbols,
};

/// Builds the profile; what dangles or is cut is replaced by “unknown” and counted in the warnings.
pub(super) fn resolve(
    sections: &Sections<'_>,
    symbols: &mut Symbols,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    let mut warnings = Warnings::default();
    if let Some(damage) = &sections.damage {
        warnings.once(format!("The profile breaks off: {damage}. What came before was read."));
    }
    let mut resolver = Resolver::new(sections, symbols, &mut warnings);
    let mut profile = resolver.header(sections);
    let mappings = resolver.mappings(sections, &mut profile);
    let functions = resolver.functions(sections);
    let mut pruner = resolver.pruner(&profile);
    let (locations, cuts) = resolver.locations(sections, &mappings, &functions, pruner.as_mut());
    let strings = std::mem::take(&mut resolver.strings);
    samples::decode(sections, &strings, &locations, &cuts, symbols, &mut profile, &mut warnings, progress)?;
    profile.kind = kind_of(&profile, symbols);
    Ok(Parsed { body: Body::Profile(Box::new(profile)), warnings: warnings.into_words(), ..Parsed::default() })
}

struct Resolver<'a> {
    symbols: &'a mut Symbols,
    strings: Vec<StringId>,
    warnings: &'a mut Warnings,
}

/// Cuts by location, only for files with `drop_frames`.
pub(super) type Cuts = Vec<Cut>;

impl<'a> Resolver<'a> {
    fn new(sections: &Sections<'_>, symbols: &'a mut Symbols, warnings: &'a mut Warnings) -> Self {
        let strings =
            sections.strings.iter().map(|text| symbols.strings.intern(&String::from_utf8_lossy(text))).collect();
        Self { symbols, strings, warnings }
    }

    fn string(&mut self, index: u64) -> StringId {
        let found = usize::try_from(index).ok().and_then(|at| self.strings.get(at)).copied();
        if found.is_none() && index != 0 {
            self.warnings.count("names point outside the string table; they are shown as unknown", || {
                format!("the first is string {index} of {}", self.strings.len())
            });
        }
        found.unwrap_or_else(|| self.symbols.strings.empty())
    }

    fn string_if_named(&mut self, index: u64) -> Option<StringId> {
        let id = self.string(index);
        (id != self.symbols.strings.empty()).then_some(id)
    }

    fn sample_type(&mut self, message: &[u8]) -> SampleType {
        let (mut name, mut unit) = (0, 0);
        fields(message, |number, value| match number {
            1 => name = value.number(),
            2 => unit = value.number(),
            _ => {}
        });
        SampleType { name: self.string(name), unit: self.string(unit) }
    }

    fn header(&mut self, sections: &Sections<'_>) -> Profile {
        let sample_types: Vec<_> = sections.sample_types.iter().map(|message| self.sample_type(message)).collect();
        let default = self.string_if_named(sections.default_sample_type);
        Profile {
            default_sample_type: default.and_then(|name| sample_types.iter().position(|t| t.name == name)),
            period_type: sections.period_type.map(|message| self.sample_type(message)),
            sample_types,
            period: sections.period,
            time: (sections.time_nanos != 0).then(|| Nanos::from_unix_nanos(sections.time_nanos)),
            duration: (sections.duration_nanos != 0).then(|| NanosDelta::from_nanos(sections.duration_nanos)),
            comments: sections.comments.iter().map(|&comment| self.string(comment)).collect(),
            doc_url: self.string_if_named(sections.doc_url),
            drop_frames: self.string_if_named(sections.drop_frames),
            keep_frames: self.string_if_named(sections.keep_frames),
            ..Profile::default()
        }
    }

    fn mappings(&mut self, sections: &Sections<'_>, profile: &mut Profile) -> WireIds<MappingId> {
        let mut ids = WireIds::for_count(sections.mappings.len());
        for message in &sections.mappings {
            let (mut id, mut file, mut build_id) = (0, 0, 0);
            let (mut start, mut limit, mut offset) = (0, 0, 0);
            fields(message, |number, value| match number {
                1 => id = value.number(),
                2 => start = value.number(),
                3 => limit = value.number(),
                4 => offset = value.number(),
                5 => file = value.number(),
                6 => build_id = value.number(),
                _ => {}
            });
            let mapping = Mapping { start, limit, offset, file: self.string(file), build_id: self.string(build_id) };
            let row = self.symbols.mappings.intern(mapping);
            ids.insert(id, row);
            profile.mappings.push(row);
        }
        ids
    }

    fn functions(&mut self, sections: &Sections<'_>) -> WireIds<FunctionId> {
        let mut ids = WireIds::for_count(sections.functions.len());
        for message in &sections.functions {
            let (mut id, mut name, mut system_name, mut file, mut start_line) = (0, 0, 0, 0, 0);
            fields(message, |number, value| match number {
                1 => id = value.number(),
                2 => name = value.number(),
                3 => system_name = value.number(),
                4 => file = value.number(),
                5 => start_line = value.number() as i64,
                _ => {}
            });
            let function = Function {
                name: self.string(name),
                system_name: self.string(system_name),
                file: self.string(file),
                start_line,
            };
            ids.insert(id, self.symbols.functions.intern(function));
        }
        ids
    }

    fn pruner(&mut self, profile: &Profile) -> Option<Pruner> {
        let text = |id: Option<StringId>| id.map_or("", |id| self.symbols.strings.get(id));
        let drop = text(profile.drop_frames);
        if drop.is_empty() {
            return None;
        }
        match Pruner::new(drop, text(profile.keep_frames)) {
            Ok(pruner) => Some(pruner),
            Err(error) => {
                self.warnings.once(format!("The file's rule for frames to drop was not used: {error}"));
                None
            }
        }
    }

    fn locations(
        &mut self,
        sections: &Sections<'_>,
        mappings: &WireIds<MappingId>,
        functions: &WireIds<FunctionId>,
        mut pruner: Option<&mut Pruner>,
    ) -> (WireIds<LocationId>, Cuts) {
        let mut ids = WireIds::for_count(sections.locations.len());
        let mut cuts = Cuts::new();
        let mut lines: Vec<Line> = Vec::new();
        for message in &sections.locations {
            lines.clear();
            let (mut id, mut mapping, mut address) = (0, 0, 0);
            let warnings = &mut *self.warnings;
            fields(message, |number, value| match (number, value) {
                (1, value) => id = value.number(),
                (2, value) => mapping = value.number(),
                (3, value) => address = value.number(),
                (4, crate::formats::cursor::Value::Bytes(line)) => lines.push(line_of(line, functions, warnings)),
                _ => {}
            });
            let found = mappings.get(mapping);
            if found.is_none() && mapping != 0 {
                warnings.count("locations point at a mapping that is not there", || format!("the first at {mapping}"));
            }
            let cut = match pruner.as_deref_mut() {
                Some(pruner) => pruner.cut(&mut lines, self.symbols),
                None => Cut::None,
            };
            let row = self.symbols.locations.intern(Location { mapping: found, address, lines: &lines });
            ids.insert(id, row);
            if cut != Cut::None {
                if cuts.len() <= row.index() {
                    cuts.resize(row.index() + 1, Cut::None);
                }
                if let Some(slot) = cuts.get_mut(row.index()) {
                    *slot = cut;
                }
            }
        }
        (ids, cuts)
    }
}

fn line_of(message: &[u8], functions: &WireIds<FunctionId>, warnings: &mut Warnings) -> Line {
    let (mut function, mut line, mut column) = (0, 0, 0);
    fields(message, |number, value| match number {
        1 => function = value.number(),
        2 => line = value.number() as i64,
        3 => column = value.number() as i64,
        _ => {}
    });
    let found = functions.get(function);
    if found.is_none() && function != 0 {
        warnings.count("lines point at a function that is not there; they are shown as unknown", || {
            format!("the first at function {function}")
        });
    }
    Line { function: found, line, column }
}
