//! Go's profiles that count, as text (`?debug=1`; runtime/pprof/pprof.go): goroutines, threads, profiles of the program's own
//! (`printCountProfile`), and time lost at locks (`writeProfileInternal`), which stands there in ticks of the processor.
//! Go leaves out functions of the runtime at the leaf of goroutines, and `runtime.goexit` everywhere.

use super::named_stack::{NamedStack, hex};
use super::text::{Found, Line, LineReader};
use crate::model::{Label, LabelValue, Profile, ProfileKind, SampleType, Symbols};

/// Reads `NAME profile: total N`, `--- mutex:` and `--- contention:`, as often as they come.
#[derive(Default)]
pub(super) struct Counted {
    open: Option<Open>,
    found: Found,
}

/// A profile whose lines come.
struct Open {
    profile: Profile,
    /// What its head says that all rows are together.
    total: Option<i64>,
    /// Ticks per nanosecond; `None` until they are told, and where rows are no times.
    ticks: Option<f64>,
    sample: Option<Sample>,
    stack: NamedStack,
    addresses: Vec<u64>,
}

/// A sample whose stack comes.
struct Sample {
    values: Vec<i64>,
    labels: Vec<Label>,
}

impl LineReader for Counted {
    fn read(&mut self, line: &Line<'_>, symbols: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if let Some(next) = Open::new(text, symbols) {
            self.close(symbols);
            self.open = Some(next);
            return true;
        }
        self.open.as_mut().is_some_and(|open| open.read(text, symbols))
    }

    fn finish(mut self: Box<Self>, symbols: &mut Symbols) -> Found {
        self.close(symbols);
        self.found
    }
}

impl Counted {
    fn close(&mut self, symbols: &mut Symbols) {
        let Some(mut open) = self.open.take() else { return };
        open.end_sample(symbols);
        let counted =
            open.profile.values.first().map_or(0, |column| column.iter().fold(0, |sum: i64, v| sum.saturating_add(*v)));
        if let Some(total) = open.total.filter(|&total| total != counted) {
            self.found.warnings.push(format!("The text speaks of {total} and lists {counted}: it is not whole."));
        }
        if open.is_of_time() && open.ticks.is_none() && !open.profile.is_empty() {
            self.found.warnings.push(
                "The line cycles/second= is missing, so that delays are in ticks of the processor, not in nanoseconds."
                    .to_owned(),
            );
        }
        self.found.profiles.push(open.profile);
    }
}

impl Open {
    /// Of a head.
    fn new(text: &str, symbols: &mut Symbols) -> Option<Self> {
        let mut of = |name: &str, unit: &str| SampleType {
            name: symbols.strings.intern(name),
            unit: symbols.strings.intern(unit),
        };
        let (kind, sample_types, total) = match text {
            "--- mutex:" => (ProfileKind::Mutex, vec![of("contentions", "count"), of("delay", "nanoseconds")], None),
            "--- contention:" => {
                (ProfileKind::Block, vec![of("contentions", "count"), of("delay", "nanoseconds")], None)
            }
            _ => {
                let (name, total) = text.split_once(" profile: total ")?;
                let total = total.parse().ok()?;
                let kind = match name {
                    "goroutine" => ProfileKind::Goroutine,
                    "goroutineleak" => ProfileKind::GoroutineLeak,
                    "threadcreate" => ProfileKind::ThreadCreate,
                    _ if name.contains(char::is_whitespace) => return None,
                    _ => ProfileKind::Custom,
                };
                (kind, vec![of(name, "count")], Some(total))
            }
        };
        // As Go's own protobuf has them.
        let (period_type, period) = (sample_types.first().copied(), 1);
        let values = vec![Vec::new(); sample_types.len()];
        let profile = Profile { kind, sample_types, values, period_type, period, ..Profile::default() };
        Some(Self { profile, total, ticks: None, sample: None, stack: NamedStack::default(), addresses: Vec::new() })
    }

    fn is_of_time(&self) -> bool {
        matches!(self.profile.kind, ProfileKind::Mutex | ProfileKind::Block)
    }

    fn read(&mut self, text: &str, symbols: &mut Symbols) -> bool {
        if text.is_empty() {
            self.end_sample(symbols);
            return true;
        }
        if let Some(labels) = text.strip_prefix("# labels: ") {
            let Some(sample) = &mut self.sample else { return false };
            sample.labels = labels_of(labels, symbols);
            return true;
        }
        if self.sample.is_some() && self.stack.read(text, symbols) {
            return true;
        }
        match text.split_once('@') {
            Some((numbers, addresses)) => self.begin_sample(numbers, addresses, symbols).is_some(),
            None => self.is_of_time() && self.parameter(text, symbols).is_some(),
        }
    }

    fn parameter(&mut self, text: &str, symbols: &mut Symbols) -> Option<()> {
        let (name, value) = text.split_once('=')?;
        let value: i64 = value.trim().parse().ok()?;
        match name {
            "cycles/second" => self.ticks = (value > 0).then_some(value as f64 / 1e9),
            // What was left out is made up for when it is recorded (runtime/mprof.go, saveBlockEventStack).
            "sampling period" => self.profile.comments.push(symbols.strings.intern(text)),
            _ => return None,
        }
        Some(())
    }

    fn begin_sample(&mut self, numbers: &str, addresses: &str, symbols: &mut Symbols) -> Option<()> {
        let numbers: Vec<i64> = numbers.split_whitespace().map(|n| n.parse().ok()).collect::<Option<_>>()?;
        let values = match (self.is_of_time(), numbers.as_slice()) {
            // Go's own arithmetic, so that both forms of a profile hold the same numbers.
            (true, &[ticks, count]) => vec![count, self.ticks.map_or(ticks, |rate| (ticks as f64 / rate) as i64)],
            (false, &[count]) => vec![count],
            _ => return None,
        };
        let addresses = addresses.split_whitespace().map(hex).collect::<Option<_>>()?;
        self.end_sample(symbols);
        self.addresses = addresses;
        self.sample = Some(Sample { values, labels: Vec::new() });
        Some(())
    }

    fn end_sample(&mut self, symbols: &mut Symbols) {
        let Some(sample) = self.sample.take() else { return };
        let profile = &mut self.profile;
        profile.stacks.push(self.stack.finish(&self.addresses, symbols));
        profile.label_sets.push(profile.labels.intern(&sample.labels));
        for (column, value) in profile.values.iter_mut().zip(sample.values) {
            column.push(value);
        }
    }
}

/// `{"key":"value", …}`, quoted as Go quotes; what comes after a break is left out.
fn labels_of(text: &str, symbols: &mut Symbols) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut rest = text.trim_start_matches('{');
    while let Some((key, after)) = unquoted(rest) {
        let Some((value, after)) = after.trim_start().strip_prefix(':').and_then(unquoted) else { break };
        let value = LabelValue::Text(symbols.strings.intern(&value));
        labels.push(Label { key: symbols.strings.intern(&key), value });
        rest = after.trim_start().trim_start_matches(',');
    }
    labels
}

/// A string in quotes at the beginning, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start().strip_prefix('"')?;
    let mut out = String::new();
    let mut rest = text.chars();
    loop {
        match rest.next()? {
            '"' => return Some((out, rest.as_str())),
            '\\' => match rest.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'x' => out.push(code(&mut rest, 2)),
                'u' => out.push(code(&mut rest, 4)),
                'U' => out.push(code(&mut rest, 8)),
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
}

/// The character of so many hexadecimal digits.
fn code(rest: &mut std::str::Chars<'_>, digits: usize) -> char {
    let number = rest.by_ref().take(digits).try_fold(0_u32, |sum, c| Some(sum << 4 | c.to_digit(16)?));
    number.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_go_quotes_them() {
        let mut symbols = Symbols::default();
        let labels = labels_of(r#"{"a":"x\"y\u00e9", "b c":"{\"}"}"#, &mut symbols);
        let words: Vec<(&str, LabelValue)> = labels.iter().map(|l| (symbols.strings.get(l.key), l.value)).collect();
        assert_eq!(words.len(), 2);
        assert_eq!(words[0], ("a", LabelValue::Text(symbols.strings.find("x\"yé").unwrap_or_default())));
        assert_eq!(words[1], ("b c", LabelValue::Text(symbols.strings.find("{\"}").unwrap_or_default())));
        assert!(labels_of("{\"a", &mut symbols).is_empty());
    }
}
