//! As the page reads (in pieces, with a look before) and as the command does (letting go of what was summed up): the
//! same events and the same words.

use analysis::formats::ParseError;
use analysis::formats::go_trace::{self, Reader, Scanner};
use analysis::lifecycle;
use analysis::model::Symbols;
use analysis::model::trace::Trace;
use analysis::timeline::Survey;
use analysis::trace_summary::{LedgerWalk, Names, Totals};

use super::{Target, go_on};
use crate::mutate;
use crate::seeds::{Fixture, text};

pub(super) const TARGET: Target =
    Target { name: "go_trace", run, repair: mutate::nothing, reshape: Some(mutate::batches), seed, written: &[] };

/// Traces in the notation of Go's tests are written out.
fn seed(fixture: &Fixture) -> Option<Vec<u8>> {
    match fixture {
        _ if fixture.is(".test") => Some(text::TextTrace::parse(&fixture.text()?).bytes),
        _ if fixture.is(".trace.gz") => fixture.inflated(),
        _ if fixture.is("trace.out") => Some(fixture.bytes()),
        _ if fixture.name.starts_with("go_trace-fuzz-") => {
            let text = fixture.text()?;
            Some(text::unquote(text.lines().find_map(|line| line.strip_prefix("[]byte(")?.strip_suffix(')'))?))
        }
        _ => None,
    }
}

/// How many events were read, and what was said of those that were not.
#[derive(Debug, PartialEq)]
struct Read {
    events: usize,
    warnings: Vec<String>,
}

fn run(bytes: &[u8]) {
    // Each lets go of its trace before the next begins.
    let [whole, page, command] =
        [whole(bytes), page(bytes), command(bytes)].map(|read| read.map_err(|error| error.words));
    // Where compressed data is damaged is told to the piece, and what can be had of the piece is read.
    if bytes.first() != Some(&0x1f) {
        assert_eq!(whole, page, "as the page reads");
        assert_eq!(whole, command, "as the command reads");
    }
}

fn whole(bytes: &[u8]) -> Result<Read, ParseError> {
    let mut symbols = Symbols::default();
    let (trace, warnings) = go_trace::read(bytes, &mut symbols, &mut go_on)?;
    assert!(trace.events.iter().map(|event| event.time).is_sorted());
    if let Some(history) = lifecycle::from_trace(&trace, &mut symbols) {
        let handed = analysis::handed::Handed::pack(history.clone(), &symbols);
        assert!(handed.unpack(&mut symbols) == history, "as the page hands it on");
        lifecycle::replay(history);
    }
    Ok(Read { events: trace.events.len(), warnings })
}

fn page(bytes: &[u8]) -> Result<Read, ParseError> {
    let (mut symbols, mut scanner) = (Symbols::default(), Scanner::new());
    let (mut reader, mut survey) = (Reader::new(), Survey::default());
    let piece = (bytes.len() / 3).max(1);
    let looked = bytes.chunks(piece).try_for_each(|piece| scanner.push(piece, &mut symbols));
    if let Ok(overview) = looked.and_then(|()| scanner.finish(&mut symbols)) {
        Survey::of_overview(&overview, &symbols);
    }
    for piece in bytes.chunks(piece) {
        reader.push(piece, &mut symbols)?;
        if let Some(trace) = reader.trace() {
            survey.follow(trace, &symbols, usize::MAX);
        }
    }
    let (trace, warnings) = reader.finish(&mut symbols)?;
    survey.follow(&trace, &symbols, usize::MAX);
    let mut walk = LedgerWalk::new(&symbols);
    walk.follow(&trace, usize::MAX);
    walk.finish(&trace);
    Ok(Read { events: trace.events.len(), warnings })
}

fn command(bytes: &[u8]) -> Result<Read, ParseError> {
    let (mut symbols, mut reader) = (Symbols::default(), Reader::new());
    let (mut totals, mut names, mut known, mut events) = (Totals::default(), Names::default(), 0, 0);
    let mut follow = |trace: &mut Trace, symbols: &Symbols| {
        let later = Names::since(symbols, known);
        known += later.stacks();
        names.extend(later);
        let stretch = trace.take_stretch();
        events += stretch.events.len();
        totals.add(&stretch, &names);
    };
    reader.push_followed(bytes, &mut symbols, &mut follow)?;
    let (trace, warnings) = reader.finish_followed(&mut symbols, &mut follow)?;
    totals.report(&trace, &symbols);
    Ok(Read { events, warnings })
}
