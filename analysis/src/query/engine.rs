//! Answers questions on a session, keeping what the next question will want again.

use super::call_graph::call_graph;
use super::clock::{ClockAnswer, clock, session_clock};
use super::contention::{ContentionAnswer, contention};
use super::files::files;
use super::flame::{Tree, flame};
use super::gc::{GcAnswer, gc_measured};
use super::groups::{GroupsAnswer, groups};
use super::growth::growth;
use super::inspect::inspect;
use super::life::life;
use super::measure::{Key, Measure, kind_of};
use super::objects::{ObjectOrder, objects};
use super::pools::pools;
use super::sandwich::sandwich;
use super::states::states;
use super::table::{Order, table};
use super::{Answer, LifeQuery, ObjectsQuery, Query};
use crate::clock::{ByHand, SessionClock};
use crate::filter::CompiledFilter;
use crate::findings::{Diagnosis, Measured, Thresholds, diagnose_measured};
use crate::lens::{Lens, SourceId};
use crate::session::Session;
use crate::share::{Identity, decode, share, shared_answer};

/// A session that answers.
#[derive(Default)]
pub struct Engine {
    session: Session,
    measures: Vec<Measure>,
    measured: u64,
    order: Option<Order>,
    tree: Option<Tree>,
    objects: Option<ObjectOrder>,
    facts: Option<Measured>,
    diagnosis: Option<(Thresholds, Diagnosis)>,
    moved: String,
    clock: Option<SessionClock>,
    groups: Option<(String, GroupsAnswer)>,
}

/// How many measured series are kept: the kinds looked at in turn, not every filter ever typed.
const KEPT_MEASURES: usize = 4;

impl Engine {
    /// What is loaded.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Which bytes a file is, once that is known. A file that a shared analysis lacks takes its place: gives the number that it
    /// has from now on. Else no answer depends on it, and what is kept is kept on.
    pub fn identified(&mut self, id: SourceId, identity: Identity) -> SourceId {
        if self.session.shared().is_some() {
            return self.session_mut().identify(id, identity);
        }
        self.session.identify(id, identity)
    }

    /// What is loaded, to open or close files; everything kept is forgotten.
    pub fn session_mut(&mut self) -> &mut Session {
        self.measures.clear();
        self.order = None;
        self.tree = None;
        self.objects = None;
        self.facts = None;
        self.diagnosis = None;
        self.clock = None;
        self.groups = None;
        &mut self.session
    }

    /// What waits, for the screen; `None` where no file tells of it. `pick` is what a link names.
    pub fn contention(&mut self, pick: &str) -> Option<ContentionAnswer> {
        self.settle();
        let session = &self.session;
        if let Some(shared) = session.shared().and_then(|shared| shared.contention(pick)) {
            return Some(shared.clone());
        }
        let measured = self.facts.get_or_insert_with(|| Measured::new(session, &[]));
        contention(session, measured.waits(), pick)
    }

    /// What the collector did in the run of that position, or the first; `None` where no file tells.
    pub fn gc(&mut self, shown: usize) -> Option<GcAnswer> {
        self.settle();
        let session = &self.session;
        if let Some(shared) = session.shared().and_then(|shared| shared.collector(shown)) {
            return Some(shared.clone());
        }
        let measured = self.facts.get_or_insert_with(|| Measured::new(session, &[]));
        let (runs, readings) = measured.collector();
        gc_measured(session, runs, readings, shown)
    }

    /// Takes a file out.
    pub fn close(&mut self, id: SourceId) {
        self.session_mut().close(id);
    }

    /// Answers.
    ///
    /// # Errors
    /// In words: an expression of the filter that does not compile, or nothing to look at.
    pub fn answer(&mut self, query: &Query) -> Result<Answer, String> {
        self.settle();
        match query {
            Query::MoveClocks(moved) => {
                self.move_clocks(moved);
                Ok(Answer::ClocksMoved)
            }
            Query::Files => {
                let clock = self.place().clone();
                Ok(Answer::Files(files(&self.session, &clock)))
            }
            Query::Check(filter) => match CompiledFilter::new(filter) {
                Ok(_) => Ok(Answer::Compiles),
                Err(error) => Err(error.to_string()),
            },
            Query::Findings(changed) => Ok(Answer::Findings(self.diagnose(&Thresholds::changed(changed)).clone())),
            Query::Table(query) => {
                let at = self.measure(&query.lens)?;
                let measure = self.measures.get(at).ok_or(NOTHING)?;
                table(&self.session, measure, &mut self.order, query).map(Answer::Table)
            }
            Query::Inspect { lens, node } => {
                // With the lines as they are: moving them back here would throw away what the findings will ask for again.
                if self.diagnosis.is_none() {
                    self.diagnose(&Thresholds::default());
                }
                let at = self.measure(lens)?;
                let measure = self.measures.get(at).ok_or(NOTHING)?;
                let diagnosis = self.diagnosis.as_ref().map(|(_, diagnosis)| diagnosis);
                Ok(Answer::Inspect(inspect(&self.session, measure, diagnosis, lens, node)))
            }
            Query::Flame(query) => {
                let at = self.measure(&query.lens)?;
                let measure = self.measures.get(at).ok_or(NOTHING)?;
                flame(&self.session, measure, &mut self.tree, query).map(Answer::Flame)
            }
            Query::Sandwich { lens, node } => {
                let at = self.measure(lens)?;
                let measure = self.measures.get(at).ok_or(NOTHING)?;
                Ok(Answer::Sandwich(sandwich(&self.session, measure, lens, node)))
            }
            Query::CallGraph { lens, nodes } => {
                let at = self.measure(lens)?;
                let measure = self.measures.get(at).ok_or(NOTHING)?;
                call_graph(&self.session, measure, lens, *nodes as usize).map(Answer::CallGraph)
            }
            Query::Growth { lens, lines, node } => {
                let at = self.measure(lens)?;
                let measure = self.measures.get(at).ok_or(NOTHING)?;
                growth(&self.session, measure, lens, *lines as usize, node).map(Answer::Growth)
            }
            Query::Pools => Ok(Answer::Pools(pools(&self.session))),
            Query::States(query) => Ok(Answer::States(states(&self.session, query).map(Box::new))),
            Query::Objects(ObjectsQuery { key, .. }) | Query::Life(LifeQuery { key, .. })
                if self.session.is_shared(key.source) =>
            {
                let name = self.session.source(key.source).map_or("", |source| source.name.as_str());
                Err(format!("Single objects do not travel with a shared analysis. Open {name} to see them."))
            }
            Query::Objects(query) => Ok(Answer::Objects(objects(&self.session, &mut self.objects, query))),
            Query::Life(query) => Ok(Answer::Life(life(&self.session, query))),
            Query::PoolsAt { source, time } => {
                let before = self.session.sources.len();
                let made = self.session.pools_at(*source, *time);
                if self.session.sources.len() > before {
                    // A profile more: what was measured of its kind is of a series that has grown.
                    self.session_mut();
                }
                Ok(Answer::PoolsAt(made))
            }
            Query::Share(query) => share(self, query).map(Answer::Share).map_err(|error| error.to_string()),
            Query::OpenShared(text) => {
                let analysis = decode(text).map_err(|error| error.to_string())?;
                self.session_mut().open_shared(&analysis);
                Ok(Answer::OpenShared)
            }
            Query::Shared => Ok(Answer::Shared(shared_answer(&self.session).map(Box::new))),
        }
    }

    /// What is wrong; kept until a file comes or goes or a line is moved.
    pub fn diagnose(&mut self, thresholds: &Thresholds) -> &Diagnosis {
        self.diagnosed(thresholds).1
    }

    /// The same, with the files that it speaks of.
    pub fn diagnosed(&mut self, thresholds: &Thresholds) -> (&Session, &Diagnosis) {
        self.settle();
        let known = self.diagnosis.take().filter(|(known, _)| known == thresholds);
        let session = &self.session;
        let known = known.unwrap_or_else(|| {
            // Rules see what was pruned as it is not: while a file is not here, what its owner's engine said holds.
            if let Some(shared) = session.shared() {
                return (thresholds.clone(), shared.analysis.diagnosis.clone());
            }
            let measured = self.facts.take().filter(|measured| measured.is_for(&thresholds.pools));
            let measured = measured.unwrap_or_else(|| Measured::new(session, &thresholds.pools));
            let measured = self.facts.insert(measured);
            (thresholds.clone(), diagnose_measured(session, measured, thresholds))
        });
        (session, &self.diagnosis.insert(known).1)
    }

    /// Moves files by hand, as the link's pair `off` says: whatever is asked after is of files where they stand then.
    pub fn move_clocks(&mut self, moved: &str) {
        if self.moved != moved {
            self.session_mut();
            moved.clone_into(&mut self.moved);
        }
    }

    /// How each file was put on the session's clock.
    pub fn clock(&mut self) -> ClockAnswer {
        if let Some(shared) = self.session.shared() {
            return shared.analysis.clock.clone();
        }
        let session_clock = self.place().clone();
        clock(&self.session, &session_clock, &self.moved)
    }

    /// Before and after, by the link's pair `grp`; kept until a file comes or goes or is marked.
    pub fn groups(&mut self, marks: &str) -> &GroupsAnswer {
        let known = self.groups.take().filter(|(known, _)| known == marks);
        let known = known.unwrap_or_else(|| (marks.to_owned(), groups(&self.session, marks)));
        &self.groups.insert(known).1
    }

    /// The session's clock; kept until a file comes or goes or is moved.
    fn place(&mut self) -> &SessionClock {
        let known = self.clock.take().unwrap_or_else(|| {
            let clock = session_clock(&self.session, &self.moved);
            self.session.by_hand = ByHand::of(&clock);
            clock
        });
        self.clock.insert(known)
    }

    /// Puts files where they were moved to, before anything is asked of their times.
    fn settle(&mut self) {
        if !self.moved.is_empty() || self.session.by_hand != ByHand::default() {
            self.place();
        }
    }

    /// Where the lens's series is among the measured ones.
    fn measure(&mut self, lens: &Lens) -> Result<usize, String> {
        let kind = kind_of(&self.session, lens).ok_or(NOTHING)?;
        let key = Key::new(kind, lens);
        if let Some(at) = self.measures.iter().position(|measure| measure.key == key) {
            return Ok(at);
        }
        self.measured += 1;
        let measure = Measure::new(&self.session, kind, lens, self.measured)?;
        if self.measures.len() >= KEPT_MEASURES {
            self.measures.remove(0);
        }
        self.measures.push(measure);
        Ok(self.measures.len() - 1)
    }
}

/// What is said when no file is a profile.
pub(super) const NOTHING: &str = "There is no profile to look at.";
