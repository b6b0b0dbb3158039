//! Writes small records of one pool, an event a call.

use std::ops::ControlFlow;

use analysis::lens::SourceId;
use analysis::lifecycle::Lifecycle;
use analysis::model::StackId as Stack;
use analysis::session::{Content, Session};
use pool_dump::*;

/// A record that is being made.
#[derive(Clone, Default)]
pub(crate) struct Record {
    batches: Vec<EventBatch>,
    live: Vec<LiveSet>,
    counters: Vec<Counters>,
    every: u32,
    time: u64,
    /// As the pool was set up, besides what the record sets itself.
    pub(crate) info: PoolInfo,
    /// A second pool, of another type.
    pub(crate) has_other: bool,
}

/// Stacks of the record: each has one function.
const GET: StackId = StackId(1);
const PUT: StackId = StackId(2);

#[allow(dead_code)] // Each test binary uses some of it.
impl Record {
    pub(crate) fn new() -> Self {
        Self { every: 1, ..Self::default() }
    }

    pub(crate) fn thread(&mut self, number: u32) -> &mut Self {
        self.batches.push(EventBatch { thread: ThreadId(number), lost: 0, events: Vec::new() });
        self
    }

    pub(crate) fn every(&mut self, every: u32) -> &mut Self {
        self.every = every;
        self
    }

    pub(crate) fn at(&mut self, nanos: u64) -> &mut Self {
        self.time = nanos;
        self
    }

    pub(crate) fn lose(&mut self, events: u64) -> &mut Self {
        self.batches.last_mut().unwrap().lost += events;
        self
    }

    pub(crate) fn event(&mut self, object: u64, generation: u32, action: Action) -> &mut Self {
        let (time, pool) = (Nanos(self.time), PoolId(1));
        let (object, generation) = (ObjectId(object), Generation(generation));
        self.batches.last_mut().unwrap().events.push(Event { time, pool, object, generation, action });
        self
    }

    pub(crate) fn made(&mut self, object: u64, bytes: u64) -> &mut Self {
        self.event(object, 0, Action::New { bytes, nanos: 30, stack: GET })
    }

    pub(crate) fn get(&mut self, object: u64, generation: u32, tier: Tier) -> &mut Self {
        self.event(object, generation, Action::Get { tier, stack: GET })
    }

    pub(crate) fn put(&mut self, object: u64, generation: u32, bytes: u64) -> &mut Self {
        self.event(object, generation, Action::Put { bytes, stack: PUT })
    }

    pub(crate) fn reset(&mut self, object: u64, generation: u32) -> &mut Self {
        self.event(object, generation, Action::Reset)
    }

    pub(crate) fn touch(&mut self, object: u64, generation: u32) -> &mut Self {
        self.event(object, generation, Action::Touch { stack: GET })
    }

    pub(crate) fn age(&mut self, object: u64, generation: u32) -> &mut Self {
        self.event(object, generation, Action::Age)
    }

    pub(crate) fn drop(&mut self, object: u64, generation: u32, reason: DropReason) -> &mut Self {
        self.event(object, generation, Action::Drop { reason })
    }

    pub(crate) fn misuse(&mut self, object: u64, generation: u32, kind: Misuse) -> &mut Self {
        self.event(object, generation, Action::Misuse { kind, owner: PoolId(0), stack: PUT })
    }

    /// Objects as number, generation, state and since when.
    pub(crate) fn live(&mut self, time: u64, objects: &[(u64, u32, LiveState, u64)]) -> &mut Self {
        let object = |&(object, generation, state, since): &(u64, u32, LiveState, u64)| LiveObject {
            object: ObjectId(object),
            generation: Generation(generation),
            state,
            since: Nanos(since),
            bytes: 64,
            stack: GET,
            thread: ThreadId(1),
        };
        let objects: Vec<LiveObject> = objects.iter().map(object).collect();
        self.live.push(LiveSet { time: Nanos(time), pool: PoolId(1), total: objects.len() as u64, objects });
        self
    }

    pub(crate) fn counters(&mut self, time: u64, counts: &[(Counter, u64)]) -> &mut Self {
        self.counters.push(Counters { time: Nanos(time), pool: PoolId(1), counts: counts.to_vec() });
        self
    }

    /// Its batches the other way round.
    pub(crate) fn reversed(&self) -> Self {
        let mut record = self.clone();
        record.batches.reverse();
        record
    }

    /// The bytes, up to a time.
    pub(crate) fn end(&self, time: u64) -> Vec<u8> {
        let process = Process { pid: 7, program: "orders".into(), recorder: "test 0".into() };
        let mut writer = Writer::new(Vec::new(), &process).unwrap();
        writer.clock(ClockPair { monotonic: Nanos(0), wall: WallNanos(1_700_000_000_000_000_000) }).unwrap();
        for function in ["get_site", "put_site"] {
            let (function, file) = (writer.string(function), writer.string("src/main.rs"));
            let frame = writer.frame(Frame { function, file, line: 41, column: 9 });
            writer.stack(&[frame]);
        }
        let (name, type_name) = (writer.string("buffers"), writer.string("Vec<u8>"));
        let info = PoolInfo {
            id: PoolId(1),
            name,
            type_name,
            has_reset: true,
            record_every: self.every,
            object_bytes: 24,
            ..self.info
        };
        writer.pool(&info).unwrap();
        if self.has_other {
            let (name, type_name) = (writer.string("names"), writer.string("String"));
            writer.pool(&PoolInfo { id: PoolId(2), name, type_name, ..PoolInfo::default() }).unwrap();
        }
        self.live.iter().for_each(|set| writer.live_set(set).unwrap());
        self.batches.iter().for_each(|batch| writer.events(batch).unwrap());
        self.counters.iter().for_each(|counters| writer.counters(counters).unwrap());
        let lost = self.batches.iter().map(|batch| batch.lost).sum();
        writer.finish(&End { time: Nanos(time), lost }).unwrap()
    }
}

/// A session with one record in it.
pub(crate) struct Opened {
    pub(crate) session: Session,
    pub(crate) id: SourceId,
}

pub(crate) fn opened(bytes: &[u8]) -> Opened {
    let mut session = Session::default();
    let id = session.open("pool.pooltrace", bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    Opened { session, id }
}

#[allow(dead_code)]
impl Opened {
    pub(crate) fn lives(&self) -> &Lifecycle {
        self.session.pools(self.id).expect("it was refused")
    }

    pub(crate) fn warnings(&self) -> String {
        match &self.session.source(self.id).unwrap().content {
            Content::Pools { warnings, .. } => warnings.join(" "),
            Content::Refused { words } => panic!("{words}"),
            Content::Profile { .. } | Content::Records { .. } => panic!("no record of pools"),
        }
    }

    /// The innermost function of a stack.
    pub(crate) fn function(&self, stack: Stack) -> String {
        let symbols = &self.session.symbols;
        let mut names = symbols.function_names(symbols.stacks.get(stack));
        names.next().map_or(String::new(), |name| symbols.strings.get(name).to_owned())
    }
}
