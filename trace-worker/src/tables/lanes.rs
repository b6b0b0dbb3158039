//! The canvas as a table: every lane in sight of the window, with what it holds.

use analysis::timeline::{LaneState, PoolRole, STATES, Spans, Window};
use trace_worker::Go;

use super::{Rows, left, micros, number, right, text};
use crate::lanes::{Head, Kind, in_sight, words};
use crate::open::Open;
use crate::view::View;

/// Lanes that are told, at most: the busiest come first on the canvas too.
const MOST_LANES: usize = 400;

pub(super) fn lanes(open: &mut Open, view: &View) -> Rows {
    let window = view.window;
    let (mut lanes, _) = in_sight(open, view, 0.0, f64::INFINITY);
    lanes.truncate(MOST_LANES);
    let wanted: Vec<_> = lanes
        .iter()
        .filter_map(|lane| if let Kind::Goroutine(at) = lane.kind { open.goroutine(at) } else { None })
        .collect();
    open.make_lanes(&wanted, u64::MAX / 2);
    let states = |lane: Option<&Spans>| lane.map_or([0; STATES], |lane| lane.times_in(window));
    let mut group = String::new();
    let mut rows = Vec::new();
    for lane in &lanes {
        let (name, _) = words(open, lane.kind);
        let name = name.trim().to_owned();
        let (count, times) = match lane.kind {
            Kind::Head(head) => {
                group = if matches!(head, Head::Group(_)) { name } else { String::new() };
                continue;
            }
            Kind::Gc => (open.front().1.collector.stops_in(window).len(), [0; STATES]),
            Kind::Purges => (
                open.front()
                    .1
                    .collector
                    .purges()
                    .filter(|stop| window.start <= stop.begin && stop.begin < window.end)
                    .count(),
                [0; STATES],
            ),
            Kind::Heap => (inside(&open.front().0.heap_live.times, window), [0; STATES]),
            Kind::Goroutines | Kind::Threads => continue,
            Kind::Pool => {
                let gets = open.survey.annotations.of_role(PoolRole::Get);
                (gets.map(|kind| kind.regions.count_in(window)).sum(), [0; STATES])
            }
            Kind::Evidence => (
                open.survey
                    .evidence
                    .all
                    .iter()
                    .filter(|evidence| window.start <= evidence.begin && evidence.begin < window.end)
                    .count(),
                [0; STATES],
            ),
            Kind::Region(at) => (
                open.survey.annotations.kinds.get(at as usize).map_or(0, |kind| kind.regions.count_in(window)),
                [0; STATES],
            ),
            Kind::Tasks => (open.survey.annotations.tasks.count_in(window), [0; STATES]),
            Kind::Logs => (inside(&open.survey.annotations.logs, window), [0; STATES]),
            Kind::Proc(at) => {
                let lane = open.survey.procs.lanes().get(at as usize);
                (lane.map_or(0, |lane| lane.count_in(window)), states(lane))
            }
            Kind::Thread(at) => {
                let lane = open.threads().get(at as usize);
                (lane.map_or(0, |lane| lane.count_in(window)), states(lane))
            }
            Kind::Goroutine(at) => {
                let lane = open.lane(at);
                (lane.map_or(0, |lane| lane.count_in(window)), states(lane))
            }
        };
        let go = match lane.kind {
            Kind::Goroutine(at) => Some(Go { select: None, goroutine: Some(at) }),
            _ => None,
        };
        let began = if go.is_some() { group.clone() } else { String::new() };
        let time = |state: LaneState| micros(times.get(state as usize).copied().unwrap_or(0));
        let cells = vec![
            text(name),
            text(began),
            number(count as u64),
            time(LaneState::Running),
            time(LaneState::Runnable),
            time(LaneState::Syscall),
            time(LaneState::Waiting),
            time(LaneState::Collecting),
        ];
        rows.push((cells, go));
    }
    let unit = |title| right(title, "µs");
    let columns = vec![
        left("Lane"),
        left("Began with"),
        right("things in it", ""),
        unit("running"),
        unit("ready"),
        unit("system call"),
        unit("waiting"),
        unit("collecting"),
    ];
    Rows { note: "what the lanes show in this window".to_owned(), columns, rows }
}

fn inside(times: &[i64], window: Window) -> usize {
    times.partition_point(|&time| time < window.end) - times.partition_point(|&time| time < window.start)
}
