//! A hot line of source that allocates, and what the compiler says of why.

use super::context::{Context, Heap};
use super::{Checked, Decidability, Evidence, EvidenceView, Fact, Finding, Rule, Severity};
use crate::escapes::{EscapeLine, Escapes, Noted};
use crate::heap_rows::{ALLOC_OBJECTS, ALLOC_SPACE, HeapRows, INUSE_SPACE};
use crate::model::StackId;
use crate::model::record::EscapeKind;
use crate::words::{bytes, count, percent};

/// `escape-site`
pub(super) struct EscapeSite;

impl Rule for EscapeSite {
    fn name(&self) -> &'static str {
        "escape-site"
    }

    fn title(&self) -> &'static str {
        "Escapes that cost"
    }

    fn needs(&self) -> &'static str {
        "two heap profiles, and what go build -gcflags=-m says"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let Some(escapes) = Escapes::new(context.session) else { return Checked::NotCovered };
        let Some(heap) = context.go_heap().filter(|heap| heap.has_change()) else { return Checked::NotCovered };
        let Some(seconds) = heap.seconds else { return Checked::NotCovered };
        let t = context.thresholds;
        let total = heap.total_change().alloc_delta.max(1);
        let mut fastest = 0.0_f64;
        for line in lines(context, heap, &escapes) {
            let [allocated, ..] = line.values;
            let rate = allocated as f64 / seconds;
            let share = allocated as f64 / total as f64;
            fastest = fastest.max(rate);
            if rate >= t.escape_min_bytes_per_second && share >= t.churn_min_share && !is_pooled(context, line.stack) {
                into.push(finding(context, heap, &escapes, &line, rate, share));
            }
        }
        Checked::Clear(format!("{}/s", bytes(fastest as i64)))
    }
}

/// By line: bytes and objects allocated between first and last snapshot, bytes in use at the end.
fn lines(context: &Context<'_>, heap: &Heap, escapes: &Escapes<'_>) -> Vec<EscapeLine<3>> {
    if !heap.tells_allocated {
        return Vec::new();
    }
    let rows = |at: usize, sign: i64| {
        let profile = heap.profile(context.session, at);
        let rows = profile.and_then(|profile| HeapRows::of(&context.session.symbols, profile)).unwrap_or_default();
        rows.iter().map(move |(stack, values)| {
            let inuse = if sign > 0 { values[INUSE_SPACE] } else { 0 };
            (stack, [sign * values[ALLOC_SPACE], sign * values[ALLOC_OBJECTS], inuse])
        })
    };
    let before = (!heap.is_delta).then(|| rows(heap.first, -1)).into_iter().flatten();
    escapes.join(&context.session.symbols, rows(heap.last, 1).chain(before))
}

/// Whether a stack comes through a pool: what its `New` makes must be on the heap.
fn is_pooled(context: &Context<'_>, stack: StackId) -> bool {
    let symbols = &context.session.symbols;
    let mut names = symbols.function_names(symbols.stacks.get(stack)).map(|name| symbols.strings.get(name));
    names.any(|name| crate::pools::end_of(name) == Some(crate::pools::PoolEnd::Get))
}

fn finding(
    context: &Context<'_>,
    heap: &Heap,
    escapes: &Escapes<'_>,
    line: &EscapeLine<3>,
    rate: f64,
    share: f64,
) -> Finding {
    let symbols = &context.session.symbols;
    let function = symbols.functions.get(line.function).copied();
    let name = function.map_or("", |function| context.text(function.name));
    let file = function.map_or("", |function| context.text(function.file));
    let notes: Vec<Noted<'_>> = function
        .map_or(&[][..], |function| escapes.at(symbols, &function, line.line))
        .iter()
        .filter_map(|&at| escapes.notes.get(at).copied())
        .collect();
    let place = format!("{}:{}", crate::projection::base_name(file), line.line);
    let said = match notes.as_slice() {
        [first, second, _, ..] => format!("{}, {} and {} more", quoted(first), quoted(second), notes.len() - 2),
        few => few.iter().map(quoted).collect::<Vec<_>>().join(", "),
    };
    let with_flow = notes.iter().find(|noted| !noted.note.flow.is_empty());
    let way = with_flow.map_or(String::new(), |noted| {
        let steps = noted.note.flow.iter().map(|step| step.trim().trim_end_matches(':'));
        format!(" Its way: {}.", steps.collect::<Vec<_>>().join("; "))
    });
    let [allocated, objects, inuse] = line.values;
    let is_warning = rate >= context.thresholds.churn_warning_bytes_per_second;
    let mut site = function.map_or_else(Default::default, |function| context.place(function.name, line.stack, None));
    (site.file, site.line) = (file.to_owned(), line.line);
    let node = format!("{file}:{}", line.line);
    let in_table = context.heap_evidence(
        heap,
        EvidenceView::HeapTable,
        "alloc_space",
        name,
        format!("{} allocated between the snapshots", bytes(allocated)),
    );
    let mut evidence = vec![in_table.clone()];
    let in_lines = Evidence {
        text: format!("{place}: {said}"),
        view: EvidenceView::Escape,
        node,
        source: notes.first().map_or(in_table.source, |noted| noted.source),
        ..in_table
    };
    evidence.insert(0, in_lines);
    let seconds = heap.seconds.unwrap_or(1.0);
    Finding {
        rule: "escape-site".to_owned(),
        severity: if is_warning { Severity::L2 } else { Severity::L1 },
        known: if heap.total_change().alloc_error == 0.0 { Decidability::Proven } else { Decidability::Sampled },
        claim: format!(
            "{place} in {name} allocates {}/s, {} of all, and the compiler says why: {said}.",
            bytes(rate as i64),
            percent(share)
        ),
        detail: format!("Each time the line runs, it makes {} on the heap.{way}", if notes.len() > 1 { "these" } else { "it" }),
        weight: rate as i64,
        headline: format!("{}/s", bytes(rate as i64)),
        site,
        evidence,
        facts: vec![
            Fact { value: format!("{}/s", bytes(rate as i64)), label: "allocated by the line".to_owned() },
            Fact { value: format!("{}/s", count((objects as f64 / seconds) as i64)), label: "objects".to_owned() },
            Fact { value: bytes(inuse), label: "in use".to_owned() },
            Fact { value: percent(share), label: "of all allocation".to_owned() },
        ],
        disproof: "A build of this very source in which the compiler no longer says so, and that allocates as much at this line."
            .to_owned(),
        fix: fix(&notes),
        next: if with_flow.is_some() {
            "The same build with the change, and its notes: the line must be gone from them."
        } else {
            "With -m=2 the compiler tells the way that the value takes to the heap."
        }
        .to_owned(),
        command: "go build -gcflags=-m=2 ./... 2> escape.txt".to_owned(),
    }
}

fn quoted(noted: &Noted<'_>) -> String {
    format!("“{}”", noted.note.text())
}

/// What helps, by what the compiler says.
fn fix(notes: &[Noted<'_>]) -> String {
    let has = |part: &str| notes.iter().any(|noted| noted.note.flow.iter().any(|step| step.contains(part)));
    let is = |start: &str| notes.iter().any(|noted| noted.note.subject.starts_with(start));
    let words = match () {
        () if has("too large for stack") => {
            "It is too large for a stack: make it once and reuse it, or make it smaller."
        }
        () if has("non-constant size") => {
            "Its size is not known when it is compiled: give make a constant, or let the caller pass the buffer in."
        }
        () if is("func literal") => {
            "The closure outlives its function: make it once outside, or pass what it captures as arguments."
        }
        () if notes.iter().any(|noted| noted.note.kind == EscapeKind::MovedToHeap) => {
            "Something keeps its address: return the value instead of a pointer to it, or let the caller pass a pointer in."
        }
        () if has("interface-converted") || has("slice-literal-element") => {
            "It becomes an interface, as arguments of fmt do: use strconv or a typed function on this path."
        }
        () if has("return") => "It is returned: let the caller pass in what is to be filled, or return a value.",
        () if is("make(") || is("&") || is("new(") || is("[]") => {
            "Let the caller pass it in, or take it from a pool and put it back on every path."
        }
        () => {
            "Keep the value where it is: no pointer to it into a struct, channel or interface that outlives the call."
        }
    };
    words.to_owned()
}
