//! A control group near its limit of memory, or stopped at it.

use super::{Context, Finding, Said, Severity, Site, evidence, fact, share, weight_of};
use crate::findings::{Checked, Decidability};
use crate::lens::SourceId;
use crate::model::record::Cgroup;
use crate::words::{number, percent, size};

/// The source of `quota-near` that is control groups; the rules on pools' lives have that of pools.
pub(in crate::findings) fn check(context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
    let mut highest: Option<f64> = None;
    let mut judged: Vec<&str> = Vec::new();
    // The last reading of each group.
    for &(source, group) in context.process.groups.iter().rev() {
        if judged.contains(&group.path.as_str()) {
            continue;
        }
        let Some(used) = Use::of(context, group) else { continue };
        judged.push(&group.path);
        highest = Some(highest.unwrap_or(0.0).max(used.share()));
        into.extend(finding(context, source, group, &used));
    }
    highest.map_or(Checked::NotCovered, |most| Checked::Clear(format!("{} of the limit", percent(most))))
}

/// How near a group is to the lower of its limits.
struct Use {
    /// What it holds without what the kernel takes back first.
    working: u64,
    current: u64,
    cache: u64,
    limit: u64,
    limit_name: &'static str,
    /// The group does not say what it holds: it is what its process holds.
    is_by_rss: bool,
}

impl Use {
    /// `None` without a limit.
    fn of(context: &Context<'_>, group: &Cgroup) -> Option<Self> {
        let limits = ["memory.max", "memory.high"].into_iter().filter_map(|name| Some((group.limit(name)?, name)));
        let (limit, limit_name) = limits.min_by_key(|(limit, _)| *limit).filter(|(limit, _)| *limit > 0)?;
        let (current, cache, is_by_rss) = match group.get("memory.current") {
            Some(current) => (current, group.get("inactive_file").unwrap_or(0), false),
            None => (context.process.last_space()?.1.total.rss, 0, true),
        };
        Some(Self { working: current.saturating_sub(cache), current, cache, limit, limit_name, is_by_rss })
    }

    fn share(&self) -> f64 {
        share(self.working, self.limit)
    }
}

fn finding(context: &Context<'_>, source: SourceId, group: &Cgroup, used: &Use) -> Option<Finding> {
    let t = context.thresholds;
    let count = |name: &str| group.get(name).unwrap_or(0);
    let (killed, stopped, throttled) = (count("events.oom_kill"), count("events.max"), count("events.high"));
    let severity = match used.share() {
        _ if killed > 0 => Severity::L3,
        near if near >= t.quota_warning_share => Severity::L2,
        near if near >= t.quota_near_share || stopped > 0 || throttled > 0 => Severity::L1,
        _ => return None,
    };
    let shown = percent(used.share());
    let name = match group.path.rsplit('/').next() {
        Some(name) if !name.is_empty() && name != "cgroup" => format!("{name}: "),
        _ => String::new(),
    };
    let state = format!("{} of {} ({shown} of {})", size(used.working), size(used.limit), used.limit_name);
    let met = number(stopped.saturating_add(throttled));
    let claim = match (killed, stopped, throttled) {
        (0, 0, 0) => format!("{name}the group holds {state}."),
        (0, ..) => format!("{name}the group holds {state}, and came to a limit {met} times."),
        _ => format!("{name}the kernel killed {} processes for memory; the group holds {state}.", number(killed)),
    };
    let of_what = match (group.get("anon"), group.get("file")) {
        (Some(anon), Some(file)) => {
            let (anon, file, kernel) = (size(anon), size(file), size(count("kernel")));
            format!(" It is {anon} of anonymous memory, {file} of files and {kernel} of the kernel.")
        }
        _ => String::new(),
    };
    let less = if used.is_by_rss {
        "What the group itself holds is not here; this is the process’s resident memory.".to_owned()
    } else {
        let (current, cache) = (size(used.current), size(used.cache));
        format!(
            "Of {current} charged, {cache} are files not used of late, which the kernel takes back first and which are left out."
        )
    };
    let text = format!(
        "{} {}, {} {}",
        if used.is_by_rss { "Rss" } else { "memory.current" },
        size(used.current),
        used.limit_name,
        size(used.limit)
    );
    let said = Said {
        rule: "quota-near",
        severity,
        known: Decidability::Proven,
        claim,
        detail: format!(
            "{less}{of_what} At memory.max an allocation that cannot be met ends in a kill; above memory.high the group’s threads are \
             slowed. Counts are since the group was made."
        ),
        weight: weight_of(used.working),
        headline: shown.clone(),
        site: Site::default(),
        evidence: vec![evidence(source, text, "cgroup")],
        facts: vec![
            fact(shown, "of the limit"),
            fact(number(killed), "kills"),
            fact(number(stopped), "times at memory.max"),
            fact(number(throttled), "times above memory.high"),
        ],
        disproof: "A limit that was raised since, or counts of an earlier program in the same group.",
        fix: "Set GOMEMLIMIT to nine tenths of the limit, so that the collector works harder before the kernel kills; then find \
              what holds the memory, or raise the limit.".to_owned(),
        next: "The group’s files once a minute show whether the counts still rise.",
        command: "while sleep 60; do date -Ins; tail -n +1 /sys/fs/cgroup/memory.{current,high,max,events,stat}; done > cgroup.txt",
    };
    Some(said.finding())
}
