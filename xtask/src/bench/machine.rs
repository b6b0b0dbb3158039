//! What figures are of: the day, the command, the machine, the versions.

use crate::bench::go::Go;
use crate::run::output;
use crate::tools;

/// A sentence about the run that ends now; `load` was the machine's when it began.
pub(super) fn about(part: &str, load: f64) -> String {
    let line = |program: &str, args: &[&str]| output(program, args).unwrap_or_default().trim().to_owned();
    let mut versions = vec![word(&line("rustc", &["--version"]), 2).map(|version| format!("rustc {version}"))];
    versions.push(Go::find().map(|go| go.version()));
    versions.push(tools::for_browser().ok().and_then(|browser| chromium(&output(browser, &["--version"])?)));
    let versions: Vec<String> = versions.into_iter().flatten().collect();
    // What is not committed is not what the commit names.
    let changed = if line("git", &["status", "--porcelain"]).is_empty() { "" } else { " and changes" };
    format!(
        "{}, `cargo xtask bench {part}`, commit {}{changed}. {}; {}; load {load:.1} before and {:.1} after.",
        line("date", &["-u", "+%-d %B %Y"]),
        line("git", &["rev-parse", "--short=10", "HEAD"]),
        hardware(),
        versions.join(", "),
        self::load(),
    )
}

/// Processor, cores, memory, system.
fn hardware() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let name = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = read("/proc/meminfo");
    let kb = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
    let system = read("/proc/sys/kernel/osrelease");
    format!(
        "{}, {} cores, {:.0} GB, Linux {}",
        name.map_or("A processor without a name", |(_, name)| name),
        std::thread::available_parallelism().map_or(1, usize::from),
        kb.unwrap_or(0.0) / 1e6,
        system.split('-').next().unwrap_or_default().trim(),
    )
}

/// Of the last minute: how many would have run at once.
pub(super) fn load() -> f64 {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}

fn word(line: &str, place: usize) -> Option<&str> {
    line.split_whitespace().nth(place - 1)
}

/// `Chromium 148.0.7778.96 built on Debian…`
fn chromium(line: &str) -> Option<String> {
    Some(format!("{} {}", word(line, 1)?, word(line, 2)?))
}
