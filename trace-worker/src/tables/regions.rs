//! Regions and tasks that the program marked, by name.

use std::collections::BTreeMap;

use analysis::model::StringId;
use analysis::order::sort_by_key;
use analysis::timeline::Window;
use analysis::trace_summary::{Distribution, RegionGroup, Summary, summarize};
use trace_worker::Go;

use super::{Rows, left, micros, number, range, right, text, titled};
use crate::markup::{Cell, Column, Part};
use crate::open::Open;

pub(super) fn regions(open: &Open, scope: Window) -> Vec<Part> {
    let summary = summarize(open.trace(), &open.symbols, range(open, scope));
    let (regions, tasks) = (region_rows(open, &summary), task_rows(open, &summary, scope));
    if regions.rows.is_empty() && tasks.rows.is_empty() {
        return vec![Part::Words(
            "The program marked no region and no task here. runtime/trace has both: trace.WithRegion(ctx, \"pool.Get\", f) for \
             a piece of one goroutine's work, trace.NewTask(ctx, \"request\") for work that goes over several."
                .to_owned(),
        )];
    }
    vec![titled("trace-table", regions), titled("task-table", tasks)]
}

fn name(open: &Open, name: StringId) -> String {
    match open.symbols.strings.get(name) {
        "" => "no name".to_owned(),
        name => name.to_owned(),
    }
}

fn lengths(spread: &Distribution, unfinished: usize) -> [Cell; 6] {
    [
        number(spread.count as u64),
        number(unfinished as u64),
        micros(spread.total_ns),
        micros(spread.p50_ns),
        micros(spread.p99_ns),
        micros(spread.max_ns),
    ]
}

fn unit(title: &'static str) -> Column {
    right(title, "µs")
}

fn length_columns() -> [Column; 6] {
    [right("count", ""), right("open", ""), unit("total"), unit("p50"), unit("p99"), unit("max")]
}

/// The longest in all first.
fn sorted(mut rows: Vec<(i64, Vec<Cell>, Option<Go>)>) -> Vec<(Vec<Cell>, Option<Go>)> {
    sort_by_key(&mut rows, |&(total, ..)| std::cmp::Reverse(total));
    rows.into_iter().map(|(_, cells, go)| (cells, go)).collect()
}

fn region_rows(open: &Open, summary: &Summary) -> Rows {
    let row = |group: &RegionGroup| {
        let (spread, spent) = (&group.durations, &group.spent);
        let mut cells = vec![text(name(open, group.name?))];
        cells.extend(lengths(spread, group.incomplete));
        let rest = [
            spent.exec_ns,
            spent.sched_wait_ns,
            spent.block_ns,
            spent.syscall_ns + spent.syscall_block_ns,
            spent.assist_ns,
        ];
        cells.extend(rest.map(micros));
        let go = group.slowest.first().map(|slow| Go {
            select: Some(Window::new(slow.start, slow.end)),
            goroutine: Some(slow.goroutine.index() as u32),
        });
        Some((spread.total_ns, cells, go))
    };
    let mut columns = vec![left("Region")];
    columns.extend(length_columns());
    let rest = ["running", "waiting for P", "blocked", "system calls", "GC assist"];
    columns.extend(rest.map(unit));
    Rows {
        note: "regions by name, with what their goroutines did meanwhile; a row leads to its longest".to_owned(),
        columns,
        rows: sorted(summary.regions.iter().filter_map(row).collect()),
    }
}

fn task_rows(open: &Open, summary: &Summary, scope: Window) -> Rows {
    let range = range(open, scope);
    // Of each name the longest.
    let mut longest: BTreeMap<Option<StringId>, (i64, i64)> = BTreeMap::new();
    for (_, task) in summary.tasks.iter() {
        let (Some(start), Some(end)) = (task.start, task.end) else { continue };
        let slot = longest.entry(task.name).or_insert((start, end));
        if start < range.end && end >= range.start && end - start > slot.1 - slot.0 {
            *slot = (start, end);
        }
    }
    let rows = summary.tasks.groups(&range).into_iter().filter_map(|group| {
        let mut cells = vec![text(name(open, group.name?))];
        cells.extend(lengths(&group.durations, group.incomplete));
        cells.push(number(group.logs));
        let go = longest.get(&group.name).map(|&(start, end)| {
            let goroutine = open.trace().events.get(open.trace().events.first_at(start));
            let goroutine = goroutine.and_then(|event| event.context.goroutine).map(|row| row.index() as u32);
            Go { select: Some(Window::new(start, end)), goroutine }
        });
        Some((group.durations.total_ns, cells, go))
    });
    let mut columns = vec![left("Task")];
    columns.extend(length_columns());
    columns.push(right("logs", ""));
    Rows { note: "tasks by type; a row leads to its longest".to_owned(), columns, rows: sorted(rows.collect()) }
}
