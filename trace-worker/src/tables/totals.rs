//! Sums: goroutines by the function that they began with, regions by name.

use std::ops::Range;

use analysis::timeline::{OPEN, Spread, Window};
use trace_worker::Go;

use super::{Rows, left, micros, number, right, text};
use crate::markup::Cell;
use crate::open::Open;

/// Numbers of a group of goroutines.
#[derive(Default)]
struct Group {
    count: u64,
    busiest: Option<(i64, u32)>,
    execution: i64,
    wait: i64,
    syscall: i64,
    assist: i64,
    longest: i64,
    blocked: std::collections::BTreeMap<String, i64>,
}

pub(super) fn goroutines(open: &mut Open, scope: Window) -> Rows {
    let range: Range<i64> = if scope == open.bounds() { i64::MIN..i64::MAX } else { scope.start..scope.end };
    let summary = open.spent_in(range);
    let mut groups: std::collections::BTreeMap<String, Group> = std::collections::BTreeMap::new();
    for (at, goroutine) in summary.goroutines.iter().enumerate() {
        let Some(goroutine) = goroutine else { continue };
        let name = goroutine.name.map_or("start not known", |name| open.symbols.strings.get(name));
        let spent = &goroutine.spent;
        let group = groups.entry(name.to_owned()).or_default();
        group.count += 1;
        group.execution += spent.exec_ns;
        group.wait += spent.sched_wait_ns;
        group.syscall += spent.syscall_ns + spent.syscall_block_ns;
        group.longest = group.longest.max(spent.exec_ns);
        if group.busiest.is_none_or(|(most, _)| spent.exec_ns > most) {
            group.busiest = Some((spent.exec_ns, at as u32));
        }
        for &(reason, nanos) in &spent.block_ns {
            *group.blocked.entry(open.symbols.strings.get(reason).to_owned()).or_default() += nanos;
        }
        for &(range, nanos) in &spent.range_ns {
            if range == analysis::model::trace::RangeName::Assist {
                group.assist += nanos;
            }
        }
    }
    let mut rows: Vec<(i64, Vec<Cell>, Option<Go>)> = groups
        .into_iter()
        .map(|(name, group)| {
            let (reason, blocked) =
                group.blocked.iter().max_by_key(|(_, nanos)| **nanos).map_or(("", 0), |(reason, &nanos)| {
                    (if reason.is_empty() { "not said" } else { reason.as_str() }, nanos)
                });
            let all: i64 = group.blocked.values().sum();
            let cells = vec![
                text(name),
                number(group.count),
                micros(group.execution),
                micros(group.longest),
                micros(group.wait),
                micros(group.syscall),
                micros(all),
                text(if blocked > 0 {
                    format!("{reason} {:.0}%", blocked as f64 / all.max(1) as f64 * 100.0)
                } else {
                    String::new()
                }),
                micros(group.assist),
            ];
            let go = group.busiest.map(|(_, at)| Go { select: None, goroutine: Some(at) });
            (group.execution, cells, go)
        })
        .collect();
    rows.sort_by_key(|&(execution, ..)| std::cmp::Reverse(execution));
    let unit = |title| right(title, "µs");
    let columns = vec![
        left("Began with"),
        right("goroutines", ""),
        unit("execution"),
        unit("most of one"),
        unit("waiting for P"),
        unit("system calls"),
        unit("blocked"),
        left("mostly by"),
        unit("GC assist"),
    ];
    Rows {
        note: "goroutines by start function".to_owned(),
        columns,
        rows: rows.into_iter().map(|(_, cells, go)| (cells, go)).collect(),
    }
}

pub(super) fn regions(open: &Open, scope: Window) -> Rows {
    let mut rows = Vec::new();
    let mut add = |name: &str, what: &str, lengths: Vec<(i64, i64)>, unfinished: u64| {
        let longest = lengths.iter().copied().max_by_key(|&(_, nanos)| nanos);
        let spread = Spread::of(lengths.iter().map(|&(_, nanos)| nanos).collect());
        let cells = vec![
            text(if name.is_empty() { "no name" } else { name }),
            text(what),
            number(spread.count),
            number(unfinished),
            micros(spread.total_nanos),
            micros(spread.p50_nanos),
            micros(spread.p99_nanos),
            micros(spread.max_nanos),
        ];
        let go = longest.map(|(begin, nanos)| {
            let events = &open.trace().events;
            let whose = events.get(events.first_at(begin)).and_then(|event| event.context.goroutine);
            Go { select: Some(Window::new(begin, begin + nanos)), goroutine: whose.map(|row| row.index() as u32) }
        });
        rows.push((cells, go));
    };
    let annotations = &open.survey.annotations;
    for kind in &annotations.kinds {
        let all: Vec<_> = kind.regions.in_window(scope).collect();
        let ended: Vec<(i64, i64)> = all
            .iter()
            .filter(|region| region.end != OPEN)
            .map(|region| (region.begin, region.end - region.begin))
            .collect();
        let unfinished = (all.len() - ended.len()) as u64;
        add(open.symbols.strings.get(kind.name), "region", ended, unfinished);
    }
    let mut tasks: std::collections::BTreeMap<String, (Vec<(i64, i64)>, u64)> = std::collections::BTreeMap::new();
    for task in annotations.tasks.in_window(scope) {
        let name = annotations.task_rows.get(task.at).map(|row| row.name).unwrap_or_default();
        let group = tasks.entry(open.symbols.strings.get(name).to_owned()).or_default();
        if task.end == OPEN {
            group.1 += 1;
        } else {
            group.0.push((task.begin, task.end - task.begin));
        }
    }
    for (name, (lengths, unfinished)) in tasks {
        add(&name, "task", lengths, unfinished);
    }
    let unit = |title| right(title, "µs");
    let columns = vec![
        left("Name"),
        left("What"),
        right("count", ""),
        right("not ended", ""),
        unit("total"),
        unit("p50"),
        unit("p99"),
        unit("max"),
    ];
    Rows { note: "regions and tasks by name; a row leads to its longest".to_owned(), columns, rows }
}
