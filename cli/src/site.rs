//! The site in this command: all of it to be served, and what a report needs of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::folder::files_in;

/// The site, as the build put it there (`build.rs`): its files by their path. Empty when the command was built without.
const SITE: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

type Parts = Vec<(String, Vec<u8>)>;
/// The files of a site by their path.
pub(crate) type Files = BTreeMap<String, Cow<'static, [u8]>>;

/// The site in this command, or one that was built into a folder.
///
/// # Errors
/// When there is none.
pub(crate) fn files(folder: Option<&Path>) -> Result<Files, String> {
    let files: Files = match folder {
        None => SITE.iter().map(|(path, bytes)| ((*path).to_owned(), Cow::Borrowed(*bytes))).collect(),
        Some(folder) => folder_files(folder)?,
    };
    match (files.contains_key("index.html"), folder) {
        (true, _) => Ok(files),
        (false, None) => {
            Err("This command was built without the page, which it would serve. Build both with: cargo xtask \
                              command; or name a folder with a built site: --site dist"
                .to_owned())
        }
        (false, Some(folder)) => Err(format!(
            "{}: There is no index.html in this folder. Build the site with: cargo xtask dist",
            folder.display()
        )),
    }
}

fn folder_files(folder: &Path) -> Result<Files, String> {
    let mut files = Files::new();
    for file in files_in(&folder.to_string_lossy()).map_err(|words| format!("{}: {words}", folder.display()))? {
        let path = file.name.split_once('/').map_or("", |(_, path)| path);
        // What is left out of the command too (`build.rs`).
        if !matches!(path, "sw.js" | "_headers") {
            let bytes = std::fs::read(&file.path).map_err(|error| format!("{}: {error}.", file.path.display()))?;
            files.insert(path.to_owned(), bytes.into());
        }
    }
    Ok(files)
}

/// The parts of the page, by the names that a report knows them by.
///
/// # Errors
/// When this command was built without a site.
pub(crate) fn parts() -> Result<Parts, String> {
    if SITE.is_empty() {
        return Err(
            "This command was built without the page, which a report holds. Build both with: cargo xtask command; or \
                    make the report in the page."
                .to_owned(),
        );
    }
    Ok(parts_of(SITE))
}

fn parts_of(site: &[(&str, &[u8])]) -> Parts {
    let mut parts = Parts::new();
    for (path, bytes) in site {
        let file = path.rsplit('/').next().unwrap_or(path);
        let is_at_root = file == *path;
        let name = match file {
            "heap-worker.js" | "trace-worker.js" => file.to_owned(),
            "heap-worker_bg.wasm" => "heap-worker.wasm".to_owned(),
            "trace-worker_bg.wasm" => "trace-worker.wasm".to_owned(),
            "main.js" if path.ends_with("export/main.js") => "export.js".to_owned(),
            _ if is_at_root && file.starts_with("poolscope-app-") && file.ends_with("_bg.wasm") => {
                "app.wasm".to_owned()
            }
            _ if is_at_root && file.starts_with("poolscope-app-") && file.ends_with(".js") => "app.js".to_owned(),
            _ if is_at_root && file.starts_with("style-") && file.ends_with(".css") => "style.css".to_owned(),
            _ => continue,
        };
        parts.push((name, bytes.to_vec()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_wherever_a_build_puts_them() {
        let site: [(&str, &[u8]); 8] = [
            ("index.html", b""),
            ("style-1a.css", b"s"),
            ("poolscope-app-2b.js", b"j"),
            ("poolscope-app-2b_bg.wasm", b"w"),
            ("parts-3c/heap-worker.js", b"h"),
            ("parts-3c/heap-worker_bg.wasm", b"H"),
            ("parts-3c/export/main.js", b"e"),
            ("parts-3c/keep/main.js", b"k"),
        ];
        let found = parts_of(&site);
        let found: Vec<(&str, &[u8])> = found.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let wanted: [(&str, &[u8]); 6] = [
            ("style.css", b"s"),
            ("app.js", b"j"),
            ("app.wasm", b"w"),
            ("heap-worker.js", b"h"),
            ("heap-worker.wasm", b"H"),
            ("export.js", b"e"),
        ];
        assert_eq!(found, wanted);
    }
}
