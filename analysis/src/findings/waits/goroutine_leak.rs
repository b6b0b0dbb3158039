//! Goroutines that pile up: groups that grow over snapshots, or that the runtime says can never run again.

use std::collections::BTreeMap;

use super::{Course, at, evidence, fact, flame, place, retained};
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::StringId;
use crate::waits::{Frame, Group, Population, own_frame};
use crate::words::{bytes, number, signed_bytes};

/// `goroutine-leak`
pub(super) struct GoroutineLeak;

impl Rule for GoroutineLeak {
    fn name(&self) -> &'static str {
        "goroutine-leak"
    }

    fn title(&self) -> &'static str {
        "Goroutines that never end"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let t = context.thresholds;
        let Some(population) = context.waits.goroutines() else { return Checked::NotCovered };
        let is_one = population.moments().len() < 2;
        let mut most = 0;
        let mut found = false;
        for (own, groups) in by_place(context, population) {
            let course = Course::of(population, &groups);
            let leaked: u64 = groups.iter().map(|group| group.leaked).sum();
            most = most.max(course.grown());
            let rises = !is_one && course.grown() >= t.goroutine_leak_min && course.rises(t.leak_min_tau);
            if leaked > 0 || rises {
                found = true;
                into.push(finding(context, population, own, &groups, &course, leaked));
            }
        }
        // One snapshot in which the runtime marks nothing cannot tell.
        if is_one && !found { Checked::NotCovered } else { Checked::Clear(format!("+{} at most", number(most))) }
    }
}

/// Groups at one place in one state.
fn by_place<'a>(context: &Context<'_>, population: &'a Population) -> Vec<(Option<Frame>, Vec<&'a Group>)> {
    let mut places: BTreeMap<(Option<(StringId, i64)>, &str), (Option<Frame>, Vec<&Group>)> = BTreeMap::new();
    for group in population.groups.iter().filter(|group| !group.is_system) {
        let own = own_frame(&context.session.symbols, &group.frames).or(group.frames.last().copied());
        let key = (own.map(|own| (own.function, own.line)), group.state.as_str());
        places.entry(key).or_insert_with(|| (own, Vec::new())).1.push(group);
    }
    places.into_values().collect()
}

fn finding(
    context: &Context<'_>,
    population: &Population,
    own: Option<Frame>,
    groups: &[&Group],
    course: &Course,
    leaked: u64,
) -> Finding {
    let t = context.thresholds;
    let first = groups.first();
    let state = first.map_or("", |group| group.state.as_str());
    let name = own.map_or("", |own| context.text(own.function));
    let held = retained(context, groups);
    let is_pool = groups.iter().any(|group| group.end.is_some());
    let severity = match () {
        // What is blocked in a pool is told as such; that it piles up is the same fault.
        () if is_pool => Severity::L2,
        () if leaked >= t.goroutine_leak_min || course.grown() >= t.goroutine_leak_min * 5 => Severity::L3,
        () => Severity::L2,
    };
    let mut detail = match leaked {
        0 => "The group grows from snapshot to snapshot and nothing of it ends.".to_owned(),
        leaked => format!(
            "The runtime found that {} of them can never run again: nothing that lives can wake them.",
            number(leaked)
        ),
    };
    if let Some(created) = groups.iter().find_map(|group| group.created_at.as_ref()) {
        detail.push_str(&format!(" They are started at {}.", at(context, created)));
    } else if let Some(entry) = first.and_then(|group| entry(context, group)) {
        detail.push_str(&format!(" They run {}.", context.text(entry.function)));
    }
    if is_pool {
        detail.push_str(" They stand in a pool: see put-blocked.");
    }
    if let Some(held) = &held {
        detail.push_str(&format!(
            " What they keep alive: {} in use under {} ({} since the first snapshot), beside at least 2 kB of stack each.",
            bytes(held.bytes),
            held.function,
            signed_bytes(held.change)
        ));
    }
    let source = population.moments().last().map(|moment| moment.source).unwrap_or_default();
    let pick = first.map_or(String::new(), |group| group.pick(&context.session.symbols));
    let mut shown =
        vec![evidence(source, format!("{} [{state}]: {}", number(course.last.max(leaked)), course.words()), pick)];
    if context.session.profile(source).is_some() {
        shown.push(flame(source, "Where they stand, as a flame graph".to_owned(), "goroutine", name));
    }
    if let (Some(heap), Some(held)) = (&context.heap, &held) {
        let text = format!("{} in use under {}", bytes(held.bytes), held.function);
        shown.push(context.heap_evidence(
            heap,
            crate::findings::EvidenceView::HeapTable,
            "inuse_space",
            &held.function,
            text,
        ));
    }
    let count = course.last.max(leaked);
    Finding {
        rule: "goroutine-leak".to_owned(),
        severity,
        known: Decidability::Proven,
        claim: match leaked {
            0 => format!("{} goroutines stand in {name} [{state}]: {}.", number(count), course.words()),
            leaked => format!("{} goroutines in {name} [{state}] can never run again.", number(leaked)),
        },
        detail,
        weight: i64::try_from(count).unwrap_or(i64::MAX),
        headline: if course.snapshots > 1 { format!("+{}", number(course.grown())) } else { number(count) },
        site: place(context, own, first.map_or(&[][..], |group| group.frames.as_slice()), None),
        evidence: shown,
        facts: vec![
            fact(number(count), "at the end"),
            fact(course.per_second.map_or("–".to_owned(), |rate| format!("{rate:+.1}/s")), "mean growth"),
            fact(if leaked > 0 { number(leaked) } else { "–".to_owned() }, "never run again"),
            fact(held.map_or("–".to_owned(), |held| bytes(held.bytes)), "heap behind them"),
        ],
        disproof: "A later snapshot, at the same load, in which the group has shrunk: then it is a burst that is worked off."
            .to_owned(),
        fix: format!(
            "Give what they wait for an end: a context that is cancelled, a channel that is closed, a buffer of one for a result \
             that nobody may read. Look at {name} first."
        ),
        next: "A goroutineleak profile (Go 1.27; 1.26 with GOEXPERIMENT=goroutineleakprofile) proves which can never run again."
            .to_owned(),
        command: "curl -so goroutineleak.pb.gz localhost:6060/debug/pprof/goroutineleak".to_owned(),
    }
}

/// The function that a goroutine was started with.
fn entry(context: &Context<'_>, group: &Group) -> Option<Frame> {
    group.frames.iter().rev().find(|frame| !context.text(frame.function).starts_with("runtime.")).copied()
}
