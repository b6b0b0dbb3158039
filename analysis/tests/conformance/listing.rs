//! The events of a trace, one a line, as fixtures/go_trace/list.go prints what Go's own reader gives.

use std::collections::HashMap;
use std::fmt::Write;

use analysis::model::trace::{Event, EventKind, Goroutine, Proc, RangeName, RangeScope, Task, Trace, Transition};
use analysis::model::{StackId, StringId, Symbols};

/// All events in their one order, and each stack before the first event that has it.
pub(crate) fn listing(trace: &Trace, symbols: &Symbols) -> String {
    let mut list = Listing { trace, symbols, stacks: HashMap::new(), out: String::new() };
    let mut series: Vec<(i64, String)> = Vec::new();
    let metrics = [("/memory/classes/heap/objects:bytes", &trace.heap_live), ("/gc/heap/goal:bytes", &trace.heap_goal)];
    for (name, metric) in metrics {
        let values = metric.times.iter().zip(&metric.values);
        series.extend(values.map(|(&time, value)| (time, format!("{time} Metric {name} {value}\n"))));
    }
    series.extend(trace.alloc_free.iter().map(|event| {
        let line = format!("{} Experimental {} {}\n", event.time, event.kind.name(), event.number);
        (event.time, line)
    }));
    series.sort_by_key(|&(time, _)| time);
    let mut series = series.into_iter().peekable();
    for event in trace.events.iter() {
        while let Some((_, line)) = series.next_if(|&(time, _)| time < event.time) {
            list.out.push_str(&line);
        }
        list.event(&event);
    }
    list.out.extend(series.map(|(_, line)| line));
    list.out
}

struct Listing<'a> {
    trace: &'a Trace,
    symbols: &'a Symbols,
    stacks: HashMap<StackId, usize>,
    out: String,
}

impl Listing<'_> {
    fn event(&mut self, event: &Event<'_>) {
        let context = event.context;
        let thread = context.thread.and_then(|row| self.trace.threads.id(row));
        let mut who = format!(
            " m{} p{} g{}",
            number(thread.map(|id| id.0)),
            self.proc(context.proc),
            self.goroutine(context.goroutine)
        );
        let stack = self.stack("stack", event.stack());
        let what = match event.kind() {
            EventKind::Sync => {
                who.clear();
                self.sync(event)
            }
            EventKind::Metric => format!(" /sched/gomaxprocs:threads {}", event.procs().unwrap()),
            EventKind::Label => format!(" {}", self.quote(event.label().unwrap())),
            EventKind::RangeBegin | EventKind::RangeActive | EventKind::RangeEnd => self.range(event),
            EventKind::TaskBegin | EventKind::TaskEnd => {
                let task = event.resource().unwrap();
                let (id, parent) = (self.task(Some(task.task)), self.task(task.parent));
                format!(" task={id} parent={parent} {}", self.quote(task.name))
            }
            EventKind::RegionBegin | EventKind::RegionEnd => {
                let region = event.resource().unwrap();
                format!(" task={} {}", self.task(Some(region.task)), self.quote(region.name))
            }
            EventKind::Log => {
                let log = event.resource().unwrap();
                let message = self.quote(event.message().unwrap());
                format!(" task={} {} {message}", self.task(Some(log.task)), self.quote(log.name))
            }
            EventKind::StateTransition => self.transition(event),
            EventKind::StackSample | EventKind::Experimental => String::new(),
        };
        writeln!(self.out, "{}{who} {}{what}{stack}", event.time, event.kind().name()).unwrap();
    }

    fn sync(&self, event: &Event<'_>) -> String {
        let at = self.trace.syncs.iter().position(|sync| sync.time == event.time).unwrap();
        let clock = self.trace.syncs[at].clock.map_or(String::new(), |clock| {
            format!(" trace={} mono={} wall={}", clock.trace_nanos, clock.mono_nanos, clock.wall_unix_nanos)
        });
        format!(" n={}{clock}", at + 1)
    }

    fn range(&self, event: &Event<'_>) -> String {
        let (_, name, scope) = event.range().unwrap();
        let name = match name {
            RangeName::StopTheWorld(reason) => format!("stop-the-world ({})", self.symbols.strings.get(reason)),
            RangeName::Mark => "GC concurrent mark phase".to_owned(),
            RangeName::Sweep => "GC incremental sweep".to_owned(),
            RangeName::Assist => "GC mark assist".to_owned(),
        };
        let scope = match scope {
            RangeScope::Global => "None".to_owned(),
            RangeScope::Goroutine(row) => format!("Goroutine({})", self.goroutine(Some(row))),
            RangeScope::Proc(row) => format!("Proc({})", self.proc(Some(row))),
        };
        let swept = event.swept().map_or(String::new(), |(swept, reclaimed)| format!(" {swept} {reclaimed}"));
        format!(" \"{name}\" {scope}{swept}")
    }

    fn transition(&mut self, event: &Event<'_>) -> String {
        match event.transition().unwrap() {
            Transition::Goroutine { goroutine, from, to, reason, stack } => {
                // Go's reader says where a goroutine is that was found at the start of a generation, and where a new
                // one will begin; for the others it is where the event happened.
                let at = self.stack("at", stack);
                let (id, reason) = (self.goroutine(goroutine), self.quote(reason));
                format!(" g{id} {}->{} {reason}{at}", from.name(), to.name())
            }
            Transition::Proc { proc, from, to } => format!(" p{} {}->{}", self.proc(proc), from.name(), to.name()),
        }
    }

    /// Names the stack, and lists its frames the first time.
    fn stack(&mut self, name: &str, stack: Option<StackId>) -> String {
        let Some(stack) = stack else { return String::new() };
        let frames = self.symbols.stacks.get(stack);
        if frames.is_empty() {
            return String::new();
        }
        let next = self.stacks.len() + 1;
        let number = *self.stacks.entry(stack).or_insert(next);
        if number == next {
            writeln!(self.out, "stack {number}").unwrap();
            for &frame in frames {
                let location = self.symbols.locations.get(frame);
                let line = location.lines[0];
                let function = self.symbols.functions.get(line.function.unwrap()).unwrap();
                let (function, file) =
                    (self.symbols.strings.get(function.name), self.symbols.strings.get(function.file));
                writeln!(self.out, "\t{:x} {function} {file}:{}", location.address, line.line).unwrap();
            }
        }
        format!(" {name}={number}")
    }

    fn goroutine(&self, row: Option<Goroutine>) -> String {
        number(row.and_then(|row| self.trace.goroutines.id(row)).map(|id| id.0))
    }

    fn proc(&self, row: Option<Proc>) -> String {
        number(row.and_then(|row| self.trace.procs.id(row)).map(|id| id.0))
    }

    fn task(&self, row: Option<Task>) -> String {
        number(row.and_then(|row| self.trace.tasks.id(row)).map(|id| id.0))
    }

    fn quote(&self, string: StringId) -> String {
        let text = self.symbols.strings.get(string).replace('\\', "\\\\").replace('\n', "\\n");
        format!("\"{text}\"")
    }
}

fn number(id: Option<u64>) -> String {
    match id {
        None | Some(u64::MAX) => "-".to_owned(),
        Some(id) => (id as i64).to_string(),
    }
}
