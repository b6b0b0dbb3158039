//! Before and after: files with their marks, marks that could be set, and what the comparison comes to.

use serde::{Deserialize, Serialize};

use super::files::{FileState, files};
use crate::clock::SessionClock;
use crate::groups::{Comparison, Marks, Side, compare, names, propose};
use crate::session::Session;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupsAnswer {
    /// Files that can be marked, by time.
    pub files: Vec<MarkedFile>,
    /// Marks that could be set, where not both groups have files.
    pub proposal: Option<ProposalRow>,
    /// The two compared, once both have files.
    pub comparison: Option<Comparison>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarkedFile {
    /// Its name, with a number where several are called alike: what marks name it by.
    pub name: String,
    /// What it is, in words.
    pub kind: String,
    /// A short mark for the kind.
    pub badge: String,
    /// Unix time of the capture in nanoseconds, if it says so.
    pub time_nanos: Option<i64>,
    /// Build id of the main binary, empty when unknown.
    pub build_id: String,
    /// Its group, if it is marked.
    pub side: Option<Side>,
}

/// Marks that could be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProposalRow {
    /// For the address (`grp`).
    pub link: String,
    /// By what they are guessed.
    pub why: String,
    /// How many files are of before and of after.
    pub counts: [u32; 2],
}

/// Before and after, by the marks of an address (`grp`).
pub fn groups(session: &Session, link: &str) -> GroupsAnswer {
    let marks = Marks::of_link(session, link);
    // Times as files tell them: groups are of other runs, which no clock need join.
    let rows = files(session, &SessionClock::default()).files;
    let file = |(id, name)| {
        let row = rows.iter().find(|row| row.id == id).filter(|row| row.state != FileState::Refused)?;
        let (kind, badge, build_id) = (row.kind.clone(), row.badge.clone(), row.build_id.clone());
        Some(MarkedFile { name, kind, badge, time_nanos: row.time_nanos, build_id, side: marks.side_of(id) })
    };
    let proposal = propose(session).filter(|_| !marks.is_whole()).map(|proposal| ProposalRow {
        link: proposal.marks.to_link(session),
        counts: [proposal.marks.before.len() as u32, proposal.marks.after.len() as u32],
        why: proposal.why,
    });
    GroupsAnswer {
        files: names(session).into_iter().filter_map(file).collect(),
        proposal,
        comparison: marks.is_whole().then(|| compare(session, &marks)),
    }
}
