//! `poolscope pool`: what native pools did, in numbers.

use std::error::Error;
use std::io::{self, Write};

use analysis::lens::SourceId;
use analysis::lifecycle::{Lifecycle, PoolLife, State, Violation, site};
use analysis::measurement::label;
use analysis::query::{
    Answer, BalanceAnswer, DwellCurve, Engine, PoolKey, PoolRow, Query, StateEdge, StateNode, StatesAnswer,
    StatesQuery, ViolationCount, pool_row,
};
use analysis::session::Session;
use analysis::words::{count, number, percent, size};
use serde::Serialize;

use crate::{Outcome, input};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print JSON, with every number and every violation
    #[arg(long)]
    json: bool,
    /// A native pool's trace (.pooltrace), or a Go execution trace that tells of pools or of objects. “-” is standard input
    #[arg(value_name = "FILE")]
    file: String,
}

/// The whole file.
#[derive(Serialize)]
struct FileReport {
    file: String,
    bytes: u64,
    ok: bool,
    warnings: Vec<String>,
    events: usize,
    span_nanos: i64,
    wall_nanos: Option<i64>,
    processes: Vec<ProcessReport>,
    pools: Vec<PoolReport>,
}

#[derive(Serialize)]
struct ProcessReport {
    pid: u32,
    program: String,
    recorder: String,
    format: String,
    lost_events: u64,
    is_ended: bool,
}

/// One pool.
#[derive(Serialize)]
struct PoolReport {
    #[serde(flatten)]
    row: PoolRow,
    /// What a record of this kind cannot show.
    about: String,
    /// Objects by state at the end.
    states: Vec<StateNode>,
    transitions: Vec<StateEdge>,
    dwell: Vec<DwellCurve>,
    conservation: BalanceAnswer,
    purge_times_nanos: Vec<i64>,
    violation_kinds: Vec<ViolationCount>,
    violation_events: Vec<ViolationReport>,
}

/// One breach of the contract.
#[derive(Serialize)]
struct ViolationReport {
    what: &'static str,
    time_nanos: i64,
    object: Option<u64>,
    generation: u32,
    at: String,
    /// The pool that the object belongs to, where that is another.
    owner: Option<String>,
    was_refused: bool,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let mut engine = Engine::default();
    let opened = input::open_all(engine.session_mut(), std::slice::from_ref(&args.file))?;
    let source = *opened.first().ok_or("Nothing was opened.")?;
    if engine.session().pools(source).is_none() {
        return Err(format!(
            "{}: This is no pool trace. Profiles: poolscope top FILE; a folder: poolscope check FILE…",
            args.file
        )
        .into());
    }
    let report = report(&mut engine, source)?;
    let mut out = io::BufWriter::new(crate::screen::stdout());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        print(&mut out, &report)?;
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

fn report(engine: &mut Engine, source: SourceId) -> Result<FileReport, Box<dyn Error>> {
    let pools = engine.session().pools(source).map_or(0, |lifecycle| lifecycle.pools.len());
    let mut states = Vec::with_capacity(pools);
    for pool in 0..pools {
        let key = PoolKey { source, pool: pool as u32 };
        let query = Query::States(StatesQuery { key, window: None, columns: 0 });
        let Answer::States(Some(answer)) = engine.answer(&query)? else { return Err("The pool was lost.".into()) };
        states.push(answer);
    }
    let session = engine.session();
    let (Some(file), Some(lifecycle)) = (session.source(source), session.pools(source)) else {
        return Err("The file was lost while it was read.".into());
    };
    let warnings = file.content.warnings().to_vec();
    let history = &lifecycle.history;
    let pool = |(pool, answer): (&PoolLife, Box<StatesAnswer>)| PoolReport {
        row: pool_row(session, source, lifecycle, pool),
        about: answer.about,
        states: answer.nodes,
        transitions: answer.edges,
        dwell: answer.dwell,
        conservation: answer.balance,
        purge_times_nanos: answer.purges,
        violation_kinds: answer.violations,
        violation_events: violations(session, lifecycle, pool),
    };
    Ok(FileReport {
        file: file.name.clone(),
        bytes: file.size_bytes,
        ok: warnings.is_empty(),
        warnings,
        events: lifecycle.rows.len() + history.marks.len(),
        span_nanos: history.span.1,
        wall_nanos: history.wall.map(analysis::model::Nanos::unix_nanos),
        processes: history
            .processes
            .iter()
            .map(|process| ProcessReport {
                pid: process.pid,
                program: process.program.clone(),
                recorder: process.recorder.clone(),
                format: process.version.clone(),
                lost_events: process.lost_events,
                is_ended: process.is_ended,
            })
            .collect(),
        pools: lifecycle.pools.iter().zip(states).map(pool).collect(),
    })
}

fn violations(session: &Session, lifecycle: &Lifecycle, pool: &PoolLife) -> Vec<ViolationReport> {
    let name = |id| lifecycle.history.pool(id).map(|pool| session.symbols.strings.get(pool.name).to_owned());
    let own = lifecycle.violations.iter().filter(|violation| violation.pool == pool.pool);
    own.map(|violation: &Violation| ViolationReport {
        what: violation.kind.words(),
        time_nanos: violation.time,
        object: violation.object.and_then(|id| lifecycle.history.object(id)).map(|object| object.number),
        generation: violation.generation,
        at: site(&session.symbols, violation.stack),
        owner: violation.owner.filter(|owner| *owner != pool.pool).and_then(name),
        was_refused: violation.was_refused,
    })
    .collect()
}

/// Violations of a pool that are shown one by one; the JSON has all.
const SHOWN_VIOLATIONS: usize = 5;

fn nanos(value: u64) -> String {
    label(i64::try_from(value).unwrap_or(i64::MAX), "nanoseconds", "auto")
}

fn print(out: &mut impl Write, report: &FileReport) -> io::Result<()> {
    let plural = if report.pools.len() == 1 { "" } else { "s" };
    writeln!(
        out,
        "{}: {} events of {} pool{plural} in {}",
        report.file,
        number(report.events as u64),
        report.pools.len(),
        label(report.span_nanos, "nanoseconds", "auto")
    )?;
    for process in &report.processes {
        writeln!(out, "process {} {} ({}, format {})", process.pid, process.program, process.recorder, process.format)?;
    }
    let is_used = |pool: &&PoolReport| pool.row.is_used();
    let (used, unused): (Vec<_>, Vec<_>) = report.pools.iter().partition(is_used);
    used.into_iter().try_for_each(|pool| print_pool(out, pool))?;
    if !unused.is_empty() {
        let names: Vec<&str> = unused.iter().map(|pool| pool.row.name.as_str()).collect();
        writeln!(out, "\nNot used: {}", names.join(", "))?;
    }
    Ok(())
}

fn print_pool(out: &mut impl Write, pool: &PoolReport) -> io::Result<()> {
    let PoolReport { row, violation_events, conservation: balance, .. } = pool;
    writeln!(out, "\n{}  {}", row.name, row.type_name)?;
    let ratio = row.hit_ratio.map_or("–".to_owned(), percent);
    if !pool.about.is_empty() {
        writeln!(out, "  {}", pool.about)?;
    }
    // What this kind of record cannot tell is not 0.
    let told = |count: Option<u64>| count.map_or("–".to_owned(), number);
    if row.gets.is_none() {
        let there = number(row.found);
        writeln!(
            out,
            "  {} made, {there} there before, {} freed; {} of bytes",
            number(row.made),
            number(row.purged),
            size(row.bytes)
        )?;
    } else {
        writeln!(
            out,
            "  {} gets, {} puts, {ratio} of gets hit, {} made",
            told(row.gets),
            told(row.puts),
            number(row.made)
        )?;
        let unplaced = match row.hits_unplaced {
            0 => String::new(),
            hits => format!(", {} in a tier that is not told", number(hits)),
        };
        writeln!(
            out,
            "  hits: {} private, {} own queue, {} stolen, {} victims{unplaced}; {} waits ({} in vain), {} times at a locked \
             queue ({})",
            told(row.hits_private),
            told(row.hits_shared),
            told(row.hits_stolen),
            told(row.hits_victim),
            number(row.waits),
            number(row.timeouts),
            told(row.contended),
            row.contended.map_or("–".to_owned(), |_| nanos(row.contended_nanos))
        )?;
        writeln!(
            out,
            "  {} purges dropped {}; {} of bytes{}",
            told(row.purges),
            number(row.purged),
            size(row.bytes),
            row.retained_bytes.map_or(String::new(), |idle| format!(", {} of them idle", size(idle)))
        )?;
    }
    if row.record_every > 1 {
        writeln!(out, "  one get in {} was recorded: transitions are those of recorded hand-outs", row.record_every)?;
    }
    writeln!(out, "  {:<12} {:<12} {:<24} {:>12} {:>12}", "from", "to", "transition", "count", "per second")?;
    for edge in &pool.transitions {
        let mark = if edge.is_violation { "◆ " } else { "" };
        writeln!(
            out,
            "  {:<12} {:<12} {:<24} {:>12} {:>12.1}",
            edge.from.name(),
            edge.to.name(),
            format!("{mark}{}", edge.name),
            number(edge.count),
            edge.per_second
        )?;
    }
    writeln!(
        out,
        "  {:<12} {:>10} {:>10} {:>10} {:>10} {:>12}",
        "time in", "p50", "p90", "p99", "ended", "still there"
    )?;
    let quantile = |value: Option<u64>| value.map_or("–".to_owned(), nanos);
    for dwell in pool.dwell.iter().filter(|dwell| dwell.ended + dwell.censored > 0) {
        writeln!(
            out,
            "  {:<12} {:>10} {:>10} {:>10} {:>10} {:>12}",
            dwell.state.name(),
            quantile(dwell.p50_nanos),
            quantile(dwell.p90_nanos),
            quantile(dwell.p99_nanos),
            number(dwell.ended),
            number(dwell.censored)
        )?;
    }
    let parts = |rows: &[(String, u64)]| {
        rows.iter().map(|(name, value)| format!("{name} {}", number(*value))).collect::<Vec<_>>().join(" + ")
    };
    let by = if balance.is_counted { "counted by the pool" } else { "by the record" };
    let verdict = match balance.unaccounted {
        0 => "holds".to_owned(),
        off => format!("off by {}", count(off)),
    };
    writeln!(out, "  balance {verdict}, {by}: {} = {}", parts(&balance.came), parts(&balance.accounted))?;
    for kind in &pool.violation_kinds {
        writeln!(out, "  ◆ {} × {} ({} refused)", number(kind.count), kind.name, number(kind.refused))?;
    }
    for event in violation_events.iter().take(SHOWN_VIOLATIONS) {
        let object = event.object.map_or("no object of a pool".to_owned(), |object| format!("object #{object}"));
        let at = if event.at.is_empty() { "an unknown place" } else { &event.at };
        writeln!(
            out,
            "      {} {object}, hand-out {}, at {at}: {}",
            label(event.time_nanos, "nanoseconds", "auto"),
            event.generation,
            event.what
        )?;
    }
    if violation_events.len() > SHOWN_VIOLATIONS {
        writeln!(out, "      … {} more, in --json", number((violation_events.len() - SHOWN_VIOLATIONS) as u64))?;
    }
    row.doubts.iter().try_for_each(|doubt| writeln!(out, "  less sure: {doubt}"))?;
    let out_now = pool.states.iter().find(|node| node.state == State::Active).and_then(|node| node.objects);
    if let Some(objects) = out_now.filter(|&objects| objects > 0) {
        writeln!(out, "  {} still out at the end", number(objects))?;
    }
    Ok(())
}
