//! When pools made new objects, by the time since every pool was last purged.

use analysis::timeline::{Window, nanos_words};
use analysis::trace_tables::{Basis, Crowding, LEAST_NEWS, NewAfterPurge, PoolNews, new_after_purge};
use trace_worker::Go;

use super::{Rows, left, micros, number, percent, right, text, titled};
use crate::markup::{Cell, Chart, Hit, Part, Shape, ShapeKind};
use crate::open::Open;

/// So many pools have a chart.
const CHARTS: usize = 6;
/// Parts that the time after a purge is shown in.
const BINS: usize = 48;
/// Charts end where this share of the time is told; the few longest periods would squeeze the rest.
const SHOWN: f64 = 0.98;

pub(super) fn purges(open: &Open, scope: Window) -> Vec<Part> {
    let found = new_after_purge(open.trace(), &open.symbols, &open.survey, scope);
    if found.pools.is_empty() {
        return vec![Part::Words(
            "No pool was seen making an object here. A hit and a miss of sync.Pool write no event of their own: mark New \
             with a region (trace.WithRegion(ctx, \"pool.New\", …)), or record CPU samples beside the trace, whose stacks \
             show New under Get."
                .to_owned(),
        )];
    }
    let mut parts = vec![Part::Claim(claim(open, &found))];
    parts.push(Part::Words(
        "Each cycle of the collector purges every sync.Pool: what lay idle over two purges is gone, and the next Gets have to \
         call New. Bars count calls of New by the time since the last purge, all cycles laid over each other; the line is how \
         many there would be if they came evenly. Bars high at the left and low after: the collector empties the pool; collect \
         less often (GOGC, GOMEMLIMIT), or keep what must stay in a list of your own. Bars along the line: the pool misses for \
         another reason; objects are not given back, or more are in use at once."
            .to_owned(),
    ));
    if found.periods.count() == 0 {
        parts.push(Part::Words("No purge is in this part of the trace, so there is nothing to count from.".to_owned()));
    }
    let charts = found.pools.iter().filter(|pool| pool.delays.len() >= LEAST_NEWS).take(CHARTS);
    parts.extend(charts.map(|pool| Part::Chart(chart(open, &found, pool))));
    parts.push(titled("trace-table", by_pool(open, &found)));
    parts
}

fn claim(open: &Open, found: &NewAfterPurge) -> String {
    let name = |pool: &PoolNews| open.symbols.strings.get(pool.name).to_owned();
    let quarter = found.periods.quantile(0.25);
    let share = |pool: &PoolNews| {
        format!(
            "{:.0}% of its calls of New come within {} after a purge",
            pool.share_within(quarter) * 100.0,
            nanos_words(quarter)
        )
    };
    let emptied: Vec<_> =
        found.pools.iter().filter(|pool| pool.crowding(&found.periods) == Crowding::AfterPurges).collect();
    if let Some(first) = emptied.first() {
        let names = emptied.iter().map(|pool| name(pool)).collect::<Vec<_>>().join(", ");
        let whose = if emptied.len() > 1 {
            format!(": of {}, {}", name(first), share(first))
        } else {
            format!(": {}", share(first))
        };
        return format!("The collector empties {names}{whose}, where evenly it would be 25%.");
    }
    let Some(most) = found.pools.first() else { return String::new() };
    match most.crowding(&found.periods) {
        Crowding::TooFew => format!(
            "Too little to say whether calls of New follow purges: {} of {} after a purge, where {LEAST_NEWS} would do.",
            most.delays.len(),
            name(most),
        ),
        Crowding::NotTold => format!(
            "{} makes objects for its pool, but whether after purges cannot be told: it was seen mostly where the collector \
             interfered, and that comes after purges by itself. Mark New with a region (pool.New), or record CPU samples \
             beside the trace.",
            name(most)
        ),
        _ => format!("{} does not miss because of purges: {}, where evenly it would be 25%.", name(most), share(most)),
    }
}

fn chart(open: &Open, found: &NewAfterPurge, pool: &PoolNews) -> Chart {
    let last = found.periods.quantile(SHOWN).max(BINS as i64);
    let bins = pool.bins(&found.periods, last, BINS);
    let most = bins.iter().map(|&(count, expected)| expected.max(count as f64)).fold(1.0, f64::max);
    let (step, top) = step(most);
    let x = |at: usize| at as f64 / BINS as f64;
    let points =
        |of: &dyn Fn(&(usize, f64)) -> f64| bins.iter().enumerate().map(|(at, bin)| (x(at), of(bin) / top)).collect();
    let time = |at: usize| nanos_words((last as f64 * x(at)) as i64);
    let hits = bins.iter().enumerate().map(|(at, &(count, expected))| Hit {
        from: x(at),
        to: x(at + 1),
        words: format!("{} to {} after a purge: {count}; {expected:.1} if evenly", time(at), time(at + 1)),
        link: None,
    });
    let later = pool.delays.len() - bins.iter().map(|(count, _)| count).sum::<usize>();
    let later = if later > 0 { format!("; {later} came later than shown") } else { String::new() };
    let what = match pool.basis {
        Basis::Marked => "calls of New",
        Basis::Sampled => "CPU samples in New",
        Basis::Seen => "events in New",
    };
    let purges = match found.periods.count() {
        1 => "one purge".to_owned(),
        count => format!("{count} purges"),
    };
    Chart {
        id: "purge-chart",
        title: open.symbols.strings.get(pool.name).to_owned(),
        note: format!("{} {what} after {purges}{later}", analysis::words::count(pool.delays.len() as i64)),
        x_ticks: ticks(last),
        y_ticks: (0..=4)
            .map(|at| step * f64::from(at))
            .filter(|&value| value <= top)
            .map(|value| (value / top, format!("{value}")))
            .collect(),
        shapes: vec![
            Shape {
                kind: ShapeKind::Bars,
                points: points(&|bin| bin.0 as f64),
                color: "--an-init",
                title: what.to_owned(),
            },
            Shape {
                kind: ShapeKind::Steps,
                points: points(&|bin| bin.1),
                color: "--ink-2",
                title: "if evenly".to_owned(),
            },
        ],
        hits: hits.collect(),
        ..Chart::default()
    }
}

/// A round step that takes two to five times to the highest value, and the height of the chart.
fn step(most: f64) -> (f64, f64) {
    let power = 10_f64.powf((most / 5.0).max(1.0).log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|step| step * 5.0 >= most).unwrap_or(most);
    (step, most * 1.05)
}

/// Round times up to `last`.
fn ticks(last: i64) -> Vec<(f64, String)> {
    let ruler = analysis::timeline::ruler(Window::new(0, last), 0, 6);
    ruler
        .ticks
        .into_iter()
        .map(|(time, words)| (time as f64 / last as f64, format!("{words} {}", ruler.unit)))
        .collect()
}

fn by_pool(open: &Open, found: &NewAfterPurge) -> Rows {
    let quarter = found.periods.quantile(0.25);
    let row = |pool: &PoolNews| {
        let half = pool.half_within().map_or(text("–"), micros);
        let is_told = !pool.delays.is_empty();
        let share = if is_told { percent(pool.share_within(quarter)) } else { text("–") };
        let cells = vec![
            text(open.symbols.strings.get(pool.name)),
            number(pool.marked as u64),
            number(pool.sampled as u64),
            number(pool.seen as u64),
            number(pool.before as u64),
            half,
            share,
            text(words(pool.crowding(&found.periods))),
        ];
        (cells, pool.first.map(|first| Go { select: Some(Window::new(first, first + 1)), goroutine: None }))
    };
    let columns = vec![
        left("Made by"),
        right("marked", "calls of New"),
        right("CPU samples", "in New"),
        right("other events", "in New"),
        right("before a purge", "not counted"),
        right("half within", "µs"),
        right("right after purges", "% in ¼ of time"),
        left("What it says"),
    ];
    let note = format!(
        "pools, by the function that Get calls to make an object; if calls came evenly, 25% would be in the quarter of the time \
         right after purges (up to {}). A row leads to its first after a purge.",
        nanos_words(quarter)
    );
    Rows { note, columns, rows: found.pools.iter().map(row).collect::<Vec<(Vec<Cell>, Option<Go>)>>() }
}

fn words(crowding: Crowding) -> &'static str {
    match crowding {
        Crowding::AfterPurges => "the collector empties it",
        Crowding::Leaning => "leans to after purges",
        Crowding::Even => "does not follow purges",
        Crowding::TooFew => "too few to say",
        Crowding::NotTold => "not told by such events",
    }
}
