//! Escape windows: stretches of marking in which the program allocates, or helps, far more than it does elsewhere.
//!
//! While the collector marks, what is allocated counts as live, and who allocates has to help. An initialisation that
//! allocates in bursts shows as such a stretch; it is where objects escape that a pool should have kept.

use serde::{Deserialize, Serialize};

use super::survey::Survey;
use super::window::Window;
use crate::model::trace::Trace;
use crate::order::sort_by;

/// A marking phase is looked at in this many parts, unless they would be shorter than [`LEAST_PART_NANOS`].
const PARTS: i64 = 16;
/// Shorter parts hold too few steps of the heap (one for each span of about 8 KiB) to speak of a rate.
const LEAST_PART_NANOS: i64 = 100_000;
/// This many times the usual rate is a surge.
const SURGE: f64 = 2.0;
/// Less allocated in a part is no surge, whatever its rate: a few spans.
const LEAST_BYTES: u64 = 64 << 10;
/// This share of all processors' time spent helping is a surge: the collector aims at none.
const ASSIST_SHARE: f64 = 0.05;

/// One such stretch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EscapeWindow {
    /// When.
    pub window: Window,
    /// In which cycle, from 1.
    pub cycle: usize,
    /// Allocated in it.
    pub allocated_bytes: u64,
    /// How many times the rate outside of marking; 0 when nothing was allocated there.
    pub times_usual: f64,
    /// Time spent helping, of all goroutines.
    pub assist_nanos: i64,
    /// As a share of the processors' time.
    pub assist_share: f64,
}

impl EscapeWindow {
    fn weight(&self) -> f64 {
        // A share of 5 % weighs as much as twice the rate.
        self.times_usual / SURGE + self.assist_share / ASSIST_SHARE
    }
}

/// All in `within`, the strongest first.
pub fn escape_windows(trace: &Trace, survey: &Survey, within: Window) -> Vec<EscapeWindow> {
    let usual = usual_rate(trace, survey);
    let procs = survey.max_procs.last().max(1) as f64;
    let Some(bounds) = survey.bounds(trace) else { return Vec::new() };
    let mut found: Vec<EscapeWindow> = Vec::new();
    for (at, cycle) in survey.collector.cycles.iter().enumerate() {
        let marking = Window::new(cycle.begin, cycle.end.min(bounds.end));
        let Some(marking) = marking.shared(within) else { continue };
        let parts = (marking.nanos() / LEAST_PART_NANOS).clamp(1, PARTS);
        for part in 0..parts {
            let window = Window::new(
                marking.start + marking.nanos() * part / parts,
                marking.start + marking.nanos() * (part + 1) / parts,
            );
            let allocated_bytes = allocated(trace, survey, window);
            let assist_nanos = assist_time(survey, window);
            let seconds = window.nanos() as f64 / 1e9;
            let times_usual = if usual > 0.0 { allocated_bytes as f64 / seconds / usual } else { 0.0 };
            let assist_share = assist_nanos as f64 / (window.nanos() as f64 * procs);
            let is_surge = (times_usual >= SURGE && allocated_bytes >= LEAST_BYTES) || assist_share >= ASSIST_SHARE;
            if !is_surge {
                continue;
            }
            let next = EscapeWindow { window, cycle: at + 1, allocated_bytes, times_usual, assist_nanos, assist_share };
            match found.last_mut().filter(|last| last.window.end == window.start) {
                Some(last) => merge(last, &next),
                None => found.push(next),
            }
        }
    }
    sort_by(&mut found, |a, b| b.weight().total_cmp(&a.weight()).then(a.window.start.cmp(&b.window.start)));
    found
}

fn merge(one: &mut EscapeWindow, next: &EscapeWindow) {
    let (a, b) = (one.window.nanos() as f64, next.window.nanos() as f64);
    let mean = |x: f64, y: f64| (x * a + y * b) / (a + b);
    one.times_usual = mean(one.times_usual, next.times_usual);
    one.assist_share = mean(one.assist_share, next.assist_share);
    one.allocated_bytes += next.allocated_bytes;
    one.assist_nanos += next.assist_nanos;
    one.window.end = next.window.end;
}

/// Bytes a second outside of marking.
fn usual_rate(trace: &Trace, survey: &Survey) -> f64 {
    let Some(bounds) = survey.bounds(trace) else { return 0.0 };
    let (mut bytes, mut nanos) = (allocated(trace, survey, bounds) as f64, bounds.nanos() as f64);
    for cycle in &survey.collector.cycles {
        let marking = Window::new(cycle.begin, cycle.end.min(bounds.end));
        bytes -= allocated(trace, survey, marking) as f64;
        nanos -= marking.nanos() as f64;
    }
    if nanos <= 0.0 { 0.0 } else { bytes.max(0.0) / (nanos / 1e9) }
}

/// What was allocated in `window`: the sum of the heap's steps up.
pub fn allocated(trace: &Trace, survey: &Survey, window: Window) -> u64 {
    survey.live.rise_in(&trace.heap_live, window)
}

/// How long goroutines helped the collector in `window`, all together.
pub fn assist_time(survey: &Survey, window: Window) -> i64 {
    survey.collector.assist_nanos_in(window)
}
