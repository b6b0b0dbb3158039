//! User tasks (`trace.NewTask`): columns by row of the trace's task table, for there are millions.

use super::Range;
use super::durations::{Distribution, Durations};
use crate::model::StringId;
use crate::model::trace::Task;

/// Every task (summary.go, `UserTaskSummary`). A time of 0 is none, as in Go.
#[derive(Clone, Default)]
pub struct Tasks {
    named: Vec<bool>,
    names: Vec<Option<StringId>>,
    starts: Vec<i64>,
    ends: Vec<i64>,
    parents: Vec<Option<Task>>,
    logs: Vec<u32>,
}

/// One task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskSummary {
    /// Its type; `None` when neither end of it is in the trace.
    pub name: Option<StringId>,
    /// When it began, in trace time; `None` when that is not in the trace.
    pub start: Option<i64>,
    /// When it ended.
    pub end: Option<i64>,
    /// The task that it was made in.
    pub parent: Option<Task>,
    /// How many messages were logged for it.
    pub logs: u32,
}

/// All tasks of one name.
#[derive(Clone, Debug)]
pub struct TaskGroup {
    /// `None` for those that are only mentioned, such as the background task.
    pub name: Option<StringId>,
    /// Those with both ends.
    pub durations: Distribution,
    /// Those without a begin or an end.
    pub incomplete: usize,
    /// Messages that were logged for them.
    pub logs: u64,
}

impl Tasks {
    pub(super) fn with_rows(rows: usize) -> Self {
        Self {
            named: vec![false; rows],
            names: vec![None; rows],
            starts: vec![0; rows],
            ends: vec![0; rows],
            parents: vec![None; rows],
            logs: vec![0; rows],
        }
    }

    /// The trace mentions the task.
    pub(super) fn mention(&mut self, task: Task) {
        if let Some(named) = self.named.get_mut(task.index()) {
            *named = true;
        }
    }

    pub(super) fn log(&mut self, task: Task) {
        self.mention(task);
        if let Some(logs) = self.logs.get_mut(task.index()) {
            *logs = logs.saturating_add(1);
        }
    }

    pub(super) fn begin(&mut self, task: Task, time: i64) {
        if let Some(start) = self.starts.get_mut(task.index()) {
            *start = time;
        }
    }

    pub(super) fn end(&mut self, task: Task, time: i64) {
        if let Some(end) = self.ends.get_mut(task.index()) {
            *end = time;
        }
    }

    pub(super) fn describe(&mut self, task: Task, name: StringId, parent: Option<Task>) {
        self.mention(task);
        if let Some(known) = self.names.get_mut(task.index()) {
            *known = Some(name);
        }
        if let (Some(parent), Some(known @ None)) = (parent, self.parents.get_mut(task.index())) {
            *known = Some(parent);
            self.mention(parent);
        }
    }

    /// The task of that row; `None` when the trace says nothing of it.
    pub fn get(&self, task: Task) -> Option<TaskSummary> {
        self.row(task.index())
    }

    /// Every task of which the trace says something, by row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, TaskSummary)> {
        (0..self.named.len()).filter_map(|row| Some((row, self.row(row)?)))
    }

    /// By name, those of which some part is in `range`, in the order they first come.
    pub fn groups(&self, range: &Range) -> Vec<TaskGroup> {
        struct Pending(Option<StringId>, Durations, usize, u64);
        let mut groups: Vec<Pending> = Vec::new();
        let mut places = rustc_hash::FxHashMap::default();
        for (_, task) in self.iter() {
            if task.start.is_some_and(|start| start >= range.end) || task.end.is_some_and(|end| end < range.start) {
                continue;
            }
            let place = *places.entry(task.name).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Pending(task.name, Durations::default(), 0, 0));
            }
            let Some(Pending(_, durations, incomplete, logs)) = groups.get_mut(place) else { continue };
            match (task.start, task.end) {
                (Some(start), Some(end)) => durations.push(end - start),
                _ => *incomplete += 1,
            }
            *logs += u64::from(task.logs);
        }
        let finished = |Pending(name, durations, incomplete, logs)| TaskGroup {
            name,
            durations: Durations::distribution(durations),
            incomplete,
            logs,
        };
        groups.into_iter().map(finished).collect()
    }

    fn row(&self, row: usize) -> Option<TaskSummary> {
        let time = |column: &[i64]| column.get(row).copied().filter(|&time| time != 0);
        self.named.get(row).filter(|&&named| named)?;
        Some(TaskSummary {
            name: *self.names.get(row)?,
            start: time(&self.starts),
            end: time(&self.ends),
            parent: *self.parents.get(row)?,
            logs: *self.logs.get(row)?,
        })
    }
}
