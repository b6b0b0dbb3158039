//! `poolscope top`: flat and cumulative values by function.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;

use analysis::edges::edges_into;
use analysis::export::{Column, Cut, Table, Value, folded, profile};
use analysis::filter::CompiledFilter;
use analysis::measurement::{label, percentage};
use analysis::model::{Profile, Symbols};
use analysis::projection::{NodeId, Projection};
use analysis::selection::{Inputs, Selection, select};
use analysis::session::Session;
use analysis::top::{NamedRow, Order, Top, sorted};
use serde::Serialize;

use crate::lens_args::LensArgs;
use crate::{Outcome, input, table};

/// Rows below this share of the total are left out of text, as pprof's `-nodefraction` does.
const NODE_FRACTION: f64 = 0.005;

/// Calls below this share of the total do not say whether a function is inlined, as pprof's `-edgefraction` has it.
const EDGE_FRACTION: f64 = 0.001;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    lens: LensArgs,
    /// Sort by cumulative value
    #[arg(long)]
    cum: bool,
    /// How many rows; 0 is all of them [default: all]
    #[arg(long, value_name = "N")]
    nodecount: Option<usize>,
    /// Unit of the values in text, such as MB or ms
    #[arg(long, default_value = "minimum")]
    unit: String,
    /// Print JSON, untrimmed
    #[arg(long, group = "form")]
    json: bool,
    /// Print CSV, untrimmed
    #[arg(long, group = "form")]
    csv: bool,
    /// Write what the filters and the base leave as a profile (pb.gz) that pprof reads
    #[arg(long, group = "form")]
    proto: bool,
    /// Print stacks as folded text, a line each, for flame graph tools
    #[arg(long, group = "form")]
    folded: bool,
    /// Profiles; several are added up. “-” is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    types: BTreeMap<String, TypeReport>,
}

#[derive(Serialize)]
struct TypeReport {
    total: i64,
    rows: Vec<RowReport>,
}

#[derive(Serialize)]
struct RowReport {
    name: String,
    flat: i64,
    cum: i64,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let filter = CompiledFilter::new(&args.lens.filter())?;
    let mut session = Session::default();
    let profiles = input::open_all(&mut session, &args.files)?;
    let bases = input::open_all(&mut session, base_paths(&args.lens))?;
    let of = |ids: &[analysis::lens::SourceId]| -> Vec<&Profile> {
        ids.iter().filter_map(|&id| session.profile(id)).collect()
    };
    let base_id = bases.first().copied();
    let (profiles, bases) = (of(&profiles), of(&bases));
    let symbols = &session.symbols;
    let projection = Projection::new(symbols, &filter, args.lens.granularity(), args.lens.noinlines);
    let inputs = Inputs {
        profiles: &profiles,
        bases: &bases,
        diff_base: !args.lens.diff_base.is_empty(),
        normalize: args.lens.normalize,
        relative_percentages: args.lens.relative_percentages,
    };
    let selection = select(symbols, inputs, &filter, &projection)?;
    let top = Top::new(symbols, &projection, &selection);
    let view = View { args, symbols, projection: &projection, selection: &selection, top: &top };
    let chosen = match &args.lens.sample_index {
        Some(name) => Some(selection.type_named(symbols, name).ok_or_else(|| view.no_such_type(name))?),
        None => None,
    };
    if selection.is_empty() && profiles.iter().any(|profile| !profile.is_empty()) {
        let names: Vec<&str> = args.lens.active().iter().map(|(name, _)| *name).collect();
        eprintln!("poolscope: Nothing is left after {}.", names.join(", "));
    }
    let mut out = std::io::BufWriter::new(crate::screen::stdout());
    if args.json {
        view.json(&mut out, chosen)?;
    } else if args.csv {
        let table = view.table(chosen.unwrap_or(selection.default_type));
        out.write_all(table.csv().as_bytes())?;
    } else if args.proto || args.folded {
        let cut = Cut::of(&session, &profiles, &bases, &args.lens.lens(base_id))?;
        out.write_all(&if args.proto { profile(&cut) } else { folded(&cut).into_bytes() })?;
    } else {
        view.text(&mut out, chosen.unwrap_or(selection.default_type), profiles.first().copied())?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

fn base_paths(lens: &LensArgs) -> &[String] {
    if lens.base.is_empty() { &lens.diff_base } else { &lens.base }
}

struct View<'a> {
    args: &'a Args,
    symbols: &'a Symbols,
    projection: &'a Projection,
    selection: &'a Selection,
    top: &'a Top,
}

impl View<'_> {
    fn type_name(&self, at: usize) -> &str {
        self.selection.sample_types.get(at).map_or("", |t| self.symbols.strings.get(t.name))
    }

    fn no_such_type(&self, name: &str) -> String {
        let names: Vec<_> = (0..self.selection.sample_types.len()).map(|at| self.type_name(at)).collect();
        format!("There is no sample type {name} here; there are {}.", names.join(", "))
    }

    fn rows(&self, at: usize) -> Vec<NamedRow> {
        let order = if self.args.cum { Order::Cum } else { Order::Flat };
        sorted(self.symbols, self.projection, self.top.rows(at, self.args.lens.drop_negative), order)
    }

    fn json(&self, out: &mut impl Write, chosen: Option<usize>) -> Result<(), Box<dyn Error>> {
        let all = 0..self.selection.sample_types.len();
        let types = all
            .filter(|at| chosen.is_none_or(|chosen| chosen == *at))
            .map(|at| {
                let rows = self.rows(at).into_iter();
                let count = self.args.nodecount.filter(|&count| count > 0).unwrap_or(usize::MAX);
                let rows =
                    rows.take(count).map(|NamedRow { name, row }| RowReport { name, flat: row.flat, cum: row.cum });
                let total = self.selection.totals.get(at).copied().unwrap_or(0);
                (self.type_name(at).to_owned(), TypeReport { total, rows: rows.collect() })
            })
            .collect();
        let names: Vec<_> = self.args.files.iter().map(|path| input::name_of(path)).collect();
        let base = base_paths(&self.args.lens).first().map(|path| input::name_of(path));
        serde_json::to_writer(&mut *out, &Report { file: names.join(" + "), base, types })?;
        writeln!(out)?;
        Ok(())
    }

    fn table(&self, at: usize) -> Table {
        let unit = self.selection.sample_types.get(at).map_or("", |t| self.symbols.strings.get(t.unit));
        let count = self.args.nodecount.filter(|&count| count > 0).unwrap_or(usize::MAX);
        let rows = self.rows(at).into_iter().take(count);
        Table {
            title: self.type_name(at).to_owned(),
            columns: vec![Column::new("name", ""), Column::new("flat", unit), Column::new("cum", unit)],
            rows: rows
                .map(|named| vec![Value::text(named.name), named.row.flat.into(), named.row.cum.into()])
                .collect(),
        }
    }

    /// Text as `go tool pprof -top` prints it.
    fn text(&self, out: &mut impl Write, at: usize, main: Option<&Profile>) -> Result<(), Box<dyn Error>> {
        let total = self.selection.totals.get(at).copied().unwrap_or(0);
        let unit = self.selection.sample_types.get(at).map_or("", |t| self.symbols.strings.get(t.unit));
        let all = self.rows(at);
        let sum: i64 = all.iter().map(|named| named.row.flat).sum();
        let cutoff = (sum as f64 * NODE_FRACTION) as i64;
        let mut rows: Vec<_> =
            all.iter().filter(|named| named.row.cum.unsigned_abs() >= cutoff.unsigned_abs()).cloned().collect();
        let (dropped, left) = (all.len() - rows.len(), rows.len());
        if let Some(count) = self.args.nodecount.filter(|&count| count > 0) {
            rows.truncate(count);
        }
        let scale = table::unit_for(&rows, total, unit, &self.args.unit);
        table::header(out, self.symbols, main, self.type_name(at), (total, unit, &scale))?;
        let filters = self.args.lens.active();
        if !filters.is_empty() {
            writeln!(out, "Active filters:")?;
            filters.iter().try_for_each(|(name, value)| writeln!(out, "   {name}={value}"))?;
        }
        let shown: i64 = rows.iter().map(|named| named.row.flat).sum();
        writeln!(
            out,
            "Showing nodes accounting for {}, {} of {} total",
            label(shown, unit, &scale),
            percentage(shown, total).trim(),
            label(total, unit, &scale)
        )?;
        if dropped > 0 {
            let nodes = if dropped == 1 { "node" } else { "nodes" };
            writeln!(out, "Dropped {dropped} {nodes} (cum <= {})", label(cutoff.abs(), unit, &scale))?;
        }
        if rows.len() < left {
            writeln!(out, "Showing top {} nodes out of {left}", rows.len())?;
        }
        let mut is_shown = vec![false; self.projection.len()];
        for named in &rows {
            if let Some(slot) = is_shown.get_mut(named.row.node.index()) {
                *slot = true;
            }
        }
        let keep = |node: NodeId| is_shown.get(node.index()).copied().unwrap_or(false);
        let is_inlined = self.projection.inlined();
        let wanted = |node: NodeId| is_inlined.get(node.index()).copied().unwrap_or(false);
        let mut calls = edges_into(self.symbols, self.projection, self.selection, at, keep, wanted);
        let rare = (sum as f64 * EDGE_FRACTION).abs() as u64;
        calls.retain(|call| call.weight.unsigned_abs() >= rare);
        let marks = table::inline_marks(&calls);
        table::rows(out, &rows, total, &marks, |value| label(value, unit, &scale))?;
        Ok(())
    }
}
