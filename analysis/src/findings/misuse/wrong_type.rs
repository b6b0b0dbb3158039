//! A panic because an interface held another type than was asked for: at a pool's Get, someone put an object of another
//! pool (runtime/error.go, `TypeAssertionError`).

use super::{fact, in_stacks, taker};
use crate::findings::{Checked, Context, Decidability, Finding, Severity};
use crate::lens::SourceId;
use crate::model::record::{Record, StackDump};
use crate::waits::{frames, own_frame};

/// Looks through the crashes; `None` where no dump is there.
pub(super) fn check(context: &Context<'_>, into: &mut Vec<Finding>) -> Option<Checked> {
    let mut is_covered = false;
    for (source, record) in context.session.records() {
        let Record::Stacks(dump) = record else { continue };
        is_covered = true;
        if let Some((held, asked)) = types(&dump.reason) {
            into.extend(finding(context, source.id, dump, held, asked));
        }
    }
    is_covered.then(|| Checked::Clear("0 panics".to_owned()))
}

/// `interface conversion: interface {} is *main.T, not *int` as what was held and what was asked for.
fn types(reason: &str) -> Option<(&str, &str)> {
    let (_, rest) = reason.split_once("interface conversion: ")?;
    let rest = rest.lines().next().unwrap_or(rest);
    // An interface with methods names them: `interface is nil, not main.Doer: missing method Do` is no mix-up of types.
    let (_, rest) = rest.split_once(" is ")?;
    let (held, asked) = rest.split_once(", not ")?;
    let asked =
        [" [recovered", "; "].iter().filter_map(|mark| asked.split(mark).next()).min_by_key(|part| part.len())?.trim();
    (held != "nil" && !rest.contains("missing method")).then_some((held, asked))
}

fn finding(context: &Context<'_>, source: SourceId, dump: &StackDump, held: &str, asked: &str) -> Option<Finding> {
    let symbols = &context.session.symbols;
    let row = dump.rows.first()?;
    let all = frames(symbols, row.stack);
    let own = own_frame(symbols, &all)?;
    let name = context.text(own.function);
    let pool = taker(context, row.stack);
    let (known, of_pool) = match &pool {
        Some(taker) => (Decidability::Proven, format!("{taker} takes from a pool, so an object of another type lay in it")),
        None => (
            Decidability::NeedsAnnotation,
            "If the value comes from a pool, an object of another type was put into it; the dump does not say where it comes \
             from"
                .to_owned(),
        ),
    };
    Some(Finding {
        rule: "type-mismatch".to_owned(),
        severity: if pool.is_some() { Severity::L3 } else { Severity::L1 },
        known,
        claim: format!("{name} asked for {asked} and was given {held}, and the program panicked: 1 crash."),
        detail: format!("{of_pool}. Whoever put it is not in this stack."),
        weight: 1,
        headline: "1×".to_owned(),
        site: context.place(own.function, row.stack, pool),
        evidence: vec![in_stacks(source, dump.reason.lines().next().unwrap_or("").to_owned(), name)],
        facts: vec![fact(asked, "asked for"), fact(held, "given")],
        disproof: "The value coming from somewhere else than a pool: a map, a context, an argument.".to_owned(),
        fix: format!("Give {held} and {asked} a pool each; a function that wraps Put, and takes only its type, keeps them apart."),
        next: "At Put, this names who puts the wrong type: if _, ok := any(x).(T); !ok { panic(fmt.Sprintf(\"put %T\", x)) }"
            .to_owned(),
        command: "grep -rn '\\.Put(' --include='*.go' .".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_from_a_missing_method() {
        assert_eq!(types("interface conversion: interface {} is *main.T, not *int"), Some(("*main.T", "*int")));
        assert_eq!(
            types("panic: interface conversion: any is string, not []uint8 [recovered]"),
            Some(("string", "[]uint8"))
        );
        assert_eq!(types("interface conversion: interface {} is nil, not *int"), None);
        assert_eq!(types("interface conversion: *main.T is not main.Doer: missing method Do"), None);
        assert_eq!(types("runtime error: index out of range [3] with length 3"), None);
    }
}
