//! Running other programs, said aloud.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Says what is being done, and why if that is not plain.
pub(crate) fn say(words: &str) {
    println!("==> {words}");
}

/// A command at the root of the checkout.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Runs to the end, its output going to ours.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} failed ({status}).")),
        Err(error) => Err(format!("{name} could not be started: {error}.")),
    }
}

/// Runs to the end with its output shown as it comes; gives all of it, and whether the program succeeded.
pub(crate) fn watch(command: &mut Command) -> Result<(bool, String), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{name} could not be run: {error}.");
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let second = writer.try_clone().map_err(failed)?;
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(second).spawn().map_err(failed)?;
    // The command keeps its ends of the pipe open; without them the reading below ends with the child.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut all = String::new();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let _ = std::io::stdout().write_all(text.as_bytes());
        all.push_str(&text);
        line.clear();
    }
    let status = child.wait().map_err(failed)?;
    Ok((status.success(), all))
}

/// As `watch`, for a program that must succeed.
pub(crate) fn watched(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match watch(command)? {
        (true, output) => Ok(output),
        (false, _) => Err(format!("{name} failed.")),
    }
}

/// What a program prints, or `None` when it is not there or fails.
pub(crate) fn output(program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
