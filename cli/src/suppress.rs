//! Expected growth: findings that the user does not want to hear of again.

use analysis::findings::Diagnosis;
use analysis::pattern::Pattern;

/// Lines of a rule and a function, both expressions.
#[derive(Default)]
pub(crate) struct Suppressions {
    lines: Vec<(Pattern, Pattern)>,
}

impl Suppressions {
    /// Reads a file: a line each, rule then function; the function may be left out.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            let (rule, function) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let pattern = |text: &str| Pattern::new(text.trim()).map_err(|error| format!("line {}: {error}", at + 1));
            lines.push((pattern(&format!("^(?:{rule})$"))?, pattern(function)?));
        }
        Ok(Self { lines })
    }

    /// Takes what is expected out of the findings; gives how many that were.
    pub(crate) fn apply(&self, diagnosis: &mut Diagnosis) -> usize {
        let before = diagnosis.findings.len();
        let kept: Vec<bool> = diagnosis
            .findings
            .iter()
            .map(|f| !self.lines.iter().any(|(rule, site)| rule.is_match(&f.rule) && site.is_match(&f.site.function)))
            .collect();
        // The verdict names findings by position.
        let moved: Vec<Option<u32>> = kept
            .iter()
            .scan(0, |next, &is_kept| {
                let at = is_kept.then_some(*next);
                *next += u32::from(is_kept);
                Some(at)
            })
            .collect();
        let named = diagnosis.verdict.findings.iter();
        diagnosis.verdict.findings = named.filter_map(|&at| *moved.get(at as usize)?).collect();
        let mut is_kept = kept.iter();
        diagnosis.findings.retain(|_| is_kept.next().copied().unwrap_or(true));
        before - diagnosis.findings.len()
    }
}
