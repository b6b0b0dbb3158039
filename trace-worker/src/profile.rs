//! Profiles out of a trace, for the page's flame graph: of what is selected, or of what a link names.

use std::fmt::Write;

use analysis::formats::encode_pprof;
use analysis::markup::escaped;
use analysis::model::TraceProfileKind;
use analysis::model::trace::Goroutine;
use analysis::timeline::nanos_words;
use analysis::trace_summary::EVERYTHING;
use trace_worker::{Made, Whose};

use crate::open::Open;
use crate::view::View;

/// A range is rounded to at least a thousandth of its length, so that its name is short and says exactly what was taken.
const PARTS: u64 = 1_000;

/// What a profile is of. Its name says all of it: a link asks for it by name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    kind: TraceProfileKind,
    /// Nanoseconds since the trace's beginning; all of it if there is none.
    range: Option<(u64, u64)>,
    of: Of,
}

#[derive(Clone, Debug, PartialEq)]
enum Of {
    All,
    /// Those that began with this function.
    Group(String),
    /// The one of this number.
    One(u64),
}

impl Part {
    /// What is looked at: the selection, else the range, else everything.
    pub(crate) fn of_view(open: &Open, view: &View, kind: TraceProfileKind, whose: Whose) -> Self {
        let bounds = open.bounds();
        let scope = view.scope(bounds);
        let since = |time: i64| time.saturating_sub(bounds.start).max(0) as u64;
        let range = (scope != bounds).then(|| rounded(since(scope.start), since(scope.end)));
        let picked = view.picked.and_then(|at| open.goroutine(at));
        let of = match (whose, picked) {
            (Whose::Group, Some(row)) => Of::Group(open.goroutine_name(row).to_owned()),
            (Whose::One, Some(row)) => open.trace().goroutines.id(row).map_or(Of::All, |id| Of::One(id.0)),
            _ => Of::All,
        };
        Self { kind, range, of }
    }

    /// Its name, in a trace of that name.
    pub(crate) fn to_text(&self, trace: &str) -> String {
        let mut out = format!("{}, {trace}", self.kind.words());
        // Writing to a string does not fail.
        if let Some((start, end)) = self.range {
            let _ = write!(out, ", {}–{} s", seconds(start), seconds(end));
        }
        let _ = match &self.of {
            Of::All => Ok(()),
            Of::Group(name) => write!(out, ", {name}"),
            Of::One(id) => write!(out, ", G {id}"),
        };
        out
    }

    /// From such a name, if it is of that trace.
    pub(crate) fn from_text(text: &str, trace: &str) -> Option<Self> {
        let named = |kind: TraceProfileKind| text.strip_prefix(kind.words())?.strip_prefix(", ")?.strip_prefix(trace);
        let (kind, mut rest) = TraceProfileKind::ALL.into_iter().find_map(|kind| Some((kind, named(kind)?)))?;
        let mut range = None;
        if let Some((times, more)) = rest.strip_prefix(", ").and_then(|rest| rest.split_once(" s"))
            && let Some((start, end)) = times.split_once('–')
            && let Some((start, end)) = nanos(start).zip(nanos(end)).filter(|(start, end)| start < end)
        {
            (range, rest) = (Some((start, end)), more);
        }
        let of = match rest.strip_prefix(", ") {
            None if rest.is_empty() => Of::All,
            None => return None,
            Some(name) => match name.strip_prefix("G ").and_then(|id| id.parse().ok()) {
                Some(id) => Of::One(id),
                None => Of::Group(name.to_owned()),
            },
        };
        Some(Self { kind, range, of })
    }
}

/// To the nearest multiples of the largest power of ten that is a thousandth of the length, or less.
fn rounded(start: u64, end: u64) -> (u64, u64) {
    let mut step = 1;
    while step * 10 * PARTS <= end.saturating_sub(start) {
        step *= 10;
    }
    let near = |time: u64| (time + step / 2) / step * step;
    (near(start), near(end).max(near(start) + step))
}

/// Seconds with as many decimals as there are.
fn seconds(nanos: u64) -> String {
    let text = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn nanos(seconds: &str) -> Option<u64> {
    let (whole, decimals) = seconds.split_once('.').unwrap_or((seconds, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if decimals.len() > 9 || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let decimals: u64 = format!("{decimals:0<9}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(decimals)
}

/// The profile, in pprof's format.
///
/// # Errors
/// In words, when there is nothing in it, or not yet.
pub(crate) fn make(open: &mut Open, part: &Part) -> Result<Made, String> {
    if !open.is_done() {
        return Err("The trace is still being read: its profiles come when all of it is there.".to_owned());
    }
    let start = open.bounds().start;
    let time = |nanos: u64| start.saturating_add_unsigned(nanos);
    let range = part.range.map_or(EVERYTHING, |(start, end)| time(start)..time(end));
    let wanted = match &part.of {
        Of::All => None,
        of => Some(members(open, of)),
    };
    let is_wanted = |row: Goroutine| wanted.as_ref().is_none_or(|rows| rows.get(row.index()) == Some(&true));
    let profile = open.profile(part.kind, &range, wanted.is_some().then_some(&is_wanted));
    if profile.is_empty() {
        let words = part.kind.words();
        return Err(match part.kind {
            TraceProfileKind::Cpu => "No CPU samples here. A trace holds some where a CPU profile was recorded at the same time: curl -so cpu.pb.gz localhost:6060/debug/pprof/profile?seconds=5".to_owned(),
            _ => format!("No {words} here. What has not ended when the trace ends does not count."),
        });
    }
    let bytes = encode_pprof(&open.symbols, &profile);
    Ok(Made { key: open.key, name: part.to_text(&open.name), kind: part.kind, bytes })
}

/// By row, whether a goroutine is one of those.
fn members(open: &Open, of: &Of) -> Vec<bool> {
    let goroutines = &open.trace().goroutines;
    goroutines
        .iter()
        .map(|(row, id)| match of {
            Of::All => true,
            Of::Group(name) => open.goroutine_name(row) == name,
            Of::One(wanted) => id.0 == *wanted,
        })
        .collect()
}

/// What can be drawn of what is looked at, as markup: buttons have `data-profile`, a place in [`TraceProfileKind::ALL`];
/// radio buttons name whose.
pub(crate) fn menu(open: &Open, view: &View) -> String {
    let bounds = open.bounds();
    let scope = view.scope(bounds);
    let what = match (view.selection, view.ranges.len()) {
        (Some(_), _) => "the selection",
        (None, 0) => "the whole trace",
        _ => "the range",
    };
    let mut out = format!("<h3>Flame graph of {what}<span class=\"dim\">{}</span></h3>", nanos_words(scope.nanos()));
    let mut whose = vec![("all", "all goroutines".to_owned())];
    if let Some(row) = view.picked.and_then(|at| open.goroutine(at)) {
        let name = open.goroutine_name(row);
        if !name.is_empty() {
            let count = open.groups.iter().find(|group| group.name == name).map_or(1, |group| group.members.len());
            whose.push(("group", format!("the {count} of {name}")));
        }
        whose.push(("one", open.goroutine_words(row)));
    }
    out.push_str("<fieldset><legend class=\"lab\">of</legend>");
    for (at, (value, words)) in whose.iter().enumerate() {
        let checked = if at == 0 { " checked" } else { "" };
        let _ = write!(
            out,
            "<label><input type=\"radio\" name=\"whose\" value=\"{value}\"{checked}><span>{}</span></label>",
            escaped(words)
        );
    }
    if whose.len() == 1 {
        out.push_str("<span class=\"dim xs\">pick a goroutine's lane for its own</span>");
    }
    out.push_str("</fieldset>");
    for (at, kind) in TraceProfileKind::ALL.into_iter().enumerate() {
        let about = match kind {
            TraceProfileKind::Sync => "waited for channels, locks, select",
            TraceProfileKind::Network => "waited for the network",
            TraceProfileKind::Syscall => "were in system calls",
            TraceProfileKind::Sched => "were ready, no processor was free",
            TraceProfileKind::Cpu => "ran, if a CPU profile ran too",
        };
        let _ = write!(
            out,
            "<button data-profile=\"{at}\" data-testid=\"profile-{at}\"><b>{}</b><span>{about}</span></button>",
            kind.words()
        );
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_says_all_of_it() {
        let kinds = TraceProfileKind::ALL;
        let ofs = [Of::All, Of::Group("main.(*T).run[go.shape.int, x]".to_owned()), Of::One(23)];
        let ranges = [None, Some((412_300_000, 824_000_000)), Some((0, 1)), Some((61_000_000_000, 62_000_000_000))];
        for (at, range) in ranges.into_iter().enumerate() {
            for of in &ofs {
                let part = Part { kind: kinds[at], range, of: of.clone() };
                let text = part.to_text("my, trace 1–2 s.out");
                assert_eq!(Part::from_text(&text, "my, trace 1–2 s.out").as_ref(), Some(&part), "{text}");
                assert_eq!(Part::from_text(&text, "other.out"), None);
            }
        }
        let part = Part { kind: TraceProfileKind::Sync, range: Some((412_300_000, 824_000_000)), of: Of::One(23) };
        assert_eq!(part.to_text("trace.out"), "sync blocking, trace.out, 0.4123–0.824 s, G 23");
    }

    #[test]
    fn ranges_are_rounded_to_a_thousandth() {
        assert_eq!(rounded(412_345_678, 824_012_345), (412_300_000, 824_000_000));
        assert_eq!(rounded(5, 6), (5, 6));
        assert_eq!(rounded(1_000_499, 2_000_501), (1_000_000, 2_001_000));
    }

    #[test]
    fn nonsense_is_no_name() {
        for text in [
            "",
            "sync blocking",
            "sync blocking, t",
            "sync blocking, t.outx",
            "heap.0.pb.gz",
            "CPU samples, t.out 1–2 s",
        ] {
            assert_eq!(Part::from_text(text, "t.out"), None, "{text}");
        }
        // What is no range names a function, which then has no goroutines.
        assert_eq!(Part::from_text("sync blocking, t.out, 2–1 s", "t.out").map(|part| part.range), Some(None));
        assert_eq!(nanos("1.2345678901"), None);
        assert_eq!(nanos("99999999999999999999"), None);
    }
}
