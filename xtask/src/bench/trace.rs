//! `cargo xtask bench trace`: big execution traces, made by a Go program of ours, by the command beside Go's own tools, and in
//! the page.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cost::{Contestant, Cost, cost_until, in_turns};
use super::go::{Go, NO_GO};
use super::page;
use super::results::{Row, said};
use super::scale::{self, Scale, engine_example};
use crate::run::watched;

/// A trace: what it is called, its file, its size, and what the program that makes it is told besides.
const TRACES: [(&str, &str, u64, &[&str]); 3] = [
    ("annotated", "annotated-50.trace", 50_000_000, &["annotated"]),
    ("scheduling", "scheduling-50.trace", 50_000_000, &[]),
    ("scheduling", "scheduling-250.trace", 250_000_000, &[]),
];
const READER: &str = "Go's reader and summarizer";
const TOOL: &str = "`go tool trace`, until its table of goroutines is there";

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>, String> {
    let go = Go::find();
    let files = TRACES.iter().map(|(_, name, bytes, more)| made(scale, name, *bytes, more));
    let files = files.collect::<Result<Vec<PathBuf>, String>>()?;
    let poolscope = scale::poolscope()?;
    let reader = go.as_ref().map(|go| go.summary(&scale.folder()?)).transpose()?;
    let tool = go.as_ref().and_then(|go| go.tool("trace"));
    let mut rows = Vec::new();
    for ((name, _, bytes, _), file) in TRACES.iter().zip(&files) {
        let input = format!("{} MB, {name}", scale.of(*bytes) as f64 / 1e6);
        let ours = Contestant::command("`poolscope trace`", || {
            let mut trace = Command::new(&poolscope);
            trace.args(["trace", "--json", "--no-goroutines"]).arg(file);
            trace
        });
        let reader = match &reader {
            Some(program) => Contestant::command(READER, move || {
                let mut reader = Command::new(program);
                reader.arg(file);
                reader
            }),
            None => Contestant::missing(READER, NO_GO),
        };
        let tool = match &tool {
            Some(program) => Contestant::run(TOOL, move || served(program, file)),
            None => Contestant::missing(TOOL, NO_GO),
        };
        let all = [ours.target("Go's reader 20 and 3 times as much"), reader, tool];
        rows.extend(in_turns(&input, scale.rounds(5), &all)?);
        rows.extend(said(&watched(engine_example("trace_costs").arg(file).arg(&input))?)?);
    }
    let files = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(":");
    rows.extend(page::measure(scale, "bench-trace.spec.ts", &[("BENCH_TRACES", files.as_ref())])?);
    Ok(rows)
}

/// A trace of at least so many bytes, made if it is not there.
pub(super) fn made(scale: &Scale, name: &str, bytes: u64, more: &[&str]) -> Result<PathBuf, String> {
    let file = scale.folder()?.join(name);
    if !file.exists() {
        Go::find().ok_or(NO_GO)?.make_trace(&file, scale.of(bytes), more)?;
    }
    Ok(file)
}

/// 50 MB with tasks and regions.
pub(super) fn annotated(scale: &Scale) -> Result<PathBuf, String> {
    let [(_, name, bytes, more), ..] = TRACES;
    made(scale, name, bytes, more)
}

/// What Go's tool takes from its start until a browser that asks for its table of goroutines has it.
fn served(tool: &Path, file: &PathBuf) -> Result<Cost, String> {
    let mut command = Command::new(tool);
    // It opens a browser, which is not what is measured.
    command.arg("-http=127.0.0.1:0").arg(file).env("BROWSER", "true");
    cost_until(&mut command, |line| match line.split_once("listening on http://") {
        None => Ok(false),
        Some((_, address)) => fetched(address.trim()).map(|()| true).map_err(|error| error.to_string()),
    })
}

fn fetched(address: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /goroutines HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.0 200") && answer.contains("</table>") {
        return Ok(());
    }
    Err(std::io::Error::other("it served no table of goroutines"))
}
