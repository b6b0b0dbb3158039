//! A line of `GODEBUG=gctrace=1` (runtime/mgc.go, gcMarkTermination; runtime/extern.go):
//!
//! ```text
//! gc 5 @0.942s 0%: 0.085+1.7+0.003 ms clock, 0.17+0/0.16/3.2+0.006 ms cpu, 67->67->5 MB, 92 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)
//! ```
//!
//! Go 1.18 brought stacks and globals, Go 1.26 ` (checking for goroutine leaks)` before the colon.

use super::scan::{Cut, Scan};
use crate::model::record::{GcCpu, GcCycle};

const MIB: u64 = 1 << 20;

/// Where in `text` a cycle begins, if anywhere: at `gc `, a number, ` @`. Where others wrote between the first two, the number
/// stands without, and is known by what follows it: `139 @0.783s 1%`.
pub(super) fn find(text: &str) -> Option<usize> {
    text.match_indices(" @").find_map(|(at, _)| {
        let before = text.get(..at)?;
        let word = before.trim_end_matches(|c: char| c.is_ascii_digit());
        if word.len() == before.len() {
            return None;
        }
        let is_own =
            |mut scan: Scan<'_>| scan.scaled(1.0).is_ok() && scan.has("s ") && scan.whole().is_ok() && scan.has("%");
        match word.strip_suffix("gc ") {
            Some(others) => Some(others.len()),
            None => is_own(Scan::new(text.get(at + 2..)?)).then_some(word.len()),
        }
    })
}

/// Reads a cycle from the beginning of `text`, and where it ends.
///
/// # Errors
/// Where it breaks off, with the places before which it could be cut.
pub(super) fn read(text: &str) -> Result<(GcCycle, usize), Cut> {
    let mut scan = Scan::new(text);
    let mut cycle = GcCycle::default();
    scan.has("gc ");
    cycle.number = scan.whole()?;
    scan.text(" @")?;
    cycle.begin_nanos = scan.scaled(1e9)?;
    scan.text("s ")?;
    cycle.cpu_share = Some(scan.whole()? as f64 / 100.0);
    scan.text("%")?;
    cycle.checks_leaks = scan.has(" (checking for goroutine leaks)");
    scan.text(": ")?;
    cycle.begin_pause_nanos = scan.millis()?;
    scan.text("+")?;
    cycle.concurrent_nanos = scan.millis()?;
    scan.text("+")?;
    cycle.end_pause_nanos = scan.millis()?;
    scan.text(" ms clock, ")?;
    let mut cpu = GcCpu { begin_pause_nanos: scan.millis()?, ..GcCpu::default() };
    scan.text("+")?;
    cpu.assist_nanos = scan.millis()?;
    scan.text("/")?;
    cpu.worker_nanos = scan.millis()?;
    scan.text("/")?;
    cpu.idle_nanos = scan.millis()?;
    scan.text("+")?;
    cpu.end_pause_nanos = scan.millis()?;
    scan.text(" ms cpu, ")?;
    cycle.cpu = Some(cpu);
    cycle.heap_before = Some(scan.whole()?.saturating_mul(MIB));
    scan.text("->")?;
    cycle.heap_after = Some(scan.whole()?.saturating_mul(MIB));
    scan.text("->")?;
    cycle.heap_live = Some(scan.whole()?.saturating_mul(MIB));
    scan.text(" MB, ")?;
    cycle.heap_goal = Some(scan.whole()?.saturating_mul(MIB));
    scan.text(" MB goal, ")?;
    let mut last = scan.whole()?;
    if scan.has(" MB stacks, ") {
        cycle.stack_bytes = Some(last.saturating_mul(MIB));
        last = scan.whole()?;
        scan.text(" MB globals, ")?;
        cycle.globals_bytes = Some(last.saturating_mul(MIB));
        last = scan.whole()?;
    }
    scan.text(" P")?;
    cycle.procs = Some(u32::try_from(last).unwrap_or(u32::MAX));
    cycle.is_forced = scan.has(" (forced)");
    Ok((cycle, scan.at()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "gc 5 @0.942s 3%: 0.085+1.7+0.003 ms clock, 0.17+0.5/0.16/3.2+0.006 ms cpu, 67->68->5 MB, 92 MB goal, 1 MB stacks, 2 MB globals, 2 P (forced)";

    #[test]
    fn every_version_is_read() {
        let (cycle, end) = read(LINE).ok().unwrap_or_default();
        assert_eq!(end, LINE.len());
        assert_eq!((cycle.number, cycle.begin_nanos, cycle.cpu_share), (5, 942_000_000, Some(0.03)));
        assert_eq!(
            (cycle.begin_pause_nanos, cycle.concurrent_nanos, cycle.end_pause_nanos),
            (85_000, 1_700_000, 3_000)
        );
        let cpu = GcCpu {
            begin_pause_nanos: 170_000,
            assist_nanos: 500_000,
            worker_nanos: 160_000,
            idle_nanos: 3_200_000,
            end_pause_nanos: 6_000,
        };
        assert_eq!(cycle.cpu, Some(cpu));
        let sizes = [
            cycle.heap_before,
            cycle.heap_after,
            cycle.heap_live,
            cycle.heap_goal,
            cycle.stack_bytes,
            cycle.globals_bytes,
        ];
        assert_eq!(sizes, [67, 68, 5, 92, 1, 2].map(|mib| Some(mib * MIB)));
        assert_eq!((cycle.procs, cycle.is_forced, cycle.checks_leaks), (Some(2), true, false));
        assert_eq!(cycle.end_nanos(), 943_788_000);
        // Go 1.17 and before, Go 1.26 and later.
        let old = "gc 1 @0.012s 2%: 0.026+0.39+0.10 ms clock, 0.21+0.88/0.52/0+0.84 ms cpu, 4->4->0 MB, 5 MB goal, 8 P";
        let old = read(old).ok().map(|(cycle, _)| (cycle.procs, cycle.stack_bytes, cycle.is_forced));
        assert_eq!(old, Some((Some(8), None, false)));
        let new = LINE.replace("3%:", "3% (checking for goroutine leaks):");
        assert!(read(&new).is_ok_and(|(cycle, end)| cycle.checks_leaks && end == new.len()));
    }

    #[test]
    fn the_beginning_is_found_anywhere_and_no_piece_passes_for_a_line() {
        assert_eq!(find("2026-11-23 web-1 | gc 5 @0.942s"), Some(19));
        assert_eq!(find("gc 5 times, gc 7 @1"), Some(12));
        assert_eq!(find("139 @0.783s 1%: 0.025+"), Some(0));
        assert_eq!((find("gc"), find("gc  @"), find("no gc 5"), find("7 @work 1%")), (None, None, None, None));
        for end in 0..LINE.len() - " (forced)".len() {
            assert!(read(&LINE[..end]).is_err(), "{end}");
        }
    }
}
