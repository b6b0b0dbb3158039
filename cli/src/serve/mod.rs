//! `poolscope serve`: the page, out of the command, on this machine alone; it opens the files by itself, and with `--watch`
//! grows with a running program.

mod answer;
mod every;
mod fetch;
mod named;
mod request;
mod routes;
mod server;
mod shelf;
mod snapshots;
mod target;
mod watch;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use analysis::words::size;

use crate::{Outcome, link, site};
use routes::Routes;
use server::Server;
use shelf::Shelf;
use target::Target;
use watch::Watch;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Dumps of one investigation, folders of them, archives. “-” is standard input. Nothing else can be read through the page
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// A running Go program that serves net/http/pprof, such as http://localhost:6060: its profiles are taken on a period
    #[arg(long, value_name = "URL")]
    watch: Option<String>,
    /// With --watch: the time from one snapshot to the next, such as 500ms, 10s, 5m
    #[arg(long, value_name = "TIME", default_value = "10s", requires = "watch", value_parser = every::parse)]
    every: Duration,
    /// With --watch: snapshots that are kept in memory at most; older ones are thinned out, the first stays
    #[arg(long, value_name = "N", default_value_t = 60, requires = "watch", value_parser = clap::value_parser!(u32).range(2..))]
    keep: u32,
    /// With --watch: have the program collect its garbage before each heap profile. Exact to the moment, and costs it a
    /// collection
    #[arg(long, requires = "watch")]
    gc: bool,
    /// With --watch: the program may be on another machine. What comes over the network could be read and changed on its way
    #[arg(long, requires = "watch")]
    remote: bool,
    /// The port to serve on; without it a free one is taken
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// A folder with a built site, to be served in place of the one in this command
    #[arg(long, value_name = "FOLDER")]
    site: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let site = site::files(args.site.as_deref())?;
    let watch = match &args.watch {
        Some(url) => {
            let target = Target::parse(url, args.remote).map_err(|words| format!("--watch {url}: {words}"))?;
            Some(Watch { target, every: args.every, gc: args.gc })
        }
        None => None,
    };
    let shelf = Arc::new(Shelf::of(&args.files, watch.as_ref(), args.keep as usize)?);
    let server = Server::listen(args.port.unwrap_or(0))?;
    let token = link::salt();
    let has_session = !args.files.is_empty() || watch.is_some();
    let fragment = if has_session { format!("#v=1&view=findings&serve={token}") } else { String::new() };
    let address = format!("http://{}/{fragment}", server.host());
    let mut out = std::io::stdout().lock();
    writeln!(out, "{address}")?;
    out.flush()?;
    drop(out);
    let routes = Routes { hosts: server.hosts(), token, site, shelf: Arc::clone(&shelf) };
    eprintln!("poolscope: Serving the page to this machine alone. Ctrl-C ends it.");
    if let Some(watch) = watch {
        eprintln!("poolscope: {}", watch.words(args.keep, &size(snapshots::MOST_BYTES)));
        thread::spawn(move || watch.run(&shelf));
    }
    if args.open && !is_opened(&address) {
        eprintln!("poolscope: No browser could be started: open the address above.");
    }
    server.run(&Arc::new(routes));
    Ok(Outcome::Fine)
}

/// Asks the system to open an address.
fn is_opened(address: &str) -> bool {
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else {
        Command::new("xdg-open")
    };
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}
