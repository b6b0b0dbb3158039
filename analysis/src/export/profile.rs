//! What a lens leaves of a profile, as a profile again: filtered or diffed, for pprof and every tool that reads it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Cut;
use crate::formats::encode_pprof;
use crate::model::{
    Function, Label, LabelValue, Line, Location, LocationId, Mapping, MappingId, Profile, SampleType, StringId, Symbols,
};
use crate::projection::VisibleLines;

/// Bytes of a `.pb.gz`. Samples that the filters drop are not in it, nor are frames that they hide; values of a base are
/// subtracted, and marked as pprof marks them where percentages are of the base. All sample types stay, and the lens's is the
/// default. Samples that come to nothing are left out.
pub fn profile(cut: &Cut<'_>) -> Vec<u8> {
    let mut copy = Copy { from: cut.symbols, into: Symbols::default() };
    let made = copy.profile(cut);
    let bytes = encode_pprof(&copy.into, &made);
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::default());
    // Writing to memory does not fail.
    let _ = encoder.write_all(&bytes);
    encoder.finish().unwrap_or_default()
}

/// Copies rows of tables as they are needed: a profile carries only what its samples lead to.
struct Copy<'a> {
    from: &'a Symbols,
    into: Symbols,
}

impl Copy<'_> {
    fn profile(&mut self, cut: &Cut<'_>) -> Profile {
        let (selection, old) = (&cut.selection, cut.main);
        let mut made = Profile {
            kind: old.kind,
            sample_types: selection.sample_types.iter().map(|&of| self.sample_type(of)).collect(),
            default_sample_type: Some(cut.column),
            values: vec![Vec::new(); selection.values.len()],
            period_type: old.period_type.map(|of| self.sample_type(of)),
            period: old.period,
            time: old.time,
            duration: old.duration,
            doc_url: old.doc_url.map(|id| self.string(id)),
            ..Profile::default()
        };
        made.mappings = old.mappings.iter().filter_map(|&id| self.mapping(id)).collect();
        made.comments = old.comments.iter().map(|&id| self.string(id)).collect();
        if !cut.done.is_empty() {
            made.comments.push(self.into.strings.intern(&format!("Written by Poolscope: {}", cut.done)));
        }
        let mut visible = VisibleLines::new(self.from, &cut.filter, cut.no_inlines);
        let mut known: Vec<Option<Option<LocationId>>> = vec![None; self.from.locations.len()];
        let of_base = [self.into.strings.intern("pprof::base"), self.into.strings.intern("true")];
        let of_base = Label { key: of_base[0], value: LabelValue::Text(of_base[1]) };
        let mut stack = Vec::new();
        for row in 0..selection.len() {
            let value = |column: &Vec<i64>| column.get(row).copied().unwrap_or(0);
            if selection.values.iter().all(|column| value(column) == 0) {
                continue;
            }
            stack.clear();
            for &location in selection.locations(self.from, row) {
                let copied = match known.get(location.index()).copied().flatten() {
                    Some(copied) => copied,
                    None => {
                        let copied = self.location(location, &mut visible);
                        if let Some(slot) = known.get_mut(location.index()) {
                            *slot = Some(copied);
                        }
                        copied
                    }
                };
                stack.extend(copied);
            }
            made.stacks.push(self.into.stacks.intern(&stack));
            let labels = selection.label_sets.get(row).map_or(&[][..], |&set| selection.labels.get(set));
            let mut labels: Vec<Label> = labels.iter().map(|label| self.label(label)).collect();
            if selection.of_base.get(row) == Some(&true) {
                labels.push(of_base);
            }
            made.label_sets.push(made.labels.intern(&labels));
            for (into, column) in made.values.iter_mut().zip(&selection.values) {
                into.push(value(column));
            }
        }
        made
    }

    fn string(&mut self, id: StringId) -> StringId {
        self.into.strings.intern(self.from.strings.get(id))
    }

    fn sample_type(&mut self, of: SampleType) -> SampleType {
        SampleType { name: self.string(of.name), unit: self.string(of.unit) }
    }

    fn label(&mut self, label: &Label) -> Label {
        let value = match label.value {
            LabelValue::Text(text) => LabelValue::Text(self.string(text)),
            LabelValue::Number(number, unit) => LabelValue::Number(number, self.string(unit)),
        };
        Label { key: self.string(label.key), value }
    }

    fn mapping(&mut self, id: MappingId) -> Option<MappingId> {
        let old = *self.from.mappings.get(id)?;
        let made = Mapping { file: self.string(old.file), build_id: self.string(old.build_id), ..old };
        Some(self.into.mappings.intern(made))
    }

    /// The location with the lines that are visible; `None` when none is.
    fn location(&mut self, id: LocationId, visible: &mut VisibleLines<'_>) -> Option<LocationId> {
        let old = self.from.locations.get(id);
        let lines: Vec<Line> = visible.of(&old)?.iter().map(|line| self.line(line)).collect();
        let mapping = old.mapping.and_then(|id| self.mapping(id));
        Some(self.into.locations.intern(Location { mapping, address: old.address, lines: &lines }))
    }

    fn line(&mut self, line: &Line) -> Line {
        let function = line.function.and_then(|id| self.from.functions.get(id)).copied().map(|old| {
            let made = Function {
                name: self.string(old.name),
                system_name: self.string(old.system_name),
                file: self.string(old.file),
                ..old
            };
            self.into.functions.intern(made)
        });
        Line { function, ..*line }
    }
}
