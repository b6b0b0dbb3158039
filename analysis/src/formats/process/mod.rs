//! What Linux says of a process and of its control group, as files of `/proc` and of the cgroup file system are copied:
//! alone, one after the other, under the heads that `head` and `tail` print, with the time before them, many times over.

mod cgroup;
mod moment;
mod smaps;
mod status;

use super::text::{Found, Line, LineReader};
use super::warnings::Warnings;
use crate::model::Nanos;
use crate::model::Symbols;
use crate::model::record::Record;

/// Reads them.
#[derive(Default)]
pub(super) struct Reader {
    heading: Heading,
    smaps: smaps::Smaps,
    status: status::Status,
    cgroup: cgroup::Groups,
    records: Vec<Record>,
    warnings: Warnings,
}

/// What was said last of the lines that follow.
#[derive(Default)]
struct Heading {
    /// When they were read.
    time: Option<Nanos>,
    /// Folder and name of the file (`==> /sys/fs/cgroup/memory.max <==`).
    file: Option<(String, String)>,
}

impl Heading {
    /// The name of the file that the lines are of, empty when it was not said.
    fn name(&self) -> &str {
        self.file.as_ref().map_or("", |(_, name)| name)
    }

    fn folder(&self) -> &str {
        self.file.as_ref().map_or("", |(folder, _)| folder)
    }
}

/// Names of files that can stand in a head, as they begin.
const FILES: [&str; 3] = ["memory.", "smaps", "status"];

impl Reader {
    /// What was begun is finished: what follows is of another moment or of another file.
    fn flush(&mut self) {
        self.records.extend(self.smaps.finish(self.heading.time, &mut self.warnings));
        self.records.extend(self.status.finish(self.heading.time));
        self.records.extend(self.cgroup.finish(self.heading.time));
    }

    fn heading(&mut self, text: &str) -> bool {
        let head = text.strip_prefix("==> ").and_then(|rest| rest.strip_suffix(" <=="));
        if let Some(path) = head {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            if !FILES.iter().any(|known| name.starts_with(known)) {
                return false;
            }
            self.smaps_and_status_end();
            // Files of one folder are of one group.
            if !self.cgroup.is_empty() && self.heading.folder() != folder && name.starts_with("memory.") {
                self.records.extend(self.cgroup.finish(self.heading.time));
            }
            self.heading.file = Some((folder.to_owned(), name.to_owned()));
            return true;
        }
        let Some(time) = moment::parse(text) else { return false };
        self.flush();
        self.heading = Heading { time: Some(time), file: None };
        true
    }

    fn smaps_and_status_end(&mut self) {
        self.records.extend(self.smaps.finish(self.heading.time, &mut self.warnings));
        self.records.extend(self.status.finish(self.heading.time));
    }
}

impl LineReader for Reader {
    fn read(&mut self, line: &Line<'_>, _: &mut Symbols) -> bool {
        let text = line.text.trim_end();
        if text.is_empty() {
            return false;
        }
        if self.smaps.read(text, &mut self.warnings) {
            self.records.extend(self.smaps.whole(self.heading.time));
            return true;
        }
        if self.status.read(text, self.heading.name()) {
            self.records.extend(self.status.whole(self.heading.time));
            return true;
        }
        let folder = self.heading.folder().to_owned();
        if self.cgroup.read(text, self.heading.name(), &folder) {
            self.records.extend(self.cgroup.whole(self.heading.time));
            return true;
        }
        self.heading(text)
    }

    fn finish(mut self: Box<Self>, _: &mut Symbols) -> Found {
        self.flush();
        Found { records: self.records, warnings: self.warnings.into_words(), ..Found::default() }
    }
}

/// A number of kilobytes in bytes; saturates.
fn kilobytes(text: &str) -> Option<u64> {
    let digits = text.trim().strip_suffix("kB")?.trim_end();
    number(digits).map(|number| number.saturating_mul(1024))
}

/// A whole number, with or without commas between thousands; one beyond 64 bits is the largest.
fn number(text: &str) -> Option<u64> {
    let mut value: u64 = 0;
    let mut is_any = false;
    for c in text.bytes() {
        match c {
            b'0'..=b'9' => {
                is_any = true;
                value = value.saturating_mul(10).saturating_add(u64::from(c - b'0'));
            }
            b',' if is_any => {}
            _ => return None,
        }
    }
    is_any.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_saturate_and_take_commas() {
        assert_eq!(kilobytes("   1,024 kB"), Some(1 << 20));
        assert_eq!(kilobytes("99999999999999999999 kB"), Some(u64::MAX));
        assert_eq!((kilobytes("12"), number("-1"), number(","), number("")), (None, None, None, None));
    }
}
