//! Breaches of a pool's contract, by kind and call site: what the seven rules about them share.

use super::{Said, Seen, fact, number, pools, time};
use crate::findings::{Checked, Context, Finding, Severity};
use crate::lifecycle::Violation;
use crate::model::StackId;
use crate::model::pool::Misuse;

/// What one rule looks for, and its words.
pub(super) struct Breach {
    pub(super) rule: &'static str,
    /// Which breaches are its own.
    pub(super) is_own: fn(&Violation, &Seen<'_>) -> bool,
    /// After the count: `puts were of objects that…`.
    pub(super) what: &'static str,
    /// What can come of it.
    pub(super) danger: &'static str,
    /// How bad it is when it was done; when the pool refused it, a level lower.
    pub(super) severity: Severity,
    pub(super) disproof: &'static str,
    pub(super) fix: &'static str,
    pub(super) next: &'static str,
}

impl Breach {
    pub(super) fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(all) = pools(context) else { return Checked::NotCovered };
        let mut puts = 0;
        for seen in &all {
            puts += seen.life.puts;
            for (stack, own) in self.by_site(seen) {
                into.push(self.finding(seen, stack, &own));
            }
        }
        Checked::Clear(format!("0 of {}", number(puts)))
    }

    /// Own breaches by call site, the first of each in front.
    fn by_site<'a>(&self, seen: &Seen<'a>) -> Vec<(StackId, Vec<&'a Violation>)> {
        let mut sites: Vec<(StackId, Vec<&Violation>)> = Vec::new();
        if seen.life.violations == 0 {
            return sites;
        }
        let own = seen.lifecycle.violations.iter().filter(|violation| violation.pool == seen.life.pool);
        for violation in own.filter(|violation| (self.is_own)(violation, seen)) {
            match sites.iter_mut().find(|(stack, _)| *stack == violation.stack) {
                Some((_, own)) => own.push(violation),
                None => sites.push((violation.stack, vec![violation])),
            }
        }
        sites
    }

    fn finding(&self, seen: &Seen<'_>, stack: StackId, own: &[&Violation]) -> Finding {
        let refused = own.iter().filter(|violation| violation.was_refused).count();
        let is_refused = refused == own.len();
        let severity = match (self.severity, is_refused) {
            (Severity::L3, true) => Severity::L2,
            (severity, _) => severity,
        };
        let count = own.len() as u64;
        let number_of = |violation: &Violation| {
            violation.object.and_then(|object| seen.lifecycle.history.object(object)).map(|object| object.number)
        };
        let told = |violation: &&Violation| {
            let object = number_of(violation);
            let named = object.map_or("something that no pool made".to_owned(), |object| format!("object #{object}"));
            let at = time(u64::try_from(violation.time).unwrap_or(0));
            let text = format!("{named}, hand-out {}, after {at}: {}", violation.generation, violation.kind.words());
            seen.evidence(text, object, Some(violation.time))
        };
        let refusal =
            if is_refused { "The pool saw it and refused; elsewhere the same mistake goes through. " } else { "" };
        seen.finding(Said {
            rule: self.rule,
            severity,
            claim: format!("{}: {} {}, at {}.", seen.name, number(count), self.what, seen.at(stack)),
            detail: format!("{refusal}{}", self.danger),
            weight: count,
            headline: format!("{}×", number(count)),
            site: seen.place(stack),
            evidence: own.iter().take(3).map(told).collect(),
            facts: vec![
                fact(number(count), "times"),
                fact(number(refused as u64), "refused by the pool"),
                fact(number(seen.life.puts), "puts in all"),
            ],
            disproof: self.disproof,
            fix: self.fix.to_owned(),
            next: self.next,
            rests_on_all: false,
        })
    }
}

/// Whether two pools of a violation hold objects of different types.
pub(super) fn types_differ(violation: &Violation, seen: &Seen<'_>) -> bool {
    let owner = violation.owner.and_then(|owner| seen.lifecycle.history.pool(owner));
    violation.kind == Misuse::WrongPool && owner.is_some_and(|owner| owner.type_name != seen.setup.type_name)
}
