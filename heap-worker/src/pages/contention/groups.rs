//! Groups of goroutines and threads: how many, in which state, where, how long, and how that went over snapshots.

use std::fmt::Write;

use analysis::markup::escaped;
use analysis::query::{ContentionAnswer, PopulationRow, WaitingGroup};
use analysis::words::{number, seconds};

use super::super::Here;
use super::super::table::{Cell, Column, Row, Table};

/// Groups shown; a process with more has thousands of places.
const MOST: usize = 200;
/// Of the spark line, in pixels.
const WIDTH: f64 = 76.0;
const HEIGHT: f64 = 18.0;

/// A section for each population.
pub(super) fn sections(answer: &ContentionAnswer, here: &Here, out: &mut String) {
    let picked = answer.group.as_ref().map_or("", |group| group.row.pick.as_str());
    for (at, population) in answer.populations.iter().enumerate() {
        section(population, at, here, picked, out);
    }
}

fn section(population: &PopulationRow, at: usize, here: &Here, picked: &str, out: &mut String) {
    let total = population.moments.last().map_or(0, |moment| moment.total);
    let over = match population.moments.len() {
        0 | 1 => "one snapshot: growth is not told".to_owned(),
        snapshots => {
            let first = population.moments.first().map_or(0, |moment| moment.total);
            let took = population.seconds.map_or(String::new(), |s| format!(" in {}", seconds(s)));
            format!("{} → {} over {snapshots} snapshots{took}", number(first), number(total))
        }
    };
    let _ = write!(
        out,
        "<section class=\"sec\"><div class=\"hd\"><h2>{}</h2><span class=\"dim\">{} in {} groups of one state and stack · {over}</span></div>",
        escaped(&population.title),
        number(total),
        population.groups.iter().filter(|group| last(group) > 0).count()
    );
    let most = population.groups.iter().map(last).max().unwrap_or(0).max(1) as f64;
    let longest = population.groups.iter().filter_map(|group| group.wait_minutes).max().unwrap_or(0).max(1);
    let is_series = population.moments.len() > 1;
    let has_waits = population.groups.iter().any(|group| group.wait_minutes.is_some());
    let has_created = population.groups.iter().any(|group| !group.created.is_empty());
    let column = |title, about, is_left| Column { title, about, is_left };
    let mut columns = vec![
        column("Where", "The innermost function of the program’s own; the whole stack is at the side", true),
        column("State", "What it waits for, in the words of Go’s dumps; – where the form does not tell", true),
        column("Now", "How many in the last snapshot", false),
    ];
    if is_series {
        columns.push(column("Change", "From the first to the last snapshot", false));
        columns.push(column("Over snapshots", "How many in each snapshot, from zero", true));
    }
    if has_waits {
        columns.push(column("Longest wait", "As the last dump tells, in minutes", false));
    }
    if has_created {
        columns.push(column("Started at", "Where the go statement stands", true));
    }
    let rows = population.groups.iter().map(|group| {
        let mut cells = vec![
            place(group, here),
            Cell::text(if group.state.is_empty() { "–" } else { group.state.as_str() }).drawn(leaked(group)),
            Cell::number(last(group) as f64, number(last(group))).bar(last(group) as f64 / most),
        ];
        if is_series {
            cells.push(change(group));
            cells.push(Cell::default().drawn(spark(&group.counts)));
        }
        if has_waits {
            cells.push(group.wait_minutes.map_or_else(
                || Cell::text("–").title("Under a minute, or not told"),
                |minutes| {
                    Cell::number(f64::from(minutes), format!("{minutes} min"))
                        .bar(f64::from(minutes) / f64::from(longest))
                },
            ));
        }
        if has_created {
            cells.push(Cell::text(group.created.clone()));
        }
        Row { cells, is_on: group.pick == picked }
    });
    Table {
        id: ["groups", "groups-2", "groups-3", "groups-4"].get(at).copied().unwrap_or("groups-5"),
        label: population.title.clone(),
        columns,
        rows: rows.collect(),
        sorted: None,
        most: MOST,
    }
    .write(here, out);
    if population.passing > 0 {
        let _ = write!(
            out,
            "<p class=\"pad dim xs passing\">{} groups that stood in single snapshots, and are gone, are left out.</p>",
            number(population.passing)
        );
    }
    out.push_str("</section>");
}

fn last(group: &WaitingGroup) -> u64 {
    group.counts.last().copied().unwrap_or(0).max(group.leaked)
}

fn place(group: &WaitingGroup, here: &Here) -> Cell {
    let mark = match (group.is_in_pool, group.is_system) {
        (true, _) => "<span class=\"tag\">pool</span>",
        (_, true) => "<span class=\"tag\">runtime</span>",
        _ => "",
    };
    let name = if group.function.is_empty() { "no frames" } else { &group.function };
    Cell::text(name)
        .to(here.with(&[("pick", &group.pick)]))
        .drawn(format!("<small>{}</small>{mark}", escaped(&group.place)))
        .title(name)
}

fn leaked(group: &WaitingGroup) -> String {
    if group.leaked == 0 {
        return String::new();
    }
    format!(
        "<span class=\"tag bad\" title=\"The runtime found that they can never run again\">{} leaked</span>",
        number(group.leaked)
    )
}

fn change(group: &WaitingGroup) -> Cell {
    let first = group.counts.first().copied().unwrap_or(0) as f64;
    let delta = group.counts.last().copied().unwrap_or(0) as f64 - first;
    let text = match delta {
        d if d > 0.0 => format!("▲ +{}", number(d as u64)),
        d if d < 0.0 => format!("▼ −{}", number(-d as u64)),
        _ => "=".to_owned(),
    };
    Cell::number(delta, text)
}

/// The course as a line from zero, with a dot at its end.
fn spark(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = (WIDTH - 4.0) / (counts.len().saturating_sub(1).max(1)) as f64;
    let point =
        |(at, &count): (usize, &u64)| (1.0 + at as f64 * step, HEIGHT - 3.0 - count as f64 / most * (HEIGHT - 6.0));
    let points: Vec<(f64, f64)> = counts.iter().enumerate().map(point).collect();
    let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let (x, y) = points.last().copied().unwrap_or((0.0, HEIGHT));
    let words: Vec<String> = counts.iter().map(|&count| number(count)).collect();
    format!(
        "<svg class=\"spark\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{0}\"><title>{0}</title><path class=\"base\" d=\"M0 {1}.5H{WIDTH}\"/><polyline points=\"{2}\"/><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2\"/></svg>",
        words.join(", "),
        HEIGHT as u32 - 3,
        line.join(" ")
    )
}
