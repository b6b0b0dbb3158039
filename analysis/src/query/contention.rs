//! What waits, for one screen: locks with both their sides, groups of goroutines and threads, races, and what is missing.

use serde::{Deserialize, Serialize};

use crate::findings::Finding;
use crate::lens::SourceId;
use crate::model::record::{Access, Record, StackOrigin};
use crate::model::{Profile, ProfileKind, StackId, StringId};
use crate::session::Session;
use crate::waits::{Coverage, Delay, Frame, Group, Lock, Population, Side, Waits, frames, is_library, own_frame};

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContentionAnswer {
    /// The longest waited for first; the runtime's own last.
    pub locks: Vec<LockRow>,
    /// The lock whose sides are shown.
    pub sides: Option<SidesAnswer>,
    /// Goroutines, goroutines of crashes, threads.
    pub populations: Vec<PopulationRow>,
    /// The group whose stack is shown.
    pub group: Option<GroupAnswer>,
    /// Races, each pair of places once.
    pub races: Vec<RaceRow>,
    /// What is not there and would tell more.
    pub missing: Vec<MissingRow>,
    /// Mutex and block profiles, as files and seconds between the first and the last.
    pub mutex: SourcesRow,
    /// The same of block profiles.
    pub block: SourcesRow,
    /// A heap profile is open beside them.
    pub has_heap: bool,
}

/// One lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LockRow {
    /// How links name it.
    pub pick: String,
    /// Whose it is.
    pub owner: String,
    /// What kind, in the words of states.
    pub kind: String,
    /// Its owner is a pool.
    pub is_pool: bool,
    /// One of the runtime's own.
    pub is_runtime: bool,
    /// Who waited: how often and how long, in nanoseconds; `None` where no block profile tells.
    pub waited: Option<Amount>,
    /// What others lost while it was held; `None` where no mutex profile tells.
    pub held: Option<Amount>,
    /// Threads' time lost; `None` without times.
    pub threads: Option<f64>,
    /// How many wait in the last snapshot of stacks; `None` where there is none.
    pub waiting_now: Option<u64>,
}

/// How often and how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// How often.
    pub count: i64,
    /// In nanoseconds.
    pub nanos: i64,
    /// Mean of one, in nanoseconds.
    pub mean: i64,
}

/// Both sides of a lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SidesAnswer {
    /// Which lock.
    pub pick: String,
    /// Whose it is.
    pub owner: String,
    /// It has no holder: a channel, which whoever stands at its other end would free.
    pub is_channel: bool,
    /// Profiles of Go tell of such locks.
    pub is_go: bool,
    /// Who waits, the longest first.
    pub waiters: Vec<SideRow>,
    /// Who holds, the longest first.
    pub holders: Vec<SideRow>,
    /// Groups that stand there now, as picks and words.
    pub standing: Vec<StandingRow>,
    /// Groups that a dump says hold it.
    pub holding: Vec<StandingRow>,
}

/// One place of a side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SideRow {
    /// How often and how long.
    pub amount: Amount,
    /// The stack, leaf first.
    pub frames: Vec<StackFrame>,
}

/// A frame of a stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StackFrame {
    /// Full name.
    pub function: String,
    /// The last part of the file's path, and the line: `main.go:33`; empty when unknown.
    pub place: String,
    /// The whole path, for who hovers.
    pub file: String,
    /// It is of a library.
    pub is_library: bool,
    /// The other side's heaviest stack has it too.
    pub is_shared: bool,
    /// It is the innermost of the program's own.
    pub is_own: bool,
}

/// A group by its pick.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StandingRow {
    /// How links name it.
    pub pick: String,
    /// How many.
    pub count: u64,
    /// Its state.
    pub state: String,
    /// Its innermost function of the program's own.
    pub function: String,
}

/// One population.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PopulationRow {
    /// What it is of: `Goroutines`, `Goroutines of a crash`, `Threads`, `Java threads`.
    pub title: String,
    /// Snapshots of its main form, as files, with how many stood there.
    pub moments: Vec<MomentRow>,
    /// Seconds from the first to the last, where times are told.
    pub seconds: Option<f64>,
    /// Some form tells waits and creators.
    pub has_details: bool,
    /// The largest at the end first, without those that came and went one by one.
    pub groups: Vec<WaitingGroup>,
    /// How many groups came and went.
    pub passing: u64,
    /// The snapshots are profiles, which the views of the heap draw.
    pub is_profile: bool,
}

/// One snapshot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MomentRow {
    /// The file.
    pub source: SourceId,
    /// Its name.
    pub name: String,
    /// How many stood there.
    pub total: u64,
}

/// One group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WaitingGroup {
    /// How links name it.
    pub pick: String,
    /// Its state; empty where no form tells.
    pub state: String,
    /// The innermost function of the program's own, and where.
    pub function: String,
    /// `main.go:73`.
    pub place: String,
    /// How many, by snapshot.
    pub counts: Vec<u64>,
    /// The longest wait told, in minutes.
    pub wait_minutes: Option<u32>,
    /// How many the runtime says can never run again.
    pub leaked: u64,
    /// Where they were started; empty when unknown.
    pub created: String,
    /// It stands in a pool's get or put.
    pub is_in_pool: bool,
    /// It waits for another goroutine or thread.
    pub is_waiting: bool,
    /// Only the runtime's own functions stand in it.
    pub is_system: bool,
}

/// One group with its stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupAnswer {
    /// The row.
    pub row: WaitingGroup,
    /// Its stack, leaf first.
    pub frames: Vec<StackFrame>,
    /// Snapshots of its population.
    pub moments: Vec<MomentRow>,
    /// The last snapshot, where it is a profile that can be drawn.
    pub profile: Option<String>,
    /// Names of its threads, the first few.
    pub names: Vec<String>,
    /// What it waits for, as addresses with how many; groups that hold them.
    pub waits_for: Vec<(String, u64)>,
    /// The lock it waits for.
    pub lock: Option<String>,
}

/// A race.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RaceRow {
    /// How links name it.
    pub pick: String,
    /// What was done, and where, now and before.
    pub now: AccessRow,
    /// The one before.
    pub before: AccessRow,
    /// How many reports there are of this pair.
    pub times: u64,
}

/// One access of a race.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessRow {
    /// Such as `write`.
    pub what: String,
    /// Its stack, leaf first.
    pub frames: Vec<StackFrame>,
    /// Where its goroutine was created; empty for the main one and where it is not told.
    pub created: String,
}

/// Something that is not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MissingRow {
    /// What and why.
    pub words: String,
    /// The command that makes it.
    pub command: String,
}

/// Files of a kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourcesRow {
    /// Their names, in time order.
    pub names: Vec<String>,
    /// Seconds between the first and the last.
    pub seconds: Option<f64>,
}

/// Answers; `None` where no file tells anything of this. `pick` is what a link names.
pub fn contention(session: &Session, waits: &Waits, pick: &str) -> Option<ContentionAnswer> {
    let view = View { session, waits };
    let races = view.races();
    if waits.is_empty() && races.is_empty() {
        return None;
    }
    let group = view.picked_group(pick);
    let lock = waits.locks.iter().find(|lock| lock.pick() == pick);
    let lock = lock.or_else(|| group.and_then(|(population, at)| view.lock_of(population, at)));
    let lock = lock.or_else(|| waits.locks.iter().find(|lock| !lock.is_runtime)).or(waits.locks.first());
    let is_standing = |&&(population, group): &&(usize, usize)| {
        let population = waits.populations.get(population);
        population.is_some_and(|all| all.groups.get(group).is_some_and(|group| all.count(group) > 0))
    };
    let group = match lock.filter(|_| pick.starts_with("lock:")) {
        // Beside a lock, who stands there now.
        Some(lock) => lock.groups.iter().find(is_standing).copied(),
        None => group.or_else(|| view.first_group()),
    };
    Some(ContentionAnswer {
        locks: waits.locks.iter().map(|lock| view.lock(lock)).collect(),
        sides: lock.map(|lock| view.sides(lock)),
        populations: waits.populations.iter().map(|population| view.population(population)).collect(),
        group: group.and_then(|(population, at)| view.group(population, at)),
        races,
        missing: view.missing(),
        mutex: view.sources(&waits.mutex),
        block: view.sources(&waits.block),
        has_heap: session.sources.iter().filter_map(|source| session.profile(source.id)).any(is_heap),
    })
}

/// The findings that lead to what is picked.
pub fn findings_of<'a>(findings: &'a [Finding], pick: &str) -> Vec<(usize, &'a Finding)> {
    let leads = |finding: &Finding| finding.evidence.iter().any(|evidence| evidence.node == pick);
    findings.iter().enumerate().filter(|(_, finding)| !pick.is_empty() && leads(finding)).collect()
}

struct View<'a> {
    session: &'a Session,
    waits: &'a Waits,
}

impl View<'_> {
    fn text(&self, id: StringId) -> &str {
        self.session.symbols.strings.get(id)
    }

    fn place(&self, frame: &Frame) -> String {
        let file = self.text(frame.file);
        let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
        match frame.line {
            0 => file.to_owned(),
            line => format!("{file}:{line}"),
        }
    }

    fn stack(&self, all: &[Frame], shared: &[Frame]) -> Vec<StackFrame> {
        let symbols = &self.session.symbols;
        let own = own_frame(symbols, all);
        let row = |frame: &Frame| StackFrame {
            function: self.text(frame.function).to_owned(),
            place: self.place(frame),
            file: self.text(frame.file).to_owned(),
            is_library: is_library(symbols, frame),
            is_shared: shared.iter().any(|other| other.function == frame.function),
            is_own: own == Some(*frame),
        };
        all.iter().map(row).collect()
    }

    fn lock(&self, lock: &Lock) -> LockRow {
        let amount = |delay: Delay, sides: &[Side]| (!sides.is_empty()).then(|| amount(delay));
        let seconds = if lock.waiters.is_empty() { self.waits.mutex.seconds } else { self.waits.block.seconds };
        LockRow {
            pick: lock.pick(),
            owner: if lock.is_runtime { "Go’s runtime".to_owned() } else { lock.owner.clone() },
            kind: lock.kind.clone(),
            is_pool: lock.is_pool,
            is_runtime: lock.is_runtime,
            waited: amount(lock.waited(), &lock.waiters),
            held: amount(lock.held(), &lock.holders),
            threads: seconds.map(|seconds| lock.delay().nanos as f64 / 1e9 / seconds),
            waiting_now: (!self.waits.populations.is_empty()).then_some(lock.waiting_now),
        }
    }

    fn sides(&self, lock: &Lock) -> SidesAnswer {
        let symbols = &self.session.symbols;
        let shared = lock.shared(symbols);
        let side = |side: &Side| SideRow {
            amount: amount(side.change),
            frames: self.stack(&frames(symbols, side.stack), &shared),
        };
        let standing = |at: &(usize, usize)| {
            let population = self.waits.populations.get(at.0)?;
            let group = population.groups.get(at.1).filter(|group| population.count(group) > 0)?;
            let row = self.row(population, group);
            Some(StandingRow {
                pick: row.pick,
                count: population.count(group),
                state: row.state,
                function: row.function,
            })
        };
        SidesAnswer {
            pick: lock.pick(),
            owner: if lock.is_runtime { "Go’s runtime".to_owned() } else { lock.owner.clone() },
            is_channel: lock.kind.starts_with("chan") || lock.kind == "select",
            is_go: lock.kind.starts_with("sync."),
            waiters: lock.waiters.iter().map(side).collect(),
            holders: lock.holders.iter().map(side).collect(),
            standing: lock.groups.iter().filter_map(standing).collect(),
            holding: lock.holding.iter().filter_map(standing).collect(),
        }
    }

    fn row(&self, population: &Population, group: &Group) -> WaitingGroup {
        let symbols = &self.session.symbols;
        let own = own_frame(symbols, &group.frames).or(group.frames.first().copied());
        WaitingGroup {
            pick: group.pick(symbols),
            state: group.state.clone(),
            function: own.map_or(String::new(), |own| self.text(own.function).to_owned()),
            place: own.map_or(String::new(), |own| self.place(&own)),
            counts: population.counts(group).to_vec(),
            wait_minutes: group.longest_wait,
            leaked: group.leaked,
            created: group
                .created_at
                .map_or(String::new(), |at| format!("{} {}", self.text(at.function), self.place(&at))),
            is_in_pool: group.end.is_some(),
            is_waiting: group.is_waiting(),
            is_system: group.is_system,
        }
    }

    fn moments(&self, population: &Population) -> Vec<MomentRow> {
        let name = |source| self.session.source(source).map_or(String::new(), |source| source.name.clone());
        let row = |moment: &crate::waits::Moment| MomentRow {
            source: moment.source,
            name: name(moment.source),
            total: moment.total,
        };
        population.moments().iter().map(row).collect()
    }

    fn population(&self, population: &Population) -> PopulationRow {
        let title = match (population.origin, population.is_crash) {
            (StackOrigin::Goroutines, false) => "Goroutines",
            (StackOrigin::Goroutines, true) => "Goroutines at the end of a program",
            (StackOrigin::Threads, _) => "Threads",
            (StackOrigin::JavaThreads, _) => "Java threads",
        };
        // One that stood there once between two snapshots is no news.
        let is_passing = |group: &&Group| {
            let counts = population.counts(group);
            group.leaked == 0 && population.count(group) == 0 && counts.iter().all(|&count| count <= 1)
        };
        let (passing, groups): (Vec<&Group>, Vec<&Group>) = population.groups.iter().partition(is_passing);
        PopulationRow {
            title: title.to_owned(),
            passing: passing.len() as u64,
            moments: self.moments(population),
            seconds: population.seconds(),
            has_details: population.tracks.iter().any(|track| !track.is_profile),
            groups: groups.into_iter().map(|group| self.row(population, group)).collect(),
            is_profile: population.tracks.get(population.main).is_some_and(|track| track.is_profile),
        }
    }

    fn picked_group(&self, pick: &str) -> Option<(usize, usize)> {
        let populations = self.waits.populations.iter().enumerate();
        let groups = populations.flat_map(|(at, population)| {
            population.groups.iter().enumerate().map(move |(group_at, group)| (at, group_at, group))
        });
        groups
            .filter(|(.., group)| !pick.is_empty() && group.pick(&self.session.symbols) == pick)
            .map(|(at, group_at, _)| (at, group_at))
            .next()
    }

    /// What is looked at first: who waits in a pool, or else the largest group that waits.
    fn first_group(&self) -> Option<(usize, usize)> {
        let groups = || {
            let populations = self.waits.populations.iter().enumerate();
            populations.flat_map(|(at, population)| {
                population.groups.iter().enumerate().map(move |(group_at, group)| ((at, group_at), group))
            })
        };
        let pooled = groups().find(|(_, group)| group.end.is_some());
        let waiting = || groups().find(|(_, group)| group.is_waiting() && !group.is_system);
        pooled.or_else(waiting).or_else(|| groups().next()).map(|(at, _)| at)
    }

    fn lock_of(&self, population: usize, group: usize) -> Option<&Lock> {
        self.waits.locks.iter().find(|lock| lock.groups.contains(&(population, group)))
    }

    fn group(&self, population_at: usize, group_at: usize) -> Option<GroupAnswer> {
        let population = self.waits.populations.get(population_at)?;
        let group = population.groups.get(group_at)?;
        let moments = self.moments(population);
        let last = moments.last().filter(|moment| self.session.profile(moment.source).is_some());
        Some(GroupAnswer {
            row: self.row(population, group),
            frames: self.stack(&group.frames, &[]),
            profile: last.map(|moment| moment.name.clone()),
            moments,
            names: group.names.iter().map(|&name| self.text(name).to_owned()).collect(),
            waits_for: group.waits_for.iter().map(|&(address, count)| (format!("{address:#x}"), count)).collect(),
            lock: self.lock_of(population_at, group_at).map(Lock::pick),
        })
    }

    fn races(&self) -> Vec<RaceRow> {
        let symbols = &self.session.symbols;
        let stack = |stack: StackId| self.stack(&frames(symbols, stack), &[]);
        let access = |access: &Access| AccessRow {
            what: access.what.clone(),
            frames: stack(access.stack),
            created: access
                .created
                .and_then(|id| own_frame(symbols, &frames(symbols, id)))
                .map_or(String::new(), |at| format!("{} {}", self.text(at.function), self.place(&at))),
        };
        let mut rows: Vec<RaceRow> = Vec::new();
        for (_, record) in self.session.records() {
            let Record::Races(races) = record else { continue };
            for race in &races.races {
                let (now, before) = (access(&race.now), access(&race.before));
                let own = |row: &AccessRow| {
                    row.frames.iter().find(|frame| frame.is_own).map(|f| (f.function.clone(), f.place.clone()))
                };
                let pair = |row: &RaceRow| {
                    let mut pair = [own(&row.now), own(&row.before)];
                    pair.sort();
                    pair
                };
                let row = RaceRow { pick: format!("race:{:x}", race.address), now, before, times: 1 };
                match rows.iter_mut().find(|known| pair(known) == pair(&row)) {
                    Some(known) => known.times += 1,
                    None => rows.push(row),
                }
            }
        }
        rows
    }

    fn sources(&self, coverage: &Coverage) -> SourcesRow {
        let name = |&id: &SourceId| Some(self.session.source(id)?.name.clone());
        SourcesRow { names: coverage.sources.iter().filter_map(name).collect(), seconds: coverage.seconds }
    }

    fn missing(&self) -> Vec<MissingRow> {
        let mut rows = Vec::new();
        let mut say = |words: &str, command: &str| {
            rows.push(MissingRow { words: words.to_owned(), command: command.to_owned() });
        };
        let (mutex, block) = (&self.waits.mutex, &self.waits.block);
        let is_go = self.waits.populations.iter().all(|population| population.origin == StackOrigin::Goroutines);
        if !is_go && mutex.sources.is_empty() && block.sources.is_empty() {
            return rows;
        }
        const MUTEX: &str = "curl -so mutex.pb.gz 'localhost:6060/debug/pprof/mutex'";
        const BLOCK: &str = "curl -so block.pb.gz 'localhost:6060/debug/pprof/block'";
        match () {
            () if mutex.sources.is_empty() => say(
                "No mutex profile: who holds a lock is not told. The program must call runtime.SetMutexProfileFraction(5) first.",
                MUTEX,
            ),
            () if mutex.is_off => say(
                "The mutex profile was off: its text says sampling period=0. Call runtime.SetMutexProfileFraction(5).",
                MUTEX,
            ),
            () if mutex.is_empty => say(
                "The mutex profile is empty: either no lock was contended, or its rate is off (runtime.SetMutexProfileFraction(5)).",
                MUTEX,
            ),
            () => {}
        }
        match () {
            () if block.sources.is_empty() => say(
                "No block profile: who waits, and for how long, is not told. The program must call runtime.SetBlockProfileRate(10_000) first.",
                BLOCK,
            ),
            () if block.is_empty => say(
                "The block profile is empty: its rate is off or too coarse (runtime.SetBlockProfileRate(10_000) keeps waits of 10 µs and more).",
                BLOCK,
            ),
            () => {}
        }
        let goroutines = self.waits.goroutines();
        match goroutines {
            None => say(
                "No goroutine profile: who stands where now is not told.",
                "curl -so goroutine.pb.gz localhost:6060/debug/pprof/goroutine",
            ),
            Some(population) if population.moments().len() < 2 => say(
                "One snapshot of goroutines: which groups grow is not told. Take another, some minutes later.",
                "curl -so goroutine.1.pb.gz localhost:6060/debug/pprof/goroutine",
            ),
            Some(_) => {}
        }
        if goroutines.is_some_and(|population| population.tracks.iter().all(|track| track.is_profile)) {
            say(
                "How long each goroutine has waited, and who started it, stands only in the text form.",
                "curl -so goroutine.txt 'localhost:6060/debug/pprof/goroutine?debug=2'",
            );
        }
        rows
    }
}

fn is_heap(profile: &Profile) -> bool {
    matches!(profile.kind, ProfileKind::Heap | ProfileKind::Allocs)
}

fn amount(delay: Delay) -> Amount {
    Amount { count: delay.contentions, nanos: delay.nanos, mean: delay.mean() }
}
