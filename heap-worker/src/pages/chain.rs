//! The verdict as a picture: from the root cause to what it explains, with the files that say so.

use std::fmt::Write;

use analysis::findings::{Diagnosis, Finding, Thresholds};
use analysis::markup::escaped;
use analysis::query::Engine;
use analysis::session::Session;

use super::Here;

/// What stands under the verdict: the picture, the capture that would decide most, and where files disagree.
pub(super) fn under(engine: &mut Engine, here: &Here) -> String {
    let (session, diagnosis) = engine.diagnosed(&Thresholds::changed(here.get("th")));
    let mut out = picture(session, diagnosis, here);
    // Writing to a string does not fail.
    if let Some(next) = &diagnosis.verdict.next {
        let _ = write!(
            out,
            "<div class=\"next\" data-testid=\"next\"><p><b>Capture next</b> {}: {}.</p><div class=\"cmd\"><span>{}</span><button class=\"go\" data-copy>Copy</button></div></div>",
            escaped(&next.file),
            escaped(next.why.trim_end_matches('.')),
            escaped(&next.command)
        );
    }
    if !diagnosis.conflicts.is_empty() {
        out.push_str("<div class=\"next\" data-testid=\"conflicts\"><p><b>Where files disagree</b></p><ul>");
        for conflict in &diagnosis.conflicts {
            let _ = write!(
                out,
                "<li>{} <span class=\"dim xs\">{} holds over {}</span></li>",
                escaped(&conflict.words),
                escaped(&conflict.holds),
                escaped(&conflict.loses)
            );
        }
        out.push_str("</ul></div>");
    }
    out
}

/// The picture; empty where a single finding is all there is.
pub(super) fn picture(session: &Session, diagnosis: &Diagnosis, here: &Here) -> String {
    let links = &diagnosis.verdict.chain;
    if links.len() < 2 {
        return String::new();
    }
    let mut out = String::from(
        "<ol class=\"chain\" data-testid=\"chain\" aria-label=\"From the root cause to what it explains\">",
    );
    for (at, link) in links.iter().enumerate() {
        let Some(finding) = diagnosis.findings.get(link.finding as usize) else { continue };
        let depth = depth(diagnosis, at);
        // Writing to a string does not fail.
        let _ = write!(out, "<li style=\"--d:{depth}\">");
        if at == 0 {
            out.push_str("<span class=\"why\">root cause</span>");
        } else {
            let _ = write!(out, "<span class=\"why\">↳ {}</span>", escaped(&link.because));
        }
        let number = link.finding.to_string();
        let _ = write!(
            out,
            "<a href=\"{}\" class=\"step {}\" title=\"{}\"><b>{}</b><span>{}</span></a><span class=\"files\">{}</span></li>",
            here.to(&[("view", "findings"), ("finding", if link.finding == 0 { "" } else { &number })]),
            severity(finding),
            escaped(&finding.claim),
            escaped(&finding.rule),
            escaped(&finding.headline),
            escaped(&files(session, finding).join(" · "))
        );
    }
    out.push_str("</ol>");
    out
}

pub(super) fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        analysis::findings::Severity::L1 => "s1",
        analysis::findings::Severity::L2 => "s2",
        analysis::findings::Severity::L3 => "s3",
    }
}

fn depth(diagnosis: &Diagnosis, at: usize) -> usize {
    let links = &diagnosis.verdict.chain;
    let mut depth = 0;
    let mut at = at;
    // A cause stands before its effect, so this ends.
    while let Some(cause) = links.get(at).and_then(|link| link.cause).filter(|&cause| (cause as usize) < at) {
        depth += 1;
        at = cause as usize;
    }
    depth
}

/// Names of the files behind a finding, each once.
pub(super) fn files(session: &Session, finding: &Finding) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for evidence in &finding.evidence {
        let name = session.source(evidence.source).map_or("", |source| source.name.as_str());
        if !name.is_empty() && names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    names
}
