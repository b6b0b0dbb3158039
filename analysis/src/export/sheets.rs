//! The tables of the screen, whole: every row, and the numbers as they are.

use super::table::{Column, Table, Value};
use crate::findings::Thresholds;
use crate::lens::{Base, Lens};
use crate::query::{Answer, Engine, ObjectSort, ObjectsQuery, PoolRow, Query, SortKey, StatesQuery, TableQuery};

/// A table that can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// What is wrong.
    Findings,
    /// The files.
    Files,
    /// Functions, or what else the granularity makes nodes of, over all snapshots.
    Nodes,
    /// Who calls whom.
    Calls,
    /// Pools and their counts.
    Pools,
    /// Steps between states, by pool.
    Steps,
    /// Objects of all pools.
    Objects,
}

/// How it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The filter bar.
    pub lens: Lens,
    /// Thresholds that were changed, as a link has them.
    pub moved_lines: String,
    /// Only nodes whose names hold this.
    pub search: String,
}

impl Sheet {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Findings, Self::Files, Self::Nodes, Self::Calls, Self::Pools, Self::Steps, Self::Objects];

    /// Its name in questions and in names of files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Files => "files",
            Self::Nodes => "nodes",
            Self::Calls => "calls",
            Self::Pools => "pools",
            Self::Steps => "steps",
            Self::Objects => "objects",
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Files => "Files",
            Self::Nodes => "Functions over all snapshots",
            Self::Calls => "Who calls whom",
            Self::Pools => "Pools",
            Self::Steps => "Steps between states",
            Self::Objects => "Objects of all pools",
        }
    }

    /// Those that a view shows.
    pub fn of_view(view: &str) -> &'static [Self] {
        match view {
            "findings" => &[Self::Findings],
            "files" => &[Self::Files],
            "heap" => &[Self::Nodes, Self::Calls],
            "states" => &[Self::Pools, Self::Steps, Self::Objects],
            _ => &[],
        }
    }
}

/// A table, whole.
///
/// # Errors
/// In words, when there is nothing to look at or a filter does not compile.
pub fn sheet(engine: &mut Engine, sheet: Sheet, look: &Look) -> Result<Table, String> {
    let mut table = match sheet {
        Sheet::Findings => findings(engine, &look.moved_lines),
        Sheet::Files => files(engine)?,
        Sheet::Nodes => nodes(engine, look)?,
        Sheet::Calls => calls(engine, &look.lens)?,
        Sheet::Pools => pools(engine),
        Sheet::Steps => steps(engine),
        Sheet::Objects => objects(engine),
    };
    sheet.title().clone_into(&mut table.title);
    Ok(table)
}

/// A head, its unit, and what a row has there.
type Shown<'a, T> = (&'a str, &'a str, &'a dyn Fn(&T) -> Value);

/// A table of rows by what each column shows of a row.
fn of<'a, T: 'a>(rows: impl IntoIterator<Item = &'a T>, columns: &[Shown<'_, T>]) -> Table {
    Table {
        title: String::new(),
        columns: columns.iter().map(|(title, unit, _)| Column::new(*title, *unit)).collect(),
        rows: rows.into_iter().map(|row| columns.iter().map(|(.., of)| of(row)).collect()).collect(),
    }
}

fn findings(engine: &mut Engine, moved_lines: &str) -> Table {
    let diagnosis = engine.diagnose(&Thresholds::changed(moved_lines)).clone();
    let session = engine.session();
    of(
        &diagnosis.findings,
        &[
            ("severity", "", &|finding| Value::text(format!("{:?}", finding.severity))),
            ("rule", "", &|finding| Value::text(&finding.rule)),
            ("claim", "", &|finding| Value::text(&finding.claim)),
            ("function", "", &|finding| Value::text(&finding.site.function)),
            ("file", "", &|finding| Value::text(&finding.site.file)),
            ("line", "", &|finding| Some(finding.site.line).filter(|&line| line > 0).into()),
            ("pool", "", &|finding| Value::text(finding.site.pool.clone().unwrap_or_default())),
            ("effect", "", &|finding| Value::text(&finding.headline)),
            ("known", "", &|finding| Value::text(format!("{:?}", finding.known).to_ascii_lowercase())),
            ("evidence", "", &|finding| {
                let name = |id| session.source(id).map_or("", |source| source.name.as_str());
                let said = finding.evidence.iter().map(|fact| format!("{}: {}", name(fact.source), fact.text));
                Value::text(said.collect::<Vec<_>>().join("; "))
            }),
            ("disproof", "", &|finding| Value::text(&finding.disproof)),
            ("fix", "", &|finding| Value::text(&finding.fix)),
            ("next", "", &|finding| Value::text(format!("{} {}", finding.next, finding.command).trim())),
        ],
    )
}

fn files(engine: &mut Engine) -> Result<Table, String> {
    let Answer::Files(answer) = engine.answer(&Query::Files)? else { return Ok(Table::default()) };
    let rows: Vec<_> = answer.files.into_iter().chain(answer.made.into_iter().map(|(_, row)| row)).collect();
    Ok(of(
        &rows,
        &[
            ("name", "", &|row| Value::text(&row.name)),
            ("kind", "", &|row| Value::text(&row.kind)),
            ("state", "", &|row| Value::text(format!("{:?}", row.state).to_ascii_lowercase())),
            ("size", "bytes", &|row| row.size_bytes.into()),
            ("time", "ns since 1970", &|row| row.time_nanos.into()),
            ("build id", "", &|row| Value::text(&row.build_id)),
            ("binary", "", &|row| Value::text(&row.binary)),
            ("sample types", "", &|row| Value::text(row.sample_types.join(", "))),
            ("period", "", &|row| Value::text(&row.period)),
            ("samples", "", &|row| row.samples.into()),
            ("words", "", &|row| Value::text(row.words.join(" "))),
            ("lines not understood", "", &|row| row.unread.into()),
        ],
    ))
}

fn nodes(engine: &mut Engine, look: &Look) -> Result<Table, String> {
    let query = TableQuery {
        lens: look.lens.clone(),
        sort: SortKey::Flat,
        search: look.search.clone(),
        limit: u32::MAX,
        ..TableQuery::default()
    };
    let Answer::Table(answer) = engine.answer(&Query::Table(query))? else { return Ok(Table::default()) };
    let shown = answer.types.get(answer.column as usize).cloned().unwrap_or_default();
    let name = answer.snapshots.get(answer.current as usize).map_or("", |snapshot| snapshot.name.as_str());
    let mut columns = vec![Column::new("name", ""), Column::new(format!("{} flat", shown.name), &shown.unit)];
    columns.extend(answer.types.iter().map(|of| Column::new(format!("{} cum", of.name), &of.unit)));
    let base = answer.base.and_then(|at| answer.snapshots.get(at as usize));
    if let Some(base) = base {
        columns.push(Column::new(format!("{} change from {}", shown.name, base.name), &shown.unit));
        columns.push(Column::new("more than sampling explains", ""));
    }
    columns.extend(["low", "high"].map(|end| Column::new(format!("{} cum, 95% {end}", shown.name), &shown.unit)));
    let has_series = answer.snapshots.len() > 1;
    if has_series {
        let of = |snapshot: &crate::query::SnapshotLabel| format!("{} cum in {}", shown.name, snapshot.name);
        columns.extend(answer.snapshots.iter().map(|snapshot| Column::new(of(snapshot), &shown.unit)));
    }
    if answer.is_heap {
        columns.extend([Column::new("share of new bytes that stayed", ""), Column::new("mean object in use", "bytes")]);
    }
    let row = |row: &crate::query::TableRow| {
        let mut cells = vec![Value::text(&row.name), row.flat.into()];
        cells.extend(row.cum.iter().map(|&value| Value::Int(value)));
        if base.is_some() {
            cells.extend([row.delta.into(), Value::text(if row.is_significant { "yes" } else { "no" })]);
        }
        cells.extend(row.interval.map(Value::from));
        if has_series {
            cells.extend(row.series.iter().map(|&value| Value::Int(value)));
        }
        if answer.is_heap {
            cells.extend([Value::from(row.survival), Value::from(row.size)]);
        }
        cells
    };
    let rows = answer.rows.iter().map(row).collect();
    Ok(Table { title: name.to_owned(), columns, rows })
}

fn calls(engine: &mut Engine, lens: &Lens) -> Result<Table, String> {
    let lens = Lens { base: Base::None, ..lens.clone() };
    let cut = super::Cut::new(engine.session(), &lens)?;
    let unit = cut.selection.sample_types.get(cut.column).map_or("", |of| cut.symbols.strings.get(of.unit));
    let mut edges = crate::edges::edges(cut.symbols, &cut.projection, &cut.selection, cut.column, |_| true);
    crate::order::sort_by_key(&mut edges, |edge| (std::cmp::Reverse(edge.weight.unsigned_abs()), edge.from, edge.to));
    let name = |node| Value::text(cut.projection.name(cut.symbols, node));
    Ok(of(
        &edges,
        &[
            ("caller", "", &|edge| name(edge.from)),
            ("callee", "", &|edge| name(edge.to)),
            ("value", unit, &|edge| edge.weight.into()),
            ("inlined", "", &|edge| Value::text(if edge.is_inlined { "yes" } else { "no" })),
        ],
    ))
}

fn all_pools(engine: &mut Engine) -> Vec<PoolRow> {
    match engine.answer(&Query::Pools) {
        Ok(Answer::Pools(answer)) => answer.pools,
        _ => Vec::new(),
    }
}

fn pools(engine: &mut Engine) -> Table {
    of(
        &all_pools(engine),
        &[
            ("file", "", &|row| Value::text(&row.file)),
            ("pool", "", &|row| Value::text(&row.name)),
            ("type", "", &|row| Value::text(&row.type_name)),
            ("tenant", "", &|row| Value::text(&row.tenant)),
            ("process", "", &|row| u64::from(row.pid).into()),
            ("counts are the pool's own", "", &|row| Value::text(if row.is_counted { "yes" } else { "no" })),
            ("one recorded in", "", &|row| u64::from(row.record_every).into()),
            ("gets", "", &|row| row.gets.into()),
            ("puts", "", &|row| row.puts.into()),
            ("hits private", "", &|row| row.hits_private.into()),
            ("hits shared", "", &|row| row.hits_shared.into()),
            ("hits stolen", "", &|row| row.hits_stolen.into()),
            ("hits victim", "", &|row| row.hits_victim.into()),
            ("hits of unknown tier", "", &|row| row.hits_unplaced.into()),
            ("missed", "", &|row| row.missed.into()),
            ("made", "", &|row| row.made.into()),
            ("hit ratio", "", &|row| row.hit_ratio.into()),
            ("waits", "", &|row| row.waits.into()),
            ("timeouts", "", &|row| row.timeouts.into()),
            ("waited", "ns", &|row| row.wait_nanos.into()),
            ("contended", "", &|row| row.contended.into()),
            ("stood at locks", "ns", &|row| row.contended_nanos.into()),
            ("purges", "", &|row| row.purges.into()),
            ("purged", "", &|row| row.purged.into()),
            ("dropped, full", "", &|row| row.dropped_full.into()),
            ("dropped, oversize", "", &|row| row.dropped_oversize.into()),
            ("found", "", &|row| row.found.into()),
            ("active", "", &|row| row.active.into()),
            ("idle", "", &|row| row.idle.into()),
            ("victims", "", &|row| row.victims.into()),
            ("alive", "", &|row| row.alive.into()),
            ("all objects", "bytes", &|row| row.bytes.into()),
            ("peak", "bytes", &|row| row.peak_bytes.into()),
            ("retained", "bytes", &|row| row.retained_bytes.into()),
            ("violations", "", &|row| row.violations.into()),
            ("unaccounted", "", &|row| row.unaccounted.into()),
            ("doubts", "", &|row| Value::text(row.doubts.join(" "))),
        ],
    )
}

fn steps(engine: &mut Engine) -> Table {
    let mut rows = Vec::new();
    for pool in all_pools(engine) {
        let query = StatesQuery { key: pool.key, window: None, columns: 0 };
        let Ok(Answer::States(Some(states))) = engine.answer(&Query::States(query)) else { continue };
        rows.extend(states.edges.into_iter().map(|edge| (pool.file.clone(), pool.name.clone(), edge)));
    }
    of(
        &rows,
        &[
            ("file", "", &|(file, ..)| Value::text(file)),
            ("pool", "", &|(_, pool, _)| Value::text(pool)),
            ("from", "", &|(.., edge)| Value::text(format!("{:?}", edge.from).to_ascii_lowercase())),
            ("to", "", &|(.., edge)| Value::text(format!("{:?}", edge.to).to_ascii_lowercase())),
            ("step", "", &|(.., edge)| Value::text(&edge.name)),
            ("count", "", &|(.., edge)| edge.count.into()),
            ("a second", "", &|(.., edge)| edge.per_second.into()),
            ("median stay before", "ns", &|(.., edge)| edge.median_nanos.into()),
            ("forbidden", "", &|(.., edge)| Value::text(if edge.is_violation { "yes" } else { "no" })),
        ],
    )
}

fn objects(engine: &mut Engine) -> Table {
    let mut rows = Vec::new();
    for pool in all_pools(engine) {
        let sort = ObjectSort::Number;
        let query = ObjectsQuery { key: pool.key, sort, limit: u32::MAX, columns: 1, ..ObjectsQuery::default() };
        let Ok(Answer::Objects(Some(answer))) = engine.answer(&Query::Objects(query)) else { continue };
        rows.extend(answer.rows.into_iter().map(|row| (pool.file.clone(), pool.name.clone(), row)));
    }
    of(
        &rows,
        &[
            ("file", "", &|(file, ..)| Value::text(file)),
            ("pool", "", &|(_, pool, _)| Value::text(pool)),
            ("object", "", &|(.., row)| row.number.into()),
            ("handed out", "", &|(.., row)| u64::from(row.generation).into()),
            ("state", "", &|(.., row)| Value::text(format!("{:?}", row.state).to_ascii_lowercase())),
            ("there for", "ns", &|(.., row)| row.age_nanos.into()),
            ("gets recorded", "", &|(.., row)| u64::from(row.uses).into()),
            ("size", "bytes", &|(.., row)| row.bytes.into()),
            ("last at", "", &|(.., row)| Value::text(&row.last_at)),
            ("violations", "", &|(.., row)| u64::from(row.violations).into()),
            ("note", "", &|(.., row)| Value::text(&row.note)),
        ],
    )
}
