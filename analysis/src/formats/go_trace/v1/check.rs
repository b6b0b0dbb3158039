//! Whether events make sense one after the other: no processor runs two goroutines, nobody wakes who does not wait
//! (internal/tracev1, `postProcessTrace`).

use rustc_hash::{FxHashMap, FxHashSet};

use super::event::Event;
use super::kind::Kind;
use super::place::entry;

/// Processors that Go's reader makes up, for events that belong to none.
const TIMER_PROC: i32 = 1_000_001;
const NETPOLL_PROC: i32 = 1_000_002;
const SYSCALL_PROC: i32 = 1_000_003;
const GC_PROC: i32 = 1_000_004;

/// What is known so far. Go's reader refuses a trace at the first contradiction; here they are counted, and the event is
/// believed.
pub(super) struct Check {
    goroutines: Vec<Goroutine>,
    procs: FxHashMap<i32, Proc>,
    timers: FxHashSet<u32>,
    tasks: FxHashSet<u64>,
    /// Task and name of each goroutine's open regions.
    regions: FxHashMap<u32, Vec<(u64, u64)>>,
    is_collecting: bool,
    is_stopped: bool,
}

#[derive(Clone, Copy, Default)]
struct Goroutine {
    /// Whether anything was said of it.
    exists: bool,
    status: Status,
    /// Whether the last that happened to it was to wait for the network.
    waits_for_network: bool,
    is_assisting: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Dead,
    Runnable,
    Running,
    Waiting,
}

#[derive(Clone, Copy, Default)]
struct Proc {
    is_running: bool,
    is_sweeping: bool,
    goroutine: u32,
}

impl Check {
    /// `timers` are the goroutines that fire timers.
    pub(super) fn new(timers: FxHashSet<u32>) -> Self {
        let nobody = Goroutine { exists: true, status: Status::Running, ..Goroutine::default() };
        Self {
            goroutines: vec![nobody],
            procs: FxHashMap::default(),
            timers,
            tasks: FxHashSet::default(),
            regions: FxHashMap::default(),
            is_collecting: false,
            is_stopped: false,
        }
    }

    /// Takes the next event, and moves it to the made-up processor it belongs to. An error says what it contradicts.
    pub(super) fn take(&mut self, event: &mut Event<'_>) -> Result<(), &'static str> {
        use Kind as K;
        if event.kind == K::GoUnblock && self.timers.contains(&event.goroutine) {
            event.proc = TIMER_PROC;
        }
        if event.kind == K::GoSysExit {
            event.proc = SYSCALL_PROC;
        }
        match event.kind {
            K::ProcStart | K::ProcStop | K::SweepStart | K::SweepDone => self.of_proc(event),
            K::GcStart => {
                event.proc = GC_PROC;
                turn(&mut self.is_collecting, true, "a collection begins before the one before it ends")
            }
            K::GcDone => turn(&mut self.is_collecting, false, "a collection ends that did not begin"),
            K::StwStart => turn(&mut self.is_stopped, true, "the world stops while it is stopped"),
            K::StwDone => turn(&mut self.is_stopped, false, "the world goes on that was not stopped"),
            K::UserTaskCreate if !self.tasks.insert(event.args[0]) => Err("two tasks have the same number"),
            K::UserTaskEnd => {
                self.tasks.remove(&event.args[0]);
                Ok(())
            }
            K::UserRegion => self.region(event),
            _ => self.of_goroutine(event),
        }
    }

    fn of_proc(&mut self, event: &Event<'_>) -> Result<(), &'static str> {
        let proc = self.procs.entry(event.proc).or_default();
        match event.kind {
            Kind::ProcStart => turn(&mut proc.is_running, true, "a processor starts that runs"),
            Kind::ProcStop => {
                let runs = std::mem::take(&mut proc.goroutine) != 0;
                turn(&mut proc.is_running, false, "a processor stops that does not run")?;
                must(!runs, "a processor stops that runs a goroutine")
            }
            Kind::SweepStart => turn(&mut proc.is_sweeping, true, "a processor begins to sweep that sweeps"),
            _ => turn(&mut proc.is_sweeping, false, "a processor ends sweeping that does not sweep"),
        }
    }

    fn region(&mut self, event: &Event<'_>) -> Result<(), &'static str> {
        let [task, mode, name, _] = event.args;
        let regions = self.regions.entry(event.goroutine).or_default();
        match mode {
            0 => regions.push((task, name)),
            // Its beginning may be before the trace.
            1 if regions.is_empty() => {}
            1 if regions.last() == Some(&(task, name)) => {
                regions.pop();
            }
            1 => return Err("a region ends that is not the innermost of its goroutine"),
            _ => return Err("a region neither begins nor ends"),
        }
        Ok(())
    }

    fn of_goroutine(&mut self, event: &mut Event<'_>) -> Result<(), &'static str> {
        use Kind as K;
        use Status::{Dead, Runnable, Running, Waiting};
        let proc = self.procs.entry(event.proc).or_default();
        let Some(own) = entry(&mut self.goroutines, event.goroutine) else { return Ok(()) };
        // Events that need the goroutine to run on the processor that wrote them.
        let runs = own.status == Running && proc.goroutine == event.goroutine;
        match event.kind {
            K::AssistStart | K::AssistDone => {
                own.exists = true;
                let was = std::mem::replace(&mut own.is_assisting, event.kind == K::AssistStart);
                // A trace may begin within an assist, but not within one that began in it.
                must(!(was && own.is_assisting), "a goroutine begins to assist that assists")
            }
            K::GoWaiting | K::GoInSyscall => {
                must(own.turn_to(Waiting) == Runnable, "a goroutine waits that was not runnable")
            }
            K::GoStart | K::GoStartLabel => {
                let was = own.turn_to(Running);
                let before = std::mem::replace(&mut proc.goroutine, event.goroutine);
                must(was == Runnable, "a goroutine starts that was not runnable")?;
                must(before == 0, "a processor starts a goroutine while it runs another")
            }
            K::GoCreate => {
                must(runs, "a goroutine creates another while it does not run")?;
                self.create(event.named)
            }
            K::GoUnblock => {
                let runs = own.status == Running && (event.proc == TIMER_PROC || proc.goroutine == event.goroutine);
                let woken = self.unblock(event);
                must(runs, "a goroutine wakes another while it does not run").and(woken)
            }
            K::GoSysExit => must(own.turn_to(Runnable) == Waiting, "a system call ends that did not begin"),
            K::GoSysCall => {
                own.waits_for_network = false;
                must(runs && event.goroutine != 0, "a goroutine makes a system call while it does not run")
            }
            kind if kind.ends_running() => {
                let waits_for_network =
                    if kind == K::GoSysBlock { own.waits_for_network } else { kind == K::GoBlockNet };
                own.turn_to(match kind {
                    K::GoEnd | K::GoStop => Dead,
                    K::GoSched | K::GoPreempt => Runnable,
                    _ => Waiting,
                });
                own.waits_for_network = waits_for_network;
                proc.goroutine = 0;
                if kind == K::GoEnd {
                    self.regions.remove(&event.goroutine);
                }
                must(runs && event.goroutine != 0, "a goroutine stops that does not run")
            }
            _ => Ok(()),
        }
    }

    fn create(&mut self, named: u32) -> Result<(), &'static str> {
        let Some(new) = entry(&mut self.goroutines, named) else { return Ok(()) };
        let is_new = !new.exists;
        *new = Goroutine { status: Status::Runnable, exists: true, ..Goroutine::default() };
        must(is_new, "a goroutine is created that exists")
    }

    fn unblock(&mut self, event: &mut Event<'_>) -> Result<(), &'static str> {
        let Some(other) = entry(&mut self.goroutines, event.named) else { return Ok(()) };
        if other.waits_for_network {
            event.proc = NETPOLL_PROC;
        }
        must(other.turn_to(Status::Runnable) == Status::Waiting, "a goroutine is woken that does not wait")
    }
}

impl Goroutine {
    /// Sets the status; gives what it was.
    fn turn_to(&mut self, status: Status) -> Status {
        self.exists = true;
        self.waits_for_network = false;
        std::mem::replace(&mut self.status, status)
    }
}

fn must(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// Sets `flag`, which must have been otherwise.
fn turn(flag: &mut bool, to: bool, otherwise: &'static str) -> Result<(), &'static str> {
    must(std::mem::replace(flag, to) != to, otherwise)
}
