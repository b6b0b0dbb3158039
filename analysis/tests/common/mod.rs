//! Files of the fixtures opened as the command opens them: what is a trace goes the way of traces.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use analysis::formats::{go_trace, is_go_trace};
use analysis::handed::Handed;
use analysis::lifecycle::from_trace;
use analysis::model::Symbols;
use analysis::model::pool::History;
use analysis::model::record::TraceDigest;
use analysis::session::Session;
use analysis::trace_digest::trace_digest;

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// A file that was read from the disk; of a trace what it tells, which takes longest, and once is enough.
pub(crate) enum Read {
    Bytes(Vec<u8>),
    Trace(u64, Box<Handed<(TraceDigest, Option<History>)>>),
}

pub(crate) fn read(path: &Path) -> Read {
    let bytes = fs::read(path).unwrap();
    if !is_go_trace(&bytes) {
        return Read::Bytes(bytes);
    }
    let mut symbols = Symbols::default();
    let (trace, lost) = go_trace::read(&bytes, &mut symbols, &mut |_| ControlFlow::Continue(())).unwrap();
    let pools = from_trace(&trace, &mut symbols);
    let digest = trace_digest(&trace, &mut symbols, &lost);
    Read::Trace(bytes.len() as u64, Box::new(Handed::pack((digest, pools), &symbols)))
}

pub(crate) fn open(session: &mut Session, name: &str, read: &Read) {
    match read {
        Read::Bytes(bytes) => {
            session.open(name, bytes.as_slice(), &mut |_| ControlFlow::Continue(())).unwrap();
        }
        Read::Trace(size_bytes, told) => {
            let (digest, pools) = (**told).clone().unpack(&mut session.symbols);
            session.add_trace(name, *size_bytes, digest, pools);
        }
    }
}

/// What a program left behind, by name; what others say of it, and what it was told to do, stay out.
pub(crate) fn left(folder: &Path) -> Vec<(String, Read)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let is_dump = |name: &str| !(name.contains("oracle") || name.starts_with("truth") || name.ends_with("window.json"));
    files.iter().map(|path| (name(path), path)).filter(|(name, _)| is_dump(name)).map(|(n, p)| (n, read(p))).collect()
}
