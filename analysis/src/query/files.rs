//! Which files there are, in the order of time.

use serde::{Deserialize, Serialize};

use super::POOLS_KIND;
use super::{clock, kind_name};
use crate::clock::SessionClock;
use crate::lens::SourceId;
use crate::lifecycle::Lifecycle;
use crate::model::Profile;
use crate::model::record::Record;
use crate::order;
use crate::session::{Content, Session, Source};
use crate::share::Identity;

/// All files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FilesAnswer {
    /// By capture time, then name; what has no time comes last.
    pub files: Vec<FileRow>,
    /// Profiles that were made of one of them, or follow its first in it: the file and the profile.
    pub made: Vec<(SourceId, FileRow)>,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileRow {
    /// Its number.
    pub id: SourceId,
    /// Its name.
    pub name: String,
    /// Size on disk.
    pub size_bytes: u64,
    /// What it is, in words.
    pub kind: String,
    /// A short mark for the kind, such as `HP`.
    pub badge: String,
    /// Whether it could be read.
    pub state: FileState,
    /// What is wrong with it, a sentence each.
    pub words: Vec<String>,
    /// Unix time of the capture in nanoseconds; where the file tells none, as the session's clock has it.
    pub time_nanos: Option<i64>,
    /// Build id of the main binary, empty when unknown.
    pub build_id: String,
    /// The main binary, empty when unknown.
    pub binary: String,
    /// Sample types as `name (unit)`.
    pub sample_types: Vec<String>,
    /// Mean distance of samples, with its unit; empty when unknown.
    pub period: String,
    /// How many samples.
    pub samples: u64,
    /// Notes that the program wrote into it.
    pub comments: Vec<String>,
    /// Lines of a text that were not understood, and the first of them.
    pub unread: u64,
    /// The first of them.
    pub unread_first: Vec<String>,
    /// Which bytes it is, once that is known.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// The file itself is not here, only what a shared analysis says of it.
    #[serde(default)]
    pub is_shared: bool,
}

/// Whether a file could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// Whole.
    #[default]
    Ready,
    /// In part.
    Damaged,
    /// Not at all.
    Refused,
}

pub(super) fn files(session: &Session, clock: &SessionClock) -> FilesAnswer {
    let placed = |source: &Source| {
        let row = row(session, source);
        let told = row.time_nanos.filter(|_| !clock::is_moved(clock, source.id));
        FileRow { time_nanos: told.or_else(|| clock::begin(clock, source.id)), ..row }
    };
    let mut files: Vec<FileRow> = opened(session).map(placed).collect();
    order::sort_by(&mut files, |a, b| {
        let key = |file: &FileRow| (file.time_nanos.is_none(), file.time_nanos);
        key(a).cmp(&key(b)).then_with(|| crate::series::natural_key(&a.name).cmp(&crate::series::natural_key(&b.name)))
    });
    let made = session.sources.iter().filter_map(|source| Some((source.derived_from?, placed(source)))).collect();
    FilesAnswer { files, made }
}

/// Files that were opened: what was made of one is not another.
fn opened(session: &Session) -> impl Iterator<Item = &Source> {
    session.sources.iter().filter(|source| source.derived_from.is_none())
}

fn row(session: &Session, source: &Source) -> FileRow {
    if let Some(shared) = &source.shared {
        let (id, name, identity) = (source.id, source.name.clone(), source.identity);
        return FileRow { id, name, identity, is_shared: true, ..(**shared).clone() };
    }
    let mut row = FileRow {
        id: source.id,
        name: source.name.clone(),
        size_bytes: source.size_bytes,
        kind: kind_of(source),
        badge: "?".to_owned(),
        state: match &source.content {
            Content::Refused { .. } => FileState::Refused,
            content if content.warnings().is_empty() => FileState::Ready,
            _ => FileState::Damaged,
        },
        words: source.content.warnings().to_vec(),
        time_nanos: None,
        build_id: String::new(),
        binary: String::new(),
        sample_types: Vec::new(),
        period: String::new(),
        samples: 0,
        comments: Vec::new(),
        unread: source.unread.lines,
        unread_first: source.unread.first.clone(),
        identity: source.identity,
        is_shared: false,
    };
    match &source.content {
        Content::Refused { words } => row.words.push(words.clone()),
        Content::Profile { profile, .. } => describe(session, profile, &mut row),
        Content::Pools { lifecycle, .. } => {
            describe_pools(lifecycle, &mut row);
            if let Some(record) = source.records.first() {
                record.badge().clone_into(&mut row.badge);
            }
        }
        Content::Records { .. } => {
            row.badge = source.records.first().map_or("AR", Record::badge).to_owned();
            row.time_nanos = source.records.iter().find_map(Record::time).map(crate::model::Nanos::unix_nanos);
            row.samples = source.records.len() as u64;
        }
    }
    row
}

/// What a file is called on the screen and in reports.
pub fn kind_of(source: &Source) -> String {
    if let Some(shared) = &source.shared {
        return shared.kind.clone();
    }
    match &source.content {
        Content::Refused { .. } => "unknown".to_owned(),
        Content::Profile { profile, .. } => kind_name(profile.kind).to_owned(),
        Content::Pools { .. } if source.records.is_empty() => POOLS_KIND.to_owned(),
        Content::Pools { .. } | Content::Records { .. } => kind_of_records(&source.records),
    }
}

/// Kinds of records, each once, in file order. What holds none is an archive: its members are files of their own.
fn kind_of_records(records: &[Record]) -> String {
    if records.is_empty() {
        return "archive".to_owned();
    }
    let mut kinds: Vec<&str> = Vec::new();
    for kind in records.iter().map(Record::kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.join(", ")
}

fn describe_pools(lifecycle: &Lifecycle, row: &mut FileRow) {
    let history = &lifecycle.history;
    "PT".clone_into(&mut row.badge);
    row.time_nanos = history.wall.map(crate::model::Nanos::unix_nanos);
    row.samples = (lifecycle.rows.len() + history.marks.len()) as u64;
    if let Some(process) = history.processes.first() {
        crate::projection::base_name(&process.program).clone_into(&mut row.binary);
    }
    let said = |process: &crate::model::pool::Process| {
        format!("process {}, recorded by {}, format {}", process.pid, process.recorder, process.version)
    };
    row.comments = history.processes.iter().map(said).collect();
}

fn describe(session: &Session, profile: &Profile, row: &mut FileRow) {
    use crate::model::ProfileKind as Kind;
    let strings = &session.symbols.strings;
    let badge = match profile.kind {
        Kind::Heap => "HP",
        Kind::Allocs => "AL",
        Kind::Goroutine => "GO",
        Kind::GoroutineLeak => "GL",
        Kind::Mutex => "MU",
        Kind::Block => "BL",
        Kind::Contention => "CO",
        Kind::ThreadCreate => "TH",
        Kind::Cpu => "CP",
        Kind::Pool => "PO",
        Kind::AllocFreeTrace => "AF",
        Kind::NativeHeap => "NH",
        Kind::Dhat => "DH",
        Kind::ClassHistogram => "CH",
        Kind::Kernel => "KM",
        Kind::Probe => "BT",
        Kind::Custom => "PP",
        Kind::Trace(_) => "TP",
    };
    badge.clone_into(&mut row.badge);
    row.time_nanos = profile.time.map(crate::model::Nanos::unix_nanos);
    if let Some(mapping) = profile.mappings.first().and_then(|&id| session.symbols.mappings.get(id)) {
        strings.get(mapping.build_id).clone_into(&mut row.build_id);
        crate::projection::base_name(strings.get(mapping.file)).clone_into(&mut row.binary);
    }
    let named = |t: &crate::model::SampleType| format!("{} ({})", strings.get(t.name), strings.get(t.unit));
    row.sample_types = profile.sample_types.iter().map(named).collect();
    if let Some(t) = profile.period_type.filter(|_| profile.period != 0) {
        row.period = crate::measurement::label(profile.period, strings.get(t.unit), "auto");
    }
    row.samples = profile.len() as u64;
    row.comments = profile.comments.iter().map(|&id| strings.get(id).to_owned()).collect();
}
