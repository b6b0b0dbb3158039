//! How it was decided: the questions that were asked, the answers that the files gave, each leading to what says so.

use std::fmt::Write;

use analysis::findings::{Said, Step, Thresholds, path};
use analysis::markup::escaped;
use analysis::query::Engine;

use super::Here;
use super::chain::{files, picture, severity};

/// The page.
pub(super) fn page(engine: &mut Engine, here: &Here) -> String {
    let (session, diagnosis) = engine.diagnosed(&Thresholds::changed(here.get("th")));
    let steps = path(diagnosis);
    let told = |said: Said| steps.iter().filter(|step| step.said == said).count();
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<div class=\"hd\"><h2>How it was decided</h2><span class=\"dim\">{} questions: {} yes, {} to look at, {} no, {} open</span></div><p class=\"pad tell\">{}</p>{}",
        steps.len(),
        told(Said::Yes),
        told(Said::Hint),
        told(Said::No),
        told(Said::Unknown),
        escaped(&diagnosis.verdict.text),
        picture(session, diagnosis, here)
    );
    out.push_str("<ol class=\"decided\" data-testid=\"path\">");
    for step in &steps {
        let (class, word) = answer(step);
        let _ = write!(
            out,
            "<li class=\"{class}\"><span class=\"node\" aria-hidden=\"true\"></span><h3>{}</h3><b>{word}</b><div>",
            escaped(&step.ask)
        );
        for &at in &step.findings {
            let Some(finding) = diagnosis.findings.get(at as usize) else { continue };
            let number = at.to_string();
            let _ = write!(
                out,
                "<p class=\"{}\"><a href=\"{}\">{}</a> <span class=\"dim\">{} · {}</span></p>",
                severity(finding),
                here.to(&[("view", "findings"), ("finding", if at == 0 { "" } else { &number })]),
                escaped(&finding.claim),
                escaped(&finding.rule),
                escaped(&files(session, finding).join(", "))
            );
        }
        if step.findings.is_empty() {
            let _ = write!(out, "<p class=\"dim\">{}</p>", escaped(&step.words));
        }
        if !step.clear.is_empty() {
            let clear: Vec<String> = step.clear.iter().map(|(rule, saw)| format!("{rule}: at most {saw}")).collect();
            let _ = write!(out, "<p class=\"dim xs\">Checked and clear: {}.</p>", escaped(&clear.join("; ")));
        }
        if !step.needs.is_empty() {
            let _ = write!(
                out,
                "<p>{}</p><div class=\"cmd\"><span>{}</span><button class=\"go\" data-copy>Copy</button></div>",
                escaped(&step.needs),
                escaped(&step.command)
            );
        }
        out.push_str("</div></li>");
    }
    out.push_str("</ol>");
    out
}

fn answer(step: &Step) -> (&'static str, &'static str) {
    match step.said {
        Said::Unknown => ("open", "not told"),
        Said::No => ("no", "no"),
        Said::Hint => ("hint", "look at it"),
        Said::Yes => ("yes", "yes"),
    }
}
