//! What is under the pointer, in words.

use analysis::model::StringId;
use analysis::model::trace::Transition;
use analysis::timeline::{
    EvidenceKind, Intervals, LaneState, OPEN, PoolRole, StopKind, Window, nanos_words, time_words,
};
use trace_worker::Tip;

use crate::draw::{HEAD_PX, plot_px};
use crate::lanes::{self, Kind};
use crate::markup;
use crate::note::{self, Noted};
use crate::open::Open;
use crate::pin;
use crate::view::View;

/// The pointer catches what is so near.
const NEAR_PX: f64 = 4.0;

/// Words for the place, if it is over the lanes.
pub(crate) fn tip(open: &Open, view: &View, noted: &[Noted], width: f64, (x, y): (f64, f64)) -> Option<Tip> {
    let (left, right) = plot_px(width);
    if let Some(place) = pin::hit(open, view, width, (x, y)) {
        let lines =
            [place.pin.name.clone(), format!("{}; click to see how it came here and to open it", place.pin.kind)];
        return Some(Tip { x, y, markup: markup::tip(&lines) });
    }
    if y < HEAD_PX || x > right {
        return None;
    }
    let kind = lanes::at(open, view, y - HEAD_PX)?;
    if x < left {
        return gutter(open, kind).map(|lines| Tip { x, y, markup: markup::tip(&lines) });
    }
    let time = view.window.time_at((x - left) / (right - left));
    let near = (view.window.nanos() as f64 * NEAR_PX / (right - left)) as i64 + 1;
    let mut lines = of_lane(open, kind, time, near);
    lines.extend(note::at(noted, time));
    if lines.is_empty() {
        return None;
    }
    lines.push(time_words(time - open.bounds().start, view.window.nanos()));
    Some(Tip { x, y, markup: markup::tip(&lines) })
}

fn gutter(open: &Open, kind: Kind) -> Option<Vec<String>> {
    let Kind::Goroutine(at) = kind else { return None };
    let row = open.goroutine(at)?;
    let found = open.survey.roster.get(row)?;
    Some(vec![
        format!("{}, {}", open.goroutine_words(row), open.goroutine_name(row)),
        format!("ran {}, {} events", nanos_words(found.running_nanos), found.events),
    ])
}

fn of_lane(open: &Open, kind: Kind, time: i64, near: i64) -> Vec<String> {
    let (trace, survey) = open.front();
    match kind {
        Kind::Gc | Kind::Purges => stop(open, time, near).unwrap_or_else(|| match survey.collector.cycle_at(time) {
            Some((number, cycle)) => {
                vec![format!("GC {number}, marking"), format!("{} so far", nanos_words(time - cycle.begin))]
            }
            None if kind == Kind::Gc && is_sweeping(open, time) => vec!["sweeping".to_owned()],
            None if kind == Kind::Purges => idle_life(open, time),
            None => Vec::new(),
        }),
        Kind::Heap => {
            let mb = |value: Option<u64>| {
                value.map_or("–".to_owned(), |value| format!("{:.2} MB", value as f64 / 1_048_576.0))
            };
            vec![format!("live {}", mb(trace.heap_live.at(time))), format!("goal {}", mb(trace.heap_goal.at(time)))]
        }
        Kind::Goroutines | Kind::Threads => {
            let window = Window::new(time, time + near);
            let high = |course: &analysis::timeline::Course| {
                course.range_in(window).map_or("–".to_owned(), |range| range.high.to_string())
            };
            let roster = &open.survey.roster;
            vec![
                format!("{} goroutines", high(&survey.roster.alive)),
                format!(
                    "{} run, {} ready, {} in system calls",
                    high(&roster.running),
                    high(&roster.runnable),
                    high(&roster.syscalls)
                ),
            ]
        }
        Kind::Proc(row) => open
            .survey
            .procs
            .lanes()
            .get(row as usize)
            .map_or(Vec::new(), |lane| span(open, lane.at(time), Whose::Executor)),
        Kind::Thread(row) => {
            open.threads().get(row as usize).map_or(Vec::new(), |lane| span(open, lane.at(time), Whose::Executor))
        }
        Kind::Goroutine(row) => goroutine(open, row, time),
        Kind::Pool => {
            let roles = [PoolRole::Get, PoolRole::New, PoolRole::Put, PoolRole::Init];
            let found = roles
                .iter()
                .flat_map(|&role| open.survey.annotations.of_role(role))
                .filter_map(|kind| Some((kind.name, at(&kind.regions, time, near)?)));
            let nearest = found.min_by_key(|(_, region)| (region.0 - time).abs());
            nearest.map_or(Vec::new(), |(name, region)| interval(open, name, region))
        }
        Kind::Evidence => evidence(open, time, near),
        Kind::Region(row) => {
            let kind = open.survey.annotations.kinds.get(row as usize);
            kind.and_then(|kind| Some(interval(open, kind.name, at(&kind.regions, time, near)?))).unwrap_or_default()
        }
        Kind::Tasks => {
            let annotations = &open.survey.annotations;
            let Some(found) = annotations.tasks.before(time + near) else { return Vec::new() };
            let name = annotations.task_rows.get(found.at).map(|row| row.name).unwrap_or_default();
            interval(open, name, (found.begin, found.end))
        }
        Kind::Logs => log(open, time, near),
        Kind::Head(_) => Vec::new(),
    }
}

/// What becomes of an object that is put back at `time` and not taken again: idle until the next purge, victim until the
/// one after (sync/pool.go, `poolCleanup`).
fn idle_life(open: &Open, time: i64) -> Vec<String> {
    let zero = open.bounds().start;
    let mut next = open.front().1.collector.purges().map(|stop| stop.begin).skip_while(|&begin| begin <= time);
    let until = |end: i64| time_words(end - zero, 10_000_000_000);
    let mut lines = vec!["Put back here and not taken again".to_owned()];
    match next.next() {
        Some(first) => {
            lines.push(format!("idle for {}, to the purge at {}", nanos_words(first - time), until(first)));
            lines.push(next.next().map_or("then victim: no second purge in this trace".to_owned(), |second| {
                format!("victim for {}, dropped at {}", nanos_words(second - first), until(second))
            }));
        }
        None => lines.push("idle: no purge follows in this trace".to_owned()),
    }
    lines
}

fn is_sweeping(open: &Open, time: i64) -> bool {
    open.front().1.collector.sweeping.at(time).is_some_and(|span| span.state == LaneState::Sweeping)
}

fn at(regions: &Intervals, time: i64, near: i64) -> Option<(i64, i64)> {
    let found = regions.before(time + near)?;
    (found.end >= time - near).then_some((found.begin, found.end))
}

fn interval(open: &Open, name: StringId, (begin, end): (i64, i64)) -> Vec<String> {
    let events = &open.trace().events;
    let whose = events.get(events.first_at(begin)).and_then(|event| event.context.goroutine);
    let length = if end == OPEN { "not ended".to_owned() } else { nanos_words(end - begin) };
    let name = open.symbols.strings.get(name);
    let mut lines = vec![format!("{name}, {length}")];
    lines.extend(whose.map(|row| format!("{} {}", open.goroutine_words(row), open.goroutine_name(row))));
    lines
}

fn stop(open: &Open, time: i64, near: i64) -> Option<Vec<String>> {
    let (_, survey) = open.front();
    let stops = survey.collector.stops_in(Window::new(time - near, time + near));
    let found = stops.iter().min_by_key(|stop| (stop.begin - time).abs())?;
    let length = if found.end == OPEN { "not ended".to_owned() } else { nanos_words(found.end - found.begin) };
    let reason = open.symbols.strings.get(found.reason);
    let reason = reason.strip_prefix("stop-the-world (").and_then(|rest| rest.strip_suffix(')')).unwrap_or(reason);
    let mut lines = vec![format!("Stop the world, {length}"), reason.to_owned()];
    lines.extend(found.goroutine.map(|row| format!("by {} {}", open.goroutine_words(row), open.goroutine_name(row))));
    if found.kind == StopKind::Purge {
        lines.push("every sync.Pool is purged here".to_owned());
    }
    Some(lines)
}

enum Whose {
    Executor,
    Goroutine,
}

/// What a state is called.
pub(crate) fn state_words(state: LaneState) -> &'static str {
    match state {
        LaneState::Absent => "nothing",
        LaneState::Waiting => "waiting",
        LaneState::Runnable => "ready, waiting for a processor",
        LaneState::Running => "running",
        LaneState::Syscall => "in a system call",
        LaneState::Collecting => "collecting",
        LaneState::Assisting => "helping the collector",
        LaneState::Sweeping => "sweeping",
    }
}

fn span(open: &Open, span: Option<analysis::timeline::Span>, whose: Whose) -> Vec<String> {
    let Some(span) = span.filter(|span| span.state != LaneState::Absent) else { return Vec::new() };
    let end = span.end.min(open.bounds().end);
    let words = match (span.state, &whose) {
        (LaneState::Waiting, Whose::Executor) => "no goroutine",
        (state, _) => state_words(state),
    };
    let mut lines = vec![format!("{words}, {}", nanos_words(end - span.begin))];
    let events = &open.trace().events;
    let Some(event) = events.get(events.first_at(span.begin)).filter(|event| event.time == span.begin) else {
        return lines;
    };
    if let Some(Transition::Goroutine { goroutine, reason, .. }) = event.transition() {
        if matches!(whose, Whose::Executor) && span.state != LaneState::Waiting {
            lines.extend(goroutine.map(|row| format!("{} {}", open.goroutine_words(row), open.goroutine_name(row))));
        }
        let reason = open.symbols.strings.get(reason);
        if !reason.is_empty() {
            lines.push(reason.to_owned());
        }
    }
    if let Some(stack) = event.stack() {
        lines.extend(open.frames(stack).find(|name| !name.starts_with("runtime.")).map(|name| format!("in {name}")));
    }
    lines
}

fn goroutine(open: &Open, row: u32, time: i64) -> Vec<String> {
    let Some(goroutine) = open.goroutine(row) else { return Vec::new() };
    let mut lines = open.lane(row).map_or(Vec::new(), |lane| span(open, lane.at(time), Whose::Goroutine));
    if !lines.is_empty() {
        lines.insert(1, format!("{} {}", open.goroutine_words(goroutine), open.goroutine_name(goroutine)));
    }
    lines
}

/// What evidence is called.
pub(crate) fn evidence_words(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::PinSlow => "blocked in pinSlow",
        EvidenceKind::BlockedInGet => "blocked inside Get",
        EvidenceKind::BlockedInPut => "blocked inside Put",
        EvidenceKind::AssistInGet => "helped the collector inside Get",
        EvidenceKind::NewUnderGet => "New under Get",
        EvidenceKind::InGet => "inside Get",
    }
}

fn evidence(open: &Open, time: i64, near: i64) -> Vec<String> {
    let all = &open.survey.evidence.all;
    let before = all.partition_point(|evidence| evidence.begin <= time + near);
    let Some(found) = before.checked_sub(1).and_then(|at| all.get(at)) else { return Vec::new() };
    if found.end < time - near {
        return Vec::new();
    }
    let length = if found.end > found.begin && found.end != OPEN {
        format!(", {}", nanos_words(found.end - found.begin))
    } else {
        String::new()
    };
    let mut lines = vec![format!("{}{length}", evidence_words(found.kind))];
    lines.push(format!("{} {}", open.goroutine_words(found.goroutine), open.goroutine_name(found.goroutine)));
    lines.extend(open.frames(found.stack).find(|name| !name.starts_with("runtime.")).map(|name| format!("in {name}")));
    lines
}

fn log(open: &Open, time: i64, near: i64) -> Vec<String> {
    let logs = &open.survey.annotations.logs;
    let before = logs.partition_point(|&other| other <= time + near);
    let Some(&found) = before.checked_sub(1).and_then(|at| logs.get(at)).filter(|&&found| found >= time - near) else {
        return Vec::new();
    };
    let events = &open.trace().events;
    let Some(event) = events.get(events.first_at(found)) else { return Vec::new() };
    let text = |id: Option<StringId>| id.map_or("", |id| open.symbols.strings.get(id)).to_owned();
    let category = text(event.resource().map(|resource| resource.name));
    let mut lines = vec![text(event.message()), category];
    lines.retain(|line| !line.is_empty());
    lines
}
