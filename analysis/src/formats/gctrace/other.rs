//! What Go prints beside its cycles: the scavenger's and the scheduler's lines.

use crate::formats::text::find;
use crate::model::record::{Scavenge, Schedule};

/// A line of `scavtrace=1` (runtime/mgcscavenge.go, printScavTrace). Go 1.20 and later:
/// `scav 472 KiB work (bg), 0 KiB work (eager), 5488 KiB now, 41% util`; before, with the cycle's number:
/// `scav 3 472 KiB work, 5488 KiB total, 41% util`.
pub(super) fn scavenge(text: &str, after_cycle: Option<u64>) -> Option<Scavenge> {
    let mut rest = text.get(find(text, "scav ")? + 5..)?;
    let mut scavenge = Scavenge { after_cycle, ..Scavenge::default() };
    if !rest.contains(" KiB ") {
        return None;
    }
    if let Some((number, words)) = rest.split_once(' ').filter(|(_, words)| !words.starts_with("KiB")) {
        scavenge.after_cycle = Some(number.parse().ok()?);
        rest = words;
    }
    for part in rest.split(", ") {
        let (number, words) = part.trim().split_once([' ', '%'])?;
        let number = number.parse::<u64>().ok()?;
        let bytes = number.saturating_mul(1024);
        match words.trim() {
            "KiB work (bg)" | "KiB work" => scavenge.background_bytes = bytes,
            "KiB work (eager)" => scavenge.eager_bytes = bytes,
            "KiB now" | "KiB total" => scavenge.released_bytes = bytes,
            words if words.starts_with("util") => scavenge.use_share = Some(number as f64 / 100.0),
            _ => return None,
        }
    }
    scavenge.use_share.map(|_| scavenge)
}

/// A line of `schedtrace=N` (runtime/proc.go, schedtrace):
/// `SCHED 500ms: gomaxprocs=2 idleprocs=2 threads=6 spinningthreads=0 needspinning=0 idlethreads=3 runqueue=0 [ 0 0 ]`.
pub(super) fn schedule(text: &str) -> Option<Schedule> {
    let rest = text.get(find(text, "SCHED ")? + 6..)?;
    let (at, rest) = rest.split_once("ms: ")?;
    let mut schedule = Schedule { at_nanos: at.parse::<i64>().ok()?.saturating_mul(1_000_000), ..Schedule::default() };
    let (counts, queues) = rest.split_once('[').unwrap_or((rest, ""));
    let mut has = [false; 3];
    for (name, value) in counts.split_ascii_whitespace().filter_map(|word| word.split_once('=')) {
        let count = value.parse::<u32>().ok();
        match (name, count) {
            ("gomaxprocs", Some(count)) => (schedule.procs, has[0]) = (count, true),
            ("idleprocs", Some(count)) => schedule.idle_procs = count,
            ("threads", Some(count)) => (schedule.threads, has[1]) = (count, true),
            ("spinningthreads", Some(count)) => schedule.spinning_threads = count,
            ("idlethreads", Some(count)) => schedule.idle_threads = count,
            ("runqueue", Some(count)) => (schedule.queue, has[2]) = (count, true),
            _ => {}
        }
    }
    let queues = queues.split_once(']').map_or("", |(queues, _)| queues);
    schedule.proc_queues = queues.split_ascii_whitespace().filter_map(|count| count.parse().ok()).collect();
    // Torn by others, it is none.
    let is_whole = has.iter().all(|&has| has) && schedule.proc_queues.len() <= schedule.procs as usize;
    is_whole.then_some(schedule)
}

/// Lines that belong to such a log and say nothing that is used here: `gctrace=2`'s counts of scanned objects,
/// `scheddetail=1`'s processors, threads and goroutines, the collector's note of a cycle for want of any.
pub(super) fn is_passed_over(text: &str) -> bool {
    let is_detail = |mark: char| {
        let rest = text.strip_prefix("  ").and_then(|rest| rest.strip_prefix(mark)).unwrap_or("");
        rest.split_once(": ").is_some_and(|(number, words)| {
            number.parse::<u32>().is_ok() && (words.starts_with("status=") || words.starts_with("p="))
        })
    };
    text.starts_with("scan: total ")
        || text.starts_with("scan: class ")
        || text == "GC forced"
        || ['P', 'M', 'G'].into_iter().any(is_detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scavenger_and_scheduler_are_read_in_every_form() {
        let new = scavenge("scav 472 KiB work (bg), 8 KiB work (eager), 5488 KiB now, 41% util", Some(7));
        let expected = Scavenge {
            after_cycle: Some(7),
            background_bytes: 472 << 10,
            eager_bytes: 8 << 10,
            released_bytes: 5488 << 10,
            use_share: Some(0.41),
        };
        assert_eq!(new, Some(expected));
        let old = scavenge("scav 3 472 KiB work, 5488 KiB total, 41% util", Some(7));
        assert_eq!(old, Some(Scavenge { after_cycle: Some(3), eager_bytes: 0, ..expected }));
        assert!(scavenge("scav 472 KiB work (bg), 0 KiB", None).is_none() && scavenge("scavenger", None).is_none());
        let line = "SCHED 500ms: gomaxprocs=2 idleprocs=1 threads=6 spinningthreads=0 needspinning=0 idlethreads=3 runqueue=4 [ 5 6 ]";
        let schedule = schedule(line).unwrap_or_default();
        assert_eq!((schedule.at_nanos, schedule.procs, schedule.idle_procs), (500_000_000, 2, 1));
        assert_eq!((schedule.threads, schedule.idle_threads, schedule.queue), (6, 3, 4));
        assert_eq!(schedule.proc_queues, [5, 6]);
        assert!(super::schedule("SCHED xms: gomaxprocs=2").is_none());
        assert!(is_passed_over("  P0: status=1 schedtick=3") && is_passed_over("  M3: p=0 curg=nil"));
        assert!(!is_passed_over("  P: hello") && !is_passed_over("scan: ours"));
    }
}
