//! What was read, written and read again is what was read. Damage is not written, and a dump of two sections is two.

use std::fmt::{Debug, Write as _};
use std::hash::{DefaultHasher, Hasher};

use pool_dump::{Damage, DamageKind, Item, Reader, Record, Writer};

use super::Target;
use crate::mutate;

pub(super) const TARGET: Target = Target {
    name: "pool_dump",
    run,
    repair: |bytes| mutate::checksums(bytes),
    reshape: Some(mutate::chunks),
    seed: |fixture| fixture.is(".pooltrace").then(|| fixture.bytes()),
    written: &[],
};

fn run(bytes: &[u8]) {
    let Ok(reader) = Reader::new(bytes) else { return };
    let mut section: Option<Section> = None;
    for item in reader {
        match item {
            Item::Section(_) => section.take().into_iter().for_each(Section::check),
            Item::Record(record) => match &mut section {
                Some(section) => section.add(&record),
                None => section = Section::begin(&record),
            },
            Item::Unknown { .. } | Item::Damage(_) => {}
        }
    }
    section.into_iter().for_each(Section::check);
}

/// A section that is written again while it is read.
struct Section {
    read: Told,
    /// `None` after a record that is too long for a chunk only once it is written newly, as a text of bad UTF-8 grows.
    writer: Option<Writer<Vec<u8>>>,
}

impl Section {
    /// A section that does not begin with its process is not one that a writer makes.
    fn begin(record: &Record<'_>) -> Option<Self> {
        let Record::Process(process) = record else { return None };
        let mut read = Told::default();
        read.add(record);
        Some(Self { read, writer: Some(Writer::new(Vec::new(), process).expect("memory takes all")) })
    }

    fn add(&mut self, record: &Record<'_>) {
        self.read.add(record);
        if self.writer.as_mut().is_some_and(|writer| writer.record(record).is_err()) {
            self.writer = None;
        }
    }

    fn check(self) {
        let Some(writer) = self.writer else { return };
        let written = writer.into_inner().expect("memory takes all");
        let mut again = Told::default();
        for item in Reader::new(&written).expect("what was written is a dump") {
            match item {
                Item::Record(record) => again.add(&record),
                // The section that was read may have ended so too.
                Item::Section(_) | Item::Damage(Damage { kind: DamageKind::NoEnd, .. }) => {}
                item => panic!("what was written is whole, and yet: {item:?}"),
            }
        }
        assert_eq!(again, self.read);
    }
}

/// How many there were of each kind, and a hash over them. Tables and batches are cut into chunks anew, and tables
/// written before what refers to them; within a kind the order stays.
#[derive(Debug, Default, PartialEq)]
struct Told {
    texts: Run,
    frames: Run,
    stacks: Run,
    events: Run,
    others: Run,
}

impl Told {
    fn add(&mut self, record: &Record<'_>) {
        match record {
            Record::Text(..) => self.texts.add(record),
            Record::Frame(..) => self.frames.add(record),
            Record::Stack(..) => self.stacks.add(record),
            Record::Events(batch) => {
                if batch.lost > 0 {
                    self.events.add(&(batch.thread, batch.lost));
                }
                for event in batch.events().filter_map(Result::ok) {
                    self.events.add(&(batch.thread, event));
                }
            }
            Record::LiveSet(set) => set.objects.iter().for_each(|object| self.others.add(&(set.pool, object))),
            _ => self.others.add(record),
        }
    }
}

/// Things one behind the other, as they print.
#[derive(Default)]
struct Run {
    count: u64,
    hash: DefaultHasher,
}

impl Run {
    fn add(&mut self, what: &impl Debug) {
        self.count += 1;
        write!(self, "{what:?};").expect("a hash takes all");
    }
}

impl std::fmt::Write for Run {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.hash.write(text.as_bytes());
        Ok(())
    }
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.hash.finish()) == (other.count, other.hash.finish())
    }
}

impl Debug for Run {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} that hash to {:016x}", self.count, self.hash.finish())
    }
}
