//! A file that was named on the command line, read when it is asked for.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;

use super::answer::Body;
use crate::folder::files_in;
use crate::input;

/// A file, as the page knows it, and where it comes from.
pub(super) struct Named {
    pub(super) name: String,
    from: From,
}

enum From {
    Path(PathBuf),
    /// What can be read once only: standard input, pipes.
    Memory(Arc<[u8]>),
}

impl Named {
    /// All files that an argument names.
    ///
    /// # Errors
    /// In words, when it cannot be read.
    pub(super) fn of(path: &str) -> Result<Vec<Self>, String> {
        let data = if path == "-" { None } else { Some(fs::metadata(path).map_err(|error| input::in_words(&error))?) };
        let name = input::name_of(path).to_owned();
        match data {
            Some(data) if data.is_dir() => {
                let named = |file: crate::folder::Found| Self { name: file.name, from: From::Path(file.path) };
                Ok(files_in(path)?.into_iter().map(named).collect())
            }
            Some(data) if data.is_file() => {
                File::open(path).map_err(|error| input::in_words(&error))?;
                Ok(vec![Self { name, from: From::Path(path.into()) }])
            }
            _ => Ok(vec![Self { name, from: From::Memory(input::read(path)?.into()) }]),
        }
    }

    pub(super) fn size(&self) -> u64 {
        match &self.from {
            From::Memory(bytes) => bytes.len() as u64,
            From::Path(path) => path.metadata().map_or(0, |data| data.len()),
        }
    }

    /// Its bytes; `None` when it can no longer be read.
    pub(super) fn body(&self) -> Option<Body> {
        match &self.from {
            From::Memory(bytes) => Some(Body::Shared(Arc::clone(bytes))),
            From::Path(path) => {
                let length = path.metadata().ok().filter(fs::Metadata::is_file)?.len();
                Some(Body::File(File::open(path).ok()?, length))
            }
        }
    }
}
