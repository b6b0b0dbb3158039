//! Heap → Escape: source lines that allocate, with what the compiler says of each.

use std::fmt::Write;

use analysis::lens::SourceId;
use analysis::markup::escaped;
use analysis::query::{Engine, EscapeAnswer, EscapeReason, EscapeRow, escape};
use analysis::session::Session;
use analysis::words::{bytes, count, number, percent, seconds, without_path};

use super::table::{Cell, Column, Row, Table};
use super::{Here, nothing};

/// How the compiler is asked.
const COMMAND: &str = "go build -gcflags=-m=2 ./... 2> escape.txt";

/// The page.
pub(super) fn page(engine: &Engine, here: &Here) -> String {
    let session = engine.session();
    let named = |key: &str| session.sources.iter().find(|source| source.name == here.get(key)).map(|source| source.id);
    let Some(answer) = escape(session, named("cur"), named("base")) else {
        return nothing(
            "Why values are on the heap",
            "The compiler says of each value why it cannot stay on the stack. Build with its notes and drop them beside a heap \
             profile: each line that allocates is then shown with its reason. The build cache keeps the notes, so a second \
             build prints them too.",
            COMMAND,
            "",
        );
    };
    let mut out = String::new();
    head(session, &answer, &mut out);
    table(session, here, &answer, &mut out);
    foot(&answer, &mut out);
    out
}

fn head(session: &Session, answer: &EscapeAnswer, out: &mut String) {
    let name = |id: SourceId| session.source(id).map_or("", |source| source.name.as_str());
    let said = match &answer.heap {
        None => "No heap profile of Go is open, so lines have no numbers: curl -so heap.pb.gz localhost:6060/debug/pprof/heap"
            .to_owned(),
        Some(heap) => {
            let joined = answer.rows.iter().fold(0_i64, |sum, row| sum.saturating_add(row.bytes));
            let span = match (heap.base, heap.seconds) {
                (Some(base), Some(s)) => format!("between {} and {} ({})", name(base), name(heap.current), seconds(s)),
                (Some(base), None) => format!("between {} and {}", name(base), name(heap.current)),
                (None, _) => format!("in {}, since the program began", name(heap.current)),
            };
            format!(
                "{} allocated {span}, without what taking profiles cost; {} of it at lines that the compiler names.",
                bytes(heap.allocated),
                percent(joined as f64 / heap.allocated.max(1) as f64)
            )
        }
    };
    let _ = write!(out, "<p class=\"pad first prose\" data-testid=\"escape-said\">{}</p>", escaped(&said));
}

fn table(session: &Session, here: &Here, answer: &EscapeAnswer, out: &mut String) {
    let words = |title, about| Column { title, about, is_left: true };
    let column = |title, about| Column { title, about, is_left: false };
    let rate = answer.heap.as_ref().and_then(|heap| heap.seconds);
    let mut columns = vec![
        words("Line", "Where the value is made; a call that was inlined there counts as its own."),
        words(
            "The compiler says",
            "What of the line lies on the heap, and why. Several notes of a line share its numbers.",
        ),
    ];
    if answer.heap.is_some() {
        columns.insert(1, words("Function", "The function that the line stands in."));
        columns.extend([
            match rate {
                Some(_) => column("Allocated", "Bytes a second that the line allocated between the two profiles."),
                None => column("Allocated", "Bytes that the line allocated."),
            },
            column("Of all", "Share of all bytes allocated in the same time."),
            column("Objects", "How many, a second where times are known."),
            column("In use", "Bytes of them that are not freed at the end."),
        ]);
    }
    let most = answer.rows.iter().map(|row| row.bytes).max().unwrap_or(0).max(1) as f64;
    let rows = answer
        .rows
        .iter()
        .map(|row| Row { cells: cells(session, here, answer, row, rate, most), is_on: here.get("pick") == row.node });
    let table = Table {
        id: "escapes",
        label: "Lines that allocate".to_owned(),
        rows: rows.collect(),
        sorted: Some(if answer.heap.is_some() { 3 } else { 0 }),
        columns,
        most: 200,
    };
    out.push_str("<div class=\"escapes\">");
    table.write(here, out);
    out.push_str("</div>");
}

fn cells(
    session: &Session,
    here: &Here,
    answer: &EscapeAnswer,
    row: &EscapeRow,
    rate: Option<f64>,
    most: f64,
) -> Vec<Cell> {
    let place = Cell::text(&row.place).title(&row.node).to(here.with(&[("pick", &row.node)]));
    let mut cells = vec![place, reasons(&row.reasons, here.get("pick") == row.node)];
    let Some(heap) = &answer.heap else { return cells };
    let name = |id: SourceId| session.source(id).map_or("", |source| source.name.as_str());
    let to_table = here.to(&[
        ("view", "heap"),
        ("tab", "table"),
        ("type", "alloc_space"),
        ("base", heap.base.map_or("", name)),
        ("cur", name(heap.current)),
        ("sel", &row.function),
    ]);
    cells.insert(1, Cell::text(without_path(&row.function)).title(&row.function).to(to_table));
    let per = |value: i64, text: fn(i64) -> String| match rate {
        Some(seconds) => format!("{}/s", text((value as f64 / seconds) as i64)),
        None => text(value),
    };
    cells.extend([
        Cell::number(row.bytes as f64, per(row.bytes, bytes)).bar(row.bytes as f64 / most).title(bytes(row.bytes)),
        Cell::number(row.share, percent(row.share)),
        Cell::number(row.objects as f64, per(row.objects, count)).title(count(row.objects)),
        Cell::number(row.inuse_bytes as f64, bytes(row.inuse_bytes))
            .title(format!("{} objects", count(row.inuse_objects))),
    ]);
    cells
}

/// What the compiler says, with the way of each value to unfold; that of the picked line is open.
fn reasons(reasons: &[EscapeReason], is_open: bool) -> Cell {
    let mut below = String::new();
    for reason in reasons {
        let column = match reason.column {
            0 => String::new(),
            column => format!(" <span class=\"colno\" title=\"Column {column} of the line\">:{column}</span>"),
        };
        let text = format!("{}{column}", escaped(&reason.text));
        let _ = if reason.flow.is_empty() {
            write!(below, "<div class=\"why\">{text}</div>")
        } else {
            let open = if is_open { " open" } else { "" };
            let steps = reason.flow.iter().map(|step| escaped(&near(step))).collect::<Vec<_>>().join("\n");
            write!(below, "<details{open}><summary>{text}</summary><pre>{steps}</pre></details>")
        };
    }
    Cell { drawn: below, ..Cell::default() }
}

fn foot(answer: &EscapeAnswer, out: &mut String) {
    let mut said = Vec::new();
    if answer.heap.is_some() {
        said.push(format!("{} notes are of lines that allocated nothing that was sampled", number(answer.idle)));
    }
    said.push(format!("{} parameters leak, which allocates nothing by itself", number(answer.leaking)));
    said.push(format!("{} other notes, of inlining and of what stays on the stack", number(answer.others)));
    let _ = write!(out, "<p class=\"pad first dim xs\" data-testid=\"escape-rest\">{}.</p>", said.join(" · "));
    if !answer.has_flow {
        let _ = write!(
            out,
            "<div class=\"pad\"><p class=\"prose\">With -m=2 the compiler tells the way of each value to the heap:</p><div \
             class=\"cmd\"><span>{COMMAND}</span><button class=\"go\" data-copy>Copy</button></div></div>"
        );
    }
}

/// A step of a way, its place without the folders of its file.
fn near(step: &str) -> String {
    match step.rsplit_once(" at ") {
        Some((what, place)) => format!("{what} at {}", place.rsplit('/').next().unwrap_or(place)),
        None => step.to_owned(),
    }
}
