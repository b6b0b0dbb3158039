//! `poolscope diff`: two snapshots side by side, with rates, intervals and what is noise.

use std::error::Error;
use std::io::Write;

use analysis::growth::{Growth, Scope};
use analysis::lens::{Base, Lens};
use analysis::measurement::label;
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
    /// The earlier profile
    base_file: String,
    /// The later profile
    current_file: String,
}

#[derive(Serialize)]
struct Report {
    base: String,
    current: String,
    /// Between the captures; absent when the files do not say.
    seconds: Option<f64>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    /// new, gone, grew, shrank or same, in the type sorted by.
    change: &'static str,
    values: Vec<Value>,
}

/// One sample type of a row.
#[derive(Serialize)]
struct Value {
    #[serde(rename = "type")]
    sample_type: String,
    unit: String,
    flat: Pair,
    cum: Pair,
}

#[derive(Serialize)]
struct Pair {
    base: i64,
    current: i64,
    delta: i64,
    per_second: Option<f64>,
    /// Current over base; absent when the base is 0.
    ratio: Option<f64>,
    /// 95 % interval of the delta.
    low: f64,
    high: f64,
    significant: bool,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let mut session = Session::default();
    let ids = input::open_all(&mut session, &[args.base_file.clone(), args.current_file.clone()])?;
    let (Some(&base), Some(&current)) = (ids.first(), ids.get(1)) else {
        return Err("Two profiles are needed.".into());
    };
    let kind = |id| session.profile(id).map(|profile| profile.kind);
    let (Some(kind), Some(other)) = (kind(current), kind(base)) else { return Err("Two profiles are needed.".into()) };
    if kind != other {
        let (a, b) = (analysis::query::kind_name(other), analysis::query::kind_name(kind));
        return Err(format!("A {a} and a {b} cannot be compared.").into());
    }
    let lens = Lens {
        base: Base::Base(base),
        current: Some(current),
        filter: args.lens.filter(),
        granularity: args.lens.granularity(),
        no_inlines: args.lens.noinlines,
        ..Lens::default()
    };
    let growth = Growth::new(&session, kind, &lens)?;
    let (Some(from), Some(to)) = (growth.series.position(base), growth.series.position(current)) else {
        return Err("The profiles could not be put in order.".into());
    };
    let selection =
        growth.measured.get(to).map(|measured| &measured.selection).ok_or("There is nothing to compare.")?;
    let column = match &args.lens.sample_index {
        Some(name) => {
            selection.type_named(&session.symbols, name).ok_or(format!("There is no sample type {name} here."))?
        }
        None => selection.default_type,
    };
    // The files may be given in the wrong order; what was asked for is base to current all the same.
    let seconds =
        growth.series.seconds(from.min(to), from.max(to)).map(|seconds| if from <= to { seconds } else { -seconds });
    let types = &selection.sample_types;
    let pair = |node, column, scope| {
        let delta = growth.delta(from, to, node, column, scope);
        let (base, current) = (growth.value(from, node, column, scope), growth.value(to, node, column, scope));
        let half = 1.959_964 * delta.error;
        Pair {
            base,
            current,
            delta: delta.value,
            per_second: seconds.map(|seconds| delta.value as f64 / seconds),
            ratio: (base != 0).then(|| current as f64 / base as f64),
            low: delta.value as f64 - half,
            high: delta.value as f64 + half,
            significant: delta.is_significant(),
        }
    };
    let mut rows: Vec<Row> = growth
        .projection
        .iter()
        .map(|(node, _)| {
            let value = |(at, t): (usize, &analysis::model::SampleType)| Value {
                sample_type: session.symbols.strings.get(t.name).to_owned(),
                unit: session.symbols.strings.get(t.unit).to_owned(),
                flat: pair(node, at, Scope::Flat),
                cum: pair(node, at, Scope::Cum),
            };
            let values: Vec<Value> = types.iter().enumerate().map(value).collect();
            let change = values.get(column).map_or("same", |value| word(&value.cum));
            Row { name: growth.projection.name(&session.symbols, node), change, values }
        })
        .filter(|row| row.values.iter().any(|value| value.cum.base != 0 || value.cum.current != 0))
        .collect();
    // Noise never stands above what is sure.
    rows.sort_by_cached_key(|row| {
        let flat = row.values.get(column).map(|value| &value.flat);
        let sure = flat.is_some_and(|flat| flat.significant);
        (!sure, std::cmp::Reverse(flat.map_or(0, |flat| flat.delta.unsigned_abs())), row.name.clone())
    });
    let report = Report {
        base: input::name_of(&args.base_file).to_owned(),
        current: input::name_of(&args.current_file).to_owned(),
        seconds,
        rows,
    };
    let mut out = std::io::BufWriter::new(crate::screen::stdout());
    if args.json {
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
    } else {
        text(&mut out, &report, column, args.nodecount)?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

fn word(pair: &Pair) -> &'static str {
    match (pair.base, pair.current) {
        (0, 0) => "same",
        (0, _) => "new",
        (_, 0) => "gone",
        (base, current) if current > base => "grew",
        (base, current) if current < base => "shrank",
        _ => "same",
    }
}

fn text(out: &mut impl Write, report: &Report, column: usize, count: usize) -> std::io::Result<()> {
    let took = report.seconds.map_or(String::new(), |seconds| format!(" in {seconds:.1} s"));
    let name =
        report.rows.first().and_then(|row| row.values.get(column)).map_or("", |value| value.sample_type.as_str());
    writeln!(out, "{} → {}{took}, {name}", report.base, report.current)?;
    writeln!(out, "{:>11} {:>11} {:>12} {:>11}  {:<7} function", "flat", "Δ flat", "± (95%)", "Δ cum", "")?;
    let count = if count == 0 { usize::MAX } else { count };
    for row in report.rows.iter().take(count) {
        let Some(value) = row.values.get(column) else { continue };
        let show = |number: i64| label(number, &value.unit, "auto");
        let noise = if value.flat.significant || value.flat.delta == 0 { "" } else { " (noise)" };
        writeln!(
            out,
            "{:>11} {:>11} {:>12} {:>11}  {:<7} {}{noise}",
            show(value.flat.current),
            show(value.flat.delta),
            show(((value.flat.high - value.flat.low) / 2.0) as i64),
            show(value.cum.delta),
            row.change,
            row.name
        )?;
    }
    Ok(())
}
