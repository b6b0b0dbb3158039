//! Whether the snapshots may be compared at all.

use super::context::Context;
use super::{Checked, Decidability, Evidence, EvidenceView, Fact, Finding, Rule, Severity, Site};
use crate::lens::{Lens, SourceId};
use crate::model::ProfileKind;
use crate::series::Note;

/// `snapshot-hygiene`
pub(super) struct SnapshotHygiene;

impl Rule for SnapshotHygiene {
    fn name(&self) -> &'static str {
        "snapshot-hygiene"
    }

    fn title(&self) -> &'static str {
        "Build, rate, order, restarts"
    }

    fn needs(&self) -> &'static str {
        "two snapshots of one kind"
    }

    fn check(&self, context: &Context<'_>, into: &mut Vec<Finding>) -> Checked {
        // One sentence a sort of trouble, however many files of however many kinds have it.
        let notes: Vec<(ProfileKind, &Note)> =
            context.series.iter().flat_map(|(kind, series)| series.notes.iter().map(|note| (*kind, note))).collect();
        let mut said: Vec<std::mem::Discriminant<Note>> = Vec::new();
        for &(kind, note) in &notes {
            let sort = std::mem::discriminant(note);
            if said.contains(&sort) {
                continue;
            }
            said.push(sort);
            let same = notes.iter().filter(|(_, other)| std::mem::discriminant(*other) == sort);
            let files: Vec<SourceId> = same.map(|(_, note)| file_of(note)).collect();
            into.push(finding(context, kind, note, &files));
        }
        let compared: usize = context.series.iter().map(|(_, series)| series.snapshots.len()).sum();
        Checked::Clear(format!("{compared} of {compared}"))
    }
}

fn file_of(note: &Note) -> SourceId {
    match note {
        Note::OtherBuild(id)
        | Note::OtherRate(id)
        | Note::OtherTypes(id)
        | Note::Restarted(id)
        | Note::Repeats(id)
        | Note::NoTime(id)
        | Note::IsDelta(id) => *id,
    }
}

fn finding(context: &Context<'_>, kind: ProfileKind, note: &Note, files: &[SourceId]) -> Finding {
    let names: Vec<&str> = files.iter().map(|&id| context.file_name(id)).collect();
    let names = match names.as_slice() {
        [first, second, _, ..] => format!("{first}, {second} and {} more", names.len() - 2),
        few => few.join(" and "),
    };
    // What other tools write has no time at all.
    let is_go = !matches!(
        kind,
        ProfileKind::NativeHeap | ProfileKind::Dhat | ProfileKind::ClassHistogram | ProfileKind::AllocFreeTrace
    );
    let (severity, claim, detail, fix) = match note {
        Note::OtherBuild(_) => (
            Severity::L2,
            format!("{names}: another build than the first snapshot’s."),
            "Functions and lines are compared by name, so what moved looks new or gone.",
            "Compare snapshots of one build, or read “new” and “gone” with care.",
        ),
        Note::OtherRate(_) => (
            Severity::L2,
            format!("{names}: another sampling rate than the first snapshot’s."),
            "Values are scaled to be comparable; their errors differ.",
            "Set runtime.MemProfileRate once, at the start of the program.",
        ),
        Note::OtherTypes(_) => (
            Severity::L2,
            format!("{names}: other sample types than the first snapshot’s."),
            "Such profiles cannot be subtracted, so no growth is computed over them.",
            "Drop profiles of one kind and one tool.",
        ),
        Note::Restarted(_) => (
            Severity::L2,
            format!("{names}: counters went back, so the process was restarted before it."),
            "What was allocated since the start fell, which it cannot do in one process. Growth across the restart is no growth.",
            "Take all snapshots from one run; choose base and current on the same side of the restart.",
        ),
        Note::Repeats(_) => (
            Severity::L1,
            format!(
                "{names}: the same numbers as the snapshot before: no collection ended in between, or nothing was allocated."
            ),
            "A heap profile shows the state of the last finished collection. A repeat counts as one point in every slope, and \
             two equal snapshots do not mean “no leak”.",
            "Capture with ?gc=1, or further apart.",
        ),
        Note::NoTime(_) if !is_go => (
            Severity::L1,
            format!("{names}: no capture time, so order is by name and rates are unknown."),
            "This kind of file does not say when it was taken.",
            "Name the files in the order in which they were written.",
        ),
        Note::NoTime(_) => (
            Severity::L1,
            format!("{names}: no capture time."),
            "Beside files that tell their time these count for no growth and no rate; alone, order is by name and rates are \
             unknown.",
            "Keep the profiles as the program wrote them.",
        ),
        Note::IsDelta(_) => (
            Severity::L1,
            format!("{names}: a difference already (taken with ?seconds=)."),
            "Its values are changes over its duration, so it is read by itself and not subtracted.",
            "For growth over snapshots, capture without ?seconds=.",
        ),
    };
    let evidence = files.iter().map(|&source| Evidence {
        source,
        text: context.file_name(source).to_owned(),
        view: EvidenceView::Files,
        lens: Lens::default(),
        node: String::new(),
    });
    Finding {
        rule: "snapshot-hygiene".to_owned(),
        severity,
        known: Decidability::Proven,
        claim,
        detail: detail.to_owned(),
        weight: files.len() as i64,
        headline: format!(
            "{} of {}",
            files.len(),
            context.series.iter().map(|(_, s)| s.snapshots.len()).sum::<usize>()
        ),
        site: Site::default(),
        evidence: evidence.collect(),
        facts: vec![Fact { value: files.len().to_string(), label: "files".to_owned() }],
        disproof: "The files themselves say so; only other files would.".to_owned(),
        fix: fix.to_owned(),
        next: if is_go { "A fresh pair of snapshots, each after a collection." } else { "Nothing more is needed." }
            .to_owned(),
        command: if !is_go {
            ""
        } else {
            "curl -so heap.0.pb.gz 'localhost:6060/debug/pprof/heap?gc=1'; sleep 60; curl -so heap.1.pb.gz \
                  'localhost:6060/debug/pprof/heap?gc=1'"
        }
        .to_owned(),
    }
}
