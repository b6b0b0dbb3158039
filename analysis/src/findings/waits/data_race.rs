//! Data races, as Go's race detector saw them: the same pair of places once.

use std::collections::BTreeMap;

use super::{at, evidence, fact, place};
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::lens::SourceId;
use crate::model::record::{Access, Race, Record};
use crate::waits::{Frame, frames, own_frame};
use crate::words::number;

/// `data-race`
pub(super) struct DataRace;

impl Rule for DataRace {
    fn name(&self) -> &'static str {
        "data-race"
    }

    fn title(&self) -> &'static str {
        "Data races"
    }

    fn needs(&self) -> &'static str {
        "what the race detector said (go build -race)"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let symbols = &context.session.symbols;
        let mut is_covered = false;
        let mut pairs: BTreeMap<[Option<Frame>; 2], (SourceId, &Race, u64)> = BTreeMap::new();
        for (source, record) in context.session.records() {
            let Record::Races(races) = record else { continue };
            is_covered = true;
            for race in &races.races {
                let own = |access: &Access| {
                    let all = frames(symbols, access.stack);
                    own_frame(symbols, &all).or(all.first().copied())
                };
                let mut pair = [own(&race.now), own(&race.before)];
                pair.sort();
                pairs.entry(pair).or_insert((source.id, race, 0)).2 += 1;
            }
        }
        for (source, race, times) in pairs.into_values() {
            into.push(finding(context, source, race, times));
        }
        if is_covered { Checked::Clear("0".to_owned()) } else { Checked::NotCovered }
    }
}

fn finding(context: &Context<'_>, source: SourceId, race: &Race, times: u64) -> Finding {
    let symbols = &context.session.symbols;
    let side = |access: &Access| {
        let all = frames(symbols, access.stack);
        let own = own_frame(symbols, &all).or(all.first().copied());
        (own, all)
    };
    let ((now, stack), (before, other)) = (side(&race.now), side(&race.before));
    let words = |own: Option<Frame>| own.map_or("an unknown place".to_owned(), |own| at(context, &own));
    let created = |access: &Access| match access.created.and_then(|stack| own_frame(symbols, &frames(symbols, stack))) {
        Some(frame) => format!("a goroutine started at {}", at(context, &frame)),
        None if access.goroutine.is_none() => "the main goroutine".to_owned(),
        None => "a goroutine that has ended".to_owned(),
    };
    let in_pool = [&stack, &other]
        .into_iter()
        .flatten()
        .any(|frame| crate::pools::end_of(context.text(frame.function)).is_some());
    let pooled =
        if in_pool { " A pool’s get or put stands in a stack: the object may have two holders." } else { "" };
    let callers = |all: &[Frame]| -> String {
        all.iter().take(4).map(|frame| context.text(frame.function)).collect::<Vec<_>>().join(" ← ")
    };
    Finding {
        rule: "data-race".to_owned(),
        severity: Severity::L3,
        known: Decidability::Proven,
        claim: format!("{} races with {}: {} and {} of one address.", words(now), words(before), race.now.what, race.before.what),
        detail: format!(
            "The {} is by {}, the {} before it by {}; nothing orders them, so either may see half of the other’s work. Seen {}.{pooled}",
            race.now.what,
            created(&race.now),
            race.before.what,
            created(&race.before),
            if times == 1 { "once".to_owned() } else { format!("{} times", number(times)) }
        ),
        weight: i64::try_from(times).unwrap_or(i64::MAX),
        headline: format!("{} ×", number(times)),
        site: place(context, now, &stack, None),
        evidence: vec![
            evidence(source, format!("{}: {}", race.now.what, callers(&stack)), format!("race:{:x}", race.address)),
            evidence(source, format!("{} before: {}", race.before.what, callers(&other)), format!("race:{:x}", race.address)),
        ],
        facts: vec![
            fact(race.now.what.clone(), "seen"),
            fact(race.before.what.clone(), "before it"),
            fact(number(times), "reports of this pair"),
            fact(format!("{:#x}", race.address), "address"),
        ],
        disproof: "The detector has no false alarms for Go code; only assembly or cgo may order what it does not see.".to_owned(),
        fix: "Let one goroutine own the value at a time: a lock around both places, a channel that hands it over, or an atomic; \
              and never touch a pooled object after it was put back."
            .to_owned(),
        next: "After the fix, the same load under -race, which must stay silent.".to_owned(),
        command: "go test -race ./... ; go build -race && GORACE='log_path=race' ./program".to_owned(),
    }
}
