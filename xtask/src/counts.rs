//! How many tests passed and failed, read from what the runners print.

use std::fmt;

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
    }
}

impl Counts {
    /// A step that is itself the test.
    pub(crate) fn of_step(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// Sums `test result: ok. 5 passed; 0 failed; …` of cargo and wasm-bindgen.
    pub(crate) fn of_rust(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines().filter(|line| line.contains("test result:")) {
            counts += Self { passed: number_before(line, " passed"), failed: number_before(line, " failed") };
        }
        counts
    }

    /// Playwright's closing lines, such as `  12 passed (30s)`.
    pub(crate) fn of_playwright(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines().map(str::trim_start).filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
            let words: Vec<&str> = line.split_whitespace().take(2).collect();
            match words.as_slice() {
                [n, "passed"] => counts.passed += n.parse::<u64>().unwrap_or(0),
                [n, "failed" | "flaky" | "interrupted"] => counts.failed += n.parse::<u64>().unwrap_or(0),
                _ => {}
            }
        }
        counts
    }
}

fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split(word).next().unwrap_or("");
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_read() {
        let rust = "test result: ok. 5 passed; 1 failed; 0 ignored\nx\ntest result: ok. 2 passed; 0 failed;";
        assert_eq!(Counts::of_rust(rust), Counts { passed: 7, failed: 1 });
        let playwright = "  1 failed\n    [chromium] › a.spec.ts\n  12 passed (30.1s)\n";
        assert_eq!(Counts::of_playwright(playwright), Counts { passed: 12, failed: 1 });
    }
}
