//! Which finding brings about which other: from the worst one back to its cause, and forward to all that it explains.

use serde::{Deserialize, Serialize};

use super::{Decidability, Finding, Severity};

/// A finding in a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The finding, by position.
    pub finding: u32,
    /// The link that brings it about, by position in the chain; `None` for the root.
    pub cause: Option<u32>,
    /// How the cause brings it about; empty for the root.
    pub because: String,
}

/// What brings about what, where both speak of one place.
struct Brings {
    cause: &'static str,
    effect: &'static str,
    because: &'static str,
}

const fn brings(cause: &'static str, effect: &'static str, because: &'static str) -> Brings {
    Brings { cause, effect, because }
}

const BRINGS: &[Brings] = &[
    brings("pool-contention", "put-blocked", "whoever holds the lock delays what others give back"),
    brings("pool-contention", "pool-latency", "each call waits for whoever holds the lock"),
    brings("put-blocked", "pool-latency", "each call waits for room or for the lock"),
    brings("put-blocked", "goroutine-leak", "what is blocked giving back never ends"),
    brings("deadlock", "goroutine-leak", "what waits for each other never ends"),
    brings("goroutine-leak", "heap-leak", "goroutines that never end keep what they hold"),
    brings("put-missing-on-error-path", "never-returned", "one way out of the function does not give back"),
    brings("never-returned", "heap-leak", "what is not given back is made again and kept"),
    brings("never-returned", "new-storm", "a pool that gets nothing back makes anew"),
    brings("gc-forced", "pool-gc-mismatch", "each forced collection empties the pools"),
    brings("gc-forced", "purge-thrash", "each forced collection empties the pools"),
    brings("gc-forced", "gc-pressure", "collections come by the clock and not by need"),
    brings("gc-thrash", "gc-pressure", "the heap has no room between two collections"),
    brings("pool-gc-mismatch", "pool-miss", "objects are dropped before they are taken again"),
    brings("purge-thrash", "new-storm", "what was dropped is made again"),
    brings("pool-per-request", "pool-miss", "a new pool is empty"),
    brings("pool-miss", "heap-churn", "each miss allocates"),
    brings("escape-site", "heap-churn", "the value leaves its function, so each call allocates"),
    brings("heap-churn", "gc-pressure", "what is allocated and dropped must be collected"),
    brings("heap-leak", "gc-thrash", "the live heap leaves no room under the limit"),
    brings("heap-leak", "gc-pressure", "a larger live heap takes longer to mark"),
    brings("gc-pressure", "gc-assist", "allocating goroutines must help the collector"),
    brings("gc-pressure", "gc-stw-long", "each collection stops the world twice"),
    brings("heap-leak", "quota-near", "what is kept fills the limit"),
    brings("heap-hoard", "quota-near", "what lies idle fills the limit"),
    brings("fragmentation", "rss-unexplained", "partly used spans stay resident"),
    brings("thp-bloat", "rss-unexplained", "one live object keeps a huge page resident"),
    brings("rss-unexplained", "quota-near", "resident memory fills the limit"),
    brings("pool-oversize", "pool-retained", "few large objects are most of what lies in the pool"),
    brings("double-put", "second-holder", "an object that is twice in the pool is handed out twice"),
    brings("second-holder", "dirty-reuse", "two holders write into one object"),
    brings("use-after-put", "dirty-reuse", "who writes after giving back writes into the next holder's object"),
    brings("cross-thread", "data-race", "an object that is handed over without order is used by two"),
];

/// Places that all programs pass through, and that join nothing.
fn is_everywhere(function: &str) -> bool {
    ["runtime.", "net/http.", "main.main", "testing.", "sync.(*Pool)"].iter().any(|start| function.starts_with(start))
}

/// Whether two findings may be about one thing: one pool, one place in the code, or one of them about the whole program.
fn are_related(a: &Finding, b: &Finding) -> bool {
    let names = |finding: &Finding| -> Vec<String> {
        let stack = finding.site.stack.iter().map(|frame| frame.function.clone());
        let own = [finding.site.function.clone(), finding.site.pool.clone().unwrap_or_default()];
        stack.chain(own).filter(|name| !name.is_empty() && !is_everywhere(name)).collect()
    };
    let (a, b) = (names(a), names(b));
    a.is_empty() || b.is_empty() || a.iter().any(|name| b.contains(name))
}

/// Goroutines that can never go on, and a crowd beside them that waits: of one rule, so no line of the table.
fn starves(cause: &Finding, effect: &Finding) -> bool {
    let are_goroutines = cause.rule == "goroutine-leak" && effect.rule == "goroutine-leak";
    are_goroutines && cause.known == Decidability::Proven && effect.known != Decidability::Proven
}

const STARVES: &str = "what can never go on never gives back what the others wait for";

/// The chain through the worst finding: its root first, then what that explains. Empty when nothing is worse than L1.
pub(super) fn chain(findings: &[Finding]) -> Vec<Link> {
    let is_told = |at: usize| findings.get(at).is_some_and(|finding| finding.severity > Severity::L1);
    if !is_told(0) {
        return Vec::new();
    }
    let why = |cause: usize, effect: usize| -> Option<&'static str> {
        let (cause, effect) = (findings.get(cause)?, findings.get(effect)?);
        if starves(cause, effect) {
            return are_related(cause, effect).then_some(STARVES);
        }
        let brings = BRINGS.iter().find(|brings| brings.cause == cause.rule && brings.effect == effect.rule)?;
        are_related(cause, effect).then_some(brings.because)
    };
    // Back from the worst; a table without circles ends, and no finding is passed twice.
    let mut root = 0;
    let mut passed = vec![root];
    while let Some(cause) =
        (0..findings.len()).find(|&at| is_told(at) && !passed.contains(&at) && why(at, root).is_some())
    {
        root = cause;
        passed.push(root);
    }
    // The way back is the way of the chain; what else each of them brings about branches off.
    let mut links: Vec<Link> = Vec::new();
    for &finding in passed.iter().rev() {
        let cause = links.len().checked_sub(1);
        let because = cause.and_then(|cause| why(links.get(cause)?.finding as usize, finding)).unwrap_or_default();
        links.push(Link {
            finding: finding as u32,
            cause: cause.map(|cause| cause as u32),
            because: because.to_owned(),
        });
    }
    let mut at = 0;
    while let Some(cause) = links.get(at).map(|link| link.finding as usize) {
        for effect in 0..findings.len() {
            let is_new = links.iter().all(|link| link.finding as usize != effect);
            if let Some(because) = why(cause, effect).filter(|_| is_new) {
                links.push(Link { finding: effect as u32, cause: Some(at as u32), because: because.to_owned() });
            }
        }
        at += 1;
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_leads_back_to_its_cause_and_on_to_what_that_explains() {
        let findings = [
            Finding::bare("heap-leak", Severity::L3, "main.hold"),
            Finding::bare("goroutine-leak", Severity::L2, "main.hold"),
            Finding::bare("put-blocked", Severity::L2, "main.hold"),
            Finding::bare("quota-near", Severity::L2, ""),
            Finding::bare("heap-churn", Severity::L2, "main.other"),
        ];
        let told: Vec<(u32, Option<u32>)> = chain(&findings).iter().map(|link| (link.finding, link.cause)).collect();
        assert_eq!(told, [(2, None), (1, Some(0)), (0, Some(1)), (3, Some(2))]);
    }

    #[test]
    fn those_that_never_go_on_are_the_cause_of_a_crowd() {
        let proven = |function| Finding {
            known: Decidability::Proven,
            ..Finding::bare("goroutine-leak", Severity::L3, function)
        };
        let crowd = Finding::bare("goroutine-leak", Severity::L3, "main.ask");
        let of = |findings: &[Finding]| chain(findings).iter().map(|link| link.finding).collect::<Vec<_>>();
        let heap = Finding::bare("heap-leak", Severity::L3, "main.ask");
        assert_eq!(of(&[heap, crowd.clone(), proven("main.ask")]), [2, 1, 0]);
        assert_eq!(of(&[crowd.clone(), proven("main.other")]), [0]);
        assert_eq!(of(&[proven("main.ask"), proven("main.ask")]), [0]);
    }

    #[test]
    fn findings_about_other_places_are_not_joined() {
        let findings = [
            Finding::bare("heap-leak", Severity::L3, "main.a"),
            Finding::bare("goroutine-leak", Severity::L2, "main.b"),
        ];
        assert_eq!(chain(&findings).len(), 1);
        assert!(chain(&[Finding::bare("heap-leak", Severity::L1, "main.a")]).is_empty());
    }

    #[test]
    fn no_circle_is_in_the_table() {
        for start in BRINGS {
            let mut reached = vec![start.effect];
            let mut at = 0;
            while let Some(&rule) = reached.get(at) {
                assert_ne!(rule, start.cause, "{} brings about itself", start.cause);
                for next in BRINGS.iter().filter(|brings| brings.cause == rule) {
                    if !reached.contains(&next.effect) {
                        reached.push(next.effect);
                    }
                }
                at += 1;
            }
        }
    }
}
