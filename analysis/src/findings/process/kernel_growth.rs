//! Memory of the kernel that a call site keeps asking for and does not give back, between two records.

use rustc_hash::FxHashMap;

use super::{Context, Evidence, EvidenceView, Finding, Rule, Said, Severity, Site, fact, share, weight_of};
use crate::findings::{Checked, Decidability};
use crate::lens::{Base, Lens, SourceId};
use crate::model::{Profile, ProfileKind, StackId, StringId};
use crate::series::Series;
use crate::words::{bytes, number, percent, seconds, signed_bytes};

/// `kernel-growth`
pub(super) struct KernelGrowth;

impl Rule for KernelGrowth {
    fn name(&self) -> &'static str {
        "kernel-growth"
    }

    fn title(&self) -> &'static str {
        "Kernel memory by call site"
    }

    fn needs(&self) -> &'static str {
        "two captures of the kernel’s allocations (perf script, bpftrace)"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        let mut most: Option<i64> = None;
        for (kind, series) in context.series {
            let seen: Vec<i64> = match kind {
                ProfileKind::Kernel => {
                    let captures = Captures::new(context, series, "inuse_space");
                    captures.iter().map(|captures| captures.events(context, into)).collect()
                }
                ProfileKind::Probe => {
                    let captures =
                        maps(context, series).into_iter().filter_map(|map| Captures::new(context, series, map));
                    captures.filter(|c| c.first.is_some()).map(|captures| captures.map(context, into)).collect()
                }
                _ => continue,
            };
            most = most.max(seen.into_iter().max());
        }
        most.map_or(Checked::NotCovered, |most| Checked::Clear(bytes(most)))
    }
}

/// Maps that count bytes.
fn maps<'a>(context: &Context<'a>, series: &Series) -> Vec<&'a str> {
    let last = series.snapshots.last().and_then(|last| context.session.profile(last.source));
    let types = last.map_or(&[][..], |profile| profile.sample_types.as_slice());
    types.iter().filter(|t| context.text(t.unit) == "bytes").map(|t| context.text(t.name)).collect()
}

/// What a call site has.
#[derive(Clone, Copy, Default)]
struct Held {
    bytes: i64,
    allocated: i64,
    objects: i64,
    /// The stack that holds most of it, and how much that is.
    stack: Option<(i64, StackId)>,
}

/// One record, by call site.
struct Capture<'a> {
    source: SourceId,
    profile: &'a Profile,
    sites: FxHashMap<StringId, Held>,
}

impl Capture<'_> {
    fn seconds(&self) -> Option<f64> {
        self.profile.duration.map(|length| length.nanos() as f64 / 1e9).filter(|&seconds| seconds > 0.0)
    }

    fn held(&self, site: StringId) -> Held {
        self.sites.get(&site).copied().unwrap_or_default()
    }
}

/// The first record and the last.
struct Captures<'a> {
    column: &'a str,
    first: Option<Capture<'a>>,
    last: Capture<'a>,
}

impl<'a> Captures<'a> {
    fn new(context: &Context<'a>, series: &Series, column: &'a str) -> Option<Self> {
        let read = |at: usize| {
            let source = series.snapshots.get(at)?.source;
            let profile = context.session.profile(source)?;
            Some(Capture { source, profile, sites: sites(context, profile, column)? })
        };
        let last = series.snapshots.len().checked_sub(1)?;
        Some(Self { column, first: if last > 0 { read(0) } else { None }, last: read(last)? })
    }

    /// Sites of the last record in the order of their names: hashes have none.
    fn in_order(&self, context: &Context<'a>) -> Vec<(StringId, Held)> {
        let mut sites: Vec<(StringId, Held)> = self.last.sites.iter().map(|(&site, &held)| (site, held)).collect();
        crate::order::sort_by_key(&mut sites, |&(site, _)| context.text(site));
        sites
    }

    /// Records of events: each begins with nothing, so that what is out at its end was kept within it. Gives the most that a
    /// site keeps.
    fn events(&self, context: &Context<'a>, into: &mut Vec<Finding>) -> i64 {
        let t = context.thresholds;
        let now = self.last.seconds();
        // The first as if it had gone on as long as the last.
        let scale = self.first.as_ref().and_then(|first| Some(now? / first.seconds()?)).unwrap_or(1.0);
        let mut most = 0;
        for (site, held) in self.in_order(context) {
            most = most.max(held.bytes);
            let survival = share(held.bytes.unsigned_abs(), held.allocated.unsigned_abs());
            if held.bytes < t.kernel_growth_min_bytes || survival < t.leak_min_survival {
                continue;
            }
            let rate = now.map_or(String::new(), |now| {
                format!(" in {}, {}/s", seconds(now), bytes((held.bytes as f64 / now) as i64))
            });
            let (name, kept, objects) = (context.text(site), bytes(held.bytes), number(held.objects.unsigned_abs()));
            let mut claim = format!(
                "{name} keeps {kept} of the {} of kernel memory that it allocated{rate}",
                bytes(held.allocated)
            );
            let mut detail = format!("{objects} objects were not freed when the record ended.");
            let mut grown = held.bytes;
            match &self.first {
                Some(first) => {
                    let before = first.held(site);
                    let expected = (before.bytes as f64 * scale) as i64;
                    // What is kept at less than half of the earlier pace is filling up.
                    if held.bytes < expected / 2 {
                        continue;
                    }
                    grown = held.bytes.saturating_sub(expected);
                    claim.push_str(&format!("; in the first record it was {}, taken as long.", bytes(expected)));
                    detail.push_str(&format!(
                        " In the first record they were {}.",
                        number(before.objects.unsigned_abs())
                    ));
                }
                None => {
                    claim.push('.');
                    detail.push_str(" One record cannot tell what is kept from what lives longer than it.");
                }
            }
            let facts = (signed_bytes(grown), percent(survival));
            into.push(self.finding(context, site, held, claim, detail, facts));
        }
        most
    }

    /// Maps that are printed again: what a key has more than at first. Gives the most.
    fn map(&self, context: &Context<'a>, into: &mut Vec<Finding>) -> i64 {
        let mut most = 0;
        for (site, held) in self.in_order(context) {
            let before = self.first.as_ref().map_or(0, |first| first.held(site).bytes);
            let grown = held.bytes.saturating_sub(before);
            most = most.max(grown);
            if grown < context.thresholds.kernel_growth_min_bytes {
                continue;
            }
            let (name, now, more) = (context.text(site), bytes(held.bytes), signed_bytes(grown));
            let claim = format!("{name} has {now} in @{}, {more} since it was first printed.", self.column);
            let detail =
                "Whether the map subtracts what is freed, only its program knows; if it does, this stays.".to_owned();
            into.push(self.finding(context, site, held, claim, detail, (more, "–".to_owned())));
        }
        most
    }

    fn finding(
        &self,
        context: &Context<'a>,
        site: StringId,
        held: Held,
        claim: String,
        detail: String,
        (grown, survival): (String, String),
    ) -> Finding {
        let name = context.text(site);
        let base = self.first.as_ref().map_or(Base::None, |first| Base::Base(first.source));
        let source = self.last.source;
        let lens = Lens { sample_type: Some(self.column.to_owned()), current: Some(source), base, ..Lens::default() };
        let shown = |view, text: String| Evidence { source, text, view, lens: lens.clone(), node: name.to_owned() };
        // One record cannot tell, and a map's numbers mean what its program means.
        let is_proven = self.first.is_some() && self.last.profile.kind == ProfileKind::Kernel;
        let (severity, known) = if is_proven {
            (Severity::L2, Decidability::Proven)
        } else {
            (Severity::L1, Decidability::NeedsAnnotation)
        };
        let place = match held.stack {
            Some((_, stack)) => context.place(site, stack, None),
            None => Site { function: name.to_owned(), ..Site::default() },
        };
        Said {
            rule: "kernel-growth",
            severity,
            known,
            claim,
            detail,
            weight: weight_of(held.bytes.unsigned_abs()),
            headline: grown.clone(),
            site: place,
            evidence: vec![
                shown(EvidenceView::HeapTable, format!("{} not freed", bytes(held.bytes))),
                shown(EvidenceView::HeapFlame, "Call paths to it".to_owned()),
            ],
            facts: vec![
                fact(bytes(held.bytes), "not freed"),
                fact(grown, "more than in the first record"),
                fact(survival, "of what was allocated"),
                fact(number(held.objects.unsigned_abs()), "objects"),
            ],
            disproof: "A later record in which the site frees what it allocates: then it was a cache that filled.",
            fix: "The call paths name the system call: descriptors, sockets, pipes or watches that are opened and not closed; \
                  count them with `ls /proc/PID/fd | wc -l`. This memory is charged to the control group, and no profile of the \
                  program shows it.".to_owned(),
            next: "Two records of the same length, minutes apart, tell what is kept from what lives long.",
            command: "perf record -e 'kmem:kmalloc,kmem:kfree,kmem:kmem_cache_alloc,kmem:kmem_cache_free' -g -p PID -- sleep 10; \
                      perf script > kmem.2.txt",
        }
        .finding()
    }
}

/// By the innermost function, which is who called the allocator. `None` where there is no such column.
fn sites(context: &Context<'_>, profile: &Profile, column: &str) -> Option<FxHashMap<StringId, Held>> {
    let symbols = &context.session.symbols;
    let values = |name: &str| {
        let at = profile.sample_types.iter().position(|t| symbols.strings.get(t.name) == name)?;
        profile.values.get(at)
    };
    let held = values(column)?;
    let (allocated, objects) = (values("alloc_space"), values("inuse_objects"));
    let mut sites: FxHashMap<StringId, Held> = FxHashMap::default();
    for (row, (&stack, &value)) in profile.stacks.iter().zip(held).enumerate() {
        let Some(function) = symbols.function_names(symbols.stacks.get(stack)).next() else { continue };
        let of = |column: Option<&Vec<i64>>| column.and_then(|column| column.get(row)).copied().unwrap_or(0);
        let site = sites.entry(function).or_default();
        site.bytes = site.bytes.saturating_add(value);
        site.allocated = site.allocated.saturating_add(of(allocated));
        site.objects = site.objects.saturating_add(of(objects));
        if site.stack.is_none_or(|(most, _)| value > most) {
            site.stack = Some((value, stack));
        }
    }
    Some(sites)
}
