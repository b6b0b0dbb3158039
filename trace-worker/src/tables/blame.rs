//! Cycles of the collector: who triggered them, what each cost, and whom.

use std::collections::BTreeMap;

use analysis::model::StringId;
use analysis::order::sort_by_key;
use analysis::timeline::{Window, nanos_words};
use analysis::trace_tables::{CycleBlame, Trigger, blame};
use trace_worker::Go;

use super::anchors::{go, place, whose};
use super::{Rows, left, micros, moment, number, right, text, titled};
use crate::markup::{Cell, Part};
use crate::open::Open;

pub(super) fn cycles(open: &Open, scope: Window) -> Vec<Part> {
    let cycles = blame(open.trace(), &open.symbols, &open.survey);
    let cycles: Vec<_> =
        cycles.into_iter().filter(|cycle| cycle.begin < scope.end && cycle.end >= scope.start).collect();
    if cycles.is_empty() {
        return vec![Part::Words("No cycle of the collector is in this part of the trace.".to_owned())];
    }
    vec![
        Part::Claim(claim(open, &cycles)),
        Part::Words(
            "Whoever allocates while the collector marks and has no credit must help to mark before it goes on; whoever runs \
             when the world is stopped waits. Both are charged here to the function that the goroutine began with. Helping \
             counts the waiting within it."
                .to_owned(),
        ),
        titled("gc-triggers", triggers(open, &cycles)),
        titled("gc-costs", costs(open, &cycles)),
        titled("trace-table", one_by_one(open, &cycles)),
    ]
}

fn claim(open: &Open, cycles: &[CycleBlame]) -> String {
    let assist: i64 = cycles.iter().map(CycleBlame::assist_nanos).sum();
    let stopped: i64 = cycles.iter().map(|cycle| cycle.stopped_nanos).sum();
    let by = |trigger: Trigger| cycles.iter().filter(|cycle| cycle.trigger == trigger).count();
    let kinds = [
        (Trigger::Heap, "because the heap was at its goal"),
        (Trigger::Forced, "because the program called runtime.GC"),
        (Trigger::Periodic, "because none had been for two minutes"),
        (Trigger::Unknown, "with its beginning not in the trace"),
    ];
    let kinds: Vec<_> = kinds
        .into_iter()
        .filter(|&(trigger, _)| by(trigger) > 0)
        .map(|(trigger, words)| format!("{} {words}", by(trigger)))
        .collect();
    let paid = sums(cycles).into_iter().max_by_key(|(_, sum)| sum.assist_nanos).filter(|(_, sum)| sum.assist_nanos > 0);
    let paid = paid.map_or(String::new(), |(group, sum)| {
        format!(
            ", {:.0}% of it goroutines of {}",
            sum.assist_nanos as f64 / assist.max(1) as f64 * 100.0,
            name(open, group)
        )
    });
    let (count, them) = match cycles.len() {
        1 => ("One cycle".to_owned(), "It"),
        count => (format!("{count} cycles"), "They"),
    };
    format!(
        "{count}: {}. {them} stopped the world for {} in all; goroutines helped for {}{paid}.",
        kinds.join(", "),
        nanos_words(stopped),
        nanos_words(assist),
    )
}

fn name(open: &Open, group: Option<StringId>) -> &str {
    group.map_or("start not known", |name| open.symbols.strings.get(name))
}

fn select(cycle: &CycleBlame) -> Option<Go> {
    go(cycle.begin, cycle.end, cycle.goroutine)
}

/// By why, who and where.
fn triggers(open: &Open, cycles: &[CycleBlame]) -> Rows {
    let mut found: BTreeMap<(Trigger, &str, String), Vec<&CycleBlame>> = BTreeMap::new();
    for cycle in cycles {
        let by = if cycle.goroutine.is_some() { name(open, cycle.group) } else { "" };
        found.entry((cycle.trigger, by, place(open, cycle.stack))).or_default().push(cycle);
    }
    let mut rows: Vec<_> = found
        .into_iter()
        .map(|((trigger, by, place), cycles)| {
            let sum = |of: &dyn Fn(&CycleBlame) -> i64| cycles.iter().map(|cycle| of(cycle)).sum();
            let worst = cycles.iter().max_by_key(|cycle| cycle.assist_nanos() + cycle.stopped_nanos);
            let cells = vec![
                text(trigger.words()),
                text(by),
                text(place),
                number(cycles.len() as u64),
                micros(sum(&|cycle| cycle.end - cycle.begin)),
                micros(sum(&|cycle| cycle.stopped_nanos)),
                micros(sum(&CycleBlame::assist_nanos)),
            ];
            (cycles.len(), cells, worst.and_then(|worst| select(worst)))
        })
        .collect();
    sort_by_key(&mut rows, |&(count, ..)| std::cmp::Reverse(count));
    let columns = vec![
        left("Why"),
        left("Goroutine began with"),
        left("Where"),
        right("cycles", ""),
        right("marking", "µs"),
        right("stopped", "µs"),
        right("assists", "µs"),
    ];
    Rows {
        note: "who triggered cycles; a row leads to the one that cost most".to_owned(),
        columns,
        rows: rows.into_iter().map(|(_, cells, go)| (cells, go)).collect(),
    }
}

#[derive(Default)]
struct Sum<'a> {
    triggered: u64,
    assists: usize,
    assist_nanos: i64,
    stopped_nanos: i64,
    worst: (i64, Option<&'a CycleBlame>),
}

/// What each group triggered and paid.
fn sums(cycles: &[CycleBlame]) -> BTreeMap<Option<StringId>, Sum<'_>> {
    let mut groups: BTreeMap<Option<StringId>, Sum<'_>> = BTreeMap::new();
    for cycle in cycles {
        if cycle.goroutine.is_some() {
            groups.entry(cycle.group).or_default().triggered += 1;
        }
        for cost in &cycle.costs {
            let sum = groups.entry(cost.group).or_default();
            sum.assists += cost.assists;
            sum.assist_nanos += cost.assist_nanos;
            sum.stopped_nanos += cost.stopped_nanos;
            let paid = cost.assist_nanos + cost.stopped_nanos;
            if sum.worst.1.is_none() || paid > sum.worst.0 {
                sum.worst = (paid, Some(cycle));
            }
        }
    }
    groups
}

/// By group: what it triggered, and what it paid.
fn costs(open: &Open, cycles: &[CycleBlame]) -> Rows {
    let mut groups: Vec<_> = sums(cycles).into_iter().collect();
    sort_by_key(&mut groups, |(_, sum)| std::cmp::Reverse(sum.assist_nanos + sum.stopped_nanos));
    let row = |(group, sum): (Option<StringId>, Sum<'_>)| {
        let cells = vec![
            text(name(open, group)),
            number(sum.triggered),
            number(sum.assists as u64),
            micros(sum.assist_nanos),
            micros(sum.stopped_nanos),
            micros(sum.worst.0),
            sum.worst.1.map_or(text(""), |cycle| number(cycle.number as u64)),
        ];
        (cells, sum.worst.1.and_then(select))
    };
    let columns = vec![
        left("Began with"),
        right("triggered", "cycles"),
        right("assists", ""),
        right("helped for", "µs"),
        right("stopped while running", "µs"),
        right("most in one cycle", "µs"),
        right("which", "GC"),
    ];
    Rows {
        note: "whom cycles cost; a row leads to the cycle that cost it most".to_owned(),
        columns,
        rows: groups.into_iter().map(row).collect(),
    }
}

fn one_by_one(open: &Open, cycles: &[CycleBlame]) -> Rows {
    let zero = open.bounds().start;
    let trace = open.trace();
    let mb = |bytes: Option<u64>| match bytes {
        Some(bytes) => Cell::Number(bytes as f64, format!("{:.1}", bytes as f64 / 1_048_576.0)),
        None => text("–"),
    };
    let row = |cycle: &CycleBlame| {
        let assist = cycle.assist_nanos();
        let most = cycle.costs.iter().max_by_key(|cost| cost.assist_nanos).filter(|cost| cost.assist_nanos > 0);
        let most = most.map_or(String::new(), |cost| {
            format!("{} {:.0}%", name(open, cost.group), cost.assist_nanos as f64 / assist.max(1) as f64 * 100.0)
        });
        let cells = vec![
            number(cycle.number as u64),
            moment(cycle.begin - zero),
            micros(cycle.end - cycle.begin),
            micros(cycle.stopped_nanos),
            micros(assist),
            text(most),
            text(cycle.trigger.words()),
            text(whose(open, cycle.goroutine)),
            mb(trace.heap_live.at(cycle.begin)),
            mb(trace.heap_goal.at(cycle.begin)),
            mb(trace.heap_live.at(cycle.end)),
            number(cycle.assists() as u64),
            micros(cycle.workers.dedicated_nanos + cycle.workers.fractional_nanos),
            micros(cycle.workers.idle_nanos),
            text(place(open, cycle.stack)),
        ];
        (cells, select(cycle))
    };
    let columns = vec![
        right("GC", ""),
        right("At", "s"),
        right("marking", "µs"),
        right("stopped", "µs"),
        right("helped for", "µs"),
        left("who helped most"),
        left("Why"),
        left("Triggered by"),
        right("heap", "MB"),
        right("goal", "MB"),
        right("after", "MB"),
        right("assists", ""),
        right("mark workers", "µs"),
        right("idle workers", "µs"),
        left("Where"),
    ];
    Rows { note: "cycles of the collector".to_owned(), columns, rows: cycles.iter().map(row).collect() }
}
