//! Samples of `jstat -gc PID 1s` (and `-gcutil`, of which only counts and times are taken): a head of names, then rows. Sizes
//! are kB (jstat's manual, “-gc option”).

use crate::formats::text::{Found, Line, LineReader};
use crate::model::Symbols;
use crate::model::record::{MemoryMeasure, MemoryOrigin, MemorySeries, Record};
use MemoryMeasure::*;

/// Gathers samples.
#[derive(Default)]
pub(in crate::formats) struct Jstat {
    series: MemorySeries,
    /// Names of the last head.
    head: Vec<String>,
    torn: u64,
}

/// Columns, the measures that they add to, and by how much.
const COLUMNS: &[(&str, MemoryMeasure, f64)] = &[
    ("S0C", SurvivorCapacity, 1024.0),
    ("S1C", SurvivorCapacity, 1024.0),
    ("S0U", SurvivorUsed, 1024.0),
    ("S1U", SurvivorUsed, 1024.0),
    ("EC", EdenCapacity, 1024.0),
    ("EU", EdenUsed, 1024.0),
    ("OC", OldCapacity, 1024.0),
    ("OU", OldUsed, 1024.0),
    ("MC", MetaspaceCapacity, 1024.0),
    ("MU", MetaspaceUsed, 1024.0),
    ("YGC", YoungCollections, 1.0),
    ("YGCT", YoungSeconds, 1.0),
    ("FGC", FullCollections, 1.0),
    ("FGCT", FullSeconds, 1.0),
    ("CGC", ConcurrentCollections, 1.0),
    ("CGCT", ConcurrentSeconds, 1.0),
    ("GCT", GcSeconds, 1.0),
];

impl LineReader for Jstat {
    fn read(&mut self, line: &Line<'_>, _: &mut Symbols) -> bool {
        let words: Vec<&str> = line.text.split_ascii_whitespace().collect();
        if words.contains(&"YGC") && words.contains(&"GCT") {
            self.head = words.iter().map(|&word| word.to_owned()).collect();
            return true;
        }
        if self.head.is_empty() || words.is_empty() {
            return false;
        }
        let values: Option<Vec<Option<f64>>> = words.iter().map(|word| number(word)).collect();
        let Some(values) = values else { return false };
        if values.len() != self.head.len() {
            self.torn += 1;
            return true;
        }
        self.take(&values);
        true
    }

    fn finish(mut self: Box<Self>, _: &mut Symbols) -> Found {
        let mut found = Found::default();
        if self.torn > 0 {
            found.warnings.push(format!(
                "{} samples of jstat have more or fewer values than their head, and were left out.",
                self.torn
            ));
        }
        if !self.series.is_empty() {
            self.series.origin = MemoryOrigin::Jstat;
            found.records.push(Record::Memory(Box::new(self.series)));
        }
        found
    }
}

impl Jstat {
    fn take(&mut self, values: &[Option<f64>]) {
        let named = self.head.iter().map(String::as_str).zip(values.iter().copied());
        let named: Vec<(&str, f64)> = named.filter_map(|(name, value)| Some((name, value?))).collect();
        // With `-t`, seconds since the machine began come first.
        let elapsed = named.iter().find(|(name, _)| *name == "Timestamp").map(|(_, seconds)| (seconds * 1e9) as i64);
        self.series.begin_row(None, elapsed);
        let row = self.series.len() - 1;
        for (name, value) in named {
            let Some(&(_, measure, factor)) = COLUMNS.iter().find(|(known, ..)| *known == name) else { continue };
            let sum = self.series.at(row, measure).unwrap_or(0.0) + value * factor;
            self.series.set(measure, sum);
        }
    }
}

/// A number, by locale with a comma; `-` is none. `None` is no number at all.
fn number(word: &str) -> Option<Option<f64>> {
    if word == "-" {
        return Some(None);
    }
    let is_decimal_comma = word.matches(',').count() == 1 && !word.contains('.');
    let plain = if is_decimal_comma { word.replace(',', ".") } else { word.replace(',', "") };
    plain.parse::<f64>().ok().filter(|number| number.is_finite()).map(Some)
}
