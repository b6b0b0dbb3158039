//! The filter bar, compiled: regular expressions over names, and filters on labels (pprof:
//! `internal/driver/driver_focus.go`).

use std::fmt;

use crate::lens::Filter;
use crate::measurement::{is_same_family, scale};
use crate::model::{Label, LabelValue, StringTable};
use crate::pattern::{Pattern, PatternError};

/// A [`Filter`] whose expressions compile.
#[derive(Clone, Default)]
pub struct CompiledFilter {
    pub(crate) focus: Option<Pattern>,
    pub(crate) ignore: Option<Pattern>,
    pub(crate) hide: Option<Pattern>,
    pub(crate) show: Option<Pattern>,
    pub(crate) show_from: Option<Pattern>,
    pub(crate) tagfocus: Option<TagFilter>,
    pub(crate) tagignore: Option<TagFilter>,
}

/// An expression of the filter that does not compile, and which one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// Such as `focus`.
    pub option: &'static str,
    /// What is wrong with it.
    pub error: PatternError,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.option, self.error)
    }
}

impl std::error::Error for FilterError {}

impl CompiledFilter {
    /// Compiles every expression that is not empty.
    ///
    /// # Errors
    /// The first that does not compile.
    pub fn new(filter: &Filter) -> Result<Self, FilterError> {
        let pattern = |option, text: &str| match text {
            "" => Ok(None),
            text => Pattern::new(text).map(Some).map_err(|error| FilterError { option, error }),
        };
        let tags = |option, text: &str| match text {
            "" => Ok(None),
            text => TagFilter::new(text).map(Some).map_err(|error| FilterError { option, error }),
        };
        Ok(Self {
            focus: pattern("focus", &filter.focus)?,
            ignore: pattern("ignore", &filter.ignore)?,
            hide: pattern("hide", &filter.hide)?,
            show: pattern("show", &filter.show)?,
            show_from: pattern("show_from", &filter.show_from)?,
            tagfocus: tags("tagfocus", &filter.tagfocus)?,
            tagignore: tags("tagignore", &filter.tagignore)?,
        })
    }

    /// Whether any expression is on names: then a sample without frames matches nothing and goes.
    pub(crate) fn is_by_name(&self) -> bool {
        self.focus.is_some() || self.ignore.is_some() || self.hide.is_some() || self.show.is_some()
    }
}

/// A filter on labels.
#[derive(Clone)]
pub(crate) struct TagFilter {
    key: Option<String>,
    test: Test,
}

#[derive(Clone)]
enum Test {
    Range(Range),
    /// Without a key every expression must match some `key:value`; with one, any of them its value.
    Patterns(Vec<Pattern>),
}

/// The units of numeric labels by key, as a profile (or several merged) has them.
pub(crate) trait UnitOf {
    /// The unit of `key`.
    fn unit_of<'a>(&'a self, key: &'a str) -> &'a str;
}

impl TagFilter {
    fn new(text: &str) -> Result<Self, PatternError> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (Some(key.to_owned()).filter(|key| !key.is_empty()), value),
            None => (None, text),
        };
        let test = match Range::parse(value) {
            Some(range) => Test::Range(range),
            None => Test::Patterns(value.split(',').map(Pattern::new).collect::<Result<_, _>>()?),
        };
        Ok(Self { key, test })
    }

    /// Whether a sample with `labels` matches. A sample of a diff base has one label more, which pprof gives it.
    pub(crate) fn is_match(&self, labels: &[Label], of_base: bool, strings: &StringTable, units: &impl UnitOf) -> bool {
        let of_key = |label: &&Label| self.key.as_ref().is_none_or(|key| strings.get(label.key) == key);
        match &self.test {
            Test::Range(range) => labels.iter().filter(of_key).any(|label| match label.value {
                LabelValue::Number(number, _) => range.contains(number, units.unit_of(strings.get(label.key))),
                LabelValue::Text(_) => false,
            }),
            Test::Patterns(patterns) if self.key.is_some() => labels
                .iter()
                .filter(of_key)
                .filter_map(|label| text_of(label, strings))
                .any(|text| patterns.iter().any(|pattern| pattern.is_match(text))),
            Test::Patterns(patterns) => {
                let base = of_base.then(|| "pprof::base:true".to_owned());
                let pairs: Vec<String> = labels
                    .iter()
                    .filter_map(|label| Some(format!("{}:{}", strings.get(label.key), text_of(label, strings)?)))
                    .chain(base)
                    .collect();
                patterns.iter().all(|pattern| pairs.iter().any(|pair| pattern.is_match(pair)))
            }
        }
    }
}

fn text_of<'a>(label: &Label, strings: &'a StringTable) -> Option<&'a str> {
    match label.value {
        LabelValue::Text(text) => Some(strings.get(text)),
        LabelValue::Number(..) => None,
    }
}

/// A range such as `32kb`, `:64kb`, `4mb:` or `12kb:64mb`, both ends included.
#[derive(Clone, Debug, PartialEq)]
struct Range {
    unit: String,
    from: Option<f64>,
    to: Option<f64>,
}

impl Range {
    /// `None` when `text` is no range, and therefore an expression.
    fn parse(text: &str) -> Option<Self> {
        let (first, rest) = quantity(text.strip_prefix(':').unwrap_or(text))?;
        let (from, unit) = scale(first.number, first.unit, first.unit);
        match (text.starts_with(':'), rest) {
            (true, "") => Some(Self { unit, from: None, to: Some(from) }),
            (false, "") => Some(Self { unit, from: Some(from), to: Some(from) }),
            (false, ":") => Some(Self { unit, from: Some(from), to: None }),
            (false, rest) => {
                let (second, end) = quantity(rest.strip_prefix(':')?)?;
                let (to, second_unit) = scale(second.number, second.unit, &unit);
                (end.is_empty() && second_unit == unit).then_some(Self { unit, from: Some(from), to: Some(to) })
            }
            (true, _) => None,
        }
    }

    fn contains(&self, number: i64, unit: &str) -> bool {
        let (value, unit) = scale(number, unit, &self.unit);
        unit == self.unit && self.from.is_none_or(|from| value >= from) && self.to.is_none_or(|to| value <= to)
    }
}

struct Quantity<'a> {
    number: i64,
    unit: &'a str,
}

/// A signed number and the letters after it, and what follows.
fn quantity(text: &str) -> Option<(Quantity<'_>, &str)> {
    let signed = usize::from(text.starts_with(['+', '-']));
    let digits = text.get(signed..)?.bytes().take_while(u8::is_ascii_digit).count();
    let end = signed + digits;
    let number = text.get(..end).filter(|_| digits > 0)?.parse().ok()?;
    let letters = text.get(end..)?.bytes().take_while(u8::is_ascii_alphabetic).count();
    Some((Quantity { number, unit: text.get(end..end + letters)? }, text.get(end + letters..)?))
}

/// Whether values of these two units can be added.
pub(crate) fn units_meet(left: &str, right: &str) -> bool {
    left == right || is_same_family(left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Option<(Option<f64>, Option<f64>, String)> {
        Range::parse(text).map(|range| (range.from, range.to, range.unit))
    }

    #[test]
    fn ranges_as_pprof() {
        assert_eq!(range("32kb"), Some((Some(32.0), Some(32.0), "kB".to_owned())));
        assert_eq!(range(":64kb"), Some((None, Some(64.0), "kB".to_owned())));
        assert_eq!(range("4mb:"), Some((Some(4.0), None, "MB".to_owned())));
        assert_eq!(range("12kb:64mb"), Some((Some(12.0), Some(65536.0), "kB".to_owned())));
        assert_eq!(range("main"), None);
        assert_eq!(range("12kb:3s"), None, "units of two families are no range");
        assert_eq!(range("1x2"), None);
    }
}
