//! What is found, in numbers and names: natively and in WASM the same lines.

use analysis::findings::Diagnosis;

pub(crate) fn numbers(diagnosis: &Diagnosis) -> String {
    let findings = diagnosis.findings.iter().map(|finding| {
        let facts: Vec<&str> = finding.facts.iter().map(|fact| fact.value.as_str()).collect();
        let (severity, site) = (finding.severity, &finding.site);
        let place = format!("{}:{}", site.function, site.line);
        format!("{severity:?} {} {place} {} | {}\n", finding.rule, finding.headline, facts.join(" | "))
    });
    let clear = diagnosis.clear.iter().map(|report| format!("{}: {:?}\n", report.rule, report.checked));
    findings.chain(clear).collect()
}
