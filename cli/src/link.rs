//! `poolscope link`: a link that holds the analysis of some files, for a page that is hosted somewhere.

use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;

use analysis::query::Engine;
use analysis::share::{AMBER_BYTES, Encoded, GREEN_BYTES, Note, Pin, Policy, RED_BYTES, ShareQuery, share};
use analysis::words::count;

use crate::{Outcome, input};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files of one investigation; folders and archives too
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Address of the page that opens it, such as https://example.org/poolscope/
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// Bytes that the part after # may have at most: up to 8192 passes everywhere, more than 65536 nowhere
    #[arg(long, value_name = "BYTES", default_value_t = AMBER_BYTES)]
    budget: usize,
    /// Replace names of functions, packages, files, pools, labels and threads; standard libraries keep theirs
    #[arg(long)]
    redact: bool,
    /// With --redact: names that begin so are kept; may be given several times
    #[arg(long, value_name = "PREFIX", requires = "redact")]
    keep: Vec<String>,
    /// With --redact: print each name and what it became on stderr
    #[arg(long, requires = "redact")]
    preview: bool,
    /// What is shown first, as the page's address has it: view=heap&tab=flame
    #[arg(long, value_name = "PAIRS", default_value = "view=findings")]
    state: String,
    /// A note to whoever opens it; RULE=TEXT pins it to a finding, as in heap-leak=TEXT
    #[arg(long = "note", value_name = "TEXT")]
    notes: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let base = args.base_url.split('#').next().unwrap_or("");
    if !["https://", "http://", "file://"].iter().any(|scheme| base.starts_with(scheme)) {
        return Err(format!("--base-url {}: the address of a page begins with https://", args.base_url).into());
    }
    let mut engine = Engine::default();
    engine.session_mut().takes_identities = true;
    let is_unreadable = input::open_any(engine.session_mut(), &args.files, None);
    let query = ShareQuery {
        moved_lines: String::new(),
        notes: args.notes.iter().filter_map(|note| note_of(note)).collect(),
        state: args.state.trim_start_matches(['#', '?']).to_owned(),
        budget_bytes: u32::try_from(args.budget).unwrap_or(u32::MAX),
        redact: args.redact.then(|| Policy { salt: salt(), allow: args.keep.clone() }),
    };
    let encoded = share(&mut engine, &query)?;
    writeln!(std::io::stdout().lock(), "{base}{}", encoded.fragment)?;
    tell(&encoded, args);
    Ok(if is_unreadable { Outcome::Unreadable } else { Outcome::Fine })
}

/// How long it is and what it lacks, on stderr.
fn tell(encoded: &Encoded, args: &Args) {
    let bytes = encoded.fragment.len();
    let sure = if bytes <= GREEN_BYTES {
        "passes through chats and mail programs"
    } else if bytes <= AMBER_BYTES {
        "is long: some chats and mail programs cut such links"
    } else {
        "is very long: many programs cut such links; a bundle or a report is surer"
    };
    eprintln!(
        "poolscope: the link has {} of at most {} bytes; it {sure}.",
        count(bytes as i64),
        count(RED_BYTES as i64)
    );
    encoded.left_out.iter().for_each(|words| eprintln!("poolscope: left out: {words}"));
    if args.redact {
        eprintln!("poolscope: {} names were replaced; who opens it is told so.", count(encoded.replaced.len() as i64));
    }
    if args.preview {
        encoded.replaced.iter().for_each(|(name, new)| eprintln!("{name} → {new}"));
    }
}

/// Such as `heap-leak=look at this first`; without a rule it is of all.
fn note_of(text: &str) -> Option<Note> {
    let rules = analysis::findings::all_rules();
    match text.split_once('=').filter(|(rule, _)| rules.iter().any(|known| known.name() == *rule)) {
        Some((rule, text)) => Note::new(Pin::Finding { rule: rule.to_owned(), place: String::new() }, text),
        None => Note::new(Pin::Session, text),
    }
}

/// Letters that nobody can guess: the standard library seeds its hashes from the system.
pub(crate) fn salt() -> String {
    (0..2_u8).map(|at| format!("{:016x}", RandomState::new().hash_one(at))).collect()
}
