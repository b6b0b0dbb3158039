//! Findings for other programs (JSON) and for issue trackers (Markdown).

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::markdown::{code, fenced, words};
use crate::findings::{Diagnosis, Evidence, Finding, section_of};
use crate::lens::SourceId;
use crate::query::kind_of;
use crate::session::{Content, Session, Source};

/// What is wrong with the files of a session.
pub struct Report<'a> {
    /// The files.
    pub session: &'a Session,
    /// What is wrong.
    pub diagnosis: &'a Diagnosis,
    /// Findings that were expected and are left out.
    pub suppressed: usize,
}

#[derive(Serialize)]
struct File {
    name: String,
    kind: String,
    state: &'static str,
    words: String,
    /// Lines of a text that were not understood.
    unread: u64,
    /// The first of them.
    unread_first: Vec<String>,
}

impl Report<'_> {
    fn files(&self) -> impl Iterator<Item = File> {
        self.session.sources.iter().map(|source: &Source| {
            let warnings = source.content.warnings();
            let (state, words) = match &source.content {
                Content::Refused { words } => ("refused", words.clone()),
                _ if warnings.is_empty() => ("ok", String::new()),
                _ => ("damaged", warnings.join(" ")),
            };
            let (unread, unread_first) = (source.unread.lines, source.unread.first.clone());
            File { name: source.name.clone(), kind: kind_of(source), state, words, unread, unread_first }
        })
    }

    /// What of the files could not be read or was not understood, a line each; files that were refused are told apart.
    pub fn gaps(&self) -> Vec<String> {
        let gap = |file: File| {
            let unread = (file.unread > 0).then(|| {
                let first = file.unread_first.first().map_or("", String::as_str);
                format!("{} lines were not understood, such as “{}”", crate::words::number(file.unread), first.trim())
            });
            let parts: Vec<String> =
                Some(file.words).filter(|words| !words.is_empty()).into_iter().chain(unread).collect();
            (!parts.is_empty()).then(|| format!("{}: {}", file.name, parts.join(" ")))
        };
        self.files().filter(|file| file.state != "refused").filter_map(gap).collect()
    }

    /// Rules that these files cannot answer, by what they need.
    pub fn needs(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for rule in self.diagnosis.clear.iter().filter(|rule| !rule.needs.is_empty()) {
            needs.entry(&rule.needs).or_default().push(&rule.rule);
        }
        needs
    }

    /// The name of a file.
    pub fn file_name(&self, id: SourceId) -> &str {
        self.session.source(id).map_or("", |source| &source.name)
    }

    /// As JSON: verdict, findings with evidence and links, files.
    pub fn json(&self) -> Value {
        let needs = self.needs().into_iter().map(|(needs, rules)| json!({"needs": needs, "rules": rules}));
        let findings: Vec<Value> = self.diagnosis.findings.iter().map(|finding| self.finding(finding)).collect();
        json!({
            "verdict": {
                "text": self.diagnosis.verdict.text,
                "findings": self.diagnosis.verdict.findings,
                "next": self.diagnosis.verdict.next,
            },
            "conflicts": self.diagnosis.conflicts,
            "not_told": needs.collect::<Vec<_>>(),
            "findings": findings,
            "files": self.files().collect::<Vec<_>>(),
            "suppressed": {"findings": self.suppressed, "words": self.diagnosis.suppressed},
        })
    }

    fn finding(&self, finding: &Finding) -> Value {
        let link = |evidence: &Evidence| crate::link::of_evidence(self.session, evidence);
        let evidence = |e: &Evidence| json!({"file": self.file_name(e.source), "text": e.text, "link": link(e)});
        json!({
            "rule": finding.rule,
            "severity": format!("{:?}", finding.severity),
            "known": finding.known,
            "claim": finding.claim,
            "detail": finding.detail,
            "site": {
                "function": finding.site.function,
                "file": finding.site.file,
                "line": finding.site.line,
                "pool": finding.site.pool,
            },
            "facts": finding.facts,
            "evidence": finding.evidence.iter().map(evidence).collect::<Vec<_>>(),
            "disproof": finding.disproof,
            "fix": finding.fix,
            "help": section_of(&finding.rule),
            "next": if finding.command.is_empty() { finding.next.clone() } else { format!("{} {}", finding.next, finding.command) },
        })
    }

    /// As Markdown for an issue tracker. Names are words in it, whatever signs they hold.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(out, "## {}\n", words(&self.diagnosis.verdict.text));
        if let Some(next) = &self.diagnosis.verdict.next {
            let _ = writeln!(out, "**Capture next:** {}: {}\n", words(&next.file), words(&next.why));
            let _ = writeln!(out, "{}\n", fenced("sh", next.command.lines().map(str::to_owned)));
        }
        if !self.diagnosis.conflicts.is_empty() {
            out.push_str("### Where files disagree\n\n");
            for conflict in &self.diagnosis.conflicts {
                let _ = writeln!(out, "- {}", words(&conflict.words));
            }
            out.push('\n');
        }
        for finding in &self.diagnosis.findings {
            let _ = self.finding_markdown(finding, &mut out);
        }
        let gaps = self.gaps();
        if !gaps.is_empty() {
            out.push_str("### Not read\n\n");
            for gap in gaps {
                let _ = writeln!(out, "- {}", code(&gap));
            }
            out.push('\n');
        }
        out
    }

    fn finding_markdown(&self, finding: &Finding, out: &mut String) -> std::fmt::Result {
        writeln!(out, "### {:?} · {}: {}\n", finding.severity, finding.rule, words(&finding.claim))?;
        writeln!(out, "{}\n", words(&finding.detail))?;
        for evidence in &finding.evidence {
            writeln!(out, "- {} ({})", words(&evidence.text), code(self.file_name(evidence.source)))?;
        }
        if !finding.site.stack.is_empty() {
            let frames = finding.site.stack.iter();
            let lines = frames.map(|frame| format!("{}  {}:{}", frame.function, frame.file, frame.line));
            writeln!(out, "\n{}", fenced("", lines))?;
        }
        writeln!(out, "\n**Would be disproved by:** {}\n", words(&finding.disproof))?;
        writeln!(out, "**Fix:** {}\n", words(&finding.fix))?;
        writeln!(out, "**More on the rule:** {}\n", code(&section_of(&finding.rule)))?;
        writeln!(out, "**Capture next:** {}", words(&finding.next))?;
        if !finding.command.is_empty() {
            writeln!(out, "\n{}", fenced("sh", finding.command.lines().map(str::to_owned)))?;
        }
        writeln!(out)
    }
}
