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

use super::{Here, by_script, nothing};

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
            &by_script(here),
        );
    };
    let thresholds = Thresholds::changed(here.get("th"));
    let mut out = String::from("<div class=\"waits\"><div class=\"waitmain\">");
    head(&answer, &mut out);
    locks::section(&answer, here, thresholds.lock_wait_millis, &mut out);
    races::section(&answer, here, &mut out);
    groups::sections(&answer, here, &mut out);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::ops::ControlFlow;

    fn opened(folder: &str, names: &[&str]) -> Engine {
        let mut engine = Engine::default();
        for name in names {
            let bytes = std::fs::read(format!("{}/../fixtures/{folder}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            engine.session_mut().open(name, bytes, &mut |_| ControlFlow::Continue(())).unwrap();
        }
        engine
    }

    #[test]
    fn both_sides_of_a_lock_stand_side_by_side() {
        let names = ["mutex.0.pb.gz", "mutex.5.pb.gz", "block.0.pb.gz", "block.5.pb.gz", "goroutine.5.pb.gz"];
        let mut engine = opened("go/custom-pool-lock/go1.27.3", &names);
        let made = page(&mut engine, &Here::new("#v=1&view=contention&pick=lock:sync.Mutex@main.(*LockedPool)"));
        let sides = made.split("data-testid=\"sides\"").nth(1).unwrap();
        let (waits, holds) = sides.split_once("Who holds").unwrap();
        assert!(waits.contains("main.go:33") && !waits.contains("main.go:39"), "{waits}");
        assert!(holds.contains("main.go:39") && holds.contains("sync.(*Mutex).Unlock"), "{holds}");
        assert!(made.contains("the line is 5 ms") || made.contains("The line is 5 ms a wait"), "{made}");
        let moved = page(&mut engine, &Here::new("#v=1&view=contention&th=lock_wait_millis:1"));
        assert!(moved.contains("The line is 1 ms a wait") && moved.contains("meanbar over"), "{moved}");
    }

    #[test]
    fn what_is_missing_is_said_with_the_command_and_names_stay_words() {
        let made =
            page(&mut opened("go/custom-pool-lock/go1.27.3", &["mutex.5.pb.gz"]), &Here::new("#v=1&view=contention"));
        assert!(made.contains("No block profile: who waits") && made.contains("debug/pprof/block"), "{made}");
        let made = page(&mut Engine::default(), &Here::new("#v=1&view=contention"));
        assert!(made.contains("debug/pprof/mutex"), "{made}");
        let made = page(&mut opened("text/stacks", &["gdb-order-service.txt"]), &Here::new("#v=1&view=contention"));
        assert!(
            made.contains("pool::get::&lt;impl pool::core::Core&lt;T&gt;&gt;::wait") && !made.contains("<impl"),
            "{made}"
        );
    }
}
