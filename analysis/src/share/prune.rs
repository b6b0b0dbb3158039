//! How much of an analysis is kept: a ladder, from all of it to what a green link holds. Sums stay what they were; what is
//! thinned out is courses and lists, and every list that was cut is told.

use std::mem::take;

use super::Analysis;
use crate::findings::{Checked, Diagnosis, all_rules};
use crate::query::{ContentionAnswer, GcAnswer, ProcessAnswer, StackFrame, StatesAnswer};
use crate::words::count;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Detail {
    /// Nodes of a tree of calls, and as many leaves of cut stacks.
    pub(super) nodes: usize,
    /// Columns of occupancy, points of courses and curves, rows of cycles and ranges.
    points: usize,
    /// Groups that wait, locks, sides.
    rows: usize,
    /// Findings with all that is said of them.
    findings: usize,
    /// Calls of a stack that stands beside something.
    frames: usize,
    /// Digits of numbers with a fraction that count.
    pub(super) digits: i32,
    /// How many of [`Part::ALL`] are left out wholly.
    parts_left_out: usize,
}

/// What is left out wholly when nothing else helps, the least missed first.
#[derive(Clone, Copy)]
enum Part {
    Clock,
    Ranges,
    Courses,
    Clear,
    Contention,
    Memory,
}

impl Part {
    const ALL: [Self; 6] = [Self::Clock, Self::Ranges, Self::Courses, Self::Clear, Self::Contention, Self::Memory];

    fn leave_out(self, analysis: &mut Analysis) -> Option<&'static str> {
        match self {
            Self::Clock => {
                Some("How files were put on one clock.").filter(|_| !take(&mut analysis.clock).rows.is_empty())
            }
            Self::Ranges => {
                let process = analysis.process.as_mut()?;
                Some("Mapped ranges of the process.").filter(|_| !take(&mut process.ranges).is_empty())
            }
            Self::Courses => {
                for answer in analysis.states.iter_mut().map(|own| &mut own.answer) {
                    (answer.bands, answer.purges, answer.breaches) = Default::default();
                    answer.edges.iter_mut().for_each(|edge| edge.course.clear());
                    answer.dwell.iter_mut().for_each(|dwell| (dwell.curve, dwell.histogram) = Default::default());
                }
                Some("How pools and times in state changed over the record.").filter(|_| !analysis.states.is_empty())
            }
            Self::Clear => {
                Some("Rules that found nothing.").filter(|_| !take(&mut analysis.diagnosis.clear).is_empty())
            }
            Self::Contention => Some("What waits.").filter(|_| !take(&mut analysis.contention).is_empty()),
            Self::Memory => {
                let is_there = take(&mut analysis.process).is_some() | !take(&mut analysis.collector).is_empty();
                Some("The collector and the memory of the process.").filter(|_| is_there)
            }
        }
    }
}

/// The last step of the ladder.
pub(super) const LAST_STEP: u32 = 30;

impl Detail {
    /// Step 0 keeps most.
    pub(super) fn at(step: u32) -> Self {
        // A step is a fifth less, bar what says most in few bytes.
        let share = 0.78_f64.powi(step.min(LAST_STEP) as i32);
        let of = |most: usize, least: usize, share: f64| ((most as f64 * share) as usize).max(least);
        Self {
            nodes: of(2_000, 6, share),
            points: of(400, 4, share),
            rows: of(400, 3, share),
            findings: of(100, 3, share.sqrt()),
            frames: of(64, 3, share),
            digits: if step == 0 { 9 } else { 4 },
            parts_left_out: (step + Part::ALL.len() as u32).saturating_sub(LAST_STEP) as usize,
        }
    }
}

impl Analysis {
    /// Keeps so much of it. Trees are cut by who grew them.
    pub(super) fn thin(&mut self, detail: &Detail) {
        let left_out = Part::ALL.into_iter().take(detail.parts_left_out).filter_map(|part| part.leave_out(self));
        let left_out: Vec<String> = left_out.map(str::to_owned).collect();
        self.left_out.extend(left_out);
        let mut cuts = Cuts::default();
        diagnosis(&mut self.diagnosis, detail, &mut cuts);
        self.states.iter_mut().for_each(|own| states(&mut own.answer, detail, &mut cuts));
        self.collector.iter_mut().for_each(|run| collector(run, detail, &mut cuts));
        self.process.iter_mut().for_each(|answer| process(answer, detail, &mut cuts));
        // What can be picked is the same on all.
        cuts.list("stacks of what waits", &mut self.contention, detail.rows.div_ceil(2));
        self.contention.iter_mut().for_each(|answer| contention(answer, detail, &mut cuts));
        self.left_out.extend(cuts.sentences());
    }
}

/// Lists that were cut: how much of them is kept, of how much. Of several with one name, the sums.
#[derive(Default)]
struct Cuts(Vec<(&'static str, usize, usize)>);

impl Cuts {
    /// Cuts a list's end off.
    fn list<T>(&mut self, name: &'static str, list: &mut Vec<T>, most: usize) {
        let of = list.len();
        list.truncate(most);
        self.tell(name, list.len(), of);
    }

    /// Keeps every so-manieth, and the last: of a course each is as of its moment.
    fn course<T>(&mut self, name: &'static str, list: &mut Vec<T>, most: usize) {
        let of = list.len();
        let step = of.div_ceil(most.max(1)).max(1);
        let mut at = 0;
        list.retain(|_| {
            at += 1;
            at % step == 0 || at == of
        });
        self.tell(name, list.len(), of);
    }

    fn tell(&mut self, name: &'static str, kept: usize, of: usize) {
        match self.0.iter_mut().find(|(known, ..)| *known == name) {
            Some(cut) => (cut.1, cut.2) = (cut.1 + kept, cut.2 + of),
            None => self.0.push((name, kept, of)),
        }
    }

    fn sentences(self) -> Vec<String> {
        let cut = self.0.into_iter().filter(|(_, kept, of)| kept < of);
        cut.map(|(name, kept, of)| format!("Kept are {} of {} {name}.", count(kept as i64), count(of as i64))).collect()
    }
}

/// Rules that found nothing are titled by the receiver's own engine.
fn diagnosis(diagnosis: &mut Diagnosis, detail: &Detail, cuts: &mut Cuts) {
    let rules = all_rules();
    for report in &mut diagnosis.clear {
        if rules.iter().any(|rule| rule.name() == report.rule && rule.title() == report.title) {
            report.title.clear();
            report.needs.clear();
        }
    }
    cuts.list("findings, the worst", &mut diagnosis.findings, detail.findings);
    let kept = diagnosis.findings.len() as u32;
    let verdict = &mut diagnosis.verdict;
    verdict.findings.retain(|&at| at < kept);
    // A link names its cause by position: the chain ends before the first that is not kept.
    let whole = verdict.chain.iter().take_while(|link| link.finding < kept).count();
    verdict.chain.truncate(whole);
    for finding in &mut diagnosis.findings {
        cuts.list("calls of the stacks of findings", &mut finding.site.stack, detail.frames);
        cuts.list("facts behind findings", &mut finding.evidence, detail.frames.max(3));
    }
}

/// Puts back what [`diagnosis`] left to the receiver.
pub(super) fn title_rules(diagnosis: &mut Diagnosis) {
    let rules = all_rules();
    for report in diagnosis.clear.iter_mut().filter(|report| report.title.is_empty()) {
        if let Some(rule) = rules.iter().find(|rule| rule.name() == report.rule) {
            rule.title().clone_into(&mut report.title);
            if report.checked == Checked::NotCovered {
                rule.needs().clone_into(&mut report.needs);
            }
        }
    }
}

fn states(answer: &mut StatesAnswer, detail: &Detail, cuts: &mut Cuts) {
    const COLUMNS: &str = "columns of the courses of pools";
    answer.bands.iter_mut().for_each(|band| cuts.course(COLUMNS, &mut band.counts, detail.points));
    answer.edges.iter_mut().for_each(|edge| cuts.course(COLUMNS, &mut edge.course, detail.points));
    for dwell in &mut answer.dwell {
        cuts.course("points of the curves of time in state", &mut dwell.curve, detail.points);
        if dwell.histogram.len() > detail.points {
            cuts.list("histograms of time in state", &mut dwell.histogram, 0);
        }
    }
    cuts.course("moments of purges", &mut answer.purges, detail.points);
    cuts.list("moments of breaches", &mut answer.breaches, detail.points);
}

fn collector(run: &mut GcAnswer, detail: &Detail, cuts: &mut Cuts) {
    let points = detail.points;
    run.heap.iter_mut().for_each(|line| cuts.course("points of the heap’s course", &mut line.points, points));
    cuts.course("points of the course of objects", &mut run.objects, points);
    cuts.course("readings of the scheduler", &mut run.scheduler, points);
    // The longest stops say most; they stay in the order of time.
    if run.stops.len() > points {
        let of = run.stops.len();
        let mut lengths: Vec<i64> = run.stops.iter().map(|stop| stop.1).collect();
        lengths.sort_unstable_by_key(|&nanos| std::cmp::Reverse(nanos));
        let least = lengths.get(points.saturating_sub(1)).copied().unwrap_or(0);
        run.stops.retain(|stop| stop.1 >= least);
        run.stops.truncate(points);
        cuts.tell("stops, the longest", run.stops.len(), of);
    }
    cuts.list("cycles, the first", &mut run.cycles, points);
}

fn process(answer: &mut ProcessAnswer, detail: &Detail, cuts: &mut Cuts) {
    cuts.course("readings of memory statistics", &mut answer.course, detail.points);
    if answer.ranges.len() > detail.points {
        let of = answer.ranges.len();
        let mut sizes: Vec<u64> = answer.ranges.iter().map(|range| range.resident.rss).collect();
        sizes.sort_unstable_by_key(|&rss| std::cmp::Reverse(rss));
        let least = sizes.get(detail.points.saturating_sub(1)).copied().unwrap_or(0);
        answer.ranges.retain(|range| range.resident.rss >= least);
        answer.ranges.truncate(detail.points);
        cuts.tell("mapped ranges, the largest", answer.ranges.len(), of);
    }
}

fn contention(answer: &mut ContentionAnswer, detail: &Detail, cuts: &mut Cuts) {
    cuts.list("locks", &mut answer.locks, detail.rows);
    for population in &mut answer.populations {
        cuts.list("groups of what waits, the largest", &mut population.groups, detail.rows);
    }
    let mut frames = |frames: &mut Vec<StackFrame>| cuts.list("calls of stacks of what waits", frames, detail.frames);
    if let Some(sides) = &mut answer.sides {
        sides.waiters.iter_mut().chain(&mut sides.holders).for_each(|side| frames(&mut side.frames));
    }
    answer.group.iter_mut().for_each(|group| frames(&mut group.frames));
    for race in &mut answer.races {
        frames(&mut race.now.frames);
        frames(&mut race.before.frames);
    }
    if let Some(sides) = &mut answer.sides {
        cuts.list("sides of locks", &mut sides.waiters, detail.rows);
        cuts.list("sides of locks", &mut sides.holders, detail.rows);
    }
    cuts.list("races", &mut answer.races, detail.rows);
}
