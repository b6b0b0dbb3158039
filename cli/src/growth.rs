//! `poolscope growth`: where every function goes over the snapshots.

use std::error::Error;
use std::io::Write;

use analysis::growth::{Growth, HeapColumns, Scope};
use analysis::lens::Lens;
use analysis::measurement::label;
use analysis::projection::NodeId;
use analysis::query::kind_name;
use analysis::session::Session;
use serde::Serialize;

use crate::lens_args::LensArgs;
use crate::{Outcome, input};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    lens: LensArgs,
    /// How many rows of text; 0 is all
    #[arg(long, value_name = "N", default_value_t = 20)]
    nodecount: usize,
    /// Print JSON, all rows
    #[arg(long)]
    json: bool,
    /// Two snapshots of one kind or more; they are put in order of time
    #[arg(required = true, num_args = 2.., value_name = "FILE")]
    files: Vec<String>,
}

#[derive(Serialize)]
struct Report {
    kind: &'static str,
    sample_type: String,
    unit: String,
    has_times: bool,
    snapshots: Vec<Snapshot>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Snapshot {
    file: String,
    seconds: f64,
    /// It holds the same numbers as the one before: no collection ended in between.
    repeats: bool,
    total: i64,
}

#[derive(Serialize)]
struct Row {
    name: String,
    /// Own value in each snapshot.
    flat: Vec<i64>,
    /// 95 % intervals of them.
    intervals: Vec<[f64; 2]>,
    delta: i64,
    significant: bool,
    /// Theil–Sen, per second (per snapshot without times).
    slope: f64,
    /// Kendall's tau.
    tau: f64,
    /// Mann–Kendall.
    p: f64,
    /// Of the whole's change.
    share: f64,
    /// Δ in use over Δ allocated; heaps only.
    survival: Option<f64>,
    /// In use over the rate of allocation, in seconds; heaps only.
    mean_age_seconds: Option<f64>,
    /// Theil–Sen of the mean age, seconds per second: 1 where nothing is ever freed.
    mean_age_slope: Option<f64>,
    /// Mean size of an object in use, first and last; heaps only.
    mean_size: Option<[f64; 2]>,
    /// Theil–Sen of the mean size, bytes per second (per snapshot without times).
    mean_size_slope: Option<f64>,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let mut session = Session::default();
    let ids = input::open_all(&mut session, &args.files)?;
    let mut kinds: Vec<_> = ids.iter().filter_map(|&id| Some(session.profile(id)?.kind)).collect();
    kinds.dedup();
    let [kind] = kinds.as_slice() else {
        let names: Vec<_> = kinds.iter().map(|&kind| kind_name(kind)).collect();
        return Err(format!("Growth is over snapshots of one kind; these are {}.", names.join(", ")).into());
    };
    let lens = Lens {
        filter: args.lens.filter(),
        granularity: args.lens.granularity(),
        no_inlines: args.lens.noinlines,
        ..Lens::default()
    };
    let growth = Growth::new(&session, *kind, &lens)?;
    let last = growth.series.distinct().last().unwrap_or(0);
    let selection =
        growth.measured.get(last).map(|measured| &measured.selection).ok_or("There is nothing to compare.")?;
    let column = match &args.lens.sample_index {
        Some(name) => {
            selection.type_named(&session.symbols, name).ok_or(format!("There is no sample type {name} here."))?
        }
        None => selection.default_type,
    };
    let nodes = growth.projection.iter().map(|(node, _)| node);
    let mut rows: Vec<Row> = nodes.filter_map(|node| row(&session, &growth, node, column, last)).collect();
    rows.sort_by_cached_key(|row| (!row.significant, std::cmp::Reverse(row.delta.unsigned_abs()), row.name.clone()));
    let text_of = |id| session.symbols.strings.get(id).to_owned();
    let label = selection.sample_types.get(column);
    let snapshots = growth.series.snapshots.iter().enumerate().map(|(at, snapshot)| Snapshot {
        file: session.source(snapshot.source).map_or(String::new(), |source| source.name.clone()),
        seconds: snapshot.at_seconds,
        repeats: snapshot.repeats,
        total: growth.total(at, column),
    });
    let report = Report {
        kind: kind_name(*kind),
        sample_type: label.map_or(String::new(), |t| text_of(t.name)),
        unit: label.map_or(String::new(), |t| text_of(t.unit)),
        has_times: growth.series.has_times(),
        snapshots: snapshots.collect(),
        rows,
    };
    let mut out = std::io::BufWriter::new(crate::screen::stdout());
    if args.json {
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
    } else {
        text(&mut out, &report, args.nodecount)?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

fn row(session: &Session, growth: &Growth, node: NodeId, column: usize, last: usize) -> Option<Row> {
    let flat = growth.values(node, column, Scope::Flat);
    if flat.iter().all(|&value| value == 0) {
        return None;
    }
    let first = growth.series.distinct().next().unwrap_or(0);
    let delta = growth.delta(first, last, node, column, Scope::Flat);
    let trend = growth.trend(node, column, Scope::Flat);
    let total = growth.total(last, column) - growth.total(first, column);
    let interval = |at: usize| {
        let interval = growth.interval(at, node, column, Scope::Flat);
        [interval.low, interval.high]
    };
    let value = |at: usize, column: usize| growth.value(at, node, column, Scope::Flat) as f64;
    let grown = |pick: fn(&HeapColumns) -> Option<usize>| {
        growth.heap.and_then(|heap| pick(&heap)).map(|at| value(last, at) - value(first, at))
    };
    let allocated = grown(|heap| heap.alloc_space).filter(|&allocated| allocated > 0.0);
    let ages = growth.mean_ages(node, Scope::Flat);
    let sizes = growth.mean_sizes(node, Scope::Flat);
    Some(Row {
        name: growth.projection.name(&session.symbols, node),
        intervals: (0..flat.len()).map(interval).collect(),
        flat,
        delta: delta.value,
        significant: delta.is_significant(),
        slope: trend.map_or(0.0, |trend| trend.slope),
        tau: trend.map_or(0.0, |trend| trend.tau),
        p: trend.map_or(1.0, |trend| trend.p),
        share: if total == 0 { 0.0 } else { delta.value as f64 / total as f64 },
        survival: grown(|heap| Some(heap.inuse_space)).zip(allocated).map(|(kept, allocated)| kept / allocated),
        mean_age_seconds: ages.last(),
        mean_age_slope: ages.trend().map(|trend| trend.slope),
        mean_size: sizes.values.first().zip(sizes.last()).map(|(&first, last)| [first, last]),
        mean_size_slope: sizes.trend().map(|trend| trend.slope),
    })
}

fn text(out: &mut impl Write, report: &Report, count: usize) -> std::io::Result<()> {
    let distinct = report.snapshots.iter().filter(|snapshot| !snapshot.repeats).count();
    writeln!(
        out,
        "{} snapshots of a {}, {distinct} of them measurements of their own; {}",
        report.snapshots.len(),
        report.kind,
        report.sample_type
    )?;
    let totals: Vec<String> = report.snapshots.iter().map(|s| label(s.total, &report.unit, "auto")).collect();
    writeln!(out, "Total: {}", totals.join(" → "))?;
    let per = if report.has_times { "slope/s" } else { "slope" };
    writeln!(out, "{:>11} {:>11} {:>11} {:>6} {:>7} {:>8}  function", "flat", "Δ", per, "p", "share", "survival")?;
    let count = if count == 0 { usize::MAX } else { count };
    for row in report.rows.iter().take(count) {
        let show = |number: i64| label(number, &report.unit, "auto");
        writeln!(
            out,
            "{:>11} {:>11} {:>11} {:>6.3} {:>6.1}% {:>8}  {}{}",
            show(row.flat.last().copied().unwrap_or(0)),
            show(row.delta),
            show(row.slope as i64),
            row.p,
            row.share * 100.0,
            row.survival.map_or("–".to_owned(), |survival| format!("{survival:.2}")),
            row.name,
            if row.significant || row.delta == 0 { "" } else { " (noise)" }
        )?;
    }
    Ok(())
}
