//! What the program itself said: regions, tasks, logs; and which of it is about pools, by name (docs/annotations.md).

use super::intervals::{Intervals, OPEN};
use super::window::Window;
use crate::model::trace::{Event, EventType, Task};
use crate::model::{StringId, Symbols};

/// Which part of an object's life a region or log tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolRole {
    /// An object is taken.
    Get,
    /// An object is made because the pool had none.
    New,
    /// An object is given back.
    Put,
    /// An object is made ready for use.
    Init,
}

/// Names that tell, in lower case; a name may have more before it, such as the kind of pool in `chanpool.Get`.
const ROLES: [(&str, PoolRole); 4] = [
    ("pool.get", PoolRole::Get),
    ("pool.new", PoolRole::New),
    ("pool.put", PoolRole::Put),
    ("obj.init", PoolRole::Init),
];

/// What a name says of pools.
pub fn role_of(name: &str) -> Option<PoolRole> {
    let name = name.to_ascii_lowercase();
    ROLES.iter().find(|(part, _)| name.contains(part)).map(|&(_, role)| role)
}

/// All regions of one name.
#[derive(Clone, Debug)]
pub struct RegionKind {
    /// The name.
    pub name: StringId,
    /// What it says of pools.
    pub role: Option<PoolRole>,
    /// By their beginning.
    pub regions: Intervals,
}

/// One task.
#[derive(Clone, Copy, Debug)]
pub struct TaskRow {
    /// Which.
    pub task: Task,
    /// Its type.
    pub name: StringId,
    /// Its parent.
    pub parent: Option<Task>,
    /// Its number among the intervals.
    pub at: usize,
}

/// Regions, tasks and logs.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// By the first of each name.
    pub kinds: Vec<RegionKind>,
    /// Lives of tasks.
    pub tasks: Intervals,
    /// In step with the intervals.
    pub task_rows: Vec<TaskRow>,
    /// When something was logged.
    pub logs: Vec<i64>,
    /// When a log told of pools that stands in no region that tells the same, by role.
    logged: [Vec<i64>; 4],
    /// Regions that are open in each goroutine: kind, and number among its intervals.
    open: Vec<Vec<(u32, u32)>>,
}

impl Annotations {
    /// Takes the next event.
    pub fn see(&mut self, event: &Event<'_>, symbols: &Symbols) {
        match event.event_type {
            EventType::RegionBegin => self.begin(event, symbols),
            EventType::RegionEnd => self.end(event),
            EventType::Log => self.log(event, symbols),
            EventType::TaskBegin => {
                if let Some(resource) = event.resource() {
                    let at = self.tasks.begin(event.time);
                    let (task, name, parent) = (resource.task, resource.name, resource.parent);
                    self.task_rows.push(TaskRow { task, name, parent, at });
                }
            }
            EventType::TaskEnd => {
                if let Some(resource) = event.resource()
                    && let Some(row) = self.task_rows.iter().rev().find(|row| row.task == resource.task)
                    && self.tasks.get(row.at).is_some_and(|interval| interval.end == OPEN)
                {
                    self.tasks.end(row.at, event.time);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, event: &Event<'_>, symbols: &Symbols) {
        let (Some(resource), Some(goroutine)) = (event.resource(), event.context.goroutine) else { return };
        let kind = match self.kinds.iter().position(|kind| kind.name == resource.name) {
            Some(kind) => kind,
            None => {
                let role = role_of(symbols.strings.get(resource.name));
                self.kinds.push(RegionKind { name: resource.name, role, regions: Intervals::default() });
                self.kinds.len() - 1
            }
        };
        let Some(found) = self.kinds.get_mut(kind) else { return };
        let number = found.regions.begin(event.time);
        if goroutine.index() >= self.open.len() {
            self.open.resize_with(goroutine.index() + 1, Vec::new);
        }
        if let Some(open) = self.open.get_mut(goroutine.index()) {
            open.push((kind as u32, number as u32));
        }
    }

    fn end(&mut self, event: &Event<'_>) {
        let (Some(resource), Some(goroutine)) = (event.resource(), event.context.goroutine) else { return };
        let Some(kind) = self.kinds.iter().position(|kind| kind.name == resource.name) else { return };
        let Some(open) = self.open.get_mut(goroutine.index()) else { return };
        let Some(place) = open.iter().rposition(|&(other, _)| other as usize == kind) else { return };
        let (_, number) = open.remove(place);
        if let Some(kind) = self.kinds.get_mut(kind) {
            kind.regions.end(number as usize, event.time);
        }
    }

    fn log(&mut self, event: &Event<'_>, symbols: &Symbols) {
        self.logs.push(event.time);
        let category = event.resource().map(|resource| symbols.strings.get(resource.name));
        let Some(role) = category.and_then(role_of) else { return };
        let open = event.context.goroutine.and_then(|goroutine| self.open.get(goroutine.index()));
        let role_of_kind = |kind: u32| self.kinds.get(kind as usize).and_then(|kind| kind.role);
        let is_told = open.is_some_and(|open| open.iter().any(|&(kind, _)| role_of_kind(kind) == Some(role)));
        if let Some(times) = self.logged.get_mut(role as usize).filter(|_| !is_told) {
            times.push(event.time);
        }
    }

    /// When logs told of pools in this role, apart from those in a region that tells the same.
    pub fn logged_in(&self, role: PoolRole, window: Window) -> &[i64] {
        let times = self.logged.get(role as usize).map_or(&[][..], Vec::as_slice);
        let before = |time: i64| times.partition_point(|&other| other < time);
        times.get(before(window.start)..before(window.end)).unwrap_or(&[])
    }

    /// Whether anything tells of pools.
    pub fn has_pools(&self) -> bool {
        self.kinds.iter().any(|kind| kind.role.is_some()) || self.logged.iter().any(|times| !times.is_empty())
    }

    /// Regions that tell of pools in this role.
    pub fn of_role(&self, role: PoolRole) -> impl Iterator<Item = &RegionKind> {
        self.kinds.iter().filter(move |kind| kind.role == Some(role))
    }

    /// Whether the program says when objects are taken from pools.
    pub fn has_gets(&self) -> bool {
        self.of_role(PoolRole::Get).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn roles_are_told_by_name() {
        assert_eq!(role_of("pool.Get"), Some(PoolRole::Get));
        assert_eq!(role_of("chanpool.Put"), Some(PoolRole::Put));
        assert_eq!(role_of("POOL.NEW sessions"), Some(PoolRole::New));
        assert_eq!(role_of("obj.Init"), Some(PoolRole::Init));
        assert_eq!(role_of("pool.get"), Some(PoolRole::Get));
        assert_eq!((role_of("handle"), role_of("pool.memory"), role_of("pool")), (None, None, None));
    }

    #[test]
    fn a_log_counts_unless_its_region_does() {
        use crate::model::trace::{Context, EventTable, GoId, Goroutines};
        let (mut symbols, mut goroutines) = (Symbols::default(), Goroutines::default());
        let mut word = |text: &str| symbols.strings.intern(text).index() as u32;
        let (region, get, put) = (word("pool.Get sessions"), word("pool.get"), word("pool.put"));
        let mut events = EventTable::default();
        let context = Context { goroutine: Some(goroutines.intern(GoId(7))), ..Context::default() };
        let mut push = |time, event_type, name| events.push(time, event_type, context, [0, name, 0, 0]);
        push(10, EventType::Log, get);
        push(20, EventType::RegionBegin, region);
        push(30, EventType::Log, get);
        push(40, EventType::Log, put);
        push(50, EventType::RegionEnd, region);
        let mut found = Annotations::default();
        events.iter().for_each(|event| found.see(&event, &symbols));
        let all = Window::new(0, 100);
        assert_eq!(found.logged_in(PoolRole::Get, all), [10]);
        assert_eq!(found.logged_in(PoolRole::Put, all), [40]);
        assert_eq!(found.of_role(PoolRole::Get).map(|kind| kind.regions.len()).sum::<usize>(), 1);
        assert_eq!(found.logs.len(), 3);
    }
}
