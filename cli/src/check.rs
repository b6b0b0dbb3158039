//! `poolscope check`: findings, for people, CI gates and code scanning.

use std::error::Error;
use std::io::Write;

use analysis::export;
use analysis::findings::{Finding, Severity, Thresholds, diagnose, section_of};
use analysis::session::Session;
use clap::ValueEnum;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::suppress::Suppressions;
use crate::{Outcome, input};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long, conflicts_with_all = ["sarif", "markdown"])]
    json: bool,
    /// Print SARIF 2.1.0, for code scanning
    #[arg(long, conflicts_with = "markdown")]
    sarif: bool,
    /// Print Markdown, for an issue tracker
    #[arg(long)]
    markdown: bool,
    /// Exit 1 when a finding is this bad or worse
    #[arg(long, value_enum, value_name = "L1|L2|L3", ignore_case = true)]
    fail_on: Option<Gate>,
    /// Findings of an earlier run (its --json): what is in it does not fail again
    #[arg(long, value_name = "FILE")]
    baseline: Option<String>,
    /// Where rules draw their lines, in TOML
    #[arg(long, value_name = "TOML")]
    thresholds: Option<String>,
    /// Expected growth: a line each, a rule and a function (regular expressions), `#` for notes
    #[arg(long, value_name = "FILE")]
    suppress: Option<String>,
    /// Dumps of one investigation, folders of them, archives (zip, tar, tar.gz). “-” is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Gate {
    #[value(name = "L1")]
    L1,
    #[value(name = "L2")]
    L2,
    #[value(name = "L3")]
    L3,
}

/// What a baseline is read for.
#[derive(Deserialize)]
struct Baseline {
    findings: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    rule: String,
    site: KnownSite,
}

#[derive(Deserialize)]
struct KnownSite {
    function: String,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let thresholds = match &args.thresholds {
        Some(path) => toml::from_str(&text_of(path)?)
            .map_err(|error| format!("{path}: these are not thresholds: {}", error.to_string().trim()))?,
        None => Thresholds::default(),
    };
    let baseline = match &args.baseline {
        Some(path) => {
            serde_json::from_str::<Baseline>(&text_of(path)?)
                .map_err(|error| format!("{path}: this is not the JSON of an earlier check: {error}"))?
                .findings
        }
        None => Vec::new(),
    };
    let suppressions = match &args.suppress {
        Some(path) => Suppressions::parse(&text_of(path)?).map_err(|error| format!("{path}: {error}"))?,
        None => Suppressions::default(),
    };
    let mut session = Session::default();
    let unreadable = input::open_any(&mut session, &args.files, None);
    let mut diagnosis = diagnose(&session, &thresholds);
    let suppressed = suppressions.apply(&mut diagnosis);
    let report = Report(export::Report { session: &session, diagnosis: &diagnosis, suppressed });
    let mut out = std::io::BufWriter::new(crate::screen::stdout());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report.0.json())?;
        writeln!(out)?;
    } else if args.sarif {
        serde_json::to_writer_pretty(&mut out, &report.sarif())?;
        writeln!(out)?;
    } else if args.markdown {
        write!(out, "{}", report.0.markdown())?;
    } else {
        report.text(&mut out)?;
    }
    out.flush()?;
    let crossed = args.fail_on.is_some_and(|gate| {
        let line = match gate {
            Gate::L1 => Severity::L1,
            Gate::L2 => Severity::L2,
            Gate::L3 => Severity::L3,
        };
        diagnosis.findings.iter().any(|finding| finding.severity >= line && !is_known(finding, &baseline))
    });
    Ok(match (unreadable, crossed) {
        (true, _) => Outcome::Unreadable,
        (false, true) => Outcome::GateCrossed,
        (false, false) => Outcome::Fine,
    })
}

fn is_known(finding: &Finding, baseline: &[Known]) -> bool {
    baseline.iter().any(|known| known.rule == finding.rule && known.site.function == finding.site.function)
}

fn text_of(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: it could not be read: {error}."))
}

/// What is wrong, for people and for programs.
struct Report<'a>(export::Report<'a>);

impl Report<'_> {
    fn findings(&self) -> &[Finding] {
        &self.0.diagnosis.findings
    }

    /// SARIF 2.1.0 (OASIS): a result a finding.
    fn sarif(&self) -> Value {
        let result = |finding: &Finding| {
            let level = match finding.severity {
                Severity::L1 => "note",
                Severity::L2 => "warning",
                Severity::L3 => "error",
            };
            let mut result = json!({"ruleId": finding.rule, "level": level, "message": {"text": finding.claim}});
            // What is of no line of source is of the file that shows it: viewers want a place.
            let shown = finding.evidence.first().map_or("", |evidence| self.0.file_name(evidence.source));
            let (uri, line) = match finding.site.file.as_str() {
                "" => (shown, 1),
                file => (file, finding.site.line.max(1)),
            };
            let place = json!({"artifactLocation": {"uri": uri}, "region": {"startLine": line}});
            if let Some(object) = result.as_object_mut().filter(|_| !uri.is_empty()) {
                object.insert("locations".to_owned(), json!([{"physicalLocation": place}]));
            }
            result
        };
        let note = |gap: String| json!({"level": "note", "message": {"text": gap}});
        let notes: Vec<Value> = self.0.gaps().into_iter().map(note).collect();
        let rules: Vec<Value> = analysis::findings::all_rules()
            .iter()
            .map(|rule| {
                let help = format!("{} in the book (poolscope serve)", section_of(rule.name()));
                json!({"id": rule.name(), "shortDescription": {"text": rule.title()}, "help": {"text": help}})
            })
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {"name": "Poolscope", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
                "results": self.findings().iter().map(result).collect::<Vec<_>>(),
                "invocations": [{
                    "executionSuccessful": true,
                    "toolExecutionNotifications": notes,
                }],
            }],
        })
    }

    fn text(&self, out: &mut impl Write) -> std::io::Result<()> {
        let diagnosis = self.0.diagnosis;
        writeln!(out, "{}", diagnosis.verdict.text)?;
        if let Some(next) = &diagnosis.verdict.next {
            writeln!(out, "\nCapture next: {}: {}\n  $ {}", next.file, next.why, next.command)?;
        }
        if !diagnosis.conflicts.is_empty() {
            writeln!(out, "\nWhere files disagree:")?;
        }
        for conflict in &diagnosis.conflicts {
            writeln!(out, "   - {}", conflict.words)?;
        }
        for finding in self.findings() {
            writeln!(out, "\n{:?} {}: {}", finding.severity, finding.rule, finding.claim)?;
            writeln!(out, "   {}", finding.detail)?;
            for evidence in &finding.evidence {
                writeln!(out, "   - {}: {}", self.0.file_name(evidence.source), evidence.text)?;
            }
            writeln!(out, "   Disproved by: {}", finding.disproof)?;
            writeln!(out, "   Fix: {}", finding.fix)?;
            writeln!(out, "   Next: {}", finding.next)?;
            if !finding.command.is_empty() {
                writeln!(out, "     $ {}", finding.command)?;
            }
        }
        let clear = self.0.diagnosis.clear.iter().filter(|rule| rule.needs.is_empty());
        let clear: Vec<&str> = clear.map(|rule| rule.rule.as_str()).collect();
        if !clear.is_empty() {
            writeln!(out, "\nChecked, nothing found: {}.", clear.join(", "))?;
        }
        let needs = self.0.needs();
        if !needs.is_empty() {
            writeln!(out, "\nNot told by these files:")?;
        }
        for (needs, rules) in needs {
            writeln!(out, "   {}: {needs}", rules.join(", "))?;
        }
        for gap in self.0.gaps() {
            writeln!(out, "{gap}")?;
        }
        if self.0.suppressed > 0 || !self.0.diagnosis.suppressed.is_empty() {
            writeln!(out, "Suppressed: {} findings; {}.", self.0.suppressed, self.0.diagnosis.suppressed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_thresholds_file_of_the_book_is_one() {
        let chapter = include_str!("../../docs/findings.md");
        let (_, file) = chapter.split_once("```toml\n").unwrap();
        let moved: Thresholds = toml::from_str(file.split_once("```").unwrap().0).unwrap();
        assert_eq!(moved.pools.len(), 1);
        assert!(moved.all().iter().any(|line| line.value != line.default));
    }
}
