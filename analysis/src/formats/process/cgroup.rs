//! Files of a control group (kernel documentation, `cgroup-v2.rst`; version 1: `cgroup-v1/memory.rst`). Those of one number
//! are told by a head or a name before it: `memory.max: 536870912`, `==> memory.max <==`.

use super::number;
use crate::model::Nanos;
use crate::model::record::{Cgroup, Record};

/// What version 1 calls what version 2 has.
const OLD_NAMES: [(&str, &str); 7] = [
    ("memory.usage_in_bytes", "memory.current"),
    ("memory.limit_in_bytes", "memory.max"),
    ("memory.soft_limit_in_bytes", "memory.high"),
    ("memory.max_usage_in_bytes", "memory.peak"),
    ("memory.failcnt", "events.max"),
    ("total_inactive_file", "inactive_file"),
    ("total_rss_huge", "anon_thp"),
];

/// Counts of `memory.events`.
const EVENTS: [&str; 6] = ["low", "high", "max", "oom", "oom_kill", "oom_group_kill"];

/// By these a `memory.stat` without a head is told; the lines between are taken with them.
const STAT_BEGINS: [&str; 2] = ["anon", "cache"];

/// The group that is being read, and the one before it when it has just ended.
#[derive(Default)]
pub(super) struct Groups {
    group: Cgroup,
    whole: Option<Cgroup>,
    /// In a `memory.stat` that has no head.
    is_stat: bool,
    /// In a `memory.events` that has no head.
    is_events: bool,
}

impl Groups {
    /// So many lines of a `memory.stat` or `memory.events` without a head are no chance.
    const TOLD: usize = 5;

    pub(super) fn is_empty(&self) -> bool {
        self.group.values.is_empty()
    }

    /// Takes a line, or says that it is none of its own. `file` is the name of the file it is of, where it is known.
    pub(super) fn read(&mut self, text: &str, file: &str, folder: &str) -> bool {
        let (file, text) = match named(text) {
            Some((name, value)) if !value.contains(char::is_whitespace) => return self.take_file(name, value),
            Some(line) => line,
            None => (file, text),
        };
        let mut words = text.split_whitespace();
        let (Some(first), second, None) = (words.next(), words.next(), words.next()) else { return false };
        let Some(value) = second else {
            // A lone number is of the file that was named.
            return file.starts_with("memory.") && self.take_file(file, first) && self.folder(folder);
        };
        let Some(value) = number(value) else { return false };
        if !first.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'(' || c == b')') {
            return false;
        }
        let is_events = file.starts_with("memory.events") || (file.is_empty() && self.begins_events(first));
        if is_events && EVENTS.contains(&first) {
            (self.is_events, self.is_stat) = (true, false);
            return self.take(&format!("events.{first}"), value) && self.folder(folder);
        }
        if file == "memory.stat" || (file.is_empty() && (self.is_stat || STAT_BEGINS.contains(&first))) {
            (self.is_events, self.is_stat) = (false, true);
            return self.take(first, value) && self.folder(folder);
        }
        false
    }

    /// `low` begins a `memory.events` without a head; what it is followed by belongs to it.
    fn begins_events(&self, name: &str) -> bool {
        self.is_events || name == "low"
    }

    fn folder(&mut self, folder: &str) -> bool {
        if self.group.path.is_empty() {
            folder.clone_into(&mut self.group.path);
        }
        true
    }

    /// A file of one number: `max` is no limit.
    fn take_file(&mut self, name: &str, value: &str) -> bool {
        let value = match value {
            "max" => Some(u64::MAX),
            value => number(value),
        };
        (self.is_events, self.is_stat) = (false, false);
        value.is_some_and(|value| self.take(name, value))
    }

    fn take(&mut self, name: &str, value: u64) -> bool {
        let name = OLD_NAMES.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new);
        // The same name again is another moment; version 1 says some numbers for itself and with its children.
        if let Some((_, known)) = self.group.values.iter_mut().find(|(known, _)| known == name) {
            if matches!(name, "inactive_file" | "anon_thp") {
                *known = value;
                return true;
            }
            self.end();
        }
        self.group.values.push((name.to_owned(), value));
        true
    }

    /// The group that has ended, if one has.
    pub(super) fn whole(&mut self, time: Option<Nanos>) -> Option<Record> {
        let group = self.whole.take()?;
        Some(Record::Cgroup(Box::new(Cgroup { time, ..group })))
    }

    /// The group that is being read: there is no more of it.
    pub(super) fn finish(&mut self, time: Option<Nanos>) -> Option<Record> {
        self.end();
        (self.is_stat, self.is_events) = (false, false);
        self.whole(time)
    }

    fn end(&mut self) {
        let path = self.group.path.clone();
        let group = std::mem::replace(&mut self.group, Cgroup { path, ..Cgroup::default() });
        let values = &group.values;
        // A few words with numbers may be lines of any log.
        let is_group = values.len() >= Self::TOLD || values.iter().any(|(name, _)| name.starts_with("memory."));
        self.whole = is_group.then_some(group);
    }
}

/// `memory.max: 1073741824`, `/sys/fs/cgroup/memory.current 53477376`, `memory.stat:anon 4096` (`grep . memory.*`): the
/// file's name and what it says.
fn named(text: &str) -> Option<(&str, &str)> {
    let (path, value) = text.split_at_checked(text.find([':', '=', ' ', '\t'])?)?;
    let name = path.rsplit('/').next()?;
    let value = value.get(1..)?.trim();
    (name.starts_with("memory.") && !value.is_empty()).then_some((name, value))
}
