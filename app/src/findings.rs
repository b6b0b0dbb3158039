//! What is wrong: the verdict, the ranked list, what was checked and clear; and one finding's whole story.

use analysis::findings::{Checked, Decidability, Diagnosis, Evidence, EvidenceView, Finding, Severity, StatesPlace};
use analysis::lens::Base;
use analysis::query::{Answer, Query};
use leptos::prelude::*;

use crate::client::{Client, use_answer};
use crate::file_entry::FileEntry;
use crate::inspector::Frames;
use crate::live::{effect, flag, on, part, text};
use crate::state::{Looking, Tab, View};
use crate::states::Look;

/// The diagnosis, as long as there are files.
fn use_diagnosis() -> Memo<Option<Diagnosis>> {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let moved = Memo::new(move |_| looking.state.with(|state| state.moved_lines().to_owned()));
    let answer = use_answer(move || (client.epoch.get() > 0).then(|| Query::Findings(moved.get())));
    Memo::new(move |_| match answer.get() {
        Some(Ok(Answer::Findings(diagnosis))) => Some(diagnosis),
        _ => None,
    })
}

/// What a finding is about, whatever its number: `rule|place`, as notes are pinned to it.
fn subject(finding: &Finding) -> String {
    let place = finding.site.pool.as_ref().filter(|pool| !pool.is_empty()).unwrap_or(&finding.site.function);
    format!("{}|{place}", finding.rule)
}

/// The finding that the reader chose: its subject and its number. Files that come or go give it another number.
#[derive(Clone)]
pub(crate) struct Chosen {
    subject: String,
    number: usize,
}

impl Chosen {
    /// What the address names is no choice yet: its number is right when all files are read.
    pub(crate) fn start(looking: Looking) -> StoredValue<Self> {
        let number = looking.state.with_untracked(|state| state.finding);
        StoredValue::new(Self { subject: String::new(), number })
    }
}

/// Keeps what the reader chose chosen.
fn stay_at_chosen(diagnosis: Memo<Option<Diagnosis>>) {
    let looking = expect_context::<Looking>();
    let chosen = expect_context::<StoredValue<Chosen>>();
    effect(move || {
        let subjects: Vec<String> =
            diagnosis.with(|found| found.iter().flat_map(|found| &found.findings).map(subject).collect());
        let number = looking.state.with(|state| state.finding);
        let before = chosen.get_value();
        let here = subjects.get(number);
        if number != before.number {
            return chosen.set_value(Chosen { subject: here.cloned().unwrap_or_default(), number });
        }
        // Two findings may be about the same.
        if here == Some(&before.subject) {
            return;
        }
        if let Some(number) = subjects.iter().position(|subject| *subject == before.subject) {
            chosen.set_value(Chosen { number, ..before });
            looking.set(|state| state.finding = number);
        }
    });
}

fn words_of(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::L1 => ("s1", "Look at it"),
        Severity::L2 => ("s2", "Warning"),
        Severity::L3 => ("s3", "Critical"),
    }
}

fn known_as(known: Decidability) -> (&'static str, &'static str) {
    match known {
        Decidability::Proven => ("proven", "proven"),
        Decidability::Sampled => ("sampled", "sampled"),
        Decidability::NeedsAnnotation => ("needs", "needs annotation"),
    }
}

#[component]
fn Bars(severity: Severity) -> impl IntoView {
    let (class, words) = words_of(severity);
    view! { <span class=format!("sev {class}") role="img" aria-label=words title=words><i></i><i></i><i></i></span> }
}

/// The page.
#[component]
pub(crate) fn Findings() -> impl IntoView {
    let diagnosis = use_diagnosis();
    stay_at_chosen(diagnosis);
    part(move || match diagnosis.get() {
        None => view! { <p class="pad dim first">"Reading the files."</p> }.into_any(),
        Some(found) => view! { <Ranked found/> }.into_any(),
    })
}

#[component]
fn Ranked(found: Diagnosis) -> impl IntoView {
    let looking = expect_context::<Looking>();
    let count = |severity| found.findings.iter().filter(|finding| finding.severity == severity).count();
    let parts =
        [(count(Severity::L3), "critical"), (count(Severity::L2), "warnings"), (count(Severity::L1), "to look at")];
    let tally =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect::<Vec<_>>().join(", ");
    let head = match found.findings.len() {
        0 => "No findings".to_owned(),
        1 => "1 finding".to_owned(),
        n => format!("{n} findings"),
    };
    let whole: i64 = found.verdict.segments.iter().map(|segment| segment.bytes).sum();
    // Words stand only below what is wide enough for a few of them; all of them are in the tip.
    let label =
        |bytes: i64, words: &str| if bytes as f64 >= 0.1 * whole as f64 { words.to_owned() } else { String::new() };
    let share = move |bytes: i64| format!("flex:{} 1 0", (bytes.max(0) as f64 / whole.max(1) as f64 * 1000.0).max(1.0));
    let total = found.findings.len();
    let step = move |event: web_sys::KeyboardEvent| {
        let by: isize = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        event.prevent_default();
        looking.set(|state| state.finding = state.finding.saturating_add_signed(by).min(total.saturating_sub(1)));
        request_animation_frame(|| crate::keys::focus(".frow.on"));
    };
    view! {
        <div class="hd"><h2>{head}</h2><span class="dim">{tally}</span></div>
        <div class="ledger" data-testid="verdict">
            <p>{found.verdict.text.clone()}</p>
            <div class="lbar" role="img" aria-label="How the heap in use divides">
                {found.verdict.segments.iter().map(|segment| view! { <i class:grow=!segment.is_before style=share(segment.bytes) title=segment.label.clone()></i> }).collect_view()}
            </div>
            <div class="lkey">{found.verdict.segments.iter().map(|segment| view! { <span class:plus=!segment.is_before style=share(segment.bytes) title=segment.label.clone()>{label(segment.bytes, &segment.label)}</span> }).collect_view()}</div>
        </div>
        <crate::made::MadePage part="chain"/>
        <div role="list" aria-label="Findings, the worst first" on:keydown=on(step)>
            {found.findings.iter().enumerate().map(|(at, finding)| view! { <Row at finding=finding.clone()/> }).collect_view()}
        </div>
        <div class="hd"><h2>"Checked, nothing found"</h2><span class="dim">{format!("{} rules", found.clear.len())}</span></div>
        <div class="clear" data-testid="clear">
            {found.clear.iter().map(|rule| {
                let saw = match &rule.checked { Checked::Clear(number) => format!("largest {number}"), Checked::NotCovered => format!("needs {}", rule.needs) };
                let tip = format!("{}: {saw}", rule.rule);
                view! { <div title=tip>{rule.title.clone()}<i>{saw}</i></div> }
            }).collect_view()}
        </div>
        {(!found.suppressed.is_empty()).then(|| view! { <p class="pad dim xs">{format!("Left out: {}.", found.suppressed)}</p> })}
    }
}

#[component]
fn Row(at: usize, finding: Finding) -> impl IntoView {
    let looking = expect_context::<Looking>();
    let (known, known_words) = known_as(finding.known);
    let is_on = Memo::new(move |_| looking.state.with(|state| state.finding == at));
    let severity = format!("{:?}", finding.severity);
    let pin = format!("f|{}", subject(&finding));
    view! {
        <div role="listitem"><button class="frow" class:on=flag(move || is_on.get()) class:l3=finding.severity == Severity::L3 class:noted=flag(move || looking.state.with(|state| state.has_note(&pin))) data-testid="finding" data-rule=finding.rule.clone() data-severity=severity
            aria-pressed=text(move || is_on.get().to_string()) on:click=on(move |_| looking.set(|state| state.finding = at))>
            <Bars severity=finding.severity/>
            <span><span class="h3">{finding.claim.clone()}</span><span class="p">{finding.detail.clone()}</span></span>
            <span class="meta"><span class="big">{finding.headline.clone()}</span><span class=format!("known {known}")>{known_words}</span></span>
        </button></div>
    }
}

/// The story of the selected finding.
#[component]
pub(crate) fn FindingDetail() -> impl IntoView {
    let looking = expect_context::<Looking>();
    let diagnosis = use_diagnosis();
    let finding = Memo::new(move |_| {
        let at = looking.state.with(|state| state.finding);
        diagnosis.with(|found| found.as_ref()?.findings.get(at).cloned())
    });
    part(move || match finding.get() {
        None => view! { <p class="pad dim first">"A finding’s numbers, evidence and cure stand here."</p> }.into_any(),
        Some(finding) => view! { <Story finding/> }.into_any(),
    })
}

#[component]
fn Story(finding: Finding) -> impl IntoView {
    let (known, known_words) = known_as(finding.known);
    let (_, severity) = words_of(finding.severity);
    let copied = RwSignal::new(false);
    let command = finding.command.clone();
    let copy = move |_| {
        // Without a clipboard the command can be selected by hand.
        let _ = window().navigator().clipboard().write_text(&command);
        copied.set(true);
    };
    let site = finding.site.function.clone();
    view! {
        <div class="claim"><div class="row xs mid"><Bars severity=finding.severity/><b class=format!("sevname {}", words_of(finding.severity).0)>{severity}</b><span class=format!("known {known}")>{known_words}</span><a class="end dim" href=crate::parts::section_of(&finding.rule) target="_blank" rel="noopener" data-testid="section">{finding.rule.clone()}</a></div>
            <h1>{finding.claim.clone()}</h1><p class="mid">{finding.detail.clone()}</p></div>
        <div class="facts">{finding.facts.iter().map(|fact| view! { <div><b>{fact.value.clone()}</b><span>{fact.label.clone()}</span></div> }).collect_view()}</div>
        {(!site.is_empty() && finding.rule != "snapshot-hygiene").then(|| view! { <div class="sec"><crate::heap::growth::SmallGrowth node=site.clone()/></div> })}
        <div class="split sec">
            <div><div class="hd"><h2>"Evidence"</h2></div><div class="pad"><ul class="links">{finding.evidence.iter().map(|evidence| view! { <EvidenceLink evidence=evidence.clone()/> }).collect_view()}</ul></div></div>
            {(!finding.site.stack.is_empty()).then(|| view! { <div><div class="hd"><h2>"Call path"</h2><span class="dim">"leaf first"</span></div><div class="pad"><Frames frames=finding.site.stack.clone() selected=site.clone()/></div></div> })}
        </div>
        <div class="sec"><div class="hd"><h2>"Would be disproved by"</h2></div><p class="pad prose">{finding.disproof.clone()}</p></div>
        <div class="sec"><div class="hd"><h2>"Fix"</h2></div><p class="pad prose">{finding.fix.clone()}</p></div>
        <div class="sec"><div class="hd"><h2>"Capture next"</h2></div><div class="pad"><p class="prose">{finding.next.clone()}</p>
            {(!finding.command.is_empty()).then(|| view! { <div class="cmd"><span>{finding.command.clone()}</span><button class="go" on:click=on(copy)>{text(move || if copied.get() { "Copied" } else { "Copy" }.to_owned())}</button></div> })}</div></div>
    }
}

#[component]
fn EvidenceLink(evidence: Evidence) -> impl IntoView {
    let client = expect_context::<Client>();
    let looking = expect_context::<Looking>();
    let (label, view, tab) = match evidence.view {
        EvidenceView::HeapTable => ("Heap", View::Heap, Tab::Table),
        EvidenceView::HeapFlame => ("Flame graph", View::Heap, Tab::Flame),
        EvidenceView::HeapGrowth => ("Growth", View::Heap, Tab::Growth),
        EvidenceView::States => ("States", View::States, Tab::Table),
        EvidenceView::Files => ("Files", View::Files, Tab::Table),
        EvidenceView::Contention => ("Contention", View::Contention, Tab::Table),
        EvidenceView::Gc => ("GC & memory", View::Gc, Tab::Table),
        EvidenceView::Escape => ("Escape", View::Heap, Tab::Escape),
        EvidenceView::Timeline => ("Timeline", View::Timeline, Tab::Table),
    };
    let text = evidence.text.clone();
    let open = move |_| {
        let name = |id| {
            client.files.with_untracked(|files| {
                let is_it = |file: &&FileEntry| file.id == Some(id) || file.told == Some(id);
                files.iter().find(is_it).map_or(String::new(), |file| file.name.clone())
            })
        };
        if view == View::States {
            let look = Look::at(&StatesPlace::parse(&evidence.node), &name(evidence.source));
            return looking.set(|state| (state.view, state.states) = (view, look));
        }
        looking.set(|state| {
            state.go(view);
            state.tab = tab;
            match evidence.view {
                EvidenceView::Contention | EvidenceView::Gc | EvidenceView::Escape => {
                    if let Some(pick) = state.page_value("pick") {
                        pick.clone_from(&evidence.node);
                    }
                    return;
                }
                EvidenceView::Timeline => return state.trace_view.clone_from(&evidence.node),
                _ => {}
            }
            state.sample_type = evidence.lens.sample_type.clone().unwrap_or_default();
            state.current = evidence.lens.current.map_or(String::new(), name);
            state.base = match evidence.lens.base {
                Base::Base(id) | Base::DiffBase(id) => name(id),
                Base::None => String::new(),
            };
            state.filter = evidence.lens.filter.clone();
            state.granularity = evidence.lens.granularity;
            state.selected.clone_from(&evidence.node);
            state.search.clear();
            state.zoom = [0.0, 1.0];
        });
    };
    view! { <li><span class="t" title=text.clone()>{text.clone()}</span><button class="go" data-testid="evidence" aria-label=format!("{label}: {text}") on:click=on(open)>{label}</button></li> }
}
