//! Text for Prometheus (“text-based format”, version 0.0.4, and OpenMetrics): one scrape, or several after each other. Of a
//! Go program, the usual names of client_golang; all other metrics are passed over.

use super::names;
use super::wall_clock::number_time;
use crate::formats::text::{Found, Line, LineReader};
use crate::limits::SCRAPED_PROCESSES;
use crate::model::Symbols;
use crate::model::record::{MemoryMeasure, MemoryOrigin, MemorySeries, PauseBucket, Record};

/// Gathers scrapes, of one process or, where labels differ, of several.
#[derive(Default)]
pub(in crate::formats) struct Prometheus {
    processes: Vec<Process>,
    /// Lines of metrics were seen: others of any name are metrics too.
    is_open: bool,
    dropped: u64,
}

/// One process and its scrapes.
#[derive(Default)]
struct Process {
    series: MemorySeries,
    /// Metrics of the scrape that is being read: one that comes again begins the next.
    seen: Vec<String>,
    /// Parts of measures that are sums, in the scrape that is being read.
    sums: Vec<(MemoryMeasure, f64)>,
    /// Upper edges in seconds, and pauses up to them, of the scrape that is being read.
    pauses: Vec<(f64, u64)>,
}

/// `name{labels} value timestamp`.
struct Sample<'a> {
    name: &'a str,
    labels: &'a str,
    value: f64,
    /// Milliseconds since the Unix epoch; seconds where it is OpenMetrics.
    time: Option<f64>,
}

impl LineReader for Prometheus {
    fn read(&mut self, line: &Line<'_>, _: &mut Symbols) -> bool {
        let text = line.text.trim();
        if text.starts_with("# HELP ") || text.starts_with("# TYPE ") || text.starts_with("# UNIT ") {
            self.is_open = true;
            return true;
        }
        if self.is_open && text == "# EOF" {
            return true;
        }
        let Some(sample) = sample(text) else { return false };
        let is_known = names::PROMETHEUS.iter().any(|(name, ..)| *name == sample.name)
            || sample.name.starts_with("go_gc_")
            || names::METRICS.iter().any(|(metric, _)| names::is_exported(sample.name, metric));
        if is_known {
            self.is_open = true;
            self.take(&sample);
        }
        self.is_open
    }

    fn finish(self: Box<Self>, _: &mut Symbols) -> Found {
        let mut found = Found::default();
        if self.dropped > 0 {
            found.warnings.push(format!(
                "Scrapes of more than {SCRAPED_PROCESSES} processes: {} values of others were left out. Keep those of interest: grep ADDRESS FILE",
                self.dropped
            ));
        }
        for mut process in self.processes {
            process.end_scrape();
            process.series.origin = MemoryOrigin::Prometheus;
            if !process.series.measures.is_empty() {
                found.records.push(Record::Memory(Box::new(process.series)));
            }
        }
        found
    }
}

impl Prometheus {
    fn take(&mut self, sample: &Sample<'_>) {
        // What is left of the labels tells the process.
        let mut edge = None;
        let mut process_labels: Vec<&str> = Vec::new();
        for label in split_labels(sample.labels) {
            match label.split_once('=') {
                Some(("le", value)) => edge = Some(value.trim_matches('"')),
                Some(("quantile", _)) => return,
                _ => process_labels.push(label),
            }
        }
        let label = process_labels.join(",");
        let at = match self.processes.iter().position(|process| process.series.process == label) {
            Some(at) => at,
            None if self.processes.len() < SCRAPED_PROCESSES => {
                let series = MemorySeries { process: label, ..MemorySeries::default() };
                self.processes.push(Process { series, ..Process::default() });
                self.processes.len() - 1
            }
            None => {
                self.dropped += 1;
                return;
            }
        };
        if let Some(process) = self.processes.get_mut(at) {
            process.take(sample, edge);
        }
    }
}

impl Process {
    fn take(&mut self, sample: &Sample<'_>, edge: Option<&str>) {
        let key = format!("{}{}", sample.name, edge.unwrap_or(""));
        if self.seen.contains(&key) {
            self.end_scrape();
        }
        if self.seen.is_empty() {
            self.series.begin_row(sample.time.and_then(number_time), None);
        }
        self.seen.push(key);
        if let Some(edge) = edge {
            let is_pauses = names::PAUSES
                .iter()
                .any(|metric| sample.name.strip_suffix("_bucket").is_some_and(|name| names::is_exported(name, metric)));
            if let Some(edge) = edge.parse::<f64>().ok().filter(|_| is_pauses) {
                self.pauses.push((edge, sample.value.max(0.0) as u64));
            }
            return;
        }
        if let Some(&(_, measure, factor)) = names::PROMETHEUS.iter().find(|(name, ..)| *name == sample.name) {
            let is_no_limit = measure == MemoryMeasure::MemoryLimit && sample.value >= i64::MAX as f64;
            if !is_no_limit {
                self.series.set(measure, sample.value * factor);
            }
            return;
        }
        if let Some((_, measures)) = names::METRICS.iter().find(|(metric, _)| names::is_exported(sample.name, metric)) {
            for &measure in *measures {
                match self.sums.iter_mut().find(|(known, _)| *known == measure) {
                    Some((_, sum)) => *sum += sample.value,
                    None => self.sums.push((measure, sample.value)),
                }
            }
        }
    }

    fn end_scrape(&mut self) {
        self.seen.clear();
        let row = self.series.len().saturating_sub(1);
        for (measure, sum) in std::mem::take(&mut self.sums) {
            // A name of MemStats says it as a whole already.
            if self.series.at(row, measure).is_none() {
                self.series.set(measure, sum);
            }
        }
        let pauses = std::mem::take(&mut self.pauses);
        if !pauses.is_empty() {
            self.series.pause_buckets = buckets(pauses);
        }
    }
}

/// Counts up to each edge, as counts between edges.
fn buckets(mut counts: Vec<(f64, u64)>) -> Vec<PauseBucket> {
    crate::order::sort_by(&mut counts, |a, b| a.0.total_cmp(&b.0));
    let (mut from, mut before) = (0.0, 0);
    let mut buckets = Vec::new();
    for (edge, count) in counts {
        let (to, inside) = (edge * 1e9, count.saturating_sub(before));
        if inside > 0 {
            buckets.push(PauseBucket { from_nanos: from, to_nanos: to, count: inside });
        }
        (from, before) = (to, count);
    }
    buckets
}

fn sample(text: &str) -> Option<Sample<'_>> {
    let end = text.find(['{', ' ', '\t'])?;
    let (name, rest) = text.split_at_checked(end)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_name) {
        return None;
    }
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => {
            let end = label_end(rest)?;
            (rest.get(..end)?, rest.get(end + 1..)?)
        }
        None => ("", rest),
    };
    let mut words = rest.split_ascii_whitespace();
    let value = words.next()?.parse::<f64>().ok()?;
    // An exemplar of OpenMetrics may follow.
    let time = words.next().filter(|word| *word != "#");
    let time = match time {
        Some(word) => Some(word.parse::<f64>().ok()?),
        None => None,
    };
    Some(Sample { name, labels, value, time })
}

/// Where the labels end: braces within quotes do not count.
fn label_end(text: &str) -> Option<usize> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.char_indices().find_map(|(at, c)| {
        let was_escaped = is_escaped;
        is_escaped = is_quoted && c == '\\' && !was_escaped;
        match c {
            '"' if !was_escaped => is_quoted = !is_quoted,
            '}' if !is_quoted => return Some(at),
            _ => {}
        }
        None
    })
}

/// Labels one by one: commas within quotes do not count.
fn split_labels(text: &str) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = text.split(|c: char| {
        let was_escaped = is_escaped;
        is_escaped = is_quoted && c == '\\' && !was_escaped;
        if c == '"' && !was_escaped {
            is_quoted = !is_quoted;
        }
        c == ',' && !is_quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_may_hold_anything() {
        let sample = sample(r#"go_goroutines{job="a,}b\"",x="2"} 7 1795474798718"#);
        let sample = sample.map(|s| (s.name, split_labels(s.labels), s.value, s.time));
        assert_eq!(
            sample,
            Some(("go_goroutines", vec![r#"job="a,}b\"""#, r#"x="2""#], 7.0, Some(1_795_474_798_718.0)))
        );
        assert!(super::sample("go_goroutines{job=\"a 7").is_none() && super::sample("2026/01/01 10").is_none());
        assert!(super::sample("an ordinary line").is_none() && super::sample("").is_none());
    }

    #[test]
    fn counts_up_to_edges_become_counts_between_them() {
        let between = buckets(vec![(f64::INFINITY, 9), (0.001, 4), (0.002, 9)]);
        let bucket = |from_nanos, to_nanos, count| PauseBucket { from_nanos, to_nanos, count };
        assert_eq!(between, [bucket(0.0, 1e6, 4), bucket(1e6, 2e6, 5)]);
    }
}
