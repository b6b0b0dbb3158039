//! Source lines that allocate beside what the compiler says of them.

use serde::{Deserialize, Serialize};

use crate::escapes::{Escapes, Noted};
use crate::lens::SourceId;
use crate::model::record::Record;
use crate::model::{Profile, ProfileKind, StackId, Symbols};
use crate::order;
use crate::pools::is_measuring;
use crate::projection::base_name;
use crate::series::Series;
use crate::session::Session;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EscapeAnswer {
    /// The heap that is looked at; without one, lines have no numbers.
    pub heap: Option<EscapeHeap>,
    /// Lines that allocate, by bytes; without a heap all lines, by file.
    pub rows: Vec<EscapeRow>,
    /// How many notes are of lines that allocate nothing that was sampled.
    pub idle: u64,
    /// How many parameters leak, which allocates nothing by itself.
    pub leaking: u64,
    /// How many other notes there are: of inlining, of what stays on the stack.
    pub others: u64,
    /// Some notes come with their way.
    pub has_flow: bool,
}

/// Between what lines allocated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EscapeHeap {
    /// The profile.
    pub current: SourceId,
    /// What is subtracted; without one, all since the program began.
    pub base: Option<SourceId>,
    /// Seconds between the two, if both tell their times.
    pub seconds: Option<f64>,
    /// Bytes allocated in all, but for what taking and serving profiles allocates.
    pub allocated: i64,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EscapeRow {
    /// Name of the file and line.
    pub place: String,
    /// The same with the whole path, as evidence names it.
    pub node: String,
    /// The function that it stands in; empty without a heap.
    pub function: String,
    /// What the compiler says, in file order.
    pub reasons: Vec<EscapeReason>,
    /// Bytes allocated.
    pub bytes: i64,
    /// Objects allocated.
    pub objects: i64,
    /// Bytes in use.
    pub inuse_bytes: i64,
    /// Objects in use.
    pub inuse_objects: i64,
    /// Share of all that was allocated.
    pub share: f64,
}

/// What the compiler says of a value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EscapeReason {
    /// In its words.
    pub text: String,
    /// Where in the line, in bytes from 1; 0 when unknown.
    pub column: u32,
    /// The way of the value to the heap, a line each; empty where it was not told.
    pub flow: Vec<String>,
}

/// Joins the notes with a heap: the one that is named, or the last of the session; against the one that is named, or the
/// first that it may be compared with. `None` when no file holds notes.
pub fn escape(session: &Session, current: Option<SourceId>, base: Option<SourceId>) -> Option<EscapeAnswer> {
    let escapes = Escapes::new(session)?;
    let others = session.records().map(|(_, record)| if let Record::Escape(notes) = record { notes.others } else { 0 });
    let mut answer = EscapeAnswer {
        leaking: escapes.leaking,
        others: others.sum(),
        has_flow: escapes.has_flow,
        ..EscapeAnswer::default()
    };
    match chosen(session, current, base) {
        Some((now, before)) => with_heap(session, &escapes, now, before, &mut answer),
        None => answer.rows = without_heap(&escapes),
    }
    Some(answer)
}

/// Every line with its notes, in file order.
fn without_heap(escapes: &Escapes<'_>) -> Vec<EscapeRow> {
    let mut notes: Vec<&Noted<'_>> = escapes.notes.iter().collect();
    order::sort_by_key(&mut notes, |noted| (noted.note.file.as_str(), noted.note.line, noted.note.column));
    let same = |a: &&Noted<'_>, b: &&Noted<'_>| (&a.note.file, a.note.line) == (&b.note.file, b.note.line);
    let lines = notes.chunk_by(same).filter_map(|notes| {
        let first = notes.first()?.note;
        let node = format!("{}:{}", first.file, first.line);
        let reasons = notes.iter().map(|noted| reason(noted)).collect();
        Some(EscapeRow { place: node.clone(), node, reasons, ..EscapeRow::default() })
    });
    lines.collect()
}

fn reason(noted: &Noted<'_>) -> EscapeReason {
    EscapeReason { text: noted.note.text(), column: noted.note.column, flow: noted.note.flow.clone() }
}

/// The heap that is looked at, and the one before it.
fn chosen(
    session: &Session,
    current: Option<SourceId>,
    base: Option<SourceId>,
) -> Option<(SourceId, Option<SourceId>)> {
    let is_heap = |id: &SourceId| session.profile(*id).is_some_and(|profile| is_go(profile.kind));
    let named = current.filter(is_heap);
    let kind = match named.and_then(|id| session.profile(id)) {
        Some(profile) => profile.kind,
        None => [ProfileKind::Heap, ProfileKind::Allocs]
            .into_iter()
            .find(|&kind| session.sources.iter().any(|s| session.profile(s.id).is_some_and(|p| p.kind == kind)))?,
    };
    let series = Series::of_kind(session, kind);
    let at = |at: usize| Some(series.snapshots.get(at)?.source);
    let now = named.or_else(|| at(series.distinct().last()?))?;
    let first = || at(series.distinct().next()?).filter(|_| series.is_comparable());
    let before = base.filter(is_heap).or_else(first).filter(|&before| before != now);
    Some((now, before))
}

fn is_go(kind: ProfileKind) -> bool {
    matches!(kind, ProfileKind::Heap | ProfileKind::Allocs)
}

/// In the order of a heap: objects and bytes allocated, objects and bytes in use.
const COLUMNS: [&str; 4] = ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"];

/// Where the columns are.
fn columns(symbols: &Symbols, profile: &Profile) -> [Option<usize>; 4] {
    COLUMNS.map(|name| profile.sample_types.iter().position(|t| symbols.strings.get(t.name) == name))
}

/// Stacks of a profile with the four values of each, times `signs`.
fn rows<'a>(
    symbols: &Symbols,
    profile: &'a Profile,
    signs: [i64; 4],
) -> impl Iterator<Item = (StackId, [i64; 4])> + 'a {
    let columns = columns(symbols, profile);
    profile.stacks.iter().enumerate().map(move |(row, &stack)| {
        let mut values = [0; 4];
        for ((value, column), sign) in values.iter_mut().zip(columns).zip(signs) {
            let found = column.and_then(|at| profile.values.get(at)?.get(row)).copied().unwrap_or(0);
            *value = found.wrapping_mul(sign);
        }
        (stack, values)
    })
}

fn with_heap(
    session: &Session,
    escapes: &Escapes<'_>,
    now: SourceId,
    before: Option<SourceId>,
    answer: &mut EscapeAnswer,
) {
    let symbols = &session.symbols;
    let Some(current) = session.profile(now) else { return };
    let base = before.and_then(|id| session.profile(id));
    // What is in use is that of the end.
    let all = || {
        let before = base.into_iter().flat_map(|base| rows(symbols, base, [-1, -1, 0, 0]));
        rows(symbols, current, [1; 4]).chain(before)
    };
    let is_measured = |stack: StackId| {
        let mut names = symbols.function_names(symbols.stacks.get(stack)).map(|name| symbols.strings.get(name));
        names.any(is_measuring)
    };
    let own = all().filter(|(stack, _)| !is_measured(*stack));
    let allocated = own.fold(0_i64, |sum, (_, [_, bytes, ..])| sum.wrapping_add(bytes));
    let seconds = match base {
        Some(base) => {
            let time = |id: Option<SourceId>, profile: &Profile| session.time(id?, profile.time);
            time(Some(now), current).zip(time(before, base)).map(|(now, before)| (now - before).nanos() as f64 / 1e9)
        }
        None => current.duration.map(|duration| duration.nanos() as f64 / 1e9),
    };
    answer.heap = Some(EscapeHeap { current: now, base: before, seconds: seconds.filter(|&s| s > 0.0), allocated });
    let mut noted = vec![false; escapes.notes.len()];
    for line in escapes.join(symbols, all()) {
        let [objects, bytes, inuse_objects, inuse_bytes] = line.values;
        let Some(function) = symbols.functions.get(line.function) else { continue };
        if line.values == [0; 4] {
            continue;
        }
        let at = escapes.at(symbols, function, line.line);
        for &at in at {
            if let Some(noted) = noted.get_mut(at) {
                *noted = true;
            }
        }
        let file = symbols.strings.get(function.file);
        answer.rows.push(EscapeRow {
            place: format!("{}:{}", base_name(file), line.line),
            node: format!("{file}:{}", line.line),
            function: symbols.strings.get(function.name).to_owned(),
            reasons: at.iter().filter_map(|&at| escapes.notes.get(at)).map(reason).collect(),
            bytes,
            objects,
            inuse_bytes,
            inuse_objects,
            share: bytes as f64 / allocated.max(1) as f64,
        });
    }
    answer.idle = noted.iter().filter(|noted| !**noted).count() as u64;
    order::sort_by(&mut answer.rows, |a, b| b.bytes.cmp(&a.bytes).then_with(|| a.node.cmp(&b.node)));
}
