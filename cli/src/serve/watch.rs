//! Takes profiles of a running program, on a period, one after the other.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use analysis::formats::{self, Body};
use analysis::model::Symbols;

use super::every;
use super::fetch::{Got, fetch};
use super::shelf::Shelf;
use super::target::Target;

/// Profiles of a snapshot (net/http/pprof). `allocs` is `heap` in other words; a trace or a CPU profile costs the program while
/// it is taken, and tells another story.
const PROFILES: [&str; 4] = ["heap", "goroutine", "mutex", "block"];

/// What is watched, and how.
pub(crate) struct Watch {
    pub(super) target: Target,
    pub(super) every: Duration,
    /// Have the program collect its garbage before each heap profile.
    pub(super) gc: bool,
}

impl Watch {
    /// What will be done.
    pub(super) fn words(&self, kept_at_most: u32, most_bytes: &str) -> String {
        format!(
            "Watching {} every {}: {}, as far as it has them. At most {kept_at_most} snapshots and {most_bytes} are kept, in \
             memory; older ones are thinned out, and the first stays.",
            self.target.host,
            every::text(self.every),
            PROFILES.join(", ")
        )
    }

    /// Watches until the process ends.
    pub(super) fn run(&self, shelf: &Shelf) {
        loop {
            let begun = Instant::now();
            let (profiles, trouble) = self.snapshot();
            let is_there = !profiles.is_empty();
            if shelf.put(profiles, &trouble) {
                match trouble.as_str() {
                    "" => eprintln!("poolscope: {} answers again.", self.target.host),
                    trouble if is_there => eprintln!("poolscope: {trouble}"),
                    trouble => eprintln!("poolscope: {trouble} It is tried again every {}.", every::text(self.every)),
                }
            }
            shelf.wait_until((begun + self.every).max(Instant::now()));
        }
    }

    /// Everything that the program gives now, and in words what it should have given.
    fn snapshot(&self) -> (Vec<(&'static str, Vec<u8>)>, String) {
        let mut profiles = Vec::new();
        for kind in PROFILES {
            let file = if kind == "heap" && self.gc { "heap?gc=1" } else { kind };
            match fetch(&self.target, file) {
                Ok(Got::Nothing) => {}
                Ok(Got::File(bytes)) => match samples(&bytes) {
                    None => return (profiles, format!("What {} gives as {kind} is no profile.", self.target.host)),
                    // Programs that do not ask for them have these two, with nothing in them.
                    Some(0) if matches!(kind, "mutex" | "block") => {}
                    Some(_) => profiles.push((kind, bytes)),
                },
                Err(words) => return (profiles, words),
            }
        }
        if profiles.is_empty() {
            let Target { host, path, .. } = &self.target;
            let words = format!(
                "{host} answers, and has no profiles below {path}. Does it import net/http/pprof? Another path can be given: \
                 --watch http://{host}/other/pprof/"
            );
            return (profiles, words);
        }
        (profiles, String::new())
    }
}

/// How many samples a profile has; `None` if it is none.
fn samples(bytes: &[u8]) -> Option<usize> {
    let parsed = formats::parse(bytes, &mut Symbols::default(), &mut |_| ControlFlow::Continue(())).ok()?;
    match parsed.body {
        Body::Profile(profile) => Some(profile.stacks.len()),
        _ => None,
    }
}
