//! The headers of the site: what the page may load, and how long a browser may keep what. `_headers` is read by Cloudflare
//! Pages, Netlify and others, and by our own server.

/// What the page may do (Content Security Policy 3). Programs, styles and workers come from its own host as files; only
/// `style` attributes, which hold places and widths of bars, may stand in markup. `https:` is for links that name files: they
/// are fetched after a click, by the page and by nothing else that could run here.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' https:; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'";

/// Names with a hash in them.
const IMMUTABLE: [&str; 4] = ["/boot-*", "/style-*", "/poolscope-app-*", "/parts-*"];

/// The file `_headers`.
pub(crate) fn text() -> String {
    let mut text = format!(
        "# For the root of a host. Where the site lies in a folder, put the folder before each path.\n\
         /*\n  Content-Security-Policy: {POLICY}\n  X-Content-Type-Options: nosniff\n  Referrer-Policy: no-referrer\n\
         /*.wasm\n  Content-Type: application/wasm\n\
         /*.webmanifest\n  Content-Type: application/manifest+json\n"
    );
    for path in IMMUTABLE {
        text.push_str(&format!("{path}\n  Cache-Control: public, max-age=31536000, immutable\n"));
    }
    text
}

/// The headers of a path (from the site's own root), as a host takes them from the file.
pub(crate) fn of<'a>(file: &'a str, path: &str) -> Vec<(&'a str, &'a str)> {
    let mut is_meant = false;
    let mut headers = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if !line.starts_with(' ') {
            is_meant = match line.split_once('*') {
                Some((begin, end)) => path.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
                None => line == path,
            };
        } else if is_meant {
            headers.extend(line.trim().split_once(": "));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_hash_in_its_name_is_kept_for_ever() {
        let file = text();
        let kept = |path: &str| of(&file, path).iter().any(|(_, value)| value.ends_with("immutable"));
        assert!(kept("/parts-1a/keep/main.js") && kept("/style-1a.css") && kept("/poolscope-app-1a_bg.wasm"));
        assert!(!kept("/") && !kept("/index.html") && !kept("/sw.js") && !kept("/samples/samples.json"));
    }

    #[test]
    fn a_header_is_said_once() {
        let file = text();
        let headers = of(&file, "/parts-1a/heap-worker_bg.wasm");
        let mut names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        assert!(headers.contains(&("Content-Type", "application/wasm")), "{headers:?}");
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "hosts put both values in one line");
    }
}
