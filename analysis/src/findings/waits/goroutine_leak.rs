//! Goroutines that pile up: groups that grow over snapshots, or that the runtime says can never run again.

use std::collections::BTreeMap;

use super::{Course, at, evidence, fact, flame, in_brackets, place, retained};
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::StringId;
use crate::waits::{Frame, Group, Population, frames, is_library, own_frame};
use crate::words::{bytes, number};

/// `goroutine-leak`
pub(super) struct GoroutineLeak;

impl Rule for GoroutineLeak {
    fn name(&self) -> &'static str {
        "goroutine-leak"
    }

    fn title(&self) -> &'static str {
        "Goroutines that never end"
    }

    fn needs(&self) -> &'static str {
        "two goroutine profiles, or a goroutineleak profile"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let t = context.thresholds;
        let Some(population) = context.waits.goroutines() else { return Checked::NotCovered };
        let is_one = population.moments().len() < 2;
        let mut most = 0;
        let mut found = false;
        for At { own, groups } in by_place(context, population) {
            let course = Course::of(population, &groups);
            let leaked: u64 = groups.iter().map(|group| group.leaked).sum();
            most = most.max(course.grown());
            let grows = |course: &Course| course.grown() >= t.goroutine_leak_min && course.rises(t.leak_min_tau);
            // Goroutines that only changed their state are no more than before: all that were started alike must grow.
            let rises = !is_one
                && grows(&course)
                && grows(&Course::of(population, &started_alike(context, population, &groups)));
            if leaked > 0 || rises {
                found = true;
                into.push(finding(context, population, own, &groups, &course, leaked));
            }
        }
        // One snapshot in which the runtime marks nothing cannot tell.
        if is_one && !found { Checked::NotCovered } else { Checked::Clear(format!("+{}", number(most))) }
    }
}

/// Groups at one place in one state.
struct At<'a> {
    own: Option<Frame>,
    groups: Vec<&'a Group>,
}

fn by_place<'a>(context: &Context<'_>, population: &'a Population) -> Vec<At<'a>> {
    let mut places: BTreeMap<_, At<'a>> = BTreeMap::new();
    for group in population.groups.iter().filter(|group| !group.is_system) {
        let own = own_frame(&context.session.symbols, &group.frames).or(group.frames.last().copied());
        let key = (own.map(|own| (own.function, own.line)), group.state.as_str());
        places.entry(key).or_insert_with(|| At { own, groups: Vec::new() }).groups.push(group);
    }
    places.into_values().collect()
}

/// All groups that were started with the same function of the program's own, wherever they stand now.
fn started_alike<'a>(context: &Context<'_>, population: &'a Population, groups: &[&Group]) -> Vec<&'a Group> {
    let of = |group: &Group| entry(context, group).map(|frame| frame.function);
    let wanted: Vec<_> = groups.iter().map(|group| of(group)).collect();
    population.groups.iter().filter(|group| wanted.contains(&of(group))).collect()
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
    let state = first.map_or(String::new(), |group| in_brackets(&group.state));
    let name = own.map_or("", |own| context.text(own.function));
    let held = retained(context, groups);
    let is_pool = groups.iter().any(|group| group.end.is_some());
    let severity = match () {
        // What is blocked in a pool is told as such; that it piles up is the same fault.
        () if is_pool => Severity::L2,
        () if leaked >= t.goroutine_leak_min => Severity::L3,
        () if course.snapshots >= 3 && course.last >= course.first.saturating_mul(2) => Severity::L3,
        () => Severity::L2,
    };
    let mut detail = match leaked {
        0 => "The group grows from snapshot to snapshot and nothing of it ends.".to_owned(),
        _ => "The runtime searched for them: nothing that lives can reach what they wait for.".to_owned(),
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
        detail.push_str(&format!(" What they keep alive: {}, beside at least 2 kB of stack each.", held.words()));
    }
    let source = population.moments().last().map(|moment| moment.source).unwrap_or_default();
    let pick = first.map_or(String::new(), |group| group.pick(&context.session.symbols));
    let mut shown =
        vec![evidence(source, format!("{}{state}: {}", number(course.last.max(leaked)), course.words()), pick)];
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
        // That a group grows is counted; that it does not end is inferred, unless the runtime has searched for what leaks.
        known: if leaked > 0 { Decidability::Proven } else { Decidability::Sampled },
        claim: match leaked {
            0 => format!("{} goroutines stand in {name}{state}: {}.", number(count), course.words()),
            leaked => format!("{} goroutines in {name}{state} can never run again.", number(leaked)),
        },
        detail,
        weight: i64::try_from(count).unwrap_or(i64::MAX),
        headline: if course.snapshots > 1 { format!("+{}", number(course.grown())) } else { number(count) },
        site: place(context, own, &first.map_or(Vec::new(), |group| way(context, population, group)), None),
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

/// A group's frames, with who started it, and who calls that: what it works on is made there.
fn way(context: &Context<'_>, population: &Population, group: &Group) -> Vec<Frame> {
    let mut all = group.frames.clone();
    if let Some(creator) = group.created_at {
        all.push(creator);
        all.extend(caller(context, population, creator.function));
    }
    all
}

/// The program's own function that calls another one, from any stack where both are seen: who started a goroutine is told
/// without a stack.
fn caller(context: &Context<'_>, population: &Population, function: StringId) -> Option<Frame> {
    let symbols = &context.session.symbols;
    let outward = |stack: &[Frame]| {
        let at = stack.iter().rposition(|frame| frame.function == function)?;
        stack.iter().skip(at + 1).find(|frame| !is_library(symbols, frame)).copied()
    };
    let sites = context.heap.iter().flat_map(|heap| &heap.sites.sites);
    let groups = population.groups.iter().find_map(|group| outward(&group.frames));
    groups.or_else(|| sites.into_iter().find_map(|site| outward(&frames(symbols, site.stack))))
}

/// The outermost function of the program's own, or else of any.
fn entry(context: &Context<'_>, group: &Group) -> Option<Frame> {
    let symbols = &context.session.symbols;
    let own = group.frames.iter().rev().find(|frame| !is_library(symbols, frame));
    own.or(group.frames.last()).copied()
}
