//! What a command takes: time, processor time, memory.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use super::results::Row;

/// Ticks of the times in /proc (`sysconf(_SC_CLK_TCK)`, which is 100 on every Linux of today).
const TICKS_A_SECOND: f64 = 100.0;

/// What one run took.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) seconds: f64,
    pub(super) cpu_seconds: f64,
    pub(super) peak_mb: f64,
}

/// One of several that are run on the same input.
pub(super) struct Contestant<'a> {
    what: &'a str,
    target: &'a str,
    run: Run<'a>,
}

enum Run<'a> {
    Here(Box<dyn Fn() -> Result<Cost, String> + 'a>),
    /// Why it is not there.
    Missing(&'a str),
}

impl<'a> Contestant<'a> {
    /// A command that runs to its end.
    pub(super) fn command(what: &'a str, make: impl Fn() -> Command + 'a) -> Self {
        Self::run(what, move || cost(&mut make()))
    }

    /// One that is measured in its own way.
    pub(super) fn run(what: &'a str, run: impl Fn() -> Result<Cost, String> + 'a) -> Self {
        Self { what, target: "", run: Run::Here(Box::new(run)) }
    }

    /// One that cannot be run here.
    pub(super) fn missing(what: &'a str, why: &'a str) -> Self {
        Self { what, target: "", run: Run::Missing(why) }
    }

    /// What it should reach.
    pub(super) fn target(self, target: &'a str) -> Self {
        Self { target, ..self }
    }
}

/// Runs all of them in turns, so that what else the machine does falls on each; the medians count. Ours is the first, and must
/// run; of another that does not, the row says why.
pub(super) fn in_turns(input: &str, rounds: usize, contestants: &[Contestant<'_>]) -> Result<Vec<Row>, String> {
    let mut costs: Vec<Result<Vec<Cost>, String>> = contestants.iter().map(|_| Ok(Vec::new())).collect();
    for _ in 0..rounds {
        for (contestant, costs) in contestants.iter().zip(&mut costs) {
            let Ok(taken) = costs else { continue };
            match &contestant.run {
                Run::Here(run) => match run() {
                    Ok(cost) => taken.push(cost),
                    Err(words) => *costs = Err(words),
                },
                Run::Missing(why) => *costs = Err((*why).to_owned()),
            }
        }
    }
    if let Some(Err(words)) = costs.first() {
        return Err(words.clone());
    }
    let rows = contestants.iter().zip(costs).enumerate().map(|(place, (contestant, costs))| {
        let row = Row::new("costs", input, contestant.what);
        let row = match costs.and_then(|costs| middle(&costs)) {
            Ok(cost) => row.cost(&cost),
            Err(words) => row.missing(&words),
        };
        let row = row.target(contestant.target);
        if place == 0 { row.ours() } else { row }
    });
    Ok(rows.collect())
}

/// The median of each.
fn middle(costs: &[Cost]) -> Result<Cost, String> {
    let of = |value: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().ok_or_else(|| "Nothing was run.".to_owned())
    };
    Ok(Cost {
        seconds: of(|cost| cost.seconds)?,
        cpu_seconds: of(|cost| cost.cpu_seconds)?,
        peak_mb: of(|cost| cost.peak_mb)?,
    })
}

/// What a command takes until it ends.
pub(super) fn cost(command: &mut Command) -> Result<Cost, String> {
    command.stderr(Stdio::null());
    measured(command, |child, peak_kb| {
        loop {
            *peak_kb = peak_of(child.id()).max(*peak_kb);
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                return if status.success() { Ok(Instant::now()) } else { Err(format!("it failed ({status})")) };
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    })
}

/// What a command that does not end takes until `is_ready` has heard enough of its standard error.
pub(super) fn cost_until(
    command: &mut Command,
    is_ready: impl Fn(&str) -> Result<bool, String> + Sync,
) -> Result<Cost, String> {
    command.stderr(Stdio::piped());
    measured(command, |child, peak_kb| {
        let stderr = child.stderr.take().ok_or("its words cannot be read")?;
        std::thread::scope(|scope| {
            let listener = scope.spawn(|| heard(stderr, &is_ready));
            while !listener.is_finished() {
                *peak_kb = peak_of(child.id()).max(*peak_kb);
                std::thread::sleep(Duration::from_millis(2));
            }
            let end = Instant::now();
            let _ = child.kill();
            let _ = child.wait();
            listener.join().unwrap_or_else(|_| Err("listening to it failed".to_owned())).map(|()| end)
        })
    })
}

fn heard(stderr: ChildStderr, is_ready: &impl Fn(&str) -> Result<bool, String>) -> Result<(), String> {
    for line in BufReader::new(stderr).lines() {
        if is_ready(&line.map_err(|error| error.to_string())?)? {
            return Ok(());
        }
    }
    Err("it ended before it was ready".to_owned())
}

/// Starts a command, and measures until the moment that `wait` gives; the command has ended then or soon after.
fn measured(
    command: &mut Command,
    wait: impl FnOnce(&mut Child, &mut u64) -> Result<Instant, String>,
) -> Result<Cost, String> {
    let (mut peak_kb, cpu_before) = (0, cpu_seconds_of_children());
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("it could not be started: {error}"))?;
    let end = wait(&mut child, &mut peak_kb)?;
    Ok(Cost {
        seconds: end.duration_since(start).as_secs_f64(),
        cpu_seconds: cpu_seconds_of_children() - cpu_before,
        peak_mb: peak_kb as f64 / 1024.0,
    })
}

/// High-water mark of a process in kB.
fn peak_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("");
    line.split_whitespace().next().and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

/// User and system time of all children that have ended (proc(5), `/proc/PID/stat`, fields 16 and 17).
fn cpu_seconds_of_children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the program's name in brackets, which may hold anything.
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_A_SECOND
}
