//! The questions that the engine asks of a session, in the order of the hunt, and the answers that the files gave.

use serde::{Deserialize, Serialize};

use super::{Checked, Diagnosis, Severity};

/// A question, the rules that answer it, and what to capture where the files cannot tell.
struct Question {
    ask: &'static str,
    rules: &'static [&'static str],
    needs: &'static str,
    command: &'static str,
}

const QUESTIONS: &[Question] = &[
    Question {
        ask: "Is anything wrong with the evidence itself?",
        rules: &["evidence-quality", "snapshot-hygiene", "version-mismatch"],
        needs: "Two snapshots of one kind can be compared; one cannot.",
        command: "curl -so heap.1.pb.gz localhost:6060/debug/pprof/heap",
    },
    Question {
        ask: "Does the program keep what it allocates?",
        rules: &[
            "heap-leak",
            "heap-hoard",
            "pool-retained",
            "never-returned",
            "put-missing-on-error-path",
            "pool-balance",
        ],
        needs: "Two heap profiles, minutes apart, tell growth.",
        command: "curl -so heap.1.pb.gz localhost:6060/debug/pprof/heap",
    },
    Question {
        ask: "Did the program crash, or stand still for good?",
        rules: &["deadlock", "panic"],
        needs: "The text that it wrote when it ended, or on SIGQUIT, with all its stacks.",
        command: "GOTRACEBACK=all ./program 2> crash.txt",
    },
    Question {
        ask: "Do goroutines pile up?",
        rules: &["goroutine-leak"],
        needs: "Two goroutine profiles tell which groups grow.",
        command: "curl -so goroutine.1.pb.gz localhost:6060/debug/pprof/goroutine",
    },
    Question {
        ask: "Does anyone wait for a pool or for a lock around it?",
        rules: &["put-blocked", "pool-contention", "pool-latency", "lock-contention"],
        needs: "Mutex and block profiles tell who holds and who waits; the program must set their rates.",
        command: "curl -so mutex.pb.gz localhost:6060/debug/pprof/mutex; curl -so block.pb.gz localhost:6060/debug/pprof/block",
    },
    Question {
        ask: "Do pools give back what was put into them?",
        rules: &[
            "pool-miss",
            "pool-gc-mismatch",
            "pool-per-request",
            "new-storm",
            "purge-thrash",
            "useless-pool",
            "useless-victim",
        ],
        needs: "Two heap profiles count what New made; only annotations count gets.",
        command: "curl -so allocs.1.pb.gz localhost:6060/debug/pprof/allocs",
    },
    Question {
        ask: "Are pooled objects used as they must be?",
        rules: &[
            "double-put",
            "foreign-put",
            "nil-put",
            "type-mismatch",
            "dirty-reuse",
            "use-after-put",
            "second-holder",
            "cross-thread",
            "late-return",
            "data-race",
        ],
        needs: "Plain dumps do not show who held an object. contrib/go/poolscope in the program says it in a trace.",
        command: "curl -so trace.out 'localhost:6060/debug/pprof/trace?seconds=5'",
    },
    Question {
        ask: "Are objects larger than they need to be?",
        rules: &["pool-oversize", "fragmentation"],
        needs: "Two heap profiles tell the sizes of what stays and of what is made.",
        command: "curl -so heap.1.pb.gz localhost:6060/debug/pprof/heap",
    },
    Question {
        ask: "Is the collector the cost?",
        rules: &[
            "gc-thrash",
            "gc-pressure",
            "gc-assist",
            "gc-stw-long",
            "gc-forced",
            "heap-churn",
            "escape-site",
            "escape-window",
        ],
        needs: "A log of collections tells how often, how long and why.",
        command: "GODEBUG=gctrace=1 ./program 2> gc.log",
    },
    Question {
        ask: "Is memory held outside of the live heap?",
        rules: &["rss-unexplained", "thp-bloat", "quota-near", "kernel-growth"],
        needs: "The kernel's map of the process, beside memory statistics of the same moment.",
        command: "cat /proc/$PID/smaps > smaps.txt; curl -so vars.json localhost:6060/debug/vars",
    },
];

/// What the files say to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// They do not tell.
    Unknown,
    /// No.
    No,
    /// Something is there to look at, and no more.
    Hint,
    /// Yes.
    Yes,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The question.
    pub ask: String,
    /// The answer.
    pub said: Said,
    /// Why, with numbers.
    pub words: String,
    /// The findings that say so, by position.
    pub findings: Vec<u32>,
    /// What was checked and clear, as rule and what it saw.
    pub clear: Vec<(String, String)>,
    /// What to capture where the files do not tell, and the command.
    pub needs: String,
    /// The command.
    pub command: String,
}

/// The way through all questions.
pub fn path(diagnosis: &Diagnosis) -> Vec<Step> {
    QUESTIONS.iter().map(|question| step(diagnosis, question)).collect()
}

fn step(diagnosis: &Diagnosis, question: &Question) -> Step {
    let is_asked = |rule: &str| question.rules.contains(&rule);
    let found: Vec<usize> = (0..diagnosis.findings.len())
        .filter(|&at| diagnosis.findings.get(at).is_some_and(|finding| is_asked(&finding.rule)))
        .collect();
    let worst = found.first().and_then(|&at| diagnosis.findings.get(at));
    let clear: Vec<(String, String)> = diagnosis
        .clear
        .iter()
        .filter(|report| is_asked(&report.rule))
        .filter_map(|report| match &report.checked {
            Checked::Clear(saw) => Some((report.title.clone(), saw.clone())),
            Checked::NotCovered => None,
        })
        .collect();
    let said = match worst {
        Some(finding) if finding.severity > Severity::L1 => Said::Yes,
        Some(_) => Said::Hint,
        None if clear.is_empty() => Said::Unknown,
        None => Said::No,
    };
    let words = match (worst, said) {
        (Some(finding), _) => finding.claim.clone(),
        (None, Said::Unknown) => "The files that are here do not tell.".to_owned(),
        (None, _) => "Nothing crossed a line.".to_owned(),
    };
    let is_unknown = said == Said::Unknown;
    let unless_known = |text: &str| if is_unknown { text.to_owned() } else { String::new() };
    Step {
        ask: question.ask.to_owned(),
        said,
        words,
        findings: found.into_iter().map(|at| at as u32).collect(),
        clear,
        needs: unless_known(question.needs),
        command: unless_known(question.command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_answers_a_question() {
        for rule in crate::findings::all_rules() {
            let asked = QUESTIONS.iter().filter(|question| question.rules.contains(&rule.name())).count();
            assert_eq!(asked, 1, "{} answers {asked} questions", rule.name());
        }
    }

    #[test]
    fn an_empty_session_knows_nothing() {
        let path = path(&Diagnosis::default());
        assert!(path.iter().all(|step| step.said == Said::Unknown && !step.command.is_empty()));
    }
}
