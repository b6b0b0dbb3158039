//! Which files are of before and which of after: as an address says, and as files let one guess.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::lens::SourceId;
use crate::link::{entries, with_entry};
use crate::model::StringId;
use crate::model::record::Record;
use crate::order;
use crate::series::{build_of, natural_key};
use crate::session::{Content, Session, Source};
use crate::words::seconds;

/// One of two groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The build before a fix, or the control.
    Before,
    /// The build after it, or the canary.
    After,
}

impl Side {
    /// Its mark in an address.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }

    fn of_mark(mark: &str) -> Option<Self> {
        match mark {
            "before" | "a" => Some(Self::Before),
            "after" | "b" => Some(Self::After),
            _ => None,
        }
    }
}

/// Marked files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Of before, in the order of the session.
    pub before: Vec<SourceId>,
    /// Of after.
    pub after: Vec<SourceId>,
}

/// Files that can be marked, each with a name of its own: where several are called alike, the later captures have a number.
pub fn names(session: &Session) -> Vec<(SourceId, String)> {
    let readable =
        |source: &&Source| source.derived_from.is_none() && !matches!(source.content, Content::Refused { .. });
    let mut files: Vec<&Source> = session.sources.iter().filter(readable).collect();
    order::sort_by(&mut files, |a, b| {
        let key = |source: &Source| (time_of_source(session, source).is_none(), time_of_source(session, source));
        key(a).cmp(&key(b)).then_with(|| natural_key(&a.name).cmp(&natural_key(&b.name)))
    });
    let mut seen: FxHashMap<&str, usize> = FxHashMap::default();
    let mut named = Vec::with_capacity(files.len());
    for source in files {
        let count = seen.entry(source.name.as_str()).or_default();
        *count += 1;
        let name = if *count == 1 { source.name.clone() } else { format!("{} ({count})", source.name) };
        named.push((source.id, name));
    }
    named
}

/// When it was captured, in nanoseconds since the Unix epoch.
pub(super) fn time_of_source(session: &Session, source: &Source) -> Option<i64> {
    let of_profile = session.profile(source.id).and_then(|profile| profile.time.or(profile.as_of));
    let of_pools = || session.pools(source.id).and_then(|lifecycle| lifecycle.history.wall);
    let of_records = || source.records.iter().find_map(Record::time);
    of_profile.or_else(of_pools).or_else(of_records).map(|time| time.unix_nanos())
}

impl Marks {
    /// As an address says (`grp`); names of files that are not here are passed over.
    pub fn of_link(session: &Session, link: &str) -> Self {
        let known = names(session);
        let said: FxHashMap<String, Side> =
            entries(link).filter_map(|(name, mark)| Some((name, Side::of_mark(&mark)?))).collect();
        let of = |side| {
            let own = known.iter().filter(|(_, name)| said.get(name) == Some(&side));
            own.map(|&(id, _)| id).collect()
        };
        Self { before: of(Side::Before), after: of(Side::After) }
    }

    /// For an address.
    pub fn to_link(&self, session: &Session) -> String {
        names(session).iter().fold(String::new(), |link, (id, name)| match self.side_of(*id) {
            Some(side) => with_entry(&link, name, side.mark()),
            None => link,
        })
    }

    /// The group of a file.
    pub fn side_of(&self, id: SourceId) -> Option<Side> {
        match () {
            () if self.before.contains(&id) => Some(Side::Before),
            () if self.after.contains(&id) => Some(Side::After),
            () => None,
        }
    }

    /// Whether a file, or the one that it was made of, is of that group.
    pub(super) fn has(&self, session: &Session, side: Side, id: SourceId) -> bool {
        let of = session.source(id).and_then(|source| source.derived_from).unwrap_or(id);
        self.side_of(of) == Some(side)
    }

    /// Whether both groups have files.
    pub fn is_whole(&self) -> bool {
        !self.before.is_empty() && !self.after.is_empty()
    }
}

/// Marks that files let one guess, and by what, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// They.
    pub marks: Marks,
    /// Why.
    pub why: String,
}

/// Guesses marks: by words in names, by build, by folder, by the longest time between two captures.
pub fn propose(session: &Session) -> Option<Proposal> {
    let files = names(session);
    let files: Vec<File<'_>> = files.iter().filter_map(|(id, _)| File::of(session, *id)).collect();
    by_words(&files).or_else(|| by_build(session, &files)).or_else(|| by_folder(&files)).or_else(|| by_time(&files))
}

/// What is guessed by.
struct File<'a> {
    id: SourceId,
    name: &'a str,
    time: Option<i64>,
    build: Option<StringId>,
}

impl<'a> File<'a> {
    fn of(session: &'a Session, id: SourceId) -> Option<Self> {
        let source = session.source(id)?;
        let build = session.profile(id).and_then(|profile| build_of(&session.symbols, profile));
        Some(Self { id, name: &source.name, time: time_of_source(session, source), build })
    }

    fn folder(&self) -> &'a str {
        self.name.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

const BEFORE: [&str; 6] = ["before", "old", "control", "baseline", "base", "prev"];
const AFTER: [&str; 6] = ["after", "new", "canary", "fixed", "fix", "next"];

fn by_words(files: &[File<'_>]) -> Option<Proposal> {
    let says = |file: &File<'_>, words: &[&str]| {
        let name = file.name.to_ascii_lowercase();
        let mut parts = name.split(|letter: char| !letter.is_ascii_alphabetic());
        parts.any(|part| words.contains(&part))
    };
    let side = |file: &File<'_>| match (says(file, &BEFORE), says(file, &AFTER)) {
        (true, false) => Some(Side::Before),
        (false, true) => Some(Side::After),
        _ => None,
    };
    proposal(files, side, "by words in their names".to_owned())
}

fn by_build(session: &Session, files: &[File<'_>]) -> Option<Proposal> {
    let mut builds: Vec<StringId> = Vec::new();
    // Files come in the order of time.
    for build in files.iter().filter_map(|file| file.build) {
        if !builds.contains(&build) {
            builds.push(build);
        }
    }
    let [first, second] = *builds else { return None };
    // What tells no build goes with the files of its folder, if they are of one.
    let of_folder = |folder: &str| {
        let mut own = files.iter().filter(|file| file.folder() == folder).filter_map(|file| file.build);
        let build = own.next()?;
        own.all(|other| other == build).then_some(build)
    };
    let side = |file: &File<'_>| match file.build.or_else(|| of_folder(file.folder()))? {
        build if build == first => Some(Side::Before),
        build if build == second => Some(Side::After),
        _ => None,
    };
    let short = |build| session.symbols.strings.get(build).chars().take(12).collect::<String>();
    proposal(files, side, format!("by build: {} first, then {}", short(first), short(second)))
}

fn by_folder(files: &[File<'_>]) -> Option<Proposal> {
    let mut folders: Vec<&str> = Vec::new();
    for file in files {
        if !folders.contains(&file.folder()) {
            folders.push(file.folder());
        }
    }
    let [first, second] = *folders else { return None };
    let side = |file: &File<'_>| Some(if file.folder() == first { Side::Before } else { Side::After });
    let name = |folder: &str| if folder.is_empty() { "no folder".to_owned() } else { format!("“{folder}”") };
    proposal(files, side, format!("by folder: {} is older than {}", name(first), name(second)))
}

fn by_time(files: &[File<'_>]) -> Option<Proposal> {
    let times: Vec<i64> = files.iter().filter_map(|file| file.time).collect();
    let gaps = times.iter().zip(times.iter().skip(1)).map(|(a, b)| (b.saturating_sub(*a), *b));
    let (gap, from) = gaps.max_by_key(|&(gap, from)| (gap, std::cmp::Reverse(from))).filter(|&(gap, _)| gap > 0)?;
    let side = |file: &File<'_>| Some(if file.time? < from { Side::Before } else { Side::After });
    proposal(files, side, format!("by the longest time between two captures, {}", seconds(gap as f64 / 1e9)))
}

fn proposal(files: &[File<'_>], side: impl Fn(&File<'_>) -> Option<Side>, why: String) -> Option<Proposal> {
    let of = |wanted| files.iter().filter(|file| side(file) == Some(wanted)).map(|file| file.id).collect();
    let marks = Marks { before: of(Side::Before), after: of(Side::After) };
    marks.is_whole().then_some(Proposal { marks, why })
}
