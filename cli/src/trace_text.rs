//! An execution trace in a page of text: what the collector cost, and where the goroutines' time went.

use std::collections::BTreeMap;
use std::io::{self, Write};

use analysis::measurement::{label, percentage};
use analysis::trace_summary::report::{GroupReport, RangeReport, Report};
use analysis::trace_summary::{Distribution, Durations};
use analysis::words;

/// Goroutine groups that are shown; the JSON has all.
const GROUPS: usize = 20;
/// Rows of every other table that are shown.
const ROWS: usize = 12;

pub(crate) fn print(out: &mut impl Write, report: &Report) -> io::Result<()> {
    head(out, report)?;
    collector(out, report)?;
    goroutines(out, report)?;
    distributions(out, "Regions", report.regions.iter().map(|(name, r)| (name, &r.durations, r.incomplete)))?;
    distributions(out, "Tasks", report.tasks.iter().map(|(name, t)| (name, &t.durations, t.incomplete)))?;
    logs(out, report)?;
    counts(out, "CPU samples by innermost function", &report.stack_sample_leaf_top)?;
    counts(out, "Events under sync.Pool", &report.events_whose_stack_has_sync_pool)
}

fn nanos(value: i64) -> String {
    label(value, "nanoseconds", "auto")
}

fn head(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let generations = report.syncs.len().saturating_sub(1);
    let length = report.last_time.saturating_sub(report.first_time);
    writeln!(
        out,
        "{}, {}, {} events in {} generation{}{}",
        report.header,
        nanos(length),
        words::count(report.events as i64),
        generations,
        if generations == 1 { "" } else { "s" },
        report
            .syncs
            .first()
            .and_then(|sync| sync.clock.as_ref())
            .map_or(String::new(), |clock| { format!(", from {}", clock.wall) })
    )?;
    writeln!(
        out,
        "{} goroutines ({} created, {} ended, {} at most at once), {} Ps, {} threads",
        words::count(report.goroutines_distinct as i64),
        words::count(report.goroutines_created as i64),
        words::count(report.goroutines_ended as i64),
        words::count(report.goroutines_max as i64),
        report.procs_distinct,
        report.threads_distinct
    )
}

fn collector(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let lengths = |ranges: &[RangeReport]| {
        ranges.iter().map(|range| range.end - range.start).collect::<Durations>().distribution()
    };
    let mut rows = vec![("GC cycle, marking".to_owned(), lengths(&report.gc_ranges))];
    let mut stops: BTreeMap<&str, Durations> = BTreeMap::new();
    for range in &report.stw_ranges {
        stops.entry(&range.name).or_default().push(range.end - range.start);
    }
    rows.extend(stops.into_iter().map(|(name, lengths)| (name.to_owned(), lengths.distribution())));
    rows.extend(report.other_ranges.iter().map(|(name, lengths)| (name.clone(), *lengths)));
    rows.retain(|(_, lengths)| lengths.count > 0);
    distributions(out, "Collector and stop-the-world", rows.iter().map(|(name, lengths)| (name, lengths, 0)))?;
    if let Some(heap) = report.metrics.get("/memory/classes/heap/objects:bytes") {
        writeln!(
            out,
            "heap {} to {}, at most {}",
            words::size(heap.first),
            words::size(heap.last),
            words::size(heap.max)
        )?;
    }
    Ok(())
}

fn goroutines(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let mut groups: Vec<_> = report.goroutines_by_name.iter().collect();
    if groups.is_empty() {
        return Ok(());
    }
    groups.sort_by(|a, b| b.1.spent.exec_ns.cmp(&a.1.spent.exec_ns).then_with(|| a.0.cmp(b.0)));
    let all: i64 = groups.iter().map(|(_, group)| group.spent.exec_ns).sum();
    writeln!(out, "\nGoroutines by start function")?;
    writeln!(
        out,
        "{:>8} {:>10} {:>5}% {:>10} {:>10} {:>10} {:>10}",
        "count", "running", "run", "runnable", "blocked", "syscall", "assist"
    )?;
    for (name, group) in groups.iter().take(GROUPS) {
        let GroupReport { count, spent } = group;
        writeln!(
            out,
            "{count:>8} {:>10} {} {:>10} {:>10} {:>10} {:>10}  {}{}",
            nanos(spent.exec_ns),
            percentage(spent.exec_ns, all),
            nanos(spent.sched_wait_ns),
            nanos(spent.block_ns_by_reason.values().sum()),
            nanos(spent.syscall_ns + spent.syscall_block_ns),
            nanos(spent.range_ns.get("GC mark assist").copied().unwrap_or(0)),
            named(name),
            waits_for(&spent.block_ns_by_reason)
        )?;
    }
    left_out(out, groups.len(), GROUPS)
}

/// What a group waits for most, where the trace says it.
fn waits_for(reasons: &BTreeMap<String, i64>) -> String {
    let longest = reasons.iter().filter(|(reason, _)| !reason.is_empty()).max_by_key(|(_, nanos)| **nanos);
    longest.map_or(String::new(), |(reason, &length)| format!("  (waits {} for {reason})", nanos(length)))
}

fn distributions<'a>(
    out: &mut impl Write,
    title: &str,
    rows: impl Iterator<Item = (&'a String, &'a Distribution, usize)>,
) -> io::Result<()> {
    // The background task stands for no task; it is there without a name, a begin and an end.
    let mut rows: Vec<_> = rows.filter(|(name, lengths, _)| !name.is_empty() || lengths.count > 0).collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_by(|a, b| b.1.total_ns.cmp(&a.1.total_ns).then_with(|| a.0.cmp(b.0)));
    writeln!(out, "\n{title}")?;
    writeln!(out, "{:>8} {:>10} {:>10} {:>10} {:>10}", "count", "total", "p50", "p99", "max")?;
    for (name, lengths, incomplete) in rows.iter().take(ROWS) {
        let Distribution { count, total_ns, p50_ns, p99_ns, max_ns } = **lengths;
        write!(
            out,
            "{count:>8} {:>10} {:>10} {:>10} {:>10}  {}",
            nanos(total_ns),
            nanos(p50_ns),
            nanos(p99_ns),
            nanos(max_ns),
            named(name)
        )?;
        if *incomplete > 0 {
            write!(out, "  ({incomplete} without a begin or an end)")?;
        }
        writeln!(out)?;
    }
    left_out(out, rows.len(), ROWS)
}

fn logs(out: &mut impl Write, report: &Report) -> io::Result<()> {
    if report.logs.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nLogs")?;
    for (category, log) in report.logs.iter().take(ROWS) {
        let first = log.first_messages.first().map_or("", String::as_str);
        writeln!(out, "{:>8}  {}: {first}", log.count, named(category))?;
    }
    left_out(out, report.logs.len(), ROWS)
}

fn counts(out: &mut impl Write, title: &str, counts: &BTreeMap<String, usize>) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<_> = counts.iter().collect();
    rows.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    writeln!(out, "\n{title}")?;
    for (name, count) in rows.iter().take(ROWS) {
        writeln!(out, "{count:>8}  {name}")?;
    }
    left_out(out, rows.len(), ROWS)
}

fn left_out(out: &mut impl Write, rows: usize, shown: usize) -> io::Result<()> {
    if rows > shown {
        writeln!(out, "          and {} more; --json has all", rows - shown)?;
    }
    Ok(())
}

fn named(name: &str) -> &str {
    if name.is_empty() { "(no name)" } else { name }
}
