//! Pauses: by reason, and one by one.

use std::collections::BTreeMap;

use analysis::order::sort_by_key;
use analysis::timeline::{OPEN, Stop, Window};
use analysis::trace_summary::Durations;

use super::{Rows, anchors, left, micros, number, right, text, titled};
use crate::markup::Part;
use crate::open::Open;

pub(super) fn stops(open: &Open, scope: Window) -> Vec<Part> {
    vec![titled("stop-reasons", by_reason(open, scope)), titled("trace-table", anchors::stops(open, scope))]
}

fn by_reason(open: &Open, scope: Window) -> Rows {
    let (_, survey) = open.front();
    let mut reasons: BTreeMap<&str, (Durations, Option<Stop>)> = BTreeMap::new();
    for stop in survey.collector.stops_in(scope).iter().filter(|stop| stop.end != OPEN) {
        let length = |stop: &Stop| stop.end - stop.begin;
        let (lengths, longest) = reasons.entry(anchors::reason(open, stop)).or_default();
        lengths.push(length(stop));
        if longest.is_none_or(|other| length(&other) < length(stop)) {
            *longest = Some(*stop);
        }
    }
    let mut rows: Vec<_> = reasons
        .into_iter()
        .map(|(reason, (lengths, longest))| {
            let spread = lengths.distribution();
            let cells = vec![
                text(reason),
                number(spread.count as u64),
                micros(spread.total_ns),
                micros(spread.p50_ns),
                micros(spread.p99_ns),
                micros(spread.max_ns),
            ];
            (spread.total_ns, cells, longest.and_then(|stop| anchors::go(stop.begin, stop.end, None)))
        })
        .collect();
    sort_by_key(&mut rows, |&(total, ..)| std::cmp::Reverse(total));
    let unit = |title| right(title, "µs");
    let columns = vec![left("Why"), right("count", ""), unit("total"), unit("p50"), unit("p99"), unit("max")];
    Rows {
        note: "reasons to stop the world; a row leads to its longest stop".to_owned(),
        columns,
        rows: rows.into_iter().map(|(_, cells, go)| (cells, go)).collect(),
    }
}
