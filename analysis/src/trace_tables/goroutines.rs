//! Goroutines by start function: where their time went.

use std::collections::BTreeMap;

use crate::model::trace::RangeName;
use crate::model::{StringId, Symbols};
use crate::order::sort_by;
use crate::trace_summary::{Distribution, Durations, Summary};

/// Goroutines of one start function.
#[derive(Clone, Debug, PartialEq)]
pub struct GoroutineGroup {
    /// Their start function; `None` where no stack says it.
    pub name: Option<StringId>,
    /// How many there are.
    pub count: usize,
    /// The one that ran longest, by its row.
    pub busiest: u32,
    /// What they spent their time on, as far as any of them spent some.
    pub uses: Vec<TimeUse>,
}

/// One use of time by the goroutines of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeUse {
    /// Which.
    pub activity: Activity,
    /// Over all goroutines of the group, of what each spent in all; those that spent none count as 0.
    pub spent: Distribution,
    /// The one that spent most, by its row.
    pub most: u32,
}

/// What a goroutine can spend time on. All but the last do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Activity {
    /// Running.
    Execution,
    /// Runnable, without a processor.
    SchedWait,
    /// In system calls, with or without a processor.
    Syscall,
    /// Waiting, for that reason; empty where the trace says none.
    Block(StringId),
    /// Helping the collector to mark.
    Assist,
}

impl GoroutineGroup {
    /// Time of all its goroutines together.
    pub fn total_ns(&self, is_wanted: impl Fn(Activity) -> bool) -> i64 {
        self.uses.iter().filter(|used| is_wanted(used.activity)).map(|used| used.spent.total_ns).sum()
    }
}

#[derive(Default)]
struct Pending {
    count: usize,
    busiest: (i64, u32),
    uses: BTreeMap<Activity, (Durations, usize, (i64, u32))>,
}

impl Pending {
    fn add(&mut self, activity: Activity, nanos: i64, row: u32) {
        if nanos == 0 {
            return;
        }
        let (durations, count, most) = self.uses.entry(activity).or_default();
        durations.push(nanos);
        *count += 1;
        if nanos > most.0 {
            *most = (nanos, row);
        }
    }

    fn finish(self, name: Option<StringId>) -> GoroutineGroup {
        let finished = |(activity, (mut durations, count, most)): (Activity, (Durations, usize, (i64, u32)))| {
            (count..self.count).for_each(|_| durations.push(0));
            TimeUse { activity, spent: durations.distribution(), most: most.1 }
        };
        let uses = self.uses.into_iter().map(finished).collect();
        GoroutineGroup { name, count: self.count, busiest: self.busiest.1, uses }
    }
}

/// Groups of a summary, which says for what range they are; those that ran longest first.
pub fn goroutine_groups(symbols: &Symbols, summary: &Summary) -> Vec<GoroutineGroup> {
    let mut groups: BTreeMap<Option<StringId>, Pending> = BTreeMap::new();
    for (row, goroutine) in summary.goroutines.iter().enumerate() {
        let Some(goroutine) = goroutine else { continue };
        let (group, row, spent) = (groups.entry(goroutine.name).or_default(), row as u32, &goroutine.spent);
        group.count += 1;
        if group.count == 1 || spent.exec_ns > group.busiest.0 {
            group.busiest = (spent.exec_ns, row);
        }
        group.add(Activity::Execution, spent.exec_ns, row);
        group.add(Activity::SchedWait, spent.sched_wait_ns, row);
        group.add(Activity::Syscall, spent.syscall_ns + spent.syscall_block_ns, row);
        spent.block_ns.iter().for_each(|&(reason, nanos)| group.add(Activity::Block(reason), nanos, row));
        let assists = spent.range_ns.iter().filter(|(range, _)| *range == RangeName::Assist);
        assists.for_each(|&(_, nanos)| group.add(Activity::Assist, nanos, row));
    }
    let mut groups: Vec<_> = groups.into_iter().map(|(name, group)| group.finish(name)).collect();
    let text = |group: &GoroutineGroup| group.name.map(|name| symbols.strings.get(name));
    sort_by(&mut groups, |a, b| {
        let ran = |group: &GoroutineGroup| group.total_ns(|activity| activity == Activity::Execution);
        ran(b).cmp(&ran(a)).then_with(|| text(a).cmp(&text(b)))
    });
    groups
}
