//! Readings of one kind from all files, in order, as one series: `/debug/vars` saved six times is six files.

use crate::lens::SourceId;
use crate::model::record::{MemoryMeasure, MemoryOrigin, MemorySeries, Record};
use crate::order;
use crate::series::natural_key;
use crate::session::{Session, Source};

/// Readings of one kind and process.
#[derive(Clone, Debug, PartialEq)]
pub struct Readings {
    /// All of them; times and columns as in files.
    pub series: MemorySeries,
    /// The file of each.
    pub sources: Vec<SourceId>,
    /// Seconds of each since the first; `None` where no time is told, and none can be had.
    pub seconds: Vec<Option<f64>>,
    /// Times are those of the last cycle before each reading, as the readings tell none themselves.
    pub is_by_last_cycle: bool,
}

/// Readings of one file, with its name.
type InFile<'a> = (SourceId, &'a str, &'a MemorySeries);

/// All records in the order of their files' names: runs are numbered alike, in whatever order files were opened.
pub(super) fn by_name(session: &Session) -> Vec<(&Source, &Record)> {
    let mut records: Vec<_> = session.records().collect();
    order::sort_by_key(&mut records, |(source, _)| (natural_key(&source.name), source.id));
    records
}

/// All readings, by who wrote them and by process, in the order of their files' names.
pub fn readings(session: &Session) -> Vec<Readings> {
    readings_of(session, &|_| true)
}

/// Those of some files.
pub fn readings_of(session: &Session, is_wanted: &dyn Fn(SourceId) -> bool) -> Vec<Readings> {
    let mut groups: Vec<(MemoryOrigin, &str, Vec<InFile<'_>>)> = Vec::new();
    for (source, record) in by_name(session).into_iter().filter(|(source, _)| is_wanted(source.id)) {
        let Some(series) = record.memory().filter(|series| !series.is_empty()) else { continue };
        let row = (source.id, source.name.as_str(), series);
        let known =
            groups.iter_mut().find(|(origin, process, _)| (*origin, *process) == (series.origin, &series.process));
        match known {
            Some((.., rows)) => rows.push(row),
            None => groups.push((series.origin, &series.process, vec![row])),
        }
    }
    groups.into_iter().map(|(.., rows)| merged(session, rows)).collect()
}

fn merged(session: &Session, mut files: Vec<InFile<'_>>) -> Readings {
    // What counts up tells the order better than names do.
    let key = |&(source, name, series): &InFile<'_>| {
        let time = (0..series.len()).find_map(|row| session.time_of_row(source, series, row));
        let counted = [MemoryMeasure::TotalAlloc, MemoryMeasure::NumGc].into_iter().find_map(|m| series.at(0, m));
        (time, counted.map(|count| count as u64), natural_key(name))
    };
    order::sort_by(&mut files, |a, b| key(a).cmp(&key(b)));
    let mut all = MemorySeries::default();
    let mut sources = Vec::new();
    for (source, _, series) in files {
        all.origin = series.origin;
        all.process.clone_from(&series.process);
        for row in 0..series.len() {
            let time = session.time_of_row(source, series, row);
            all.begin_row(time, series.elapsed_nanos.get(row).copied().flatten());
            for &measure in &series.measures {
                if let Some(value) = series.at(row, measure) {
                    all.set(measure, value);
                }
            }
            sources.push(source);
        }
        all.pauses.extend(&series.pauses);
        if !series.pause_buckets.is_empty() {
            all.pause_buckets.clone_from(&series.pause_buckets);
        }
    }
    order::sort_by_key(&mut all.pauses, |pause| pause.end);
    all.pauses.dedup();
    let (seconds, is_by_last_cycle) = seconds(&all);
    Readings { series: all, sources, seconds, is_by_last_cycle }
}

/// Seconds since the first reading, and whether they are those of cycles.
fn seconds(series: &MemorySeries) -> (Vec<Option<f64>>, bool) {
    let since_first = |nanos: Vec<Option<f64>>| -> Vec<Option<f64>> {
        let first = nanos.iter().flatten().next().copied();
        nanos.iter().map(|nanos| Some(((*nanos)? - first?) / 1e9)).collect()
    };
    let is_told = |nanos: &[Option<f64>]| nanos.iter().flatten().count() > 1 || series.len() == 1;
    let first = series.times.iter().flatten().next().map_or(0, |time| time.unix_nanos());
    let wall =
        series.times.iter().map(|time| Some((*time)?.unix_nanos().saturating_sub(first) as f64)).collect::<Vec<_>>();
    if is_told(&wall) {
        return (since_first(wall), false);
    }
    let elapsed: Vec<Option<f64>> = series.elapsed_nanos.iter().map(|nanos| Some((*nanos)? as f64)).collect();
    if is_told(&elapsed) {
        return (since_first(elapsed), false);
    }
    let column = series.column(MemoryMeasure::LastGc);
    let cycles: Vec<Option<f64>> = column.iter().map(|nanos| nanos.filter(|&nanos| nanos > 0.0)).collect();
    match is_told(&cycles) && cycles.len() == series.len() {
        true => (since_first(cycles), true),
        false => (vec![None; series.len()], false),
    }
}

impl Readings {
    /// The rows since the process began last: where a counter falls, another began.
    pub fn last_process(&self) -> std::ops::Range<usize> {
        let counters = [MemoryMeasure::TotalAlloc, MemoryMeasure::NumGc, MemoryMeasure::YoungCollections];
        let mut from = 0;
        for counter in counters {
            let column = self.series.column(counter);
            for (at, pair) in column.windows(2).enumerate() {
                if let [Some(before), Some(after)] = pair
                    && after < before
                {
                    from = from.max(at + 1);
                }
            }
        }
        from..self.series.len()
    }

    /// First and last value of a measure within rows, with the seconds between them.
    pub fn change(&self, rows: &std::ops::Range<usize>, measure: MemoryMeasure) -> Option<Change> {
        let at = |row: usize| self.seconds.get(row).copied().flatten();
        let mut known = rows.clone().filter_map(|row| Some((at(row)?, self.series.at(row, measure)?)));
        let (first, from) = known.next()?;
        let (last, to) = known.next_back()?;
        let seconds = last - first;
        (seconds > 0.0).then_some(Change { from, to, seconds })
    }
}

/// How a measure went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// At first.
    pub from: f64,
    /// At last.
    pub to: f64,
    /// Seconds between.
    pub seconds: f64,
}

impl Change {
    /// A second.
    pub fn rate(&self) -> f64 {
        (self.to - self.from) / self.seconds
    }

    /// In all.
    pub fn delta(&self) -> f64 {
        self.to - self.from
    }
}
