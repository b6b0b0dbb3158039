//! Where rules draw their lines, each with its reason and a field to move it.

use std::fmt::Write;

use analysis::findings::{Threshold, Thresholds};
use analysis::markup::escaped;

use super::Here;

/// The page.
pub(super) fn page(here: &Here) -> String {
    let moved = here.get("th");
    let lines = Thresholds::changed(moved).all();
    let count = lines.iter().filter(|line| line.value != line.default).count();
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<div class=\"hd\"><h2>Thresholds</h2><span class=\"dim\">{} lines, {count} moved</span>",
        lines.len()
    );
    if count > 0 {
        let _ = write!(out, "<a class=\"btn end\" href=\"{}\">All as they were</a>", here.with(&[("th", "")]));
    }
    out.push_str(
        "</div><p class=\"pad prose\">Rules speak where a number crosses one of these lines. Findings follow at once when a line is \
         moved, and the link keeps it. For the command, the same lines go into a file: <code>poolscope check --thresholds lines.toml</code></p>",
    );
    if count > 0 {
        let toml: String = lines
            .iter()
            .filter(|line| line.value != line.default)
            .map(|line| format!("{} = {}\n", line.name, line.value))
            .collect();
        let _ = write!(
            out,
            "<div class=\"pad\"><div class=\"cmd\"><span>{}</span><button class=\"go\" data-copy>Copy</button></div></div>",
            escaped(&toml)
        );
    }
    out.push_str("<div class=\"lines\" data-testid=\"thresholds\">");
    let mut family = String::new();
    for line in &lines {
        let of = family_of(line.name);
        if of != family {
            let _ = write!(out, "<h3>{}</h3>", escaped(&of));
            family = of;
        }
        row(line, &mut out);
    }
    out.push_str("</div>");
    out
}

/// What a line is about: its name up to the word that says which end of what it is.
fn family_of(name: &str) -> String {
    const ENDS: [&str; 9] = ["min", "max", "warning", "critical", "watch", "compact", "ratio", "age", "share"];
    name.split('_').take_while(|word| !ENDS.contains(word)).collect::<Vec<_>>().join(" ")
}

fn row(line: &Threshold, out: &mut String) {
    let is_moved = line.value != line.default;
    let words = line.name.replace('_', " ");
    let _ = write!(
        out,
        "<label{}><span><code>{}</code>{}</span><input class=\"num\" inputmode=\"decimal\" id=\"th-{}\" data-pair=\"th\" data-name=\"{}\" value=\"{}\" aria-label=\"{}\"><span class=\"why\">{}</span></label>",
        if is_moved { " class=\"on\"" } else { "" },
        line.name,
        note(line),
        line.name,
        line.name,
        line.value,
        escaped(&words),
        escaped(&line.reason.replace('`', ""))
    );
}

/// What it was, and how many bytes that are in words.
fn note(line: &Threshold) -> String {
    let mut words = Vec::new();
    if line.name.contains("bytes") {
        let per = if line.name.ends_with("per_second") { "/s" } else { "" };
        words.push(format!("{}{per}", analysis::words::bytes(line.value as i64)));
    }
    if line.value != line.default {
        words.push(format!("was {}", line.default));
    }
    if words.is_empty() { String::new() } else { format!("<i>{}</i>", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_line_is_marked_and_told_as_toml() {
        let made = page(&Here::new("#v=1&view=findings&page=thresholds&th=leak_min_bytes:1024"));
        assert!(made.contains("1 moved") && made.contains("leak_min_bytes = 1024\n"), "{made}");
        assert!(made.contains("data-name=\"leak_min_bytes\" value=\"1024\""), "{made}");
        assert!(!page(&Here::new("#v=1")).contains("was "));
    }
}
