//! From files to findings, as docs/library.md has it.

// Printing is what this is for.
#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;

use analysis::findings::{Thresholds, diagnose};
use analysis::session::Session;

fn main() -> std::io::Result<()> {
    let mut session = Session::default();
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        session.open(&path, bytes, &mut |_| ControlFlow::Continue(()));
    }
    let diagnosis = diagnose(&session, &Thresholds::default());
    println!("{}", diagnosis.verdict.text);
    for finding in &diagnosis.findings {
        println!("{:?} {}: {}", finding.severity, finding.rule, finding.claim);
    }
    Ok(())
}
