//! Goroutines or threads that stand in a pool's get or put, and stay.

use std::collections::BTreeMap;

use super::{Course, at, evidence, fact, flame, in_brackets, place, retained};
use crate::findings::{Checked, Context, Decidability, Finding, Rule, Severity};
use crate::model::StringId;
use crate::model::record::StackOrigin;
use crate::pools::PoolEnd;
use crate::waits::{End, Group, Population, is_lock};
use crate::words::{bytes, number};

/// `put-blocked`
pub(super) struct PutBlocked;

impl Rule for PutBlocked {
    fn name(&self) -> &'static str {
        "put-blocked"
    }

    fn title(&self) -> &'static str {
        "Blocked in a pool's put or get"
    }

    fn needs(&self) -> &'static str {
        "a goroutine profile, or stacks as text"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        if context.waits.populations.is_empty() {
            return Checked::NotCovered;
        }
        let mut most = 0;
        for population in &context.waits.populations {
            let mut stuck: BTreeMap<(&str, StringId), Vec<&Group>> = BTreeMap::new();
            for group in &population.groups {
                if let Some(end) = &group.end {
                    stuck.entry((&group.state, end.function)).or_default().push(group);
                }
            }
            for groups in stuck.values() {
                let course = Course::of(population, groups);
                most = most.max(course.last);
                if let (Some(severity), Some(end)) = (
                    severity(context, population, groups, &course),
                    groups.first().and_then(|group| group.end.as_ref()),
                ) {
                    into.push(finding(context, population, groups, end, &course, severity));
                }
            }
        }
        Checked::Clear(number(most))
    }
}

fn longest_wait(groups: &[&Group]) -> u32 {
    groups.iter().filter_map(|group| group.longest_wait).max().unwrap_or(0)
}

fn severity(context: &Context<'_>, population: &Population, groups: &[&Group], course: &Course) -> Option<Severity> {
    let t = context.thresholds;
    let leaked: u64 = groups.iter().map(|group| group.leaked).sum();
    if course.last < t.blocked_min && leaked == 0 {
        return None;
    }
    let all: u64 = population.groups.iter().filter(|group| !group.is_system).map(|group| population.count(group)).sum();
    let rises = population.moments().len() > 1 && course.grown() >= t.blocked_min && course.rises(t.leak_min_tau);
    match () {
        () if leaked > 0 || rises || longest_wait(groups) >= 1 => Some(Severity::L3),
        // A lock is waited for and had: how long that takes is another rule's.
        () if groups.iter().all(|group| is_lock(&group.state)) => None,
        () if course.last >= t.blocked_warning || course.last * 2 > all => Some(Severity::L2),
        () => Some(Severity::L1),
    }
}

fn finding(
    context: &Context<'_>,
    population: &Population,
    groups: &[&Group],
    end: &End,
    course: &Course,
    severity: Severity,
) -> Finding {
    let first = groups.first();
    let state = first.map_or("", |group| group.state.as_str());
    let shown_state = in_brackets(state);
    let name = context.text(end.function);
    let who = match population.origin {
        StackOrigin::Goroutines => "goroutines",
        StackOrigin::Threads | StackOrigin::JavaThreads => "threads",
    };
    let waits = match longest_wait(groups) {
        0 => String::new(),
        minutes => format!(" The longest has waited {minutes} min."),
    };
    let is_put = end.end == PoolEnd::Put;
    let why = match (state, is_put) {
        ("chan send", true) => {
            "The pool’s channel is full and nobody takes from it, so what comes back has no room: each put waits for a get."
        }
        ("chan send", false) => "Taking sends to a channel that nobody reads.",
        ("chan receive" | "select", false) => "The pool is empty: whoever wants an object waits until one is put back.",
        ("sync.Mutex.Lock" | "sync.RWMutex.Lock" | "sync.RWMutex.RLock", _) => "They wait for the pool’s lock.",
        _ => "They wait for the pool.",
    };
    let mut detail = format!("{why}{waits} {}", holders(context, population, end));
    let created = groups.iter().find_map(|group| group.created_at.as_ref());
    if let Some(created) = created {
        detail.push_str(&format!(" They were started at {}.", at(context, created)));
    }
    let held = retained(context, groups);
    if let Some(held) = &held {
        detail.push_str(&format!(" Behind them the heap has {}.", held.words()));
    }
    let moment = population.moments().last();
    let source = moment.map(|moment| moment.source).unwrap_or_default();
    let pick = first.map_or(String::new(), |group| group.pick(&context.session.symbols));
    let mut shown =
        vec![evidence(source, format!("{} {who} in {name}{shown_state}", number(course.last)), pick.clone())];
    if course.snapshots > 1 {
        shown.push(evidence(source, format!("How many, snapshot by snapshot: {}", course.words()), pick));
    }
    if context.session.profile(source).is_some() {
        shown.push(flame(source, "Where they stand, as a flame graph".to_owned(), "goroutine", name));
    }
    let own = first.and_then(|group| group.frames.iter().find(|frame| frame.function == end.function).copied());
    let all = first.map_or(&[][..], |group| group.frames.as_slice());
    let rate = course.per_second.filter(|_| course.snapshots > 1);
    Finding {
        rule: "put-blocked".to_owned(),
        severity,
        known: Decidability::Proven,
        claim: format!(
            "{} {who} are blocked in {name}{shown_state}{} {}.",
            number(course.last),
            if course.snapshots > 1 { ":" } else { "" },
            course.words()
        ),
        detail,
        weight: i64::try_from(course.last).unwrap_or(i64::MAX),
        headline: format!("{} {who}", number(course.last)),
        site: place(context, own, all, Some(end.owner.clone())),
        evidence: shown,
        facts: vec![
            fact(number(course.last), "blocked at the end"),
            fact(rate.map_or("–".to_owned(), |rate| format!("{rate:+.1}/s")), "mean growth"),
            fact(
                match longest_wait(groups) {
                    0 => "–".to_owned(),
                    minutes => format!("{minutes} min"),
                },
                "longest wait told",
            ),
            fact(held.map_or("–".to_owned(), |held| bytes(held.bytes)), "heap behind them"),
        ],
        disproof: "A later snapshot in which they are gone: then the pool was only behind for a moment.".to_owned(),
        fix: if is_put {
            format!(
                "A put must never wait: in {name}, drop the object when there is no room (`select` with `default`), and put back \
                 only what was taken from this pool."
            )
        } else {
            format!(
                "Find who does not give back to {}, give every get a deadline, or raise the pool’s bound.",
                end.owner
            )
        },
        next: match population.origin {
            StackOrigin::Goroutines => {
                "Two dumps with wait times, a minute apart: the same goroutines still there, with `2 minutes` behind \
                                        their state, settle it."
            }
            StackOrigin::Threads | StackOrigin::JavaThreads => {
                "A second dump some seconds later: the same threads at the same place settle it."
            }
        }
        .to_owned(),
        command: match population.origin {
            StackOrigin::Goroutines => "curl -so goroutine.txt 'localhost:6060/debug/pprof/goroutine?debug=2'",
            StackOrigin::Threads => "gdb -p PID -batch -ex 'thread apply all bt' > threads.txt",
            StackOrigin::JavaThreads => "jstack -l PID > threads.txt",
        }
        .to_owned(),
    }
}

/// Who could end the wait: those at the other end, or those that hold the lock.
fn holders(context: &Context<'_>, population: &Population, end: &End) -> String {
    let other = population
        .groups
        .iter()
        .filter(|group| group.end.as_ref().is_some_and(|known| known.owner == end.owner && known.end != end.end));
    let at_other: u64 = other.map(|group| population.count(group)).sum();
    let lock = context
        .waits
        .locks
        .iter()
        .find(|lock| lock.owner == end.owner && !(lock.holders.is_empty() && lock.holding.is_empty()));
    let holds = lock.and_then(|lock| {
        let place = lock.holders.first().and_then(|side| side.place);
        let standing = lock.holding.first().and_then(|&(population, group)| {
            context.waits.populations.get(population)?.groups.get(group)?.frames.first().copied()
        });
        place.or(standing)
    });
    let opposite = if end.end == PoolEnd::Put { "get" } else { "put" };
    match (holds, at_other) {
        (Some(place), _) => format!("Its lock is held at {}.", at(context, &place)),
        (None, 0) => format!("Nobody stands at its other end: no {opposite} is under way."),
        (None, count) => format!("{} stand at its other end ({opposite}).", number(count)),
    }
}
