//! Memory of the process: what the runtime accounts for beside what the kernel counts, ranges, huge pages, control groups.

use std::fmt::Write;

use analysis::markup::escaped;
use analysis::memory_map::RangeKind;
use analysis::query::{
    CLASSES, Engine, GroupRow, HugeRow, KindRow, Moment, ProcessAnswer, RangeRow, ResidentRow, process,
};
use analysis::words::{number, percent, seconds, signed_bytes, size};

use super::super::Here;
use super::super::table::{Cell, Column, Row, Table};
use super::stacked::{Areas, Part, bar};

/// The section; nothing where no file tells of a process.
pub(super) fn section(engine: &Engine, here: &Here, out: &mut String) {
    // What is picked is a kind of ranges, a dump by its number, or both: `2/Go heap`.
    let picked = here.get("pick");
    let (dump, kind) =
        picked.split_once('/').unwrap_or(if picked.parse::<usize>().is_ok() { (picked, "") } else { ("", picked) });
    let shown = dump.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let Some(answer) = process(engine.session(), shown) else { return };
    head(engine, here, &answer, kind, out);
    bars(here, &answer, out);
    course(&answer, out);
    if let Some(huge) = &answer.huge {
        huge_row(huge, out);
    }
    for group in &answer.groups {
        group_row(group, out);
    }
    if !answer.kinds.is_empty() {
        kinds(here, &answer, kind, out);
        ranges(here, &answer, kind, out);
    }
}

/// The value of `pick` for a dump and a kind; the last dump needs no number.
fn pick(answer: &ProcessAnswer, dump: usize, kind: &str) -> String {
    let is_last = dump + 1 == answer.dumps.len();
    match (is_last, kind) {
        (true, kind) => kind.to_owned(),
        (false, "") => (dump + 1).to_string(),
        (false, kind) => format!("{}/{kind}", dump + 1),
    }
}

fn head(engine: &Engine, here: &Here, answer: &ProcessAnswer, kind: &str, out: &mut String) {
    let dump = answer.dumps.get(answer.shown);
    let file = dump.and_then(|dump| engine.session().source(dump.source)).map_or("", |source| source.name.as_str());
    let of = match answer.program.rsplit('/').next() {
        Some(name) if !name.is_empty() => format!("{name} · "),
        _ => String::new(),
    };
    let _ = write!(
        out,
        "<section class=\"sec\" data-testid=\"process\"><div class=\"hd\"><h2>Memory of the process</h2><span class=\"dim\">{}{}</span>",
        escaped(&of),
        escaped(file)
    );
    if answer.dumps.len() > 1 {
        let _ = write!(out, "<span class=\"end dim\" data-testid=\"dumps\">reading ");
        for at in 0..answer.dumps.len().min(MOST_LINKS) {
            let number = at + 1;
            let _ = match at == answer.shown {
                true => write!(out, " <b>{number}</b>"),
                false => write!(out, " <a href=\"{}\">{number}</a>", here.with(&[("pick", &pick(answer, at, kind))])),
            };
        }
        let _ = write!(out, " of {}</span>", answer.dumps.len());
    }
    out.push_str("</div>");
    let Some(dump) = dump else {
        out.push_str("</section>");
        return;
    };
    out.push_str("<div class=\"memfacts\">");
    let mut fact = |value: String, label: &str| {
        let _ = write!(out, "<span><b>{value}</b> {label}</span>");
    };
    fact(size(dump.rss), "resident");
    fact(size(dump.anonymous), "of it anonymous");
    fact(size(dump.rss.saturating_sub(dump.anonymous)), "of files, which the kernel can read again");
    if let Some(peak) = dump.peak {
        fact(size(peak), "at most");
    }
    fact(size(dump.swap), "swapped out");
    if let Some(first) = answer.dumps.first().filter(|_| answer.shown > 0) {
        let change =
            i64::try_from(dump.rss).unwrap_or(i64::MAX).saturating_sub(i64::try_from(first.rss).unwrap_or(i64::MAX));
        fact(signed_bytes(change), "since the first reading");
    }
    out.push_str("</div></section>");
}

/// More readings than this are not linked one by one.
const MOST_LINKS: usize = 24;

/// Tokens of the style for the runtime's classes.
const CLASS_COLORS: [&str; 5] = ["--pk-main-f", "--pk-sync-f", "--pk-runtime-f", "--pk-compress-f", "--pk-other-f"];

/// What is of Go has the colour that it has among the runtime's classes; the rest has none of theirs.
fn kind_color(kind: RangeKind) -> &'static str {
    match kind {
        RangeKind::GoHeap => "--pk-main-f",
        RangeKind::GoRuntime => "--pk-other-f",
        RangeKind::Stack => "--pk-compress-f",
        RangeKind::Brk | RangeKind::Anonymous => "--st-victim",
        RangeKind::Shared | RangeKind::HugeTlb => "--go-ready",
        RangeKind::Program => "--st-collected",
        RangeKind::Library => "--st-unknown",
        RangeKind::File | RangeKind::Special | RangeKind::Reserved => "--go-syscall",
    }
}

/// The same memory twice: as the kernel counts it, and as the runtime accounts for it.
fn bars(here: &Here, answer: &ProcessAnswer, out: &mut String) {
    let dump = answer.dumps.get(answer.shown);
    let mut counted: Vec<Part> = answer
        .kinds
        .iter()
        .map(|row| Part {
            title: row.kind.words().to_owned(),
            about: row.kind.about().to_owned(),
            bytes: row.resident.rss,
            color: kind_color(row.kind),
            href: here.with(&[("pick", &pick(answer, answer.shown, row.kind.words()))]),
        })
        .collect();
    if let Some(dump) = dump.filter(|_| counted.is_empty()) {
        let part = |title: &str, about: &str, bytes, color| {
            let (title, about) = (title.to_owned(), about.to_owned());
            Part { title, about, bytes, color, href: String::new() }
        };
        counted = vec![
            part("anonymous", "No file behind it.", dump.anonymous, "--pk-main-f"),
            part("of files", "Can be read again.", dump.rss.saturating_sub(dump.anonymous), "--pk-runtime-f"),
        ];
    }
    let accounted: Vec<Part> = answer.runtime.iter().flat_map(classes).collect();
    let sum = |parts: &[Part]| parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.bytes));
    let most = sum(&counted).max(sum(&accounted));
    if most == 0 {
        return;
    }
    out.push_str("<div class=\"membars\" data-testid=\"rss-bars\">");
    if !counted.is_empty() {
        bar("rss-counted", "the kernel counts", &counted, &[], most, out);
    }
    if !accounted.is_empty() {
        bar("rss-accounted", "Go’s runtime accounts for", &accounted, &[], most, out);
    }
    let said = match (counted.is_empty(), accounted.is_empty()) {
        (false, true) => {
            "With memory statistics of the same moment (expvar, runtime.MemStats, a debug=1 heap profile) it is told what of it Go accounts for."
        }
        (false, false) if !answer.is_same_moment => "The two readings do not say that they are of one moment.",
        (true, false) => {
            "With /proc/PID/smaps of the same moment it is told how much of it is in memory, and what else is."
        }
        _ => "",
    };
    if !said.is_empty() {
        let _ = write!(out, "<p class=\"dim xs\">{said}</p>");
    }
    out.push_str("</div>");
}

fn classes(moment: &Moment) -> Vec<Part> {
    let parts = CLASSES.iter().zip(moment.classes).zip(CLASS_COLORS);
    parts
        .map(|(((title, about), bytes), color)| Part {
            title: (*title).to_owned(),
            about: (*about).to_owned(),
            bytes,
            color,
            href: String::new(),
        })
        .collect()
}

fn course(answer: &ProcessAnswer, out: &mut String) {
    let (Some(first), Some(last)) = (answer.course.first(), answer.course.last()) else { return };
    let span = last.at_seconds - first.at_seconds;
    if answer.course.len() < 2 || span <= 0.0 {
        return;
    }
    let x = |moment: &Moment| (moment.at_seconds - first.at_seconds) / span;
    let areas = Areas {
        layers: CLASSES.iter().zip(CLASS_COLORS).map(|((title, _), color)| (*title, color)).collect(),
        moments: answer.course.iter().map(|moment| (x(moment), moment.classes.to_vec())).collect(),
        line: answer.course.iter().filter_map(|moment| Some((x(moment), moment.rss?))).collect(),
        line_title: "resident",
        from: "first reading".to_owned(),
        to: format!("{} readings, {}", answer.course.len(), seconds(span)),
    };
    out.push_str("<section class=\"sec\"><div class=\"hd\"><h2>Accounted for over time</h2><span class=\"dim\">classes of Go’s runtime on each other; the line is resident memory where it was read at the same moments: what is above the areas is not Go’s, or of files</span></div><div class=\"membars\">");
    areas.write("rss-areas", "Memory that Go's runtime accounts for over time, by class, and resident memory", out);
    out.push_str("</div></section>");
}

fn huge_row(huge: &HugeRow, out: &mut String) {
    let share = huge.huge as f64 / huge.rss.max(1) as f64;
    let _ = write!(
        out,
        "<div class=\"memfacts sec\" data-testid=\"huge-pages\"><span><b>{}</b> of {} resident Go heap in transparent huge pages ({})</span>",
        size(huge.huge),
        size(huge.rss),
        percent(share)
    );
    if let Some(held) = huge.held {
        let _ = match huge.rss.checked_sub(held) {
            Some(more) => write!(
                out,
                "<span><b>{}</b> more than the {} that the runtime holds there</span>",
                size(more),
                size(held)
            ),
            None => write!(out, "<span>the runtime holds <b>{}</b> there, not all of it touched</span>", size(held)),
        };
    }
    out.push_str("</div>");
}

fn group_row(group: &GroupRow, out: &mut String) {
    let limits: Vec<(u64, String)> = [("memory.high", group.high), ("memory.max", group.max)]
        .into_iter()
        .filter_map(|(name, limit)| Some((limit?, format!("{name} {}", size(limit?)))))
        .collect();
    let part = |title: &str, about: &str, bytes, color| {
        let (title, about) = (title.to_owned(), about.to_owned());
        Part { title, about, bytes, color, href: String::new() }
    };
    let current = group.current.unwrap_or(0);
    let parts = match group.parts {
        Some([anon, active, inactive, kernel]) => {
            let known = anon.saturating_add(active).saturating_add(inactive).saturating_add(kernel);
            vec![
                part("anonymous", "memory.stat anon: heaps and stacks.", anon, "--pk-main-f"),
                part(
                    "kernel",
                    "memory.stat kernel: slabs, stacks and page tables charged to the group.",
                    kernel,
                    "--pk-other-f",
                ),
                part("files in use", "memory.stat file without inactive_file.", active, "--pk-compress-f"),
                part(
                    "files not used of late",
                    "memory.stat inactive_file: taken back first.",
                    inactive,
                    "--pk-runtime-f",
                ),
                part(
                    "other",
                    "memory.current without what memory.stat names.",
                    current.saturating_sub(known),
                    "--st-unknown",
                ),
            ]
        }
        None => vec![part("charged", "memory.current", current, "--pk-main-f")],
    };
    let sum = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.bytes));
    let most = limits.iter().map(|(at, _)| *at).chain([sum, group.peak.unwrap_or(0)]).max().unwrap_or(0);
    let name = if group.path.is_empty() { "control group" } else { group.path.as_str() };
    let _ = write!(
        out,
        "<section class=\"sec\" data-testid=\"cgroup\"><div class=\"hd\"><h2>Control group</h2><span class=\"dim\">{}</span></div><div class=\"membars\">",
        escaped(name)
    );
    bar("cgroup-bar", "charged", &parts, &limits, most, out);
    out.push_str("</div><div class=\"memfacts\">");
    for (name, limit) in [("memory.max", group.max), ("memory.high", group.high)] {
        let _ = match limit {
            Some(limit) => {
                let share = percent(current as f64 / limit.max(1) as f64);
                write!(out, "<span><b>{}</b> {name}, {share} charged</span>", size(limit))
            }
            None => write!(out, "<span>no {name}</span>"),
        };
    }
    if let Some(peak) = group.peak {
        let _ = write!(out, "<span><b>{}</b> at most</span>", size(peak));
    }
    let _ = write!(out, "<span><b>{}</b> swapped out</span>", size(group.swap));
    for (words, count) in group.events.iter().filter(|(_, count)| *count > 0) {
        let _ = write!(out, "<span class=\"bad\"><b>{}</b> {}</span>", number(*count), escaped(words));
    }
    out.push_str("</div></section>");
}

fn column(title: &'static str, about: &'static str) -> Column {
    Column { title, about, is_left: false }
}

fn words(title: &'static str, about: &'static str) -> Column {
    Column { title, about, is_left: true }
}

fn bytes(bytes: u64) -> Cell {
    Cell::number(bytes as f64, if bytes == 0 { "–".to_owned() } else { size(bytes) })
}

/// Columns that ranges and kinds of them have alike.
fn resident_columns() -> [Column; 7] {
    [
        column("Rss", "In memory."),
        column("Anonymous", "Not backed by a file."),
        column("Dirty", "Private_Dirty: of this process alone and written to."),
        column("Pss", "Shared pages divided among those who map them."),
        column("Huge", "AnonHugePages: in transparent huge pages."),
        column("LazyFree", "Given back lazily (MADV_FREE): counted as resident until the kernel takes it."),
        column("Swap", "Swapped out."),
    ]
}

fn resident_cells(row: &ResidentRow, most: u64) -> [Cell; 7] {
    let rss = bytes(row.rss).bar(row.rss as f64 / most.max(1) as f64);
    [
        rss,
        bytes(row.anonymous),
        bytes(row.private_dirty),
        bytes(row.pss),
        bytes(row.huge),
        bytes(row.lazy_free),
        bytes(row.swap),
    ]
}

fn kinds(here: &Here, answer: &ProcessAnswer, picked: &str, out: &mut String) {
    let most = answer.kinds.iter().map(|row| row.resident.rss).max().unwrap_or(0);
    let has_change = answer.dumps.iter().filter(|dump| dump.has_ranges).count() > 1 && answer.shown > 0;
    let mut columns = vec![
        words("Kind", "What ranges are for, told by their name, place and neighbours."),
        column("Ranges", "How many."),
    ];
    columns.push(column("Size", "Their addresses, resident or not."));
    columns.extend(resident_columns());
    if has_change {
        columns.push(column("Δ Rss", "Against the first reading."));
    }
    let row = |row: &KindRow| {
        let name = row.kind.words();
        let is_on = name == picked;
        let href = here.with(&[("pick", &pick(answer, answer.shown, if is_on { "" } else { name }))]);
        let mut cells = vec![
            Cell::text(name).to(href).title(row.kind.about()),
            Cell::number(row.ranges as f64, number(row.ranges)),
            bytes(row.size),
        ];
        cells.extend(resident_cells(&row.resident, most));
        if has_change {
            let change = row.resident.rss as f64 - row.first_rss as f64;
            cells.push(Cell::number(change, signed_bytes(change as i64)));
        }
        Row { cells, is_on }
    };
    out.push_str("<section class=\"sec\"><div class=\"hd\"><h2>Ranges by kind</h2><span class=\"dim\">a kind leads to its ranges</span></div>");
    let rows = answer.kinds.iter().map(row).collect();
    Table { id: "range-kinds", label: "Mapped ranges by kind".to_owned(), columns, rows, sorted: Some(3), most: 20 }
        .write(here, out);
    out.push_str("</section>");
}

/// Ranges shown at most: the rest is told by its kind.
const MOST_RANGES: usize = 60;

fn ranges(here: &Here, answer: &ProcessAnswer, picked: &str, out: &mut String) {
    let is_kind = RangeKind::ALL.iter().any(|kind| kind.words() == picked);
    let wanted: Vec<&RangeRow> = answer.ranges.iter().filter(|row| !is_kind || row.kind.words() == picked).collect();
    let most = wanted.iter().map(|row| row.resident.rss).max().unwrap_or(0);
    let mut columns = vec![
        words("Address", "First address."),
        words("Kind", "What it is for."),
        words("Mapped", "What is mapped there."),
        words("Perm", "r read, w write, x run; p of this process alone, s shared."),
        column("Size", "Its addresses, resident or not."),
    ];
    columns.extend(resident_columns());
    columns.push(column("Page", "KernelPageSize."));
    columns.push(words(
        "Flags",
        "VmFlags: hg asks for huge pages, nh forbids them; ac accountable, sh shared, lo locked, dd not dumped.",
    ));
    let row = |row: &&RangeRow| {
        let mut cells = vec![
            Cell { number: Some(-(row.start as f64)), ..Cell::text(format!("{:x}", row.start)) },
            Cell::text(row.kind.words()).title(row.kind.about()),
            Cell::text(if row.path.is_empty() { "–" } else { row.path.as_str() }).title(row.path.as_str()),
            Cell::text(row.permissions.as_str()),
            bytes(row.size),
        ];
        cells.extend(resident_cells(&row.resident, most));
        cells.push(bytes(row.kernel_page));
        cells.push(Cell::text(row.flags.as_str()));
        Row { cells, is_on: false }
    };
    let of = if is_kind {
        format!("{picked}: {} of {} ranges", wanted.len(), answer.ranges.len())
    } else {
        format!("{} ranges", answer.ranges.len())
    };
    let _ = write!(
        out,
        "<section class=\"sec\"><div class=\"hd\"><h2>Ranges</h2><span class=\"dim\">{}</span>",
        escaped(&of)
    );
    if is_kind {
        let _ = write!(
            out,
            "<a class=\"end btn\" href=\"{}\">All kinds</a>",
            here.with(&[("pick", &pick(answer, answer.shown, ""))])
        );
    }
    out.push_str("</div>");
    let rows = wanted.iter().map(row).collect();
    let label = format!("Mapped ranges, {of}");
    Table { id: "ranges", label, columns, rows, sorted: Some(5), most: MOST_RANGES }.write(here, out);
    out.push_str("</section>");
}
