//! User tasks (`trace.NewTask`), by row of the trace's task table.

use super::Range;
use super::durations::{Distribution, Durations};
use super::summarizer::slot;
use crate::model::StringId;
use crate::model::trace::Task;

/// Every task (summary.go, `UserTaskSummary`).
#[derive(Clone, Default)]
pub struct Tasks(Vec<Row>);

/// A task as events say it. A time of 0 is none, as in Go.
#[derive(Clone, Copy, Default)]
struct Row {
    start: i64,
    end: i64,
    name: Option<StringId>,
    parent: Option<Task>,
    logs: u32,
    is_mentioned: bool,
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
    /// The trace mentions the task.
    pub(super) fn mention(&mut self, task: Task) {
        slot(&mut self.0, task.index()).is_mentioned = true;
    }

    pub(super) fn log(&mut self, task: Task) {
        let row = slot(&mut self.0, task.index());
        (row.is_mentioned, row.logs) = (true, row.logs.saturating_add(1));
    }

    pub(super) fn begin(&mut self, task: Task, time: i64) {
        slot(&mut self.0, task.index()).start = time;
    }

    pub(super) fn end(&mut self, task: Task, time: i64) {
        slot(&mut self.0, task.index()).end = time;
    }

    pub(super) fn describe(&mut self, task: Task, name: StringId, parent: Option<Task>) {
        let row = slot(&mut self.0, task.index());
        (row.is_mentioned, row.name) = (true, Some(name));
        if let (Some(parent), None) = (parent, row.parent) {
            row.parent = Some(parent);
            self.mention(parent);
        }
    }

    /// The task of that row; `None` when the trace says nothing of it.
    pub fn get(&self, task: Task) -> Option<TaskSummary> {
        self.0.get(task.index())?.summary()
    }

    /// Every task of which the trace says something, by row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, TaskSummary)> {
        self.0.iter().enumerate().filter_map(|(at, row)| Some((at, row.summary()?)))
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
}

impl Row {
    fn summary(&self) -> Option<TaskSummary> {
        let time = |time: i64| (time != 0).then_some(time);
        self.is_mentioned.then_some(TaskSummary {
            name: self.name,
            start: time(self.start),
            end: time(self.end),
            parent: self.parent,
            logs: self.logs,
        })
    }
}
