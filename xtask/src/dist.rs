//! The site put together out of what Trunk built: nothing inline, hashes in names, integrity, and a policy that holds the page
//! to its own host.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha384};

use crate::{headers, offline};

/// Files by their path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What the page loads later, by how it begins. It goes into one folder that is called by all that is in it: the page never
/// meets parts of another build, and a browser asks for each once.
const PARTS: [&str; 7] = ["worker.js", "heap-worker", "trace-worker", "keep/", "export/", "host/", "guide/"];
/// In `public/worker.js`; in its place comes what each module of a worker is.
const WORKER_TABLE: &str = "const INTEGRITY = {};";

/// The site.
///
/// # Errors
/// When Trunk's page is not what is known here.
pub(crate) fn put_together(mut built: Files) -> Result<Files, String> {
    let mut site = Files::new();
    let page = taken(&mut built, "index.html")?;
    let (page, styles) = without(&page, "<style", "</style>")?;
    // Trunk's own start of the page, which is inline; `boot.js` starts it.
    let (page, _) = without(&page, "<script", "</script>")?;
    let (page, _) = without(&page, "<link rel=\"modulepreload\"", ">")?;
    let (page, _) = without(&page, "<link rel=\"preload\"", ">")?;

    let parts = parts(&mut built)?;
    let style = site.add_hashed("style.css", styles.join("\n").into_bytes());
    let boot = site.add_hashed("boot.js", taken(&mut built, "boot.js")?.into_bytes());
    let named = |end: &str| {
        let found = built.keys().find(|path| path.starts_with("poolscope-app-") && path.ends_with(end));
        found.cloned().ok_or_else(|| format!("Trunk made no poolscope-app-…{end}."))
    };
    let (glue, module) = (named(".js")?, named(".wasm")?);
    let integrity = |path: &str| built.get(path).map(|bytes| integrity(bytes)).unwrap_or_default();
    let head = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <link rel=\"modulepreload\" href=\"./{glue}\" crossorigin integrity=\"{glue_is}\">\n\
         <link rel=\"preload\" href=\"./{module}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n\
         <link rel=\"stylesheet\" href=\"./{}\" integrity=\"{}\">\n\
         <script src=\"./{}\" integrity=\"{}\" data-parts=\"./{}/\" data-integrity=\"{module_is}\"></script>\n",
        style.path,
        style.integrity,
        boot.path,
        boot.integrity,
        parts.folder,
        policy = headers::POLICY,
        glue_is = integrity(&glue),
        module_is = integrity(&module),
    );
    const FIRST: &str = "<meta charset=\"utf-8\">\n";
    if !page.contains(FIRST) {
        return Err("The page does not begin with its charset.".to_owned());
    }
    // The policy comes before all that it is about.
    let page: String = page
        .replacen(FIRST, &format!("{FIRST}{head}"), 1)
        .lines()
        .filter(|line| !line.is_empty())
        .fold(String::new(), |page, line| page + line + "\n");
    site.insert("index.html".to_owned(), page.into_bytes());
    site.extend(parts.files);
    let worker = taken(&mut built, "sw.js")?;
    site.extend(built);
    site.insert("sw.js".to_owned(), offline::worker(&worker, &site)?.into_bytes());
    site.insert("_headers".to_owned(), headers::text().into_bytes());
    // GitHub Pages would leave out what begins with an underscore.
    site.insert(".nojekyll".to_owned(), Vec::new());
    Ok(site)
}

struct Hashed {
    path: String,
    integrity: String,
}

trait AddHashed {
    fn add_hashed(&mut self, name: &str, bytes: Vec<u8>) -> Hashed;
}

impl AddHashed for Files {
    /// Puts a file in under a name with its hash.
    fn add_hashed(&mut self, name: &str, bytes: Vec<u8>) -> Hashed {
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
        let hashed = Hashed { path: format!("{stem}-{}.{end}", short(&bytes)), integrity: integrity(&bytes) };
        self.insert(hashed.path.clone(), bytes);
        hashed
    }
}

struct Parts {
    folder: String,
    files: Files,
}

/// Takes the parts out of what was built.
fn parts(built: &mut Files) -> Result<Parts, String> {
    let worker = taken(built, "worker.js")?;
    let is_part = |path: &str| PARTS.iter().any(|part| path.starts_with(part));
    let mut parts: Files = built.extract_if(.., |path, _| is_part(path)).collect();
    let modules = parts.iter().filter(|(path, _)| path.ends_with(".wasm"));
    let table: Vec<String> = modules.map(|(path, bytes)| format!("\"./{path}\": \"{}\"", integrity(bytes))).collect();
    if !worker.contains(WORKER_TABLE) || table.len() != 2 {
        return Err("worker.js has no table of modules, or there are not two of them.".to_owned());
    }
    let worker = worker.replace(WORKER_TABLE, &format!("const INTEGRITY = {{ {} }};", table.join(", ")));
    parts.insert("worker.js".to_owned(), worker.into_bytes());
    let all: Vec<u8> =
        parts.iter().flat_map(|(path, bytes)| [path.as_bytes(), &Sha384::digest(bytes)].concat()).collect();
    let folder = format!("parts-{}", short(&all));
    let files = parts.into_iter().map(|(path, bytes)| (format!("{folder}/{path}"), bytes)).collect();
    Ok(Parts { folder, files })
}

fn taken(files: &mut Files, path: &str) -> Result<String, String> {
    let bytes = files.remove(path).ok_or_else(|| format!("Trunk made no {path}."))?;
    String::from_utf8(bytes).map_err(|_| format!("{path} is no text."))
}

/// A page without its elements that begin and end so, and what stood in each.
fn without(page: &str, begin: &str, end: &str) -> Result<(String, Vec<String>), String> {
    let (mut left, mut inner, mut rest) = (String::new(), Vec::new(), page);
    while let Some((before, element)) = rest.split_once(begin) {
        let (element, after) = element.split_once(end).ok_or_else(|| format!("{begin} does not end."))?;
        left.push_str(before);
        inner.push(element.split_once('>').map_or("", |(_, inner)| inner).trim().to_owned());
        rest = after;
    }
    left.push_str(rest);
    Ok((left, inner))
}

/// For `integrity` (Subresource Integrity, section 3.1).
pub(crate) fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}

/// Enough of a hash for a name: 64 bits.
pub(crate) fn short(bytes: &[u8]) -> String {
    Sha384::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn built() -> Files {
        let page = "<!doctype html>\n<head>\n<meta charset=\"utf-8\">\n<style type=\"text/css\">a{}</style>\n<style>b{}</style>\n\
                    <link rel=\"modulepreload\" href=\"./poolscope-app-1.js\">\n<link rel=\"preload\" href=\"./poolscope-app-1_bg.wasm\" as=\"fetch\">\n\
                    <script type=\"module\">\nstart();\n</script>\n</head>\n";
        let files: [(&str, &str); 12] = [
            ("index.html", page),
            ("boot.js", "boot"),
            ("icon.svg", "icon"),
            ("sw.js", "const FILES = {};\nconst BUILD = \"\";"),
            ("poolscope-app-1.js", "glue"),
            ("poolscope-app-1_bg.wasm", "module"),
            ("worker.js", "const INTEGRITY = {};"),
            ("heap-worker.js", "h"),
            ("heap-worker_bg.wasm", "H"),
            ("trace-worker.js", "t"),
            ("trace-worker_bg.wasm", "T"),
            ("keep/main.js", "k"),
        ];
        files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn text<'a>(site: &'a Files, begin: &str) -> (&'a str, &'a str) {
        let (path, bytes) = site.iter().find(|(path, _)| path.starts_with(begin)).unwrap();
        (path, std::str::from_utf8(bytes).unwrap())
    }

    #[test]
    fn nothing_is_inline_and_what_is_loaded_first_is_known_by_its_hash() {
        let site = put_together(built()).unwrap();
        let (_, page) = text(&site, "index.html");
        let (style, styles) = text(&site, "style-");
        assert_eq!(styles, "a{}\nb{}");
        assert!(!page.contains("<style") && !page.contains("start()"), "{page}");
        assert_eq!(page.matches("<script").count(), page.matches("<script src=").count());
        for path in [style, text(&site, "boot-").0, "poolscope-app-1.js", "poolscope-app-1_bg.wasm"] {
            assert!(page.contains(&format!("./{path}\"")), "{path}: {page}");
            assert!(page.contains(&integrity(&site[path])), "{path}: {page}");
        }
        assert!(page.find("Content-Security-Policy") < page.find("<link"), "{page}");
    }

    #[test]
    fn parts_lie_in_a_folder_that_changes_when_one_of_them_does() {
        let folder =
            |files: Files| text(&put_together(files).unwrap(), "parts-").0.split('/').next().unwrap().to_owned();
        let first = folder(built());
        assert_eq!(first, folder(built()));
        for part in ["worker.js", "heap-worker.js", "trace-worker_bg.wasm", "keep/main.js"] {
            let mut changed = built();
            changed.get_mut(part).unwrap().push(b' ');
            assert_ne!(first, folder(changed), "{part}");
        }
        let mut other = built();
        other.insert("icon.svg".to_owned(), Vec::new());
        assert_eq!(first, folder(other), "an icon is no part");
    }

    #[test]
    fn workers_know_what_their_modules_are() {
        let site = put_together(built()).unwrap();
        let (_, worker) = site.iter().find(|(path, _)| path.ends_with("/worker.js")).unwrap();
        let worker = std::str::from_utf8(worker).unwrap();
        assert!(worker.contains(&format!("\"./heap-worker_bg.wasm\": \"{}\"", integrity(b"H"))), "{worker}");
    }

    #[test]
    fn a_page_that_trunk_made_otherwise_is_refused() {
        for missing in ["index.html", "boot.js", "sw.js", "worker.js", "poolscope-app-1.js", "heap-worker_bg.wasm"] {
            let mut files = built();
            files.remove(missing);
            assert!(put_together(files).is_err(), "{missing}");
        }
    }
}
