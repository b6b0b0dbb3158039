//! Goroutines by the function that they began with.

use analysis::timeline::Window;
use analysis::trace_tables::{Activity, GoroutineGroup, goroutine_groups};
use trace_worker::Go;

use super::{Rows, left, micros, number, range, right, text, titled};
use crate::markup::Part;
use crate::open::Open;

pub(super) fn goroutines(open: &mut Open, scope: Window) -> Vec<Part> {
    let range = range(open, scope);
    let summary = open.spent_in(range);
    let open = &*open;
    let groups = goroutine_groups(&open.symbols, &summary);
    vec![titled("trace-table", sums(open, &groups)), titled("goroutine-spread", spread(open, &groups))]
}

fn name<'a>(open: &'a Open, group: &GoroutineGroup) -> &'a str {
    group.name.map_or("start not known", |name| open.symbols.strings.get(name))
}

fn pick(goroutine: u32) -> Option<Go> {
    Some(Go { select: None, goroutine: Some(goroutine) })
}

fn activity_words(open: &Open, activity: Activity) -> String {
    match activity {
        Activity::Execution => "execution".to_owned(),
        Activity::SchedWait => "waiting for P".to_owned(),
        Activity::Syscall => "system calls".to_owned(),
        Activity::Block(reason) => match open.symbols.strings.get(reason) {
            "" => "blocked: reason not said".to_owned(),
            reason => format!("blocked: {reason}"),
        },
        Activity::Assist => "GC assist".to_owned(),
    }
}

fn is_block(activity: Activity) -> bool {
    matches!(activity, Activity::Block(_))
}

/// What each group spent in all.
fn sums(open: &Open, groups: &[GoroutineGroup]) -> Rows {
    let row = |group: &GoroutineGroup| {
        let total = |wanted: Activity| group.total_ns(|activity| activity == wanted);
        let blocked = group.total_ns(is_block);
        let most = group.uses.iter().filter(|used| is_block(used.activity)).max_by_key(|used| used.spent.total_ns);
        let most = most.map_or(String::new(), |used| {
            let share = used.spent.total_ns as f64 / blocked.max(1) as f64 * 100.0;
            format!("{} {share:.0}%", activity_words(open, used.activity).trim_start_matches("blocked: "))
        });
        let cells = vec![
            text(name(open, group)),
            number(group.count as u64),
            micros(total(Activity::Execution)),
            micros(total(Activity::SchedWait)),
            micros(total(Activity::Syscall)),
            micros(total(Activity::Assist)),
            micros(blocked),
            text(most),
        ];
        (cells, pick(group.busiest))
    };
    let unit = |title| right(title, "µs");
    let columns = vec![
        left("Began with"),
        right("goroutines", ""),
        unit("execution"),
        unit("waiting for P"),
        unit("system calls"),
        unit("GC assist"),
        unit("blocked"),
        left("mostly by"),
    ];
    Rows {
        note:
            "start functions, with the time of all their goroutines together; a row leads to the one that ran longest"
                .to_owned(),
        columns,
        rows: groups.iter().map(row).collect(),
    }
}

/// How each use of time is spread over the goroutines of a group.
fn spread(open: &Open, groups: &[GoroutineGroup]) -> Rows {
    let mut rows = Vec::new();
    for group in groups {
        for used in &group.uses {
            let spent = used.spent;
            let cells = vec![
                text(name(open, group)),
                text(activity_words(open, used.activity)),
                number(spent.count as u64),
                micros(spent.total_ns),
                micros(spent.p50_ns),
                micros(spent.p99_ns),
                micros(spent.max_ns),
            ];
            rows.push((cells, pick(used.most)));
        }
    }
    let unit = |title| right(title, "µs");
    let columns = vec![
        left("Began with"),
        left("Spent on"),
        right("goroutines", ""),
        unit("total"),
        unit("p50"),
        unit("p99"),
        unit("max"),
    ];
    Rows {
        note: "uses of time, as they are spread over goroutines; a row leads to the goroutine that spent most"
            .to_owned(),
        columns,
        rows,
    }
}
