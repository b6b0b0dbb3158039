//! Reports: whatever a title and the page's parts hold, nothing in the file ends an element that it did not begin.

use analysis::report::{base64, shell};

use super::Target;
use crate::mutate;

pub(super) const TARGET: Target = Target {
    name: "report",
    run,
    repair: mutate::nothing,
    reshape: Some(mutate::lines),
    seed: |_| None,
    written: &["</title><script>alert(1)</script>", "</style>\n<!--\n]]>", "\"'><img src=x onerror=alert(1)>"],
};

const PARTS: [&str; 7] =
    ["app.js", "app.wasm", "heap-worker.js", "heap-worker.wasm", "trace-worker.js", "trace-worker.wasm", "style.css"];

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let around = |title: &str, style: &[u8]| {
        let part = |name: &str| (name.to_owned(), if name == "style.css" { style.to_vec() } else { b"x".to_vec() });
        shell(title, &PARTS.map(part)).expect("every part is there").head
    };
    let (plain, hostile) = (around("", b"x"), around(&text, &[b"x", bytes].concat()));
    for end in ["</style", "</title", "</script", "</template"] {
        let count = |head: &str| head.to_ascii_lowercase().matches(end).count();
        assert_eq!(count(&hostile), count(&plain), "{end}");
    }
    assert_eq!(base64(bytes).len(), bytes.len().div_ceil(3) * 4);
}
