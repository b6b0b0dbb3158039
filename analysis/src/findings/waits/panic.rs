//! Programs that crashed: the reason, and who was at work.

use std::collections::BTreeMap;

use super::deadlock::is_deadlock;
use super::{at, evidence, fact, in_brackets, place};
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::record::{DumpedStack, Record, StackDump};
use crate::session::Source;
use crate::waits::{Frame, frames, is_lock, own_frame, owner_of};
use crate::words::number;

/// `panic`
pub(super) struct Panic;

impl Rule for Panic {
    fn name(&self) -> &'static str {
        "panic"
    }

    fn title(&self) -> &'static str {
        "Panics and fatal errors"
    }

    fn needs(&self) -> &'static str {
        "what the program wrote when it ended"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let is_panic = |reason: &str| {
            let asked = ["SIGQUIT", "SIGABRT"].iter().any(|signal| reason.starts_with(signal));
            !asked && !is_deadlock(reason)
        };
        crash(context, self.name(), is_panic, into)
    }
}

/// Ends a generation of a trace, and the trace.
const TRACER: &str = "runtime.traceAdvance";

/// A finding for every dump with such a reason.
pub(super) fn crash(
    context: &Context<'_>,
    rule: &str,
    is_wanted: impl Fn(&str) -> bool,
    into: &mut Vec<Finding>,
) -> Checked {
    let mut is_covered = false;
    for (source, record) in context.session.records() {
        let Record::Stacks(dump) = record else { continue };
        is_covered = true;
        if !dump.reason.is_empty() && is_wanted(&dump.reason) {
            into.push(finding(context, rule, source, dump));
        }
    }
    if is_covered { Checked::Clear("0".to_owned()) } else { Checked::NotCovered }
}

fn finding(context: &Context<'_>, rule: &str, source: &Source, dump: &StackDump) -> Finding {
    let symbols = &context.session.symbols;
    let is_still = is_deadlock(&dump.reason);
    let row = if is_still { culprit(context, dump) } else { dump.rows.first() };
    let all: Vec<Frame> = row.map(|row| frames(symbols, row.stack)).unwrap_or_default();
    let own = own_frame(symbols, &all);
    let place_words = own.map_or(String::new(), |own| format!(" at {}", at(context, &own)));
    // net/http catches a handler's panic, and the program lives on.
    let is_caught = dump.reason.contains("panic serving");
    let state = row.map_or("", |row| context.text(row.state));
    let waiting = dump.rows.iter().filter(|row| row.waits_for.is_some()).count() as u64;
    let is_of_tracer = all.iter().any(|frame| context.text(frame.function) == TRACER);
    let advice = match dump.reason.as_str() {
        _ if is_of_tracer => {
            "The runtime failed in its own tracer, which a capture had started: no fault of the program. With \
             GODEBUG=traceallocfree=1 Go 1.23 does that where types were made at run time (reflect)."
        }
        reason if is_still => {
            if reason.contains("asleep") {
                "Every goroutine waits for another: nothing can go on. Somebody holds what the others wait for, and waits itself."
            } else {
                "Threads hold what the others wait for, in a circle: take locks in one order everywhere."
            }
        }
        reason if reason.contains("interface conversion") => {
            "A value was of another type than the code took it for. If it came out of a pool, objects of two types were put into one: \
             give each type its own."
        }
        reason if reason.contains("concurrent map") => {
            "Two goroutines used one map at once: put a lock around it, or use sync.Map. The race detector names both."
        }
        reason if reason.contains("out of memory") => {
            "The system gave no more memory: look at the heap and at the limit."
        }
        reason if reason.contains("stack exceeds") => "A recursion has no end: the same functions repeat in its stack.",
        _ => "The first stack is that of the goroutine that failed.",
    };
    let standing_there = context.waits.populations.iter().flat_map(|population| &population.groups);
    let pick = standing_there.into_iter().find(|group| group.frames == all && !all.is_empty());
    let pick = pick.map_or(String::new(), |group| group.pick(symbols));
    Finding {
        rule: rule.to_owned(),
        severity: if is_caught || is_of_tracer { Severity::L2 } else { Severity::L3 },
        known: Decidability::Proven,
        claim: format!("{}: {}{place_words}.", source.name, dump.reason.trim_end_matches(['.', '!'])),
        detail: format!("{advice}{}", if is_still { standing(context, dump) } else { String::new() }),
        weight: i64::try_from(dump.rows.len()).unwrap_or(i64::MAX),
        headline: format!("{} stacks", number(dump.rows.len() as u64)),
        site: place(context, own, &all, None),
        evidence: vec![evidence(
            source.id,
            format!("{} stacks of {}", number(dump.rows.len() as u64), dump.origin.words()),
            pick,
        )],
        facts: vec![
            fact(number(dump.rows.len() as u64), "stacks in the dump"),
            fact(number(waiting), "wait for a lock"),
            fact(if state.is_empty() { "–" } else { state }, "state of the first"),
        ],
        disproof: "The text is the runtime’s own; only its stack may lead to the victim instead of the cause."
            .to_owned(),
        fix: match own {
            _ if is_of_tracer => "Trace without traceallocfree, or with Go 1.24 and later.".to_owned(),
            Some(own) => format!("Begin at {}, and follow its callers down the stack.", at(context, &own)),
            None => "Begin at the first stack.".to_owned(),
        },
        next: "GOTRACEBACK=all in the program’s environment makes the next crash show every goroutine.".to_owned(),
        command: "GOTRACEBACK=all ./program 2> crash.txt".to_owned(),
    }
}

/// Of what stands still, who may have begun it: one that holds what others wait for, or one of those that the machine names,
/// or one that stands where others wait for a lock and waits for something else.
fn culprit<'a>(context: &Context<'_>, dump: &'a StackDump) -> Option<&'a DumpedStack> {
    let symbols = &context.session.symbols;
    let owner = |row: &DumpedStack| {
        own_frame(symbols, &frames(symbols, row.stack)).map(|own| owner_of(context.text(own.function)))
    };
    let locked: Vec<String> =
        dump.rows.iter().filter(|row| is_lock(context.text(row.state))).filter_map(&owner).collect();
    let is_named = |row: &DumpedStack| {
        let name = context.text(row.name);
        !name.is_empty() && dump.reason.split([' ', ',']).any(|word| word == name)
    };
    let score = |row: &DumpedStack| {
        let stands_there = owner(row).is_some_and(|owner| locked.contains(&owner));
        let waits_for_lock = is_lock(context.text(row.state));
        (is_named(row), stands_there && !waits_for_lock, stands_there)
    };
    dump.rows.iter().rev().max_by_key(|row| score(row))
}

/// The largest groups of what stands still.
fn standing(context: &Context<'_>, dump: &StackDump) -> String {
    let symbols = &context.session.symbols;
    let mut groups: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for row in &dump.rows {
        if let Some(own) = own_frame(symbols, &frames(symbols, row.stack)) {
            *groups.entry((context.text(row.state), at(context, &own))).or_default() += 1;
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    crate::order::sort_by_key(&mut groups, |(_, count)| std::cmp::Reverse(*count));
    let words: Vec<String> = groups
        .iter()
        .take(4)
        .map(|((state, place), count)| format!("{} at {place}{}", number(*count), in_brackets(state)))
        .collect();
    if words.is_empty() { String::new() } else { format!(" They stand: {}.", words.join("; ")) }
}
