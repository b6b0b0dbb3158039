//! Linux's perf: what a command was doing, sampled.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::output;

/// A sample: its frames, leaf first, each with the functions inlined there, the innermost first.
pub(super) struct Stack {
    pub(super) frames: Vec<Vec<String>>,
    pub(super) nanos: u64,
}

/// Runs a command under perf. `program` is what it runs; of its frames the inlined functions are known too.
pub(super) fn stacks(command: &Command, program: &Path, folder: &Path, hertz: u64) -> Result<Vec<Stack>, String> {
    let data = folder.join("perf.data");
    let mut record = Command::new("perf");
    record.args(["record", "--quiet", "--event", "cpu-clock", "--call-graph", "fp", "--freq", &hertz.to_string()]);
    record.arg("--output").arg(&data).arg("--").arg(command.get_program()).args(command.get_args());
    let status = record.stdin(Stdio::null()).stdout(Stdio::null()).status();
    // The command's own exit is perf's: a gate that is crossed is no failure here.
    status.map_err(|error| format!("perf could not be started: {error}."))?;
    let script = ["script", "--no-inline", "--fields", "comm,tid,period,ip,sym,dso", "--input"];
    let script = output("perf", &[&script[..], &[&data.to_string_lossy()]].concat());
    let samples = parse(&script.ok_or("perf script failed.")?, program);
    let addresses: BTreeSet<u64> =
        samples.iter().flat_map(|sample| &sample.frames).filter_map(|frame| frame.own).collect();
    let inlined = inlined(program, &addresses)?;
    let named = |frame: Frame| match frame.own.and_then(|address| inlined.get(&address)) {
        Some(names) => names.clone(),
        None => vec![frame.symbol],
    };
    let stack = |sample: Sample| Stack { frames: sample.frames.into_iter().map(named).collect(), nanos: sample.nanos };
    Ok(samples.into_iter().map(stack).collect())
}

#[derive(Debug, PartialEq)]
struct Sample {
    nanos: u64,
    frames: Vec<Frame>,
}

#[derive(Debug, PartialEq)]
struct Frame {
    symbol: String,
    /// In the program's file, where it is one of the program: of the call, not of what comes after it.
    own: Option<u64>,
}

/// Reads what `perf script` prints: a line about the sample, which ends with its length, a line a frame, an empty line.
fn parse(script: &str, program: &Path) -> Vec<Sample> {
    let own = format!("({})", program.display());
    let mut samples: Vec<Sample> = Vec::new();
    for line in script.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let nanos = line.split_whitespace().last().and_then(|period| period.trim_end_matches(':').parse().ok());
            samples.push(Sample { nanos: nanos.unwrap_or(0), frames: Vec::new() });
            continue;
        }
        let Some(sample) = samples.last_mut() else { continue };
        let Some((address, rest)) = line.trim().split_once(' ') else { continue };
        let (symbol, file) = rest.rsplit_once(" (").unwrap_or((rest, ""));
        let address = u64::from_str_radix(address, 16).ok().filter(|_| format!("({file}") == own);
        let is_leaf = sample.frames.is_empty();
        let own = address.map(|address| if is_leaf { address } else { address.saturating_sub(1) });
        sample.frames.push(Frame { symbol: plain(symbol), own });
    }
    for sample in &mut samples {
        // Where the walk lost its way no caller stands.
        while sample.frames.pop_if(|outermost| outermost.symbol == "[unknown]").is_some() {}
    }
    samples.retain(|sample| !sample.frames.is_empty());
    samples
}

/// The functions at places of a program's file, innermost first, as its lines say them (binutils' addr2line).
fn inlined(program: &Path, places: &BTreeSet<u64>) -> Result<BTreeMap<u64, Vec<String>>, String> {
    let segments = output("readelf", &["--program-headers", "--wide", &program.to_string_lossy()]);
    let shift = shift(&segments.unwrap_or_default()).ok_or("readelf tells of no code in the program.")?;
    let failed = |error: std::io::Error| format!("addr2line could not be run: {error}.");
    let mut lines = Command::new("addr2line");
    lines.args(["--addresses", "--functions", "--inlines", "--demangle", "--exe"]).arg(program);
    let mut child = lines.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let asked: String = places.iter().map(|place| format!("{:#x}\n", place + shift)).collect();
    // Both ends are held here: written from a thread, as neither side has room for all.
    let mut stdin = child.stdin.take().ok_or("addr2line cannot be asked.")?;
    let writer = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
    let said = child.wait_with_output().map_err(failed)?;
    let _ = writer.join();
    Ok(functions(&String::from_utf8_lossy(&said.stdout)).into_iter().map(|(at, names)| (at - shift, names)).collect())
}

/// What addr2line prints: an address, then two lines for each function.
fn functions(said: &str) -> BTreeMap<u64, Vec<String>> {
    let mut found: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let (mut address, mut lines) = (None, said.lines());
    while let Some(line) = lines.next() {
        match line.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
            Some(next) => address = Some(next),
            None => {
                // The file and line of it.
                lines.next();
                if let Some(address) = address.filter(|_| line != "??") {
                    found.entry(address).or_default().push(plain(line));
                }
            }
        }
    }
    found
}

/// Between where code lies in the file, which perf says, and its address.
fn shift(headers: &str) -> Option<u64> {
    headers.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let hex = |place: usize| u64::from_str_radix(words.get(place)?.strip_prefix("0x")?, 16).ok();
        if words.first() != Some(&"LOAD") || !words.contains(&"E") {
            return None;
        }
        hex(2)?.checked_sub(hex(1)?)
    })
}

/// A name of Rust without the hashes of its mangling.
fn plain(symbol: &str) -> String {
    let symbol = symbol.trim();
    let without =
        symbol.rsplit_once("::h").filter(|(_, hash)| hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()));
    let mut rest = without.map_or(symbol, |(name, _)| name);
    let mut plain = String::new();
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inner, after)) = after.split_once(']') else { break };
        plain.push_str(before);
        // v0 writes crates as `core[1a2b3c4d5e6f7081]`.
        if inner.len() < 12 || !inner.chars().all(|c| c.is_ascii_hexdigit()) {
            plain.push_str(&format!("[{inner}]"));
        }
        rest = after;
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_perf_prints_becomes_samples() {
        let script = "poolscope 7 200040 \n\tffffffff815e46ab finish_fault ([kernel.kallsyms])\n\t 12f6f a::b::h0123456789abcdef (/x/poolscope)\n\t 12efd main (/x/poolscope)\n\t 0 [unknown] ([unknown])\n\npoolscope 7 1001 \n\t 12f6f a[1a2b3c4d5e6f7081]::c (/x/poolscope)\n\n";
        let samples = parse(script, Path::new("/x/poolscope"));
        let frame = |symbol: &str, own: Option<u64>| Frame { symbol: symbol.to_owned(), own };
        let first = vec![frame("finish_fault", None), frame("a::b", Some(0x12f6e)), frame("main", Some(0x12efc))];
        let second = vec![frame("a::c", Some(0x12f6f))];
        assert_eq!(samples, [Sample { nanos: 200_040, frames: first }, Sample { nanos: 1001, frames: second }]);
    }

    #[test]
    fn inlined_functions_are_innermost_first() {
        let said = "0x0000000000013f6f\ncore::inner\n/a.rs:1\nt::outer\n/a.rs:9\n0x0000000000000001\n??\n??:0\n";
        let names = ["core::inner".to_owned(), "t::outer".to_owned()];
        assert_eq!(functions(said), BTreeMap::from([(0x13f6f, names.to_vec())]));
    }

    #[test]
    fn code_lies_where_its_segment_is_loaded() {
        let headers = "  LOAD  0x000000 0x0000000000000000 0x0 0x012df4 0x012df4 R   0x1000\n  LOAD  0x012e00 0x0000000000013e00 0x0 0x03d5b0 0x03d5b0 R E 0x1000\n";
        assert_eq!(shift(headers), Some(0x1000));
        assert_eq!(plain("alloc::boxed::Box<[u8]>::new"), "alloc::boxed::Box<[u8]>::new");
    }
}
