//! What is picked of the collector: `cycle-17`, `forced`, and before it, where several ran, which: `run-2.cycle-17`.

use super::Here;

/// What `pick` says of the collector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pick {
    /// Which run, from 0.
    pub(super) run: usize,
    pub(super) what: What,
}

/// What of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum What {
    #[default]
    All,
    Forced,
    Cycle(u64),
}

impl Pick {
    /// From the address; what is no pick of the collector picks nothing.
    pub(super) fn of(here: &Here) -> Self {
        let text = here.get("pick");
        let (run, what) =
            text.split_once('.').unwrap_or(if text.starts_with("run-") { (text, "") } else { ("", text) });
        let run = run.strip_prefix("run-").and_then(|number| number.parse::<usize>().ok());
        let what = match what.strip_prefix("cycle-").map(str::parse) {
            Some(Ok(number)) => What::Cycle(number),
            _ if what == "forced" => What::Forced,
            _ => What::All,
        };
        Self { run: run.map_or(0, |number| number.saturating_sub(1)), what }
    }

    /// The link there.
    pub(super) fn href(self, here: &Here) -> String {
        let what = match self.what {
            What::All => String::new(),
            What::Forced => "forced".to_owned(),
            What::Cycle(number) => format!("cycle-{number}"),
        };
        let pick = match (self.run, what.is_empty()) {
            (0, _) => what,
            (run, true) => format!("run-{}", run + 1),
            (run, false) => format!("run-{}.{what}", run + 1),
        };
        here.with(&[("pick", &pick)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_are_read_as_they_are_written() {
        for (text, run, what) in [
            ("cycle-17", 0, What::Cycle(17)),
            ("run-2.forced", 1, What::Forced),
            ("run-3", 2, What::All),
            ("2/Go heap", 0, What::All),
            ("cycles", 0, What::All),
        ] {
            let here = Here::new(&format!("#v=1&view=gc&pick={text}"));
            assert_eq!(Pick::of(&here), Pick { run, what }, "{text}");
        }
        let here = Here::new("#v=1&view=gc");
        assert!(Pick { run: 1, what: What::Cycle(3) }.href(&here).ends_with("pick=run-2.cycle-3"));
        assert!(!Pick::default().href(&here).contains("pick"));
    }
}
