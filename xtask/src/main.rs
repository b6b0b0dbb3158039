//! `cargo xtask`: the developer's one door. Set-up, serve, test, bench.

// Printing is what this command is for.
#![allow(clippy::print_stdout)]

mod bench;
mod book;
mod counts;
mod deny;
mod digits;
mod dist;
mod fuzz;
mod headers;
mod msrv;
mod offline;
mod release;
mod reliability;
mod run;
mod serve;
mod service;
mod site;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  serve          build the release site and serve it on a free localhost port (--port N for a fixed one)
  dist           build the release site into dist/, to be copied to any folder of any static host
  command        build the command `poolscope` with the site in it, for its reports
  book DIR       the book alone, in a moment; what is in the folder is replaced
  test           everything: format, lints, tests native and in WASM, browser tests; ends with the counts
  release [--verify]  site, command and crates out of a clean clone, with checksums, licences and what they are made of, into
                 target/poolscope-VERSION; --verify builds twice, in two folders, and says what differs
  deny [--advisories]  licences, versions and sources of all dependencies; advisories need the network
  msrv           what ships, checked with the oldest compiler that the crates name
  screens DIR    screenshots of every view, light and dark, wide and narrow
  dumps DIR      dumps of the native pool's example service, run in each of its fault modes
  fuzz [--minutes N] [--jobs N] [--bytes N] [--record] [TARGET…]
                 hostile input for every reader, under libFuzzer; 5 minutes in all if not said, inputs of up to 16 KB;
                 --record adds what was done to docs/reliability.md
  bench [--small] [PART…]  what it costs, here and with what else there is; with no PART everything, and docs/benchmarks.md is
                 written from it. --small only tries it out. Results are kept, and GO names a Go toolchain to compare with
      heap       big profiles: the command against go tool pprof, and the page in Chromium
      speedscope the same profiles: the page against speedscope in the same Chromium
      trace      big execution traces: the command against Go's tools, and the page
      lifecycle  ten million events of pools, read and replayed on one core, and in the page
      pool       the native pool against other pools and Go's sync.Pool, and what recording adds
      session    sixty files of one investigation, 300 MB: to the verdict, by the command and in the page
      link       the link that holds an analysis of 200,000 stacks: made and opened
      profile    where the command's own time goes, sampled by perf: profiles that the page opens, and the three largest costs
  bench write    docs/benchmarks.md from what was last measured

Each installs what it needs and is missing. Running it again is safe and quick.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args.as_slice() {
        ["dist" | "build"] => site::dist().map(|_| true),
        ["command"] => site::command_with_site().map(|_| true),
        ["serve"] => serve::serve(None).map(|()| true),
        ["serve", "--port", port] => match port.parse() {
            Ok(port) => serve::serve(Some(port)).map(|()| true),
            Err(_) => Err(format!("{port} is no port number.")),
        },
        ["book", folder] => site::book_into(std::path::Path::new(folder)).map(|()| true),
        ["test"] => test::test(),
        ["release"] => release::release().map(|()| true),
        ["release", "--verify"] => release::verify(),
        ["deny"] => deny::deny(false).map(|()| true),
        ["deny", "--advisories"] => deny::deny(true).map(|()| true),
        ["msrv"] => msrv::msrv().map(|()| true),
        ["dumps", folder] => service::dumps(std::path::Path::new(folder)).map(|()| true),
        ["screens", folder] => test::screens(folder).map(|()| true),
        ["fuzz", rest @ ..] => fuzz::Asked::of(rest).and_then(|asked| fuzz::fuzz(&asked)),
        ["bench", "write"] => bench::write().map(|()| true),
        ["bench", rest @ ..] => bench::Asked::of(rest).and_then(|asked| bench::bench(&asked)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(words) => {
            eprintln!("xtask: {words}");
            ExitCode::FAILURE
        }
    }
}
