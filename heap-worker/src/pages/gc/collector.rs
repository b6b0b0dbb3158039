//! The collector: what it costs, how long the program stands still, the heap between cycles, the cycles one by one.

use std::fmt::Write;

use analysis::markup::escaped;
use analysis::query::{Engine, GcAnswer, GcRun};
use analysis::words::{bytes, number, percent, seconds, size, time};

use super::charts;
use super::pick::{Pick, What};
use crate::pages::Here;

/// The section; nothing where the run is not told of.
pub(super) fn section(engine: &Engine, here: &Here, answer: &GcAnswer, out: &mut String) {
    let pick = Pick::of(here);
    let Some(run) = answer.runs.get(answer.shown) else { return };
    out.push_str("<section class=\"sec\" data-testid=\"gc\">");
    head(engine, here, answer, run, out);
    costs(here, pick, answer, run, out);
    stops(here, pick, answer, run, out);
    out.push_str("<div class=\"plots\">");
    charts::heap(here, answer, out);
    charts::lengths(answer, out);
    charts::objects(answer, out);
    charts::scheduler(answer, out);
    out.push_str("</div></section>");
}

/// More runs than this are not linked one by one.
const MOST_LINKS: usize = 24;

fn head(engine: &Engine, here: &Here, answer: &GcAnswer, run: &GcRun, out: &mut String) {
    let file = engine.session().source(run.source).map_or("", |source| source.name.as_str());
    let whose = match run.collector.as_str() {
        name if run.is_java && name != "Java" => format!("{name} (Java)"),
        name => name.to_owned(),
    };
    let _ = write!(
        out,
        "<div class=\"hd\"><h2>Collector</h2><span class=\"dim\">{} · {} · {} cycles{}</span>",
        escaped(&whose),
        escaped(file),
        number(run.cycles),
        if run.seconds > 0.0 { format!(" in {}", seconds(run.seconds)) } else { String::new() }
    );
    if answer.runs.len() > 1 {
        out.push_str("<span class=\"end dim\" data-testid=\"gc-runs\">process");
        for (at, run) in answer.runs.iter().enumerate().take(MOST_LINKS) {
            let name = engine.session().source(run.source).map_or("", |source| source.name.as_str());
            let _ = match at == answer.shown {
                true => write!(out, " <b>{}</b>", at + 1),
                false => write!(
                    out,
                    " <a href=\"{}\" title=\"{} · {}\">{}</a>",
                    Pick { run: at, what: What::All }.href(here),
                    escaped(&run.collector),
                    escaped(name),
                    at + 1
                ),
            };
        }
        let _ = write!(out, " of {}</span>", answer.runs.len());
    }
    out.push_str("</div>");
}

/// A number with what it is, and on hover how it was had.
fn fact(out: &mut String, value: &str, label: &str, about: &str) {
    let _ = write!(out, "<span title=\"{}\"><b>{}</b> {}</span>", escaped(about), escaped(value), escaped(label));
}

fn costs(here: &Here, pick: Pick, answer: &GcAnswer, run: &GcRun, out: &mut String) {
    out.push_str("<div class=\"memfacts\" data-testid=\"gc-costs\">");
    if run.rate > 0.0 {
        fact(out, &format!("{:.1}/s", run.rate), "cycles", "Cycles a second between the first and the last.");
    }
    if let Some(share) = run.cpu_share {
        let about = "What the collector took of all processors’ time: stops, assists and workers; workers on idle processors not.";
        fact(out, &percent(share), "of the processors’ time", about);
    }
    if let Some(share) = run.busy_share {
        fact(
            out,
            &percent(share),
            "of the time they were busy",
            "By runtime/metrics, /cpu/classes: without idle time.",
        );
    }
    if let Some(share) = run.assist_of_gc {
        let all =
            run.assist_share.map_or(String::new(), |share| format!(" {} of the processors’ time.", percent(share)));
        let about = format!("Marking that goroutines had to do before they might allocate.{all}");
        fact(out, &percent(share), "of the collector’s work is assists", &about);
    }
    if let Some(rate) = run.alloc_rate {
        fact(out, &format!("{}/s", bytes(rate as i64)), "allocated", "New bytes a second, dead ones included.");
    }
    if let Some(live) = &run.live {
        fact(out, live, "stays in use", "What cycles found in use: the median of the later half.");
    }
    if let Some(goal) = run.goal {
        let (label, about) = match run.is_java {
            false => ("goal", "Size of the heap at which a cycle is to end: the median of the later half."),
            true => ("capacity", "Size of the heap: the median of the later half."),
        };
        fact(out, &bytes(goal as i64), label, about);
    }
    if let Some(gogc) = run.gogc {
        fact(out, &format!("{gogc:.0}"), "GOGC", "How much the heap may grow over what is live, in percent.");
    }
    if let Some(limit) = run.limit {
        fact(out, &bytes(limit as i64), "GOMEMLIMIT", "What the runtime is to stay below.");
    }
    if let Some((count, took)) = run.full.filter(|(count, _)| *count > 0) {
        fact(
            out,
            &number(count),
            &format!("full collections, {}", seconds(took)),
            "Collections of all of the heap that stopped the program.",
        );
    }
    if let Some((count, took)) = run.stalls.filter(|(count, _)| *count > 0) {
        fact(
            out,
            &number(count),
            &format!("allocation stalls, {}", seconds(took)),
            "Threads that waited until a cycle had freed memory.",
        );
    }
    if let Some((background, eager, now)) = answer.scavenged {
        let about = format!(
            "By scavtrace: {} were given back in the background and {} by those who allocate, all added up.",
            size(background),
            size(eager)
        );
        fact(out, &size(now), "given back to the system", &about);
    }
    if let Some(forced) = run.forced.filter(|&forced| forced > 0) {
        let is_on = pick.what == What::Forced;
        let what = if is_on { What::All } else { What::Forced };
        let _ = write!(
            out,
            "<span class=\"bad\" title=\"Cycles that the program asked for: runtime.GC, System.gc.\"><b>{}</b> <a href=\"{}\">forced{}</a></span>",
            number(forced),
            Pick { what, ..pick }.href(here),
            if is_on { ", show all" } else { "" }
        );
    }
    out.push_str("</div>");
}

fn stops(here: &Here, pick: Pick, answer: &GcAnswer, run: &GcRun, out: &mut String) {
    if run.stops == 0 {
        return;
    }
    let [half, ninth, most, longest] = run.stop_nanos;
    out.push_str("<div class=\"memfacts\" data-testid=\"gc-stops\">");
    let how = if run.is_exact { "Each stop by itself." } else { "By ranges of lengths: the upper end of the range." };
    fact(out, &number(run.stops), "stops of the program", how);
    fact(out, &time(half), "half are not longer", how);
    fact(out, &time(ninth), "9 of 10", how);
    fact(out, &time(most), "99 of 100", how);
    let cycle = answer.cycles.iter().max_by_key(|row| row.nanos[0].max(row.nanos[2])).filter(|_| !run.is_java);
    match cycle {
        Some(row) => {
            let _ = write!(
                out,
                "<span><b>{}</b> <a href=\"{}\">longest, in cycle {}</a></span>",
                time(longest),
                Pick { what: What::Cycle(row.number), ..pick }.href(here),
                row.number
            );
        }
        None => fact(out, &time(longest), "longest", how),
    }
    let share = run.stopped_nanos as f64 / 1e9 / run.seconds.max(1e-9);
    let all = if run.seconds > 0.0 && share < 1.0 {
        format!("in all, {} of the time", percent(share))
    } else {
        "in all".to_owned()
    };
    fact(out, &time(run.stopped_nanos), &all, "All stops added up.");
    out.push_str("</div>");
}
