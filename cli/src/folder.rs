//! The files of a folder, all levels down, in the order in which people count.

use std::fs;
use std::path::{Path, PathBuf};

use analysis::order::sort_by_key;
use analysis::series::natural_key;

/// Files that are taken of one folder: more than any folder of dumps, fewer than of a whole disk.
const MOST_FILES: usize = 10_000;

/// A file of a folder.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// As a session knows it: from the folder's own name on.
    pub(crate) name: String,
}

/// Every file in `folder` and the folders in it, but hidden ones; links to folders are not followed.
///
/// # Errors
/// In words, when a folder cannot be read or holds too much.
pub(crate) fn files_in(folder: &str) -> Result<Vec<Found>, String> {
    let whole = fs::canonicalize(folder).map_err(|error| format!("The folder could not be read: {error}."))?;
    let own_name = whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut found = Vec::new();
    let mut folders = vec![(PathBuf::from(folder), own_name)];
    while let Some((path, name)) = folders.pop() {
        let entries = fs::read_dir(&path).map_err(|error| format!("{} could not be read: {error}.", path.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{} could not be read: {error}.", path.display()))?;
            let own = entry.file_name().to_string_lossy().into_owned();
            if own.starts_with('.') {
                continue;
            }
            let (path, name) = (entry.path(), format!("{name}/{own}"));
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push((path, name));
            } else if Path::new(&path).is_file() {
                found.push(Found { path, name });
            }
            if found.len() > MOST_FILES {
                return Err(format!("There are more than {MOST_FILES} files in this folder: name a smaller one."));
            }
        }
    }
    sort_by_key(&mut found, |file| natural_key(&file.name));
    Ok(found)
}
