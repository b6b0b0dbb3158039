//! Rules on the histories of pools, and what they share: a pool with its names, and findings that say how sure they are.

mod breach;
mod cross_thread;
mod dirty_reuse;
mod double_put;
mod foreign_put;
mod fragmentation;
mod kept_oversize;
mod late_return;
mod never_returned;
mod new_storm;
mod nil_put;
mod pool_contention;
mod purge_thrash;
mod put_missing;
mod quota_near;
mod remade;
mod second_holder;
mod type_mismatch;
mod use_after_put;
mod useless_pool;
mod useless_victim;

pub(super) use kept_oversize::check as check_kept_oversize;
pub(super) use pool_contention::check as check_pool_contention;

use super::said::{fact, share, weight_of};
use super::{Context, Decidability, Evidence, EvidenceView, Fact, Finding, Rule, Severity, Site as Place, StatesPlace};
use crate::lens::{Lens, SourceId};
use crate::lifecycle::{Lifecycle, PoolLife};
use crate::measurement::label;
use crate::model::StackId;
use crate::model::pool::{Counter, Mark, Pool, PoolMark, Source as History};
use crate::words::{number, size};

/// Every rule on the histories of pools, in the order in which equals are shown.
pub(super) fn rules() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(dirty_reuse::DirtyReuse),
        Box::new(use_after_put::UseAfterPut),
        Box::new(second_holder::SecondHolder),
        Box::new(double_put::DoublePut),
        Box::new(type_mismatch::TypeMismatch),
        Box::new(foreign_put::ForeignPut),
        Box::new(nil_put::NilPut),
        Box::new(never_returned::NeverReturned),
        Box::new(put_missing::PutMissing),
        Box::new(late_return::LateReturn),
        Box::new(quota_near::QuotaNear),
        Box::new(fragmentation::Fragmentation),
        Box::new(purge_thrash::PurgeThrash),
        Box::new(new_storm::NewStorm),
        Box::new(cross_thread::CrossThread),
        Box::new(useless_pool::UselessPool),
        Box::new(useless_victim::UselessVictim),
    ]
}

/// One pool of one file.
#[derive(Clone, Copy)]
struct Seen<'a> {
    context: &'a Context<'a>,
    source: SourceId,
    lifecycle: &'a Lifecycle,
    life: &'a PoolLife,
    setup: &'a Pool,
    name: &'a str,
}

/// What a rule has to say; the rest is the same for all.
struct Said {
    rule: &'static str,
    severity: Severity,
    claim: String,
    detail: String,
    weight: u64,
    headline: String,
    site: Place,
    evidence: Vec<Evidence>,
    facts: Vec<Fact>,
    disproof: &'static str,
    fix: String,
    next: &'static str,
    /// The verdict rests on all events being there. What one event shows does not.
    rests_on_all: bool,
}

/// All pools of all files; `None` where no file has any.
fn pools<'a>(context: &'a Context<'a>) -> Option<Vec<Seen<'a>>> {
    let mut all = Vec::new();
    for source in &context.session.sources {
        // Objects by type are no pool, and have no contract.
        let of_pools = |lifecycle: &&Lifecycle| lifecycle.history.source != History::AllocFree;
        let Some(lifecycle) = context.session.pools(source.id).filter(of_pools) else { continue };
        for life in &lifecycle.pools {
            let Some(setup) = lifecycle.history.pool(life.pool) else { continue };
            let name = context.text(setup.name);
            all.push(Seen { context, source: source.id, lifecycle, life, setup, name });
        }
    }
    (!all.is_empty()).then_some(all)
}

impl<'a> Seen<'a> {
    /// Evidence in the States view.
    fn evidence(&self, text: String, object: Option<u64>, time: Option<i64>) -> Evidence {
        let place = StatesPlace { pool: self.name.to_owned(), object, time };
        Evidence {
            source: self.source,
            text,
            view: EvidenceView::States,
            lens: Lens::default(),
            node: place.to_string(),
        }
    }

    /// The place of a stack: its innermost function.
    fn place(&self, stack: StackId) -> Place {
        let symbols = &self.context.session.symbols;
        let function = symbols.function_names(symbols.stacks.get(stack)).next();
        let pool = Some(self.name.to_owned());
        match function {
            Some(function) => self.context.place(function, stack, pool),
            None => Place { pool, ..Place::default() },
        }
    }

    /// The pool as a whole.
    fn whole(&self) -> Place {
        Place { pool: Some(self.name.to_owned()), ..Place::default() }
    }

    /// How a place is called in a sentence.
    fn at(&self, stack: StackId) -> String {
        match crate::lifecycle::site(&self.context.session.symbols, stack) {
            site if site.is_empty() => "an unknown place".to_owned(),
            site => site,
        }
    }

    /// What the pool counted itself; what was recorded where it did not.
    fn counted(&self, counter: Counter, recorded: u64) -> u64 {
        let counts = self.lifecycle.last_counts(self.life.pool);
        counts.and_then(|counts| counts.get(counter)).unwrap_or(recorded)
    }

    /// Objects handed out.
    fn gets(&self) -> u64 {
        self.counted(Counter::Gets, self.life.gets())
    }

    /// Length of the record in seconds.
    fn seconds(&self) -> f64 {
        let (first, last) = self.lifecycle.history.span;
        (last.saturating_sub(first).max(1)) as f64 / 1e9
    }

    /// What happened to the pool as a whole.
    fn marks(&self) -> impl Iterator<Item = &'a PoolMark> {
        let pool = self.life.pool;
        self.lifecycle.history.marks.iter().filter(move |mark| mark.pool == pool)
    }

    /// A mark's own part, where it is of the wanted sort.
    fn marked<T>(&self, wanted: impl Fn(&Mark) -> Option<T>) -> Vec<(&'a PoolMark, T)> {
        self.marks().filter_map(|mark| Some((mark, wanted(&mark.what)?))).collect()
    }

    /// The finding. When it rests on events that may be missing it says so, and is a level lower.
    fn finding(&self, said: Said) -> Finding {
        let Said { rule, severity, claim, mut detail, weight, headline, site, evidence, facts, .. } = said;
        let doubts = if said.rests_on_all { self.life.doubts() } else { Vec::new() };
        let severity = match (doubts.is_empty(), severity) {
            (true, severity) => severity,
            (false, Severity::L3) => Severity::L2,
            (false, Severity::L2 | Severity::L1) => Severity::L1,
        };
        if !doubts.is_empty() {
            detail.push_str(&format!(" Less sure, and so a level lower: {}", doubts.join(" ")));
        }
        let is_sampled = self.life.certainty.every > 1 && said.rests_on_all;
        Finding {
            rule: rule.to_owned(),
            severity,
            known: if is_sampled { Decidability::Sampled } else { Decidability::Proven },
            claim,
            detail,
            weight: weight_of(weight),
            headline,
            site,
            evidence,
            facts,
            disproof: said.disproof.to_owned(),
            fix: said.fix,
            next: said.next.to_owned(),
            command: String::new(),
        }
    }
}

/// A length of time in words.
fn time(nanos: u64) -> String {
    let label = label(i64::try_from(nanos).unwrap_or(i64::MAX), "nanoseconds", "auto").replace("us", "µs");
    let unit = label.find(char::is_alphabetic).unwrap_or(label.len());
    let (number, unit) = label.split_at(unit);
    if unit.is_empty() { "0 s".to_owned() } else { format!("{number} {unit}") }
}
