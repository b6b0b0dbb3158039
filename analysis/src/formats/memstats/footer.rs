//! The foot of a heap profile as text (`debug=1`): `# runtime.MemStats`, then `# Name = value` (runtime/pprof/pprof.go,
//! writeHeapInternal). It is the only place where a heap dump carries what is idle and what was given back.

use super::{names, pause_ring};
use crate::model::record::{MemoryMeasure, MemoryOrigin, MemorySeries};

/// Gathers the lines of one foot.
#[derive(Default)]
pub(in crate::formats) struct Footer {
    series: MemorySeries,
    lengths: Vec<i64>,
    ends: Vec<i64>,
}

/// Entries of a ring of pauses (runtime/mstats.go).
const RING: usize = 256;

impl Footer {
    /// Takes a line, or says that it is none of a foot. Lines of stacks in the profile begin with `#` too, and have no
    /// ` = `.
    pub(in crate::formats) fn read(&mut self, line: &str) -> bool {
        let Some(line) = line.strip_prefix("# ") else { return false };
        if line.trim() == "runtime.MemStats" {
            return true;
        }
        let Some((name, value)) = line.split_once(" = ") else { return false };
        let (name, value) = (name.trim(), value.trim());
        match name {
            "PauseNs" => self.lengths = ring(value),
            "PauseEnd" => self.ends = ring(value),
            // What is in use / obtained.
            "Stack" => self.pair(value, MemoryMeasure::StackInuse, MemoryMeasure::StackSys),
            "MSpan" => self.pair(value, MemoryMeasure::MSpanInuse, MemoryMeasure::MSpanSys),
            "MCache" => self.pair(value, MemoryMeasure::MCacheInuse, MemoryMeasure::MCacheSys),
            "Alloc" | "Lookups" | "DebugGC" => {}
            name => match names::mem_stats(name) {
                Some(measure) => self.set(measure, value),
                None => return false,
            },
        }
        true
    }

    /// What was gathered; `None` if nothing was.
    pub(in crate::formats) fn finish(mut self) -> Option<MemorySeries> {
        self.series.origin = MemoryOrigin::HeapFooter;
        self.series.pauses = pause_ring::resolve(&self.lengths, &self.ends);
        (!self.series.is_empty()).then_some(self.series)
    }

    fn set(&mut self, measure: MemoryMeasure, value: &str) {
        let Ok(value) = value.parse::<f64>() else { return };
        if self.series.is_empty() {
            self.series.begin_row(None, None);
        }
        self.series.set(measure, value);
    }

    fn pair(&mut self, value: &str, inuse: MemoryMeasure, sys: MemoryMeasure) {
        if let Some((used, obtained)) = value.split_once('/') {
            self.set(inuse, used.trim());
            self.set(sys, obtained.trim());
        }
    }
}

/// `[1 2 …]`.
fn ring(text: &str) -> Vec<i64> {
    let numbers = text.trim_matches(['[', ']']).split_ascii_whitespace();
    numbers.map(|number| number.parse().unwrap_or(0)).take(RING).collect()
}
