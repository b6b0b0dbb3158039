//! What the service worker (`public/sw.js`) is told: which files make the site, and what each is.

use crate::dist::{Files, integrity, short};

/// In the worker; in their places come the files and what the build is called.
const TABLE: &str = "const FILES = {};";
const NAME: &str = "const BUILD = \"\";";

/// The worker for a site that is whole otherwise.
///
/// # Errors
/// When it has no place for that.
pub(crate) fn worker(script: &str, site: &Files) -> Result<String, String> {
    if !script.contains(TABLE) || !script.contains(NAME) {
        return Err("sw.js has no place for the site's files.".to_owned());
    }
    // Hosts answer for the folder, and some lead from index.html there: the page is known by the folder.
    let files: Vec<String> = site
        .iter()
        .map(|(path, bytes)| (if path == "index.html" { "" } else { path.as_str() }, bytes))
        .map(|(path, bytes)| format!("\"./{path}\": \"{}\"", integrity(bytes)))
        .collect();
    let files = files.join(",\n  ");
    Ok(script
        .replace(TABLE, &format!("const FILES = {{\n  {files},\n}};"))
        .replace(NAME, &format!("const BUILD = \"{}\";", short(files.as_bytes()))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn another_site_is_another_copy() {
        let script = format!("{TABLE}\n{NAME}\n");
        let mut site = Files::from([("index.html".to_owned(), b"a".to_vec()), ("a b.css".to_owned(), b"b".to_vec())]);
        let first = worker(&script, &site).unwrap();
        assert!(first.contains(&format!("\"./\": \"{}\"", integrity(b"a"))), "{first}");
        assert!(first.contains("\"./a b.css\"") && !first.contains("BUILD = \"\""), "{first}");
        site.insert("index.html".to_owned(), b"c".to_vec());
        assert_ne!(first, worker(&script, &site).unwrap());
        assert!(worker("", &site).is_err());
    }
}
