//! Whether the files can bear a verdict: damage, profiles that count nothing, a build that is not the one in service. What
//! rests on damaged files alone is told with less weight.

use super::context::Context;
use super::{Checked, Decidability, Evidence, EvidenceView, Fact, Finding, Rule, Severity, Site};
use crate::lens::{Lens, SourceId};
use crate::model::ProfileKind;
use crate::session::{Content, Session, Source};
use crate::words::count;

/// `evidence-quality`
pub(super) struct EvidenceQuality;

impl Rule for EvidenceQuality {
    fn name(&self) -> &'static str {
        "evidence-quality"
    }

    fn title(&self) -> &'static str {
        "Damage, rates that are off, race builds"
    }

    fn needs(&self) -> &'static str {
        "a file to judge"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let session = context.session;
        if session.sources.is_empty() {
            return Checked::NotCovered;
        }
        let damaged: Vec<&Source> =
            session.sources.iter().filter(|source| !source.content.warnings().is_empty()).collect();
        if !damaged.is_empty() {
            into.push(damage_told(&damaged));
        }
        for (kind, name, setting) in [
            (ProfileKind::Mutex, "mutex", "runtime.SetMutexProfileFraction(5)"),
            (ProfileKind::Block, "block", "runtime.SetBlockProfileRate(10_000)"),
            // Neither kind can be told of a profile without a stack.
            (ProfileKind::Contention, "mutex or block", "runtime.SetMutexProfileFraction(5)"),
        ] {
            let of_kind = session.sources.iter().filter(|s| session.profile(s.id).is_some_and(|p| p.kind == kind));
            let files: Vec<SourceId> = of_kind.map(|source| source.id).collect();
            let is_empty = |id: &SourceId| session.profile(*id).is_none_or(|profile| profile.is_empty());
            if !files.is_empty() && files.iter().all(is_empty) {
                into.push(nothing_counted(context, &files, name, setting));
            }
        }
        if let Some((source, function)) = race_build(session) {
            into.push(race_told(context, source, function));
        }
        // Parts that were made of a file are not files.
        let is_file = |source: &&Source| {
            let is_part = session.profile(source.id).is_some_and(|p| matches!(p.kind, ProfileKind::Trace(_)));
            source.derived_from.is_none() && !is_part
        };
        let files = session.sources.iter().filter(is_file).count();
        Checked::Clear(format!("{} of {files} files damaged", damaged.len()))
    }
}

/// Lowers what rests on damaged files alone by one level, and says so. Rules on records of pools do that themselves, with
/// what exactly was lost.
pub(super) fn lower(session: &Session, findings: &mut [Finding]) {
    for finding in findings {
        if finding.rule == "evidence-quality" || finding.rule == "snapshot-hygiene" {
            continue;
        }
        let mut files: Vec<&Source> =
            finding.evidence.iter().filter_map(|evidence| session.source(evidence.source)).collect();
        files.retain(|source| !matches!(source.content, Content::Pools { .. }));
        files.dedup_by_key(|source| source.id);
        if files.is_empty() || files.iter().any(|source| source.content.warnings().is_empty()) {
            continue;
        }
        finding.severity = match finding.severity {
            Severity::L3 => Severity::L2,
            Severity::L2 | Severity::L1 => Severity::L1,
        };
        let names = files.iter().map(|source| source.name.as_str()).collect::<Vec<_>>().join(" and ");
        finding.detail.push_str(&format!(" All of it comes from {names}, of which a part could not be read."));
    }
}

fn place(source: SourceId, text: String) -> Evidence {
    Evidence { source, text, view: EvidenceView::Files, lens: Lens::default(), node: String::new() }
}

fn damage_told(damaged: &[&Source]) -> Finding {
    let names = match damaged {
        [one] => one.name.clone(),
        [one, two] => format!("{} and {}", one.name, two.name),
        many => format!("{} files", many.len()),
    };
    Finding {
        rule: "evidence-quality".to_owned(),
        severity: Severity::L1,
        known: Decidability::Proven,
        claim: format!("A part of {names} could not be read."),
        detail:
            "What was read stands; sums may be too low, and what rests on such a file alone is told one level lower."
                .to_owned(),
        weight: damaged.len() as i64,
        headline: count(damaged.len() as i64),
        site: Site::default(),
        evidence: damaged
            .iter()
            .map(|source| place(source.id, format!("{}: {}", source.name, source.content.warnings().join(" "))))
            .collect(),
        facts: vec![Fact { value: count(damaged.len() as i64), label: "files damaged".to_owned() }],
        disproof: "The same capture, whole, giving the same findings.".to_owned(),
        fix: "Copy in binary mode, wait for the capture to end, and leave no other program writing into the same log."
            .to_owned(),
        next: "Capture these files again.".to_owned(),
        command: String::new(),
    }
}

fn nothing_counted(context: &Context<'_>, files: &[SourceId], name: &str, setting: &str) -> Finding {
    Finding {
        rule: "evidence-quality".to_owned(),
        severity: Severity::L1,
        known: Decidability::NeedsAnnotation,
        claim: format!("The {name} profile holds no sample: its rate is off, or nobody waited."),
        detail:
            "A program counts waiting only if it sets a rate. An empty profile is no proof that nothing blocks, so \
                 rules on contention cannot clear it."
                .to_owned(),
        weight: 0,
        headline: "0 samples".to_owned(),
        site: Site::default(),
        evidence: files.iter().map(|&id| place(id, format!("{}: no samples", context.file_name(id)))).collect(),
        facts: vec![Fact { value: "0".to_owned(), label: "samples".to_owned() }],
        disproof: format!("An empty profile from a program that calls {setting} at its start."),
        fix: format!("Call {setting} when the program starts."),
        next: "The same profile from a program that sets the rate.".to_owned(),
        command: setting.to_owned(),
    }
}

/// Functions that are only in programs built with the race detector (src/runtime/race.go, and the sanitizer's own).
const RACE_STARTS: [&str; 3] = ["runtime.racecall", "runtime.racefuncenter", "__tsan_"];

fn race_build(session: &Session) -> Option<(SourceId, String)> {
    let symbols = &session.symbols;
    let is_race = |name: &str| RACE_STARTS.iter().any(|start| name.starts_with(start));
    // Most sessions have no such function, and then no stack needs a look.
    let lines = symbols.locations.iter().flat_map(|(_, location)| location.lines);
    let mut functions = lines.filter_map(|line| symbols.functions.get(line.function?));
    if !functions.any(|function| is_race(symbols.strings.get(function.name))) {
        return None;
    }
    session.sources.iter().find_map(|source| {
        let profile = session.profile(source.id)?;
        let mut names = profile.stacks.iter().flat_map(|&stack| symbols.function_names(symbols.stacks.get(stack)));
        let found = names.find(|&name| is_race(symbols.strings.get(name)))?;
        Some((source.id, symbols.strings.get(found).to_owned()))
    })
}

fn race_told(context: &Context<'_>, source: SourceId, function: String) -> Finding {
    Finding {
        rule: "evidence-quality".to_owned(),
        severity: Severity::L1,
        known: Decidability::Proven,
        claim: format!("{} is of a program built with the race detector.", context.file_name(source)),
        detail:
            "Such a program takes five to ten times the memory and two to twenty times the time (go.dev/doc/articles/\
                 race_detector), and sync.Pool drops a part of what is put into it on purpose (sync/pool.go): misses, \
                 rates and pauses are not those of the service."
                .to_owned(),
        weight: 0,
        headline: "-race".to_owned(),
        site: Site { function: function.clone(), ..Site::default() },
        evidence: vec![place(source, format!("{function} is in its stacks"))],
        facts: Vec::new(),
        disproof: "The same numbers from a build without -race.".to_owned(),
        fix: "Take profiles of the build that is in service.".to_owned(),
        next: "The same captures from a build without -race.".to_owned(),
        command: "go build ./...".to_owned(),
    }
}
