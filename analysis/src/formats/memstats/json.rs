//! Memory statistics as JSON: `runtime.MemStats`, `/debug/vars`, `runtime/metrics`. One object, several after each other, or
//! lines of a log.

use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::wall_clock::{number_time, wall_time};
use super::{names, pause_ring};
use crate::formats::text::{Found, Line, LineReader};
use crate::formats::{ErrorKind, ParseError, Parsed, Progress};
use crate::limits::JSON_BYTES;
use crate::model::Nanos;
use crate::model::Symbols;
use crate::model::record::{MemoryMeasure, MemoryOrigin, MemorySeries, PauseBucket, Record};

/// What tells that JSON is of memory statistics.
const MARKS: &[&[u8]] = &[b"\"HeapAlloc\"", b"\"memstats\"", b"\"/gc/", b"\"/memory/classes/"];

/// How far marks are looked for: variables of the program's own may stand before.
const LOOKED_AT_BYTES: usize = 4 << 20;

/// JSON over several lines, with memory statistics in it. One object a line is a log, which may hold other lines.
pub(in crate::formats) fn looks_like(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    if !bytes.starts_with(b"{") && !bytes.starts_with(b"[") {
        return false;
    }
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or(bytes);
    let rest = bytes.get(line.len()..).unwrap_or(&[]);
    let is_log = !rest.trim_ascii().is_empty() && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    let head = bytes.get(..LOOKED_AT_BYTES).unwrap_or(bytes);
    !is_log && MARKS.iter().any(|mark| contains(head, mark))
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    memchr::memmem::find(bytes, mark).is_some()
}

pub(in crate::formats) fn parse(
    bytes: &[u8],
    _: &mut Symbols,
    _: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Parsed, ParseError> {
    if bytes.len() > JSON_BYTES {
        let words = "This is JSON with memory statistics in it, larger than 64 MB. Cut out the object “memstats”, and drop that.";
        return Err(ParseError::new(ErrorKind::TooLarge, None, words));
    }
    let mut gathered = Gathered::default();
    let mut warnings = Vec::new();
    let mut documents = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    while let Some(document) = documents.next() {
        match document {
            Ok(document) => gathered.take(&document),
            Err(error) => {
                warnings.push(format!(
                    "The JSON breaks off or is damaged at byte {} ({error}): what stood before was read.",
                    documents.byte_offset()
                ));
                break;
            }
        }
    }
    let records: Vec<Record> = gathered.into_series().map(|series| Record::Memory(Box::new(series))).collect();
    if records.is_empty() {
        let what = warnings.pop().unwrap_or_else(|| "No reading in it has memory statistics.".to_owned());
        let words = format!(
            "This is JSON that should hold memory statistics. {what} Capture it again: curl -so vars.json localhost:6060/debug/vars"
        );
        return Err(ParseError::new(ErrorKind::Damaged, None, words));
    }
    Ok(Parsed { records, warnings, ..Parsed::default() })
}

/// Lines of a log that hold memory statistics as JSON.
#[derive(Default)]
pub(in crate::formats) struct JsonLines {
    gathered: Gathered,
    torn: u64,
}

impl LineReader for JsonLines {
    fn read(&mut self, line: &Line<'_>, _: &mut Symbols) -> bool {
        let Some(at) = line.text.find('{') else { return false };
        let Some(text) = line.text.get(at..) else { return false };
        if !MARKS.iter().any(|mark| contains(text.as_bytes(), mark)) {
            return false;
        }
        // Text may follow the object.
        match serde_json::Deserializer::from_str(text).into_iter::<Value>().next() {
            Some(Ok(document)) => self.gathered.take(&document),
            _ => self.torn += 1,
        }
        true
    }

    fn finish(self: Box<Self>, _: &mut Symbols) -> Found {
        let mut found = Found::default();
        if self.torn > 0 {
            found.warnings.push(format!("{} lines of memory statistics are torn and were left out.", self.torn));
        }
        found.records = self.gathered.into_series().map(|series| Record::Memory(Box::new(series))).collect();
        found
    }
}

/// Readings by who wrote them.
#[derive(Default)]
struct Gathered {
    mem_stats: MemorySeries,
    expvar: MemorySeries,
    metrics: MemorySeries,
}

impl Gathered {
    fn into_series(self) -> impl Iterator<Item = MemorySeries> {
        let origins = [
            (MemoryOrigin::MemStats, self.mem_stats),
            (MemoryOrigin::Expvar, self.expvar),
            (MemoryOrigin::RuntimeMetrics, self.metrics),
        ];
        origins.into_iter().filter(|(_, series)| !series.is_empty()).map(|(origin, mut series)| {
            series.origin = origin;
            pause_ring::order(&mut series.pauses);
            series
        })
    }

    fn take(&mut self, document: &Value) {
        match document {
            Value::Array(documents) => documents.iter().for_each(|document| self.take_object(document)),
            document => self.take_object(document),
        }
    }

    fn take_object(&mut self, document: &Value) {
        let Value::Object(object) = document else { return };
        if let Some(Value::Object(stats)) = object.get("memstats") {
            read_stats(&mut self.expvar, stats, object);
        } else if object.contains_key("HeapAlloc") {
            read_stats(&mut self.mem_stats, object, object);
        } else if object.keys().any(|key| key.starts_with("/gc/") || key.starts_with("/memory/")) {
            read_metrics(&mut self.metrics, object, object);
        } else {
            // A log's line with the statistics as one of its fields.
            for inner in object.values().filter_map(Value::as_object) {
                if inner.contains_key("HeapAlloc") {
                    read_stats(&mut self.mem_stats, inner, object);
                } else if inner.keys().any(|key| key.starts_with("/gc/")) {
                    read_metrics(&mut self.metrics, inner, object);
                }
            }
        }
    }
}

/// Begins a reading with what stands around it: when, how long after the start, how many goroutines, which program.
fn begin(series: &mut MemorySeries, around: &Map<String, Value>) {
    const TIMES: &[&str] = &["unix_nano", "time", "Time", "timestamp", "@timestamp", "ts", "unix"];
    const ELAPSED: &[&str] = &["elapsed_s", "elapsed_seconds", "elapsed", "uptime_s", "uptime_seconds", "uptime"];
    const GOROUTINES: &[&str] = &["goroutines", "Goroutines", "num_goroutine", "NumGoroutine"];
    let time = TIMES.iter().filter_map(|key| time(around.get(*key)?)).next();
    let elapsed = ELAPSED.iter().filter_map(|key| number(around.get(*key)?)).next();
    series.begin_row(time, elapsed.map(|seconds| (seconds * 1e9) as i64));
    if let Some(goroutines) = GOROUTINES.iter().filter_map(|key| number(around.get(*key)?)).next() {
        series.set(MemoryMeasure::Goroutines, goroutines);
    }
    if let Some(Value::Array(words)) = around.get("cmdline") {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        series.process = words.join(" ").chars().take(400).collect();
    }
}

fn read_stats(series: &mut MemorySeries, stats: &Map<String, Value>, around: &Map<String, Value>) {
    begin(series, around);
    for (name, value) in stats {
        if let (Some(measure), Some(value)) = (names::mem_stats(name), number(value)) {
            series.set(measure, value);
        }
    }
    let ring = |name: &str| -> Vec<i64> {
        let numbers = stats.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        numbers.iter().take(256).map(|number| number.as_i64().unwrap_or(0)).collect()
    };
    let pauses = pause_ring::resolve(&ring("PauseNs"), &ring("PauseEnd"));
    series.pauses.extend(pauses);
    // A log of many readings tells each pause again and again.
    if series.len().is_multiple_of(64) {
        pause_ring::order(&mut series.pauses);
    }
}

fn read_metrics(series: &mut MemorySeries, metrics: &Map<String, Value>, around: &Map<String, Value>) {
    begin(series, around);
    let mut sums: Vec<(MemoryMeasure, f64)> = Vec::new();
    for (name, measures) in names::METRICS {
        let Some(value) = metrics.get(*name).and_then(number) else { continue };
        // The limit that is none.
        if *name == "/gc/gomemlimit:bytes" && value >= i64::MAX as f64 {
            continue;
        }
        for &measure in *measures {
            match sums.iter_mut().find(|(known, _)| *known == measure) {
                Some((_, sum)) => *sum += value,
                None => sums.push((measure, value)),
            }
        }
    }
    for (measure, sum) in sums {
        series.set(measure, sum);
    }
    if let Some(pauses) = names::PAUSES.iter().find_map(|name| metrics.get(*name)) {
        series.pause_buckets = buckets(pauses);
    }
}

/// A histogram of seconds: `[{"Lo", "Hi", "N"}]`, or `{"Counts", "Buckets"}` as `metrics.Float64Histogram` has it.
fn buckets(value: &Value) -> Vec<PauseBucket> {
    let nanos = |value: &Value| number(value).map(|seconds| seconds * 1e9);
    let listed = |bucket: &Value| {
        let (from, to) = (nanos(bucket.get("Lo")?)?, nanos(bucket.get("Hi")?)?);
        Some(PauseBucket { from_nanos: from.max(0.0), to_nanos: to, count: bucket.get("N")?.as_u64()? })
    };
    match value {
        Value::Array(buckets) => buckets.iter().filter_map(listed).collect(),
        Value::Object(columns) => {
            let column = |name: &str| columns.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let (counts, edges) = (column("Counts"), column("Buckets"));
            let edges: Vec<f64> = edges.iter().map(|edge| nanos(edge).unwrap_or(f64::INFINITY)).collect();
            let ranges = edges.windows(2).zip(counts);
            let bucket = |(range, count): (&[f64], &Value)| {
                let (&from, &to) = (range.first()?, range.last()?);
                Some(PauseBucket {
                    from_nanos: if from.is_finite() { from.max(0.0) } else { 0.0 },
                    to_nanos: to,
                    count: count.as_u64()?,
                })
            };
            ranges.filter_map(bucket).filter(|bucket| bucket.count > 0).collect()
        }
        _ => Vec::new(),
    }
}

/// A number, or a text that is one: infinities have no other way into JSON.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| !number.is_nan()),
        Value::Object(object) => object.get("value").or_else(|| object.get("Value")).and_then(Value::as_f64),
        _ => None,
    }
}

fn time(value: &Value) -> Option<Nanos> {
    match value {
        // Nanoseconds as a float would lose the last digits.
        Value::Number(number) => match number.as_i64().filter(|&nanos| nanos > 1_000_000_000_000_000_000) {
            Some(nanos) => Some(Nanos::from_unix_nanos(nanos)),
            None => number_time(number.as_f64()?),
        },
        Value::String(text) => wall_time(text),
        _ => None,
    }
}
