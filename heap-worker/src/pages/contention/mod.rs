//! Contention: locks with who waits and who holds, groups of goroutines and threads over snapshots, races; at the side the
//! stack of what is picked.

mod groups;
mod locks;
mod races;
mod side;
mod stack;

use std::fmt::Write;

use analysis::findings::Thresholds;
use analysis::markup::escaped;
use analysis::query::{ContentionAnswer, Engine, findings_of};
use analysis::words::seconds;

use super::{Here, nothing};

/// The page.
pub(super) fn page(engine: &mut Engine, here: &Here) -> String {
    let pick = here.get("pick").to_owned();
    let Some(answer) = engine.contention(&pick) else {
        return nothing(
            "Contention",
            "No mutex, block or goroutine profile is open, and no dump of stacks. The first shows who stands where now; the other \
             two need runtime.SetMutexProfileFraction and runtime.SetBlockProfileRate in the program.",
            "curl -so goroutine.pb.gz localhost:6060/debug/pprof/goroutine; curl -so mutex.pb.gz \
             localhost:6060/debug/pprof/mutex; curl -so block.pb.gz localhost:6060/debug/pprof/block",
        );
    };
    let thresholds = Thresholds::changed(here.get("th"));
    let mut out = String::from("<div class=\"waits\"><div class=\"waitmain\">");
    head(&answer, &mut out);
    locks::section(&answer, here, thresholds.lock_wait_millis, &mut out);
    groups::sections(&answer, here, &mut out);
    races::section(&answer, here, &mut out);
    missing(&answer, &mut out);
    out.push_str("</div><aside class=\"waitside\" aria-label=\"What is picked\">");
    let diagnosis = engine.diagnose(&thresholds);
    side::panel(&answer, here, &findings_of(&diagnosis.findings, &side::picked(&answer, &pick)), &mut out);
    out.push_str("</aside></div>");
    out
}

/// What the page rests on.
fn head(answer: &ContentionAnswer, out: &mut String) {
    let mut parts = Vec::new();
    for (what, files) in [("mutex", &answer.mutex), ("block", &answer.block)] {
        let span = files.seconds.map_or(String::new(), |s| format!(" over {}", seconds(s)));
        match files.names.as_slice() {
            [] => {}
            [one] => parts.push(format!("{what}: {one}")),
            [first, .., last] => parts.push(format!("{what}: {first} → {last}{span}")),
        }
    }
    for population in &answer.populations {
        let title = population.title.to_lowercase();
        match population.moments.as_slice() {
            [] => {}
            [one] => parts.push(format!("{title}: {}", one.name)),
            [first, .., last] => parts.push(format!("{title}: {} → {}", first.name, last.name)),
        }
    }
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<div class=\"hd\"><h2>Contention</h2><span class=\"dim\">{}</span></div>",
        escaped(&parts.join(" · "))
    );
}

fn missing(answer: &ContentionAnswer, out: &mut String) {
    if answer.missing.is_empty() {
        return;
    }
    out.push_str("<section class=\"sec\" data-testid=\"missing\"><div class=\"hd\"><h2>What would tell more</h2></div><div class=\"pad\">");
    for row in &answer.missing {
        let _ = write!(
            out,
            "<p class=\"prose\">{}</p><div class=\"cmd\"><span>{}</span><button class=\"go\" data-copy>Copy</button></div>",
            escaped(&row.words),
            escaped(&row.command)
        );
    }
    out.push_str("</div></section>");
}
